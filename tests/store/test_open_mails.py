"""Mails that have not ended, found by indexes of their own: none is missing, and few looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select

from digest.model import DeliveryState
from digest.store import Store, Transaction, months, outbox, schema
from digest.store.leases import Worker

from ..databases import both
from .test_store import of_an_earlier_version

NOW = datetime(2026, 3, 12, 8, tzinfo=UTC)
MAILS = schema.deliveries


def a_mail(state: str, kind: str = "issue", *, day: datetime = NOW) -> dict[str, Any]:
    at = {"day": day.date(), "created_at": NOW, "not_before": NOW}
    return {"state": state, "kind": kind, "settled_at": NOW if state in schema.ENDS else None, **at}


def one_of_each() -> list[dict[str, Any]]:
    """A mail in each state, of an issue and a notice."""
    return [a_mail(state, kind) for state in DeliveryState for kind in ("issue", "alarm")]


def found(tx: Transaction, *, notices: bool) -> set[tuple[str, str]]:
    """The kinds and states of the mails that are leased from a queue, which are those due."""
    due = outbox.due(tx, NOW, notices=notices)
    assert outbox.lease(tx, Worker(1), NOW, 99, notices=notices) == due
    rows = tx.execute(select(MAILS.c.kind, MAILS.c.state).where(MAILS.c.id.in_(due)))
    return {(row.kind, row.state) for row in rows}


def test_a_mail_has_ended_or_is_open_and_in_one_of_the_two_queues(store: Store) -> None:
    assert {*outbox.OPEN, *schema.ENDS} == {*DeliveryState}
    with store.begin() as tx:
        tx.execute(insert(MAILS), one_of_each())
        assert found(tx, notices=False) == {("issue", state) for state in outbox.OPEN}
        assert found(tx, notices=True) == {("alarm", state) for state in outbox.OPEN}


def test_open_mails_of_an_earlier_version_are_found_whatever_else_their_rows_say(
    database: str,
) -> None:
    """Also where a row has the time of an end that was taken back, or an end has none."""
    with of_an_earlier_version(database, "0021") as (tx, _):
        odd = [row | {"settled_at": at} for row in one_of_each() for at in (None, NOW)]
        tx.execute(insert(MAILS), odd)
    store = Store(database)
    store.migrate()
    with store.begin() as tx:
        assert len(outbox.due(tx, NOW)) == len(outbox.due(tx, NOW, notices=True)) == 6
        assert found(tx, notices=False) == {("issue", state) for state in outbox.OPEN}
        assert found(tx, notices=True) == {("alarm", state) for state in outbox.OPEN}
    store.close()


@pytest.mark.parametrize("start", list(DeliveryState))
@pytest.mark.parametrize("end", list(DeliveryState))
def test_whatever_state_a_mail_is_brought_to_it_is_leased_if_it_is_open(
    lite: Store, start: DeliveryState, end: DeliveryState
) -> None:
    with lite.begin() as tx:
        tx.execute(insert(MAILS), a_mail(start))
        tx.execute(MAILS.update().values(state=end))
        assert bool(outbox.lease(tx, Worker(1), NOW, 1)) == (end in outbox.OPEN)


def test_the_first_that_is_due_is_found_whatever_its_state(store: Store) -> None:
    with store.begin() as tx:
        assert outbox.first_due(tx) is None
        for hours, state in enumerate(reversed(DeliveryState)):
            early = {"not_before": NOW - timedelta(hours=hours)}
            tx.execute(insert(MAILS), a_mail(state) | early)
        assert outbox.first_due(tx) == NOW - timedelta(hours=hours)


#: Of each kind; a morning has ten times as many as the one before.
FEW, MANY = 300, 3_000


def queue(store: Store, number: int) -> None:
    """Queue so many issues and half as many notices, behind as many that have ended.

    Half of them on a day that PostgreSQL has apart in its month.
    """
    with store.begin() as tx:
        months.make(tx, [months.first_of(NOW.date())])
        for n in range(number):
            day = {"day": NOW - timedelta(days=30 * (n % 2))}
            rows = [a_mail("sent", **day), a_mail("sent", "alarm", **day), a_mail("queued", **day)]
            tx.execute(insert(MAILS), rows)
            if n % 2:
                tx.execute(insert(MAILS), a_mail("queued", "alarm", **day))
        if store.dialect == "postgresql":  # as it does by itself after a minute
            tx.exec_driver_sql("ANALYZE deliveries")


@both
@pytest.mark.parametrize("notices", [False, True])
def test_a_lease_looks_at_no_more_where_ten_times_as_many_are_open(
    store: Store, *, notices: bool
) -> None:
    looked = rows_looked_at if store.dialect == "postgresql" else steps

    def lease(tx: Transaction) -> None:
        assert len(outbox.lease(tx, Worker(1), NOW, 20, notices=notices)) == 20

    queue(store, FEW)
    few = looked(store, lease)
    queue(store, MANY - FEW)
    assert looked(store, lease) <= 2 * few


@pytest.mark.parametrize("ask", [outbox.first_due, lambda tx: outbox.has_due(tx, NOW)])
def test_an_idle_minute_asks_for_what_is_due_at_the_same_cost(
    lite: Store, ask: Callable[[Transaction], object]
) -> None:
    queue(lite, FEW)
    few = steps(lite, ask)
    queue(lite, MANY - FEW)
    assert steps(lite, ask) <= 1.2 * few


def steps(store: Store, ask: Callable[[Transaction], object]) -> int:
    """How many steps SQLite takes for it."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    with store.begin() as tx:
        session: Any = tx.connection.driver_connection
        assert isinstance(session, sqlite3.Connection)
        session.set_progress_handler(count, 1)
        ask(tx)
        session.set_progress_handler(None, 1)
        tx.rollback()
    return taken


def rows_looked_at(store: Store, ask: Callable[[Transaction], object]) -> int:
    """How many rows PostgreSQL looks at for its last statement, by its own word."""
    asked = list[tuple[str, Any]]()

    def note(_tx: Connection, _cursor: object, text: str, values: Any, *_: object) -> None:
        asked.append((text, values))

    with store.begin() as tx:
        event.listen(tx, "before_cursor_execute", note)
        ask(tx)
        tx.rollback()
    text, values = asked[-1]
    with store.begin() as tx:
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {text}"
        [plan] = tx.exec_driver_sql(explained, values).scalar_one()
        tx.rollback()
    return _looked(plan["Plan"])


def _looked(node: dict[str, Any]) -> int:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    is_scan = "Scan" in node["Node Type"]
    return is_scan * own * node["Actual Loops"] + sum(map(_looked, node.get("Plans", ())))
