"""Skeletons: blocks of a mail that are rendered and encoded once, with inserts for what differs.

Filled, a skeleton is byte for byte what its template renders with the same texts: only the lines
that hold an insert are put together and encoded for each subscriber.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from .. import expressions
from .inserts import AFTER, END, LINES, MARKED, PARAGRAPH, PART, RUNS, TEXT, place_of
from .placeholders import Fragment, PlaceholderText, encoded, split_at_placeholders
from .sanitize import untagged
from .text_part import fill, underlined

#: What replaces the inserts, by their places; marks are between MARKED and AFTER.
Inserts: TypeAlias = Sequence[str]
#: Make an outside text fit for the part of the mail.
Escape: TypeAlias = Callable[[str], str]

#: Returns what stands in one place of a line.
_Piece: TypeAlias = Callable[[Inserts], str]

_INSERT = expressions.compile(f"[{TEXT}{RUNS}{LINES}{PARAGRAPH}]")


class _Lines(NamedTuple):
    """Lines with inserts: a format of printf, and what to put into it."""

    format: str
    pieces: list[_Piece]
    has_placeholders: bool

    def text(self, inserts: Inserts) -> str:
        return self.format % tuple([piece(inserts) for piece in self.pieces])


class Skeleton:
    """A block rendered with inserts; ``escape`` is applied to the texts that replace them."""

    def __init__(self, rendered: str, escape: Escape) -> None:
        lines = [line + "\n" for line in rendered.split("\n")[:-1]]
        self._parts: list[PlaceholderText | _Lines] = []
        for is_open, run in groupby(lines, lambda line: _INSERT.search(line) is not None):
            text = "".join(run)
            self._parts.append(_parsed(text, escape) if is_open else split_at_placeholders(text))

    def filled(self, inserts: Inserts) -> PlaceholderText:
        """Return the block with its inserts replaced, encoded."""
        if len(self._parts) == 1 and isinstance(part := self._parts[0], _Lines):
            return split_at_placeholders(part.text(inserts))
        pieces: list[Fragment] = []
        blanks: list[int] = []
        texts: list[str] = []
        wires: list[bytes] = []
        for part in self._parts:
            if isinstance(part, _Lines):
                text = part.text(inserts)
                if not part.has_placeholders:
                    texts.append(text)
                    wires.append(encoded(text))
                    continue
                part = split_at_placeholders(text)
            for piece, blank in zip(part.pieces, part.blanks, strict=False):
                pieces.append(
                    Fragment("".join((*texts, piece.text)), b"".join((*wires, piece.wire)))
                )
                blanks.append(blank)
                texts, wires = [], []
            texts.append(part.pieces[-1].text)
            wires.append(part.pieces[-1].wire)
        pieces.append(Fragment("".join(texts), b"".join(wires)))
        length = sum([len(piece.wire) for piece in pieces])
        return PlaceholderText(tuple(pieces), tuple(blanks), length)

    def text(self, inserts: Inserts) -> str:
        """Return the same as text; for a block without placeholders."""
        return "".join(
            [
                part.text(inserts) if isinstance(part, _Lines) else part.pieces[0].text
                for part in self._parts
            ]
        )


def _parsed(text: str, escape: Escape) -> _Lines:
    formats, pieces = [], []
    for fixed, piece in _pieces(text, escape):
        formats.append(fixed.replace("%", "%%") + "%s" * bool(piece))
        pieces += [piece] if piece else []
    # Inserted texts have no placeholders, and the letters of inserts are none.
    return _Lines("".join(formats), pieces, bool(split_at_placeholders(text).blanks))


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
        elif found[0] == LINES:
            text = text.removeprefix("\n")  # the insert is a line of its own
            yield before, lambda inserts, place=place: inserts[place]  # type: ignore[misc]
        else:
            yield before, lambda inserts, place=place: escape(inserts[place])  # type: ignore[misc]
    yield text, None


def _marked(place: int, start: str, end: str, escape: Escape) -> _Piece:
    def piece(inserts: Inserts) -> str:
        return str(escape(inserts[place])).replace(MARKED, start).replace(AFTER, end)

    return piece


def _wrapped(paragraph: str) -> _Piece:
    """Return a paragraph that is wrapped once it is whole, and underlined if it has a mark."""
    indent, mark, first, text = paragraph.split(PART)
    columns = int(indent)
    begin, body = _parsed(first, str).text, _parsed(text, str).text

    def piece(inserts: Inserts) -> str:
        if mark:
            return untagged(underlined(body(inserts), mark, columns, begin(inserts)))
        return untagged(fill(body(inserts), columns, begin(inserts)))

    return piece
