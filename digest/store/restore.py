"""Restore an SQLite database from a backup: check it first, and keep the old database.

    FILE ── copied beside ──▶ checked, migrated, fenced ──▶ in place; the old database ── renamed

While files are being renamed, a marker file exists and no process opens the database: after a kill
in between no file is lost, and the same command completes the restore.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from .. import private_files
from ..errors import DigestError
from ..model import DeliveryState
from . import Store, clock_repair, outbox
from .backup import fence_copy
from .engine import OutOfReachError, StoreError, lock_file
from .faults import fault, of_file
from .file import beside, file_of, restoring, unused

#: Suffixes of files that SQLite may keep beside a database; the shared memory is not kept.
_LOGS, _MEMORY = ("-wal", "-journal"), "-shm"

_POSTGRESQL = (
    "restore: PostgreSQL puts its databases back itself: end every digest, then"
    " pg_restore --clean --if-exists --dbname=NAME FILE, then digest restored"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore."""

    database: Path
    #: when a listing was last read, according to the copy; None: never
    read_at: datetime | None
    #: deliveries that the copy still owed, and that may have been sent since
    in_doubt: int
    #: the new name of the old database; None: there was none
    kept: Path | None


def restore(url: str, file: Path, now: datetime) -> Restored:
    """Replace the database by a copy.

    Raises StoreError if the copy cannot be used, and then nothing has changed; OutOfReachError if
    the copy cannot be put in place now; BusyError if another process has the database open.
    """
    database = file_of(url)
    if database is None:
        raise StoreError(_POSTGRESQL)
    _refuse_no_file(file)
    try:
        if database.exists() and database.samefile(file):
            raise StoreError(f"restore: {file} is the database itself")
        with ExitStack() as stack:
            lock = lock_file(stack, str(database))
            if database.exists():
                stack.enter_context(unused(database))
            part = beside(database, ".part")
            stack.callback(_clear, part)
            read_at, in_doubt = _made_ready(file, part)
            kept_aside = _exchanged(part, database, now)
            if lock is not None:  # the remembered mark is the old database's
                lock.truncate(0)
    except OSError as error:
        raise OutOfReachError(f"restore: {database}: {of_file(error, database)}") from error
    return Restored(database, read_at, in_doubt, kept_aside)


def _made_ready(file: Path, part: Path) -> tuple[datetime | None, int]:
    """Copy the file, and the log beside it if there is one; check, migrate and fence the copy."""
    _clear(part)
    _copy(file, part)
    if beside(file, "-wal").is_file():
        _copy(beside(file, "-wal"), beside(part, "-wal"))
    try:
        _check(part)
        known = _migrated(part)
        fence_copy(part)
    except (DigestError, sqlite3.Error) as error:
        if _is_of_the_disk(error):
            problem = fault(error, make_url(f"sqlite:///{part}")) or error
            raise OutOfReachError(f"restore: {problem}") from error
        reason = str(error).replace(str(part), str(file))
        raise StoreError(f"restore: {file} cannot be put back: {reason}") from error
    _sync(part)
    return known


def _refuse_no_file(file: Path) -> None:
    """Raise StoreError unless this is a regular file: to open another may wait for ever."""
    try:
        is_file = stat.S_ISREG(file.stat().st_mode)
    except OSError as error:
        raise _unreadable(file, error) from error
    if not is_file:
        raise StoreError(f"restore: {file}: not a regular file; name one that digest backup made")


def _unreadable(file: Path, error: OSError) -> StoreError:
    return StoreError(f"restore: {file}: {(error.strerror or str(error)).lower()}")


def _is_of_the_disk(error: BaseException | None) -> bool:
    """Return whether the disk of the database is at fault, and not the copy."""
    while error is not None and not isinstance(error, sqlite3.Error):
        error = error.__cause__
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def _clear(part: Path) -> None:
    """Delete what is left of a copy that was not put in place."""
    for suffix in ("", *_LOGS, _MEMORY):
        beside(part, suffix).unlink(missing_ok=True)


def _copy(file: Path, to: Path) -> None:
    descriptor = private_files.opened(to, os.O_WRONLY)
    with os.fdopen(descriptor, "wb") as target:
        target.writelines(_pieces(file))


def _pieces(file: Path) -> Iterator[bytes]:
    """Yield what is in a file, by MiB; raises StoreError if it cannot be read."""
    try:
        with file.open("rb") as source:
            while piece := source.read(1 << 20):
                yield piece
    except OSError as error:
        raise _unreadable(file, error) from error


def _check(part: Path) -> None:
    """Raise StoreError if the copy is damaged, or is not a database of digest."""
    with closing(sqlite3.connect(part)) as copy:
        [found] = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StoreError(f"it is damaged: {found.strip().splitlines()[-1]}")
        ours = "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'deliveries')"
        if copy.execute(ours).fetchone() != (2,):
            raise StoreError("it is no database of digest's")


def _migrated(part: Path) -> tuple[datetime | None, int]:
    """Migrate the copy; return when it last read a listing, and how many deliveries it owes."""
    store = Store(f"sqlite:///{part}")
    try:
        store.migrate()
        with store.begin() as tx:
            counts = outbox.counts(tx)
            in_doubt = (
                DeliveryState.QUEUED,
                DeliveryState.CLAIMED,
                DeliveryState.DATA_SENT,
                DeliveryState.IN_DOUBT,
            )
            return clock_repair.newest(tx), sum(counts.get(state, 0) for state in in_doubt)
    finally:
        store.close()


def _exchanged(part: Path, database: Path, now: datetime) -> Path | None:
    """Rename the old database and put the copy in its place; return the old one's new name."""
    private_files.make_file(restoring(database))
    _sync(database.parent)
    kept_aside = _free_name(database, now)
    suffixes = [suffix for suffix in ("", *_LOGS) if beside(database, suffix).exists()]
    for suffix in suffixes:
        beside(database, suffix).rename(beside(kept_aside, suffix))
    beside(database, _MEMORY).unlink(missing_ok=True)
    part.rename(database)
    _sync(database.parent)
    restoring(database).unlink()
    return kept_aside if suffixes else None


def _free_name(database: Path, now: datetime) -> Path:
    name = f".{now:%Y%m%dT%H%M%SZ}"
    number = 1
    while any(beside(database, name + suffix).exists() for suffix in ("", *_LOGS)):
        number += 1
        name = f".{now:%Y%m%dT%H%M%SZ}-{number}"
    return beside(database, name)


def _sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk, so that they survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
