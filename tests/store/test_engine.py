"""Full disks, locked and restarted databases, and an oracle: no acknowledged row lost."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from digest.deliver.mail_log import mail_log
from digest.errors import DigestError
from digest.pipeline import runs
from digest.store import BusyError, OutOfReachError, Store, settings, subscribers
from digest.store.engine import open_engine
from digest.store.subscribers import Consent
from digest.subscribers import requests

from .. import processes
from ..apps import app_of
from ..databases import END_OTHERS, emptied_postgres
from ..extent import number
from ..factories import EIGHT, TUESDAY, WEDNESDAY, listing, paper
from ..fakes import Clock, Newsstand
from ..readme import ROOT, blocks
from ..tables import table

FILL = """
import resource, signal, sys
from digest.store import Store, settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store(sys.argv[1])
store.migrate()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
for number in range(10000):
    try:
        with store.begin() as tx:
            settings.keep_setting(tx, f"row {number}", "x" * 2000)
    except Exception as error:
        print("refused", type(error).__name__, flush=True)
        break
    print(number, flush=True)
"""


def test_a_disk_that_fills_up_refuses_the_commit_and_keeps_every_one_before(
    laid_out: Path, tmp_path: Path
) -> None:
    """By a limit on the size of files, which the operating system holds like a full disk."""
    url = f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}"
    command = [sys.executable, "-c", FILL, url, "600000"]
    done = processes.run(command, capture_output=True, text=True, check=False)

    *numbers, refused = done.stdout.split("\n")[:-1]
    assert refused.startswith("refused"), done.stderr
    store = Store(url)
    with store.begin() as tx:
        kept = tx.execute(text("SELECT count(*) FROM settings WHERE name LIKE 'row %'")).scalar()
        assert tx.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    store.close()
    assert kept == len(numbers) > 10


def test_a_database_that_is_locked_for_a_while_is_waited_for(
    laid_out: Path, tmp_path: Path
) -> None:
    path = shutil.copy(laid_out, tmp_path / "digest.db")
    store = Store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with store._engine.connect() as connection:
            connection.rollback()
            connection.connection.execute("PRAGMA busy_timeout=50")  # type: ignore[attr-defined]
        with pytest.raises(OutOfReachError, match="locked"), store.begin():
            pass
        other.execute("ROLLBACK")
    with store.begin() as tx:
        tx.execute(text("SELECT 1"))
    store.close()


def test_a_database_server_that_drops_every_connection_is_found_again(postgres: str) -> None:
    """As after a restart: the pool's connections are dead, and the next run makes new ones."""
    from ..databases import fresh_postgres

    with fresh_postgres(postgres) as url:
        store = Store(url)
        app = app_of(store, listings=[listing()])
        stand: Newsstand = app.source  # type: ignore[assignment]
        stand.lay_out("daily", TUESDAY, paper(1))
        stand.lay_out("daily", WEDNESDAY, paper(2))
        runs.run(app, list(app.listings.values()))
        other = Store(url)
        with other.begin() as tx:
            tx.execute(text(END_OTHERS))
        clock: Clock = app.now  # type: ignore[assignment]
        clock.forward(days=1)
        assert runs.run(app, list(app.listings.values())).issues == 1
        other.close()
        store.close()


def test_one_session_goes_from_transaction_to_transaction(store: Store) -> None:
    """It comes of the pool once; one whose transaction failed goes back, to be looked at."""
    taken = list[object]()
    event.listen(store._engine, "checkout", lambda session, *_: taken.append(session))
    with store.begin() as tx:
        tx.execute(text("SELECT 1"))
    taken.clear()
    for value in "012":
        with store.begin() as tx:
            settings.keep_setting(tx, "last", value)
    assert not taken
    with suppress(ZeroDivisionError), store.begin() as tx:
        settings.keep_setting(tx, "last", "undone")
        assert 1 / 0
    with store.begin() as tx:
        assert settings.setting(tx, "last") == "2"
    assert len(taken) == 1


def test_a_session_that_its_server_has_ended_is_exchanged_before_a_transaction(
    postgres: str,
) -> None:
    mine = text("SELECT pg_backend_pid()")
    with emptied_postgres(postgres) as url, psycopg.connect(url, autocommit=True) as other:
        store, seen = Store(url), list[int]()
        for _ in range(3):
            with store.begin() as tx:
                seen.append(tx.execute(mine).scalar_one())
            other.execute("SELECT pg_terminate_backend(%s, 60000)", [seen[-1]])
        assert len(set(seen)) == 3
        store.close()


def test_two_transactions_at_once_have_a_session_each(postgres: str) -> None:
    with emptied_postgres(postgres) as url, closing(Store(url)) as store:
        for _ in range(2):
            with store.begin() as outer, store.begin() as inner:
                pids = {
                    tx.execute(text("SELECT pg_backend_pid()")).scalar() for tx in (outer, inner)
                }
                assert len(pids) == 2


def test_a_session_is_asked_whether_it_lives_only_where_its_end_may_have_come(
    postgres: str,
) -> None:
    last = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    with emptied_postgres(postgres) as url, psycopg.connect(url, autocommit=True) as other:
        engine = open_engine(url)
        with closing(engine.raw_connection()) as one:
            session: Any = one.driver_connection
            session.execute("SELECT 42")
            session.commit()
            assert engine.dialect.do_ping(session)
            assert other.execute(last, [session.info.backend_pid]).fetchone() == ("COMMIT",)
            other.execute("SELECT pg_terminate_backend(%s, 60000)", [session.info.backend_pid])
            with pytest.raises(psycopg.OperationalError):
                engine.dialect.do_ping(session)
            with pytest.raises(psycopg.OperationalError):  # known to be closed by now
                engine.dialect.do_ping(session)
            one.invalidate()
        engine.dispose()


def test_a_process_that_found_another_at_work_rolls_back_what_fails_afterwards(
    postgres: str,
) -> None:
    """The session on which it asked for the lock commits by itself: the pool must not reuse it."""
    with emptied_postgres(postgres) as url:
        runs_now, waits = Store(url), Store(url)
        with runs_now.run_lock(), pytest.raises(BusyError), waits.run_lock():
            pass
        with pytest.raises(ZeroDivisionError), waits.begin() as tx:
            settings.keep_setting(tx, "half", "done")
            _ = 1 // 0
        with waits.begin() as tx:
            assert settings.setting(tx, "half") is None
        runs_now.close()
        waits.close()


def test_a_database_that_is_no_database_is_named_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    path.write_bytes(b"this is no database, whatever it is" * 100)

    with pytest.raises(DigestError) as caught:
        Store(f"sqlite:///{path}").migrate()
    assert "\n" not in str(caught.value)


@table(
    ("command", "expected"),
    [
        ("true", True),
        ("false", False),
        ("sh -c 'exit 2'", None),
        ("/nowhere/at/all", None),
        ("", None),
    ],
)
def test_a_command_is_asked_whether_a_mail_was_taken(command: str, expected: bool | None) -> None:
    assert mail_log(command)("<a@b>") is expected


def test_the_command_is_given_the_message_id(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text("queued as <one@example.org>\n")
    ask = mail_log(f"sh -c 'grep -qF \"$1\" {log}' sh")

    assert (ask("<one@example.org>"), ask("<two@example.org>")) == (True, False)


POSTFIX = """\
Mar 10 08:00:01 mail postfix/smtpd[41]: 3F1A20: client=localhost[127.0.0.1]
Mar 10 08:00:01 mail postfix/cleanup[43]: 3F1A20: message-id=<begun@example.org>
Mar 10 08:00:01 mail postfix/smtpd[41]: lost connection after DATA from localhost[127.0.0.1]
Mar 10 08:00:02 mail postfix/cleanup[43]: 4B2C11: message-id=<taken@example.org>
Mar 10 08:00:02 mail postfix/qmgr[12]: 4B2C11: from=<digest@example.org>, size=90210, nrcpt=1
"""


@pytest.mark.parametrize(
    ("message_id", "taken"),
    [("<taken@example.org>", True), ("<begun@example.org>", False), ("<other@example.org>", False)],
)
def test_the_command_of_the_docs_reads_the_log_of_postfix(
    tmp_path: Path, message_id: str, taken: bool
) -> None:
    [script] = [b for b in blocks("sh", ROOT / "docs/reliability.md") if "taken-by-postfix" in b]
    command, log = tmp_path / "taken-by-postfix", tmp_path / "mail.log"
    command.write_text(script)
    ask = mail_log(f"sh {command} {log}")

    assert ask(message_id) is None
    log.write_text(POSTFIX)
    assert ask(message_id) is taken


def test_after_an_erasure_the_raw_files_hold_nothing_of_the_address(
    lite: Store, tmp_path: Path
) -> None:
    app = app_of(lite, listings=[listing()])
    address = "somebody.special@example.org"
    for other in range(number(6, whole=30)):
        requests.sign_up(app, f"other{other}@example.org", Consent(now=EIGHT))
    requests.sign_up(app, address, Consent(now=EIGHT), profile=f"# {address}\nany: [bees]\n")
    with lite.begin() as tx:
        found = subscribers.find(tx, address)
    assert found is not None
    assert "somebody.special" in raw(tmp_path)

    assert requests.erase(app, found) > 3
    assert "somebody.special" not in raw(tmp_path)


def raw(folder: Path) -> str:
    """All bytes of a database's files."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.glob("digest.db*"))
