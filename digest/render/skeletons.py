"""Skeletons: blocks of a mail that are rendered and encoded once, with inserts for what differs.

Filled, a skeleton is what its template renders with the same texts.  A soft line break, which
quoted-printable allows anywhere and which decodes to nothing, is on both sides of each insert, so
that an insert is encoded alone and moves no other text.  A paragraph of the text part is wrapped,
and so encoded, once its inserts are known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from .inserts import AFTER, END, LINES, MARKED, PARAGRAPH, PART, RUNS, TEXT, has_insert, place_of
from .placeholders import (
    SOFT_BREAK,
    blanked,
    broken,
    inserted,
    is_plain,
    soft_ended,
    wrapped,
)
from .sanitize import untagged
from .text_part import COLUMNS, body, underlined, width

#: What replaces the inserts, by their places; marks are between MARKED and AFTER.
Inserts: TypeAlias = Sequence[str]
#: Make an outside text fit for the part of the mail.
Escape: TypeAlias = Callable[[str], str]

_MARKED, _AFTER = MARKED.encode(), AFTER.encode()
#: Quotation marks as they are sent, each on a line that is not too long with it.
_OPENING, _CLOSING = b"=E2=80=9C=\r\n", b"=\r\n=E2=80=9D\r\n"

#: Returns what is put into one place, encoded.
_Hole: TypeAlias = Callable[[Inserts], bytes]
#: Returns the same before it is encoded.
_Piece: TypeAlias = Callable[[Inserts], str]


class Skeleton:
    """A block rendered with inserts; ``escape`` is applied to the texts that replace them."""

    def __init__(self, rendered: str, escape: Escape) -> None:
        self._pieces: list[bytes] = []
        #: for some pieces, by their places, what encodes them for a subscriber
        self._holes: list[tuple[int, _Hole]] = []
        #: the place of lines that are rendered already
        self._lines: int | None = None
        before, *rest = rendered.split(LINES)
        self._add(before, escape)
        for after in rest:
            self._lines = len(self._pieces)
            self._pieces.append(b"")
            self._add(after, escape)

    def _add(self, text: str, escape: Escape) -> None:
        while (start := _first_insert(text)) >= 0:
            self._pieces += filter(None, [blanked(text[:start])])
            hole, text = _hole(text[start:], escape)
            self._holes.append((len(self._pieces), hole))
            self._pieces.append(b"")
        self._pieces += filter(None, [blanked(text)])

    def filled(self, inserts: Inserts) -> bytes:
        """Return the block with its inserts replaced."""
        pieces: list[bytes] = []
        self.fill(pieces, inserts)
        return b"".join(pieces)

    def fill(self, pieces: list[bytes], inserts: Inserts, lines: bytes = b"") -> None:
        """Add the pieces of the filled block; ``lines`` are encoded already."""
        start = len(pieces)
        pieces += self._pieces
        for place, hole in self._holes:
            pieces[start + place] = hole(inserts)
        if self._lines is not None:
            pieces[start + self._lines] = lines


def _first_insert(text: str) -> int:
    """Return where the first insert begins, or -1."""
    found = [text.find(kind) for kind in (TEXT, RUNS, PARAGRAPH)]
    return min([place for place in found if place >= 0], default=-1)


def _hole(text: str, escape: Escape) -> tuple[_Hole, str]:
    """Return what fills the insert that a text begins with, and the text after it."""
    if text[0] == PARAGRAPH:
        paragraph, _, text = text[1:].partition(END)
        ending = "\n" if text.startswith("\n") else ""
        return _paragraph(paragraph, ending), text.removeprefix(ending)
    kind, place, text = text[0], place_of(text[1]), text[2:]
    if kind == TEXT:
        return lambda inserts: _inserted(inserts[place], escape), text
    start, end, text = _marks(text)
    return _runs(place, (blanked(start), blanked(end)), escape), text


def _marks(text: str) -> tuple[str, str, str]:
    """Return what begins and what ends a mark, and the text after the insert."""
    start, _, text = text.partition(MARKED)
    end, _, text = text.partition(AFTER)
    return start, end, text


@lru_cache(maxsize=4096)
def _inserted(text: str, escape: Escape) -> bytes:
    """Encode a text; labels and titles come again."""
    return inserted(escape(text))


def _runs(place: int, marks: tuple[bytes, bytes], escape: Escape) -> _Hole:
    """Return what encodes the text with marks at a place."""
    return lambda inserts: _marked_up(inserts[place], marks, escape)


@lru_cache(maxsize=8192)
def _marked_up(text: str, marks: tuple[bytes, bytes], escape: Escape) -> bytes:
    """Encode a text with marks; a title comes again, marked as for another subscriber."""
    if MARKED not in text:
        return inserted(escape(text))
    text = escape(text)
    if "=" not in text:
        # The marks end lines, and so only shorten those into which the text is broken here.
        start, end = marks
        data = broken(text).encode().replace(_MARKED, SOFT_BREAK + start)
        data = data.replace(_AFTER, SOFT_BREAK + end)
        if data.isascii():
            return data
    return _marked_apart(text, marks)


def _marked_apart(text: str, marks: tuple[bytes, bytes]) -> bytes:
    """Encode an escaped text with marks piece by piece."""
    start, end = marks
    before, *marked = text.split(MARKED)
    pieces = [inserted(before)]
    for each in marked:
        hit, _, after = each.partition(AFTER)
        pieces += (start, inserted(hit), end, inserted(after))
    return b"".join(pieces)


def _paragraph(paragraph: str, ending: str) -> _Hole:
    """Return what wraps and encodes a paragraph, and underlines it if it has a mark."""
    indent, mark, first, text = paragraph.split(PART)
    columns, begin, whole = int(indent), _format(first), _format(text)
    if not first:
        return _alone(text, columns, mark, ending)
    if not has_insert(text):
        return _after(begin, columns, lambda before: _rest(text, columns, mark, before, ending))

    def wire(inserts: Inserts) -> bytes:
        head, before = _head(begin(inserts), columns)
        return head + _rest(whole(inserts), columns, mark, before, ending)

    return wire


def _after(begin: _Piece, columns: int, made: Callable[[int], bytes]) -> _Hole:
    """Return what encodes a paragraph that all share, but for what is before it."""
    rests: dict[int, bytes] = {}  # by the columns before it, of which there are few

    def wire(inserts: Inserts) -> bytes:
        head, before = _head(begin(inserts), columns)
        rest = rests.get(before)
        if rest is None:
            rest = rests[before] = made(before)
        return head + rest

    return wire


def _alone(text: str, columns: int, mark: str, ending: str) -> _Hole:
    """Return what wraps and encodes a paragraph that has nothing before it."""
    whole, is_quotation = _format(text), text[:1] == "“" and text[-1:] == "”"
    if mark or not ending:
        return lambda inserts: _wrapped(whole(inserts), columns, mark, ending)
    if is_quotation:
        return lambda inserts: _quoted(whole(inserts), columns)
    return _short(text, columns, lambda inserts: _wrapped(whole(inserts), columns, mark, ending))


def _short(text: str, columns: int, wrap: _Hole) -> _Hole:
    """Return what encodes a paragraph that ends a line: at once where one insert leaves it one."""
    before, _, after = text.partition(TEXT)
    place, after = place_of(after[:1] or "A"), after[1:]
    if not _line(f"{before}x{after}"):
        return wrap
    room = COLUMNS - columns - len(before) - len(after)
    start, end = [each.replace("\u00a0", " ").encode() for each in (before, f"{after}\r\n")]
    start = b" " * columns + start

    def wire(inserts: Inserts) -> bytes:
        own = inserts[place]
        line = _line(own) if len(own) <= room else b""
        return start + line + end if line else wrap(inserts)

    return wire


@lru_cache(maxsize=4096)
def _line(text: str) -> bytes:
    """Encode a text in which nothing but a no-break space changes; nothing for any other."""
    line = text.replace("\u00a0", " ")
    is_same = is_plain(line) and line == line.strip() and "  " not in text and "<" not in text
    return line.encode() if is_same else b""


def _wrapped(text: str, columns: int, mark: str, ending: str) -> bytes:
    lines = underlined(text, mark, columns) if mark else " " * columns + body(text, columns)
    return wrapped(untagged(lines) + ending)


def _quoted(text: str, columns: int) -> bytes:
    """Encode a line or more between quotation marks."""
    inner = text[1:-1]
    if not is_plain(inner) or "<" in inner:
        return _wrapped(text, columns, "", "\n")
    # Other marks, as wide, leave the text as plain as it is.
    lines = body(f'"{inner}"', columns)[1:-1]
    if max(map(len, lines.split("\n"))) > COLUMNS:  # an address, which is never broken
        return _wrapped(text, columns, "", "\n")
    return b" " * columns + _OPENING + lines.replace("\n", "\r\n").encode() + _CLOSING


@lru_cache(maxsize=1024)
def _head(first: str, columns: int) -> tuple[bytes, int]:
    """Encode what is before a paragraph; return its columns too."""
    head = first.rjust(columns)
    return head.encode() if is_plain(head) else soft_ended(head), width(head)


@lru_cache(maxsize=4096)
def _rest(text: str, columns: int, mark: str, before: int, ending: str) -> bytes:
    """Encode a paragraph that begins after so many columns.

    A title comes again, with another number before it.
    """
    head = "x" * before
    lines = underlined(text, mark, columns, head) if mark else head + body(text, columns)
    data = wrapped(untagged(lines) + ending)[before:]
    # Where nothing of a title can be seen, the blank before it must not end a line.
    return SOFT_BREAK + data if data.startswith(b"\r\n") else data


def _format(text: str) -> _Piece:
    """Return what puts its inserts into a text."""
    form, pieces = "", list[_Piece]()
    while (start := _first_insert(text)) >= 0:
        form += text[:start].replace("%", "%%") + "%s"
        kind, place, text = text[start], place_of(text[start + 1]), text[start + 2 :]
        if kind == TEXT:
            pieces.append(itemgetter(place))
        else:
            before, after, text = _marks(text)
            pieces.append(_marked(place, before, after))
    form += text.replace("%", "%%")
    if not pieces:
        return lambda _: text
    if len(pieces) == 1:
        [only] = pieces
        return lambda inserts: form % only(inserts)
    return lambda inserts: form % tuple([piece(inserts) for piece in pieces])


def _marked(place: int, start: str, end: str) -> _Piece:
    def piece(inserts: Inserts) -> str:
        text = inserts[place]
        return text.replace(MARKED, start).replace(AFTER, end) if MARKED in text else text

    return piece
