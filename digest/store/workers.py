"""Workers: which processes are at work, on which machine, and since when."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from . import leases, schema


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A process at work: its machine and number there, since when, and its last sign of life."""

    name: str
    began_at: datetime
    moved_at: datetime


def join(tx: Connection, id: int, living: Callable[[Collection[int]], Collection[int]]) -> None:
    """Note that this process is at work, and forget those that have died."""
    table = schema.workers
    known = set(tx.execute(select(table.c.id)).scalars())
    if dead := known - set(living(known)) if known else known:
        tx.execute(delete(table).where(table.c.id.in_(sorted(dead))))
    now = leases.clock(tx)
    name = f"{socket.gethostname()}:{os.getpid()}"
    tx.execute(insert(table).values(id=id, name=name, began_at=now, moved_at=now))


def leave(tx: Connection, id: int) -> None:
    """Note that this process is not at work any more."""
    tx.execute(delete(schema.workers).where(schema.workers.c.id == id))


def note_move(tx: Connection, id: int) -> None:
    """Note that the work of this process moves."""
    table = schema.workers
    tx.execute(update(table).where(table.c.id == id).values(moved_at=leases.clock(tx)))


def all_workers(tx: Connection) -> list[WorkerStatus]:
    """Return the processes at work, the one that has been at it the longest first."""
    table = schema.workers
    query = select(table.c.name, table.c.began_at, table.c.moved_at)
    return [WorkerStatus(*row) for row in tx.execute(query.order_by(table.c.began_at, table.c.id))]
