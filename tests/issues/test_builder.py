"""The issue builder keeps its index from batch to batch, and every issue is as if it did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from digest.issues.builder import IssueBuilder
from digest.language import Clause
from digest.match.rarity import Frequencies
from digest.model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Issue,
    IssueEntry,
    Match,
    Paper,
    Profile,
    Recipient,
    SentPaper,
    UnreadBatch,
)

from ..apps import profile
from ..factories import EIGHT, TUESDAY, WEDNESDAY, paper, snapshot


def unread(*papers: Paper, backlogs: int = 1, **keys: Any) -> UnreadBatch:
    """New papers of one listing for some subscribers, each with a profile of their own."""
    arrivals = tuple(Arrival(Change(ChangeKind.NEW, each), "daily", 1) for each in papers)
    several = tuple(
        Backlog(
            subscriber=Recipient(id=number, address=f"reader{number}@example.org"),
            profiles=(profile(f"profile{number}", **keys),),
            day=TUESDAY,
        )
        for number in range(1, backlogs + 1)
    )
    return UnreadBatch(backlogs=several, arrivals=arrivals, snapshots=(), upto=1)


def test_a_builder_serves_the_next_batch_if_that_has_the_same_arrivals() -> None:
    first = unread(paper(1), paper(2))
    second = unread(paper(1), paper(2), backlogs=3, limit=1)
    builder = IssueBuilder(first)
    for backlog in first.backlogs:
        builder.issue(backlog, EIGHT)

    turned = builder.for_batch(second)

    assert turned is builder
    for backlog in second.backlogs:
        assert turned.issue(backlog, EIGHT) == IssueBuilder(second).issue(backlog, EIGHT)


def test_a_batch_with_other_arrivals_gets_a_builder_of_its_own() -> None:
    first, second = unread(paper(1)), unread(paper(1), paper(2))

    turned = IssueBuilder(first).for_batch(second)

    [issue] = [turned.issue(backlog, EIGHT) for backlog in second.backlogs]
    assert issue.pool == 2
    assert len(issue.sections[0].entries) == 2


def issue(batch: UnreadBatch, *profiles: Profile, **fields: Any) -> Issue:
    """The issue of a subscriber with these profiles."""
    [backlog] = batch.backlogs
    return IssueBuilder(batch).issue(replace(backlog, profiles=profiles, **fields), EIGHT)


def test_of_what_was_counted_before_a_younger_profile_adds_what_it_matches() -> None:
    """Yesterday's mail was of 1 and 2; today 3 came, and a profile that looks back a day."""
    arrivals = tuple(
        Arrival(Change(ChangeKind.NEW, each), "daily", snapshot)
        for each, snapshot in ((paper(1), 1), (paper(2, title="Moss"), 1), (paper(3), 2))
    )
    batch = replace(unread(), arrivals=arrivals, upto=2)
    old, moss, newts = (profile(each, any=f"[{each}]") for each in ("paper", "moss", "newts"))
    others = profile("newts", any="[newts]", listings="[other, daily]")

    assert issue(batch, old, newts, since={"paper": 1}).pool == 1
    assert issue(batch, old, others, since={"paper": 1}).pool == 1
    assert issue(batch, old, moss, since={"paper": 1}).pool == 2
    assert issue(batch, old, moss).pool == 3
    assert issue(batch, profile("paper", listings="[other]"), newts, since={"paper": 1}).pool == 3


def test_what_is_new_to_one_profile_counts_though_another_saw_it_elsewhere() -> None:
    """A paper was in one list yesterday, which C has; today it is in that of A.  B is new."""
    arrivals = [Arrival(Change(ChangeKind.NEW, paper(1)), *each) for each in (("l1", 1), ("l2", 2))]
    batch = replace(unread(), arrivals=tuple(arrivals), upto=2)
    a, b, c = (
        profile(slug, any="[paper]", listings=f"[{name}]")
        for slug, name in (("a", "l2"), ("b", "l3"), ("c", "l1"))
    )

    assert issue(batch, a, c, since={"a": 1, "c": 1}).pool == 1
    assert issue(batch, a, b, c, since={"a": 1, "c": 1}).pool == 1


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
    """To a subscriber who was sent that edition before; the stored one is the second."""
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


def test_a_paper_that_had_no_room_comes_first_with_the_day_it_waited_since() -> None:
    """Also if a listing has carried it once more, and however well the new ones match."""
    before = IssueEntry(match=Match(paper(2), score=1), waited=TUESDAY)

    made = issue(unread(paper(1), paper(2)), profile("a"), waiting={"a": (before,)}, day=WEDNESDAY)

    assert [entry.match.paper.key for entry in made.entries] == [paper(2).key, paper(1).key]
    assert [entry.waited for entry in made.entries] == [TUESDAY, None]


@pytest.mark.parametrize("is_known", [False, True])
def test_of_equal_papers_the_one_with_the_rarer_word_comes_first(is_known: bool) -> None:
    asked: list[list[str]] = []

    def find(clauses: Iterable[Clause]) -> Frequencies:
        known = [*clauses]
        asked.append([clause.text for clause in known])
        counts = {clause.term: {"grid": 1, "mesh": 900}[clause.text] for clause in known}
        return Frequencies(1_000, counts)

    batch = unread(paper(1, title="On mesh"), paper(2, title="On grid"), any="[mesh, grid]")
    builder = IssueBuilder(batch, find if is_known else None)
    [made, again] = [builder.issue(batch.backlogs[0], EIGHT) for _ in range(2)]
    titles = [entry.match.paper.title for entry in made.entries]

    assert titles == (["On grid", "On mesh"] if is_known else ["On mesh", "On grid"])
    assert made == again
    assert asked == [["mesh", "grid"]] * is_known
    rare = [reason.rare for entry in made.entries for reason in entry.match.reasons]
    assert rare == ([(1, 1_000), None] if is_known else [None, None])


def test_an_entry_names_each_listing_that_carried_it_once() -> None:
    arrivals = tuple(
        Arrival(Change(ChangeKind.NEW, paper(1)), name, 1) for name in ("daily", "weekly", "daily")
    )

    [entry] = issue(replace(unread(paper(1)), arrivals=arrivals), profile("a")).entries
    assert entry.listings == ("daily", "weekly")


def test_an_issue_has_receipts_of_the_listings_that_its_profiles_watch_or_of_all() -> None:
    batch = replace(unread(paper(1)), snapshots=(snapshot(), snapshot(listing="other")))
    one, every = profile("a", listings="[daily]"), profile("b")

    def said(*profiles: Profile) -> list[tuple[str, int]]:
        made = issue(batch, *profiles)
        return [(receipt.listing, receipt.matched) for receipt in made.receipts]

    assert said(one) == [("daily", 1)]
    assert said(every) == said(one, every) == [("daily", 1), ("other", 0)]
    assert issue(batch, one).pool == 1
    assert issue(batch, profile("c", listings="[other]")).pool == 0


@pytest.mark.parametrize(("rank", "first"), [("score", "On mesh and grid"), ("rarity", "On kelp")])
def test_rarity_is_asked_for_where_a_profile_ranks_by_it(rank: str, first: str) -> None:
    asked: list[int] = []

    def find(clauses: Iterable[Clause]) -> Frequencies:
        asked.append(1)
        common = {clause.term: 1 if clause.text == "kelp" else 900 for clause in clauses}
        return Frequencies(1_000, common)

    papers = (paper(1, title="On kelp"), paper(2, title="On mesh and grid"))
    batch = unread(*papers, any="[mesh, grid, kelp]", rank=rank)
    made = IssueBuilder(batch, find).issue(batch.backlogs[0], EIGHT)

    assert made.entries[0].match.paper.title == first
    assert asked == [1] * (rank == "rarity")


def test_an_entry_has_the_votes_that_were_counted_last_and_their_rise() -> None:
    voted, other = paper(1, upvotes=3), paper(2, upvotes=4)
    batch = replace(unread(voted, other), votes={voted.key: (12, 5)})

    made = issue(batch, profile("a")).entries
    assert sorted((entry.upvotes, entry.rise) for entry in made) == [(4, 0), (12, 5)]


def test_of_several_changes_the_first_is_mailed_and_to_one_who_had_it_the_last_revision() -> None:
    kinds = (ChangeKind.NEW, ChangeKind.CROSS, ChangeKind.REVISED, ChangeKind.REVISED)
    arrivals = tuple(
        Arrival(Change(kind, paper(number), f"{place}"), "daily", 1)
        for number in (1, 2)
        for place, kind in enumerate(kinds)
    )
    batch = replace(unread(paper(1), paper(2)), arrivals=arrivals, editions={paper(1).key: "2"})
    had = {paper(1).key: SentPaper("1", TUESDAY)}

    made = issue(batch, profile("a", changes="[new, cross, revised]"), sent=had)
    assert [(entry.change, entry.detail) for entry in made.entries] == [
        (ChangeKind.REVISED, "3; you were sent it on Tuesday, 10 March"),
        (ChangeKind.NEW, "0"),
    ]


def test_a_paper_that_waited_is_not_said_to_have_been_sent() -> None:
    before = IssueEntry(match=Match(paper(1), score=1), waited=TUESDAY)
    again = Arrival(Change(ChangeKind.REVISED, paper(1), "v2"), "daily", 1)
    batch = replace(unread(paper(1)), arrivals=(again,), editions={paper(1).key: "2"})
    had = {paper(1).key: SentPaper("1", TUESDAY)}

    [entry] = issue(
        batch, profile("a", changes="[revised]"), sent=had, waiting={"a": (before,)}
    ).entries
    assert (entry.detail, entry.waited) == ("v2", TUESDAY)


def test_reasons_are_shown_within_the_limit_and_of_all_papers_of_a_profile_that_is_asked_for() -> (
    None
):
    batch = unread(*(paper(number) for number in range(1, 5)), limit=2)
    [backlog] = batch.backlogs

    def reasoned(*explained: str) -> list[bool]:
        [section] = IssueBuilder(batch).issue(backlog, EIGHT, explained=explained).sections
        return [bool(each.match.reasons) for each in (*section.entries, *section.more)]

    assert reasoned() == [True, True, False, False]
    assert reasoned("profile1") == [True] * 4


@pytest.mark.parametrize(
    ("asked", "counts"),
    [
        ({"any": "[grid, mesh]", "all": "[kelp]"}, [("mesh", 2), ("grid", 1)]),
        ({"any": "[]", "all": "[kelp, mesh]"}, [("kelp", 2), ("mesh", 2)]),
    ],
)
def test_what_each_keyword_brought_is_counted_the_most_first(
    asked: dict[str, str], counts: list[tuple[str, int]]
) -> None:
    papers = (paper(1, title="Kelp mesh grid"), paper(2, title="Kelp mesh"), paper(3, title="Kelp"))

    [section] = issue(unread(*papers), profile("a", **asked)).sections
    assert list(section.counts) == counts
