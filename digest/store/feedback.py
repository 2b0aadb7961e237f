"""Feedback of subscribers on papers, and the issues that they received.

Every function works in the transaction passed to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, bindparam, delete, exists, select

from ..model import Issue, Paper
from . import schema
from .editions import WHOLE, issue_of, newest_editions
from .sql import put

#: The kinds of feedback; like and less exclude each other.
KINDS = ("like", "less", "save")
_OPPOSITE = {"like": "less", "less": "like"}

#: What the page of an issue asks for, made once.
_ISSUE = WHOLE.where(
    schema.issues.c.id == bindparam("id"), schema.issues.c.subscriber_id == bindparam("subscriber")
)
_THERE = select(schema.issues.c.id).where(
    schema.issues.c.id == bindparam("id"),
    schema.issues.c.subscriber_id == bindparam("subscriber"),
    exists().where(
        schema.issue_contents.c.issue_id == schema.issues.c.id,
        schema.issue_contents.c.day == schema.issues.c.day,
        schema.issue_contents.c.content.is_not(None),
    ),
)
_THOUGHT = select(schema.feedback.c.key, schema.feedback.c.kind).where(
    schema.feedback.c.subscriber_id == bindparam("subscriber")
)


def record(tx: Connection, subscriber_id: int, key: str, kind: str, now: datetime) -> None:
    """Record a subscriber's feedback on a paper; raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"one of {', '.join(KINDS)} is expected")
    if kind in _OPPOSITE:
        withdraw(tx, subscriber_id, key, _OPPOSITE[kind])
    put(
        tx, schema.feedback, [{"subscriber_id": subscriber_id, "key": key, "kind": kind, "at": now}]
    )


def withdraw(tx: Connection, subscriber_id: int, key: str, kind: str) -> int:
    """Delete feedback; return the number of rows."""
    table = schema.feedback
    is_it = and_(table.c.subscriber_id == subscriber_id, table.c.key == key, table.c.kind == kind)
    return tx.execute(delete(table).where(is_it)).rowcount


def of_subscriber(tx: Connection, subscriber_id: int) -> dict[str, set[str]]:
    """Return a subscriber's feedback, per paper's key."""
    found: dict[str, set[str]] = {}
    for key, kind in tx.execute(_THOUGHT, {"subscriber": subscriber_id}):
        found.setdefault(key, set()).add(kind)
    return found


def papers(tx: Connection, subscriber_id: int, kind: str, most: int = 500) -> list[Paper]:
    """Return the papers with this kind of feedback, the latest first."""
    table = schema.feedback
    query = (
        select(table.c.key)
        .where(table.c.subscriber_id == subscriber_id, table.c.kind == kind)
        .order_by(table.c.at.desc(), table.c.key)
        .limit(most)
    )
    keys = list(tx.execute(query).scalars())
    editions_by_key = newest_editions(tx, keys)
    return [editions_by_key[key][1] for key in keys if key in editions_by_key]


def issue(tx: Connection, subscriber_id: int, id: int) -> Issue | None:
    """Return one issue of a subscriber, as it was made; raises TakenOutError."""
    row = tx.execute(_ISSUE, {"id": id, "subscriber": subscriber_id}).mappings().first()
    return None if row is None else issue_of(tx, row)


def is_there(tx: Connection, subscriber_id: int, id: int) -> bool:
    """Return whether there is what was in an issue of a subscriber."""
    row = tx.execute(_THERE, {"id": id, "subscriber": subscriber_id}).first()
    return row is not None


def recipient(tx: Connection, id: int) -> tuple[int, str, datetime] | None:
    """Return whom an issue was made for, by number and address, and when; None if there is none."""
    issues, people = schema.issues, schema.subscribers
    query = select(people.c.id, people.c.address, issues.c.made_at).join_from(issues, people)
    row = tx.execute(query.where(issues.c.id == id)).first()
    return (row[0], row[1], row[2]) if row else None


def issues(tx: Connection, subscriber_id: int, most: int) -> list[Issue]:
    """Return a subscriber's last issues, the latest first, without those that were taken out."""
    table = schema.issues
    is_there = schema.issue_contents.c.issue_id.is_not(None)
    query = WHOLE.where(table.c.subscriber_id == subscriber_id, is_there)
    rows = tx.execute(query.order_by(table.c.day.desc()).limit(most)).mappings().all()
    return [issue_of(tx, row) for row in rows]


def issue_days(tx: Connection, subscriber_id: int) -> Sequence[tuple[int, date, datetime]]:
    """Return a subscriber's issues, the latest first: id, day and when it was made."""
    table = schema.issues
    query = (
        select(table.c.id, table.c.day, table.c.made_at)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(table.c.day.desc())
    )
    return list(tx.execute(query))
