"""Sets of characters as integers: the characters that an expression may match at one place.

Below ``_EXACT`` every character has its own bit.  Above, a bit is for all characters of one kind
(letter, digit, space, other) in a block of 256, so a set is kept as two integers: the characters it
may hold, and those it surely holds.  Answers err on the safe side: sets that might share a
character count as overlapping.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_EXACT = 0x2100
_END = 0x110000
_BLOCKS = (_END - _EXACT) >> 8
_KINDS = (r"[^\W\d]", r"\d", r"\s", r"[^\w\s]")
_LETTER, _DIGIT, _SPACE, _OTHER = range(4)
_ALL = (1 << (_EXACT + len(_KINDS) * _BLOCKS)) - 1
_ASCII = (1 << 128) - 1
_UPPER = ((1 << 26) - 1) << ord("A")
_LOWER = _UPPER << 32


@dataclass(frozen=True, slots=True)
class Characters:
    """A set of characters, by its upper and its lower bound."""

    may: int
    must: int

    def __or__(self, other: Characters) -> Characters:
        return Characters(self.may | other.may, self.must | other.must)

    def __invert__(self) -> Characters:
        return Characters(_ALL & ~self.must, _ALL & ~self.may)

    def overlaps(self, other: Characters) -> bool:
        """Return whether one character might be in both."""
        return bool(self.may & other.may)

    def in_any_case(self) -> Characters:
        """Return the set with the other case of every letter, as ``re.IGNORECASE`` reads it."""
        may, must = _other_case(self.may), _other_case(self.must)
        # All characters with case beyond ASCII are treated as one set, together with i, k and s,
        # because of the dotted i, the Kelvin sign and the long s.
        cased = _cased()
        if self.may & (cased | _bits("iksIKS")):
            may |= cased | _bits("iksIKS")
        return Characters(may, must)


NONE = Characters(0, 0)
ALL = Characters(_ALL, _ALL)
#: The end of the text; it is in no other set.
END = Characters(_ALL + 1, 0)


def of_range(first: int, last: int) -> Characters:
    """Return the set of the code points from ``first`` to ``last``, both included."""
    may = must = _run(first, min(last, _EXACT - 1)) if first < _EXACT else 0
    if last >= _EXACT:
        begin, end = max(first - _EXACT, 0), last - _EXACT
        if first == last:
            kind = next(n for n, kind in enumerate(_KINDS) if re.match(kind, chr(first)))
            may |= 1 << (_EXACT + kind * _BLOCKS + (begin >> 8))
        else:
            may |= _blocks(begin >> 8, end >> 8)
            must |= _blocks(-(-begin >> 8), ((end + 1) >> 8) - 1)
    return Characters(may, must)


def of_category(name: str, is_ascii: bool) -> Characters:
    """Return the set of a class as ``re`` names it, such as ``DIGIT`` or ``NOT_SPACE``."""
    kinds = {"DIGIT": (_DIGIT,), "SPACE": (_SPACE,), "WORD": (_LETTER, _DIGIT)}
    chosen = _of_kinds(*kinds[name.removeprefix("NOT_")]) & (_ASCII if is_ascii else _ALL)
    found = Characters(chosen, chosen)
    return ~found if name.startswith("NOT_") else found


def _run(first: int, last: int) -> int:
    return ((1 << (last + 1)) - 1) & ~((1 << first) - 1) if last >= first else 0


def _blocks(first: int, last: int) -> int:
    run = _run(first, min(last, _BLOCKS - 1))
    return sum(run << (_EXACT + kind * _BLOCKS) for kind in range(len(_KINDS)))


def _bits(characters: str) -> int:
    return sum(1 << ord(character) for character in characters)


def _other_case(bits: int) -> int:
    return bits | (bits & _UPPER) << 32 | (bits & _LOWER) >> 32


@cache
def _of_kinds(*kinds: int) -> int:
    """Return the characters of these kinds, as the engine itself classifies them."""
    text = "".join(map(chr, reversed(range(_EXACT))))
    found = 0
    for kind in kinds:
        pieces = enumerate(re.split(f"({_KINDS[kind]}+)", text))
        marks = "".join("01"[number % 2] * len(piece) for number, piece in pieces)
        found |= int(marks, 2) | _run(0, _BLOCKS - 1) << (_EXACT + kind * _BLOCKS)
    return found


def _cased() -> int:
    """Return what may have another case beyond ASCII: letters, circled ones, one combining mark."""
    marks = _of_kinds(_OTHER) >> _EXACT << _EXACT
    return (_of_kinds(_LETTER) & ~_ASCII) | marks | _bits("\u0345")
