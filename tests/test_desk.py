"""The desk: from batch to batch what is indexed is kept, and every issue is as if it were not."""

from __future__ import annotations

from typing import Any

from digest.issue import Desk
from digest.model import Arrival, Change, Kind, Paper, Reader, Subscriber, Unread

from .apps import profile
from .factories import EIGHT, TUESDAY, paper


def unread(*papers: Paper, readers: int = 1, **keys: Any) -> Unread:
    """New papers of one listing for some readers, each with a profile of their own."""
    arrivals = tuple(Arrival(Change(Kind.NEW, each), "daily", 1) for each in papers)
    several = tuple(
        Reader(
            subscriber=Subscriber(id=number, address=f"reader{number}@example.org"),
            profiles=(profile(f"profile{number}", **keys),),
            day=TUESDAY,
        )
        for number in range(1, readers + 1)
    )
    return Unread(readers=several, arrivals=arrivals, snapshots=(), upto=1)


def test_a_desk_serves_the_next_batch_where_that_has_the_same_to_read() -> None:
    first = unread(paper(1), paper(2))
    second = unread(paper(1), paper(2), readers=3, limit=1)
    desk = Desk(first)
    for reader in first.readers:
        desk.issue(reader, EIGHT)

    turned = desk.turned_to(second)

    assert turned is desk
    for reader in second.readers:
        assert turned.issue(reader, EIGHT) == Desk(second).issue(reader, EIGHT)


def test_a_batch_with_something_else_to_read_gets_a_desk_of_its_own() -> None:
    first, second = unread(paper(1)), unread(paper(1), paper(2))

    turned = Desk(first).turned_to(second)

    [issue] = [turned.issue(reader, EIGHT) for reader in second.readers]
    assert issue.pool == 2
    assert len(issue.sections[0].entries) == 2
