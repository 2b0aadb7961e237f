"""How things stand, for whoever looks after them.  Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from ..model import DeliveryState
from . import schema
from .signups import QUESTIONS

_TROUBLED = (DeliveryState.FAILED, DeliveryState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """A mail that did not arrive, or may not have."""

    address: str
    what: str
    error: str
    at: datetime | None


def failures(tx: Connection, most: int = 10) -> list[DeliveryProblem]:
    """The last mails that failed, and those of which nobody knows."""
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
    """The last mails that came back."""
    table, people = schema.bounces, schema.subscribers
    query = (
        select(table.c.kind, table.c.detail, table.c.at, people.c.address)
        .join(people, people.c.id == table.c.subscriber_id)
        .order_by(table.c.id.desc())
        .limit(most)
    )
    return [DeliveryProblem(row.address, row.kind, row.detail, row.at) for row in tx.execute(query)]


def issues_by_day(tx: Connection, first: date) -> dict[date, int]:
    """How many issues were made on each day."""
    table = schema.issues
    query = (
        select(table.c.day, func.count())
        .where(table.c.day >= first)
        .group_by(table.c.day)
        .order_by(table.c.day.desc())
    )
    return dict(tx.execute(query).all())


def questions_since(tx: Connection, since: datetime) -> int:
    """How many letters went to people who may know nothing of us."""
    table = schema.deliveries
    query = select(func.count()).where(table.c.kind.in_(QUESTIONS), table.c.created_at > since)
    return int(tx.execute(query).scalar_one())
