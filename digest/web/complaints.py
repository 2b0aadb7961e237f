"""Mistakes as a page shows them: what is wrong, where, and the lines around the place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from ..errors import Mistake, PlacedError

#: How many lines stand above and below the one that is meant.
_AROUND = 2

#: A profile or a template is far shorter; anything else need not be read to be quoted.
_LONGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class QuotedMistake:
    """One mistake; without a place ``line`` is 0 and nothing is quoted."""

    message: str
    hint: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    #: number and text of each quoted line
    quoted: tuple[tuple[int, str], ...] = ()

    @property
    def start(self) -> int:
        """The offset in the line from where on it is meant; all of it where no column is known."""
        return max(self.column - 1, 0)


def notices(error: Exception | None) -> list[QuotedMistake]:
    """Lay out an error for a page; reads the file that it speaks of, if it can be read."""
    if error is None:
        return []
    if isinstance(error, PlacedError):
        lines = _lines(error.path)
        return [_placed(error.path, complaint, lines) for complaint in error.complaints]
    if isinstance(error, jinja2.TemplateSyntaxError):
        path = error.filename or error.name or ""
        mistake = Mistake(error.lineno, 0, error.message or "cannot be read")
        return [_placed(path, mistake, _lines(path))]
    return [QuotedMistake(str(error) or type(error).__name__)]


def _placed(path: str, complaint: Mistake, lines: list[str]) -> QuotedMistake:
    first = max(complaint.line - _AROUND, 1)
    around = lines[first - 1 : complaint.line + _AROUND]
    return QuotedMistake(
        message=complaint.message,
        hint=complaint.hint,
        path=path,
        line=complaint.line,
        column=complaint.column,
        quoted=tuple(enumerate(around, first)),
    )


def _lines(path: str) -> list[str]:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LONGEST).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
