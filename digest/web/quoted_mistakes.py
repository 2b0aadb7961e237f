"""Mistakes as a preview shows them: what is wrong, where, and the lines around the place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import DigestError, Mistake, PlacedError

#: How many lines are quoted above and below the line of a mistake.
_AROUND = 2

#: A template is far shorter; a longer file is quoted from its beginning only.
_MAX_FILE_SIZE = 256 * 1024


class QuotedMistake(NamedTuple):
    """A mistake with the lines around its place, each with its number; line 0: no place."""

    mistake: Mistake
    path: str = ""
    lines: tuple[tuple[int, str], ...] = ()


def quoted(error: DigestError | None, text: str | None = None) -> Iterator[QuotedMistake]:
    """Yield an error's mistakes with lines of ``text``, by default of the file that it names."""
    if isinstance(error, PlacedError):
        lines = (_beginning(error.path) if text is None else text).splitlines()
        for mistake in error.complaints:
            first = max(mistake.line - _AROUND, 1)
            around = lines[first - 1 : mistake.line + _AROUND] if mistake.line else []
            yield QuotedMistake(mistake, error.path, tuple(enumerate(around, first)))
    elif error is not None:
        yield QuotedMistake(Mistake(0, 0, f"{error}"))


def _beginning(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_MAX_FILE_SIZE).decode("utf-8", "replace")
    except OSError:
        return ""
