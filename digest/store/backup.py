"""A copy of the database that is whole, taken while others write.

The copy is fenced, because nobody can know what was sent after it was taken: what it says is still
owed is in doubt there, and what the first run on it collects counts as mailed.  pg_dump knows
nothing of this, so a PostgreSQL database remembers where it lives: one that wakes up elsewhere, or
in tables that were made anew, was put back.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, update

from .. import private_files
from ..model import DeliveryState
from . import papers, schema, settings
from .engine import StoreError
from .turn import IDENTITY, home

if TYPE_CHECKING:
    from . import Store

#: The setting that says that a database is a copy put back.
FENCE = "restored"

#: The setting under which a database remembers where it lives.
HOME = "home"

_RESTORED = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, 'yes')"
_FENCE = "UPDATE deliveries SET state = ?, error = ? WHERE state IN (?, ?, ?)"

_OWED, _WHY = (
    (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DATA_SENT),
    "restored from a backup",
)


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
        private_files.make_file(part)
        store.vacuum_into(part)
        fence_copy(part)
        part.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"backup: {file}: {error}") from error


def fence_copy(file: Path) -> None:
    """Fence a file that is a copy, and take its identity: it is another database from now on."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(_RESTORED, (FENCE,))
        connection.execute(_FENCE, (DeliveryState.IN_DOUBT, _WHY, *_OWED))
        connection.execute(f"{IDENTITY} = 0")


def fence(tx: Connection) -> None:
    """Treat this database as a copy that was put back."""
    table = schema.deliveries
    doubtful = {"state": DeliveryState.IN_DOUBT, "error": _WHY, "leased_until": None}
    settings.keep_setting(tx, FENCE, "yes")
    tx.execute(
        update(table).where(table.c.state.in_(_OWED)).values(fence=table.c.fence + 1, **doubtful)
    )


def mind_the_home(tx: Connection) -> bool:
    """Fence a PostgreSQL database that does not live where it did; gives whether it was one."""
    here, before = home(tx), settings.setting(tx, HOME)
    if here == before:
        return False
    settings.keep_setting(tx, HOME, here)
    if before is not None:
        fence(tx)
    return before is not None


def lift(tx: Connection, day: date) -> bool:
    """Let a copy that was put back go on from here; gives whether it was one.

    Nobody is mailed what was collected so far, nor an issue of ``day``: they may have had it.
    """
    table = schema.settings
    if not tx.execute(delete(table).where(table.c.name == FENCE)).rowcount:
        return False
    tx.execute(update(schema.subscriptions).values(since=papers.last_id(tx)))
    tx.execute(update(schema.issues).values(has_waiting=False))
    tx.execute(update(schema.subscribers).values(last_day=day))
    return True
