"""The turn: the lock that lets one run at a time use a database, and checks that it still holds.

A run takes its turn by a lock that ends with its process, and counts the turn in the database.
So a run can detect that the lock was lost, or that the database was replaced: an older copy has
counted fewer turns, and another database has another identity.

SQLite keeps identity and number in the header of its file, and the lock file remembers them from
one process to the next, with the word "log" if only the log beside the file had them.  PostgreSQL
keeps the number in the settings; its identity is the location of its tables.
"""

from __future__ import annotations

import errno
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from . import settings
from .engine import RUN_LOCK, OutOfReachError, StoreError


class LostError(StoreError):
    """This process lost its turn and must send nothing more."""

    is_passing = True


class ReplacedError(LostError):
    """The database is no longer the one that this process began with."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A database's identity (empty: it has none yet), and how many turns were taken on it."""

    identity: str
    number: int

    def is_behind(self, other: Mark) -> bool:
        """Return whether this is another database, or an older copy of the same."""
        return self.identity != other.identity or self.number < other.number


#: The setting that counts the turns; and the identity on PostgreSQL, which a dump does not contain:
#: the ids of cluster, database and table.
NUMBER = "turn"
_HOME = (
    "SELECT system_identifier || '/' || d.oid || '/' || 'deliveries'::regclass::oid"
    " FROM pg_control_system(), pg_database AS d WHERE d.datname = current_database()"
)

#: In SQLite's header: the identity (a number of 31 bits, not 0), and the number of turns.
IDENTITY, TURNS = "PRAGMA application_id", "PRAGMA user_version"


def home(tx: Connection) -> str:
    """Return the location of a PostgreSQL database: the ids of cluster, database and table."""
    return str(tx.execute(text(_HOME)).scalar_one())


def mark_of(tx: Connection) -> Mark:
    """Return the database's mark: its identity and the number of turns."""
    if tx.dialect.name == "postgresql":
        return Mark(home(tx), int(settings.setting(tx, NUMBER) or 0))
    identity = tx.exec_driver_sql(IDENTITY).scalar_one()
    return Mark(str(identity or ""), int(tx.exec_driver_sql(TURNS).scalar_one()))


def count(tx: Connection, before: Mark) -> Mark:
    """Count one more turn; return the new mark."""
    now = Mark(before.identity or str(1 + secrets.randbelow(2**31 - 1)), before.number + 1)
    if tx.dialect.name == "postgresql":
        settings.keep_setting(tx, NUMBER, str(now.number))
    else:
        tx.exec_driver_sql(f"{IDENTITY} = {int(now.identity)}")
        tx.exec_driver_sql(f"{TURNS} = {now.number}")
    return now


class Turn:
    """A held turn; this class is for a database in memory, which has no other run."""

    #: the mark that the last run wrote beside the database, if it did
    remembered: Mark | None = None

    def remember(self, mark: Mark, *, is_in_file: bool) -> None:
        """Leave the mark for the next process, and whether the file itself has it."""

    def check(self, mark: Mark) -> None:
        """Raise LostError if the lock is no longer held."""


#: Characters of the line in the lock file, whatever the mark; and what is added to a mark that only
#: the log beside the database's file has.
_LINE, _LOG = 40, "log"


def in_file(lock: Path) -> Mark | None:
    """Return the mark that the database's file itself must have, by its lock file; None: unknown.

    Raises OSError if there is a lock file that cannot be read.
    """
    try:
        mark, is_in_file = _read(lock.read_bytes())
    except FileNotFoundError:
        return None
    return mark if is_in_file else None


def _read(line: bytes) -> tuple[Mark | None, bool]:
    match line.decode("ascii", "replace").split():
        case [identity, number, *rest] if number.isdecimal() and rest in ([], [_LOG]):
            return Mark(identity, int(number)), not rest
    return None, False


_LOST = "nothing more is sent by this run, and what is owed goes out with the next"


class FileTurn(Turn):
    """A turn held by a lock on the file beside an SQLite database."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.remembered = _read(os.pread(file.fileno(), _LINE + 1, 0))[0]

    def remember(self, mark: Mark, *, is_in_file: bool) -> None:
        """Write the mark into the lock file, for the next process; raises OutOfReachError.

        The line is written over the one before, so that a full disk takes nothing away.
        """
        words = f"{mark.identity} {mark.number}{'' if is_in_file else f' {_LOG}'}"
        line = f"{words:<{_LINE}}\n".encode("ascii")
        try:
            if os.pwrite(self._file.fileno(), line, 0) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.truncate(self._file.fileno(), len(line))
        except OSError as error:
            reason = f"{self._file.name}: {(error.strerror or str(error)).lower()}"
            raise OutOfReachError(f"{reason}; make room on its disk, or mend it") from error

    def check(self, mark: Mark) -> None:
        """Raise LostError if the lock file was deleted: another process may lock a new one."""
        path = Path(self._file.name)
        try:
            is_there = os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise LostError(f"the lock on the database was lost: {path} was deleted; {_LOST}")


#: Returns the number of turns, but no row if this session does not hold the lock.
_HELD = f"""
    SELECT (SELECT value FROM settings WHERE name = '{NUMBER}') FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    AND classid = 0 AND objid = {RUN_LOCK} AND objsubid = 1
"""  # noqa: S608  # only our own constants


class SessionTurn(Turn):
    """A turn held by a PostgreSQL session; safe to check from several threads."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def check(self, mark: Mark) -> None:
        """Raise LostError if the session was cut, ReplacedError if the tables were restored."""
        from psycopg import Error

        try:
            row = self._session.execute(_HELD).fetchone()
        except Error as error:
            reason = str(error).strip().partition("\n")[0]
            raise LostError(f"the lock on the database was lost: {reason}; {_LOST}") from error
        if row is None:
            reason = "its session was exchanged for another, as by a pooler"
            raise LostError(f"the lock on the database was lost: {reason}; {_LOST}")
        if row[0] != str(mark.number):
            raise replaced("the database", "its tables were put back from a copy")


def turn_of(held: Any) -> Turn:
    """Return the turn for the lock holder that ``engine.alone`` yields."""
    if held is None:
        return Turn()
    return SessionTurn(held) if hasattr(held, "execute") else FileTurn(held)


def replaced(name: str, why: str) -> ReplacedError:
    """Return the error for a database that was replaced under a running process."""
    return ReplacedError(
        f"{name} is not the one any more that this process began with: {why}; nothing more is"
        " mailed. End every other digest, put a backup back with: digest restore FILE, or say"
        " that what is there now is a copy with: digest restored; then start it again"
    )
