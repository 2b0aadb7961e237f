"""Blanks: places in a shared piece of a mail that are filled with what is one reader's own.

A blank is a run of one non-character, which no cleaned text can hold, as long as the value that
will stand there, so that lines break where they should.  Each value begins and ends a soft line
of quoted-printable, so that filling a blank moves nothing else.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .. import expressions

#: What differs from reader to reader.
NAMES = ("address", "page", "manage", "pause", "unsubscribe")

_FIRST, _END = 0xFDD0, "\ufdef"
# A template may shorten what it is given, and with it lose the end.
_RUNS = "|".join(f"{chr(_FIRST + place)}+" for place in range(len(NAMES)))
_RUN = expressions.compile(f"({_RUNS}){_END}?")
_SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76


class Fragment(NamedTuple):
    """A rendered piece: as text, and quoted-printable with CRLF."""

    text: str
    wire: bytes


class PlaceholderText(NamedTuple):
    """A piece with blanks: the value of ``blanks[0]`` follows ``pieces[0]``, and so on."""

    pieces: tuple[Fragment, ...]
    blanks: tuple[int, ...]

    #: how many bytes the pieces take on the wire
    length: int

    def size(self, values: Sequence[Fragment]) -> int:
        """How many bytes it takes on the wire for one reader."""
        if not self.blanks:
            return self.length
        return self.length + sum([len(values[blank].wire) for blank in self.blanks])


def wired(forms: Iterable[PlaceholderText], values: Sequence[Fragment]) -> bytes:
    """The pieces for one reader, one after the other; ``values`` are in the order of ``NAMES``."""
    # A form has one piece more than it has blanks.
    out: list[bytes] = []
    for pieces, blanks, _ in forms:
        for piece, blank in zip(pieces, blanks, strict=False):
            out += (piece.wire, values[blank].wire)
        out.append(pieces[-1].wire)
    return b"".join(out)


def written(forms: Iterable[PlaceholderText], values: Sequence[Fragment]) -> str:
    """The same as text."""
    out: list[str] = []
    for pieces, blanks, _ in forms:
        for piece, blank in zip(pieces, blanks, strict=False):
            out += (piece.text, values[blank].text)
        out.append(pieces[-1].text)
    return "".join(out)


def blank(name: str, value: str) -> str:
    """What a template is given in place of the value; empty where there is none."""
    return value and chr(_FIRST + NAMES.index(name)) * max(1, len(value) - 1) + _END


#: Stands for the page of an issue where no line is filled around it: the same for every reader.
PAGE = chr(_FIRST + NAMES.index("page")) + _END


def form(text: str) -> PlaceholderText:
    """A rendered block taken apart at its blanks."""
    texts: list[str] = []
    blanks: list[int] = []
    start = 0
    for run in _RUN.finditer(text):
        texts.append(text[start : run.start()])
        blanks.append(ord(run[1][0]) - _FIRST)
        start = run.end()
    pieces = [Fragment(before, soft_ended(before)) for before in texts]
    last = Fragment(text[start:], encoded(text[start:]))
    length = sum(len(piece.wire) for piece in (*pieces, last))
    return PlaceholderText((*pieces, last), tuple(blanks), length)


def encoded(text: str) -> bytes:
    """Quoted-printable (RFC 2045) with CRLF; pieces that end with a line can be joined."""
    data = text.replace("\r\n", "\n").encode("utf-8")
    return binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")


def soft_ended(text: str) -> bytes:
    """Quoted-printable that ends with a soft line break: what follows continues the line."""
    data = encoded(text)
    head, line = data[: data.rfind(b"\n") + 1], data[data.rfind(b"\n") + 1 :]
    if not line:
        return head
    if len(line) >= _LINE_LIMIT:
        # The break itself needs a place; an encoded byte "=XX" is not cut in two.
        cut = next(place for place in (72, 71, 70) if b"=" not in line[place - 2 : place])
        line = line[:cut] + _SOFT_BREAK + line[cut:]
    return head + line + _SOFT_BREAK
