"""What is new, and what may be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.listings.diff import Circumstances, diff, newest_only, tally, verdict
from digest.model import ChangeKind, ListingPage, Paper, SeenPaper, Snapshot, Verdict

from ..factories import TUESDAY, WEDNESDAY, page, paper, snapshot


def seen(of: Paper, day: date = TUESDAY, **fields: object) -> SeenPaper:
    """What is remembered of a paper that was read on ``day``."""
    values = {"version": of.version, "title": of.title, "first_day": day, "last_day": day}
    return SeenPaper(key=of.key, **{**values, **fields})  # type: ignore[arg-type]


def kinds(*pairs: tuple[Paper, SeenPaper | None]) -> list[ChangeKind]:
    return [change.kind for change in diff(pairs)]


def test_what_nobody_has_seen_is_new() -> None:
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


def usual_day(ago: int, new: int = 20, entries: int = 20) -> Snapshot:
    """An earlier day, as a whole."""
    return snapshot(WEDNESDAY - timedelta(days=ago), new=new, entries=entries)


def judge(found: ListingPage, known: dict[str, SeenPaper], **fields: object) -> Verdict:
    values = {"day": WEDNESDAY, "history": [usual_day(1)], "is_expected": True}
    pairs = [(p, known.get(p.key)) for p in found.papers]
    return verdict(found, pairs, Circumstances(**{**values, **fields}))  # type: ignore[arg-type]


def test_a_page_with_new_papers_is_fresh() -> None:
    assert judge(page(paper(1), day=WEDNESDAY), {}) is Verdict.FRESH


def test_an_empty_page_is_suspicious_unless_the_calendar_expects_it() -> None:
    assert judge(page(), {}) is Verdict.EMPTY
    assert judge(page(), {}, is_expected=False) is Verdict.QUIET


TWO = {paper(n).key: seen(paper(n), TUESDAY) for n in (1, 2)}


def test_an_empty_page_on_a_holiday_is_suspicious_when_a_sibling_is_fresh() -> None:
    assert judge(page(), {}, is_expected=False, is_sibling_fresh=True) is Verdict.EMPTY


def test_yesterdays_list_again_is_stale_and_at_weekends_quiet() -> None:
    again = page(paper(1), paper(2), day=TUESDAY)

    assert judge(again, TWO) is Verdict.STALE
    assert judge(again, TWO, is_expected=False) is Verdict.QUIET


def test_yesterdays_list_under_todays_date_is_stale_too() -> None:
    again = page(paper(1), paper(2), day=WEDNESDAY)

    assert judge(again, TWO, history=[snapshot(TUESDAY, entries=2)]) is Verdict.STALE


def test_an_old_list_is_stale_when_a_sibling_has_todays() -> None:
    again = page(paper(1), day=WEDNESDAY)

    assert judge(again, TWO) is Verdict.QUIET
    assert judge(again, TWO, is_sibling_fresh=True) is Verdict.STALE


def test_a_feed_that_rolls_on_and_has_no_news_is_quiet() -> None:
    assert judge(page(paper(1), paper(2), day=None), TWO) is Verdict.QUIET


def test_the_same_days_page_read_again_is_fresh() -> None:
    known = {paper(1).key: seen(paper(1), WEDNESDAY)}

    assert judge(page(paper(1), day=WEDNESDAY), known) is Verdict.FRESH


def test_entries_that_could_not_be_read_make_a_page_partial() -> None:
    broken = ListingPage(
        (paper(1),), entries=2, batch=WEDNESDAY, skipped=1, reasons=("entry 2: no title",)
    )

    assert judge(broken, {}) is Verdict.PARTIAL


@pytest.mark.parametrize(
    ("new", "usual", "expected"),
    [
        (50, 1, Verdict.FRESH),
        (51, 1, Verdict.FLOOD),
        (80, 20, Verdict.FRESH),
        (81, 20, Verdict.FLOOD),
    ],
)
def test_far_more_than_usual_is_a_flood(new: int, usual: int, expected: Verdict) -> None:
    many = page(*(paper(n) for n in range(new)), day=WEDNESDAY)
    history = [usual_day(ago, new=usual) for ago in range(1, 21)]

    assert judge(many, {}, history=history) is expected


@pytest.mark.parametrize(
    ("familiar", "expected"),
    [(4, Verdict.FRESH), (9, Verdict.FRESH), (10, Verdict.FLOOD), (20, Verdict.FLOOD)],
)
def test_old_works_under_new_ids_are_a_flood_however_few(familiar: int, expected: Verdict) -> None:
    twenty = page(*(paper(n) for n in range(20)), day=WEDNESDAY)

    assert judge(twenty, {}, familiar=familiar) is expected


def test_days_without_a_list_do_not_make_a_usual_day_look_like_a_flood() -> None:
    many = page(*(paper(n) for n in range(60)), day=WEDNESDAY)
    history = [usual_day(ago, new=20 * (ago % 2), entries=20 * (ago % 2)) for ago in range(1, 21)]

    assert judge(many, {}, history=history) is Verdict.FRESH


def test_a_few_days_do_not_say_what_is_usual() -> None:
    many = page(*(paper(n) for n in range(80)), day=WEDNESDAY)

    assert judge(many, {}, history=[usual_day(n, new=3) for n in range(1, 5)]) is Verdict.FRESH
    assert judge(many, {}, history=[usual_day(n, new=3) for n in range(1, 6)]) is Verdict.FLOOD


def test_the_first_page_ever_is_no_flood() -> None:
    assert judge(page(*(paper(n) for n in range(900))), {}, history=[]) is Verdict.FRESH


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
