"""No clause and no listing fills a morning where ``at_most`` says how many it may have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from digest.issues.builder import IssueBuilder
from digest.issues.overflow import hold_back
from digest.model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Recipient,
    Section,
    UnreadBatch,
)
from digest.render import Letterhead, MailRenderer
from digest.resources import templates_folder
from digest.store.serialization import named, pack_issue, unpack_issue

from .. import golden_issues
from ..apps import profile
from ..factories import EIGHT, TUESDAY, paper

READER = Recipient(id=1, address="reader@example.org")
#: Seven papers on bees, two of them on wax too, and one on wax alone.
PAPERS = [
    *(paper(n, title=f"Bees {n}", abstract="") for n in range(5)),
    *(paper(n, title=f"Bees and wax {n}", abstract="") for n in (5, 6)),
    paper(7, title="Wax 7", abstract=""),
]


def batch(listings: list[str], **keys: Any) -> UnreadBatch:
    """All papers, each carried by the listing at its place, for one reader."""
    arrivals = tuple(
        Arrival(Change(ChangeKind.NEW, each), listing, 1)
        for each, listing in zip(PAPERS, listings, strict=True)
    )
    asked = profile("bees", **keys)
    backlog = Backlog(subscriber=READER, profiles=(asked,), day=TUESDAY)
    return UnreadBatch(backlogs=(backlog,), arrivals=arrivals, snapshots=(), upto=1)


def section(listings: list[str] | None = None, **keys: Any) -> Section:
    unread = batch(listings or ["daily"] * len(PAPERS), **keys)
    [found] = IssueBuilder(unread).issue(unread.backlogs[0], EIGHT).sections
    return found


def numbers(entries: Any) -> list[int]:
    return [int(entry.match.paper.key[-1]) for entry in entries]


CAPPED = "[{query: bees, at_most: 3}, wax]"


def test_a_clause_has_as_many_papers_as_it_may_and_the_others_are_still_seen() -> None:
    found = section(any=CAPPED)

    # 5 and 6 score most; they are on wax too, which has no limit.
    assert numbers(found.entries) == [5, 6, 0, 7]
    assert numbers(found.more) == [1, 2, 3, 4]
    assert found.cuts == (("bees", 3, 4),)
    assert dict(found.counts) == {"bees": 7, "wax": 3}
    assert found.beyond == ()


def test_a_paper_stays_while_another_of_its_clauses_has_room() -> None:
    found = section(any="[{query: bees, at_most: 1}, {query: wax, at_most: 2}]")

    assert numbers(found.entries) == [5, 6]
    assert found.cuts == (("bees", 1, 5), ("wax", 2, 1))


def test_a_listing_has_as_many_papers_as_it_may() -> None:
    found = section(["daily"] * 6 + ["arxiv"] * 2, any="[bees, wax]", at_most="{daily: 2}")

    assert numbers(found.entries) == [5, 6, 0, 7]
    assert found.cuts == (("daily", 2, 4),)


def test_what_is_beyond_the_limit_is_no_cut() -> None:
    found = section(any=CAPPED, limit=2)

    assert numbers(found.entries) == [5, 6]
    assert numbers(found.beyond) == [0, 7]
    assert numbers(found.more) == [0, 7, 1, 2, 3, 4]


def test_without_at_most_nothing_is_cut() -> None:
    assert section(any="[bees, wax]").cuts == ()
    assert len(section(any="[bees, wax]").entries) == len(PAPERS)


def test_what_was_cut_does_not_wait_for_the_next_issue() -> None:
    unread = batch(["daily"] * len(PAPERS), any=CAPPED, limit=2)
    issue = IssueBuilder(unread).issue(unread.backlogs[0], EIGHT)

    [held] = hold_back(issue, {"bees"}, lambda entry: True).sections
    assert numbers(held.waiting) == [0, 7]
    assert numbers(held.more) == [1, 2, 3, 4]


def test_the_mail_says_where_it_was_cut_and_the_page_has_all() -> None:
    unread = batch(["daily"] * len(PAPERS), any=CAPPED)
    issue = IssueBuilder(unread).issue(unread.backlogs[0], EIGHT)
    renderer = MailRenderer([templates_folder()])

    def told(letterhead: Letterhead) -> str:
        return " ".join(renderer.text(issue, READER, letterhead).split())

    sentence = "You asked for at most 3 of bees, 4 more matched."
    assert f"4 more are on the page. {sentence}" in told(golden_issues.WITH_PAGES)
    assert sentence in told(golden_issues.PLAIN)
    assert "Bees 4" not in told(golden_issues.PLAIN)
    assert len(issue.papers) == len(PAPERS)


def test_an_issue_is_the_same_from_its_json_as_from_its_values() -> None:
    unread = batch(["daily"] * len(PAPERS), any=CAPPED)
    issue = IssueBuilder(unread).issue(unread.backlogs[0], EIGHT)
    papers = dict(enumerate(PAPERS))
    packed = json.loads(pack_issue(issue, {id(each): n for n, each in papers.items()}))
    for title in (issue.sections[0].title, "half a character: \ud800"):
        packed["sections"][0]["title"] = title
        [read, known] = [
            unpack_issue(1, each, lambda _: papers)
            for each in (json.dumps(packed).encode(), packed)
        ]
        assert (read, read.id, read.sections[0].title) == (known, 1, title)
    with pytest.raises(KeyError):
        unpack_issue(1, packed, lambda _: {})


def test_an_issue_that_an_earlier_version_stored_is_read() -> None:
    unread = batch(["daily"] * len(PAPERS), any=CAPPED)
    issue = IssueBuilder(unread).issue(unread.backlogs[0], EIGHT)
    papers = dict(enumerate(PAPERS))
    rows = json.loads(pack_issue(issue, {id(each): n for n, each in enumerate(PAPERS)}))
    packed: Any = named(rows)
    assert unpack_issue(1, packed, lambda _: papers).sections == issue.sections

    for each in packed["sections"]:
        for name in ("whole", "brief", "counts", "cuts"):
            del each[name]
    [old] = unpack_issue(1, packed, lambda _: papers).sections
    assert (old.whole, old.brief, old.counts, old.cuts) == (2, 4, (), ())
    assert old.entries == issue.sections[0].entries
