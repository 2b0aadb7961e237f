"""Messages that came in: which were handled, and those that nobody could read.

Of a handled one a keyed hash is kept and no word; of one that was set aside all its bytes, until
the operator drops them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from . import address_traces, schema
from .sql import add

#: What became of a message that was tried often enough.
ASIDE = "set aside"

#: A message that comes a second time does so within days.
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """A message that nobody could read."""

    id: int
    at: datetime
    error: str
    data: bytes


def known(tx: Connection, mark: str) -> str:
    """What became of a message; empty where it was not handled yet, or comes for the first time."""
    query = select(schema.incoming.c.outcome).where(schema.incoming.c.mark == mark)
    return tx.execute(query).scalar() or ""


def outcome(tx: Connection, mark: str, now: datetime) -> str:
    """What became of a message; empty where it was not handled yet.

    Whoever asks at the same time waits until this transaction has ended.
    """
    add(tx, schema.incoming, [{"mark": mark, "at": now}])
    return known(tx, mark)


def handled(tx: Connection, mark: str, outcome: str) -> None:
    """Remember what became of a message, and nothing else of it."""
    _set(tx, mark, outcome=outcome, error="", data=None)


def failed(tx: Connection, mark: str, error: str, data: bytes, now: datetime) -> int:
    """Remember that a message could not be handled, and keep it; gives how often it was tried."""
    add(tx, schema.incoming, [{"mark": mark, "at": now}])
    _set(tx, mark, error=error[:500], data=data, attempts=schema.incoming.c.attempts + 1)
    query = select(schema.incoming.c.attempts).where(schema.incoming.c.mark == mark)
    return int(tx.execute(query).scalar_one())


def set_aside(tx: Connection, mark: str) -> None:
    """Try a message no more."""
    _set(tx, mark, outcome=ASIDE)


def _set(tx: Connection, mark: str, **values: Any) -> None:
    table = schema.incoming
    tx.execute(update(table).where(table.c.mark == mark).values(**values))


def asides(tx: Connection) -> list[QuarantinedMessage]:
    """The messages that were set aside, oldest first."""
    table = schema.incoming
    query = select(table).where(table.c.outcome == ASIDE).order_by(table.c.id)
    return [_aside(row) for row in tx.execute(query).mappings()]


def _aside(row: RowMapping) -> QuarantinedMessage:
    return QuarantinedMessage(
        id=row["id"], at=row["at"], error=row["error"], data=row["data"] or b""
    )


def asides_since(tx: Connection, since: datetime) -> int:
    """How many were set aside since then."""
    table = schema.incoming
    query = select(func.count()).where(table.c.outcome == ASIDE, table.c.at > since)
    return int(tx.execute(query).scalar_one())


def again(tx: Connection, id: int) -> bytes | None:
    """Let a message that was set aside be tried once more; gives its bytes."""
    table = schema.incoming
    chosen = update(table).where(table.c.id == id, table.c.outcome == ASIDE)
    fresh = chosen.values(outcome="", attempts=table.c.attempts - 1).returning(table.c.data)
    data = tx.execute(fresh).scalar()
    return None if data is None else bytes(data)


def drop(tx: Connection, id: int) -> bool:
    """Forget a message that was set aside; gives whether there was one."""
    table = schema.incoming
    gone = delete(table).where(table.c.id == id, table.c.outcome == ASIDE)
    return bool(tx.execute(gone).rowcount)


def drop_old(tx: Connection, now: datetime) -> int:
    """Forget the handled ones that will not come again; gives how many."""
    table = schema.incoming
    is_old = table.c.at < now - REMEMBERED
    return tx.execute(delete(table).where(is_old, table.c.outcome != ASIDE)).rowcount


def drop_naming(tx: Connection, address: str) -> int:
    """Drop what was kept of messages that name an address; gives how many."""
    table = schema.incoming
    kept = select(table.c.id, table.c.data, table.c.error).where(table.c.data.is_not(None))
    theirs = [
        row.id
        for row in tx.execute(kept)
        if address_traces.names(address, bytes(row.data), row.error.encode())
    ]
    return tx.execute(delete(table).where(table.c.id.in_(theirs))).rowcount if theirs else 0
