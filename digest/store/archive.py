"""The archive: which papers came on which day.  Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

from sqlalchemy import Connection, func, select

from ..listings.days import whole_days
from ..model import Arrival, Change, ChangeKind, Snapshot, Verdict
from . import papers as stored_papers
from . import schema
from .editions import newest_editions

#: Verdicts of a listing that could not be read: the data has a gap there.
_UNREAD = (Verdict.FAILED,)


def changes_between(tx: Connection, first: date, last: date) -> list[tuple[date, Arrival]]:
    """Return every change of these days with the day of its snapshot, the earliest first.

    A flood that is held does not count until it is released.
    """
    changes, snapshots = schema.changes, schema.snapshots
    query = (
        select(changes, snapshots.c.day)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .where(snapshots.c.day >= first, snapshots.c.day <= last, ~snapshots.c.is_held)
        .order_by(snapshots.c.day, changes.c.id)
    )
    rows = tx.execute(query).mappings().all()
    papers = newest_editions(tx, {row["key"] for row in rows})
    return [
        (
            row["day"],
            Arrival(
                Change(ChangeKind(row["kind"]), papers[row["key"]][1], row["detail"]),
                row["listing"],
                row["snapshot_id"],
            ),
        )
        for row in rows
    ]


def days_read(tx: Connection, first: date, last: date) -> set[date]:
    """Return the days on which at least one listing was read."""
    table = schema.snapshots
    query = (
        select(table.c.day)
        .distinct()
        .where(table.c.day >= first, table.c.day <= last, table.c.verdict.not_in(_UNREAD))
    )
    return set(tx.execute(query).scalars())


def days(tx: Connection, *, before: date | None = None, most: int = 60) -> list[tuple[date, int]]:
    """Return the days with a snapshot, newest first, and how many papers each day brought."""
    changes, snapshots = schema.changes, schema.snapshots
    number = func.count(changes.c.key.distinct())
    query = (
        select(snapshots.c.day, number)
        .outerjoin(changes, (changes.c.snapshot_id == snapshots.c.id) & ~snapshots.c.is_held)
        .group_by(snapshots.c.day)
        .order_by(snapshots.c.day.desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(snapshots.c.day < before)
    return [(day, number) for day, number in tx.execute(query)]


def receipts(tx: Connection, day: date) -> list[Snapshot]:
    """Return what became of each listing on a day, in the order of their names."""
    table = schema.snapshots
    query = select(table).where(table.c.day == day).order_by(table.c.listing, table.c.id.desc())
    rows = map(stored_papers.snapshot_of, tx.execute(query).mappings())
    by_listing = groupby(rows, key=lambda each: each.listing)
    return [whole for _, readings in by_listing for whole in whole_days(readings)]


def held_floods(tx: Connection, listings: Sequence[str]) -> dict[str, int]:
    """Return the listings with a held flood, and the number of papers in it."""
    changes, snapshots = schema.changes, schema.snapshots
    query = (
        select(snapshots.c.listing, func.count(changes.c.id))
        .join(changes, changes.c.snapshot_id == snapshots.c.id)
        .where(snapshots.c.is_held, snapshots.c.listing.in_(listings))
        .group_by(snapshots.c.listing)
    )
    return dict(tx.execute(query).all())
