"""The folder of .eml files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from digest.deliver import MailSettings, sender
from digest.deliver.folder import Folder, name
from digest.errors import Meaning, SendError
from tests.messages import mail, nothing


def test_a_mail_becomes_a_file_named_for_its_day_and_recipient(tmp_path: Path) -> None:
    Folder(tmp_path / "outbox")(mail(), before_dot=nothing)
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.name.startswith("2025-03-12-alice-at-example.org-")
    assert file.suffix == ".eml"
    assert file.read_bytes() == mail().data


def test_a_repeat_makes_no_second_file(tmp_path: Path) -> None:
    send = Folder(tmp_path)
    send(mail(), before_dot=nothing)
    send(mail(), before_dot=nothing)
    send(mail(2), before_dot=nothing)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_mail_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    Folder(tmp_path)(mail(), before_dot=nothing)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "<../../etc/passwd@x>", "recipient": "../../../x@y"},
        {"message_id": "<a/b\\c\0@x>", "recipient": "..@/"},
        {"recipient": "x" * 5000 + "@example.org"},
        {"recipient": ""},
        {"data": b"no header at all\r\n"},
        {"data": b"Date: the day after\r\n\r\n"},
    ],
)
def test_no_text_of_a_message_becomes_a_path(tmp_path: Path, changes: dict[str, object]) -> None:
    message = mail(**changes)
    assert set(name(message)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    )
    Folder(tmp_path / "outbox")(message, before_dot=nothing)
    (file,) = (tmp_path / "outbox").iterdir()
    assert not file.name.startswith(".")
    assert list(tmp_path.iterdir()) == [tmp_path / "outbox"]


def test_before_the_dot_no_mail_is_there_and_what_the_dot_raises_keeps_it_so(
    tmp_path: Path,
) -> None:
    def stop() -> None:
        assert not list(tmp_path.glob("*.eml"))
        raise KeyError("the outbox cannot be written")

    with pytest.raises(KeyError):
        Folder(tmp_path)(mail(), before_dot=stop)
    assert not list(tmp_path.glob("*.eml"))


def test_what_an_interrupted_run_left_is_written_over(tmp_path: Path) -> None:
    part = (tmp_path / name(mail())).with_suffix(".part")
    part.write_bytes(b"half a me" * 1000)
    Folder(tmp_path)(mail(), before_dot=nothing)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [mail().data]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(SendError, match="outbox") as caught:
        Folder(tmp_path / "outbox")(mail(), before_dot=nothing)
    assert (caught.value.setting, caught.value.meaning) == ("mail.folder", Meaning.LOGIN)


def test_a_name_that_is_taken_by_a_folder_is_a_refusal_not_a_doubt(tmp_path: Path) -> None:
    (tmp_path / name(mail())).mkdir()
    with pytest.raises(SendError) as caught:
        Folder(tmp_path)(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.meaning) == ("data", Meaning.LATER)


def test_the_settings_choose_the_folder(tmp_path: Path) -> None:
    send = sender(MailSettings(sender="folder", folder=str(tmp_path)))
    send(mail(), before_dot=nothing)
    send.close()
    assert len(list(tmp_path.iterdir())) == 1
