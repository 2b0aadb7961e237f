"""A lock that is cut and a database that is exchanged, while digest is at work: no further mail.

With real processes: the relay takes a mail, and before it says so, something happens.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, make_url, text

from bench import _job
from bench._mortal import Sink, sink
from digest.cli import main
from digest.store import BusyError, LostError, OutOfReachError, ReplacedError, Store
from digest.store.engine import RUN_LOCK
from digest.store.turn import FileTurn, Mark, _read, in_file

from .. import processes
from ..apps import app_of
from ..cli.test_outbox import run, week
from ..databases import fresh_postgres, own_server
from ..extent import number
from ..factories import WEDNESDAY, listing, paper
from ..fakes import Newsstand, Postbox
from ..service.test_serve import digest

MAILS = 4


class Installation:
    """A folder with as many subscribers as mails, and the relay that they are sent to."""

    def __init__(self, folder: Path, relay: Sink, port: int, database: str = "") -> None:
        self.folder, self.relay = folder, relay
        _job.digest(folder, port, folder / "unused.log", MAILS, connections=1)
        config = folder / "config.yaml"
        # Due at any hour, also under a service.
        text = config.read_text() + 'schedule: {at: "00:00"}\n'
        config.write_text(f"database: {database}\n{text}" if database else text)

    def digest(self, *words: str) -> Result:
        """Run a command to its end, in this process."""
        return CliRunner().invoke(main, ["--config", str(self.folder / "config.yaml"), *words])

    def ends_early(self, *words: str) -> str:
        """Run a process that must end as soon as a mail was taken, and say why in one line."""
        command = digest(self.folder, *words)
        done = processes.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, self.relay.accepted.total()) == (75, 1), done.stderr
        [line] = [line for line in done.stderr.splitlines() if line.startswith("digest: ")]
        assert "Traceback" not in done.stderr
        return line


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[Sink, int]]:
    with sink(tmp_path / "relay.log") as server:
        yield server


def meddle(relay: Sink, act: Callable[[], object]) -> None:
    """Do this between the first mail and the relay's yes to it."""
    relay.calls_after, relay.call = 1, act


def admin(url: str, *statements: str) -> None:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    f" AND objid = {RUN_LOCK} AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


# ── the lock ──


def goes_on(place: Installation, minutes: int = 10) -> None:
    """The next process sends the rest so many minutes later, and each mail went out once."""
    later = datetime.now(UTC) + timedelta(minutes=minutes)
    done = place.digest("send", "--now", later.isoformat())
    assert done.exit_code == 0, done.stderr
    assert sorted(place.relay.accepted.values()) == [1] * MAILS


def test_a_run_whose_session_was_cut_sends_nothing_more(
    postgres: str, tmp_path: Path, relay: tuple[Sink, int]
) -> None:
    with fresh_postgres(postgres) as url:
        place = Installation(tmp_path, *relay, url)
        meddle(relay[0], lambda: admin(url, CUT))

        assert "the lock on the database was lost" in place.ends_early("run")
        goes_on(place, minutes=0)


def test_a_run_whose_server_was_restarted_sends_nothing_more(
    tmp_path: Path, relay: tuple[Sink, int]
) -> None:
    with own_server() as server:
        place = Installation(tmp_path, *relay, server.get_uri())

        def restart() -> None:
            server.stop()
            server.start()

        meddle(relay[0], restart)

        # While the first mail waits for its answer the next are claimed: that may fail before.
        line = place.ends_early("run")
        assert "the lock on the database was lost" in line or "lets digest in" in line
        goes_on(place)


def test_a_run_whose_lock_file_was_deleted_sends_nothing_more(
    laid_out: Path, tmp_path: Path, relay: tuple[Sink, int]
) -> None:
    shutil.copy(laid_out, tmp_path / "digest.db")
    place = Installation(tmp_path, *relay)
    meddle(relay[0], (tmp_path / "digest.db.lock").unlink)

    assert "digest.db.lock was deleted" in place.ends_early("run")
    goes_on(place)


def test_no_issue_is_published_without_the_lock(postgres: str) -> None:
    with fresh_postgres(postgres) as url:
        store = Store(url)
        app = week(store)

        def source(*_: Any) -> Any:
            admin(url, CUT)
            return stand(*_)

        stand, app.source = app.source, source
        with pytest.raises(LostError, match="lock on the database was lost"):
            run(app)
        with store.begin() as tx:
            assert tx.execute(text("SELECT count(*) FROM issues")).scalar() == 0
        app.source = stand
        assert run(app) == 1
        store.close()


# ── the database ──


def deleted(folder: Path) -> None:
    (folder / "digest.db").unlink()


def renamed(folder: Path) -> None:
    (folder / "old.db").rename(folder / "digest.db")


def copied(folder: Path) -> None:
    shutil.copyfile(folder / "old.db", folder / "digest.db")


#: What happens to the file, and to which command; ``deleted`` is tried between two runs, too.
EXCHANGES = [(copied, ("run",)), (renamed, ("serve", "--no-web")), (deleted, ("run",))]


@pytest.mark.parametrize(("exchange", "command"), EXCHANGES[: number(2, whole=3)])
def test_a_database_that_is_exchanged_under_a_process_mails_no_one_again(
    laid_out: Path,
    tmp_path: Path,
    relay: tuple[Sink, int],
    exchange: Callable[[Path], object],
    command: tuple[str, ...],
) -> None:
    """The copy is one that nothing marks as such, as a person makes it who knows no backup."""
    shutil.copy(laid_out, tmp_path / "digest.db")
    place = Installation(tmp_path, *relay)
    assert place.digest("collect").exit_code == 0
    shutil.copyfile(tmp_path / "digest.db", tmp_path / "old.db")
    meddle(relay[0], partial(exchange, tmp_path))

    line = place.ends_early(*command)
    assert "is not the one any more" in line
    assert "digest restore FILE" in line
    # The next process finds an older database than there was, or none.
    done = place.digest("run")
    assert "Traceback" not in done.stderr
    assert relay[0].accepted.total() == 1, done.stderr


def test_a_postgresql_database_that_is_exchanged_under_a_run_mails_no_one_again(
    postgres: str, tmp_path: Path, relay: tuple[Sink, int]
) -> None:
    with fresh_postgres(postgres) as url:
        place = Installation(tmp_path, *relay, url)
        assert place.digest("collect").exit_code == 0
        name = make_url(url).database
        admin(postgres, f"CREATE DATABASE {name}_old TEMPLATE {name}")
        exchange = (
            f"DROP DATABASE {name} WITH (FORCE)",
            f"ALTER DATABASE {name}_old RENAME TO {name}",
        )
        meddle(relay[0], lambda: admin(postgres, *exchange))

        # Its sessions may be cut anywhere, also amid a commit.
        assert processes.run(digest(tmp_path, "run"), check=False, stderr=-3).returncode
        assert relay[0].accepted.total() == 1
        done = place.digest("run")
        assert "restored from a backup" in done.stderr
        assert (done.exit_code, relay[0].accepted.total()) == (0, 1)


# ── between two ticks of a service ──


@pytest.mark.parametrize("exchange", [deleted, renamed, copied])
def test_a_file_that_was_exchanged_between_two_runs_of_a_process_is_noticed(
    laid_out: Path, tmp_path: Path, exchange: Callable[[Path], object]
) -> None:
    shutil.copyfile(laid_out, tmp_path / "old.db")
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    app = week(store)
    assert run(app) == 1
    store._checkpoint("PASSIVE")  # as after a while, by itself
    exchange(tmp_path)

    with pytest.raises(ReplacedError):
        run(app, days=1)
    post: Postbox = app.sender  # type: ignore[assignment]
    assert len(post.mails) == 1
    store.close()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_log_that_was_deleted_between_two_runs_of_a_process_is_noticed(
    laid_out: Path, tmp_path: Path, suffix: str
) -> None:
    """What SQLite writes into a deleted log, the next process does not find."""
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    app = week(store)
    assert run(app) == 1
    (tmp_path / f"digest.db{suffix}").unlink()

    with pytest.raises(ReplacedError, match=rf"digest\.db{suffix} beside it was deleted"):
        run(app, days=1)
    post: Postbox = app.sender  # type: ignore[assignment]
    assert len(post.mails) == 1
    store.close()

    next_one = Store(f"sqlite:///{tmp_path}/digest.db")
    next_one.migrate()
    with next_one.begin() as tx:
        sent = tx.execute(text("SELECT count(*) FROM deliveries WHERE state = 'sent'"))
        assert sent.scalar() == 1
    next_one.close()


def test_a_log_that_comes_and_goes_with_other_processes_is_no_trouble(
    laid_out: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}"
    first = Store(url)
    app = week(first)
    assert run(app) == 1
    first.close()
    assert not (tmp_path / "digest.db-wal").exists()
    other = Store(url)
    other.migrate()
    other.close()

    assert run(app, days=1) == 1
    first.close()


def test_two_names_of_a_database_exclude_each_other(laid_out: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(laid_out, tmp_path / "data/real.db")
    (tmp_path / "digest.db").symlink_to("data/real.db")
    linked, real = (Store(f"sqlite:///{tmp_path}/{n}") for n in ("digest.db", "data/real.db"))
    for store in (linked, real):
        store.migrate()

    with linked.run_lock(), pytest.raises(BusyError), real.run_lock():
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "digest.db"]
    (tmp_path / "digest.db").unlink()
    (tmp_path / "digest.db").symlink_to("data/other.db")
    (tmp_path / "data/other.db").touch()
    with pytest.raises(ReplacedError, match="another file has its name"), linked.run_lock():
        pass
    linked.close()
    real.close()


def test_a_mark_is_kept_when_the_disk_is_full(tmp_path: Path) -> None:
    """The file is opened for reading only, so that no byte of it can be written."""
    lock = tmp_path / "digest.db.lock"
    with lock.open("w+") as file:
        FileTurn(file).remember(Mark("7", 41), is_in_file=True)
    with lock.open("r") as file:
        turn = FileTurn(file)
        with pytest.raises(OutOfReachError, match=r"digest\.db\.lock: .*; make room on its disk"):
            turn.remember(Mark("7", 42), is_in_file=True)
        assert FileTurn(file).remembered == turn.remembered == Mark("7", 41)
    assert in_file(lock) == Mark("7", 41)


def test_a_mark_that_is_read_while_it_is_written_is_read_again(tmp_path: Path) -> None:
    """Half of one number and half of another would look like a database that was put back."""
    path = tmp_path / "digest.db.lock"
    lines = []
    with path.open("w+") as file:
        for number in (1299, 1300):
            FileTurn(file).remember(Mark("7", number), is_in_file=True)
            lines.append(path.read_bytes())
    torn = lines[1][:4] + lines[0][4:]
    readings = iter([torn, torn, lines[1]])
    assert _read(lambda: next(readings)) == (Mark("7", 1300), True)
    assert _read(lambda: torn) == (None, False)


def test_a_mark_that_only_the_log_has_is_remembered_as_such(laid_out: Path, tmp_path: Path) -> None:
    """As where another program reads for long: no log is suspected because of it."""
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    with store.run_lock():
        pass
    lock = tmp_path / "digest.db.lock"
    assert in_file(lock) == Mark(lock.read_text().split()[0], 1)
    with closing(sqlite3.connect(tmp_path / "digest.db", isolation_level=None)) as subscriber:
        subscriber.execute("BEGIN")
        subscriber.execute("SELECT count(*) FROM settings").fetchall()
        with store.run_lock():
            pass
    assert in_file(lock) is None
    assert lock.read_text().split()[1:-1] == ["2", "log"]
    with store.run_lock():
        pass
    assert lock.read_text().split()[1:-1] == ["3"]
    assert len(lock.read_bytes()) == 41
    lock.write_text("7 41\n")  # as earlier versions wrote it
    assert in_file(lock) == Mark("7", 41)
    store.close()


def test_tables_that_were_put_back_between_two_runs_of_a_process_are_noticed(store: Store) -> None:
    app = week(store)
    assert run(app) == 1
    with store.begin() as tx:
        older = {
            "sqlite": "PRAGMA user_version = 0",
            "postgresql": "UPDATE settings SET value = '0' WHERE name = 'turn'",
        }
        tx.execute(text(older[store.dialect]))

    with pytest.raises(ReplacedError):
        run(app, days=1)


def test_a_process_that_starts_on_an_older_copy_mails_nothing_that_may_have_been(
    laid_out: Path, tmp_path: Path
) -> None:
    url = f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}"
    store = Store(url)
    app = week(store)
    post: Postbox = app.sender  # type: ignore[assignment]
    assert run(app) == 1
    store.close()
    shutil.copyfile(tmp_path / "digest.db", tmp_path / "old.db")
    assert run(app, days=1) == 1
    store.close()
    renamed(tmp_path)

    said: list[str] = []
    after = Store(url)
    after.migrate()
    again = app_of(
        after,
        listings=[listing()],
        source=app.source,
        sender=post,
        now=app.now,
        report_trouble=said.append,
    )
    assert run(again) == 0
    assert "not the database that ran here last" in said[0]
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", WEDNESDAY.replace(day=12), paper(3))
    assert run(again, days=1) == 1
    assert len(post.mails) == 3
    after.close()


def test_processes_that_take_turns_on_one_database_do_not_suspect_each_other(
    database: str,
) -> None:
    first, second = Store(database), Store(database)
    one, other = week(first), week(second)
    assert run(one) == 1
    assert run(other, hours=1) == 0
    assert run(one, days=1) == 1
    assert run(other, days=1) == 0
    first.close()
    second.close()
