"""Statements that are compiled once, and executed by the driver."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, select, update

from digest.model import DeliveryState
from digest.store import OutOfReachError, Store, Transaction, ready, schema

TABLE = schema.deliveries
NOON = datetime(2026, 11, 30, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
BEGUN = {"day": NOON.date(), "state": DeliveryState.QUEUED, "created_at": NOON, "not_before": NOON}

CHANGING = update(TABLE).where(TABLE.c.id == bindparam("its_id"), TABLE.c.state.in_(["queued"]))
READING = select(TABLE).where(TABLE.c.id == bindparam("its_id"), TABLE.c.not_before <= NOON)


def queued(tx: Transaction) -> int:
    """The id of a delivery that waits."""
    added = tx.execute(TABLE.insert().values(BEGUN))
    return int(added.inserted_primary_key[0])  # type: ignore[index]


def test_a_statement_writes_and_reads_as_by_sqlalchemy(store: Store) -> None:
    values = {"tried_at": NOON, "data": b"\0%s\xff", "error": "50 %, %(name)s?", "holder": None}
    with store.begin() as tx:
        id, other = queued(tx), queued(tx)
        assert ready.change(tx, CHANGING, {"its_id": id, **values}) == 1
        tx.execute(CHANGING.values(values), {"its_id": other})
        [mine, its] = tx.execute(select(TABLE).order_by(TABLE.c.id)).mappings()
        found = ready.first(tx, READING, {"its_id": id})

    assert found == dict(mine) == {**its, "id": id}
    assert {name: found[name] for name in values} == values
    assert found["tried_at"].tzinfo is UTC


def test_a_row_that_is_not_there_is_none(store: Store) -> None:
    with store.begin() as tx:
        id = queued(tx)
        assert ready.first(tx, READING, {"its_id": id + 1}) is None
        assert ready.change(tx, CHANGING, {"its_id": id + 1, "attempts": 1}) == 0


def test_a_day_is_converted_and_an_instant_needs_a_zone(store: Store) -> None:
    people, day = schema.subscribers, date(2026, 12, 24)
    query = select(people.c.paused_from).where(people.c.address == bindparam("its"))
    person = {"address": "a@example.org", "folded": "a@example.org", "state": "active"}
    with store.begin() as tx:
        tx.execute(people.insert().values(person | {"paused_from": day}))
        assert ready.first(tx, query, {"its": "a@example.org"}) == {"paused_from": day}
        naive = NOON.replace(tzinfo=None)
        with pytest.raises(ValueError, match="zone"):
            ready.change(tx, CHANGING, {"its_id": 1, "tried_at": naive})


def test_a_statement_is_compiled_once_for_the_same_names(store: Store) -> None:
    with store.begin() as tx:
        id = queued(tx)
        ready.change(tx, CHANGING, {"its_id": id, "attempts": 1})
        known = len(ready._ready)
        for number in range(5):
            assert ready.change(tx, CHANGING, {"its_id": id, "attempts": number}) == 1
        assert len(ready._ready) == known
        assert ready.change(tx, CHANGING, {"its_id": id, "state": DeliveryState.SENT}) == 1
        assert ready.change(tx, CHANGING, {"its_id": id, "attempts": 1}) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_session_that_ends_between_two_statements_is_an_error_and_is_not_used_again(
    store: Store,
) -> None:
    with store.begin() as tx:
        id = queued(tx)
    with pytest.raises(OutOfReachError), store.begin() as tx, store.begin() as other:
        session = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        assert ready.change(tx, CHANGING, {"its_id": id, "attempts": 1}) == 1
        other.exec_driver_sql(f"SELECT pg_terminate_backend({session}, 5000)")
        ready.change(tx, CHANGING, {"its_id": id, "attempts": 2})
    with store.begin() as tx:
        assert ready.change(tx, CHANGING, {"its_id": id, "attempts": 3}) == 1
