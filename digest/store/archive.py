"""The archive: which papers came on which day.  Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

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
    rows = tx.execute(_changes(first, last, changes, snapshots.c.day)).mappings().all()
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
        if row["key"] in papers
    ]


def came_between(
    tx: Connection, first: date, last: date
) -> list[tuple[date, str, ChangeKind, str]]:
    """Return of each of ``changes_between`` the day, the paper's key, the kind and the listing."""
    changes, snapshots = schema.changes, schema.snapshots
    columns = snapshots.c.day, changes.c.key, changes.c.kind, changes.c.listing
    kinds = {kind.value: kind for kind in ChangeKind}
    rows = tx.execute(_changes(first, last, *columns)).all()
    return [(day, key, kinds[kind], listing) for day, key, kind, listing in rows]


def _changes(first: date, last: date, *columns: Any) -> Select[Any]:
    """Return a query for columns of the changes of these days, the earliest first."""
    changes, snapshots = schema.changes, schema.snapshots
    return (
        select(*columns)
        .select_from(changes)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .where(snapshots.c.day >= first, snapshots.c.day <= last, ~snapshots.c.is_held)
        .order_by(snapshots.c.day, changes.c.id)
    )


def editions_by_day(
    tx: Connection, first: date, last: date, upto: int | None = None
) -> dict[date, list[str]]:
    """Return the editions of the papers of these days, by the day on which each first came.

    In the order in which they came; those that came earlier, too, are on the day before ``first``.
    Without ``upto`` the newest editions; with it the first ones, of snapshots up to that one: then
    nothing that is collected later changes the result.
    """
    papers, changes, snapshots = schema.papers, schema.changes, schema.snapshots
    counts: ColumnElement[bool] = ~snapshots.c.is_held
    if upto is not None:
        counts = and_(counts, snapshots.c.id <= upto)
    edition = (
        select(papers.c.edition)
        .where(papers.c.key == changes.c.key)
        .order_by(papers.c.id.desc() if upto is None else papers.c.id)
        .limit(1)
        .scalar_subquery()
    )
    came = (
        select(edition, func.min(snapshots.c.day).label("day"))
        .select_from(changes)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .where(counts, changes.c.key.in_(_keys(first, last, counts)))
        .group_by(changes.c.key)
        .order_by(func.min(changes.c.id))
    )
    by_day: dict[date, list[str]] = {}
    before = first - timedelta(days=1)
    for name, day in tx.execute(came).all():
        by_day.setdefault(max(day, before), []).append(name)
    return dict(sorted(by_day.items()))


def _keys(first: date, last: date, counts: ColumnElement[bool]) -> Select[tuple[str]]:
    """Return a query for the keys of the papers of these days."""
    changes, snapshots = schema.changes, schema.snapshots
    return (
        select(changes.c.key)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .where(snapshots.c.day >= first, snapshots.c.day <= last, counts)
    )


def carriers(tx: Connection, first: date, last: date, upto: int) -> dict[str, list[str]]:
    """Return, per paper of these days, the listings that carried it, up to a snapshot."""
    changes, snapshots = schema.changes, schema.snapshots
    counts = and_(~snapshots.c.is_held, snapshots.c.id <= upto)
    query = _keys(first, last, counts).add_columns(changes.c.listing).distinct()
    found: dict[str, list[str]] = {}
    for key, listing in tx.execute(query.order_by(changes.c.key, changes.c.listing)):
        found.setdefault(key, []).append(listing)
    return found


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


def stamp(tx: Connection, day: date | None = None) -> tuple[object, ...]:
    """Return a value that changes when what is stored of papers and listings does, or of a day.

    A day's changes when one of its papers has a newer edition, too.
    """
    if day is None:
        return tuple(tx.execute(_newest()).one())
    papers, changes, snapshots = schema.papers, schema.changes, schema.snapshots
    held = func.count().filter(snapshots.c.is_held)
    of_day = snapshots.c.day == day
    shown = (
        select(func.count(changes.c.id.distinct()).label("rows"), func.max(papers.c.id).label("id"))
        .select_from(changes)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .join(papers, papers.c.key == changes.c.key)
        .where(of_day, ~snapshots.c.is_held)
        .group_by(changes.c.key)
        .subquery()
    )
    read = select(func.count(), func.max(snapshots.c.id), held).where(of_day)
    brought = select(func.count(), func.sum(shown.c.rows), func.sum(shown.c.id))
    return (*tx.execute(read).one(), *tx.execute(brought).one())


@cache  # because each request asks for it
def _newest() -> Select[Any]:
    """Return a query for the stamp of all that is stored."""
    papers, changes, snapshots = schema.papers, schema.changes, schema.snapshots
    held = func.count().filter(snapshots.c.is_held)
    # What is old is taken out once, from the first on.
    ends = (func.max(papers.c.id), func.max(changes.c.id), func.min(changes.c.id))
    others = [select(each).scalar_subquery() for each in ends]
    return select(func.max(snapshots.c.id), held, *others)


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
