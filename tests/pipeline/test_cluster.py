"""What ``python -m bench cluster`` lets happen, and what it takes for a broken promise."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from bench._fleet import LEASE, LOCK_WAIT, TICK, Tally
from bench.cluster import plan


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
