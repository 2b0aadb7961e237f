"""One issue for each local date, whatever becomes of clocks and zones."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bench._due import HOURS, days, faults
from digest.app import App
from digest.issues.schedule import LEAST_APART, due, due_at, due_day, is_date, is_paused
from digest.model import DeliverySettings, Listing, ListingPage, Schedule
from digest.pipeline import runs
from digest.profiles import parse
from digest.service.tick import tick
from digest.store import Store, schema

from ..apps import app_of, profile
from ..extent import IS_WHOLE, number, some
from ..factories import EIGHT, TUESDAY, WEDNESDAY, listing, paper
from ..fakes import Clock, Newsstand
from ..tables import table

ZONES = sorted(available_timezones() - {"localtime"})

#: Forty that change their clocks, by half an hour, an hour or two, at midnight or in the night.
CHANGING = [
    "Europe/Berlin", "Europe/London", "Europe/Lisbon", "Europe/Paris", "Europe/Kyiv",
    "Europe/Athens", "Europe/Chisinau", "Europe/Dublin", "Europe/Warsaw", "Europe/Helsinki",
    "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/Anchorage", "America/Adak", "America/Halifax", "America/St_Johns", "America/Havana",
    "America/Santiago", "America/Nuuk", "America/Scoresbysund", "America/Miquelon",
    "America/Port-au-Prince", "America/Tijuana", "America/Nassau", "Atlantic/Azores",
    "Atlantic/Bermuda",
    "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Pacific/Norfolk", "Pacific/Easter", "Asia/Beirut", "Asia/Jerusalem",
    "Africa/Cairo", "Africa/Casablanca", "Antarctica/Troll",
]  # fmt: skip


def test_every_zone_has_one_issue_a_date_around_its_changes() -> None:
    """The short form of ``python -m bench due``: all zones, the weeks in which clocks change."""
    weeks = [(date(2026, 3, 27), 4), (date(2026, 10, 23), 4), (date(2026, 4, 3), 3)]
    span = [[*days(first, first + timedelta(days=n))] for first, n in weeks]
    found = [
        fault
        for zone in ZONES
        for at in HOURS[::2]
        for each in span
        for fault in faults(zone, at, each, thorough=False)
    ]

    assert found == []


@table("zone", CHANGING)
def test_what_a_tick_finds_is_the_date_and_not_its_neighbour(zone: str) -> None:
    span = [*days(date(2026, 3, 7), date(2026, 3, 30)), date(2026, 3, 31)]

    assert list(faults(zone, time(2, 30), span, thorough=True)) == []
    assert list(faults(zone, time(0, 0), span, thorough=True)) == []


def test_a_date_that_there_never_was_has_none() -> None:
    span = list(days(date(2011, 12, 25), date(2012, 1, 5)))

    assert list(faults("Pacific/Apia", time(7, 30), span, thorough=True)) == []
    assert [d for d in span if not is_date(d, "Pacific/Apia")] == [date(2011, 12, 30)]


# ── schedules ──


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (frozenset(range(7)), date(2026, 3, 1)),
        (frozenset(range(5)), date(2026, 3, 2)),
        (frozenset({4}), date(2026, 3, 6)),
    ],
)
def test_a_monthly_issue_comes_on_the_first_of_its_days(
    days: frozenset[int], expected: date
) -> None:
    monthly = Schedule(days=days, is_monthly=True)
    march = [date(2026, 3, n) for n in range(1, 32)]

    assert [day for day in march if due_at(monthly, day)] == [expected]


def test_a_monthly_issue_that_was_missed_is_made_up_for_weeks_later() -> None:
    monthly = Schedule(is_monthly=True)

    assert due_day(monthly, datetime(2026, 3, 31, 12, tzinfo=UTC)) == date(2026, 3, 1)


# ── what a subscriber is due ──

DAILY = Schedule(time(7, 30), "UTC")


def asked(settings: DeliverySettings, now: str, *schedules: Schedule | None) -> date | None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = due(settings, schedules or (DAILY,), at, at.date())
    return found.day if found else None


def had(day: date, at: str, **fields: object) -> DeliverySettings:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    return replace(DeliverySettings(last_day=day, last_at=instant), **fields)  # type: ignore[arg-type]


def test_an_outage_is_made_up_for_by_one_issue() -> None:
    settings = had(date(2026, 3, 1), "2026-03-01T07:30")

    assert asked(settings, "2026-03-10T09:00") == date(2026, 3, 10)
    assert asked(settings, "2026-03-10T07:00") == date(2026, 3, 9)


def test_a_clock_that_was_set_back_brings_no_second_issue() -> None:
    settings = had(date(2026, 3, 10), "2026-03-10T07:30")

    assert asked(settings, "2026-03-10T05:30") is None
    assert asked(settings, "2026-03-10T07:30") is None
    assert asked(settings, "2026-03-11T07:30") == date(2026, 3, 11)


def test_a_clock_that_was_a_day_ahead_costs_no_issue_but_that_days() -> None:
    ahead = had(date(2026, 3, 11), "2026-03-11T07:30")

    assert asked(ahead, "2026-03-10T08:00") is None
    assert asked(ahead, "2026-03-12T07:30") == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("old", "new"),
    [("America/Los_Angeles", "Asia/Tokyo"), ("Asia/Tokyo", "America/Los_Angeles"),
     ("Pacific/Kiritimati", "Pacific/Midway"), ("Europe/Berlin", "UTC")],
)  # fmt: skip
def test_who_moves_to_another_zone_waits_twelve_hours_at_least(old: str, new: str) -> None:
    before, after = Schedule(time(7, 30), old), Schedule(time(7, 30), new)
    first = due_at(before, TUESDAY)
    assert first is not None
    settings, issues = DeliverySettings(last_day=TUESDAY, last_at=first), [(TUESDAY, first)]
    for hour in range(1, 24 * 5):
        now = first + timedelta(hours=hour)
        found = due(settings, [after], now, now.date())
        if found:
            issues.append((found.day, now))
            settings = DeliverySettings(last_day=found.day, last_at=found.at)

    assert all(b[1] - a[1] >= LEAST_APART for a, b in pairwise(issues))
    assert all(b[0] > a[0] for a, b in pairwise(issues))
    assert len(issues) >= 4


def test_a_pause_has_no_issues_and_ends_with_one() -> None:
    settings = had(
        date(2026, 3, 1), "2026-03-01T07:30",
        paused_from=date(2026, 3, 2), paused_until=date(2026, 3, 9),
    )  # fmt: skip

    assert [asked(settings, f"2026-03-{n:02d}T08:00") for n in range(2, 10)] == [None] * 8
    assert asked(settings, "2026-03-10T08:00") == date(2026, 3, 10)
    assert not is_paused(settings, date(2026, 3, 1))


def test_a_subscribers_own_hour_counts_more_than_their_profiles() -> None:
    own = DeliverySettings(schedule=Schedule(time(20, 0)))

    assert asked(own, "2026-03-10T19:59") == date(2026, 3, 9)
    assert asked(own, "2026-03-10T20:00") == date(2026, 3, 10)


def test_of_several_profiles_the_earliest_hour_decides() -> None:
    evening = Schedule(time(20, 0))

    assert asked(had(date(2026, 3, 9), "2026-03-09T07:30"), "2026-03-10T08:00", evening, DAILY) == (
        TUESDAY
    )


def test_who_has_no_hour_is_due_at_any_time_once_a_day() -> None:
    assert due(DeliverySettings(), [None], EIGHT, TUESDAY) is not None
    assert due(DeliverySettings(last_day=TUESDAY), [None], EIGHT, TUESDAY) is None
    assert (
        due(DeliverySettings(last_day=TUESDAY, last_at=EIGHT), [None], EIGHT, WEDNESDAY) is not None
    )


def test_a_zone_whose_rules_change_still_has_one_issue_a_date(tmp_path: Path) -> None:
    """A new tzdata moves the instant; the date is what is remembered."""
    winter = had(date(2026, 3, 10), "2026-03-10T07:30")

    for zone in ("UTC", "Etc/GMT-1", "Etc/GMT+1"):
        moved = Schedule(time(7, 30), zone)
        now = datetime(2026, 3, 10, 12, tzinfo=UTC)
        assert due(winter, [moved], now, now.date()) is None


@given(
    st.sampled_from(CHANGING),
    st.lists(st.integers(-120, 30 * 24 * 60), min_size=5, max_size=60),
)
def test_whatever_the_clock_does_dates_only_grow(zone: str, jumps: list[int]) -> None:
    """Jumps from two hours back to thirty days on, in minutes."""
    schedule, settings = Schedule(time(2, 30), zone), DeliverySettings()
    now, seen = datetime(2026, 3, 1, tzinfo=UTC), list[date]()
    for jump in jumps:
        now += timedelta(minutes=jump)
        found = due(settings, [schedule], now, now.date())
        if found:
            seen.append(found.day)
            settings = DeliverySettings(last_day=found.day, last_at=found.at)

    assert seen == sorted(set(seen))


# ── the service on a simulated clock ──


def hourly(now: Clock) -> object:
    """A source whose list has one paper more each hour, or every sixth."""

    def read(_listing: Listing, day: date) -> ListingPage:
        hours = range(0, now().hour + 1 if now().date() == day else 24, number(6, whole=1))
        papers = tuple(paper(f"{day:%m%d}{n:02d}") for n in hours)
        return ListingPage(papers, entries=len(papers), batch=day)

    return read


HOURS_OF = (time(2, 30), time(0, 0), time(23, 30), time(7, 30))
#: Minutes from one tick to the next, at least and at most.
PAUSE = (20, 60) if IS_WHOLE else (300, 600)
#: The zones of its subscribers.
SERVED = some(CHANGING, 4)


def service(store: Store, clock: Clock) -> App:
    """A service with a subscriber in each zone, at the hours that change."""
    profiles = []
    for place, zone in enumerate(SERVED):
        schedule = f'{{at: "{HOURS_OF[place % 4]:%H:%M}", timezone: {zone}}}'
        to = f"reader{place}@example.org"
        profiles.append(profile(f"p{place}", to=to, schedule=schedule))
    return app_of(store, *profiles, listings=[listing()], now=clock, source=hourly(clock))


def issues(store: Store) -> dict[str, list[date]]:
    """The days that each address had, in the order in which they came."""
    table, people = schema.issues, schema.subscribers
    found: dict[str, list[date]] = {}
    with store.begin() as tx:
        query = select(people.c.address, table.c.day).order_by(table.c.id)
        query = query.join(people, people.c.id == table.c.subscriber_id)
        for subscriber, day in tx.execute(query):
            found.setdefault(subscriber, []).append(day)
    return found


# The change in spring is among the jumps of the next test, too, and in that of every zone.
@pytest.mark.parametrize("first", some(["2026-10-24T00:00Z", "2026-03-28T00:00Z"], 1))
def test_a_service_that_is_restarted_mails_each_date_once_in_every_zone(
    lite: Store, first: str
) -> None:
    start = datetime.fromisoformat(first)
    clock, chance = Clock(start), random.Random(7)
    app = service(lite, clock)
    while clock() < start + timedelta(days=number(2, whole=3)):
        tick(app)
        last_tick = clock()
        clock.forward(minutes=chance.randint(*PAUSE))
        if chance.random() < 0.1:
            app = service(lite, clock)

    found = issues(lite)
    assert len(found) == len(SERVED)
    for place, zone in enumerate(SERVED):
        had = found[f"reader{place}@example.org"]
        assert had == [had[0] + timedelta(days=n) for n in range(len(had))], zone
        assert had[-1] == due_day(Schedule(HOURS_OF[place % 4], zone), last_tick), zone
        assert had[0] <= start.date() + timedelta(days=1), zone


#: In hours.
JUMPS = (1, 8, -2, 12, 24 * 3, -1, 12, 24 * 30, 12, 1) if IS_WHOLE else (8, -2, 12, 24 * 30, -1, 12)


def test_a_service_whose_clock_jumps_mails_no_date_twice_and_catches_up_once(lite: Store) -> None:
    clock, chance = Clock(datetime(2026, 3, 28, tzinfo=UTC)), random.Random(3)
    app = service(lite, clock)
    tick(app)
    for jump in JUMPS:
        before = {subscriber: len(days_had) for subscriber, days_had in issues(lite).items()}
        clock.forward(hours=jump, minutes=chance.randint(0, 30))
        tick(app)
        after = issues(lite)
        assert all(len(after[r]) - before.get(r, 0) <= 1 for r in after), jump

    for days_had in issues(lite).values():
        assert days_had == sorted(set(days_had))


# ── days on which nothing matched ──


def test_a_quiet_day_brings_what_its_subscriber_asked_for(store: Store) -> None:
    expected = {"nothing": 0, "line": 7, "weekly": 1}
    wanting = [profile(quiet, to=f"{quiet}@example.org", any="[bees]") for quiet in expected]
    app = app_of(store, *wanting, listings=[listing()])
    clock: Clock = app.now  # type: ignore[assignment]
    stand: Newsstand = app.source  # type: ignore[assignment]
    made = 0
    for day in range(7):
        stand.lay_out("daily", app.day, paper(day))
        app.composer.enrol()
        with store.begin() as tx:
            people = schema.subscribers
            for quiet in expected:
                asked = people.update().where(people.c.address == f"{quiet}@example.org")
                tx.execute(asked.values(quiet=quiet))
        made += runs.run(app, list(app.listings.values())).issues
        clock.forward(days=1)

    assert made == sum(expected.values())
    had = issues(store)
    assert {quiet: len(had.get(f"{quiet}@example.org", ())) for quiet in expected} == expected


# ── waiting for listings ──


def waiting_app(store: Store) -> App:
    at_seven = profile("alice", schedule='{at: "07:30", timezone: UTC}')
    clock = Clock(datetime(2026, 3, 10, 7, 30, tzinfo=UTC))
    return app_of(store, at_seven, listings=[listing()], now=clock, wait=timedelta(hours=2))


def test_an_issue_waits_for_its_listings_and_then_goes_with_what_there_is(store: Store) -> None:
    app = waiting_app(store)
    clock: Clock = app.now  # type: ignore[assignment]
    stand: Newsstand = app.source  # type: ignore[assignment]
    assert runs.run(app, list(app.listings.values())).issues == 0
    clock.forward(minutes=30)
    stand.lay_out("daily", TUESDAY, paper(1))

    assert runs.run(app, list(app.listings.values())).issues == 1


def test_a_listing_that_does_not_come_holds_an_issue_up_for_two_hours_at_most(store: Store) -> None:
    app = waiting_app(store)
    clock: Clock = app.now  # type: ignore[assignment]
    stand: Newsstand = app.source  # type: ignore[assignment]
    app.listings = {**app.listings, "late": listing("late")}
    stand.lay_out("daily", TUESDAY, paper(1))
    made = []
    for _ in range(5):
        made.append(runs.run(app, list(app.listings.values())).issues)
        clock.forward(minutes=30)

    assert made == [0, 0, 0, 0, 1]


@table(
    ("written", "days", "is_monthly"),
    [
        ("daily", frozenset(range(7)), False),
        ("weekly", frozenset({0}), False),
        ("monthly", frozenset(range(7)), True),
        ("[monthly, mon]", frozenset({0}), True),
        ("[monthly, weekdays]", frozenset(range(5)), True),
    ],
)
def test_days_as_they_are_written(written: str, days: frozenset[int], is_monthly: bool) -> None:
    found = parse(f"schedule: {{days: {written}}}\nany: [x]\n", "x.yaml").schedule

    assert found == Schedule(days=days, is_monthly=is_monthly)


def test_a_zone_that_is_not_known_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match="1:35: unknown time zone"):
        parse("schedule: {at: '07:30', timezone: Mars/Base}\nany: [x]\n", "x.yaml")


def test_the_hour_on_the_wall_is_what_was_asked_for() -> None:
    at = due_at(Schedule(time(7, 30), "Europe/Berlin"), date(2026, 7, 1))
    assert at is not None
    assert at.astimezone(ZoneInfo("Europe/Berlin")).time() == time(7, 30)
