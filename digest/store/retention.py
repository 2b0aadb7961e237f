"""What the database does without after ``keep:``, taken out a few rows at a time.

Settled mails (issues and notices), the content of issues, repeated receipts, and earlier texts of
papers that were in no issue.  ``sent``, what was seen, the issues' days, consents and every mail
that is not settled stay for ever: without them something could be mailed twice, or be lost.

A month of mails or contents that PostgreSQL has apart stays until all of it is old, and goes at
once; one in which a mail is not settled, or papers wait, goes row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    not_,
    select,
    tuple_,
)

from ..model import DeliveryState
from . import months, schema

#: The most rows that one transaction takes out of a table.
MOST = 500

_SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WITHDRAWN)
_UNSETTLED = tuple(state for state in DeliveryState if state not in _SETTLED)


def _is_over(table: Table, before: datetime) -> ColumnElement[bool]:
    """Return the condition that a mail was settled before that time."""
    # A mail is settled after the time from which it could go, by which there is an index.
    is_old = and_(table.c.not_before < before, table.c.settled_at < before)
    return and_(table.c.state.in_(_SETTLED), is_old)


def _mails(table: Table, before: datetime) -> Select[Any]:
    return select(table.c.id).where(_is_over(table, before))


def _contents(table: Table, before: datetime) -> Select[Any]:
    """Select contents of issues that have no mail left; of what waits in the last one it stays."""
    issues, mails = schema.issues, schema.deliveries
    is_its = and_(mails.c.issue_id == table.c.issue_id, mails.c.day == table.c.day)
    # Counted one by one: PostgreSQL would look at all mails for what it takes to be few contents.
    owed = select(func.count()).where(is_its, not_(_is_over(mails, before))).scalar_subquery()
    is_old = and_(table.c.day <= before.date() + _AHEAD, issues.c.made_at < before)
    return (
        select(table.c.day, table.c.issue_id)
        .join(issues, issues.c.id == table.c.issue_id)
        .where(is_old, owed == 0, ~_waits())
    )


#: By how much the day of an issue may be ahead of the one on which it is made, by UTC.
_AHEAD = timedelta(days=1)


def _waits() -> ColumnElement[bool]:
    """Return the condition that papers wait in an issue, as its subscriber's last."""
    issues, people = schema.issues, schema.subscribers
    last = select(people.c.last_issue_id).where(people.c.id == issues.c.subscriber_id)
    return and_(issues.c.has_waiting, func.coalesce(last.scalar_subquery(), 0) == issues.c.id)


def _no_mail_is_owed(month: date, before: datetime, *, notices: bool) -> Select[tuple[bool]]:
    """Select whether all mails of a month, or those of issues, are over: four looks at an index."""
    table = schema.deliveries
    is_one = and_(table.c.day >= month, table.c.day < months.after(month))
    if not notices:
        is_one &= table.c.issue_id.is_not(None)
    later = (
        table.c.state.in_(_UNSETTLED),
        and_(table.c.state.in_(_SETTLED), table.c.not_before >= before),
        table.c.settled_at >= before,
        and_(table.c.state.in_(_SETTLED), table.c.settled_at.is_(None)),
    )
    return select(and_(*(~exists().where(is_one, each) for each in later)))


def _has_waiting(tx: Connection, month: date) -> bool:
    """Return whether papers wait in an issue of a month; no issue gets any after it was made."""
    issues, people = schema.issues, schema.subscribers
    is_one = and_(issues.c.day >= month, issues.c.day < months.after(month))
    query = select(people.c.id).join(issues, issues.c.id == people.c.last_issue_id)
    return tx.execute(query.where(is_one, issues.c.has_waiting).limit(1)).first() is not None


def _receipts(table: Table, before: datetime) -> Select[Any]:
    """Select receipts that brought nothing, if a later one says the same of the same day."""
    later, changes = schema.snapshots.alias(), schema.changes
    brought = exists().where(changes.c.snapshot_id == table.c.id)
    is_repeated = exists().where(
        later.c.listing == table.c.listing,
        later.c.day == table.c.day,
        later.c.verdict == table.c.verdict,
        later.c.id > table.c.id,
    )
    return select(table.c.id).where(table.c.taken_at < before, ~brought, is_repeated)


def _texts(table: Table, before: datetime) -> Select[Any]:
    """Select texts that were in no issue, of papers with a later text that were not seen lately."""
    later, seen = schema.papers.alias(), schema.seen_papers
    is_replaced = exists().where(later.c.key == table.c.key, later.c.id > table.c.id)
    is_seen = exists().where(seen.c.key == table.c.key, seen.c.last_day >= before.date())
    return select(table.c.id).where(~table.c.is_issued, is_replaced, ~is_seen)


#: kind → the table, and which of its rows are no longer needed; in the order of taking out
KINDS: dict[str, tuple[Table, Callable[[Table, datetime], Select[Any]]]] = {
    "mails": (schema.deliveries, _mails),
    "contents of issues": (schema.issue_contents, _contents),
    "receipts": (schema.snapshots, _receipts),
    "texts of papers": (schema.papers, _texts),
}


def count(tx: Connection, kind: str, before: datetime) -> int:
    """Return how many rows of a kind would be taken out now."""
    table, which = KINDS[kind]
    return sum(
        int(
            tx.execute(
                select(func.count()).select_from(which(place, before).subquery())
            ).scalar_one()
        )
        for place in _places(tx, table, before)
    )


def take_out(tx: Connection, kind: str, before: datetime) -> int:
    """Take out a month of a kind, or at most MOST rows; return how many."""
    table, which = KINDS[kind]
    for month in _old_months(tx, table, before):
        if number := _drop(tx, table, month, before):
            return number
    for place in _places(tx, table, before):
        key = tuple(place.primary_key)
        rows = tx.execute(which(place, before).order_by(*key).limit(MOST)).all()
        if rows:
            tx.execute(delete(place).where(tuple_(*key).in_(rows)))
            return len(rows)
    return 0


def _places(tx: Connection, table: Table, before: datetime) -> list[Table]:
    """Return where rows of a table are looked for one by one: not in months that are still kept."""
    if tx.dialect.name != "postgresql" or table not in months.TABLES:
        return [table]
    old = (months.of(table, month) for month in _old_months(tx, table, before))
    return [months.rest(table), *old]


def _old_months(tx: Connection, table: Table, before: datetime) -> list[date]:
    """Return the months of a table of which no day is kept any more."""
    if table not in months.TABLES:
        return []
    return [
        each for each in months.known(tx, table) if months.after(each) <= before.date() - _AHEAD
    ]


def _drop(tx: Connection, table: Table, month: date, before: datetime) -> int | None:
    """Drop a month if nothing in it is needed; return how many rows it had."""
    if table is schema.issue_contents and _has_waiting(tx, month):
        return None
    is_over = _no_mail_is_owed(month, before, notices=table is schema.deliveries)
    return months.drop(tx, table, month, is_over)
