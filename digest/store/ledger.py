"""The outbox as an operator reads it, and what they decide about single mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select, update

from ..model import State
from . import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One mail, owed or settled."""

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

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        names = self.__dataclass_fields__
        return {name: _plain(getattr(self, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def mails(tx: Connection, *, state: str | None = None, most: int = 50) -> list[Entry]:
    """The newest mails, in one state where one is named."""
    query = _entries()
    if state is not None:
        query = query.where(schema.deliveries.c.state == state)
    rows = tx.execute(query.order_by(schema.deliveries.c.id.desc()).limit(most))
    return [_entry(row) for row in rows.mappings()]


def one(tx: Connection, id: int) -> Entry | None:
    """One mail."""
    row = tx.execute(_entries().where(schema.deliveries.c.id == id)).mappings().first()
    return _entry(row) if row is not None else None


def late(tx: Connection, since: datetime) -> list[Entry]:
    """The mails that were made before then, and are still owed."""
    table = schema.deliveries
    owed = table.c.state.in_([State.QUEUED, State.CLAIMED, State.DATA_SENT])
    query = _entries().where(owed, table.c.created_at < since).order_by(table.c.id)
    return [_entry(row) for row in tx.execute(query).mappings()]


def again(
    tx: Connection, id: int, states: Sequence[str], now: datetime, *, is_sent: bool = False
) -> bool:
    """Queue a mail that is in one of the states anew, or take it for sent; gives whether it was."""
    table = schema.deliveries
    fresh: dict[str, Any] = {"state": State.QUEUED, "attempts": 0, "not_before": now}
    fresh |= {"tried_at": None, "settled_at": None}
    values = {"state": State.SENT, "settled_at": now} if is_sent else fresh
    found = and_(table.c.id == id, table.c.state.in_(states))
    changed = update(table).where(found).values(fence=table.c.fence + 1, **values)
    return bool(tx.execute(changed).rowcount)


def _entries() -> Any:
    owed, people = schema.deliveries, schema.subscribers
    query = select(owed, people.c.address)
    return query.join(people, people.c.id == owed.c.subscriber_id, isouter=True)


def _entry(row: RowMapping) -> Entry:
    names = set(Entry.__dataclass_fields__) - {"address"}
    return Entry(**{n: row[n] for n in names}, address=row["address"] or row["recipient"])
