"""The trail of one paper: its names, the listings that showed it, what changed, who was sent it.

Every function works in the transaction passed to it and changes nothing.  People are ids only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_

from . import schema, sent_papers
from .editions import names_of
from .sql import chunks


def trail(tx: Connection, key: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return what is stored of the work with this key, by kind, each in the order of time."""
    queries = {
        "names": _names(key),
        "listings": _listings(key),
        "changes": _changes(key),
    }
    found = dict[str, list[Mapping[str, Any]]](sent=_sent(tx, key))
    for kind, query in queries.items():
        found[kind] = [dict(row) for row in tx.execute(query).mappings()]
    return found


def editions(tx: Connection, key: str) -> int:
    """Return how many texts of the work are stored."""
    table = schema.papers
    counted = select(func.count()).select_from(table).where(table.c.key == key)
    return int(tx.execute(counted).scalar_one())


def _names(key: str) -> Select[Any]:
    table = schema.work_names
    return select(table.c.name).where(table.c.key == key).order_by(table.c.name)


def _listings(key: str) -> Select[Any]:
    table = schema.seen_papers
    columns = (table.c.listing, table.c.title, table.c.version, table.c.first_day, table.c.last_day)
    return select(*columns).where(table.c.key == key).order_by(table.c.first_day, table.c.listing)


def _changes(key: str) -> Select[Any]:
    table, receipts = schema.changes, schema.snapshots
    return (
        select(receipts.c.day, table.c.listing, table.c.kind, table.c.detail, receipts.c.is_held)
        .join(receipts, receipts.c.id == table.c.snapshot_id)
        .where(table.c.key == key)
        .order_by(table.c.id)
    )


def _sent(tx: Connection, key: str) -> list[Mapping[str, Any]]:
    """Return the issues that hold the paper; an issue that makes no mail has no state."""
    issues, mails, names = schema.issues, schema.deliveries, names_of(tx, [key])
    columns = (issues.c.subscriber_id, issues.c.day, mails.c.state, mails.c.settled_at)
    query = select(*columns).outerjoin(mails, mails.c.issue_id == issues.c.id)
    found = list[Mapping[str, Any]]()
    for run in chunks(sent_papers.to(tx, names)):
        sent = {(id, day): names[number][1] for id, number, day in run}
        is_one = tuple_(issues.c.subscriber_id, issues.c.day).in_(sent)
        for id, day, state, settled_at in tx.execute(query.where(is_one)):
            row = {"subscriber": id, "day": day, "edition": sent[id, day]}
            found.append(row | {"state": state, "settled_at": settled_at})
    return sorted(found, key=lambda row: (row["day"], row["subscriber"]))
