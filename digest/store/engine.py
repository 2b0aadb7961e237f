"""The database engine: open it by URL, begin transactions, lock it for those that use it.

SQLite runs in WAL mode.  Every transaction begins with BEGIN IMMEDIATE: otherwise a read that
turns into a write can fail at once, whatever the busy timeout is.  PostgreSQL runs through psycopg.
"""

from __future__ import annotations

import fcntl
import select
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from .. import private_files
from .faults import (
    BusyError,
    MissingModuleError,
    OutOfReachError,
    SettingsError,
    StoreError,
    guard,
    of_file,
    reached,
)

__all__ = [
    "BusyError",
    "OutOfReachError",
    "StoreError",
    "copied_to_memory",
    "may_go_on",
    "open_engine",
    "run_lock",
]

#: Keys of advisory locks: arbitrary numbers that no other program on the same database uses.
RUN_LOCK, KEEP_LOCK = 0xD16E58, 0xD16E59
NOTICE_LOCK, ENROL_LOCK = 0xD16E5E, 0xD16E5F
QUOTA_LOCK, QUEUE_LOCK = 0xD16E60, 0xD16E61
MONTHS_LOCK = 0xD16E62


#: Seconds after which a session is over, on either side, if the other shows no sign of life: a
#: machine that is cut off would else keep its locks for the two hours of most systems.
SILENCE = 60
_SIGNS = {
    "keepalives_idle": SILENCE // 2,
    "keepalives_interval": SILENCE // 6,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE * 1000,
}
_ASK_FOR_SIGNS = "; ".join(
    f"SET {'tcp_' * name.startswith('keep')}{name} = {value}" for name, value in _SIGNS.items()
).encode()

#: The most sessions of a process: those that it keeps, and those added while pages are busy.
KEPT_SESSIONS, MORE_SESSIONS = 5, 10


def address_of(url: str) -> URL:
    """Return the parts of a database's address; raises SettingsError for what is none."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: of a port that is no number
        raise SettingsError(
            "database: an address of SQLite or PostgreSQL is expected, such as"
            " sqlite:///digest.db or postgresql://host:5432/name"
        ) from error


def open_engine(url: str) -> Engine:
    """Return an engine for a ``sqlite://`` or ``postgresql://`` URL; it raises StoreError.

    Raises SettingsError for any other URL.  Errors show no values of a statement, because a value
    may be an address.
    """
    address = address_of(url)
    if address.get_backend_name() == "postgresql":
        engine = _postgresql(address)
    elif address.get_backend_name() == "sqlite":
        engine = _sqlite(address)
    else:
        raise SettingsError(
            f"database: only sqlite and postgresql are known, not {address.drivername}"
        )
    guard(engine)
    return engine


def with_signs(address: URL) -> URL:
    """Return the address of PostgreSQL with what ends a session with a server that is cut off.

    What the address itself says of that holds.
    """
    return address.update_query_dict({**{n: str(v) for n, v in _SIGNS.items()}, **address.query})


def _postgresql(address: URL) -> Engine:
    try:
        engine = create_engine(
            with_signs(address).set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=KEPT_SESSIONS,
            max_overflow=MORE_SESSIONS,
            hide_parameters=True,
        )
    except ImportError as error:
        raise MissingModuleError(
            "database: psycopg is missing; pip install 'papers-digest[postgres]'"
        ) from error
    event.listen(engine, "connect", _ask_for_signs)
    ping = engine.dialect.do_ping
    # Asked before each transaction; the server is asked only where the session may be over.
    setattr(engine.dialect, "do_ping", lambda session: _is_quiet(session) or ping(session))  # noqa: B010
    return engine


def may_go_on(tx: Connection) -> bool:
    """Return whether a session surely lives, so that it may begin a further transaction."""
    return tx.dialect.name == "sqlite" or _is_quiet(tx.connection.driver_connection)


def _is_quiet(session: Any) -> bool:
    """Return whether nothing has come of a session that waits, as its end would.

    A server says that it ends one, and of one that is cut off the system says it after SILENCE.
    """
    asked = select.poll()
    asked.register(session.pgconn.socket, select.POLLIN)
    return not asked.poll(0)


def _ask_for_signs(session: Any, _record: object) -> None:
    """Let the server notice that this machine is cut off; one that cannot keeps to its own way."""
    session.pgconn.exec_(_ASK_FOR_SIGNS)


def _sqlite(address: URL) -> Engine:
    in_memory = address.database in (None, "", ":memory:")
    pool = {"poolclass": StaticPool} if in_memory else {}
    if not in_memory:  # every name of a file has the same lock beside it
        address = address.set(database=_resolved(address.database))
    engine = create_engine(address, hide_parameters=True, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    # Not by an event of its own, which each transaction would look for: a mail has three.
    setattr(engine.dialect, "do_begin", lambda session: session.execute("BEGIN IMMEDIATE"))  # noqa: B010
    return engine


def _resolved(name: str | None) -> str | None:
    is_file = name and not name.startswith("file:")
    return str(Path(name).resolve()) if name and is_file else name


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "synchronous=NORMAL",
        "secure_delete=ON",  # erased data leaves no trace in the file's free pages
    ):
        connection.execute(f"PRAGMA {pragma}")


def copied_to_memory(engine: Engine) -> Engine:
    """Return an engine with a copy of an SQLite database, which lives as long as the engine."""
    copy = open_engine("sqlite://")
    database = engine.url.database
    if database and database != ":memory:" and Path(database).exists():
        with (
            reached(engine.url),
            closing(sqlite3.connect(database)) as source,
            copy.connect() as connection,
        ):
            connection.rollback()
            source.backup(connection.connection.driver_connection)  # type: ignore[arg-type]
    engine.dispose()
    return copy


@contextmanager
def run_lock(engine: Engine, *, is_shared: bool = False) -> Iterator[Any]:
    """Hold the lock of a database: shared by those at work on it, or alone for what needs that.

    The operating system or the server releases the lock when the process dies.  Yields the holder
    of the lock: a psycopg session, the lock file, or None if no other process can see the database.
    Raises BusyError if the lock is taken.
    """
    with ExitStack() as stack:
        with reached(engine.url):
            if engine.dialect.name == "postgresql":
                held = _lock_session(stack, engine, is_shared=is_shared)
            else:
                held = lock_file(stack, engine.url.database, is_shared=is_shared)
        yield held


_BUSY = "another run is at work on this database; try again when it has ended"

#: What ends a session that is only slow, and since which version servers have it.
_TIMEOUTS = {
    "statement_timeout": 0,
    "idle_session_timeout": 14_00_00,
    "transaction_timeout": 17_00_00,
}


def _lock_session(stack: ExitStack, engine: Engine, *, is_shared: bool) -> Any:
    from psycopg.errors import LockNotAvailable

    # The lock belongs to this session and ends with it, and so do the settings below.  It is none
    # of the pool's, which know the tables and the statements already; a new one must learn them.
    arguments, named = engine.dialect.create_connect_args(engine.url)
    session: Any = stack.enter_context(closing(engine.dialect.connect(*arguments, **named)))
    session.autocommit = True
    # The session is idle for as long as the run takes, whatever the server's timeouts are.
    known = [name for name, since in _TIMEOUTS.items() if session.info.server_version >= since]
    session.execute("; ".join(f"SET {name} = 0" for name in known))
    # The server may take a moment to notice that the last holder has died.
    session.execute("SET lock_timeout = '2s'")
    try:
        shared = "_shared" if is_shared else ""
        session.execute(f"SELECT pg_advisory_lock{shared}({RUN_LOCK})")
    except LockNotAvailable:
        raise BusyError(_BUSY) from None
    return session


def lock_file(stack: ExitStack, database: str | None, *, is_shared: bool = False) -> IO[str] | None:
    """Lock the file beside an SQLite database until the stack ends; raises BusyError."""
    if not database or database == ":memory:":
        return None
    try:
        # ``Path.open`` takes no opener, and the stack closes the file.
        file: IO[str] = open(f"{database}.lock", "r+", opener=private_files.opened)  # noqa: SIM115
        stack.enter_context(file)
    except OSError as error:
        place = Path(f"{database}.lock")
        raise OutOfReachError(f"{place}: {of_file(error, place)}") from error
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(_BUSY) from None
    return file
