"""When an issue is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.schedule import (
    DueDay,
    due,
    due_at,
    due_day,
    due_from,
    is_behind,
    is_date,
    is_paused,
    local_day,
    next_at,
    pause_left,
    put_off_from,
    today,
)
from digest.model import DeliverySettings, Schedule

from ..tables import table

BERLIN = "Europe/Berlin"


@table(
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


# ── of several profiles ──

MORNING, EVENING = Schedule(time(7, 30)), Schedule(time(20, 0))
TOKYO = Schedule(time(7, 30), timezone="Asia/Tokyo")
#: It is the eleventh in Tokyo already, and half past seven there.
LATE = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("schedules", [[MORNING, EVENING], [EVENING, MORNING]])
def test_the_earliest_hour_decides_also_once_all_hours_have_come(schedules: list[Schedule]) -> None:
    found = due(DeliverySettings(), schedules, LATE, date(2026, 3, 10))

    assert found == DueDay(date(2026, 3, 10), datetime(2026, 3, 10, 7, 30, tzinfo=UTC))


@table(
    ("own", "schedules", "expected"),
    [
        (None, [], date(2026, 3, 10)),
        (None, [None], date(2026, 3, 10)),
        (None, [None, TOKYO], date(2026, 3, 11)),
        (None, [MORNING], date(2026, 3, 10)),
        (MORNING, [TOKYO], date(2026, 3, 10)),
        (TOKYO, [MORNING, None], date(2026, 3, 11)),
    ],
)
def test_the_day_that_is_asked_for_now_is_the_one_that_is_due(
    own: Schedule | None, schedules: list[Schedule | None], expected: date
) -> None:
    """An issue made by mail, or a pause, counts the same day as the hour of the profiles does."""
    settings = DeliverySettings(schedule=own)
    found = due(settings, schedules, LATE, local_day(LATE, "UTC"))

    assert today(settings, schedules, LATE, "UTC") == expected
    assert (found.day if found else expected) == expected


@pytest.mark.parametrize(("hours", "is_due"), [(11.9, False), (12, True)])
def test_twelve_hours_are_between_two_issues_with_an_hour(hours: float, is_due: bool) -> None:
    had = DeliverySettings(last_day=date(2026, 3, 9), last_at=LATE - timedelta(hours=hours))

    assert (due(had, [MORNING], LATE, date(2026, 3, 10)) is not None) is is_due


def test_only_an_issue_with_an_hour_waits_for_late_listings() -> None:
    missed = DueDay(date(2026, 3, 2), LATE)
    assert missed.may_wait(LATE + timedelta(minutes=119), timedelta(hours=2))
    assert not missed.may_wait(LATE + timedelta(minutes=120), timedelta(hours=2))
    assert not DueDay(missed.day, LATE, has_hour=False).may_wait(LATE, timedelta(hours=2))


def test_a_pause_holds_from_its_first_day_to_its_last() -> None:
    march = DeliverySettings(paused_from=date(2026, 3, 2), paused_until=date(2026, 3, 9))
    at_once = DeliverySettings(paused_until=date(2026, 3, 9))

    paused = [n for n in range(1, 32) if is_paused(march, date(2026, 3, n))]
    assert paused == [2, 3, 4, 5, 6, 7, 8, 9]
    assert [n for n in range(1, 32) if is_paused(at_once, date(2026, 3, n))] == [1, *paused]
    assert not is_paused(DeliverySettings(), date(2026, 3, 9))


def test_a_pause_is_over_with_its_last_day_where_the_subscriber_lives() -> None:
    settings = DeliverySettings(paused_until=date(2026, 3, 10))
    tokyo = replace(settings, schedule=Schedule(timezone="Asia/Tokyo"))
    evening = datetime(2026, 3, 10, 16, tzinfo=UTC)  # of the 11th there
    assert pause_left(settings, evening, "UTC") == date(2026, 3, 10)
    assert pause_left(settings, evening, "Asia/Tokyo") is None
    assert pause_left(tokyo, evening, "UTC") is None
    assert pause_left(DeliverySettings(), evening, "UTC") is None


@given(
    st.sampled_from(["Europe/Berlin", "America/Nuuk", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.times(),
    st.integers(0, 4 * 365 * 24 * 60),
    st.sampled_from([frozenset(range(7)), frozenset({0}), frozenset({1, 4})]),
)
def test_the_next_issue_is_due_at_its_instant_and_not_before(
    zone: str, at: time, minutes: int, days: frozenset[int]
) -> None:
    """For a reader whose issues so far are made: what is said agrees with what then happens."""
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    wanted = Schedule(at.replace(second=0, microsecond=0, fold=0), zone, days)
    settings = DeliverySettings(last_day=due_day(wanted, now))
    found = next_at(settings, [None, wanted], now)

    assert found is not None
    assert str(found.tzinfo) == zone
    before = found - timedelta(seconds=1)
    assert due(settings, [wanted], found, local_day(found, zone)) is not None
    assert due(settings, [wanted], max(before, now), local_day(before, zone)) is None


def test_the_next_issue_is_after_a_pause_and_twelve_hours_after_the_last() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    paused = DeliverySettings(paused_until=date(2026, 3, 12))
    moved = DeliverySettings(last_day=date(2026, 3, 9), last_at=noon)

    assert next_at(paused, [Schedule()], noon) == datetime(2026, 3, 13, 7, 30, tzinfo=UTC)
    assert next_at(moved, [Schedule(at=time(13))], noon) == noon + timedelta(hours=12)
    assert next_at(moved, [None], noon) is None


def test_what_the_last_issue_put_off_names_the_hour_that_was_meant() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    midnight = noon + timedelta(hours=12)
    moved = DeliverySettings(last_day=date(2026, 3, 9), last_at=noon)
    berlin = Schedule(time(22), "Europe/Berlin")
    asked = [None, Schedule(time(23)), berlin]

    assert put_off_from(moved, asked, midnight) == datetime(2026, 3, 10, 21, tzinfo=UTC)
    assert str(put_off_from(moved, [berlin], midnight)).endswith("22:00:00+01:00")
    assert put_off_from(moved, [Schedule(time(0))], midnight) is None
    assert put_off_from(moved, [Schedule(time(1))], midnight + timedelta(hours=1)) is None
    assert put_off_from(DeliverySettings(), [Schedule()], noon) is None


MORNING = Schedule(time(7, 30))
SUNDAYS = Schedule(time(7, 30), days=frozenset({6}))


def at(month: int, day: int, hour: int = 7, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@table(
    "ago is_wrong",
    [
        (timedelta(hours=26), False),
        (timedelta(hours=26, seconds=1), True),
        (timedelta(0), False),
        (timedelta(hours=-1), False),
    ],
)
def test_a_clock_more_than_26_hours_behind_what_is_stored_is_wrong(
    ago: timedelta, is_wrong: bool
) -> None:
    assert is_behind(at(3, 12) - ago, at(3, 12)) is is_wrong


@table(
    "day is_due",
    [(1, True), (2, False), (7, False), (8, False), (29, False)],
)
def test_a_monthly_issue_is_due_on_the_first_of_its_days(day: int, is_due: bool) -> None:
    monthly = Schedule(time(7, 30), days=frozenset({6}), is_monthly=True)

    assert (due_at(monthly, date(2026, 3, day)) is not None) is is_due
    assert due_at(SUNDAYS, date(2026, 3, 8)) == at(3, 8)


def test_a_month_that_begins_in_a_gap_of_a_zone_has_its_issue_a_week_later() -> None:
    friday = Schedule(time(7), "Pacific/Apia", frozenset({4}), is_monthly=True)

    assert due_at(friday, date(2011, 12, 2)) is not None
    assert [due_at(friday, date(2011, 12, day)) for day in (9, 16, 23, 30)] == [None] * 4


@table(
    "now day",
    [
        (at(4, 1), date(2026, 3, 1)),
        (at(4, 2), None),
        (at(3, 1), date(2026, 3, 1)),
        (at(3, 1, 7, 29), None),
    ],
)
def test_a_missed_issue_is_made_later_for_32_days(now: datetime, day: date | None) -> None:
    monthly = Schedule(time(7, 30), days=frozenset({6}), is_monthly=True)
    assert due_day(monthly, now) == (day or (None if now.month == 4 else date(2026, 2, 1)))


LAST = DeliverySettings(last_day=date(2026, 3, 10), last_at=at(3, 10))


@table(
    "settings schedules expected",
    [
        (DeliverySettings(), [MORNING], datetime(1970, 1, 1, tzinfo=UTC)),
        (DeliverySettings(), [], None),
        (LAST, [MORNING], at(3, 11)),
        (LAST, [SUNDAYS], at(3, 15)),
        (LAST, [SUNDAYS, MORNING], at(3, 11)),
        (replace(LAST, schedule=SUNDAYS), [MORNING], at(3, 15)),
        (replace(LAST, last_at=at(3, 10, 22)), [MORNING], at(3, 11, 10, 30)),
        (replace(LAST, last_at=None), [MORNING], at(3, 11)),
        (replace(LAST, paused_until=date(2026, 3, 20)), [MORNING], at(3, 21)),
        (
            replace(LAST, paused_from=date(2026, 3, 12), paused_until=date(2026, 3, 20)),
            [MORNING],
            at(3, 11),
        ),
        (replace(LAST, paused_until=date.max), [MORNING], None),
        (DeliverySettings(paused_until=date(2026, 3, 9)), [MORNING], at(3, 10)),
        (
            DeliverySettings(paused_from=date(2026, 3, 1), paused_until=date(2026, 3, 9)),
            [MORNING],
            datetime(1970, 1, 1, tzinfo=UTC),
        ),
        (replace(LAST, last_day=date.max), [MORNING], None),
        (replace(LAST, last_day=date.max - timedelta(days=2)), [MORNING], None),
        (LAST, [Schedule(days=frozenset())], None),
    ],
)
def test_before_its_first_instant_no_issue_is_due(
    settings: DeliverySettings, schedules: list[Schedule], expected: datetime | None
) -> None:
    assert due_from(settings, schedules) == expected


@table(
    "settings schedules now expected",
    [
        (DeliverySettings(), [MORNING], at(3, 10, 7, 29), at(3, 10)),
        (DeliverySettings(), [MORNING], at(3, 10), at(3, 11)),
        (DeliverySettings(), [None], at(3, 10), None),
        (DeliverySettings(), [None, SUNDAYS], at(3, 10), at(3, 15)),
        (DeliverySettings(schedule=SUNDAYS), [MORNING], at(3, 10), at(3, 15)),
        (LAST, [MORNING], at(3, 10, 8), at(3, 11)),
        (replace(LAST, last_at=at(3, 10, 22)), [MORNING], at(3, 10, 23), at(3, 11, 10, 30)),
        (replace(LAST, last_day=date(2026, 3, 11)), [MORNING], at(3, 10, 23), at(3, 12)),
        (replace(LAST, paused_until=date(2026, 3, 12)), [MORNING], at(3, 10, 23), at(3, 13)),
        (replace(LAST, paused_until=date.max), [MORNING], at(3, 10), None),
    ],
)
def test_the_next_issue_is_said_with_its_hour(
    settings: DeliverySettings,
    schedules: list[Schedule | None],
    now: datetime,
    expected: datetime | None,
) -> None:
    assert next_at(settings, schedules, now) == expected


@table(
    "has_hour now may_wait",
    [
        (True, at(3, 10, 8, 29), True),
        (True, at(3, 10, 8, 30), False),
        (False, at(3, 10, 8, 0), False),
    ],
)
def test_an_issue_with_an_hour_may_wait_for_late_listings(
    has_hour: bool, now: datetime, may_wait: bool
) -> None:
    found = DueDay(date(2026, 3, 10), at(3, 10), has_hour=has_hour)
    assert found.may_wait(now, timedelta(hours=1)) is may_wait


def test_the_subscribers_day_is_the_latest_of_their_zones() -> None:
    now = datetime(2026, 3, 10, 13, tzinfo=UTC)
    east = Schedule(time(7), "Pacific/Auckland")

    assert today(DeliverySettings(), [], now, "UTC") == date(2026, 3, 10)
    assert today(DeliverySettings(), [None, east], now, "UTC") == date(2026, 3, 11)
    assert today(DeliverySettings(), [None], now, "Pacific/Auckland") == date(2026, 3, 11)
    assert today(DeliverySettings(schedule=MORNING), [east], now, "UTC") == date(2026, 3, 10)
