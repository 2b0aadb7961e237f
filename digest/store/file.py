"""An SQLite database's file: created for its owner alone, checked after a crash, recognized.

A process keeps a file open even if it was deleted, renamed or overwritten.  What it writes there
is lost to the next process, which would mail everything once more.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from .. import private_files
from .engine import BusyError, StoreError
from .turn import IDENTITY, TURNS, Mark, replaced

#: The bytes that every process with the database open in WAL mode locks, also between its
#: transactions (https://www.sqlite.org/fileformat2.html#the_lock_byte_page).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510

#: A checkpoint of another process may be half-way: how many times to check, and seconds between.
_LOOKS, _PAUSE = 5, 0.05

#: How many times this process has each file open.  It must not open and close one by itself then,
#: because that would release the locks that SQLite holds on it.
_ours: Counter[Path] = Counter()


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None if it is in memory, or is PostgreSQL."""
    address = make_url(url)
    name = address.database
    if address.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


class File:
    """A database's file, as this process found it; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._found: os.stat_result | None = None
        self._counted: Mark | None = None
        self._opened: Path | None = None

    def prepare(self) -> None:
        """Create the file if it is missing, and check it after a crash; raises StoreError."""
        if restoring(self._path).exists():
            raise StoreError(
                f"{self._path}: a backup was being put back and that did not come to its end;"
                " do it again: digest restore FILE"
            )
        if self._path.parent.is_dir() and not self._path.exists():
            private_files.make_file(self._path)
        if self._opened is None:
            place = self._path.resolve()
            if not _ours[place]:
                _check_after_crash(self._path)
            _ours[place] += 1
            self._opened = place

    def release(self) -> None:
        """Note that this process has the file open once less."""
        if self._opened is not None:
            _ours[self._opened] -= 1
            self._opened = None

    def look(self, mark: Mark | None = None) -> None:
        """Raise ReplacedError if the file, or the database in it, was replaced.

        ``mark`` is what this process counted last.  Costs one system call, unless something was
        written into the file since.
        """
        with self._lock:
            try:
                found = self._path.stat()
            except FileNotFoundError:
                if self._found is None:
                    return
                raise replaced(str(self._path), "it was deleted") from None
            before, self._found = self._found, self._found or found
            if before is not None and not os.path.samestat(before, found):
                raise replaced(str(self._path), "another file has its name")
            if before is None or _written(before) != _written(found):
                self._look_inside(mark)
                self._found = found

    def _look_inside(self, mark: Mark | None) -> None:
        """Compare the mark in the file with the last one; the log beside the file is not read."""
        known = self._counted
        for turn in range(_LOOKS):
            time.sleep(_PAUSE if turn else 0)
            counted = _counted(self._path)
            is_other = mark is not None and counted.identity not in ("", mark.identity)
            if not is_other and not (known and counted.is_behind(known)):
                self._counted = counted if counted.identity else None
                return
        raise replaced(str(self._path), "an older copy, or another database, was put over it")


def _written(found: os.stat_result) -> tuple[int, int]:
    return found.st_mtime_ns, found.st_size


def _counted(path: Path) -> Mark:
    """Read the mark in the file itself, without the log beside it."""
    try:
        # By SQLite and not by ``open``: only SQLite closes the file and keeps our locks on it.
        with closing(sqlite3.connect(_uri(path, "immutable=1"), uri=True)) as file:
            [identity], [number] = (file.execute(each).fetchone() for each in (IDENTITY, TURNS))
    except sqlite3.Error:
        return Mark("", 0)
    return Mark(str(identity or ""), number)


def _uri(path: Path, options: str) -> str:
    return f"{path.absolute().as_uri()}?mode=ro&{options}"


def beside(path: Path, suffix: str) -> Path:
    """Return the path with a suffix added to its name."""
    return path.with_name(f"{path.name}{suffix}")


def restoring(path: Path) -> Path:
    """Return the path of the file that exists while a backup is being restored."""
    return beside(path, ".restoring")


@contextmanager
def unused(path: Path) -> Iterator[None]:
    """Keep every other process from opening a database; raises BusyError if one has it open.

    Not for a process that has it open itself.  Raises OSError if the file cannot be written.
    """
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except (BlockingIOError, PermissionError):
            raise BusyError(
                f"{path} is in use: end digest serve, digest web and whatever else has it open"
            ) from None
        yield


def _check_after_crash(path: Path) -> None:
    """Raise StoreError if a copy replaced a database and the old database's log is still there."""
    log = beside(path, "-wal")
    try:
        is_suspect = log.stat().st_size and path.stat().st_ctime_ns > log.stat().st_mtime_ns
        if not is_suspect:
            return
        with unused(path):
            pass
    except (OSError, BusyError):
        return
    try:
        with closing(sqlite3.connect(_uri(path, "cache=private"), uri=True)) as file:
            [found] = file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        reason = found.strip().splitlines()[-1]
        raise StoreError(
            f"{path}: {reason}; it does not fit the log beside it, {log.name}: was a copy put"
            " over it? Put a backup back with: digest restore FILE"
        )
