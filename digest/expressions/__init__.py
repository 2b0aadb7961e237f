"""Regular expressions for untrusted text: only those that run in linear time are compiled.

Python's engine backtracks: one line of three thousand dashes kept a harmless-looking expression
busy for minutes.  Only this room imports :mod:`re`.  Each expression is proved first
(:mod:`.proof`), on the same tree that the engine compiles, and refused with the reason if there is
no proof; those of this package were proved before it was shipped (:mod:`.proved`).  The result is
Python's own pattern: same results, same speed.

To replace a refused expression, write one that never backtracks (``x++``, ``(?>…)``), one with a
bound (``x{0,200}``), one that cannot begin inside its own loop, or code.
"""

from __future__ import annotations

import re
from re import Match, Pattern, escape
from typing import AnyStr, Protocol

from .proved import is_shipped
from .refused import Refused

__all__ = ["Anchored", "Match", "Pattern", "Refused", "anchored", "compile", "escape"]


class Anchored(Protocol[AnyStr]):
    """An expression that is tried at one place only, never searched for."""

    def match(self, text: AnyStr, pos: int = ..., endpos: int = ..., /) -> Match[AnyStr] | None:
        """Return the match that begins at ``pos``, or None."""

    def fullmatch(self, text: AnyStr, pos: int = ..., endpos: int = ..., /) -> Match[AnyStr] | None:
        """Return the match of the whole text from ``pos``, or None."""


def compile(
    pattern: AnyStr,
    *,
    ignore_case: bool = False,
    multiline: bool = False,
    dotall: bool = False,
) -> Pattern[AnyStr]:
    """Return a pattern for every use: searching, splitting and replacing are linear as well.

    Raises :class:`Refused`, a ValueError, with the reason, if that cannot be proved.
    """
    flags = _flags(ignore_case, multiline, dotall)
    _prove(pattern, flags, is_searched=True)
    return re.compile(pattern, flags)


def anchored(
    pattern: AnyStr,
    *,
    ignore_case: bool = False,
    multiline: bool = False,
    dotall: bool = False,
) -> Anchored[AnyStr]:
    """Return a pattern for ``match`` and ``fullmatch`` alone: one attempt is linear.

    A caller that tries it at many places of a text must bound how far each attempt can look.
    Raises :class:`Refused`.
    """
    flags = _flags(ignore_case, multiline, dotall)
    _prove(pattern, flags, is_searched=False)
    return re.compile(pattern, flags)


def _prove(pattern: str | bytes, flags: int, *, is_searched: bool) -> None:
    """Raise :class:`Refused` without a proof, which is looked up first: to find one is slow."""
    if not is_shipped(pattern, flags, is_searched=is_searched):
        from .proof import prove

        prove(pattern, flags, is_searched=is_searched)


def _flags(ignore_case: bool, multiline: bool, dotall: bool) -> int:
    chosen = ((re.IGNORECASE, ignore_case), (re.MULTILINE, multiline), (re.DOTALL, dotall))
    return sum(int(flag) for flag, is_wanted in chosen if is_wanted)
