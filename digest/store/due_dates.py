"""When the next issue of each subscriber is due, as a column that a tick can ask for.

Every function that changes the state, the pause, the last issue or a schedule of subscribers calls
``refresh`` in the same transaction.  So the column is always what ``issues.schedule.due_from``
returns for the rows beside it, and no clock has a part in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from ..issues import schedule
from ..model import DeliverySettings, Schedule, SubscriberState
from . import leases, schema, settings
from .leases import Worker
from .serialization import pack_schedule, unpack_schedule
from .sql import chunks

#: The setting with the operator's hour, for profiles that have none.
_HOUR = "hour"

# Built once, because building them costs more than running them.
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
_PEOPLE = (
    select(schema.subscribers)
    .where(schema.subscribers.c.id.in_(_IDS))
    .order_by(schema.subscribers.c.id)
    .with_for_update()
)
_TAKING = leases.taking(schema.subscribers, schema.subscribers.c.id.in_(_IDS))
_SCHEDULES = select(schema.subscriptions.c.subscriber_id, schema.subscriptions.c.schedule).where(
    schema.subscriptions.c.subscriber_id.in_(_IDS), schema.subscriptions.c.is_active
)
_WRITE = (
    update(schema.subscribers)
    .where(schema.subscribers.c.id == bindparam("its_id"))
    .values(due_at=bindparam("its_due_at"))
)


def lock_rows(tx: Connection, ids: Iterable[int]) -> None:
    """Lock these subscribers, so that of two changes at once the later one sees both."""
    for run in chunks(sorted(set(ids))):
        tx.execute(_PEOPLE, {"ids": run})


def refresh(tx: Connection, ids: Iterable[int]) -> int:
    """Write when the next issue of these subscribers is due; return how many rows changed."""
    hour, changed = _hour(tx), 0
    for run in chunks(sorted(set(ids))):
        people = tx.execute(_PEOPLE, {"ids": run}).mappings().all()
        schedules: dict[int, list[Schedule]] = {}
        for id, packed in tx.execute(_SCHEDULES, {"ids": run}):
            schedules.setdefault(id, []).append(unpack_schedule(packed) or hour)
        found = {row["id"]: _due_at(row, schedules.get(row["id"], ())) for row in people}
        rows = [
            {"its_id": row["id"], "its_due_at": found[row["id"]]}
            for row in people
            if found[row["id"]] != row["due_at"]
        ]
        if rows:
            tx.execute(_WRITE, rows)
        changed += len(rows)
    return changed


def lease(tx: Connection, worker: Worker, asked: Mapping[int, DeliverySettings]) -> dict[int, int]:
    """Lease the free ones of these subscribers, and return the fence of each, by id.

    ``asked`` has what was known of each when it was found to be due: one that has had an issue
    since then is left out.
    """
    # Looked at first, because most of those that another process found as well are served by it.
    fences = leases.take(tx, _TAKING, worker, ids=_unserved(tx, asked, asked))
    served = fences.keys() - _unserved(tx, fences, asked)
    release(tx, {id: fences.pop(id) for id in served})
    return fences


def _unserved(
    tx: Connection, ids: Iterable[int], asked: Mapping[int, DeliverySettings]
) -> list[int]:
    """Return those of these subscribers who had no issue since they were found to be due."""
    table = schema.subscribers
    query = select(table.c.id, table.c.last_day).where(table.c.id.in_(ids)).order_by(table.c.id)
    return [id for id, last_day in tx.execute(query) if last_day == asked[id].last_day]


def count_due(tx: Connection, now: datetime, most: int) -> int:
    """Count the subscribers for whom an issue may be due by ``now``, to ``most`` of them."""
    table = schema.subscribers
    due = select(table.c.id).where(table.c.state == SubscriberState.ACTIVE, table.c.due_at <= now)
    query = select(func.count()).select_from(due.limit(most).subquery())
    return int(tx.execute(query).scalar_one())


def next_due(tx: Connection, now: datetime) -> tuple[datetime, int] | None:
    """Return when issues are due next after ``now``, and for how many subscribers; None: never."""
    at = schema.subscribers.c.due_at
    is_later = and_(schema.subscribers.c.state == SubscriberState.ACTIVE, at > now)
    found = tx.execute(select(at, func.count()).where(is_later).group_by(at).order_by(at).limit(1))
    return next(((each, number) for each, number in found), None)


def count_free(tx: Connection, asked: Mapping[int, DeliverySettings]) -> int:
    """Count those of these subscribers whom no process has, and who had no issue since then."""
    table, free = schema.subscribers, 0
    for run in chunks(sorted(asked)):
        query = select(table.c.id, table.c.last_day).where(
            table.c.id.in_(run), leases.is_free(table)
        )
        rows = tx.execute(query, {"clock": leases.clock(tx)})
        free += sum(last_day == asked[id].last_day for id, last_day in rows)
    return free


def release(tx: Connection, fences: Mapping[int, int]) -> set[int]:
    """Let subscribers be free; return those that no other process has taken over."""
    return leases.release_all(tx, schema.subscribers, fences)


def _due_at(row: RowMapping, schedules: Iterable[Schedule]) -> object:
    wanted = list(schedules)
    if row["state"] != SubscriberState.ACTIVE or not wanted:
        return None
    return schedule.due_from(delivery_settings(row), wanted)


def delivery_settings(row: RowMapping) -> DeliverySettings:
    """Return the delivery settings in a subscriber's row."""
    return DeliverySettings(
        last_day=row["last_day"],
        last_at=row["last_at"],
        schedule=unpack_schedule(row["schedule"]),
        paused_from=row["paused_from"],
        paused_until=row["paused_until"],
        quiet=row["quiet"],
        overflow=row["overflow"],
        confirmed_at=row["confirmed_at"],
    )


def served(tx: Connection) -> list[int]:
    """Return the ids of all subscribers who get issues, or were due for one."""
    table = schema.subscribers
    is_served = or_(table.c.state == SubscriberState.ACTIVE, table.c.due_at.is_not(None))
    return list(tx.execute(select(table.c.id).where(is_served).order_by(table.c.id)).scalars())


def keep_hour(tx: Connection, hour: Schedule) -> None:
    """Store the operator's hour; what is due by it changes with ``refresh``."""
    settings.keep_setting(tx, _HOUR, json.dumps(pack_schedule(hour), sort_keys=True))


def _hour(tx: Connection) -> Schedule:
    kept = settings.setting(tx, _HOUR)
    return (unpack_schedule(json.loads(kept)) if kept else None) or Schedule()
