"""Backup: a consistent copy of the database, taken while other processes write.

The copy is fenced, because it cannot know what was sent after it was taken: deliveries that it
still owes are in doubt there, and papers that the first run on it collects count as mailed.
pg_dump does not fence, so a PostgreSQL database remembers its location: if the location or the
tables are new, the database was restored.
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
from . import due_dates, papers, schema, settings
from .engine import StoreError
from .leases import FREE
from .turn import IDENTITY, home

if TYPE_CHECKING:
    from . import Store

#: The setting that marks a database as a restored copy.
FENCE = "restored"

#: The setting in which a PostgreSQL database remembers its location.
HOME = "home"

_RESTORED = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, 'yes')"
_FENCE = "UPDATE deliveries SET state = ?, error = ? WHERE state IN (?, ?, ?)"

_OPEN, _WHY = (
    (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DATA_SENT),
    "restored from a backup",
)


def copy(store: Store, file: Path) -> None:
    """Copy an SQLite database into a new file; raises StoreError if that fails."""
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
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"backup: {file}: {reason.lower()}") from error


def fence_copy(file: Path) -> None:
    """Fence a copy in a file, and clear its identity: it is another database from now on."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(_RESTORED, (FENCE,))
        connection.execute(_FENCE, (DeliveryState.IN_DOUBT, _WHY, *_OPEN))
        connection.execute(f"{IDENTITY} = 0")


def fence(tx: Connection) -> None:
    """Mark this database as a restored copy: what it still owes is in doubt."""
    table = schema.deliveries
    doubtful = {"state": DeliveryState.IN_DOUBT, "error": _WHY, **FREE}
    settings.keep_setting(tx, FENCE, "yes")
    tx.execute(
        update(table).where(table.c.state.in_(_OPEN)).values(fence=table.c.fence + 1, **doubtful)
    )


def check_home(tx: Connection) -> bool:
    """Fence a PostgreSQL database if its location changed; return whether it did."""
    here, before = home(tx), settings.setting(tx, HOME)
    if here == before:
        return False
    settings.keep_setting(tx, HOME, here)
    if before is not None:
        fence(tx)
    return before is not None


def is_fenced(tx: Connection) -> bool:
    """Return whether this is a restored copy on which no run has collected yet."""
    return settings.setting(tx, FENCE) is not None


def lift(tx: Connection, day: date) -> bool:
    """Lift the fence of a restored copy; return whether it had one.

    Papers collected so far are not mailed, nor is an issue of ``day``: subscribers may have
    received them already.
    """
    table = schema.settings
    if not tx.execute(delete(table).where(table.c.name == FENCE)).rowcount:
        return False
    tx.execute(update(schema.subscriptions).values(since=papers.last_id(tx)))
    tx.execute(update(schema.issues).values(has_waiting=False))
    tx.execute(update(schema.subscribers).values(last_day=day))
    due_dates.refresh(tx, due_dates.served(tx))
    return True
