"""What of a listing was not read, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from digest.issues.receipts import receipts
from digest.listings import gaps
from digest.model import (
    Backlog,
    DayRange,
    Listing,
    ListingPage,
    Receipt,
    Recipient,
    Snapshot,
    UnreadBatch,
    Verdict,
)
from digest.render import wording

from ..factories import EIGHT, THURSDAY, TUESDAY, WEDNESDAY, listing, page, paper, snapshot
from .test_days import past
from .test_diff import seen

FRIDAY, MONDAY = date(2026, 3, 13), date(2026, 3, 16)


def spans(days: tuple[DayRange, ...]) -> list[tuple[int, int]]:
    """Ranges by their days of the month."""
    return [(each.first.day, each.last.day) for each in days]


def test_days_are_missed_as_long_as_they_are_asked_for_and_then_given_up() -> None:
    known = past(snapshot(MONDAY, verdict=Verdict.FAILED), snapshot(TUESDAY))
    later = date(2026, 3, 18)

    assert spans(gaps.missed(listing(), later, known)) == [(11, 17)]
    assert gaps.given_up(listing(), later, known) == ()
    few = listing(catch_up=2)
    assert spans(gaps.missed(few, later, known)) == [(16, 17)]
    assert spans(gaps.given_up(few, later, known)) == [(11, 13)]


def test_a_day_that_was_read_parts_what_is_missed_and_a_weekend_does_not() -> None:
    days = [TUESDAY, WEDNESDAY, FRIDAY, MONDAY]

    assert spans(gaps.ranges(listing(), days)) == [(10, 11), (13, 16)]
    assert spans(gaps.ranges(listing(holidays=frozenset({THURSDAY})), days)) == [(10, 16)]
    plants = Listing(name="plants", kind="biorxiv")
    assert spans(gaps.ranges(plants, days)) == [(10, 11), (13, 13), (16, 16)]


def test_of_a_weeks_page_no_day_is_missed_that_a_later_reading_showed() -> None:
    weekly = listing(kind="huggingface", path="", options={"period": "week"})

    assert gaps.missed(weekly, FRIDAY, past(snapshot(THURSDAY), snapshot(date(2026, 3, 5)))) == (
        DayRange(date(2026, 3, 6), date(2026, 3, 6)),
    )


BATCHES = {
    "arXiv's feed": listing(kind="arxiv", path="", url="https://rss.arxiv.org/rss/cs.CL"),
    "as any feed": listing(kind="feed", path="", url="https://rss.arxiv.org/rss/cs.CL"),
    "a table of contents": listing(kind="feed", path="", url="https://j.example/", rolling=False),
    "a page a day": listing(path="today.txt"),
}


@pytest.mark.parametrize("name", BATCHES)
def test_of_batches_the_days_between_two_are_lost(name: str) -> None:
    batch = page(paper(1), day=None if "feed" in BATCHES[name].kind else FRIDAY)

    assert not gaps.is_rolling(BATCHES[name], batch)
    found = gaps.lost_batches(BATCHES[name], batch, FRIDAY, snapshot(TUESDAY, batch=TUESDAY))
    assert spans(found) == [(11, 12)]
    assert gaps.lost_batches(BATCHES[name], batch, FRIDAY, snapshot(THURSDAY)) == ()
    assert gaps.lost_batches(BATCHES[name], batch, FRIDAY, None) == ()


def test_of_a_web_page_of_one_day_too_but_not_of_the_best_of_all_times() -> None:
    shown = ListingPage((paper(1),), 1, listed={paper(1).key: FRIDAY})
    site = listing(kind="huggingface", path="", url="https://huggingface.co/papers")
    trending = listing(kind="huggingface", path="", options={"period": "trending"})
    last = snapshot(TUESDAY)

    assert spans(gaps.lost_batches(site, shown, FRIDAY, last)) == [(11, 12)]
    assert gaps.lost_batches(trending, shown, FRIDAY, last) == ()
    assert not gaps.is_rolling(trending, page(paper(1), day=None))


FEED = listing(path="feed.xml")


def test_a_feed_that_shows_nothing_of_the_last_reading_has_a_hole() -> None:
    last = snapshot(WEDNESDAY)
    new, old, again = paper(1), paper(2), paper(3, version=2)
    fresh = [(new, None)]

    assert gaps.is_rolling(FEED, page(new, day=None))
    assert gaps.hole(fresh, last, TUESDAY) == WEDNESDAY
    assert gaps.hole([*fresh, (old, seen(old, TUESDAY))], last, TUESDAY) is None
    # What is still there from before that proves it, too; but a revised paper may have come back.
    before = seen(paper(3), date(2026, 2, 1))
    assert gaps.hole([*fresh, (paper(3), before)], last, TUESDAY) is None
    assert gaps.hole([*fresh, (again, before)], last, TUESDAY) == WEDNESDAY


def test_a_feed_that_is_empty_or_was_never_full_has_none() -> None:
    fresh = [(paper(1), None)]

    old = [(paper(2), seen(paper(2), date(2026, 2, 1)))]
    assert gaps.hole([], snapshot(), TUESDAY) is None
    assert gaps.hole(old, snapshot(), TUESDAY) is None
    assert gaps.hole(fresh, snapshot(), None) is None
    assert gaps.hole(fresh, None, None) is None


# ── what an issue says of it ──


def receipt_of(newest: Snapshot, *troubled: Snapshot, told: bool = True) -> Receipt:
    """The receipt of a subscriber whose last issue was made at eight on Tuesday."""
    backlog = Backlog(
        subscriber=Recipient(id=1, address="a@example.org"),
        profiles=(),
        day=MONDAY,
        last_issue_at=EIGHT if told else None,
    )
    unread = UnreadBatch(
        backlogs=(backlog,), arrivals=(), snapshots=(newest,), upto=1, troubled=troubled
    )
    [found] = receipts(unread, backlog, {"daily": 0})
    return found


def later(day: date, **fields: object) -> Snapshot:
    return snapshot(day, taken_at=EIGHT.replace(day=day.day), **fields)  # type: ignore[arg-type]


def test_a_weekly_reader_hears_of_each_day_since_the_last_issue_and_of_none_before() -> None:
    found = receipt_of(
        later(MONDAY, entries=2),
        snapshot(TUESDAY, hole=date(2026, 3, 9), verdict=Verdict.PARTIAL),
        later(WEDNESDAY, hole=TUESDAY, verdict=Verdict.PARTIAL),
        later(THURSDAY, verdict=Verdict.PARTIAL),
        later(FRIDAY, lost=(DayRange(date(2026, 3, 5), date(2026, 3, 6)),)),
    )

    assert wording.verdict(found).replace("\u00a0", " ") == (
        "read, 2 papers; nothing was read of 5 Mar 2026 to 6 Mar 2026;"
        " papers between 10 Mar 2026 and 11 Mar 2026 may be missing; read in part on 12 Mar 2026"
    )
    assert not wording.is_complete(found)
    assert wording.is_complete(receipt_of(later(MONDAY), told=False))


def test_what_is_missing_until_now_is_said_once() -> None:
    days = DayRange(THURSDAY, FRIDAY)
    failed = later(MONDAY, verdict=Verdict.FAILED, since=FRIDAY, missed=(days,))

    assert spans(receipt_of(failed).unread) == [(12, 12)]
    assert receipt_of(replace(failed, since=THURSDAY)).unread == ()
