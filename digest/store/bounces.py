"""Bounces: record mails that came back, and stop a subscriber; ``deliver.bounces`` decides when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from ..deliver.bounces import SOFT_WITHIN, stops
from ..model import DeliveryState
from . import schema, subscribers


def record(tx: Connection, subscriber: int, kind: str, detail: str, now: datetime) -> bool:
    """Record a bounce; return whether it stopped the subscriber.

    ``kind`` is hard, soft or complaint; or delayed (the mail may still arrive) or neither (the
    mail or the sender is the cause), which are recorded and never count.
    """
    if subscribers.by_id(tx, subscriber) is None:
        return False
    row = {"subscriber_id": subscriber, "at": now, "kind": kind, "detail": detail[:500]}
    tx.execute(schema.bounces.insert().values(row))
    table, since = schema.bounces, now - SOFT_WITHIN
    soft = select(table.c.at).where(
        table.c.subscriber_id == subscriber, table.c.kind == "soft", table.c.at > since
    )
    if not stops(kind, tx.execute(soft).scalars().all(), _sent(tx, subscriber, since), now):
        return False
    reason = "complained" if kind == "complaint" else "bounced"
    return bool(
        subscribers.stop(tx, subscriber, reason, subscribers.Consent(now=now, origin="bounce"))
    )


def _sent(tx: Connection, subscriber: int, since: datetime) -> Sequence[datetime]:
    """Return when mails to a subscriber were sent since then."""
    table = schema.deliveries
    query = select(table.c.settled_at).where(
        table.c.subscriber_id == subscriber,
        table.c.state == DeliveryState.SENT,
        table.c.settled_at > since,
    )
    return tx.execute(query).scalars().all()


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
