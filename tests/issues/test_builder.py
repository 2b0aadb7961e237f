"""The desk: from batch to batch what is indexed is kept, and every issue is as if it were not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from digest.issues.builder import IssueBuilder
from digest.model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Issue,
    Paper,
    Profile,
    Recipient,
    SentPaper,
    UnreadBatch,
)

from ..apps import profile
from ..factories import EIGHT, TUESDAY, WEDNESDAY, paper


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


def issue(batch: UnreadBatch, *profiles: Profile, **fields: Any) -> Issue:
    """The issue of a reader with these profiles."""
    [reader] = batch.readers
    return IssueBuilder(batch).issue(replace(reader, profiles=profiles, **fields), EIGHT)


def heavy(slug: str, weight: int) -> Profile:
    return profile(slug, any=f"[{{query: sparse training, weight: {weight}}}]")


@pytest.mark.parametrize(("weights", "home"), [((1, 3), "b"), ((3, 1), "a"), ((2, 2), "a")])
def test_a_paper_is_shown_where_it_scores_most_and_of_equals_first(
    weights: tuple[int, int], home: str
) -> None:
    made = issue(unread(paper(1)), heavy("a", weights[0]), heavy("b", weights[1]))

    [section] = [each for each in made.sections if each.entries]
    assert section.profile == home
    assert section.entries[0].also_in == ({"a": "B", "b": "A"}[home],)


@pytest.mark.parametrize(("edition", "shown"), [("first", [ChangeKind.REVISED]), ("second", [])])
def test_a_revision_is_mailed_once_an_edition(edition: str, shown: list[ChangeKind]) -> None:
    """To a reader who was sent that edition of the paper before; the stored one is the second."""
    again = paper(1, version=2)
    arrivals = (
        Arrival(Change(ChangeKind.REVISED, again, "v1 → v2"), "daily", 2),
        Arrival(Change(ChangeKind.REVISED, again, "v1 → v2"), "weekly", 3),
    )
    batch = replace(unread(again), arrivals=arrivals, editions={again.key: "second"})
    had = {again.key: SentPaper(edition, WEDNESDAY)}

    made = issue(batch, profile("a", changes="[new, revised]"), sent=had)

    assert [entry.change for entry in made.entries] == shown


def test_what_is_new_in_another_listing_is_not_mailed_to_one_who_had_it() -> None:
    batch = replace(unread(paper(1)), editions={paper(1).key: "second"})
    had = {paper(1).key: SentPaper("first", WEDNESDAY)}

    assert issue(batch, profile("a", changes="[new, revised]"), sent=had).is_empty
