"""What ``python -m bench cluster`` lets happen, and what it takes for a broken promise."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from bench._fleet import LEASE, LOCK_WAIT, TICK, Tally
from bench.cluster import APART, Pace, plan


def test_all_that_is_asked_for_happens_and_most_of_it_amid_work() -> None:
    events = Counter(plan(8, 4, 1, random.Random(1)))
    assert events == {
        "kill": 2,
        "kill at work": 6,
        "stop": 1,
        "stop at work": 3,
        "end": 1,
        "cut": 3,
        "restart": 1,
    }


def test_each_broken_promise_is_seen() -> None:
    kept = Tally(mails=9, twice=2, at_the_dot=2, left=LEASE, waits=[LEASE + TICK + LOCK_WAIT])
    assert kept.is_kept()
    assert not any(
        replace(kept, **broken).is_kept()
        for broken in (
            {"lost": 1},
            {"missed": 1},
            {"twice": 3},
            {"unexplained": 1},
            {"given_up": 1},
            {"tracebacks": 1},
            {"left": LEASE + 0.1},
            {"waits": [LEASE + TICK + LOCK_WAIT + 0.1]},
        )
    )


def test_a_blow_comes_with_the_work_or_with_a_little_of_it_and_time() -> None:
    pace = Pace(4, random.Random(1))
    assert pace.is_due(0)  # the first

    pace.begin(0)
    assert not pace.is_due(2 * APART)
    pace.note(1, 2 * APART)
    assert pace.is_due(2 * APART)

    pace.begin(100)
    pace.note(1 + 7, 100)
    assert pace.is_due(100)

    pace.begin(200)
    assert [pace.is_due(200 + 9 * APART), pace.is_due(200 + 10 * APART)] == [False, True]
