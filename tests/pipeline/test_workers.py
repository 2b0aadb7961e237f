"""Processes as operators start them share a morning, as ``bench scale --workers`` measures it."""

from __future__ import annotations

import pytest

from bench._workers import Morning, run

from ..extent import some

#: More than two jobs of a worker, and more than what two lease.
READERS = 110


#: On SQLite one makes so few issues, and the other would look again only a minute later.
WAYS = [("postgresql", False), ("sqlite", True), ("postgresql", True)]


@pytest.mark.parametrize(("kind", "is_made"), some(WAYS, 2))
def test_two_processes_share_the_mails_of_a_morning(kind: str, is_made: bool) -> None:
    """The relay answers no mail before both have one in hand."""
    outcome = run(
        Morning(kind, READERS, answer=0, workers=2, papers=40, awaited=2, is_made=is_made)
    )

    assert set(outcome.mails) == {"worker1", "worker2"}
    assert outcome.mails.total() > READERS / 2
    assert (outcome.twice, outcome.in_vain) == (0, 0)
