"""Mails that came back: counted, and at some point the last one.

A hard bounce and a complaint stop a reader at once; soft ones only when they keep coming, day after
day: one full mailbox, or one bad day of a server's, stops nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from ..model import DeliveryState
from . import schema, subscribers

#: Soft bounces on so many different days within such a time are one hard one.
SOFT_DAYS, SOFT_WITHIN = 5, timedelta(days=10)

#: A mail that has not come back after this long has arrived; soft bounces before it are forgotten.
ARRIVED_AFTER = timedelta(days=2)


def note(tx: Connection, subscriber: int, kind: str, detail: str, now: datetime) -> bool:
    """Write down that a mail came back; gives whether that was the reader's last.

    ``kind`` is hard, soft or complaint; or delayed (it may arrive yet) or neither (it speaks of the
    mail or of us), which are kept and never count.
    """
    if subscribers.member(tx, subscriber) is None:
        return False
    row = {"subscriber_id": subscriber, "at": now, "kind": kind, "detail": detail[:500]}
    tx.execute(schema.bounces.insert().values(row))
    if kind not in _COUNTED or (kind == "soft" and _soft_days(tx, subscriber, now) < SOFT_DAYS):
        return False
    reason = "complained" if kind == "complaint" else "bounced"
    return bool(
        subscribers.stop(tx, subscriber, reason, subscribers.Consent(now=now, origin="bounce"))
    )


_COUNTED = frozenset({"hard", "soft", "complaint"})


def _soft_days(tx: Connection, subscriber: int, now: datetime) -> int:
    """On how many days there were soft bounces that count: recent, since the last mail arrived."""
    table = schema.bounces
    since = now - SOFT_WITHIN
    query = select(table.c.at).where(
        table.c.subscriber_id == subscriber, table.c.kind == "soft", table.c.at > since
    )
    at = sorted(tx.execute(query).scalars())
    arrived = _last_arrival(tx, subscriber, at, now)
    return len({each.date() for each in at if arrived is None or each > arrived})


def _last_arrival(
    tx: Connection, subscriber: int, bounced: list[datetime], now: datetime
) -> datetime | None:
    table = schema.deliveries
    query = select(table.c.settled_at).where(
        table.c.subscriber_id == subscriber,
        table.c.state == DeliveryState.SENT,
        table.c.settled_at > now - SOFT_WITHIN,
        table.c.settled_at <= now - ARRIVED_AFTER,
    )
    arrivals = [
        sent
        for sent in tx.execute(query).scalars()
        if not any(sent <= at <= sent + ARRIVED_AFTER for at in bounced)
    ]
    return max(arrivals, default=None)


def subscriber_of(tx: Connection, message_id: str) -> int | None:
    """Whose mail had this Message-ID, which nobody can guess."""
    table = schema.deliveries
    query = select(table.c.subscriber_id).where(table.c.message_id == message_id)
    return tx.execute(query.where(table.c.message_id != "").limit(1)).scalar()


def counts(tx: Connection, since: datetime) -> dict[str, int]:
    """How many of each kind came back since then."""
    table = schema.bounces
    query = select(table.c.kind, func.count()).where(table.c.at >= since).group_by(table.c.kind)
    return {row.kind: row[1] for row in tx.execute(query)}
