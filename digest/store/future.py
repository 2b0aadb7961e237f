"""What a clock that was ahead left in the database, brought back once the clock is right again.

Nothing that was mailed is forgotten: ``sent`` is not touched, so no paper comes twice.  What is
left alone on purpose: ``consents``, whose rows are evidence and never change; the instant of a
sign-up, which its link names; and pauses, whose days a reader chose and was shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, and_, delete, func, or_, select, update

from ..model import DeliveryState
from . import schema, settings, unread

#: Instants that stay as they were written.
KEPT = frozenset({"consents.at", "subscribers.created_at"})

#: No place on earth is further ahead of UTC.
FURTHEST_EAST = timedelta(hours=14)

_WHY = "made by a clock that was ahead: its papers come with the next"


#: As many receipts are looked at for the newest, and not those of years: it is asked each minute.
LOOKED_AT = 1000


def newest(tx: Connection) -> datetime | None:
    """Return the latest instant at which a listing was read; None where none ever was."""
    table = schema.snapshots
    last = select(table.c.taken_at).order_by(table.c.id.desc()).limit(LOOKED_AT).subquery()
    return tx.execute(select(func.max(last.c.taken_at))).scalar()


def bring_back(tx: Connection, now: datetime, today: date) -> int:
    """Date nothing later than ``now`` any more; return the number of rows that changed.

    ``today`` is the operator's local day.  Only for callers that run alone: what is claimed may
    change.
    """
    return (
        _take_back_issues(tx, now)
        + _move_issues(tx, now, today)
        + _move_readers(tx, now, today)
        + _move_receipts(tx, now, today)
        + _move_days(tx, now, today)
        + _move_settings(tx, now, today)
        + sum(_move_instants(tx, column, now) for column in _instants())
    )


def _take_back_issues(tx: Connection, now: datetime) -> int:
    """Withdraw issues that carry a date that has not come, where they cannot have left yet."""
    owed, made = schema.deliveries, schema.issues
    query = select(owed.c.id, owed.c.issue_id).join(made, made.c.id == owed.c.issue_id)
    never_out = and_(
        owed.c.state.in_([DeliveryState.QUEUED, DeliveryState.CLAIMED]), owed.c.message_id == ""
    )
    rows = tx.execute(query.where(made.c.made_at > now, never_out)).all()
    for row in rows:
        unread.take_back(tx, row.issue_id)
    gone = {
        "state": DeliveryState.WITHDRAWN,
        "settled_at": now,
        "error": _WHY,
        "leased_until": None,
    }
    for row in rows:
        chosen = update(owed).where(owed.c.id == row.id)
        tx.execute(chosen.values(fence=owed.c.fence + 1, **gone))
    return len(rows)


def _move_issues(tx: Connection, now: datetime, today: date) -> int:
    """Keep issues of days to come under free days before today, so that they block none.

    What a reader was mailed stays as it was: its own date is in its content.
    """
    table = schema.issues
    ahead = and_(table.c.made_at > now, table.c.day > today)
    people = tx.execute(select(table.c.subscriber_id).where(ahead).distinct()).scalars().all()
    moved = 0
    for id in people:
        is_theirs = table.c.subscriber_id == id
        taken = set(tx.execute(select(table.c.day).where(is_theirs)).scalars())
        rows = tx.execute(select(table.c.id).where(is_theirs, ahead).order_by(table.c.id.desc()))
        for issue, day in zip(rows.scalars().all(), free_days(taken, today), strict=False):
            tx.execute(update(table).where(table.c.id == issue).values(day=day))
            moved += 1
    return moved


def free_days(taken: Iterable[date], before: date) -> Iterator[date]:
    """Yield the days before a day that are not taken, the latest first."""
    blocked, day = set(taken), before
    while day > date.min:
        day -= timedelta(days=1)
        if day not in blocked:
            yield day


def _move_readers(tx: Connection, now: datetime, today: date) -> int:
    """Let readers be due again: after their last issue by the right clock, today at the latest."""
    people, made = schema.subscribers, schema.issues
    is_ahead = or_(people.c.last_at > now, people.c.last_day > (now + FURTHEST_EAST).date())
    ids = tx.execute(select(people.c.id).where(is_ahead)).scalars().all()
    last = select(func.max(made.c.day), func.max(made.c.made_at)).where(made.c.made_at <= now)
    for id in ids:
        day, at = tx.execute(last.where(made.c.subscriber_id == id)).one()
        yesterday = today - timedelta(days=1)
        values = {"last_day": max(day or yesterday, yesterday), "last_at": at}
        tx.execute(update(people).where(people.c.id == id).values(values))
    return len(ids)


def _move_receipts(tx: Connection, now: datetime, today: date) -> int:
    """Count what was read as of the last day read by the right clock.

    A day that was asked for before it came has not been read.
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
    """Remember papers as seen by today; forget counts of upvotes of days that have not been."""
    table, votes = schema.seen, schema.votes
    changed = tx.execute(delete(votes).where(votes.c.day > now.date())).rowcount
    for column in (table.c.first_day, table.c.last_day):
        late = update(table).where(column > today)
        changed += tx.execute(late.values({column: today})).rowcount
    return changed


def _move_settings(tx: Connection, now: datetime, today: date) -> int:
    """Bring back the instants and days that settings begin with: waits, alarms, outages."""
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
    """Return an ISO instant or date, or the present one where it is later; other text as it is."""
    if stamp[4:5] != "-":  # a number is an ISO date, too
        return stamp
    try:
        instant = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    if len(stamp) == len("2026-03-12"):
        return today.isoformat() if instant.date() > today else stamp
    return now.isoformat() if instant.tzinfo and instant > now else stamp


def _instants() -> Iterator[Column[Any]]:
    """Every column that holds an instant, but for those that are kept."""
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, schema.UTCDateTime) and f"{column}" not in KEPT:
                yield column


def _move_instants(tx: Connection, column: Column[Any], now: datetime) -> int:
    late = update(column.table).where(column > now)
    return tx.execute(late.values({column: now})).rowcount
