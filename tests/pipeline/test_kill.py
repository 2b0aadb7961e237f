"""Killed with -9 at random moments, with a real SMTP server between: nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._mortal import torture
from bench._victim import SUBSCRIBERS
from bench.kill import POLICIES, keeps_its_word

from ..extent import number, some

#: Each policy and each database; and every pair.
PAIRS = [(kind, policy) for kind in ("sqlite", "postgresql") for policy in POLICIES]


@pytest.mark.parametrize(("database", "policy"), some(PAIRS, 3), indirect=["database"])
def test_killed_at_random_moments_it_loses_nothing_and_repeats_at_most_what_was_at_the_dot(
    database: str, tmp_path: Path, policy: str
) -> None:
    """A kill a policy and database; ``python -m bench kill`` does a thousand."""
    kills = number(1, whole=4)
    tally = torture(database, tmp_path, kills=kills, a_day=kills, in_doubt=policy)

    assert tally.kills >= kills
    assert tally.expected >= SUBSCRIBERS
    assert keeps_its_word(tally, policy)
