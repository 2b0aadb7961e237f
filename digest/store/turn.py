"""Whose turn it is on a database, and whether it still is.

A run takes its turn by a lock that dies with its process, and counts it in the database itself.
So a run can tell when the lock was lost, and when the database is no longer the one that it was:
an older copy has counted fewer turns, and another database has another identity.

SQLite keeps identity and number in the header of its file, and the lock's file remembers them from
one process to the next.  PostgreSQL keeps the number among the settings; its identity is the place
of its tables.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from . import settings
from .engine import RUN_LOCK, StoreError


class LostError(StoreError):
    """The turn was taken away from this process, which must send nothing more."""

    is_passing = True


class ReplacedError(LostError):
    """The database is not the one any more that this process began with."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Which database it is (empty: it has no identity yet), and how many turns were taken on it."""

    identity: str
    number: int

    def is_behind(self, other: Mark) -> bool:
        """Whether this is another database, or an older copy of the same."""
        return self.identity != other.identity or self.number < other.number


#: The setting that counts the turns, and what a PostgreSQL dump does not carry: the cluster, the
#: database in it, the table in that.
NUMBER = "turn"
_HOME = (
    "SELECT system_identifier || '/' || d.oid || '/' || 'deliveries'::regclass::oid"
    " FROM pg_control_system(), pg_database AS d WHERE d.datname = current_database()"
)

#: In SQLite's header: the identity, any number of 31 bits but 0, and the number of turns.
IDENTITY, TURNS = "PRAGMA application_id", "PRAGMA user_version"


def home(tx: Connection) -> str:
    """Return where a PostgreSQL database lives."""
    return str(tx.execute(text(_HOME)).scalar_one())


def mark_of(tx: Connection) -> Mark:
    """Return which database this is, and how far it has counted."""
    if tx.dialect.name == "postgresql":
        return Mark(home(tx), int(settings.setting(tx, NUMBER) or 0))
    identity = tx.exec_driver_sql(IDENTITY).scalar_one()
    return Mark(str(identity or ""), int(tx.exec_driver_sql(TURNS).scalar_one()))


def count(tx: Connection, before: Mark) -> Mark:
    """Write one more turn down; return the new mark."""
    now = Mark(before.identity or str(1 + secrets.randbelow(2**31 - 1)), before.number + 1)
    if tx.dialect.name == "postgresql":
        settings.keep_setting(tx, NUMBER, str(now.number))
    else:
        tx.exec_driver_sql(f"{IDENTITY} = {int(now.identity)}")
        tx.exec_driver_sql(f"{TURNS} = {now.number}")
    return now


class Turn:
    """The place at which runs take turns, while it is held; in memory there is no other run."""

    #: what the last run saw, where that is written down beside the database
    remembered: Mark | None = None

    def remember(self, mark: Mark) -> None:
        """Let the next process know."""

    def check(self, mark: Mark) -> None:
        """Raise LostError where the place is not held any more."""


_LOST = "nothing more is sent by this run, and what is owed goes out with the next"


class FileTurn(Turn):
    """Held by a lock on the file beside an SQLite database."""

    def __init__(self, file: Any) -> None:
        self._file = file
        said = os.pread(file.fileno(), 100, 0).decode("ascii", "replace").split()
        if len(said) == 2 and said[1].isdecimal():
            self.remembered = Mark(said[0], int(said[1]))

    def remember(self, mark: Mark) -> None:
        """Write the mark into the lock's file, for the next process."""
        os.truncate(self._file.fileno(), 0)
        os.pwrite(self._file.fileno(), f"{mark.identity} {mark.number}\n".encode("ascii"), 0)

    def check(self, mark: Mark) -> None:
        """Raise LostError where another process may hold another file of this name."""
        path = Path(self._file.name)
        try:
            is_there = os.path.samestat(path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise LostError(f"the lock on the database was lost: {path} was deleted; {_LOST}")


#: The number of turns, as long as the lock of this very session is held.
_HELD = f"""
    SELECT (SELECT value FROM settings WHERE name = '{NUMBER}') FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    AND classid = 0 AND objid = {RUN_LOCK} AND objsubid = 1
"""  # noqa: S608  # constants of ours


class SessionTurn(Turn):
    """Held by a session of PostgreSQL's; safe to check from several threads."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def check(self, mark: Mark) -> None:
        """Raise LostError where the session was cut, ReplacedError where tables were put back."""
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
    """Return what can be asked of a place that ``engine.alone`` holds."""
    if held is None:
        return Turn()
    return SessionTurn(held) if hasattr(held, "execute") else FileTurn(held)


def replaced(name: str, why: str) -> ReplacedError:
    """Return the error of a database that was exchanged under a running process."""
    return ReplacedError(
        f"{name} is not the one any more that this process began with: {why}; nothing more is"
        " mailed. End every other digest, put a backup back with: digest restore FILE, or say"
        " that what is there now is a copy with: digest restored; then start it again"
    )
