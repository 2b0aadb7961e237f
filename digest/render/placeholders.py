"""Placeholders in the shared pieces of a mail, to be filled with a subscriber's own values.

A placeholder is a run of one Unicode non-character, which no cleaned text can hold.  It is as long
as the value that will replace it, so that lines break in the right places.  In quoted-printable
each value has a soft line break on both sides, so that filling it in moves no other text.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .. import expressions

#: The values that differ between subscribers.
NAMES = ("address", "page", "manage", "pause", "unsubscribe")

_FIRST, _END = 0xFDD0, "\ufdef"
# The end is optional, because a template may shorten the value.
_CHARACTERS = [chr(_FIRST + place) for place in range(len(NAMES))]
# Each alternative begins with one character, so that the engine skips to the next of these.
_RUN = expressions.compile(f"({'|'.join(f'{each}{each}*' for each in _CHARACTERS)}){_END}?")
_SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76


class Fragment(NamedTuple):
    """A rendered piece: as text, and as quoted-printable with CRLF."""

    text: str
    wire: bytes


class PlaceholderText(NamedTuple):
    """A text with placeholders: the value of ``blanks[0]`` follows ``pieces[0]``, and so on."""

    pieces: tuple[Fragment, ...]
    blanks: tuple[int, ...]

    #: bytes of the encoded pieces
    length: int

    def size(self, values: Sequence[Fragment]) -> int:
        """Return the bytes of the encoded text, filled with one subscriber's values."""
        if not self.blanks:
            return self.length
        return self.length + sum([len(values[blank].wire) for blank in self.blanks])


def fill_encoded(forms: Iterable[PlaceholderText], values: Sequence[Fragment]) -> bytes:
    """Fill and join encoded texts for one subscriber; ``values`` in the order of ``NAMES``."""
    # There is one piece more than there are placeholders.
    out: list[bytes] = []
    for pieces, blanks, _ in forms:
        for piece, blank in zip(pieces, blanks, strict=False):
            out += (piece.wire, values[blank].wire)
        out.append(pieces[-1].wire)
    return b"".join(out)


def fill(forms: Iterable[PlaceholderText], values: Sequence[Fragment]) -> str:
    """Fill and join the same, not encoded."""
    out: list[str] = []
    for pieces, blanks, _ in forms:
        for piece, blank in zip(pieces, blanks, strict=False):
            out += (piece.text, values[blank].text)
        out.append(pieces[-1].text)
    return "".join(out)


def placeholder(name: str, value: str) -> str:
    """Return the placeholder that a template gets instead of a value; empty for no value."""
    return value and chr(_FIRST + NAMES.index(name)) * max(1, len(value) - 1) + _END


#: Placeholder for an issue's page where line lengths do not matter: the same for all subscribers.
PAGE_PLACEHOLDER = chr(_FIRST + NAMES.index("page")) + _END


def split_at_placeholders(text: str) -> PlaceholderText:
    """Split a rendered block at its placeholders."""
    if text.isascii() or not any(character in text for character in _CHARACTERS):
        wire = encoded(text)
        return PlaceholderText((Fragment(text, wire),), (), len(wire))
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
    """Encode as quoted-printable (RFC 2045) with CRLF; pieces that end a line can be joined."""
    data = text.replace("\r\n", "\n").encode("utf-8")
    return binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")


def soft_ended(text: str) -> bytes:
    """Encode with a soft line break at the end, so that the next piece continues the line."""
    data = encoded(text)
    head, line = data[: data.rfind(b"\n") + 1], data[data.rfind(b"\n") + 1 :]
    if not line:
        return head
    if len(line) >= _LINE_LIMIT:
        # The break itself needs a column; an encoded byte "=XX" must not be split.
        cut = next(place for place in (72, 71, 70) if b"=" not in line[place - 2 : place])
        line = line[:cut] + _SOFT_BREAK + line[cut:]
    return head + line + _SOFT_BREAK
