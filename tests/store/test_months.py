"""Months of mails and contents on PostgreSQL: made ahead, dropped at once, and never in the way."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from digest.model import DeliveryState, Notice
from digest.pipeline import runs, vacuum
from digest.service.tick import tick
from digest.store import Store, clock_repair, months, outbox, retention, schema, settings
from digest.store.backup import FENCE, HOME
from digest.store.turn import home

from ..apps import app_of
from ..databases import both
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import Clock, Newsstand
from .test_store import of_an_earlier_version

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
MAILS, CONTENTS = months.TABLES

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

#: Of March and its mails nothing is kept then.
LATER = datetime(2026, 4, 2, tzinfo=UTC)


def mailed(store: Store, day: date, **mail: object) -> int:
    """An issue of that day and its mail, which was sent that morning; its number."""
    at = datetime.combine(day, time(8), UTC)
    with store.begin() as tx:
        people = select(schema.subscribers.c.id)
        id = tx.execute(people).scalar()
        if id is None:
            fresh = schema.subscribers.insert().values(address="a@b", folded="a@b")
            id = tx.execute(fresh.returning(schema.subscribers.c.id)).scalar_one()
        made = {"subscriber_id": id, "day": day, "made_at": at}
        issue = tx.execute(
            schema.issues.insert().values(made).returning(schema.issues.c.id)
        ).scalar_one()
        own = {"issue_id": issue, "day": day}
        tx.execute(CONTENTS.insert().values({**own, "content": {"sections": []}}))
        sent = {"state": DeliveryState.SENT, "settled_at": at, "created_at": at, "not_before": at}
        tx.execute(MAILS.insert().values({**own, "subscriber_id": id, **sent, **mail}))
        people_now = update(schema.subscribers).values(last_issue_id=issue)
        tx.execute(people_now)
    return int(issue)


def made(store: Store, *wanted: date) -> None:
    with store.begin() as tx:
        months.make(tx, wanted)


def known(store: Store) -> list[list[date]]:
    with store.begin() as tx:
        return [months.known(tx, table) for table in months.TABLES]


def days(store: Store) -> tuple[list[date], list[date]]:
    """The days of the mails and the contents that are kept."""
    with store.begin() as tx:
        mails, contents = (
            list(tx.execute(select(table.c.day).order_by(table.c.day)).scalars())
            for table in months.TABLES
        )
        return mails, contents


def taken(store: Store, kind: str, before: datetime = LATER) -> list[int]:
    """How many rows each step takes out, which is what was counted before."""
    with store.begin() as tx:
        expected, steps = retention.count(tx, kind, before), list[int]()
    while not steps or steps[-1]:
        with store.begin() as tx:
            steps.append(retention.take_out(tx, kind, before))
    assert sum(steps) == expected
    return steps[:-1]


@both
def test_a_second_mail_of_an_issue_is_refused_in_any_month(store: Store) -> None:
    made(store, MARCH, APRIL)
    issue = mailed(store, TUESDAY)
    again = {"subscriber_id": 1, "state": "queued", "created_at": EIGHT, "not_before": EIGHT}

    for day in (TUESDAY, date(2026, 4, 10), date(2026, 6, 10)):
        with pytest.raises(IntegrityError), store.begin() as tx:
            subscriber = select(schema.subscribers.c.id).scalar_subquery()
            row = {**again, "subscriber_id": subscriber, "issue_id": issue, "day": day}
            tx.execute(MAILS.insert().values(row))

    assert days(store) == ([TUESDAY], [TUESDAY])


@on_postgresql
def test_a_month_goes_at_once_when_all_of_it_is_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST", 2)
    made(store, MARCH, APRIL)
    for number in range(5):
        mailed(store, TUESDAY + timedelta(number))
    mailed(store, APRIL)
    with store.begin() as tx:
        tx.execute(schema.sent.insert().values(subscriber_id=1, span=0, papers=b"1234"))

    for kind in ("mails", "contents of issues"):
        assert taken(store, kind, datetime(2026, 4, 1, 23, tzinfo=UTC)) == []
        assert taken(store, kind) == [5]

    assert days(store) == ([APRIL], [APRIL])
    assert known(store) == [[APRIL], [APRIL]]
    with store.begin() as tx:
        assert tx.execute(select(schema.sent.c.papers)).scalars().all() == [b"1234"]
        assert tx.execute(select(func.count()).select_from(schema.issues)).scalar() == 6


@on_postgresql
@pytest.mark.parametrize(
    "mail",
    [
        {"state": DeliveryState.IN_DOUBT},
        {"state": DeliveryState.QUEUED, "settled_at": None},
        {"settled_at": datetime(2026, 4, 20, tzinfo=UTC)},
        {"not_before": datetime(2026, 4, 20, tzinfo=UTC)},
    ],
)
def test_a_month_with_a_mail_that_is_not_over_goes_without_it(
    store: Store, mail: dict[str, object]
) -> None:
    made(store, MARCH)
    for number in range(3):
        mailed(store, TUESDAY + timedelta(number))
    owed = TUESDAY + timedelta(3)
    mailed(store, owed, **mail)

    assert taken(store, "mails") == [3]
    assert taken(store, "contents of issues") == [3]

    assert days(store) == ([owed], [owed])
    assert known(store) == [[MARCH], [MARCH]]


@on_postgresql
def test_a_month_stays_in_which_papers_wait(store: Store) -> None:
    made(store, MARCH)
    mailed(store, TUESDAY)
    last = mailed(store, TUESDAY + timedelta(1))
    with store.begin() as tx:
        one = update(schema.issues).where(schema.issues.c.id == last)
        tx.execute(one.values(has_waiting=True))

    assert taken(store, "mails") == [2]
    assert taken(store, "contents of issues") == [1]
    mailed(store, MAY)
    assert taken(store, "contents of issues") == [1]
    assert known(store) == [[], []]


@on_postgresql
def test_who_is_at_work_is_not_waited_for(store: Store, database: str) -> None:
    """200 milliseconds at most: meanwhile rows go one by one, and no month is made."""
    assert months.PATIENCE == "200ms"
    made(store, MARCH)
    mailed(store, TUESDAY)
    mailed(store, date(2026, 4, 10))
    with closing(Store(database)) as other, other.begin() as tx:
        tx.execute(update(MAILS).where(MAILS.c.day == date(2026, 4, 10)).values(attempts=1))
        assert taken(store, "mails") == [1]
        made(store, MAY)
        assert known(store) == [[MARCH], [MARCH, MAY]]

    assert taken(store, "mails") == []
    made(store, MAY)
    assert known(store) == [[MAY], [MARCH, MAY]]


@on_postgresql
def test_several_processes_make_the_same_month_at_once(store: Store, database: str) -> None:
    barrier, failed = Barrier(4), list[Exception]()

    def race() -> None:
        with closing(Store(database)) as own:
            barrier.wait()
            try:
                made(own, MARCH)
            except Exception as error:
                failed.append(error)

    threads = [Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert known(store) == [[MARCH], [MARCH]]


@on_postgresql
def test_a_month_that_is_missing_holds_up_nothing(store: Store) -> None:
    """Its rows are in the rest, and go one by one."""
    mailed(store, TUESDAY)
    made(store, MARCH, APRIL)
    assert known(store) == [[APRIL], [APRIL]]

    assert taken(store, "mails", datetime(2026, 3, 11, tzinfo=UTC)) == [1]
    assert taken(store, "contents of issues", datetime(2026, 3, 11, tzinfo=UTC)) == [1]


@on_postgresql
def test_the_service_makes_this_month_and_the_next_of_many_mails(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = timedelta(days=365)
    app = app_of(store, listings=[listing()], now=Clock(EIGHT), keep=year)
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", app.day, paper(1))
    tick(app)
    assert known(store) == [[], []]
    assert months.MANY == 10_000_000
    monkeypatch.setattr(months, "MANY", 1)
    app.now.forward(days=1)  # type: ignore[attr-defined]
    with store.begin() as tx:
        tx.execute(text("ANALYZE deliveries_rest"))
    tick(app)
    assert known(store) == [[APRIL], [APRIL]]  # of March there was something

    monkeypatch.setattr(months, "MANY", 10)
    app.now.forward(days=23)  # type: ignore[attr-defined]
    stand.lay_out("daily", app.day, paper(2))
    tick(app)
    assert known(store) == [[APRIL, MAY], [APRIL, MAY]]
    with store.begin() as tx:
        counted = select(func.count()).select_from(months.of(MAILS, APRIL))
        assert tx.execute(counted).scalar() == 1


@on_postgresql
def test_a_mail_in_a_month_is_delivered_and_a_day_that_is_mended_moves_it(store: Store) -> None:
    made(store, MARCH, APRIL)
    app = app_of(store, listings=[listing()], now=Clock(EIGHT + timedelta(days=30)))
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", app.day, paper(1))
    runs.run(app, list(app.listings.values()))
    assert [row[0].month for row in days(store)] == [4, 4]

    with store.begin() as tx:
        clock_repair.repair_dates(tx, EIGHT, TUESDAY)
    assert days(store) == ([TUESDAY - timedelta(1)],) * 2
    with store.begin() as tx:
        for table in months.TABLES:
            kept = select(func.count()).select_from(months.of(table, MARCH))
            assert tx.execute(kept).scalar() == 1
        [id] = tx.execute(select(MAILS.c.id)).scalars()
        assert outbox.read_delivery(tx, id).content is not None


@on_postgresql
def test_rows_of_an_earlier_version_are_led_over_to_their_months(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the database is not taken for one that was put back."""
    monkeypatch.setattr(months, "MANY", 2)
    with of_an_earlier_version(database, "0020") as (tx, _):
        tx.exec_driver_sql("INSERT INTO subscribers (id, address, folded) VALUES (1, 'a', 'a')")
        for number, day in enumerate(("2026-03-10", "2026-04-01"), 1):
            tx.exec_driver_sql(
                "INSERT INTO issues (id, subscriber_id, day, made_at, content)"
                f" VALUES ({number}, 1, '{day}', '{day} 08:00+00', '')"
            )
            tx.exec_driver_sql(
                "INSERT INTO deliveries (issue_id, subscriber_id, state, created_at, not_before)"
                f" VALUES ({number}, 1, 'queued', '{day} 08:00+00', '{day} 08:00+00')"
            )
        settings.keep_setting(tx, HOME, home(tx))
    with closing(Store(database)) as store:
        store.migrate()
        assert known(store) == [[MARCH, APRIL], [MARCH, APRIL]]
        with store.begin() as tx:
            for table in months.TABLES:
                assert tx.execute(
                    select(table.c.issue_id).order_by("issue_id")
                ).scalars().all() == [
                    1,
                    2,
                ]
                counted = text(f"SELECT count(*) FROM {months.of(table, MARCH).name}")
                assert tx.execute(counted).scalar() == 1
            assert settings.setting(tx, FENCE) is None
            assert outbox.counts(tx) == {DeliveryState.QUEUED: 2}
            [first, second] = tx.execute(select(MAILS.c.id).order_by(MAILS.c.id)).scalars()
            one = Notice(kind="help", recipient="a@b", made_at=EIGHT, values={})
            assert [first, second, outbox.queue_notice(tx, one)] == [1, 2, 3]


def test_the_largest_year_has_months() -> None:
    """A year that is kept, this month, the next one and two that are about to go."""
    assert months.MOST == 24
    assert months.after(months.first_of(date(2026, 1, 31))) == date(2026, 2, 1)
    assert months.after(date(2026, 12, 1)) == date(2027, 1, 1)


def test_sqlite_has_none(lite: Store) -> None:
    mailed(lite, TUESDAY)
    made(lite, MARCH)

    assert known(lite) == [[], []]
    assert taken(lite, "mails", datetime(2026, 3, 11, tzinfo=UTC)) == [1]
    assert vacuum.STEPS_A_TICK == 20
