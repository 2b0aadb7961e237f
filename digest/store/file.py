"""An SQLite database's file: created for its owner alone, checked after a crash, recognized.

A process keeps a file open even if it was deleted, renamed or overwritten.  What it writes there
is lost to the next process, which would mail everything once more.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from .. import private_files
from .engine import BusyError, OutOfReachError, address_of
from .faults import SettingsError, of_file, rights
from .turn import IDENTITY, TURNS, Mark, in_file, replaced

#: The bytes that every process with the database open in WAL mode locks, also between its
#: transactions (https://www.sqlite.org/fileformat2.html#the_lock_byte_page).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510

#: A checkpoint of another process may be half-way: how many times to check, and seconds between.
_LOOKS, _PAUSE = 5, 0.05

#: How many times this process has each file open.  It must not open and close one by itself then,
#: because that would release the locks that SQLite holds on it.
_ours: Counter[Path] = Counter()


#: The files beside a database that a connection keeps: SQLite removes them with the last one.
_KEPT = ("-wal", "-shm")


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database, without links; None if it is none or in memory."""
    name = name_of(url)
    return name and name.resolve()


def name_of(url: str) -> Path | None:
    """Return the file of an SQLite database as it is written, perhaps a link; or None."""
    address = address_of(url)
    name = address.database
    if address.get_backend_name() != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


class File:
    """A database's file, as this process found it; safe to share between threads.

    ``path`` may be a link.  It is followed once: every name of a file has the same log and lock.
    """

    def __init__(self, path: Path) -> None:
        # As texts, for a path costs more than to look: each transaction looks at these.
        self._name, self._path = str(path), path.resolve()
        self._beside = [str(beside(self._path, suffix)) for suffix in _KEPT]
        self._kept: dict[str, os.stat_result] = {}
        self._lock = threading.Lock()
        self._found: os.stat_result | None = None
        self._counted: Mark | None = None
        self._is_open = self._has_joined = False

    def check(self) -> None:
        """Raise OutOfReachError if the file is half restored, or does not fit its log."""
        with _out_of_reach(self._path):
            if restoring(self._path).exists():
                raise OutOfReachError(
                    f"{self._path}: a backup was being put back and that did not come to its end;"
                    " do it again: digest restore FILE"
                )
            if not _ours[self._path]:
                _check_after_crash(self._path)

    def prepare(self) -> None:
        """Check the file, and create it if it is missing; raises StoreError."""
        self._check_folder()
        self.check()
        with _out_of_reach(self._path):
            if self._path.parent.is_dir() and not self._path.exists():
                private_files.make_file(self._path)
        if not self._is_open:
            _ours[self._path] += 1
            self._is_open = True

    def _check_folder(self) -> None:
        """Raise SettingsError if the setting names no file, or a folder that may not be written."""
        folder = self._path.parent
        if not os.path.isdir(folder):  # noqa: PTH112 - no error where it may not be looked for
            remedy = f"make it (mkdir -p {shlex.quote(str(folder))}), or mend database:"
            raise SettingsError(f"database {self._path}: its folder is not there; {remedy}")
        if self._path.is_dir():
            raise SettingsError(f"database {self._path}: a folder, not a file; mend database:")
        if remedy := rights(folder):
            reason = "its folder may not be written"
            raise SettingsError(f"database {self._path}: {reason}; {remedy}, or mend database:")

    def join(self, *_: object) -> None:
        """Note that a connection is open, and stays so until ``release``."""
        self._has_joined = True

    def release(self) -> None:
        """Note that this process has the file open once less."""
        self._kept.clear()
        self._has_joined = False
        if self._is_open:
            _ours[self._path] -= 1
            self._is_open = False

    def check_not_replaced(self, mark: Mark | None = None) -> None:
        """Raise ReplacedError if the file, its log, or the database in it, was replaced.

        ``mark`` is what this process counted last.  Costs three system calls, unless something was
        written into the file since.
        """
        with self._lock, _out_of_reach(self._path):
            found = _stat(self._name)
            if found is None:
                if self._found is None:
                    return
                raise replaced(str(self._path), "it was deleted")
            self._check_beside()
            before, self._found = self._found, self._found or found
            if before is not None and not os.path.samestat(before, found):
                raise replaced(str(self._path), "another file has its name")
            if before is None or _written(before) != _written(found):
                self._check_inside(mark)
                self._found = found

    def _check_beside(self) -> None:
        """Raise ReplacedError if a file that SQLite keeps beside the file was taken away."""
        for path in self._beside if self._has_joined else ():
            found, before = _stat(path), self._kept.get(path)
            if before is None and found is not None:
                # SQLite makes them when it first reads, and not at once.
                self._kept[path] = found
            elif before is not None and not (found and os.path.samestat(before, found)):
                name = Path(path).name
                raise replaced(str(self._path), f"{name} beside it was deleted or exchanged")

    def _check_inside(self, mark: Mark | None) -> None:
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


@contextmanager
def _out_of_reach(path: Path) -> Iterator[None]:
    """Raise OutOfReachError for an OSError of the block."""
    try:
        yield
    except OSError as error:
        raise OutOfReachError(f"database {path}: {of_file(error, path)}") from error


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return None


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
    """Raise OutOfReachError if a copy was put over a database, and the old one's log is there.

    A copy of as many pages may look whole under the log of another, so the marks are compared, too.
    """
    log = beside(path, "-wal")
    try:
        here = path.stat()
        is_later = here.st_ctime_ns > log.stat().st_mtime_ns
        # SQLite itself drops the log beside an empty file.
        if not (here.st_size and log.stat().st_size and is_later):
            return
        with unused(path):
            pass
        known = in_file(beside(path, ".lock"))
    except (OSError, BusyError):
        return
    try:
        with closing(sqlite3.connect(_uri(path, "cache=private"), uri=True)) as file:
            [found] = file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        found = str(error)
    if known and found == "ok" and _counted(path).is_behind(known):
        found = "older than the database that was here, or another"
    if found != "ok":
        reason = found.strip().splitlines()[-1]
        raise OutOfReachError(
            f"{path}: {reason}; it does not fit the log beside it, {log.name}: was a copy put"
            " over it? Put a backup back with: digest restore FILE"
        )
