"""Reports for the operator: failed deliveries, bounces and counts.  Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from ..model import DeliveryState
from . import schema
from .outbox import first_due
from .signups import CONFIRMATION_KINDS

_TROUBLED = (DeliveryState.FAILED, DeliveryState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """A delivery that did not arrive, or may not have arrived."""

    address: str
    what: str
    error: str
    at: datetime | None


def failures(tx: Connection, most: int = 10) -> list[DeliveryProblem]:
    """Return the last deliveries that failed or are in doubt."""
    table, people = schema.deliveries, schema.subscribers
    query = (
        select(table.c.state, table.c.error, table.c.settled_at, people.c.address)
        .outerjoin(people, people.c.id == table.c.subscriber_id)
        .where(table.c.state.in_(_TROUBLED))
        .order_by(table.c.id.desc())
        .limit(most)
    )
    return [
        DeliveryProblem(row.address or "", row.state.replace("_", " "), row.error, row.settled_at)
        for row in tx.execute(query)
    ]


def bounces(tx: Connection, most: int = 10) -> list[DeliveryProblem]:
    """Return the last bounces."""
    table, people = schema.bounces, schema.subscribers
    query = (
        select(table.c.kind, table.c.detail, table.c.at, people.c.address)
        .join(people, people.c.id == table.c.subscriber_id)
        .order_by(table.c.id.desc())
        .limit(most)
    )
    return [DeliveryProblem(row.address, row.kind, row.detail, row.at) for row in tx.execute(query)]


def issues_by_day(tx: Connection, first: date) -> dict[date, int]:
    """Return how many issues were made for each day."""
    table = schema.issues
    query = (
        select(table.c.day, func.count())
        .where(table.c.day >= first)
        .group_by(table.c.day)
        .order_by(table.c.day.desc())
    )
    return dict(tx.execute(query).all())


def questions_since(tx: Connection, since: datetime) -> int:
    """Count the notices queued since then for people who may never have heard of us."""
    table = schema.deliveries
    query = select(func.count()).where(
        table.c.kind.in_(CONFIRMATION_KINDS), table.c.created_at > since
    )
    return int(tx.execute(query).scalar_one())


def oldest_owed(tx: Connection, now: datetime) -> datetime | None:
    """Return since when the oldest mail is due that is not settled; None if none is."""
    first = first_due(tx)
    return first if first and first <= now else None


def count_sent(tx: Connection, since: datetime) -> int:
    """Count the mails that a relay has taken since then."""
    return sum(sent_by_relay(tx, since).values())


def sent_by_relay(tx: Connection, since: datetime) -> dict[str, int]:
    """Return how many mails each relay has taken since then, by its name among several, or none."""
    table = schema.deliveries
    is_sent = table.c.state == DeliveryState.SENT
    query = select(table.c.relay, func.count()).where(is_sent, table.c.settled_at > since)
    return dict(tx.execute(query.group_by(table.c.relay)).all())
