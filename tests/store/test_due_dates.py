"""When an issue is due, as it is stored: always what computing it for everybody says."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from digest.app import App
from digest.issues import schedule
from digest.issues.schedule import EVER, due, due_from
from digest.model import DeliverySettings, Profile, Schedule, SubscriberState
from digest.pipeline import clock as clocks
from digest.pipeline import runs
from digest.store import Store, due_dates, privacy, schema, signups, subscribers, unread
from digest.store.backup import fence
from digest.store.subscribers import Consent

from ..apps import app_of, profile
from ..extent import number, pairs
from ..factories import EIGHT, listing, paper
from ..fakes import Clock, Newsstand

ZONES = ("UTC", "Pacific/Apia", "Pacific/Pago_Pago", "Europe/Berlin", "Australia/Lord_Howe")
PEOPLE = [f"reader{number}@example.org" for number in range(4)]

_days = st.dates(date(2026, 2, 20), date(2026, 4, 20))
_schedules = st.builds(
    Schedule,
    st.sampled_from([time(0), time(2, 30), time(7, 30), time(23, 30)]),
    st.sampled_from(ZONES),
    st.sampled_from([frozenset(range(7)), frozenset({0}), frozenset({2, 4})]),
    st.booleans(),
)
_instants = st.integers(0, 60 * 24 * 60).map(
    lambda minutes: datetime(2026, 2, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)
_settings = st.builds(
    DeliverySettings,
    last_day=st.none() | _days,
    last_at=st.none() | _instants,
    schedule=st.none() | _schedules,
    paused_from=st.just(date.min) | _days,
    paused_until=st.none() | _days,
)


@given(_settings, st.lists(_schedules, min_size=1, max_size=3), _instants)
def test_nothing_is_due_before_the_instant_that_is_stored(
    settings: DeliverySettings, schedules: list[Schedule], now: datetime
) -> None:
    first = due_from(settings, schedules)

    if due(settings, schedules, now, now.date()) is not None:
        assert first is not None
        assert first <= now


@given(_schedules, st.none() | _days)
def test_at_that_instant_an_issue_is_due(wanted: Schedule, last_day: date | None) -> None:
    settings = DeliverySettings(last_day=last_day)
    first = due_from(settings, [wanted])

    assert first is not None
    assert first == EVER or due(settings, [wanted], first, first.date()) is not None


def test_a_pause_without_an_end_is_never_due() -> None:
    settings = DeliverySettings(paused_from=date.min, paused_until=date.max)

    assert due_from(settings, [Schedule()]) is None
    assert due_from(DeliverySettings(), []) is None


def computed(app: App) -> dict[int, tuple[datetime | None, bool]]:
    """When the next issue of everybody is due, and whether one is now, without what is stored."""
    now, hour = app.now(), app.schedule or Schedule()
    today = schedule.local_day(now, app.timezone)
    found: dict[int, tuple[datetime | None, bool]] = {}
    with app.store.begin() as tx:
        people = list(unread.subscribers(tx))
    for subscriber, settings in people:
        live = [app.profiles[slug] for slug in subscriber.profiles]
        schedules = [each.schedule or app.schedule for each in live]
        is_due = bool(schedules) and due(settings, schedules, now, today) is not None
        at = due_from(settings, [each.schedule or hour for each in live])
        found[subscriber.id] = (at, is_due)
    return found


def stored(app: App) -> dict[int, tuple[datetime | None, bool]]:
    """The same as it is stored, and asked for."""
    table = schema.subscribers
    with app.store.begin() as tx:
        rows = tx.execute(select(table.c.id, table.c.due_at, table.c.state)).all()
    due_now = {each.subscriber.id for each in app.composer.due_issues()}
    silent = [row for row in rows if row.due_at is None]
    assert all(row.id not in due_now for row in silent)
    with app.store.begin() as tx:
        served = {subscriber.id for subscriber, _ in unread.subscribers(tx)}
    assert all(row.due_at is None for row in rows if row.id not in served)
    return {row.id: (row.due_at, row.id in due_now) for row in rows if row.id in served}


class Life:
    """A digest to which anything may happen that changes when an issue is due."""

    def __init__(
        self, store: Store, chance: random.Random, clock: Clock, hour: Schedule | None
    ) -> None:
        self.chance, self.clock = chance, clock
        self.app = app_of(
            store, self.profile(), listings=[listing()], now=self.clock, schedule=hour
        )
        self.deeds: list[Callable[[], object]] = [
            *[self.tick] * 6, self.edit, self.edit, self.pause, self.pause, self.resume, self.own,
            self.own, self.stop, self.start, self.sign_up, self.erase, self.restored, self.repair,
            self.clock_back, self.process,
        ]  # fmt: skip

    def schedule(self) -> Schedule:
        at = time(self.chance.randrange(24), self.chance.choice([0, 30]))
        days = self.chance.choice([range(7), range(5), [self.chance.randrange(7)]])
        return Schedule(at, self.chance.choice(ZONES), frozenset(days), self.chance.random() < 0.2)

    def profile(self) -> Profile:
        keys = {"to": f"[{', '.join(self.chance.sample(PEOPLE, self.chance.randint(1, 3)))}]"}
        slug = self.chance.choice(["one", "two", "three"])
        if self.chance.random() < 0.7:
            at = self.schedule()
            keys["schedule"] = f'{{at: "{at.at:%H:%M}", timezone: {at.timezone}}}'
        return profile(slug, **keys)

    def consent(self) -> Consent:
        return Consent(now=self.clock())

    def who(self) -> int:
        with self.app.store.begin() as tx:
            ids = tx.execute(select(schema.subscribers.c.id)).scalars().all()
        return self.chance.choice(ids)

    def tick(self) -> None:
        self.clock.forward(minutes=self.chance.choice([10, 300, 1440, 5 * 1440]))
        stand: Newsstand = self.app.source  # type: ignore[assignment]
        stand.lay_out("daily", self.app.day, paper(self.app.day.toordinal() % 10_000))
        runs.run(self.app, list(self.app.listings.values()))

    def edit(self) -> None:
        made = self.profile()
        live = dict(self.app.profiles)
        if len(live) > 1 and self.chance.random() < 0.3:
            del live[self.chance.choice(sorted(live))]
        else:
            live[made.slug] = made
        self.app.live_profiles.profiles = live
        runs.run(self.app, [])

    def pause(self) -> None:
        today = self.clock().date()
        first = self.chance.choice([None, today, today + timedelta(days=3)])
        until = today + timedelta(days=self.chance.randint(0, 40))
        id = self.who()
        with self.app.store.begin() as tx:
            subscribers.pause(tx, id, until, self.consent(), beginning=first)

    def resume(self) -> None:
        id = self.who()
        with self.app.store.begin() as tx:
            subscribers.resume(tx, id, self.consent())

    def own(self) -> None:
        id, wanted = self.who(), self.schedule() if self.chance.random() < 0.7 else None
        with self.app.store.begin() as tx:
            subscribers.set_schedule(tx, id, wanted, self.consent())

    def stop(self) -> None:
        id = self.who()
        with self.app.store.begin() as tx:
            subscribers.stop(tx, id, "unsubscribed", self.consent())

    def start(self) -> None:
        with self.app.store.begin() as tx:
            for id in tx.execute(select(schema.subscribers.c.id)).scalars().all():
                subscribers.start_again(tx, id, self.consent())

    def sign_up(self) -> None:
        with self.app.store.begin() as tx:
            address, at = self.chance.choice(PEOPLE), self.schedule()
            found = signups.sign_up(tx, address, self.consent(), schedule=at)
            if self.chance.random() < 0.7:
                signups.confirm(tx, found.sign_up.id, self.consent(), self.clock().date())

    def erase(self) -> None:
        id = self.who()
        if self.chance.random() < 0.3:
            with self.app.store.begin() as tx:
                privacy.erase(tx, id, self.clock())

    def restored(self) -> None:
        with self.app.store.begin() as tx:
            fence(tx)
        runs.run(self.app, [])

    def repair(self) -> None:
        if self.chance.random() < 0.3:
            self.clock.forward(days=-20)
            clocks.accept_clock(self.app.store, self.clock(), "UTC")

    def clock_back(self) -> None:
        """Run with an earlier ``--now``."""
        self.clock.forward(hours=-self.chance.randint(1, 20))
        runs.run(self.app, [])

    def process(self) -> None:
        """End the process; the next one may have another hour of the operator's."""
        self.app.has_enrolled = False
        if self.app.schedule:
            self.app.schedule = self.schedule()
        runs.run(self.app, [])


@pytest.mark.parametrize(("database", "hour"), pairs([None, Schedule()]), indirect=["database"])
def test_what_is_stored_is_what_computing_it_for_all_says_after_any_change(
    store: Store, hour: Schedule | None
) -> None:
    chance, seen = random.Random(11), set[str]()
    life = Life(store, chance, Clock(EIGHT), hour)
    runs.run(life.app, [])
    # Each once, in any order, and then as chance has it.
    first = [*dict.fromkeys(life.deeds)]
    chance.shuffle(first)
    for _ in range(number(16, whole=400)):
        deed = first.pop() if first else chance.choice(life.deeds)
        try:
            deed()
        except clocks.ClockError:
            clocks.accept_clock(store, life.clock(), "UTC")
        seen.add(deed.__name__)
        assert stored(life.app) == computed(life.app), deed.__name__

    assert seen == {deed.__name__ for deed in life.deeds}


def test_a_database_without_instants_gets_them_with_the_first_run(store: Store) -> None:
    app = app_of(store, listings=[listing()], schedule=Schedule())
    runs.run(app, [])
    with store.begin() as tx:
        tx.execute(schema.subscribers.update().values(due_at=None))
    runs.run(app_of(store, listings=[listing()], schedule=Schedule()), [])

    assert stored(app) == computed(app)


def test_a_subscriber_who_is_not_active_is_never_due(store: Store) -> None:
    with store.begin() as tx:
        found = subscribers.add_pending(tx, PEOPLE[0], EIGHT)
        assert due_dates.refresh(tx, [found.id]) == 0
        assert found.state is SubscriberState.PENDING


def test_who_was_erased_and_signs_up_again_gets_the_files_that_name_them(store: Store) -> None:
    app = app_of(store, profile(to=PEOPLE[0]), listings=[listing()], schedule=Schedule())
    runs.run(app, [])
    with store.begin() as tx:
        privacy.erase(tx, 1, EIGHT)
    runs.run(app, [])
    with store.begin() as tx:
        assert list(unread.subscribers(tx)) == []
        found = signups.sign_up(tx, PEOPLE[0], Consent(now=EIGHT))
        signups.confirm(tx, found.sign_up.id, Consent(now=EIGHT), EIGHT.date())
    runs.run(app, [])
    with store.begin() as tx:
        [(subscriber, _)] = unread.subscribers(tx)
    assert subscriber.profiles == ("sparse",)
    assert stored(app) == computed(app)
