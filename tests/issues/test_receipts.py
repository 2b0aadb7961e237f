"""What an issue says of each listing: the newest reading, and every gap since the last issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from digest.issues.receipts import receipts
from digest.model import Backlog, DayRange, Receipt, Recipient, Snapshot, UnreadBatch, Verdict

from ..factories import EIGHT, TUESDAY, snapshot
from ..tables import table


def days(first: int, last: int) -> DayRange:
    """Some days of the month of ``TUESDAY``, which is the tenth."""
    return DayRange(TUESDAY.replace(day=first), TUESDAY.replace(day=last))


def said(
    *troubled: Snapshot, newest: Snapshot | None = None, is_first: bool = False
) -> tuple[Receipt, ...]:
    """The receipts of the listing "daily" for one who had an issue at eight, or none yet."""
    reader = Recipient(id=1, address="a@example.org")
    last = None if is_first else EIGHT
    backlog = Backlog(subscriber=reader, profiles=(), day=TUESDAY, last_issue_at=last)
    batch = UnreadBatch(
        backlogs=(backlog,), arrivals=(), upto=1, troubled=troubled,
        snapshots=(snapshot(listing="other"), newest or snapshot()),
    )  # fmt: skip
    return receipts(batch, backlog, {"daily": 3})


LATER = EIGHT + timedelta(hours=1)


def test_a_receipt_is_of_the_newest_reading_of_each_listing_of_the_issue() -> None:
    newest = snapshot(
        verdict=Verdict.PARTIAL, entries=9, skipped=2, new=4, late=1, batch=TUESDAY, error="x",
    )  # fmt: skip

    assert said(newest=newest) == (
        Receipt(
            listing="daily", verdict=Verdict.PARTIAL, day=TUESDAY, entries=9, skipped=2, new=4,
            late=1, matched=3, batch=TUESDAY, error="x",
        ),
    )  # fmt: skip


def test_what_was_lost_is_said_once_after_it_was_found_out() -> None:
    lost = snapshot(taken_at=LATER, lost=(days(5, 6), days(2, 2)))

    [receipt] = said(lost, replace(lost, listing="other", lost=(days(1, 1),)), lost)
    assert receipt.unread == (days(2, 2), days(5, 6))
    assert said(replace(lost, taken_at=EIGHT))[0].unread == ()
    assert said(lost, is_first=True)[0].unread == ()


@table(
    ("since", "unread"),
    [
        (None, (days(2, 4), days(6, 6))),
        (7, (days(2, 4), days(6, 6))),
        (6, (days(2, 4),)),
        (5, (days(2, 4),)),
        (4, (days(2, 3),)),
        (3, (days(2, 2),)),
        (2, ()),
        (1, ()),
    ],
)
def test_the_days_since_when_a_listing_is_away_are_not_said_twice(
    since: int | None, unread: tuple[DayRange, ...]
) -> None:
    away = None if since is None else TUESDAY.replace(day=since)

    [receipt] = said(newest=snapshot(missed=(days(6, 6), days(2, 4)), since=away))
    assert (receipt.since, receipt.unread) == (away, unread)


def test_holes_and_days_read_in_part_are_said_in_order() -> None:
    def read(day: int, verdict: Verdict, hole: date | None = None) -> Snapshot:
        return snapshot(TUESDAY.replace(day=day), verdict=verdict, hole=hole, taken_at=LATER)

    [receipt] = said(
        read(8, Verdict.FLOOD),
        read(7, Verdict.PARTIAL),
        read(6, Verdict.PARTIAL, TUESDAY.replace(day=4)),
        read(5, Verdict.FRESH),
        read(10, Verdict.PARTIAL),
        newest=snapshot(hole=TUESDAY.replace(day=9)),
    )

    assert receipt.partial == (TUESDAY.replace(day=7), TUESDAY.replace(day=8))
    assert receipt.holes == (days(4, 6), days(9, 10))
