"""Files and folders for their owner alone, whatever the umask: they hold addresses and links.

What is there already keeps the rights that its owner has chosen; ``exposed`` finds what others
can read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

FILE, FOLDER = 0o600, 0o700

#: What the group and others may do.
_OTHERS = 0o077


def opened(path: str | Path, flags: int = os.O_RDWR) -> int:
    """Open a file, made first where it is not there; return its descriptor.  Raises OSError."""
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(descriptor, FILE)  # the umask takes from the owner, too
    return descriptor


def make_file(path: Path) -> None:
    """Make an empty file unless there is one.  Raises OSError."""
    os.close(opened(path))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing.  Raises OSError."""
    missing: list[Path] = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(FOLDER)
        folder.chmod(FOLDER)


def exposed(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """Yield each that others than its owner can get at, with the rights that it has."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:  # it went away meanwhile, or is closed to us as well
            continue
        if mode & _OTHERS:
            yield path, stat.S_IMODE(mode)
