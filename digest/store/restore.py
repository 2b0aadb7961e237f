"""Put a backup back in the place of an SQLite database: checked first, what was there kept.

    FILE ── copied beside ──▶ checked, migrated, fenced ──▶ in place; what was there ── renamed

While files change places another file says so, and no process opens the database: a kill in
between leaves all of them, and the same command ends it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import private_files
from ..errors import DigestError
from ..model import DeliveryState
from . import Store, future, outbox
from .backup import fence_copy
from .engine import StoreError, lock_file
from .file import beside, file_of, restoring, unused

#: What SQLite may have beside a database; the memory that processes share is of no use later.
_LOGS, _MEMORY = ("-wal", "-journal"), "-shm"

_POSTGRESQL = (
    "restore: PostgreSQL puts its databases back itself: end every digest, then"
    " pg_restore --clean --if-exists --dbname=NAME FILE, then digest restored"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and what was there before."""

    database: Path
    #: when a listing was read last, as the copy knows; None: never
    read_at: datetime | None
    #: mails that it owed, and that may have gone out since
    in_doubt: int
    #: where what was there is now; None: nothing was
    kept: Path | None


def restore(url: str, file: Path, now: datetime) -> Restored:
    """Put a copy in the database's place.

    Raises StoreError where it cannot be used, and then nothing has changed; BusyError where another
    process has the database open.
    """
    database = file_of(url)
    if database is None:
        raise StoreError(_POSTGRESQL)
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
            kept = _exchanged(part, database, now)
            if lock is not None:  # the copy's first turn is no older one's
                lock.truncate(0)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"restore: {error.filename or file}: {reason}") from error
    return Restored(database, read_at, in_doubt, kept)


def _made_ready(file: Path, part: Path) -> tuple[datetime | None, int]:
    """Copy the file, with the log that may be beside it; check, migrate and fence the copy."""
    _clear(part)
    _copy(file, part)
    if beside(file, "-wal").is_file():
        _copy(beside(file, "-wal"), beside(part, "-wal"))
    try:
        _check(part)
        known = _migrated(part)
        fence_copy(part)
    except (DigestError, sqlite3.Error) as error:
        reason = str(error).replace(str(part), str(file))
        raise StoreError(f"restore: {file} cannot be put back: {reason}") from error
    _sync(part)
    return known


def _clear(part: Path) -> None:
    """Leave nothing of a copy that was not put back."""
    for suffix in ("", *_LOGS, _MEMORY):
        beside(part, suffix).unlink(missing_ok=True)


def _copy(file: Path, to: Path) -> None:
    descriptor = private_files.opened(to, os.O_WRONLY)
    with file.open("rb") as source, os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _check(part: Path) -> None:
    """Raise StoreError where it is damaged, or no database of ours."""
    with closing(sqlite3.connect(part)) as copy:
        [found] = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StoreError(f"it is damaged: {found.strip().splitlines()[-1]}")
        ours = "SELECT count(*) FROM sqlite_master WHERE name IN ('alembic_version', 'deliveries')"
        if copy.execute(ours).fetchone() != (2,):
            raise StoreError("it is no database of digest's")


def _migrated(part: Path) -> tuple[datetime | None, int]:
    """Bring the copy up to date, and say when it read a listing last and how many mails it owes."""
    store = Store(f"sqlite:///{part}")
    try:
        store.migrate()
        with store.begin() as tx:
            counts = outbox.counts(tx)
            owed = (
                DeliveryState.QUEUED,
                DeliveryState.CLAIMED,
                DeliveryState.DATA_SENT,
                DeliveryState.IN_DOUBT,
            )
            return future.newest(tx), sum(counts.get(state, 0) for state in owed)
    finally:
        store.close()


def _exchanged(part: Path, database: Path, now: datetime) -> Path | None:
    """Let the files change places; return the new name of what was there."""
    private_files.make_file(restoring(database))
    _sync(database.parent)
    kept = _free_name(database, now)
    had = [suffix for suffix in ("", *_LOGS) if beside(database, suffix).exists()]
    for suffix in had:
        beside(database, suffix).rename(beside(kept, suffix))
    beside(database, _MEMORY).unlink(missing_ok=True)
    part.rename(database)
    _sync(database.parent)
    restoring(database).unlink()
    return kept if had else None


def _free_name(database: Path, now: datetime) -> Path:
    name = f".{now:%Y%m%dT%H%M%SZ}"
    number = 1
    while any(beside(database, name + suffix).exists() for suffix in ("", *_LOGS)):
        number += 1
        name = f".{now:%Y%m%dT%H%M%SZ}-{number}"
    return beside(database, name)


def _sync(path: Path) -> None:
    """Let what was written, or the names in a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
