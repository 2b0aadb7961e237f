"""Whether a listing can be believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.errors import SourceError
from digest.listings.verdicts import (
    Circumstances,
    brought_something,
    of_error,
    unchanged,
    verdict,
    with_absence,
)
from digest.model import ListingPage, SeenPaper, Snapshot, Verdict

from ..factories import TUESDAY, WEDNESDAY, listing, page, paper, snapshot
from ..tables import table
from .test_diff import seen


def usual_day(ago: int, new: int = 20, entries: int = 20) -> Snapshot:
    """An earlier day, as a whole."""
    return snapshot(WEDNESDAY - timedelta(days=ago), new=new, entries=entries)


def judge(found: ListingPage, known: dict[str, SeenPaper], **fields: object) -> Verdict:
    values = {"day": WEDNESDAY, "history": [usual_day(1)], "is_expected": True}
    pairs = [(p, known.get(p.key)) for p in found.papers]
    return verdict(found, pairs, Circumstances(**{**values, **fields}))  # type: ignore[arg-type]


def test_the_circumstances_of_a_page_are_named() -> None:
    """Flags and numbers in a row, of which no checker of types would see that two are swapped."""
    with pytest.raises(TypeError):
        Circumstances(WEDNESDAY, True, (), 0, False)  # type: ignore[misc]


def test_a_page_with_new_papers_is_fresh() -> None:
    assert judge(page(paper(1), day=WEDNESDAY), {}) is Verdict.FRESH


def test_an_empty_page_is_suspicious_unless_the_calendar_expects_it() -> None:
    assert judge(page(), {}) is Verdict.EMPTY
    assert judge(page(), {}, is_expected=False) is Verdict.QUIET


def test_a_source_that_counts_its_papers_may_have_none() -> None:
    none = replace(page(day=None), is_counted=True)
    assert judge(none, {}) is Verdict.QUIET
    assert judge(none, {}, is_sibling_fresh=True) is Verdict.QUIET


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


# ── what was not read, or has not changed ──

SUNDAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("day", "is_absent", "expected"),
    [
        (SUNDAY, True, Verdict.QUIET),
        (SUNDAY, False, Verdict.FAILED),
        (TUESDAY, True, Verdict.FAILED),
    ],
)
def test_only_a_file_that_is_missing_on_a_day_of_rest_is_no_failure(
    day: date, is_absent: bool, expected: Verdict
) -> None:
    error = SourceError("daily", "no such page", is_absent=is_absent)

    assert of_error(error, listing(), day) is expected


@table(
    ("last", "is_expected", "expected"),
    [
        (snapshot(WEDNESDAY, entries=3, verdict=Verdict.PARTIAL), True, Verdict.PARTIAL),
        (snapshot(TUESDAY, entries=3, batch=TUESDAY), True, Verdict.STALE),
        (snapshot(TUESDAY, entries=3, batch=TUESDAY), False, Verdict.QUIET),
        (snapshot(TUESDAY, entries=3, batch=None), True, Verdict.QUIET),
        (snapshot(TUESDAY, entries=0, verdict=Verdict.QUIET), True, Verdict.EMPTY),
    ],
)
def test_a_page_that_is_not_modified_is_judged_as_the_last_one_again(
    last: Snapshot, is_expected: bool, expected: Verdict
) -> None:
    failed = snapshot(WEDNESDAY, verdict=Verdict.FAILED)

    found = unchanged(failed, [failed, last], is_expected)

    assert (found.verdict, found.entries, found.seen) == (expected, last.entries, last.entries)


def test_an_absence_began_with_the_first_day_after_the_last_good_one() -> None:
    monday, friday = TUESDAY - timedelta(days=1), TUESDAY - timedelta(days=4)
    earlier = [snapshot(monday, verdict=Verdict.STALE), snapshot(friday)]
    failed = snapshot(TUESDAY, verdict=Verdict.FAILED)

    assert with_absence(failed, earlier).since == monday
    assert with_absence(failed, []).since == TUESDAY
    assert with_absence(snapshot(TUESDAY), earlier).since is None


def test_a_sibling_vouches_for_a_day_only_by_new_papers_of_that_day() -> None:
    fresh = snapshot(TUESDAY, new=1)

    assert brought_something(fresh, TUESDAY)
    assert not brought_something(fresh, WEDNESDAY)
    assert not brought_something(replace(fresh, new=0), TUESDAY)
    assert not brought_something(replace(fresh, verdict=Verdict.PARTIAL), TUESDAY)


@table(
    "new days older expected",
    [
        (140, 1, 1000, Verdict.FRESH),
        (141, 1, 1000, Verdict.FLOOD),
        (280, 2, 1000, Verdict.FRESH),
        (281, 2, 1000, Verdict.FLOOD),
    ],
)
def test_the_usual_is_the_middle_of_twenty_days_for_each_day_that_was_missed(
    new: int, days: int, older: int, expected: Verdict
) -> None:
    counts = [*[40] * 10, *[30] * 10, older]
    history = [usual_day(ago, new=count) for ago, count in enumerate(counts, 1)]
    many = page(*map(paper, range(new)), day=WEDNESDAY)

    assert judge(many, {}, history=history, days=days) is expected


@table(
    "familiar new expected",
    [(4, 4, Verdict.FRESH), (5, 10, Verdict.FLOOD), (5, 11, Verdict.FRESH)],
)
def test_five_old_works_and_half_of_the_new_are_a_flood(
    familiar: int, new: int, expected: Verdict
) -> None:
    found = page(*map(paper, range(new)), day=WEDNESDAY)

    assert judge(found, {}, familiar=familiar) is expected
    assert judge(found, {}) is Verdict.FRESH


def test_an_absence_ends_at_the_last_day_that_was_believed() -> None:
    failed = snapshot(WEDNESDAY, verdict=Verdict.FAILED)
    long_ago = snapshot(TUESDAY - timedelta(days=9), verdict=Verdict.FAILED)

    assert with_absence(failed, [snapshot(TUESDAY), long_ago]).since == WEDNESDAY
