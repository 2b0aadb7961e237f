"""The engine against the plain definition (``tests/naive.py``) on many random pairs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.query import Query
from tests import agreement


def main(options: Sequence[str]) -> int:
    """Check until at least so many (query, paper) pairs have agreed."""
    parser = argparse.ArgumentParser(prog="python -m bench agree", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    wanted = parser.parse_args(options).pairs
    pool = st.lists(agreement.papers(), min_size=10, max_size=30)
    done = queries = 0

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(agreement.asked, pool, agreement.limits)
    def agrees(query: Query, day: agreement.Pool, limit: tuple[int, int, int | None]) -> None:
        nonlocal done, queries
        agreement.check(query, day, *limit)
        done += len(day)
        queries += 1

    while done < wanted:
        agrees()
    print(f"{done:,} pairs of {queries:,} queries agree")
    return 0
