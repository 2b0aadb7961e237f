"""The desk: from batch to batch what is indexed is kept, and every issue is as if it were not."""

from __future__ import annotations

from typing import Any

from digest.issues.builder import IssueBuilder
from digest.model import Arrival, Backlog, Change, ChangeKind, Paper, Recipient, UnreadBatch

from ..apps import profile
from ..factories import EIGHT, TUESDAY, paper


def unread(*papers: Paper, readers: int = 1, **keys: Any) -> UnreadBatch:
    """New papers of one listing for some readers, each with a profile of their own."""
    arrivals = tuple(Arrival(Change(ChangeKind.NEW, each), "daily", 1) for each in papers)
    several = tuple(
        Backlog(
            subscriber=Recipient(id=number, address=f"reader{number}@example.org"),
            profiles=(profile(f"profile{number}", **keys),),
            day=TUESDAY,
        )
        for number in range(1, readers + 1)
    )
    return UnreadBatch(readers=several, arrivals=arrivals, snapshots=(), upto=1)


def test_a_desk_serves_the_next_batch_where_that_has_the_same_to_read() -> None:
    first = unread(paper(1), paper(2))
    second = unread(paper(1), paper(2), readers=3, limit=1)
    desk = IssueBuilder(first)
    for reader in first.readers:
        desk.issue(reader, EIGHT)

    turned = desk.turned_to(second)

    assert turned is desk
    for reader in second.readers:
        assert turned.issue(reader, EIGHT) == IssueBuilder(second).issue(reader, EIGHT)


def test_a_batch_with_something_else_to_read_gets_a_desk_of_its_own() -> None:
    first, second = unread(paper(1)), unread(paper(1), paper(2))

    turned = IssueBuilder(first).turned_to(second)

    [issue] = [turned.issue(reader, EIGHT) for reader in second.readers]
    assert issue.pool == 2
    assert len(issue.sections[0].entries) == 2
