"""Leases: which process holds a subscriber, a delivery or a job, until when, and under which fence.

A lease is taken on many rows in one statement and ends by the database's clock, unless its holder,
who is alive, renews it.  The fence rises each time: a write under an earlier one changes nothing.
What a dead worker held is free at once; a process that is no worker has no name, and what it holds
is free when the lease ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    TextClause,
    Update,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
    update,
)

from ..model import DeliveryState
from . import schema
from .faults import StoreError
from .sql import chunks

#: How long a lease lasts by default: longer than any message may take.
LEASE = timedelta(minutes=10)

#: No step of the work takes longer: a process whose work has not moved since then hangs, and renews
#: nothing more.
LONGEST_STEP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that takes leases: its number, and for how long it takes them."""

    #: None: its death could not be noticed
    id: int | None = None
    lease: timedelta = LEASE


NOBODY = Worker()

#: What is given to a row by a lease, and to one that is free again.
FREE: dict[str, Any] = {"leased_until": None, "holder": None}

#: The time by a database's own clock, as a row has it, by the kind of database; and the end of a
#: lease that begins then, of ``lease`` seconds.
NOW = {
    "postgresql": text("clock_timestamp()"),
    "sqlite": text("strftime('%Y-%m-%d %H:%M:%f000', 'now')"),
}
_ENDS_AT = {
    "postgresql": text("clock_timestamp() + make_interval(secs => :lease)"),
    "sqlite": text("strftime('%Y-%m-%d %H:%M:%f000', 'now', :lease || ' seconds')"),
}
_CLOCKS = {kind: text(f"SELECT {now.text}") for kind, now in NOW.items()}


def clock(tx: Connection) -> datetime:
    """Return the time by the database's clock, by which all processes that share it go."""
    found = tx.execute(_CLOCKS[tx.dialect.name]).scalar_one()
    return (
        found if isinstance(found, datetime) else datetime.fromisoformat(found).replace(tzinfo=UTC)
    )


def held_from_now(statement: Update, dialect: str) -> Update:
    """Return an update that also holds a row from now on; see ``holding``."""
    return statement.values(leased_until=_ENDS_AT[dialect])


def holding(worker: Worker, found: int | None) -> dict[str, Any]:
    """Return what a statement of ``held_from_now`` is given for a row with this holder.

    One that is the worker's already stays so: to write that once more is work on an index.
    """
    ends = {"lease": worker.lease.total_seconds()}
    return ends if found == worker.id else {**ends, "holder": worker.id}


_CLOCK: BindParameter[datetime] = bindparam("clock", type_=schema.UTCDateTime)


def is_free(
    table: Table, now: BindParameter[datetime] | TextClause = _CLOCK
) -> ColumnElement[bool]:
    """Return the condition that no living process holds a row; ``clock`` is bound to the time."""
    return or_(table.c.leased_until.is_(None), table.c.leased_until <= now)


def taking(table: Table, which: ColumnElement[bool]) -> Update:
    """Return the statement with which ``take`` leases the free rows that ``which`` names.

    Rows that another transaction has locked just now are left out.  To build it costs more than to
    run it.
    """
    [key] = table.primary_key.columns
    free = select(key).where(which, is_free(table)).order_by(key).limit(bindparam("most"))
    chosen = free.with_for_update(skip_locked=True).cte("free")
    held: dict[str, Any] = {"leased_until": bindparam("ends"), "holder": bindparam("worker")}
    return (
        update(table)
        .where(key.in_(select(chosen.c[key.name])))
        .values(fence=table.c.fence + 1, **held)
        .returning(key, table.c.fence)
    )


def take(
    tx: Connection, statement: Update, worker: Worker, *, most: int = 2**31 - 1, **values: Any
) -> dict[Any, int]:
    """Lease rows for a worker by a statement of ``taking``, at most so many, the first ones.

    ``values`` are those that the statement is bound to.  Return the fence of each row by its
    primary key, in the order of the keys.
    """
    now = clock(tx)
    held = {"clock": now, "ends": now + worker.lease, "worker": worker.id, "most": most}
    rows = tx.execute(statement, held | values).all()
    return dict(sorted((id, fence) for id, fence in rows))


def keep(tx: Connection, table: Table, key: Any, fence: int) -> bool:
    """Return whether a row is still leased under this fence.

    Until the transaction ends no other process takes it, so that what is written in it is ours.
    """
    [column] = table.primary_key.columns
    held = update(table).where(column == key, table.c.fence == fence)
    return bool(tx.execute(held.values(fence=fence)).rowcount)


def release(tx: Connection, table: Table, key: Any, fence: int) -> bool:
    """Let a row be free; return False if it was taken over meanwhile.  Locks as ``keep`` does."""
    return bool(release_all(tx, table, {key: fence}))


def release_all(tx: Connection, table: Table, fences: Mapping[Any, int]) -> set[Any]:
    """Let rows be free, by their keys; return those that were not taken over meanwhile."""
    [key] = table.primary_key.columns
    freed: set[Any] = set()
    for run in chunks(sorted(fences.items())):
        held = update(table).where(tuple_(key, table.c.fence).in_(run))
        freed.update(tx.execute(held.values(FREE).returning(key)).scalars())
    return freed


#: What may be leased.
TABLES = (schema.subscribers, schema.deliveries, schema.jobs)

_ENDS: BindParameter[datetime] = bindparam("ends", type_=schema.UTCDateTime)

_BEHIND = union(
    *(
        select(true()).where(each.c.holder == bindparam("worker"), each.c.leased_until < _ENDS)
        for each in TABLES
    )
)


def renew(tx: Connection, worker: Worker) -> bool:
    """Prolong all that a worker holds; return whether it could, for some may be locked."""
    ends = clock(tx) + worker.lease
    for table in TABLES:
        # What is locked just now is left out: to wait for it could end in a deadlock.
        ours = _locked(table, table.c.holder == worker.id, skip_locked=True)
        tx.execute(ours.values(leased_until=ends))
    return tx.execute(_BEHIND, {"worker": worker.id, "ends": ends}).first() is None


_LEAST_HOLDERS = select(
    *(
        select(func.min(each.c.holder)).where(each.c.holder.is_not(None)).scalar_subquery()
        for each in TABLES
    )
)
_HOLDERS = union(*(select(each.c.holder).where(each.c.holder.is_not(None)) for each in TABLES))


def holders(tx: Connection) -> set[int]:
    """Return the workers that hold anything."""
    # Mostly there are none, and the least is found by an index even where the server knows nothing
    # yet of so many rows; all of them are looked at else.
    if not any(tx.execute(_LEAST_HOLDERS).one()):
        return set()
    return set(tx.execute(_HOLDERS).scalars())


def free(tx: Connection, workers: Collection[int], *, waits_for_answers: bool = False) -> None:
    """Free what these workers held, who are dead or at their end; they can write nothing more.

    With ``waits_for_answers`` a mail at its dot stays leased, by nobody, until the lease ends: the
    relay may still be taking it.
    """
    if not workers:
        return
    if waits_for_answers:
        table = schema.deliveries
        at_the_dot = table.c.state == DeliveryState.DATA_SENT
        tx.execute(_fenced_off(table, workers).where(at_the_dot).values(holder=None))
    for table in TABLES:
        tx.execute(_fenced_off(table, workers).values(FREE))


def free_jobs(tx: Connection, workers: Collection[int]) -> None:
    """Free the jobs of these workers, who are dead."""
    if workers:
        tx.execute(_fenced_off(schema.jobs, workers).values(FREE))


@contextmanager
def ended_by(end: Callable[[], object]) -> Iterator[None]:
    """Call ``end`` after the block; if the block raises, an error of ``end`` does not replace it.

    The leases are then free once this process has left.
    """
    try:
        yield
    except BaseException:
        with suppress(StoreError):
            end()
        raise
    end()


def _fenced_off(table: Table, workers: Collection[int]) -> Update:
    theirs = _locked(table, table.c.holder.in_(sorted(workers)))
    return theirs.values(fence=table.c.fence + 1)


def _locked(table: Table, which: ColumnElement[bool], *, skip_locked: bool = False) -> Update:
    """Return an update of rows that are locked first, in the order in which all lock them."""
    [key] = table.primary_key.columns
    rows = select(key).where(which).order_by(key).with_for_update(skip_locked=skip_locked)
    return update(table).where(key.in_(select(rows.cte("locked").c[key.name])))
