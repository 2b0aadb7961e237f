"""Inbound messages: which were handled, and those in quarantine that could not be handled.

Of a handled message only a keyed hash is kept; of a quarantined one all bytes, until the operator
deletes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, func, select, update

from . import address_traces, schema, settings
from .sql import add

#: The outcome of a message that failed too often: quarantined.
QUARANTINED = "set aside"

#: The setting that holds on which day the first mail came by a pipe.
PIPED = "mail by a pipe"

#: A handled message is remembered for this long; a second copy of it comes within days.
KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMessage:
    """A message that could not be handled."""

    id: int
    at: datetime
    error: str
    data: bytes


def has_come(tx: Connection) -> bool:
    """Return whether a mail has come in, by a pipe at any time or of late in any way."""
    if settings.setting(tx, PIPED) is not None:
        return True
    return tx.execute(select(schema.inbound.c.id).limit(1)).first() is not None


def note_pipe(tx: Connection, now: datetime) -> None:
    """Note that a mail came by a pipe: handled messages are forgotten, the pipe stays."""
    if settings.setting(tx, PIPED) is None:
        settings.keep_setting(tx, PIPED, f"{now:%Y-%m-%d}")


def outcome_of(tx: Connection, message_hash: str) -> str:
    """Return a message's outcome; empty if it was not handled yet, or is unknown."""
    query = select(schema.inbound.c.outcome).where(schema.inbound.c.message_hash == message_hash)
    return tx.execute(query).scalar() or ""


def register(tx: Connection, message_hash: str, now: datetime) -> str:
    """Register a message and return its outcome; empty if it was not handled yet.

    Another transaction that asks for the same message waits until this one has ended.
    """
    add(tx, schema.inbound, [{"message_hash": message_hash, "at": now}])
    return outcome_of(tx, message_hash)


def record_outcome(tx: Connection, message_hash: str, outcome: str) -> None:
    """Store a message's outcome, and delete its data and error."""
    _update(tx, message_hash, outcome=outcome, error="", data=None)


def record_failure(
    tx: Connection, message_hash: str, error: str, data: bytes, now: datetime
) -> int:
    """Record a failed attempt and keep the message; return the number of failed attempts."""
    add(tx, schema.inbound, [{"message_hash": message_hash, "at": now}])
    _update(tx, message_hash, error=error[:500], data=data, attempts=schema.inbound.c.attempts + 1)
    query = select(schema.inbound.c.attempts).where(schema.inbound.c.message_hash == message_hash)
    return int(tx.execute(query).scalar_one())


def quarantine(tx: Connection, message_hash: str) -> None:
    """Quarantine a message: it is not tried again."""
    _update(tx, message_hash, outcome=QUARANTINED)


def _update(tx: Connection, message_hash: str, **values: Any) -> None:
    table = schema.inbound
    tx.execute(update(table).where(table.c.message_hash == message_hash).values(**values))


def quarantined(tx: Connection) -> list[QuarantinedMessage]:
    """Return the quarantined messages, oldest first."""
    table = schema.inbound
    query = select(table).where(table.c.outcome == QUARANTINED).order_by(table.c.id)
    return [_quarantined_message(row) for row in tx.execute(query).mappings()]


def _quarantined_message(row: RowMapping) -> QuarantinedMessage:
    return QuarantinedMessage(
        id=row["id"], at=row["at"], error=row["error"], data=row["data"] or b""
    )


def count_quarantined(tx: Connection, since: datetime) -> int:
    """Count the quarantined messages since then."""
    table = schema.inbound
    query = select(func.count()).where(table.c.outcome == QUARANTINED, table.c.at > since)
    return int(tx.execute(query).scalar_one())


def release(tx: Connection, id: int) -> bytes | None:
    """Release a quarantined message for one more attempt; return its bytes, or None."""
    table = schema.inbound
    chosen = update(table).where(table.c.id == id, table.c.outcome == QUARANTINED)
    fresh = chosen.values(outcome="", attempts=table.c.attempts - 1).returning(table.c.data)
    data = tx.execute(fresh).scalar()
    return None if data is None else bytes(data)


def delete_quarantined(tx: Connection, id: int) -> bool:
    """Delete a quarantined message; return whether there was one."""
    table = schema.inbound
    gone = delete(table).where(table.c.id == id, table.c.outcome == QUARANTINED)
    return bool(tx.execute(gone).rowcount)


_IS_OVER = and_(
    schema.inbound.c.at < bindparam("came_in_before", type_=schema.UTCDateTime),
    schema.inbound.c.outcome != QUARANTINED,
)
#: The messages that are over.
OVER = select(schema.inbound.c.id).where(_IS_OVER)


def delete_old(tx: Connection, now: datetime) -> int:
    """Delete old messages that are not quarantined; return how many."""
    return tx.execute(
        delete(schema.inbound).where(_IS_OVER), {"came_in_before": now - KEPT_FOR}
    ).rowcount


def delete_naming(tx: Connection, address: str) -> int:
    """Delete stored messages that contain an address; return how many."""
    table = schema.inbound
    messages = select(table.c.id, table.c.data, table.c.error).where(table.c.data.is_not(None))
    theirs = [
        row.id
        for row in tx.execute(messages)
        if address_traces.contains_address(address, bytes(row.data), row.error.encode())
    ]
    return tx.execute(delete(table).where(table.c.id.in_(theirs))).rowcount if theirs else 0
