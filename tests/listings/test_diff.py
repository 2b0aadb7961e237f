"""What is new in a listing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.listings.diff import diff, newest_only, tally
from digest.model import ChangeKind, ListingPage, Paper, SeenPaper

from ..factories import TUESDAY, WEDNESDAY, page, paper


def seen(of: Paper, day: date = TUESDAY, **fields: object) -> SeenPaper:
    """What is remembered of a paper that was read on ``day``."""
    values = {"version": of.version, "title": of.title, "first_day": day, "last_day": day}
    return SeenPaper(key=of.key, **{**values, **fields})  # type: ignore[arg-type]


def kinds(*pairs: tuple[Paper, SeenPaper | None]) -> list[ChangeKind]:
    return [change.kind for change in diff(pairs)]


def test_what_no_one_has_seen_is_new() -> None:
    assert kinds((paper(1), None)) == [ChangeKind.NEW]


def test_what_was_seen_is_no_change() -> None:
    assert kinds((paper(1), seen(paper(1)))) == []


def test_votes_comments_and_a_machines_summary_are_no_change() -> None:
    risen = paper(1, upvotes=90, comments=7, extra={"summary": "Short."})

    assert kinds((risen, seen(paper(1)))) == []


def test_a_paper_that_stands_twice_on_a_page_is_new_once() -> None:
    assert kinds((paper(1), None), (paper(1), None)) == [ChangeKind.NEW]


def test_the_listing_says_whether_an_unseen_paper_is_new_here_or_only_crosses_over() -> None:
    assert kinds((paper(1, announced=ChangeKind.CROSS), None)) == [ChangeKind.CROSS]
    assert kinds((paper(1, announced=ChangeKind.REVISED), None)) == [ChangeKind.REVISED]


def test_a_higher_version_is_a_revision_and_says_what_changed() -> None:
    first = paper(1, version=1, title="Pruning, early")
    second = paper(1, version=2, title="Pruning, late")

    [change] = diff([(second, seen(first))])

    assert change.kind is ChangeKind.REVISED
    assert change.detail == "v1 → v2, the title changed"


def test_an_entry_without_versions_is_a_revision_where_its_text_changed() -> None:
    def said(now: str, before: str, **fields: Any) -> list[str]:
        found = paper(1, **{"key": "title:a", "version": None, "wording": now, **fields})
        return [each.detail for each in diff([(found, seen(found, wording=before, title="A"))])]

    assert said("a", "b", title="A") == said("b", "a", title="A") == ["the text changed"]
    assert said("a", "b", title="B") == ["the title changed"]
    assert [said("a", "a", title="A"), said("a", "", title="A"), said("", "a", title="A")] == [
        []
    ] * 3
    assert said("a", "b", title="A", aliases=("arxiv:2603.00001",)) == []


def test_a_lower_version_or_none_is_no_change() -> None:
    known = seen(paper(1, version=2))

    assert kinds((paper(1, version=1), known), (paper(1, version=None), known)) == []


def test_a_withdrawal_is_told_once() -> None:
    gone = paper(1, announced=ChangeKind.WITHDRAWN)

    assert kinds((gone, seen(gone))) == [ChangeKind.WITHDRAWN]
    assert kinds((gone, seen(gone, is_withdrawn=True))) == []


numbers = st.lists(st.integers(0, 30), max_size=40)


@given(numbers, numbers)
def test_the_changes_do_not_depend_on_order_or_repetition(
    now: list[int], before: list[int]
) -> None:
    memory = {paper(n).key: seen(paper(n)) for n in before}
    pairs = [(paper(n), memory.get(paper(n).key)) for n in now]

    found = {change.paper.key for change in diff(pairs)}

    assert found == {paper(n).key for n in set(now) - set(before)}
    assert found == {change.paper.key for change in diff([*reversed(pairs), *pairs])}


@given(numbers, numbers, st.integers(0, 3))
def test_every_entry_is_accounted_for(now: list[int], before: list[int], skipped: int) -> None:
    memory = {paper(n).key: seen(paper(n)) for n in before}
    whole = ListingPage(tuple(paper(n) for n in now), len(now) + skipped, skipped=skipped)
    changes = diff([(p, memory.get(p.key)) for p in whole.papers])

    count = tally(whole, changes)

    assert count.skipped == skipped
    assert count.entries == count.new + count.revised + count.seen + count.skipped
    assert min(count.new, count.revised, count.seen) >= 0


# ── verdicts ──


def test_a_feed_read_for_the_first_time_brings_its_newest_day_only() -> None:
    old = paper(1, published=date(2026, 1, 5))
    new = paper(2, published=TUESDAY)
    feed = page(old, new, day=None)

    assert [
        c.paper for c in newest_only(feed, diff([(old, None), (new, None)]), today=TUESDAY)
    ] == [new]


def test_a_weeks_list_read_for_the_first_time_brings_its_newest_day_only() -> None:
    monday, today, unsaid = paper(1), paper(2), paper(3)
    known = replace(paper(4), key="title:kept before", aliases=(paper(4).key,))
    listed = {paper(1).key: date(2026, 3, 9), paper(2).key: TUESDAY, paper(4).key: TUESDAY}
    week = replace(page(monday, today, unsaid, known, day=TUESDAY), listed=listed)

    changes = diff([(each, None) for each in week.papers])

    assert [c.paper for c in newest_only(week, changes, today=TUESDAY)] == [today, unsaid, known]


def test_a_feed_without_dates_brings_nothing_at_first() -> None:
    undated, more = paper(1, published=None), paper(2, published=None)
    changes = diff([(undated, None), (more, None)])

    assert newest_only(page(undated, more, day=None), changes, today=TUESDAY) == []
    assert newest_only(page(undated, more, day=None), changes, TUESDAY, today=TUESDAY) == changes


def test_a_page_of_one_day_is_new_as_a_whole_whatever_its_papers_dates() -> None:
    old, new = paper(1, published=date(2016, 1, 5)), paper(2, published=TUESDAY)

    changes = diff([(old, None), (new, None)])
    assert len(newest_only(page(old, new), changes, today=TUESDAY)) == 2


def test_a_date_that_is_yet_to_come_counts_as_the_newest_day() -> None:
    old, new, ahead = (
        paper(1, published=date(2026, 1, 5)),
        paper(2, published=TUESDAY),
        paper(3, published=date(2027, 1, 1)),
    )
    changes = diff([(ahead, None), (old, None), (new, None)])

    first = newest_only(page(ahead, old, new, day=None), changes, today=WEDNESDAY)
    assert [change.paper for change in first] == [ahead, new]
    only = newest_only(page(ahead, day=None), changes[:1], today=WEDNESDAY)
    assert [change.paper for change in only] == [ahead]
