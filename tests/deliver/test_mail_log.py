"""What the operator's command says about a mail that is in doubt."""

from __future__ import annotations

import sys

import pytest

from digest.deliver.mail_log import mail_log

SENT = "<issue-1@example.org>"


def command(code: str) -> str:
    return f'{sys.executable} -c "import sys; {code}"'


@pytest.mark.parametrize(("status", "was_sent"), [(0, True), (1, False), (2, None), (75, None)])
def test_the_exit_status_says_whether_the_server_took_it(
    status: int, *, was_sent: bool | None
) -> None:
    assert mail_log(command(f"sys.exit({status})"))(SENT) is was_sent


def test_the_command_gets_the_message_id_as_its_last_word_and_no_shell_reads_it() -> None:
    asked = mail_log(command("sys.exit(sys.argv[1:] != ['a b', sys.argv[-1]])") + " 'a b'")

    assert asked("<$(exit)@example.org>") is True


@pytest.mark.parametrize(("text", "id"), [("", SENT), ("true", ""), ("/no/such/program", SENT)])
def test_without_an_answer_it_stays_unknown(text: str, id: str) -> None:
    assert mail_log(text)(id) is None
