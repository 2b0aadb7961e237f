"""Collected papers: what each listing was seen to hold, and its snapshots (the receipts).

Every function works in the transaction passed to it.  Pages must be validated before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from ..listings.days import BELIEVED, Past, whole_days
from ..listings.diff import Pair
from ..model import Change, ChangeKind, DayRange, Paper, SeenPaper, Snapshot, Verdict
from . import schema, search
from .editions import keep_editions
from .engine import KEEP_LOCK
from .sql import add, chunks, lock, put
from .work_names import canonical


def pair_with_seen(tx: Connection, listing: str, papers: Sequence[Paper]) -> list[Pair]:
    """Return each paper under its work's key, with what this listing showed of it before.

    Takes KEEP_LOCK: until the transaction ends no other transaction names papers, and snapshots
    become visible in the order of their ids.
    """
    lock(tx, KEEP_LOCK)
    known = canonical(tx, papers, listing)
    memory = _seen(tx, listing, {paper.key for paper in known})
    return [(paper, memory.get(paper.key)) for paper in known]


def count_familiar(tx: Connection, pairs: Sequence[Pair]) -> int:
    """Count the unseen papers with the same title as another stored work."""
    return _taken(tx, pairs, "title:")


def reused(tx: Connection, pairs: Sequence[Pair]) -> int:
    """Count the unseen papers under a guid and link that were another paper's before."""
    return _taken(tx, pairs, "entry:")


def _taken(tx: Connection, pairs: Sequence[Pair], scheme: str) -> int:
    """Count the unseen papers of which a name of this scheme leads to another work."""
    own = {
        name: paper.key
        for paper, seen in pairs
        if seen is None
        for name in paper.aliases
        if name.startswith(scheme)
    }
    table = schema.work_names
    found: set[str] = set()
    for run in chunks(sorted(own)):
        rows = tx.execute(select(table.c.name, table.c.key).where(table.c.name.in_(run)))
        found |= {own[name] for name, key in rows if key != own[name]}
    return len(found)


def _seen(tx: Connection, listing: str, keys: Iterable[str]) -> dict[str, SeenPaper]:
    table = schema.seen_papers
    memory: dict[str, SeenPaper] = {}
    for run in chunks(sorted(keys)):
        rows = tx.execute(select(table).where(table.c.listing == listing, table.c.key.in_(run)))
        for row in rows.mappings():
            memory[row["key"]] = SeenPaper(**{n: v for n, v in row.items() if n != "listing"})
    return memory


def store_collection(
    tx: Connection, snapshot: Snapshot, pairs: Sequence[Pair], changes: Sequence[Change]
) -> int:
    """Store a collection: editions, seen papers, snapshot and changes; return the snapshot's id."""
    keep_editions(tx, [paper for paper, _ in pairs])
    search.index(tx, _papers_to_index(pairs, changes))
    search.keep_votes(tx, snapshot.taken_at.date(), [paper for paper, _ in pairs])
    # On a quiet day the listing shows papers of an earlier day, which must keep their day.
    if snapshot.verdict is not Verdict.QUIET:
        _store_seen(tx, snapshot, pairs)
    id = record(tx, snapshot)
    rows = [
        {
            "snapshot_id": id,
            "listing": snapshot.listing,
            "key": change.paper.key,
            "kind": change.kind,
            "detail": change.detail,
        }
        for change in changes
    ]
    add(tx, schema.changes, rows)
    return id


def _papers_to_index(pairs: Sequence[Pair], changes: Sequence[Change]) -> list[Paper]:
    """Return the papers to index: those that are new or changed."""
    fresh = {paper.key: paper for paper, seen in pairs if seen is None}
    return list({**fresh, **{change.paper.key: change.paper for change in changes}}.values())


def _store_seen(tx: Connection, snapshot: Snapshot, pairs: Sequence[Pair]) -> None:
    rows = {paper.key: _seen_row(snapshot, paper, seen) for paper, seen in pairs}
    put(tx, schema.seen_papers, [rows[key] for key in sorted(rows)])


def _seen_row(snapshot: Snapshot, paper: Paper, seen: SeenPaper | None) -> dict[str, Any]:
    first, last = (seen.first_day, seen.last_day) if seen else (snapshot.day, snapshot.day)
    versions = [v for v in (paper.version, seen and seen.version) if v]
    return {
        "listing": snapshot.listing,
        "key": paper.key,
        "version": max(versions, default=None),
        "title": paper.title,
        "first_day": min(first, snapshot.day),
        "last_day": max(last, snapshot.day),
        "is_withdrawn": paper.announced is ChangeKind.WITHDRAWN or bool(seen and seen.is_withdrawn),
        "wording": paper.wording or (seen.wording if seen else ""),
    }


def record(tx: Connection, snapshot: Snapshot) -> int:
    """Write a snapshot and return its id; a flood is held until the operator releases it."""
    lock(tx, KEEP_LOCK)
    row = {
        c.name: getattr(snapshot, c.name) for c in schema.snapshots.c if c.name not in _NO_FIELDS
    }
    row["is_held"] = snapshot.verdict is Verdict.FLOOD
    row |= {name: _packed(getattr(snapshot, name)) for name in _RANGES}
    result = tx.execute(schema.snapshots.insert().values(row))
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


_NO_FIELDS = {"id", "is_held"}
#: columns with ranges of days
_RANGES = ("missed", "lost")


def _packed(days: Sequence[DayRange]) -> list[list[str]] | None:
    return [[str(each.first), str(each.last)] for each in days] or None


def _unpacked(packed: Sequence[Sequence[str]] | None) -> tuple[DayRange, ...]:
    return tuple(DayRange(*map(date.fromisoformat, each)) for each in packed or ())


def snapshots(
    tx: Connection, listing: str, *, before: date | None = None, since: date | None = None
) -> list[Snapshot]:
    """Return the listing's snapshots, newest day and newest reading first."""
    limits = {"since": since, "before": before}
    given = {name: day for name, day in limits.items() if day is not None}
    rows = tx.execute(_snapshots(frozenset(given)), {"listing": listing, **given})
    return [snapshot_of(row) for row in rows.mappings()]


@cache  # because each minute asks for some
def _snapshots(limits: frozenset[str]) -> Select[Any]:
    table = schema.snapshots
    query = select(table).where(table.c.listing == bindparam("listing"))
    if "since" in limits:
        query = query.where(table.c.day >= bindparam("since"))
    if "before" in limits:
        query = query.where(table.c.day < bindparam("before"))
    return query.order_by(table.c.day.desc(), table.c.id.desc())


def newest(tx: Connection, listings: Iterable[str]) -> tuple[Snapshot, ...]:
    """Return each listing's newest day as one snapshot, in the order of the names."""
    days = (_newest_day(tx, name) for name in listings)
    return tuple(day for day in days if day is not None)


def _newest_day(tx: Connection, listing: str) -> Snapshot | None:
    day = last_day(tx, listing)
    return next(whole_days(snapshots(tx, listing, since=day)), None) if day else None


def last_day(tx: Connection, listing: str) -> date | None:
    """Return the newest day for which the listing has a snapshot; None if it was never read."""
    table = schema.snapshots
    query = select(func.max(table.c.day)).where(table.c.listing == listing)
    return tx.execute(query).scalar()


def snapshot_of(row: RowMapping) -> Snapshot:
    """Return the snapshot in a row."""
    values = {name: value for name, value in row.items() if name != "is_held"}
    days = {name: _unpacked(values[name]) for name in _RANGES}
    return Snapshot(**{**values, **days, "verdict": Verdict(values["verdict"])})


def past(tx: Connection, listing: str, *, since: date) -> Past:
    """Return what is remembered of a listing's readings; the believed days ``since`` then."""
    table = schema.snapshots
    is_its = table.c.listing == listing
    is_believed = and_(is_its, table.c.verdict.in_(sorted(BELIEVED)))
    newest = select(table).where(is_believed).order_by(table.c.day.desc(), table.c.id.desc())
    last = tx.execute(newest.limit(1)).mappings().first()
    days = select(table.c.day).where(is_believed, table.c.day >= since).distinct()
    return Past(
        first=tx.execute(select(func.min(table.c.day)).where(is_its, ~table.c.is_past)).scalar(),
        last=snapshot_of(last) if last else None,
        believed=frozenset(tx.execute(days).scalars()),
    )


def last_shown(tx: Connection, listing: str) -> date | None:
    """Return the newest day on which papers of the listing were seen; None if none ever was."""
    table = schema.seen_papers
    query = select(func.max(table.c.last_day)).where(table.c.listing == listing)
    return tx.execute(query).scalar()


def troubled(tx: Connection, listings: Iterable[str], *, since: datetime) -> tuple[Snapshot, ...]:
    """Return the collections after ``since`` that leave a gap, the oldest first.

    Days that were found to be lost, holes, floods that are held, and days that were read in part
    and not whole since.
    """
    table, later = schema.snapshots, schema.snapshots.alias()
    is_whole_since = exists().where(
        later.c.listing == table.c.listing,
        later.c.day == table.c.day,
        later.c.id > table.c.id,
        later.c.verdict.in_([Verdict.FRESH, Verdict.QUIET]),
    )
    leaves_gap = or_(
        table.c.hole.is_not(None),
        table.c.lost.is_not(None),
        table.c.is_held,
        and_(table.c.verdict == Verdict.PARTIAL, ~is_whole_since),
    )
    query = select(table).where(table.c.taken_at > since, leaves_gap, ~table.c.is_past)
    named = query.where(table.c.listing.in_(list(listings))).order_by(table.c.id)
    return tuple(snapshot_of(row) for row in tx.execute(named).mappings())


_IS_ITS = schema.snapshots.c.listing == bindparam("listing")
_GOOD = select(func.max(schema.snapshots.c.id)).where(
    _IS_ITS, schema.snapshots.c.verdict.in_(bindparam("believed", expanding=True))
)
_SINCE = select(func.min(schema.snapshots.c.taken_at)).where(
    _IS_ITS, schema.snapshots.c.id > bindparam("after")
)


def failing_since(tx: Connection, listing: str, believed: Collection[Verdict]) -> datetime | None:
    """Return since when the listing has not been believed; None if it is believed now."""
    good = tx.execute(_GOOD, {"listing": listing, "believed": sorted(believed)}).scalar()
    return tx.execute(_SINCE, {"listing": listing, "after": good or 0}).scalar()


def last_id(tx: Connection, *, before: date | None = None) -> int:
    """Return the newest snapshot's id, or the one before the first of day ``before``; 0 for none.

    An earlier day can be read again after a newer one, so ids do not grow with the days.
    """
    id, day = schema.snapshots.c.id, schema.snapshots.c.day
    if before is not None:
        first = tx.execute(select(func.min(id)).where(day >= before)).scalar()
        if first is not None:
            return int(first) - 1
    return int(tx.execute(select(func.coalesce(func.max(id), 0))).scalar_one())


def release(tx: Connection, listing: str) -> int:
    """Release a held flood, to be mailed with the next issues; return the number of papers."""
    lock(tx, KEEP_LOCK)
    freed = 0
    for held in _held(tx, listing):
        # A new snapshot, because subscribers have read past the id of the old one.
        id = record(tx, replace(held, verdict=Verdict.FRESH))
        freed += tx.execute(
            update(schema.changes)
            .where(schema.changes.c.snapshot_id == held.id)
            .values(snapshot_id=id)
        ).rowcount
        # Otherwise the day would count its papers twice.
        table = schema.snapshots
        tx.execute(update(table).where(table.c.id == held.id).values(new=0, revised=0))
    _release_flood(tx, listing)
    return freed


def forget(tx: Connection, listing: str) -> int:
    """Never mail a held flood: its papers stay seen; return the number of papers."""
    held = [snapshot.id for snapshot in _held(tx, listing)]
    gone = tx.execute(schema.changes.delete().where(schema.changes.c.snapshot_id.in_(held)))
    _release_flood(tx, listing)
    return gone.rowcount


def _held(tx: Connection, listing: str) -> list[Snapshot]:
    table = schema.snapshots
    query = select(table).where(table.c.listing == listing, table.c.is_held).order_by(table.c.id)
    return [snapshot_of(row) for row in tx.execute(query).mappings()]


def _release_flood(tx: Connection, listing: str) -> None:
    table = schema.snapshots
    tx.execute(update(table).where(table.c.listing == listing).values(is_held=False))


def validators(tx: Connection, *, since: datetime) -> dict[str, str]:
    """Return each address's HTTP validator, with which a server may answer "not modified".

    Only of pages that came whole after ``since``: some servers say "not modified" for ever.
    """
    table = schema.validators
    rows = tx.execute(select(table).where(table.c.kept_at > since))
    return {row.address: row.validator for row in rows}


def keep_validators(tx: Connection, validators: Mapping[str, str], now: datetime) -> None:
    """Store the validators, now that the page that they came with is stored."""
    rows = [
        {"address": address, "validator": validator, "kept_at": now}
        for address, validator in sorted(validators.items())
    ]
    put(tx, schema.validators, rows)
