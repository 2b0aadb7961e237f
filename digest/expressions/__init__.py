"""Regular expressions for untrusted text: only those that run in linear time are compiled.

Python's engine backtracks: one line of three thousand dashes kept a harmless-looking expression
busy for minutes.  Only this room imports :mod:`re`.  Each expression is proved first
(:mod:`.proof`), on the same tree that the engine compiles, and refused with the reason if there is
no proof; those of this package were proved before it was shipped (:mod:`.proved`).  The result is
Python's own pattern, or one that becomes it with its first use: same results, same speed.

To replace a refused expression, write one that never backtracks (``x++``, ``(?>…)``), one with a
bound (``x{0,200}``), one that cannot begin inside its own loop, or code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from re import Match, Pattern, escape
from typing import Any, AnyStr, Protocol, cast

from .proved import is_shipped
from .refused import Refused

__all__ = ["Anchored", "Match", "Pattern", "Refused", "anchored", "compile", "escape"]


_USES = ("match", "fullmatch", "search", "split", "sub", "subn", "finditer", "findall")


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
    return _compiled(pattern, flags, is_searched=True)


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
    return _compiled(pattern, flags, is_searched=False)


def _compiled(pattern: AnyStr, flags: int, *, is_searched: bool) -> Pattern[AnyStr]:
    """Return a pattern; raise :class:`Refused` without a proof, which is looked up first.

    To find one is slow.  What has one compiles, so that it need not be compiled before it is used,
    which most of the package's expressions are not by any one command.
    """
    if is_shipped(pattern, flags, is_searched=is_searched):
        return cast("Pattern[AnyStr]", _Later(partial(re.compile, pattern, flags)))
    from .proof import prove

    prove(pattern, flags, is_searched=is_searched)
    return re.compile(pattern, flags)


class _Later:
    """A pattern that is compiled with its first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = self._make()
        # From now on as fast as the pattern itself.
        self.__dict__.update({each: getattr(compiled, each) for each in _USES})
        return getattr(compiled, name)


def _flags(ignore_case: bool, multiline: bool, dotall: bool) -> int:
    chosen = ((re.IGNORECASE, ignore_case), (re.MULTILINE, multiline), (re.DOTALL, dotall))
    return sum(int(flag) for flag, is_wanted in chosen if is_wanted)
