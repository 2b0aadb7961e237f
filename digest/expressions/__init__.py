"""Regular expressions for text from outside: only those that take time in proportion to the text.

Python's engine backtracks: one line of three thousand dashes has kept an expression that looked
harmless busy for minutes.  Only this room imports :mod:`re`.  What it compiles is proved first
(:mod:`.proof`), by the very tree that the engine compiles, and refused with the reason where there
is no proof.  What comes out is Python's own pattern: same results, same speed.

A refused expression becomes one that never gives back (``x++``, ``(?>…)``), one with a bound
(``x{0,200}``), one whose beginning cannot be found inside its own loop, or code.
"""

from __future__ import annotations

import re
from re import Match, Pattern, escape
from typing import AnyStr, Protocol

from .proof import prove
from .tree import Refused

__all__ = ["Anchored", "Match", "Pattern", "Refused", "anchored", "compile", "escape"]


class Anchored(Protocol[AnyStr]):
    """An expression that is asked at one place only, never searched for."""

    def match(self, text: AnyStr, pos: int = ..., endpos: int = ..., /) -> Match[AnyStr] | None:
        """Return what is found at ``pos``, or None."""

    def fullmatch(self, text: AnyStr, pos: int = ..., endpos: int = ..., /) -> Match[AnyStr] | None:
        """Return the whole text from ``pos``, or None."""


def compile(
    pattern: AnyStr,
    *,
    ignore_case: bool = False,
    multiline: bool = False,
    dotall: bool = False,
) -> Pattern[AnyStr]:
    """Return a pattern for every use: searching, splitting and replacing are linear as well.

    Raises :class:`Refused`, a ValueError, with the reason, where that cannot be proved.
    """
    flags = _flags(ignore_case, multiline, dotall)
    prove(pattern, flags, is_searched=True)
    return re.compile(pattern, flags)


def anchored(
    pattern: AnyStr,
    *,
    ignore_case: bool = False,
    multiline: bool = False,
    dotall: bool = False,
) -> Anchored[AnyStr]:
    """Return a pattern for ``match`` and ``fullmatch`` alone: one attempt is linear.

    Whatever asks it at many places of a text answers for how far each attempt can look.
    """
    flags = _flags(ignore_case, multiline, dotall)
    prove(pattern, flags, is_searched=False)
    return re.compile(pattern, flags)


def _flags(ignore_case: bool, multiline: bool, dotall: bool) -> int:
    chosen = ((re.IGNORECASE, ignore_case), (re.MULTILINE, multiline), (re.DOTALL, dotall))
    return sum(int(flag) for flag, is_wanted in chosen if is_wanted)
