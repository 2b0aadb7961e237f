"""So many messages a minute, evenly spaced."""

from __future__ import annotations

from digest.deliver.rate_limit import RateLimit, local_turns


class Clock:
    """Goes only where it is waited for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def test_messages_go_at_even_intervals_and_the_first_at_once() -> None:
    clock = Clock()
    limit = RateLimit(20, local_turns(clock), wait=clock.wait)

    for _ in range(4):
        limit.wait_for_turn()

    assert clock.waits == [3.0, 3.0, 3.0]


def test_time_that_passed_without_a_message_allows_no_more_of_them_afterwards() -> None:
    clock = Clock()
    limit = RateLimit(20, local_turns(clock), wait=clock.wait)
    limit.wait_for_turn()
    clock.now += 600

    for _ in range(3):
        limit.wait_for_turn()

    assert clock.waits == [3.0, 3.0]


def test_a_turn_is_taken_without_waiting_only_if_it_has_come() -> None:
    clock = Clock()
    limit = RateLimit(20, local_turns(clock), wait=clock.wait)

    taken = []
    for second in (100.0, 100.0, 102.5, 103.0, 105.0, 106.0):
        clock.now = second
        taken.append(limit.take_if_free())

    assert taken == [True, False, False, True, False, True]
    assert clock.waits == []


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock()
    limit = RateLimit(0, local_turns(clock), wait=clock.wait)

    for _ in range(100):
        limit.wait_for_turn()
        assert limit.take_if_free()

    assert clock.waits == []
