"""The outbox for the operator: list deliveries, and queue single ones again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    RowMapping,
    and_,
    bindparam,
    func,
    select,
    update,
)

from ..errors import OF_THE_SET_UP
from ..model import DeliveryState, Notice
from . import schema, settings
from .outbox import is_paused, queue_notice
from .sql import lock

#: The key of the advisory lock under which announcements are queued in turn; unique in digest.
_LOCK = 0xD16E5C

#: A delivery that has been owed for this long is late.
LATE_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A row of the outbox, owed or settled."""

    id: int
    kind: str
    address: str
    state: str
    attempts: int
    created_at: datetime
    not_before: datetime
    settled_at: datetime | None
    message_id: str
    error: str
    #: the cause of the error, a value of ``errors.Meaning``
    meaning: str
    #: of several relays: by which it goes or went
    relay: str

    def document(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        names = self.__dataclass_fields__
        return {name: _plain(getattr(self, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def newest(tx: Connection, *, state: str | None = None, most: int = 50) -> list[OutboxRow]:
    """Return the newest deliveries, all or those in one state."""
    query = _entries()
    if state is not None:
        query = query.where(schema.deliveries.c.state == state)
    rows = tx.execute(query.order_by(schema.deliveries.c.id.desc()).limit(most))
    return [_entry(row) for row in rows.mappings()]


def find(tx: Connection, id: int) -> OutboxRow | None:
    """Return one delivery; None if there is none with this id."""
    row = tx.execute(_entries().where(schema.deliveries.c.id == id)).mappings().first()
    return _entry(row) if row is not None else None


def late(tx: Connection, now: datetime, most: int = 10) -> list[OutboxRow]:
    """Return the oldest late deliveries: made more than LATE_AFTER ago, and still owed."""
    found = tx.execute(_LATE, {**_late_before(now), "most": most})
    return [_entry(row) for row in found.mappings()]


def count_late(tx: Connection, now: datetime) -> int:
    """Return the number of late deliveries."""
    query = select(func.count()).select_from(schema.deliveries).where(_is_late())
    return int(tx.execute(query, _late_before(now)).scalar_one())


def _late_before(now: datetime) -> dict[str, Any]:
    return {"made_before": now - LATE_AFTER, "today": now.date()}


def _is_late() -> ColumnElement[bool]:
    """Return the condition for late, as the alarm, the metric and the pages use it.

    Deliveries of a subscriber who pauses are not late.
    """
    deliveries = schema.deliveries
    is_open = deliveries.c.state.in_(
        [DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DATA_SENT]
    )
    is_old = deliveries.c.created_at < bindparam("made_before", type_=schema.UTCDateTime)
    return and_(is_open, is_old, ~is_paused(bindparam("today", type_=Date)))


def of_the_set_up(tx: Connection) -> list[int]:
    """Return the ids of deliveries that wait, or failed, only because of the set-up."""
    table = schema.deliveries
    is_open = table.c.state.in_([DeliveryState.QUEUED, DeliveryState.FAILED])
    query = select(table.c.id).where(is_open, table.c.meaning.in_(sorted(OF_THE_SET_UP)))
    return list(tx.execute(query.order_by(table.c.id)).scalars())


def failed_since(tx: Connection, since: datetime) -> list[int]:
    """Return the ids of deliveries that failed since then."""
    table = schema.deliveries
    is_failed = and_(table.c.state == DeliveryState.FAILED, table.c.settled_at > since)
    return list(tx.execute(select(table.c.id).where(is_failed).order_by(table.c.id)).scalars())


def announce(tx: Connection, name: str, notices: Mapping[int, Notice]) -> int:
    """Queue notices, by subscriber, for those who got none of that name; return how many."""
    lock(tx, _LOCK)
    reached: list[int] = json.loads(settings.setting(tx, name) or "[]")
    new = [id for id in notices if id not in set(reached)]
    for id in new:
        queue_notice(tx, notices[id], id)
    if new:
        settings.keep_setting(tx, name, json.dumps(sorted([*reached, *new])))
    return len(new)


def requeue(
    tx: Connection,
    id: int,
    states: Sequence[str],
    now: datetime,
    *,
    ends_as: DeliveryState | None = None,
) -> bool:
    """Queue a delivery again, or end it in a state; return False if it is in none of the states."""
    table = schema.deliveries
    fresh: dict[str, Any] = {"state": DeliveryState.QUEUED, "attempts": 0, "not_before": now}
    fresh |= {"tried_at": None, "waited": 0, "settled_at": None}
    values = {"state": ends_as, "settled_at": now} if ends_as else fresh
    found = and_(table.c.id == id, table.c.state.in_(states))
    changed = update(table).where(found).values(fence=table.c.fence + 1, **values)
    return bool(tx.execute(changed).rowcount)


def _entries() -> Any:
    deliveries, people = schema.deliveries, schema.subscribers
    query = select(deliveries, people.c.address)
    return query.join(people, people.c.id == deliveries.c.subscriber_id, isouter=True)


# Built once, because it is asked every minute.
_LATE = _entries().where(_is_late()).order_by(schema.deliveries.c.id).limit(bindparam("most"))


def _entry(row: RowMapping) -> OutboxRow:
    names = set(OutboxRow.__dataclass_fields__) - {"address"}
    return OutboxRow(**{n: row[n] for n in names}, address=row["address"] or row["recipient"])
