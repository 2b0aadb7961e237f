"""Translate the errors of database drivers into one line that says what to do.

The error is recognized by its code: SQLite's result code, PostgreSQL's SQLSTATE.  Only a refused
session is recognized by its text, because libpq keeps no code for it.  Bugs in digest (a wrong
statement, a broken constraint) are not translated.
"""

from __future__ import annotations

import errno
import os
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ..errors import DigestError


class StoreError(DigestError):
    """The database cannot be used."""


class OutOfReachError(StoreError):
    """The database cannot be used now: locked, full, read-only, gone, or its server is down."""

    is_passing = True


class SettingsError(StoreError):
    """The database cannot be used until a setting of digest or of the server is changed."""

    is_misconfigured = True


class MissingModuleError(SettingsError):
    """A module that this kind of database needs is not installed."""


class BusyError(DigestError):
    """Another run is at work on the same database; try later."""

    is_passing = True


_Judgement = tuple[str, type[StoreError]]

_RIGHTS = "let digest write it: the file, and its folder, on a disk that is not read-only"
_AWAY = (
    "see that its server runs and lets digest in; digest doctor names settings that end sessions"
)
_SESSIONS = "let its server take more sessions: max_connections, or the limit of role or database"
_AGAIN = "try again when that has ended"

#: Remedies by SQLite's primary result code.
_SQLITE: dict[int, _Judgement] = {
    sqlite3.SQLITE_PERM: (_RIGHTS, OutOfReachError),
    sqlite3.SQLITE_BUSY: (f"another program holds it; {_AGAIN}", OutOfReachError),
    sqlite3.SQLITE_LOCKED: (f"another program holds it; {_AGAIN}", OutOfReachError),
    sqlite3.SQLITE_PROTOCOL: (f"another program holds it; {_AGAIN}", OutOfReachError),
    sqlite3.SQLITE_NOMEM: ("let the machine have more memory", OutOfReachError),
    sqlite3.SQLITE_READONLY: (_RIGHTS, OutOfReachError),
    sqlite3.SQLITE_IOERR: ("look after its disk: is it full, or broken?", OutOfReachError),
    sqlite3.SQLITE_CORRUPT: ("put a backup back: digest restore FILE", OutOfReachError),
    sqlite3.SQLITE_FULL: ("make room on its disk", OutOfReachError),
    sqlite3.SQLITE_CANTOPEN: (
        "see that its folder is there and that digest may write into it, or mend database:",
        OutOfReachError,
    ),
    sqlite3.SQLITE_AUTH: (_RIGHTS, OutOfReachError),
    sqlite3.SQLITE_NOTADB: (
        "name another file in database:, or put a backup back: digest restore FILE",
        SettingsError,
    ),
}

#: Codes for which a file may be at fault that digest may not write.
_REFUSED = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
)

#: Remedies by the beginning of PostgreSQL's SQLSTATE; the first match counts.
_POSTGRESQL: tuple[tuple[str, str, type[StoreError]], ...] = (
    ("08", _AWAY, OutOfReachError),
    ("25006", "it takes no writes: a standby, or default_transaction_read_only", OutOfReachError),
    (
        "25P03",
        "let its server wait longer: ALTER ROLE … SET idle_in_transaction_session_timeout = 0",
        OutOfReachError,
    ),
    (
        "25P04",
        "let its server wait longer: ALTER ROLE … SET transaction_timeout = 0",
        OutOfReachError,
    ),
    ("28", "mend user and password in database:, or pg_hba.conf of its server", SettingsError),
    ("3D", "make that database, or mend database:", SettingsError),
    ("3F", "its tables are gone; put a backup back", OutOfReachError),
    ("40", f"another session was in the way; {_AGAIN}", OutOfReachError),
    ("42501", "let its role write every table, and make some: see GRANT", SettingsError),
    ("42P01", "its tables are gone; put a backup back", OutOfReachError),
    ("53100", "make room on its server's disk", OutOfReachError),
    ("53300", _SESSIONS, OutOfReachError),
    ("53", "its server lacks memory or room", OutOfReachError),
    ("55P03", f"another session holds what is needed; {_AGAIN}", OutOfReachError),
    (
        "57014",
        "let its server work longer: ALTER ROLE … SET statement_timeout = 0",
        OutOfReachError,
    ),
    (
        "57P05",
        "let its server wait longer: ALTER ROLE … SET idle_session_timeout = 0",
        OutOfReachError,
    ),
    ("57P", _AWAY, OutOfReachError),
    ("58", "look after its server's disk", OutOfReachError),
    ("XX", "look into its server's log", OutOfReachError),
)

#: What a server says when it refuses a session, and the SQLSTATE that libpq does not report.
_REFUSALS = (
    ("authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("role ", "28000"),
    ("database ", "3D000"),
    ("permission denied for database", "42501"),
    ("too many ", "53300"),
    ("connection slots are reserved", "53300"),
)


def guard(engine: Engine) -> None:
    """Make an engine raise StoreError for every trouble of its database."""

    def translated(context: ExceptionContext) -> BaseException | None:
        # A pooled session that is found to be closed is replaced; that is not an error.
        return None if context.is_pre_ping else fault(context.original_exception, engine.url)

    event.listen(engine, "handle_error", translated)


@contextmanager
def reached(url: URL) -> Iterator[None]:
    """Raise StoreError for errors of the driver or of the session pool in the block."""
    try:
        yield
    except Exception as error:
        found = fault(error, url)
        if found is None:
            raise
        raise found from error


def fault(error: BaseException, url: URL) -> StoreError | None:
    """Return an error as StoreError with a remedy; None if it is no trouble of a database."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, PoolTimeoutError):
        found: _Judgement | None = ("too many pages are asked for at once", OutOfReachError)
    elif isinstance(cause, PendingRollbackError):
        found = (_AWAY, OutOfReachError)
    elif isinstance(cause, sqlite3.Error):
        found = _of_sqlite(cause, url.database)
    elif hasattr(cause, "sqlstate"):
        found = _of_postgresql(cause)
    else:
        return None
    if found is None:
        return None
    remedy, kind = found
    return kind(f"{named(url)}: {_first_line(cause)}; {remedy}")


def named(url: URL) -> str:
    """Return the database's name for messages, without the secrets in its URL."""
    if url.get_backend_name() == "sqlite":
        return f"database {url.database or ':memory:'}"
    host = url.host or url.query.get("host", "")
    return f"database {url.database or ''} at {host}{f':{url.port}' if url.port else ''}"


def of_file(error: OSError, path: Path) -> str:
    """Return in words what a file's error is, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "make room on its disk"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = rights(path, path.parent) or _RIGHTS
    elif error.errno == errno.ENOENT:
        remedy = "see that its folder is there"
    else:
        remedy = "look after its disk: is it full, or broken?"
    return f"{(error.strerror or str(error)).lower()}; {remedy}"


def rights(*paths: Path) -> str:
    """Return how to let digest write those of the paths that it may not; "" if that is unknown."""
    there = [path for path in paths if os.access(path, os.F_OK)]
    refused = [path for path in there if not os.access(path, os.W_OK)]
    if not refused or any(os.statvfs(path).f_flag & os.ST_RDONLY for path in refused):
        return ""
    return f"let digest write: chmod u+rwX {shlex.join(map(str, refused))}"


def _of_sqlite(error: sqlite3.Error, database: str | None) -> _Judgement | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    if code == sqlite3.SQLITE_ERROR and "no such table" in str(error):
        return "its tables are gone: was the file replaced? put a backup back", OutOfReachError
    found = _SQLITE.get(code & 0xFF)
    if found and database and code & 0xFF in _REFUSED:
        beside = (Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm"))
        return rights(*beside, Path(database).parent) or found[0], found[1]
    return found


def _of_postgresql(error: object) -> _Judgement | None:
    code = getattr(error, "sqlstate", None) or _code_of_refusal(f"{error}")
    for start, remedy, kind in _POSTGRESQL:
        if code.startswith(start):
            return remedy, kind
    return None


def _code_of_refusal(text: str) -> str:
    """Return the SQLSTATE of a session that was refused, or that was cut without a message."""
    _, _, said = text.partition("FATAL:")
    for words, code in _REFUSALS:
        if words in said and not (words in ("role ", "database ") and "does not exist" not in said):
            return code
    return "08006"


def _first_line(error: object) -> str:
    return next(iter(f"{error}".strip().splitlines()), type(error).__name__)
