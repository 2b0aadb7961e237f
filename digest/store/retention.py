"""What the database does without after ``keep:``, taken out a few rows at a time.

Settled mails (issues and notices), the content of issues, repeated receipts, and earlier texts of
papers that were in no issue.  ``sent``, what was seen, the issues' days, consents and every mail
that is not settled stay for ever: without them something could be mailed twice, or be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)

from ..model import DeliveryState
from . import schema

#: The most rows that one transaction takes out of a table.
MOST = 500

_SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WITHDRAWN)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Return the condition that a mail was settled before that time."""
    table = schema.deliveries
    # A mail is settled after the time from which it could go, by which there is an index.
    is_old = and_(table.c.not_before < before, table.c.settled_at < before)
    return and_(table.c.state.in_(_SETTLED), is_old)


def _mails(before: datetime) -> Select[Any]:
    return select(schema.deliveries.c.id).where(_is_over(before))


def _issues(before: datetime) -> Select[Any]:
    """Select issues whose mail is over, the last of a subscriber only if nothing waits in it."""
    table, people, mails = schema.issues, schema.subscribers, schema.deliveries
    is_owed = exists().where(mails.c.issue_id == table.c.id, not_(_is_over(before)))
    is_last = exists().where(
        people.c.id == table.c.subscriber_id, people.c.last_issue_id == table.c.id
    )
    is_over = not_(and_(table.c.has_waiting, is_last))
    return select(table.c.id).where(
        table.c.has_content, table.c.made_at < before, ~is_owed, is_over
    )


def _receipts(before: datetime) -> Select[Any]:
    """Select receipts that brought nothing, if a later one says the same of the same day."""
    table, later, changes = schema.snapshots, schema.snapshots.alias(), schema.changes
    brought = exists().where(changes.c.snapshot_id == table.c.id)
    is_repeated = exists().where(
        later.c.listing == table.c.listing,
        later.c.day == table.c.day,
        later.c.verdict == table.c.verdict,
        later.c.id > table.c.id,
    )
    return select(table.c.id).where(table.c.taken_at < before, ~brought, is_repeated)


def _texts(before: datetime) -> Select[Any]:
    """Select texts that were in no issue, of papers with a later text that were not seen lately."""
    table, later, seen = schema.papers, schema.papers.alias(), schema.seen_papers
    is_replaced = exists().where(later.c.key == table.c.key, later.c.id > table.c.id)
    is_seen = exists().where(seen.c.key == table.c.key, seen.c.last_day >= before.date())
    return select(table.c.id).where(~table.c.is_issued, is_replaced, ~is_seen)


#: kind → the table, and which of its rows are no longer needed; in the order of taking out
KINDS: dict[str, tuple[Any, Callable[[datetime], Select[Any]]]] = {
    "mails": (schema.deliveries, _mails),
    "contents of issues": (schema.issues, _issues),
    "receipts": (schema.snapshots, _receipts),
    "texts of papers": (schema.papers, _texts),
}


def count(tx: Connection, kind: str, before: datetime) -> int:
    """Return how many rows of a kind would be taken out now."""
    _, which = KINDS[kind]
    return int(tx.execute(select(func.count()).select_from(which(before).subquery())).scalar_one())


def take_out(tx: Connection, kind: str, before: datetime) -> int:
    """Take out at most MOST rows of a kind; return how many."""
    table, which = KINDS[kind]
    ids = list(tx.execute(which(before).order_by(table.c.id).limit(MOST)).scalars())
    if not ids:
        return 0
    chosen = table.c.id.in_(ids)
    if table is schema.issues:
        tx.execute(update(table).where(chosen).values(content={}, has_content=False))
    else:
        tx.execute(delete(table).where(chosen))
    return len(ids)
