"""The turn: what lets a process be at work on a database, and checks that it still may.

A process takes its turn by locks that end with it, and counts the turn in the database.  So it can
detect that a lock was lost, or that the database was replaced: an older copy has counted fewer
turns, and another database has another identity.  One of its locks is its own, as a worker: the
others see by it whether a worker has died.

SQLite keeps identity and number in the header of its file, and the lock file remembers them from
one process to the next, with the word "log" if only the log beside the file had them.  PostgreSQL
keeps the number in the settings; its identity is the location of its tables.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zlib import crc32

from sqlalchemy import Connection, text

from .. import private_files
from . import settings
from .engine import RUN_LOCK, OutOfReachError, StoreError
from .faults import of_file
from .migrate import HEAD


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

_MARK = text(f"SELECT ({_HOME}), (SELECT value FROM settings WHERE name = :name)")  # noqa: S608

#: In SQLite's header: the identity (a number of 31 bits, not 0), and the number of turns.
IDENTITY, TURNS = "PRAGMA application_id", "PRAGMA user_version"


def home(tx: Connection) -> str:
    """Return the location of a PostgreSQL database: the ids of cluster, database and table."""
    return str(tx.execute(text(_HOME)).scalar_one())


def mark_of(tx: Connection) -> Mark:
    """Return the database's mark: its identity and the number of turns."""
    if tx.dialect.name == "postgresql":
        place, number = tx.execute(_MARK, {"name": NUMBER}).one()
        return Mark(str(place), int(number or 0))
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
    """A held turn; this class is for a database in memory, which has no other process."""

    #: the mark that the last run wrote beside the database, if it did
    remembered: Mark | None = None

    def __init__(self) -> None:
        #: the number of this worker, which no other has
        self.worker = 1 + secrets.randbelow(2**31 - 1)

    def join(self) -> None:
        """Take a lock by which others see that this worker lives; raises OutOfReachError."""

    def leave(self) -> None:
        """Give that lock up."""

    def living(self, workers: Collection[int]) -> set[int]:
        """Return those of the workers that live, or may live."""
        return set()

    def remember(self, mark: Mark, *, is_in_file: bool) -> None:
        """Leave the mark for the next process, and whether the file itself has it."""

    def check(self, mark: Mark) -> None:
        """Raise LostError if the lock is no longer held."""


#: Characters of the line in the lock file, whatever the mark; and what is added to a mark that only
#: the log beside the database's file has.
_LINE, _LOG = 40, "log"

#: Another process may be writing that line, whose end is a checksum: how often it is read.
_READINGS = 100


def in_file(lock: Path) -> Mark | None:
    """Return the mark that the database's file itself must have, by its lock file; None: unknown.

    Raises OSError if there is a lock file that cannot be read.
    """
    try:
        mark, is_in_file = _read(lock.read_bytes)
    except FileNotFoundError:
        return None
    return mark if is_in_file else None


def _read(line: Callable[[], bytes]) -> tuple[Mark | None, bool]:
    """Return the mark in the lock file's line, and whether the database's file has it, too.

    None if the line has no mark, or none that is whole however often it is read.  Lines of earlier
    versions have no checksum.
    """
    for _ in range(_READINGS):
        words = line().decode("ascii", "replace").split()
        checksum = words.pop() if words and words[-1].startswith("#") else ""
        if not checksum or checksum == _checksum(words):
            break
    else:
        return None, False
    match words:
        case [identity, number, *rest] if number.isdecimal() and rest in ([], [_LOG]):
            return Mark(identity, int(number)), not rest
    return None, False


def _checksum(words: Iterable[str]) -> str:
    return f"#{crc32(' '.join(words).encode()):08x}"


_LOST = "nothing more is sent by this run, and what is owed goes out with the next"


class FileTurn(Turn):
    """A turn held by a lock on the file beside an SQLite database."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file
        self._own: IO[bytes] | None = None
        self.remembered = _read(lambda: os.pread(file.fileno(), _LINE + 1, 0))[0]

    def join(self) -> None:
        """Lock a file of this worker's own, and remove those that the dead left."""
        for path in Path(self._file.name).parent.glob(f"{glob.escape(self._base)}*"):
            _has_died(path)
        path = self._path_of(self.worker)
        try:
            # One that looks for the dead may remove the file before it is locked.
            while self._own is None or not _is_there(self._own):
                self._own = open(path, "wb", opener=private_files.opened)  # noqa: SIM115
                fcntl.flock(self._own, fcntl.LOCK_EX)
        except OSError as error:
            raise OutOfReachError(f"{path}: {of_file(error, path)}") from error

    def leave(self) -> None:
        """Remove this worker's file."""
        if self._own is not None:
            with suppress(OSError):
                Path(self._own.name).unlink()
            self._own.close()

    def living(self, workers: Collection[int]) -> set[int]:
        """Return those of the workers that hold the lock on their file."""
        return {each for each in workers if not _has_died(self._path_of(each))}

    @property
    def _base(self) -> str:
        return f"{Path(self._file.name).name.removesuffix('.lock')}.worker-"

    def _path_of(self, worker: int) -> Path:
        return Path(self._file.name).with_name(f"{self._base}{worker}")

    def remember(self, mark: Mark, *, is_in_file: bool) -> None:
        """Write the mark into the lock file, for the next process; raises OutOfReachError.

        The line is written over the one before, so that a full disk takes nothing away.
        """
        words = [mark.identity, str(mark.number), *([] if is_in_file else [_LOG])]
        line = f"{' '.join([*words, _checksum(words)]):<{_LINE}}\n".encode("ascii")
        try:
            if os.pwrite(self._file.fileno(), line, 0) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.truncate(self._file.fileno(), len(line))
        except OSError as error:
            reason = f"{self._file.name}: {(error.strerror or str(error)).lower()}"
            raise OutOfReachError(f"{reason}; make room on its disk, or mend it") from error

    def check(self, mark: Mark) -> None:
        """Raise LostError if a lock's file was deleted: another process may lock a new one."""
        for file in (self._file, self._own):
            if file is not None and not _is_there(file):
                reason = f"{file.name} was deleted"
                raise LostError(f"the lock on the database was lost: {reason}; {_LOST}")


def _is_there(file: Any) -> bool:
    try:
        # By ``os``, as a path costs more than the call: each mail looks twice.
        return os.path.samestat(os.stat(file.name), os.fstat(file.fileno()))  # noqa: PTH116
    except FileNotFoundError:
        return False


def _has_died(path: Path) -> bool:
    """Return whether no process holds the lock on a worker's file, and remove it then."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:  # locked, or another user's: it may live
        return False
    return True


#: The first half of the keys of the workers' advisory locks; the second is a worker's number.
_WORKERS = 0xD16E5D

_JOIN = f"SELECT pg_advisory_lock({_WORKERS}, %s)"
_LIVING = f"""
    SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = {_WORKERS}
    AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608  # only our own constants

#: Returns the number of turns and the schema's version, but no row if this session does not hold
#: the lock.
_HELD = f"""
    SELECT (SELECT value FROM settings WHERE name = '{NUMBER}'),
        (SELECT version_num FROM alembic_version) FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    AND classid = 0 AND objid = {RUN_LOCK} AND objsubid = 1
"""  # noqa: S608  # only our own constants


class SessionTurn(Turn):
    """A turn held by a PostgreSQL session; safe to check from several threads."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        self._session = session

    def join(self) -> None:
        """Take an advisory lock, which ends with the session."""
        self._session.execute(_JOIN, [self.worker])

    def living(self, workers: Collection[int]) -> set[int]:
        """Return those of the workers that have a session."""
        return {row[0] for row in self._session.execute(_LIVING)}.intersection(workers)

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
        if int(row[0] or 0) < mark.number:
            raise replaced("the database", "its tables were put back from a copy")
        check_version(row[1])


def turn_of(held: Any) -> Turn:
    """Return the turn for the lock holder that ``engine.alone`` yields."""
    if held is None:
        return Turn()
    return SessionTurn(held) if hasattr(held, "execute") else FileTurn(held)


def check_version(found: str | None) -> None:
    """Raise ReplacedError if another version of digest has brought the schema up to date."""
    if found != HEAD:
        raise ReplacedError(
            "a newer version of digest has brought the database up to date; this one mails nothing"
            " more: end it, and start the newer one"
        )


def replaced(name: str, why: str) -> ReplacedError:
    """Return the error for a database that was replaced under a running process."""
    return ReplacedError(
        f"{name} is not the one any more that this process began with: {why}; nothing more is"
        " mailed. End every other digest, put a backup back with: digest restore FILE, or say"
        " that what is there now is a copy with: digest restored; then start it again"
    )
