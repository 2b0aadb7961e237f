"""Listings in files: reads regular files in the allowed folders, never anything else."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ...errors import SourceError

# O_NONBLOCK: opening a named pipe must not wait for a writer.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(path: str, *, listing: str, roots: Sequence[Path], limit: int) -> bytes:
    """Read a file of at most ``limit`` bytes; a relative path starts at the first root.

    Raises SourceError if it is missing, outside every root, a link, not a regular file, or too big.
    """
    inside = _inside(path, listing, roots)
    try:
        descriptor = os.open(inside, _FLAGS)
    except OSError as error:
        is_absent = error.errno == errno.ENOENT
        raise SourceError(listing, f"{path}: {_reason(error)}", is_absent=is_absent) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SourceError(listing, f"{path}: not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise SourceError(listing, f"{path}: more than {limit >> 20} MiB")
    return data


def _inside(path: str, listing: str, roots: Sequence[Path]) -> Path:
    if not roots or "\0" in path:
        raise SourceError(listing, f"{path!r}: not a path that may be read")
    wanted = roots[0] / path
    try:
        # Only the folder is resolved: the file itself must not be a link, which O_NOFOLLOW checks.
        real = wanted.parent.resolve() / wanted.name
    except (OSError, RuntimeError) as error:
        raise SourceError(listing, f"{path}: cannot be followed") from error
    if wanted.name in {"", ".."} or not any(real.is_relative_to(r.resolve()) for r in roots):
        raise SourceError(listing, f"{path}: outside the folders that may be read")
    return real


def _reason(error: OSError) -> str:
    if error.errno == errno.ENOENT:
        return "no such file"
    # O_NOFOLLOW fails with ELOOP on a link.
    return (
        "a link" if error.errno == errno.ELOOP else (error.strerror or "cannot be opened").lower()
    )
