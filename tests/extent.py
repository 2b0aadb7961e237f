"""How many cases of a proof the suite tries: some of them, or all with DIGEST_TESTS=whole.

What proves rather than tests is the same test with more cases: ``python -m bench suite --whole``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: Whether every case is asked for.
IS_WHOLE = os.environ.get("DIGEST_TESTS") == "whole"

#: Whether runs are to go by jobs of a queue, on PostgreSQL; see ``queued``.
IS_QUEUED = os.environ.get("DIGEST_TESTS_DISPATCH") == "procrastinate"


def number(few: int, *, whole: int) -> int:
    """Return how many cases to try."""
    return whole if IS_WHOLE else few


def pairs(cases: Sequence[T]) -> list[tuple[str, T]]:
    """Return each case on one of the two databases in turn; or each on both."""
    names = ("sqlite", "postgresql")
    if IS_WHOLE:
        return [(name, case) for name in names for case in cases]
    return [(names[place % 2], case) for place, case in enumerate(cases)]


def some(cases: Sequence[T], few: int) -> Sequence[T]:
    """Return so many of the cases at most, evenly spread and with the first; or all of them."""
    return cases if IS_WHOLE else cases[:: max(1, -(-len(cases) // few))]
