"""Format the text part of a mail in 72 columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from .. import expressions
from .excerpts import TextRun
from .sanitize import short, shown

COLUMNS = 72
#: Without the no-break space, which keeps a date or a score on one line.
_BLANKS = expressions.compile(r"[ \t\n]+")


def width(text: str) -> int:
    """Return the columns in a fixed-width font: 2 for wide characters, 0 for combining ones."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """Wrap a paragraph; ``first`` is put before its first line, inside the indent."""
    lines = list(_lines(filter(None, _BLANKS.split(text)), COLUMNS - indent))
    head = first.rjust(indent) if indent else first
    return "\n".join(
        (head if number == 0 and first else " " * indent) + line.replace("\u00a0", " ")
        for number, line in enumerate(lines)
    )


def underlined(text: str, mark: str = "-", indent: int = 0, first: str = "") -> str:
    """Return a heading over a rule as long as its longest line."""
    block = fill(text, indent, first)
    rule = max((width(line) for line in block.split("\n")), default=0) - indent
    return f"{block}\n{' ' * indent}{mark * rule}"


def starred(pieces: Iterable[TextRun]) -> str:
    """Join pieces to one text, with matched words between asterisks."""
    return "".join(f"*{piece.text}*" if piece.hit else piece.text for piece in pieces)


def columns(text: object, size: int) -> str:
    """Cut or pad a text to exactly ``size`` columns."""
    out = ""
    for character in shown(str(text)):
        if width(out) + _columns(character) > size:
            break
        out += character
    return out + " " * (size - width(out))


FILTERS: dict[str, Any] = {
    "columns": columns,
    "fill": fill,
    "short": short,
    "starred": starred,
    "underlined": underlined,
}


def _lines(words: Iterable[str], size: int) -> Iterator[str]:
    line = ""
    for word in (part for whole in words for part in _broken(whole, size)):
        gap = 1 if line and not line.endswith("\u200b") else 0
        if line and width(line) + gap + width(word.rstrip("\u200b")) > size:
            yield line.rstrip("\u200b")
            line = word
        else:
            line = f"{line.rstrip(chr(0x200B))}{' ' * gap}{word}"
    if line:
        yield line.rstrip("\u200b")


# A run of ideographs has no spaces: each may end a line, and closing marks stay with it.
_WIDE = expressions.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def _broken(word: str, size: int) -> Iterator[str]:
    """Yield the parts between which a word may break; all but the last end in a zero-width space.

    Web addresses and ``mailto:`` links never break: half a link opens nothing.
    """
    is_short = word.isascii() and len(word) < size
    if is_short or word.startswith(("http://", "https://", "mailto:")):
        yield word
        return
    part = ""
    for place, character in enumerate(word):
        part += character
        is_last = place + 1 == len(word)
        may_break = _WIDE.match(character) and not is_last and _WIDE.match(word[place + 1])
        if not is_last and (may_break or width(part) >= size - 1):
            yield part + "\u200b"
            part = ""
    yield part


def _columns(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0
    if category == "Cn":
        # Placeholders consist of these, each in place of one character.
        return 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
