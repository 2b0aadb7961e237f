"""Trouble of the database, in every command: one line, what to do, try later; and nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from digest.cli import main, serve
from digest.cli.terminal import DailyTroubleReporter
from digest.errors import DigestError
from digest.store import BusyError, OutOfReachError, Store, StoreError
from digest.store import settings as stored_settings
from digest.store.faults import SettingsError, fault

from .. import processes
from ..apps import app_of
from ..cli.test_cli import CONFIG, Workspace, workspace
from ..databases import fresh_postgres, own_server
from ..extent import IS_WHOLE, some
from ..factories import listing
from ..poolers import pooled
from ..require import missing, need
from ..tables import table

__all__ = ["workspace"]

#: A server that is away: nobody listens there.
AWAY = "postgresql://digest@127.0.0.1:1/papers"

#: Every command that needs the database, as it is typed.
COMMANDS = """
    run
    run --dry-run
    collect
    send
    preview --no-browser
    serve --no-web
    web
    web --link
    render sparse
    profile list
    profile test profiles/sparse.yaml
    profile explain profiles/sparse.yaml 2603.00001
    profile suggest profiles/sparse.yaml --like 2603.00001
    listing status
    paper 2603.00001
    listing release daily
    listing forget daily
    outbox list
    outbox show 1
    outbox retry 1
    outbox release 1
    outbox withdraw 1
    outbox export 1
    inbox
    inbox list
    inbox show 1
    inbox again 1
    inbox drop 1
    doctor
    backup copy.db
    restored
    notice -
    vacuum
    vacuum --dry-run
"""

#: What needs no database, or has a test of its own.
OTHERS = """
    config check
    config example
    config schema
    config show
    config unit
    demo
    init
    import
    inbox fetch
    listing import
    migrate
    oauth2
    profile add
    profile check
    profile import
    profile new
    profile remove
    profile schema
    restore
    worker
"""


def lines_of(block: str) -> list[str]:
    return [line.strip() for line in block.strip().splitlines()]


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words."""
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, (*path, name))
    if path and (not isinstance(command, click.Group) or command.invoke_without_command):
        yield " ".join(path)


def test_every_command_is_tried_here_or_needs_no_database() -> None:
    tried = [*lines_of(COMMANDS), *lines_of(OTHERS)]

    assert {n for n in leaves(main) if not any(f"{t} ".startswith(f"{n} ") for t in tried)} == set()


def at(workspace: Workspace, database: str) -> None:
    """Let the digest of this folder use another database."""
    workspace.write("config.yaml", CONFIG.replace("sqlite:///digest.db", database))


def assert_told(said: str, code: int, expected: int = 75) -> None:
    """One line that names the database and what to do, and "try later"."""
    assert len(said.splitlines()) == 1, said
    assert said.startswith("digest: database "), said
    assert "; " in said
    assert code == expected


def test_a_server_that_is_away_ends_any_command_with_one_line(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(workspace, AWAY)
    monkeypatch.chdir(workspace.folder)

    @table("words", [w for w in lines_of(COMMANDS) if w != "doctor"])
    def ends_with_one_line(words: str) -> None:
        arguments = ["--config", "config.yaml", *words.split()]
        result = CliRunner().invoke(main, arguments, input="From: a@example.org\n\nhelp\n")

        assert_told(result.stderr, result.exit_code)
        assert "Connection refused" in result.stderr

    ends_with_one_line()


def test_the_doctor_names_a_server_that_is_away_and_looks_at_all_else(workspace: Workspace) -> None:
    at(workspace, AWAY)

    result = workspace.digest("doctor")

    assert (result.exit_code, result.stderr) == (75, "")
    [line] = [line for line in result.stdout.splitlines() if line.startswith("BAD")]
    assert line.startswith("BAD  database: database papers at 127.0.0.1:1")
    for what in ("configuration", "profiles", "templates", "disk", "mail", "inbox", "web"):
        assert f"ok   {what}: " in result.stdout


# ── real processes on a real file ──


def process(
    workspace: Workspace, *words: str, start: Sequence[str] = (processes.PROGRAM,)
) -> subprocess.Popen[str]:
    """A digest on its way."""
    return processes.Popen(
        [*start, "--config", str(workspace.folder / "config.yaml"), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONFAULTHANDLER": ""},
    )


def ended(digest: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code, what it printed, and what it said."""
    out, said = digest.communicate()
    return digest.returncode, out, said


TRIED = some((("run",), ("outbox", "list"), ("listing", "status")), 1)


def outcomes(
    workspace: Workspace,
    *commands: Sequence[str],
    start: Sequence[str] = (processes.PROGRAM,),
    is_apart: bool = False,
) -> list[tuple[int, str, str]]:
    """What each command ends with, prints and says: here, or in processes side by side."""
    if IS_WHOLE or is_apart:
        several = [process(workspace, *each, start=start) for each in commands]
        return [ended(each) for each in several]
    done = [workspace.digest(*each) for each in commands]
    return [(each.exit_code, each.stdout, each.stderr) for each in done]


def assert_all_are_told(
    workspace: Workspace,
    *words: str,
    start: Sequence[str] = (processes.PROGRAM,),
    is_apart: bool = False,
    expected: int = 75,
) -> None:
    """A few commands and the doctor: each with one line."""
    *several, doctor = outcomes(workspace, *TRIED, ("doctor",), start=start, is_apart=is_apart)
    for code, _, said in several:
        assert_told(said, code, expected)
        assert all(word in said for word in words), said
    code, out, said = doctor
    assert (code, said) == (expected, "")
    _, _, found = out.partition("BAD  database: ")
    assert all(word in "".join(found.splitlines()[:2]) for word in words), out
    assert "ok   configuration" in out


def test_a_file_that_another_program_holds_is_named_in_one_line(workspace: Workspace) -> None:
    workspace.run()
    with closing(sqlite3.connect(workspace.folder / "digest.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_all_are_told(workspace, "locked", is_apart=True)


def test_a_file_that_was_made_read_only_is_named_in_one_line(workspace: Workspace) -> None:
    workspace.run()
    for path in workspace.folder.glob("digest.db*"):
        path.chmod(0o444)
    (workspace.folder / "digest.db.lock").chmod(0o644)
    remedy = f"chmod u+rwX {workspace.folder}/digest.db"
    assert_all_are_told(workspace, "readonly", remedy, start=processes.POWERLESS, is_apart=True)


def test_what_was_left_read_only_beside_a_file_is_named_with_its_chmod(
    workspace: Workspace,
) -> None:
    """SQLite made it while the file itself was read-only."""
    workspace.run()
    file, left = workspace.folder / "digest.db", workspace.folder / "digest.db-shm"

    file.chmod(0o400)
    ended(process(workspace, "outbox", "list", start=processes.POWERLESS))
    file.chmod(0o600)

    code, _, said = ended(process(workspace, "outbox", "list", start=processes.POWERLESS))

    assert_told(said, code)
    assert said.endswith(f"; let digest write: chmod u+rwX {left}\n")
    left.chmod(0o600)
    assert workspace.digest("outbox", "list").exit_code == 0


def test_a_file_whose_folder_is_gone_is_named_in_one_line(workspace: Workspace) -> None:
    at(workspace, "sqlite:///gone/digest.db")
    assert_all_are_told(workspace, "gone/digest.db", "its folder is not there", expected=78)


def test_a_folder_that_may_not_be_written_is_a_mistake_in_the_settings(
    workspace: Workspace,
) -> None:
    (workspace.folder / "closed").mkdir(0o500)
    at(workspace, "sqlite:///closed/digest.db")
    code, _, said = ended(process(workspace, "outbox", "list", start=processes.POWERLESS))

    assert_told(said, code, 78)
    assert f"chmod u+rwX {workspace.folder}/closed, or mend database:" in said


def test_a_file_that_is_damaged_is_named_in_one_line(workspace: Workspace) -> None:
    workspace.run()
    with closing(sqlite3.connect(workspace.folder / "digest.db", isolation_level=None)) as database:
        [(size,)] = database.execute("PRAGMA page_size").fetchall()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (workspace.folder / "digest.db").open("r+b") as file:
        file.seek(size)
        file.write(b"\xff" * size * 60)
    [(code, _, said)] = outcomes(workspace, ("outbox", "list"))
    assert_told(said, code)
    assert "backup" in said


def test_a_disk_that_fills_up_in_mid_run_ends_it_with_one_line_and_loses_nothing(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """From its first write of papers on, by a system call tracer; then there is room again."""
    copy = Workspace(tmp_path_factory.mktemp("unharmed"))
    expected = copy.run()
    tracer = (need("strace"), "-f", "-qq", "-o", "/dev/null")
    # The schema is there: what fails is the run itself.
    assert workspace.digest("listing", "status").exit_code == 0
    day = ("--day", "2026-03-10", "--now", "2026-03-10T12:00Z")
    for first in some((7, 1, 30), 1):
        fault = ("-e", "trace=pwrite64", "-e", f"inject=pwrite64:error=ENOSPC:when={first}+")
        start = (*tracer, *fault, processes.PROGRAM)
        code, _, said = ended(process(workspace, "run", *day, start=start))
        if "PTRACE" in said:
            missing("strace", "no process may be traced here")
        assert_told(said, code)
        assert "full" in said
    after = workspace.run()

    assert after["exit"] == expected["exit"] == 0
    assert sorted(workspace.texts) == sorted(copy.texts)


def test_the_doctor_goes_on_when_the_disk_is_full(workspace: Workspace) -> None:
    workspace.run()
    tracer = (need("strace"), "-f", "-qq", "-o", "/dev/null")
    fault = ("-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=1+")

    start = (*tracer, *fault, processes.PROGRAM)
    code, out, said = ended(process(workspace, "doctor", start=start))

    if "PTRACE" in said:
        missing("strace", "no process may be traced here")
    assert (code, said) in ((0, ""), (75, "")), said
    assert "ok   configuration" in out
    assert "ok   mail" in out


# ── a real server ──


@contextmanager
def role(url: str, *settings: str) -> Iterator[str]:
    """The URL of the same database for a role of its own, with these settings."""
    admin = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    name = f"reader_{make_url(url).database}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
        connection.execute(text(f"ALTER DATABASE {make_url(url).database} OWNER TO {name}"))
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {name}"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"))
        connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}"))
        connection.execute(text(f"GRANT pg_monitor TO {name}"))
        for setting in settings:
            connection.execute(text(f"ALTER ROLE {name} {setting}"))
        try:
            yield make_url(url).set(username=name).render_as_string(False)
        finally:
            connection.execute(text(f"REASSIGN OWNED BY {name} TO CURRENT_USER"))
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
    admin.dispose()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("CONNECTION LIMIT 0", ("too many connections", "more sessions")),
        ("SET statement_timeout = '1ms'", ("statement timeout", "statement_timeout = 0")),
        ("SET default_transaction_read_only = on", ("read-only", "takes no writes")),
    ],
    ids=["connections", "statement", "read-only"],
)
def test_what_a_server_does_not_grant_is_named_in_one_line(
    workspace: Workspace, postgres: str, setting: str, words: tuple[str, ...]
) -> None:
    with fresh_postgres(postgres) as url, role(url, setting) as restricted:
        at(workspace, restricted)
        assert_all_are_told(workspace, *words)


def test_a_server_that_is_stopped_is_named_in_one_line_and_found_again(
    workspace: Workspace,
) -> None:
    with own_server() as server:
        at(workspace, server.get_uri())
        assert workspace.run()["exit"] == 0
        server.stop()
        assert_all_are_told(workspace, "see that its server runs")
        server.start()
        assert workspace.digest("outbox", "list").exit_code == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [({"database": "nowhere"}, "make that database"), ({"username": "nobody"}, "pg_hba.conf")],
)
def test_what_the_settings_say_wrongly_of_a_server_is_a_mistake_in_them(
    workspace: Workspace, postgres: str, change: dict[str, Any], words: str
) -> None:
    at(workspace, make_url(postgres).set(drivername="postgresql", **change).render_as_string(False))

    result = workspace.digest("run")

    assert result.exit_code == 78
    assert len(result.stderr.splitlines()) == 1
    assert words in result.stderr


def test_a_session_that_the_server_ends_for_waiting_is_named_with_its_setting(
    postgres: str,
) -> None:
    with (
        fresh_postgres(postgres) as url,
        role(url, "SET idle_in_transaction_session_timeout = '1ms'") as restricted,
        closing(Store(restricted)) as store,
        closing(Store(url)) as other,
    ):
        with pytest.raises(OutOfReachError) as caught, store.begin() as tx:
            pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
            wait_until_gone(other, pid)
            stored_settings.keep_setting(tx, "a", "b")
        # What the server said last is not always read before the line is found to be cut.
        assert "idle_in_transaction_session_timeout = 0" in str(caught.value) or (
            "digest doctor" in str(caught.value)
        )


def wait_until_gone(store: Store, pid: int) -> None:
    """Ask another session until this one is no more, and let the server rest in between."""
    alive = text("SELECT count(*), pg_sleep(0.05) FROM pg_stat_activity WHERE pid = :pid")
    while True:
        with store.begin() as tx:
            if not tx.execute(alive, {"pid": pid}).scalar():
                return


def test_a_run_outlasts_a_server_that_ends_idle_sessions(postgres: str) -> None:
    """The lock's session is idle for as long as the run takes; kept ones are made again."""
    with (
        fresh_postgres(postgres) as url,
        role(url, "SET idle_session_timeout = '3s'", "SET statement_timeout = '3s'") as hasty,
        closing(Store(hasty)) as store,
        closing(Store(url)) as other,
        store.run_lock(),
    ):
        with store.begin() as tx:
            younger = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        wait_until_gone(other, younger)

        with pytest.raises(BusyError), other.run_lock():
            pass
        with store.begin() as tx:
            assert tx.execute(text("SELECT pg_backend_pid()")).scalar_one() != younger


def test_the_doctor_names_a_setting_of_the_server_that_will_bite(
    workspace: Workspace, postgres: str
) -> None:
    settings = [
        "SET idle_in_transaction_session_timeout = '5s'",
        "SET idle_session_timeout = '10s'",
        "SET statement_timeout = '30s'",
        "CONNECTION LIMIT 8",
    ]
    with fresh_postgres(postgres) as url, role(url, *settings) as restricted:
        at(workspace, restricted)
        result = workspace.digest("doctor")

        bad = [line for line in result.stdout.splitlines() if line.startswith("BAD  server")]
        assert (result.exit_code, len(bad)) == (1, 4), result.output
        assert "idle_in_transaction_session_timeout is 5 s" in bad[0]
        assert "idle_session_timeout is 10 s" in bad[1]
        assert "statement_timeout is 30 s" in bad[2]
        assert "8 sessions are granted, and digest has up to 16" in bad[3]


def test_the_doctor_finds_nothing_to_say_of_a_server_as_it_is_installed(
    workspace: Workspace, postgres: str
) -> None:
    with fresh_postgres(postgres) as url:
        at(workspace, url)
        assert "server" not in workspace.digest("doctor").stdout.replace("mail server", "")


def test_the_doctor_names_a_pooler_that_shares_sessions_out(
    workspace: Workspace, postgres: str
) -> None:
    with fresh_postgres(postgres) as url, pooled(url) as shared:
        at(workspace, shared)
        result = workspace.digest("doctor")

    assert result.exit_code == 1, result.output
    assert "BAD  server: a pooler shares sessions out by transaction" in result.stdout


# ── the service ──


def test_a_service_beside_another_run_says_so_once_in_one_line(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    output = DailyTroubleReporter()
    app = app_of(store, listings=[listing()], report_trouble=output.trouble)
    gone: list[DigestError] = []
    with store.run_lock():
        for _ in range(3):
            serve._tick(app, gone, serve.Announcer())

    assert capsys.readouterr().err.count("another run is at work") == 1
    assert len(capsys.readouterr().err.splitlines()) == 0
    serve._tick(app, gone, serve.Announcer())
    assert (output.troubles, gone) == ([], [])


def test_a_served_digest_beside_another_run_goes_on_without_a_traceback(
    workspace: Workspace,
) -> None:
    workspace.run()
    with closing(Store(f"sqlite:///{workspace.folder}/digest.db")) as store, store.run_lock():
        service = process(workspace, "serve", "--no-web")
        assert service.stderr is not None
        said = service.stderr.readline()
        service.terminate()
        code, _, rest = ended(service)

    assert said == "another run is at work on this database; try again when it has ended\n"
    assert (code, rest) == (0, "")


# ── what is no trouble of the database, and what says none ──


def test_a_mistake_of_ours_is_left_as_it_is(store: Store) -> None:
    for statement in ("SELEKT 1", "SELECT nothing FROM settings"):
        with pytest.raises(DBAPIError), store.begin() as tx:
            tx.execute(text(statement))


def test_the_values_of_a_statement_are_in_no_error(store: Store) -> None:
    add = text("INSERT INTO settings (name, value) VALUES (:name, :value)")
    row = {"name": "a", "value": "alice@example.org"}
    with pytest.raises(DBAPIError) as caught, store.begin() as tx:
        tx.execute(add, row)
        tx.execute(add, row)

    assert "alice" not in str(caught.value)


def test_tables_that_are_gone_are_named(store: Store) -> None:
    with pytest.raises(OutOfReachError, match="its tables are gone"), store.begin() as tx:
        tx.execute(text("SELECT * FROM papers_of_old"))


@pytest.mark.parametrize(
    "url", ["mysql://a:secret@b/c", "no address", "postgresql://a:secret@b:port/c"]
)
def test_what_is_no_address_of_a_database_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Store(url)
    assert "secret" not in str(caught.value)


REFUSALS: list[tuple[str, type[StoreError]]] = [
    ('FATAL:  password authentication failed for user "digest"', SettingsError),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "a"', SettingsError),
    ('FATAL:  role "digest" does not exist', SettingsError),
    ('FATAL:  database "papers" does not exist', SettingsError),
    ("FATAL:  sorry, too many clients already", OutOfReachError),
    ('FATAL:  too many connections for role "digest"', OutOfReachError),
    ("FATAL:  remaining connection slots are reserved for roles", OutOfReachError),
    ("FATAL:  the database system is starting up", OutOfReachError),
    ("FATAL:  the database system is shutting down", OutOfReachError),
    ("server closed the connection unexpectedly", OutOfReachError),
    ('could not translate host name "db" to address', OutOfReachError),
]


@table(("said", "expected"), REFUSALS)
def test_what_a_server_says_at_its_door_is_told_apart(
    said: str, expected: type[StoreError]
) -> None:
    psycopg = pytest.importorskip("psycopg")
    url = make_url("postgresql://digest:hunter2@db.example.org:5433/papers")

    found = fault(psycopg.OperationalError(f"{said}\nand a second line"), url)

    assert type(found) is expected
    assert str(found).startswith(f"database papers at db.example.org:5433: {said}; ")


# ── no password ──

SMTP = """
  smtp: {host: 127.0.0.1, port: 1, tls: none, user: digest, password: "${NO_SUCH_PASSWORD}"}
inbox: {host: 127.0.0.1, port: 1, tls: none, user: digest, password: "${NO_SUCH_PASSWORD}"}
"""


def without_password(workspace: Workspace) -> None:
    """Let mail go by a relay whose password is in an environment that is not there."""
    workspace.run()
    text = CONFIG.replace("sender: folder", "sender: smtp").rstrip("\n")
    workspace.write("config.yaml", text + SMTP)


MAILS_NOTHING = """
    outbox list
    outbox show 1
    outbox retry 1
    listing status
    inbox list
    restored
"""


def test_what_mails_nothing_needs_no_password(workspace: Workspace) -> None:
    without_password(workspace)

    for words in lines_of(MAILS_NOTHING):
        result = workspace.digest(*words.split())
        assert (result.exit_code, result.stderr) in ((0, ""), (1, "")), words


def test_a_backup_needs_no_password(workspace: Workspace) -> None:
    without_password(workspace)

    [(code, _, said)] = outcomes(workspace, ("backup", str(workspace.folder / "copy.db")))

    assert (code, said) == (0, "")
    assert (workspace.folder / "copy.db").stat().st_size > 0


def test_the_doctor_names_a_password_that_is_not_set_and_asks_no_one(workspace: Workspace) -> None:
    without_password(workspace)

    result = workspace.digest("doctor")

    bad = [line for line in result.stdout.splitlines() if line.startswith("BAD")]
    assert (result.exit_code, result.stderr, len(bad)) == (78, "", 2)
    for line in bad:
        assert "was not asked: the environment variable NO_SUCH_PASSWORD is not set" in line


def test_what_logs_in_needs_its_password(workspace: Workspace) -> None:
    without_password(workspace)

    for words in ("run", "send", "serve --no-web", "inbox fetch"):
        result = workspace.digest(*words.split())
        assert result.exit_code == 78, words
        assert "NO_SUCH_PASSWORD is not set" in result.stderr, words


def test_a_copy_of_a_file_that_cannot_be_written_leaves_nothing_behind(
    workspace: Workspace,
) -> None:
    workspace.run()
    before = sorted(workspace.folder.iterdir())

    result = workspace.digest("backup", str(workspace.folder / "nowhere" / "copy.db"))

    assert result.exit_code == 2
    assert result.stderr.endswith("nowhere/copy.db: its folder is not there\n")
    assert sorted(workspace.folder.iterdir()) == before
