"""Bounces: count mails that came back, and stop a subscriber when there are too many.

A hard bounce or a complaint stops a subscriber at once; soft bounces only if they come on several
days: a full mailbox, or one bad day of a server, must not stop a subscriber.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from ..model import DeliveryState
from . import schema, subscribers

#: Soft bounces on this many different days within this time count as one hard bounce.
SOFT_DAYS, SOFT_WITHIN = 5, timedelta(days=10)

#: A mail that has not come back after this long has arrived; it cancels earlier soft bounces.
ARRIVED_AFTER = timedelta(days=2)


def note(tx: Connection, subscriber: int, kind: str, detail: str, now: datetime) -> bool:
    """Record a bounce; return whether it stopped the subscriber.

    ``kind`` is hard, soft or complaint; or delayed (the mail may still arrive) or neither (the
    mail or the sender is the cause), which are recorded and never count.
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
    """Count the days with recent soft bounces since the last mail that arrived."""
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
    """Return the subscriber who was sent this Message-ID, which cannot be guessed."""
    table = schema.deliveries
    query = select(table.c.subscriber_id).where(table.c.message_id == message_id)
    return tx.execute(query.where(table.c.message_id != "").limit(1)).scalar()


def counts(tx: Connection, since: datetime) -> dict[str, int]:
    """Count the bounces of each kind since then."""
    table = schema.bounces
    query = select(table.c.kind, func.count()).where(table.c.at >= since).group_by(table.c.kind)
    return {row.kind: row[1] for row in tx.execute(query)}
