"""Skeletons: blocks of a mail that are rendered and encoded once, with inserts for what differs.

Filled, a skeleton is byte for byte what its template renders with the same texts: only the lines
that hold an insert are put together and encoded for each subscriber, and of a long line only what
follows its beginning.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from .. import expressions
from .inserts import AFTER, END, LINES, MARKED, PARAGRAPH, PART, RUNS, TEXT, place_of
from .placeholders import begun, blanked, encoded, has_placeholders
from .sanitize import untagged
from .text_part import body, fill, headed, underlined

#: What replaces the inserts, by their places; marks are between MARKED and AFTER.
Inserts: TypeAlias = Sequence[str]
#: Make an outside text fit for the part of the mail.
Escape: TypeAlias = Callable[[str], str]

#: Returns what is put into one place, or into several lines.
_Piece: TypeAlias = Callable[[Inserts], str]
#: Returns the same, encoded.
_Encoded: TypeAlias = Callable[[Inserts], bytes]

_INSERT = expressions.compile(f"[{TEXT}{RUNS}{LINES[0]}{PARAGRAPH}]")
#: How long the beginning of a line must be for its encoding to be kept.
_LONG = 20


class Skeleton:
    """A block rendered with inserts; ``escape`` is applied to the texts that replace them."""

    def __init__(self, rendered: str, escape: Escape) -> None:
        self._parts: list[bytes] = []
        #: for some parts, by their places, what encodes them for a subscriber
        self._open: list[tuple[int, _Encoded]] = []
        #: the place of lines that are rendered already
        self._lines: int | None = None
        for place, text in enumerate(_stretches(rendered)):
            is_open = _INSERT.search(text) is not None
            self._parts.append(b"" if is_open else blanked(text))
            if text == LINES:
                self._lines = place
            elif is_open:
                self._open.append((place, _encoded(text, escape)))

    def filled(self, inserts: Inserts, lines: bytes = b"") -> bytes:
        """Return the block with its inserts replaced; ``lines`` are encoded already."""
        parts = self._parts.copy()
        for place, made in self._open:
            parts[place] = made(inserts)
        if self._lines is not None:
            parts[self._lines] = lines
        return b"".join(parts)


def _stretches(rendered: str) -> Iterator[str]:
    """Yield what is encoded together: lines without inserts, lines that begin with one, a line."""
    lines = [line + "\n" for line in rendered.split("\n")[:-1]]
    for _, run in groupby(lines, _kind):
        yield "".join(run)


def _kind(line: str) -> str:
    found = _INSERT.search(line)
    if found is None:
        return "fixed"
    is_alone = line == LINES or found.start() >= _LONG or has_placeholders(line)
    return line if is_alone or _is_numbered(line) else "open"


def _is_numbered(line: str) -> bool:
    """Return whether it is a paragraph that differs by what is put before it alone."""
    if line[0] != PARAGRAPH or line.find(END) != len(line) - len(f"{END}\n"):
        return False
    _, mark, _, text = line.split(PART)
    return not mark and not _INSERT.search(text)


def _encoded(text: str, escape: Escape) -> _Encoded:
    """Return what fills and encodes these lines."""
    if _is_numbered(text):
        return _numbered(text)
    if has_placeholders(text):  # inserted texts have none
        whole = _parsed(text, escape)
        return lambda inserts: blanked(whole(inserts))
    found = _INSERT.search(text)
    start = found.start() if found else 0
    last = max(map(text.rfind, (TEXT, AFTER, END)))
    if start < _LONG or text[last + 2 :] in ("", "\n"):
        start = 0  # what has no end of its own is encoded otherwise if the insert is empty
    beginning, columns = begun(text[:start])
    before, rest = b"x" * columns, _parsed(text[start:], escape)

    def wire(inserts: Inserts) -> bytes:
        data = binascii.b2a_qp(before + rest(inserts).encode(), istext=True)
        return beginning + data[columns:].replace(b"\n", b"\r\n")

    return wire


def _numbered(paragraph: str) -> _Encoded:
    indent, _, before, text = paragraph[1:].partition(END)[0].split(PART)
    columns, first = int(indent), _parsed(before, str)
    lines = untagged(body(text, columns)) + "\n"
    #: by the columns of what is put before it
    known: dict[int, bytes] = {}

    def wire(inserts: Inserts) -> bytes:
        head = headed("", columns, first(inserts))
        if len(head) not in known:
            known[len(head)] = encoded("x" * len(head) + lines)[len(head) :]
        return head.encode() + known[len(head)]

    return wire


def _parsed(text: str, escape: Escape) -> _Piece:
    """Return what fills a text: a format of printf, and what to put into it."""
    formats, pieces = [], []
    for fixed, piece in _pieces(text, escape):
        formats.append(fixed.replace("%", "%%") + "%s" * bool(piece))
        pieces += [piece] if piece else []
    form = "".join(formats)
    if len(pieces) == 1:
        [only] = pieces
        return lambda inserts: form % only(inserts)
    return lambda inserts: form % tuple([piece(inserts) for piece in pieces])


def _pieces(text: str, escape: Escape) -> Iterator[tuple[str, _Piece | None]]:
    """Yield each text that is the same for all, and what follows it."""
    while found := _INSERT.search(text):
        before, rest = text[: found.start()], text[found.end() :]
        if found[0] == PARAGRAPH:
            paragraph, _, text = rest.partition(END)
            yield before, _wrapped(paragraph)
            continue
        place, text = place_of(rest[0]), rest[1:]
        if found[0] == RUNS:
            start, _, text = text.partition(MARKED)
            end, _, text = text.partition(AFTER)
            yield before, _marked(place, start, end, escape)
        else:
            yield before, lambda inserts, place=place: escape(inserts[place])  # type: ignore[misc]
    yield text, None


def _marked(place: int, start: str, end: str, escape: Escape) -> _Piece:
    def piece(inserts: Inserts) -> str:
        text = escape(inserts[place])
        return text.replace(MARKED, start).replace(AFTER, end) if MARKED in text else text

    return piece


def _wrapped(paragraph: str) -> _Piece:
    """Return a paragraph that is wrapped once it is whole, and underlined if it has a mark."""
    indent, mark, first, text = paragraph.split(PART)
    columns, begin = int(indent), _parsed(first, str)
    whole = _parsed(text, str)

    def piece(inserts: Inserts) -> str:
        if mark:
            return untagged(underlined(whole(inserts), mark, columns, begin(inserts)))
        return untagged(fill(whole(inserts), columns, begin(inserts)))

    return piece
