"""A copy of the database that is whole, taken while others write.

The copy is fenced, because nobody can know what was sent after it was taken: what it says is still
owed is in doubt there, and what the first run on it collects counts as mailed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, update

from ..model import State
from . import schema, shelf
from .engine import StoreError

if TYPE_CHECKING:
    from . import Store

#: The setting that says that a database is a copy put back.
FENCE = "restored"

_RESTORED = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, 'yes')"
_FENCE = "UPDATE deliveries SET state = ?, error = ? WHERE state IN (?, ?, ?)"


def copy(store: Store, file: Path) -> None:
    """Copy an SQLite database into a new file; raises StoreError where that cannot be done."""
    if store.dialect != "sqlite":
        raise StoreError(
            "backup: use pg_dump, which copies a PostgreSQL database while it is in use"
        )
    if file.exists():
        raise StoreError(f"backup: {file} is there already")
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        store.vacuum_into(part)
        _fence(part)
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"backup: {file}: {error}") from error


def _fence(file: Path) -> None:
    owed = (State.QUEUED, State.CLAIMED, State.DATA_SENT)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(_RESTORED, (FENCE,))
        connection.execute(_FENCE, (State.IN_DOUBT, "restored from a backup", *owed))


def lift(tx: Connection, day: date) -> bool:
    """Let a copy that was put back go on from here; gives whether it was one.

    Nobody is mailed what was collected so far, nor an issue of ``day``: they may have had it.
    """
    table = schema.settings
    if not tx.execute(delete(table).where(table.c.name == FENCE)).rowcount:
        return False
    tx.execute(update(schema.subscriptions).values(since=shelf.last_id(tx)))
    tx.execute(update(schema.issues).values(has_waiting=False))
    tx.execute(update(schema.subscribers).values(last_day=day))
    return True
