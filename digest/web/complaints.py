"""Lay out mistakes for a page: what is wrong, where, and the lines around the place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from ..errors import Mistake, PlacedError

#: How many lines are quoted above and below the line of the mistake.
_AROUND = 2

#: A profile or a template is far shorter; a longer file is quoted from its beginning only.
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
        """Return the offset in the line where the mistake begins; 0 where no column is known."""
        return max(self.column - 1, 0)


def notices(error: Exception | None) -> list[QuotedMistake]:
    """Return an error's mistakes as a page shows them; reads the file that it names, if it can."""
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
