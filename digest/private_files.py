"""Private files and folders, whatever the umask: they hold addresses and links.

Existing files keep the permissions that their owner has chosen; ``exposed`` finds those that others
can read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

FILE, FOLDER = 0o600, 0o700

#: The permission bits of the group and of others.
_OTHERS = 0o077


def opened(path: str | Path, flags: int = os.O_RDWR) -> int:
    """Open a file, and create it if it is missing; return its descriptor.  Raises OSError."""
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(descriptor, FILE)  # the umask may restrict the owner, too
    return descriptor


def make_file(path: Path) -> None:
    """Create an empty file unless it exists.  Raises OSError."""
    os.close(opened(path))


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents.  Raises OSError."""
    missing: list[Path] = []
    for folder in (path, *path.parents):
        if folder.exists():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(FOLDER)
        folder.chmod(FOLDER)


def exposed(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    """Yield each path that others than its owner can access, with its permissions."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:  # deleted meanwhile, or not accessible to us either
            continue
        if mode & _OTHERS:
            yield path, stat.S_IMODE(mode)
