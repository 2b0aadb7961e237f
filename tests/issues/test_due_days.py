"""When an issue is due, and which days of a listing are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.schedule import due_at, due_day, is_date, local_day
from digest.listings.days import announces, days_to_read, read_again_at
from digest.model import Schedule, Verdict

from ..factories import EIGHT, THURSDAY, TUESDAY, WEDNESDAY, listing, snapshot

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (BERLIN, date(2026, 3, 12), time(7, 30), "2026-03-12T06:30"),
        (BERLIN, date(2026, 7, 1), time(7, 30), "2026-07-01T05:30"),
        # the hour that spring skips is moved forward
        (BERLIN, date(2026, 3, 29), time(2, 30), "2026-03-29T01:30"),
        # of the hour that autumn repeats, the first
        (BERLIN, date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),
        ("America/Havana", date(2026, 3, 8), time(0, 0), "2026-03-08T05:00"),
        ("America/Nuuk", date(2024, 3, 30), time(23, 30), "2024-03-31T01:30"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45"),
    ],
)
def test_a_local_hour_is_due_at_one_instant(zone: str, day: date, at: time, expected: str) -> None:
    due = due_at(Schedule(at, zone), day)

    assert due == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_date_that_a_zone_never_had_has_no_issue() -> None:
    assert not is_date(date(2011, 12, 30), "Pacific/Apia")
    assert due_at(Schedule(time(7), "Pacific/Apia"), date(2011, 12, 30)) is None
    assert due_at(Schedule(time(7), "Pacific/Apia"), date(2011, 12, 29)) is not None


def test_days_off_have_no_issue() -> None:
    weekdays = Schedule(days=frozenset(range(5)))

    assert due_at(weekdays, date(2026, 3, 13)) is not None
    assert due_at(weekdays, date(2026, 3, 14)) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-10T07:29", date(2026, 3, 9)),
        ("2026-03-10T07:30", date(2026, 3, 10)),
        ("2026-03-10T23:59", date(2026, 3, 10)),
    ],
)
def test_the_last_due_day_is_todays_once_its_hour_has_come(now: str, expected: date) -> None:
    assert due_day(Schedule(), datetime.fromisoformat(now).replace(tzinfo=UTC)) == expected


def test_a_weekly_issue_missed_on_monday_is_still_due_on_thursday() -> None:
    mondays = Schedule(days=frozenset({0}))

    assert due_day(mondays, datetime(2026, 3, 12, 9, tzinfo=UTC)) == date(2026, 3, 9)


zones = st.sampled_from(
    [BERLIN, "America/Havana", "Africa/Cairo", "America/Nuuk", "Australia/Lord_Howe",
     "Antarctica/Troll", "Asia/Tehran", "America/Santiago", "Pacific/Apia", "UTC"]
)  # fmt: skip


@given(
    zones,
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.times().map(lambda t: t.replace(microsecond=0)),
)
def test_each_day_is_due_between_its_neighbours(zone: str, day: date, at: time) -> None:
    schedule = Schedule(at, zone)
    due = [due_at(schedule, day + timedelta(days=n)) for n in (-1, 0, 1)]

    assert all(due)
    assert timedelta(hours=20) < due[1] - due[0] < timedelta(hours=28)  # type: ignore[operator]
    assert due_day(schedule, due[1]) == day  # type: ignore[arg-type]
    assert due[1].astimezone(ZoneInfo(zone)) >= datetime.combine(day, at, ZoneInfo(zone))  # type: ignore[union-attr]


def test_the_local_day_is_the_one_on_the_wall() -> None:
    now = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)

    assert local_day(now, "UTC") == date(2026, 3, 10)
    assert local_day(now, BERLIN) == date(2026, 3, 11)


def test_nothing_is_announced_at_weekends_and_on_arxivs_holidays() -> None:
    assert announces("arxiv", date(2026, 11, 25))
    assert not announces("arxiv", date(2026, 11, 26))
    assert announces("huggingface", date(2026, 11, 26))
    assert not announces("huggingface", date(2026, 11, 28))


# ── which days of a listing are read ──


def test_a_listing_that_was_never_read_begins_today() -> None:
    assert days_to_read(listing(), TUESDAY, []) == [TUESDAY]


def test_the_last_days_are_read_again_because_lists_grow() -> None:
    earlier = [snapshot(WEDNESDAY), snapshot(TUESDAY)]

    assert days_to_read(listing(), THURSDAY, earlier) == [TUESDAY, WEDNESDAY, THURSDAY]
    assert days_to_read(listing(look_back=1), THURSDAY, earlier) == [WEDNESDAY, THURSDAY]
    assert days_to_read(listing(look_back=0), THURSDAY, earlier) == [THURSDAY]


def test_a_day_that_failed_is_made_up_for_even_without_looking_back() -> None:
    earlier = [snapshot(WEDNESDAY, verdict=Verdict.FAILED), snapshot(TUESDAY)]

    assert days_to_read(listing(look_back=0), THURSDAY, earlier) == [WEDNESDAY, THURSDAY]


def test_days_on_which_nobody_ran_the_program_are_made_up_for_but_weekends_are_not() -> None:
    friday = date(2026, 3, 13)
    earlier = [snapshot(TUESDAY)]

    days = days_to_read(listing(look_back=0), friday + timedelta(days=3), earlier)

    assert days == [WEDNESDAY, THURSDAY, friday, friday + timedelta(days=3)]


def test_an_absence_of_months_is_made_up_for_by_two_weeks() -> None:
    days = days_to_read(listing(look_back=0), date(2026, 10, 30), [snapshot(TUESDAY)])

    assert days[0] == date(2026, 10, 16)
    assert len(days) == 11


def test_a_listing_without_a_day_in_its_address_has_only_today() -> None:
    assert days_to_read(listing(path="today.txt"), THURSDAY, [snapshot(TUESDAY)]) == [THURSDAY]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", [date(2026, 3, 27), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]),
        ("week", [date(2026, 3, 27), date(2026, 4, 1)]),
        ("month", [date(2026, 3, 31), date(2026, 4, 1)]),
    ],
)
def test_a_page_that_holds_many_days_is_asked_for_once(period: str, expected: list[date]) -> None:
    earlier = [snapshot(date(2026, 3, day)) for day in (31, 30, 27)]
    daily = listing(kind="huggingface", path="", options={"period": period})

    assert days_to_read(daily, date(2026, 4, 1), earlier) == expected


@pytest.mark.parametrize(
    ("verdicts", "minutes"),
    [
        ([Verdict.FRESH], 60),
        ([Verdict.FAILED], 10),
        ([Verdict.EMPTY, Verdict.FAILED], 20),
        ([Verdict.STALE] * 3, 40),
        ([Verdict.FAILED] * 9, 120),
        ([Verdict.FRESH, Verdict.FAILED], 60),
    ],
)
def test_what_was_not_believed_is_tried_again_with_growing_pauses(
    verdicts: list[Verdict], minutes: int
) -> None:
    today = [snapshot(verdict=verdict) for verdict in verdicts]

    assert read_again_at(today) == EIGHT + timedelta(minutes=minutes)


def test_a_listing_not_yet_read_today_is_read_at_once() -> None:
    assert read_again_at([]) is None
