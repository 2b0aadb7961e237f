"""Inbound messages: which were handled, and those in quarantine that could not be handled.

Of a handled message only a keyed hash is kept; of a quarantined one all bytes, until the operator
deletes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from . import address_traces, schema
from .sql import add

#: The outcome of a message that failed too often: quarantined.
ASIDE = "set aside"

#: A handled message is remembered for this long; a second copy of it comes within days.
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """A message that could not be handled."""

    id: int
    at: datetime
    error: str
    data: bytes


def known(tx: Connection, mark: str) -> str:
    """Return a message's outcome; empty if it was not handled yet, or is unknown."""
    query = select(schema.incoming.c.outcome).where(schema.incoming.c.mark == mark)
    return tx.execute(query).scalar() or ""


def outcome(tx: Connection, mark: str, now: datetime) -> str:
    """Register a message and return its outcome; empty if it was not handled yet.

    Another transaction that asks for the same message waits until this one has ended.
    """
    add(tx, schema.incoming, [{"mark": mark, "at": now}])
    return known(tx, mark)


def handled(tx: Connection, mark: str, outcome: str) -> None:
    """Store a message's outcome, and delete its data and error."""
    _set(tx, mark, outcome=outcome, error="", data=None)


def failed(tx: Connection, mark: str, error: str, data: bytes, now: datetime) -> int:
    """Record a failed attempt and keep the message; return the number of failed attempts."""
    add(tx, schema.incoming, [{"mark": mark, "at": now}])
    _set(tx, mark, error=error[:500], data=data, attempts=schema.incoming.c.attempts + 1)
    query = select(schema.incoming.c.attempts).where(schema.incoming.c.mark == mark)
    return int(tx.execute(query).scalar_one())


def set_aside(tx: Connection, mark: str) -> None:
    """Quarantine a message: it is not tried again."""
    _set(tx, mark, outcome=ASIDE)


def _set(tx: Connection, mark: str, **values: Any) -> None:
    table = schema.incoming
    tx.execute(update(table).where(table.c.mark == mark).values(**values))


def asides(tx: Connection) -> list[QuarantinedMessage]:
    """Return the quarantined messages, oldest first."""
    table = schema.incoming
    query = select(table).where(table.c.outcome == ASIDE).order_by(table.c.id)
    return [_aside(row) for row in tx.execute(query).mappings()]


def _aside(row: RowMapping) -> QuarantinedMessage:
    return QuarantinedMessage(
        id=row["id"], at=row["at"], error=row["error"], data=row["data"] or b""
    )


def asides_since(tx: Connection, since: datetime) -> int:
    """Count the quarantined messages since then."""
    table = schema.incoming
    query = select(func.count()).where(table.c.outcome == ASIDE, table.c.at > since)
    return int(tx.execute(query).scalar_one())


def again(tx: Connection, id: int) -> bytes | None:
    """Release a quarantined message for one more attempt; return its bytes, or None."""
    table = schema.incoming
    chosen = update(table).where(table.c.id == id, table.c.outcome == ASIDE)
    fresh = chosen.values(outcome="", attempts=table.c.attempts - 1).returning(table.c.data)
    data = tx.execute(fresh).scalar()
    return None if data is None else bytes(data)


def drop(tx: Connection, id: int) -> bool:
    """Delete a quarantined message; return whether there was one."""
    table = schema.incoming
    gone = delete(table).where(table.c.id == id, table.c.outcome == ASIDE)
    return bool(tx.execute(gone).rowcount)


def drop_old(tx: Connection, now: datetime) -> int:
    """Delete old messages that are not quarantined; return how many."""
    table = schema.incoming
    is_old = table.c.at < now - REMEMBERED
    return tx.execute(delete(table).where(is_old, table.c.outcome != ASIDE)).rowcount


def drop_naming(tx: Connection, address: str) -> int:
    """Delete stored messages that contain an address; return how many."""
    table = schema.incoming
    kept = select(table.c.id, table.c.data, table.c.error).where(table.c.data.is_not(None))
    theirs = [
        row.id
        for row in tx.execute(kept)
        if address_traces.names(address, bytes(row.data), row.error.encode())
    ]
    return tx.execute(delete(table).where(table.c.id.in_(theirs))).rowcount if theirs else 0
