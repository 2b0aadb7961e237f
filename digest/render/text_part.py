"""Format the text part of a mail in 72 columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from .. import expressions
from .excerpts import TextRun
from .inserts import deferred, has_insert
from .sanitize import short, shown

COLUMNS = 72
#: Without the no-break space, which keeps a date or a score on one line.
_BLANKS = expressions.compile(r"[ \t\n]+")
#: What may have no column, or two; what it leaves out has one: Latin, quotes, dashes, and what
#: placeholders consist of, each in place of one character.
_ODD = expressions.compile(r"[^ -~\xa0-\xac\xae-\u02ff\u2010-\u2027\ufdd0-\ufdef]")


def width(text: str) -> int:
    """Return the columns in a fixed-width font: 2 for wide characters, 0 for combining ones."""
    if text.isascii() or not _ODD.search(text):
        return len(text)
    return sum(map(_columns, text))


def fill(text: str, indent: int = 0, first: str = "") -> str:
    """Wrap a paragraph; ``first`` is put before its first line, inside the indent."""
    if has_insert(text) or has_insert(first):
        return deferred(text, indent, first)
    return headed(body(text, indent), indent, first)


def body(text: str, indent: int = 0) -> str:
    """Return the lines of a paragraph, but for what is before the first."""
    if "  " in text or "\n" in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    text = text.strip(" ")
    lines = _cut(text, COLUMNS - indent) or list(_lines(text.split(" "), COLUMNS - indent))
    return f"\n{' ' * indent}".join(lines).replace("\u00a0", " ")


def headed(body: str, indent: int, first: str) -> str:
    """Return a paragraph with ``first`` before its first line, inside the indent."""
    return first.rjust(indent) + body


def underlined(text: str, mark: str = "-", indent: int = 0, first: str = "") -> str:
    """Return a heading over a rule as long as its longest line."""
    if has_insert(text) or has_insert(first):
        return deferred(text, indent, first, mark)
    block = fill(text, indent, first)
    rule = max((width(line) for line in block.split("\n")), default=0) - indent
    return f"{block}\n{' ' * indent}{mark * rule}"


def starred(pieces: Iterable[TextRun]) -> str:
    """Join pieces to one text, with matched words between asterisks."""
    return "".join(f"*{piece.text}*" if piece.hit else piece.text for piece in pieces)


def padded(text: str, size: int) -> str:
    """Return a text with spaces up to ``size`` columns."""
    return text + " " * (size - width(text))


def columns(text: object, size: int) -> str:
    """Cut or pad a text to exactly ``size`` columns."""
    out = ""
    for character in shown(str(text)):
        if width(out) + _columns(character) > size:
            break
        out += character
    return padded(out, size)


FILTERS: dict[str, Any] = {
    "columns": columns,
    "fill": fill,
    "padded": padded,
    "short": short,
    "starred": starred,
    "underlined": underlined,
}


def _cut(text: str, size: int) -> list[str]:
    """Return the lines of a text whose every character has one column; none if it is another."""
    if not text.isascii() and _ODD.search(text):
        return []
    lines, start, last = [], 0, len(text) - size
    while start < last:
        end = text.rfind(" ", start, start + size + 1)
        if end < 0:
            return []  # a word that is too long
        lines.append(text[start:end])
        start = end + 1
    return [*lines, text[start:]]


def _lines(words: Iterable[str], size: int) -> Iterator[str]:
    line, used = "", 0
    for word, columns in _measured(words, size):
        gap = " " if line and not line.endswith("\u200b") else ""
        if line and used + len(gap) + columns > size:
            yield line.rstrip("\u200b")
            line, used = word, columns
        else:
            line, used = f"{line.rstrip(chr(0x200B))}{gap}{word}", used + len(gap) + columns
    if line:
        yield line.rstrip("\u200b")


def _measured(words: Iterable[str], size: int) -> Iterator[tuple[str, int]]:
    """Yield the parts of words, each with its columns."""
    for word in words:
        if len(word) < size and word.isascii():
            yield word, len(word)
        else:
            yield from ((part, width(part)) for part in _broken(word, size))


# A run of ideographs has no spaces: each may end a line, and closing marks stay with it.
_WIDE = expressions.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def _broken(word: str, size: int) -> Iterator[str]:
    """Yield the parts between which a word may break; all but the last end in a zero-width space.

    Web addresses and ``mailto:`` links never break: half a link opens nothing.
    """
    if word.startswith(("http://", "https://", "mailto:")):
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
        return 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
