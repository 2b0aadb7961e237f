"""Counts of the notices that answer inbound mail, for rate limits: in total and per mailbox.

Strangers decide how much mail comes in, and under which sender; these counts prevent abuse.
Addresses are stored only as keyed hashes, for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, select

from . import schema
from .sql import lock

HOUR, DOUBTED_WITHIN = timedelta(hours=1), timedelta(hours=24)

#: The key of the advisory lock under which transactions count in turn; unique in digest.
_LOCK = 0xD16E5B


def in_the_last_hour(tx: Connection, now: datetime) -> int:
    """Count the notices that inbound mail has caused in the last hour."""
    lock(tx, _LOCK)
    table = schema.answers
    query = select(func.count()).where(table.c.at > now - HOUR)
    return int(tx.execute(query).scalar_one())


def was_doubted(tx: Connection, mailbox: str, now: datetime) -> bool:
    """Return whether this mailbox got an answer to unauthenticated mail in the last 24 hours."""
    lock(tx, _LOCK)
    table = schema.answers
    query = select(func.count()).where(
        table.c.mailbox == mailbox, table.c.is_doubted, table.c.at > now - DOUBTED_WITHIN
    )
    return bool(tx.execute(query).scalar_one())


def record(tx: Connection, mailbox: str, now: datetime, *, is_doubted: bool) -> None:
    """Record that a notice was queued for this mailbox because of inbound mail."""
    row = {"at": now, "mailbox": mailbox, "is_doubted": is_doubted}
    tx.execute(schema.answers.insert().values(row))


_IS_OVER = schema.answers.c.at <= bindparam("answered_before", type_=schema.UTCDateTime)
#: The records that no longer count.
OVER = select(schema.answers.c.id).where(_IS_OVER)


def delete_old(tx: Connection, now: datetime) -> int:
    """Delete the records that no longer count; return how many."""
    before = {"answered_before": now - DOUBTED_WITHIN}
    return tx.execute(delete(schema.answers).where(_IS_OVER), before).rowcount
