"""Placeholders in the shared pieces of a mail, to be filled with a subscriber's own values.

A placeholder is a run of one Unicode non-character, which no cleaned text can hold.  It is as long
as the value that will replace it, so that lines break in the right places.  In quoted-printable
each value has a soft line break on both sides, so that filling it in moves no other text.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence

from .. import expressions

#: The values that differ between subscribers.
NAMES = ("address", "page", "manage", "pause", "unsubscribe")

_FIRST, _END = 0xFDD0, "\ufdef"
# The end is optional, because a template may shorten the value.
_CHARACTERS = [chr(_FIRST + place) for place in range(len(NAMES))]
# Each alternative begins with one character, so that the engine skips to the next of these.
_RUN = expressions.compile(f"({'|'.join(f'{each}{each}*' for each in _CHARACTERS)}){_END}?")
#: What a placeholder is once it is encoded: a byte that quoted-printable does not use.
_BLANKS = [bytes([0xF0 + place]) for place in range(len(NAMES))]
#: What decodes to nothing, wherever it is.
SOFT_BREAK = b"=\r\n"
_LINE_LIMIT = 76
#: What quotes have besides ASCII, and as it is sent: after a break, so that lines remain short.
_FREQUENT = [
    (each.encode(), b"=\n" + binascii.b2a_qp(each.encode())) for each in "\u201c\u201d\u2019\u2026"
]


def filled(data: bytes, values: Sequence[bytes]) -> bytes:
    """Fill an encoded text for one subscriber; ``values`` in the order of ``NAMES``, encoded."""
    for blank, value in zip(_BLANKS, values, strict=True):
        data = data.replace(blank, value)
    return data


def placeholder(name: str, value: str) -> str:
    """Return the placeholder that a template gets instead of a value; empty for no value."""
    return value and chr(_FIRST + NAMES.index(name)) * max(1, len(value) - 1) + _END


#: Placeholder for an issue's page where line lengths do not matter: the same for all subscribers.
PAGE_PLACEHOLDER = chr(_FIRST + NAMES.index("page")) + _END


def blanked(text: str) -> bytes:
    """Encode rendered text, with a byte in place of each placeholder.

    It ends with a line, or with a soft line break.
    """
    if not has_placeholders(text):
        return soft_ended(text)
    pieces: list[bytes] = []
    start = 0
    for run in _RUN.finditer(text):
        pieces += (soft_ended(text[start : run.start()]), _BLANKS[ord(run[1][0]) - _FIRST])
        start = run.end()
    return b"".join([*pieces, soft_ended(text[start:])])


def has_placeholders(text: str) -> bool:
    """Return whether a rendered text has any placeholder."""
    # A loop over a generator takes longer than all else here.
    return not text.isascii() and True in [character in text for character in _CHARACTERS]


def encoded(text: str) -> bytes:
    """Encode as quoted-printable (RFC 2045) with CRLF; pieces that end a line can be joined."""
    data = binascii.b2a_qp(text.replace("\r\n", "\n").encode("utf-8", "replace"), istext=True)
    if b"=20\n" in data or b"=09\n" in data:
        data = b"\n".join(map(_kept_short, data.split(b"\n")))
    return data.replace(b"\n", b"\r\n")


def _kept_short(line: bytes) -> bytes:
    """Break a line before its last blank, for which the standard library leaves no room."""
    return line if len(line) <= _LINE_LIMIT else line[:-3] + b"=\n" + line[-3:]


def decoded(data: bytes) -> str:
    """Return the text that was encoded."""
    return binascii.a2b_qp(data).decode("utf-8").replace("\r\n", "\n")


def soft_ended(text: str) -> bytes:
    """Encode with a soft line break at the end, so that the next piece continues the line."""
    data = encoded(text)
    if not data or data.endswith(b"\n"):
        return data
    head, line = data[: data.rfind(b"\n") + 1], data[data.rfind(b"\n") + 1 :]
    if len(line) >= _LINE_LIMIT:
        # The break itself needs a column; an encoded byte "=XX" must not be split.
        cut = next(place for place in (72, 71, 70) if b"=" not in line[place - 2 : place])
        line = line[:cut] + SOFT_BREAK + line[cut:]
    return head + line + SOFT_BREAK


def inserted(text: str) -> bytes:
    """Encode a cleaned text of one line with a soft line break at its end."""
    if not text.isascii() or "=" in text:
        return soft_ended(text)
    if len(text) < _LINE_LIMIT:
        return text.encode() + SOFT_BREAK if text else b""
    return broken(text).encode()


def broken(text: str) -> str:
    """Return a text of plain characters in lines, each with a soft line break at its end."""
    most = _LINE_LIMIT - 1  # and the break itself
    lines = [text[start : start + most] for start in range(0, len(text), most)]
    return "=\r\n".join([*lines, ""])


def wrapped(text: str) -> bytes:
    """Encode lines of cleaned text as ``blanked`` does, faster where few characters change."""
    if "=" in text or " \n" in text or text[-1:] != "\n":
        return blanked(text)
    data = text.encode()
    if not text.isascii():
        for character, as_sent in _FREQUENT:
            data = data.replace(character, as_sent)
    data = data.replace(b"\n", b"\r\n")
    return data if data.isascii() and _longest(data) <= _LINE_LIMIT else blanked(text)


def _longest(data: bytes) -> int:
    return len(data) if len(data) <= _LINE_LIMIT else max(map(len, data.split(b"\r\n")))


def is_plain(text: str) -> bool:
    """Return whether no character of a cleaned text is encoded in quoted-printable."""
    return text.isascii() and "=" not in text
