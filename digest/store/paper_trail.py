"""The trail of one paper: its names, the listings that showed it, what changed, who was sent it.

Every function works in the transaction passed to it and changes nothing.  People are ids only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from . import schema


def trail(tx: Connection, key: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return what is stored of the work with this key, by kind, each in the order of time."""
    queries = {
        "names": _names(key),
        "listings": _listings(key),
        "changes": _changes(key),
        "sent": _sent(key),
    }
    found = {kind: tx.execute(query).mappings() for kind, query in queries.items()}
    return {kind: [dict(row) for row in rows] for kind, rows in found.items()}


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


def _sent(key: str) -> Select[Any]:
    """Select the issues that hold the paper; an issue that makes no mail has no state."""
    table, issues, mails = schema.sent, schema.issues, schema.deliveries
    return (
        select(
            table.c.subscriber_id.label("subscriber"),
            issues.c.day,
            table.c.edition,
            mails.c.state,
            mails.c.settled_at,
        )
        .join(issues, issues.c.id == table.c.issue_id)
        .outerjoin(mails, mails.c.issue_id == issues.c.id)
        .where(table.c.key == key)
        .order_by(issues.c.day, table.c.subscriber_id)
    )
