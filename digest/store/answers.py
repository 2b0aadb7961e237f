"""How many letters went out because mail came in: over all, and to whom.

Strangers decide how much mail comes in, and in whose name; these counts keep us from being their
tool.  Of an address only a keyed hash is kept, for a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from . import schema
from .sql import lock

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)

#: Any number that no other lock of ours has: those who count take turns.
_LOCK = 0xD16E5B


def in_the_last_hour(tx: Connection, now: datetime) -> int:
    """How many letters mail that came in has caused since an hour ago."""
    lock(tx, _LOCK)
    table = schema.answers
    query = select(func.count()).where(table.c.at > now - HOUR)
    return int(tx.execute(query).scalar_one())


def was_doubted(tx: Connection, mark: str, now: datetime) -> bool:
    """Whether this mailbox had a letter today in answer to mail nobody vouched for."""
    lock(tx, _LOCK)
    table = schema.answers
    query = select(func.count()).where(
        table.c.mark == mark, table.c.is_doubted, table.c.at > now - DAY
    )
    return bool(tx.execute(query).scalar_one())


def note(tx: Connection, mark: str, now: datetime, *, is_doubted: bool) -> None:
    """Write down that a letter is owed to this mailbox because mail came in."""
    row = {"at": now, "mark": mark, "is_doubted": is_doubted}
    tx.execute(schema.answers.insert().values(row))


def drop_old(tx: Connection, now: datetime) -> int:
    """Forget those that count no more; gives how many."""
    table = schema.answers
    return tx.execute(delete(table).where(table.c.at <= now - DAY)).rowcount
