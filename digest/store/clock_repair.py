"""Repair dates in the future, written while the clock was ahead, once the clock is right again.

No paper is mailed twice: in ``sent`` only days change.  Three things stay as they are on
purpose: ``consents``, because its rows are evidence and never change; the time of a sign-up,
because its link names it; and pauses, because the subscriber chose their days and was shown them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, and_, delete, func, or_, select, update

from ..model import DeliveryState
from . import due_dates, schema, sent_papers, settings, unread
from .leases import FREE

#: Columns of instants that stay as they were written.
KEPT_COLUMNS = frozenset({"consents.at", "subscribers.created_at", "subscribers.due_at"})

#: No time zone is further ahead of UTC.
FURTHEST_EAST = timedelta(hours=14)

_WHY = "made by a clock that was ahead: its papers come with the next"


#: Only this many snapshots are searched for the newest, because it is asked every minute.
SNAPSHOTS_SEARCHED = 1000


_LAST = (
    select(schema.snapshots.c.taken_at)
    .order_by(schema.snapshots.c.id.desc())
    .limit(SNAPSHOTS_SEARCHED)
    .subquery()
)
_NEWEST = select(func.max(_LAST.c.taken_at))


def newest(tx: Connection) -> datetime | None:
    """Return when a listing was last read; None if none ever was."""
    return tx.execute(_NEWEST).scalar()


def repair_dates(tx: Connection, now: datetime, today: date) -> int:
    """Move all future dates back to ``now`` or earlier; return the number of changed rows.

    ``today`` is the operator's local day.  Only for callers that hold the lock of runs, because
    claimed deliveries may change.
    """
    return (
        _take_back_issues(tx, now)
        + _move_issues(tx, now, today)
        + _move_subscribers(tx, now, today)
        + _move_receipts(tx, now, today)
        + _move_days(tx, now, today)
        + _move_settings(tx, now, today)
        + sum(_move_instants(tx, column, now) for column in _instants())
    )


def _take_back_issues(tx: Connection, now: datetime) -> int:
    """Withdraw issues that were made in the future, if they cannot have been sent yet."""
    deliveries, issues = schema.deliveries, schema.issues
    query = select(deliveries.c.id, deliveries.c.issue_id).join(
        issues, issues.c.id == deliveries.c.issue_id
    )
    never_out = and_(
        deliveries.c.state.in_([DeliveryState.QUEUED, DeliveryState.CLAIMED]),
        deliveries.c.message_id == "",
    )
    rows = tx.execute(query.where(issues.c.made_at > now, never_out)).all()
    for row in rows:
        unread.make_unread(tx, row.issue_id)
    gone = {
        "state": DeliveryState.WITHDRAWN,
        "settled_at": now,
        "error": _WHY,
        **FREE,
    }
    for row in rows:
        chosen = update(deliveries).where(deliveries.c.id == row.id)
        tx.execute(chosen.values(fence=deliveries.c.fence + 1, **gone))
    return len(rows)


def _move_issues(tx: Connection, now: datetime, today: date) -> int:
    """Move issues of future days to free days before today, so that they block no day.

    The issue as it was mailed does not change: its own date is in its content.
    """
    table = schema.issues
    ahead = and_(table.c.made_at > now, table.c.day > today)
    people = tx.execute(select(table.c.subscriber_id).where(ahead).distinct()).scalars().all()
    moved = 0
    for id in people:
        is_theirs = table.c.subscriber_id == id
        taken = set(tx.execute(select(table.c.day).where(is_theirs)).scalars())
        columns = select(table.c.id, table.c.day)
        rows = tx.execute(columns.where(is_theirs, ahead).order_by(table.c.id.desc()))
        for (issue, wrong), day in zip(rows.all(), free_days(taken, today), strict=False):
            tx.execute(update(table).where(table.c.id == issue).values(day=day))
            sent_papers.move(tx, id, wrong, day)
            moved += 1
    return moved


def free_days(taken: Iterable[date], before: date) -> Iterator[date]:
    """Yield the free days before a day, the latest first."""
    blocked, day = set(taken), before
    while day > date.min:
        day -= timedelta(days=1)
        if day not in blocked:
            yield day


def _move_subscribers(tx: Connection, now: datetime, today: date) -> int:
    """Make subscribers due again: today, or after their last issue by the right clock."""
    people, issues = schema.subscribers, schema.issues
    is_ahead = or_(people.c.last_at > now, people.c.last_day > (now + FURTHEST_EAST).date())
    ids = tx.execute(select(people.c.id).where(is_ahead)).scalars().all()
    last = select(func.max(issues.c.day), func.max(issues.c.made_at)).where(issues.c.made_at <= now)
    for id in ids:
        day, at = tx.execute(last.where(issues.c.subscriber_id == id)).one()
        yesterday = today - timedelta(days=1)
        values = {"last_day": max(day or yesterday, yesterday), "last_at": at}
        tx.execute(update(people).where(people.c.id == id).values(values))
    due_dates.refresh(tx, ids)
    return len(ids)


def _move_receipts(tx: Connection, now: datetime, today: date) -> int:
    """Move snapshots from the future to the last day that was read by the right clock.

    A day that was requested before it came counts as not read.
    """
    table = schema.snapshots
    ahead = table.c.taken_at > now
    moved = 0
    for listing in tx.execute(select(table.c.listing).where(ahead).distinct()).scalars().all():
        is_its = table.c.listing == listing
        right = select(func.max(table.c.day)).where(is_its, ~ahead, table.c.day <= today)
        day = tx.execute(right).scalar() or today - timedelta(days=1)
        for column in (table.c.day, table.c.since):
            late = update(table).where(is_its, ahead, column > day)
            moved += tx.execute(late.values({column: day})).rowcount
    return moved


def _move_days(tx: Connection, now: datetime, today: date) -> int:
    """Move the days of seen papers and notices back; delete upvote counts of future days."""
    table, votes, mails = schema.seen_papers, schema.votes, schema.deliveries
    changed = tx.execute(delete(votes).where(votes.c.day > now.date())).rowcount
    notices = update(mails).where(mails.c.issue_id.is_(None), mails.c.day > now.date())
    changed += tx.execute(notices.values(day=now.date())).rowcount
    for column in (table.c.first_day, table.c.last_day):
        late = update(table).where(column > today)
        changed += tx.execute(late.values({column: today})).rowcount
    return changed


def _move_settings(tx: Connection, now: datetime, today: date) -> int:
    """Move back the instants and days at the start of settings: waits, alarms, outages."""
    rows = tx.execute(select(schema.settings.c.name, schema.settings.c.value)).all()
    changed = 0
    for name, value in rows:
        stamp, space, rest = value.partition(" ")
        earlier = not_after(stamp, now, today)
        if earlier != stamp:
            settings.keep_setting(tx, name, f"{earlier}{space}{rest}")
            changed += 1
    return changed


def not_after(stamp: str, now: datetime, today: date) -> str:
    """Return an ISO instant or date, or the present one if it is later; other text as it is."""
    if stamp[4:5] != "-":  # a plain number can be a valid ISO date, too
        return stamp
    try:
        instant = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    if len(stamp) == len("2026-03-12"):
        return today.isoformat() if instant.date() > today else stamp
    return now.isoformat() if instant.tzinfo and instant > now else stamp


def _instants() -> Iterator[Column[Any]]:
    """Yield every column that holds an instant, except those in KEPT."""
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, schema.UTCDateTime) and f"{column}" not in KEPT_COLUMNS:
                yield column


def _move_instants(tx: Connection, column: Column[Any], now: datetime) -> int:
    late = update(column.table).where(column > now)
    return tx.execute(late.values({column: now})).rowcount
