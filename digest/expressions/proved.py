"""The expressions of this package that were proved before it was shipped.

A proof takes longer than compiling, and each process would repeat some three hundred of them.
``shipped.py`` holds a name for each expression that was proved; any other is proved when it is
compiled.  ``python -m bench expressions`` proves all of them anew and writes that file.
"""

from __future__ import annotations

from hashlib import blake2b

from .shipped import NAMES

#: The names of the expressions that need no proof at run time.
shipped = frozenset(NAMES.split())
#: The names of all that this process compiled.
asked: set[str] = set()


def is_shipped(pattern: str | bytes, flags: int, *, is_searched: bool) -> bool:
    """Return whether exactly this expression, used so, was proved before."""
    name = blake2b(repr((pattern, flags, is_searched)).encode(), digest_size=12).hexdigest()
    asked.add(name)
    return name in shipped
