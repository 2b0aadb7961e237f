"""Jobs that one process does at a time, whatever the others do: reading a listing, for example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from . import leases, schema
from .faults import BusyError
from .sql import add
from .turn import LostError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from . import Store

#: Seconds between two looks whether a job is free, and the most looks: for ten minutes.
PAUSE, LOOKS = 0.2, 3_000

_TAKING = leases.taking(schema.jobs, schema.jobs.c.name.in_(bindparam("names", expanding=True)))


@contextmanager
def held(store: Store, names: Iterable[str], most: int = 2**31 - 1) -> Iterator[list[str]]:
    """Have those of these jobs that are free, and yield their names; another process has the rest.

    At most so many, the first ones.
    What a dead worker had is free.  What no other process sees has them all.
    """
    wanted = sorted(names)
    if store.is_unseen:
        yield wanted[:most]
        return
    with store.begin() as tx:
        leases.free_jobs(tx, store.dead_workers(tx))
        add(tx, schema.jobs, [{"name": name} for name in wanted])
        fences = leases.take(tx, _TAKING, store.worker, most=most, names=wanted)
    store.jobs |= fences
    with leases.ended_by(lambda: _give_up(store, fences)):
        yield list(fences)


def _give_up(store: Store, fences: Mapping[str, int]) -> None:
    for name, fence in fences.items():
        if store.jobs.get(name) == fence:  # or this process has taken it once more meanwhile
            del store.jobs[name]
    with store.begin() as tx:
        for name, fence in fences.items():
            leases.release(tx, schema.jobs, name, fence)


@contextmanager
def waited_for(store: Store, name: str, stop: Event) -> Iterator[None]:
    """Have this job, once no other process has it.

    Raises BusyError if ``stop`` is set first, or if another does not end it within ten minutes.
    """
    for _ in looks(stop):
        with held(store, [name]) as ours:
            if ours:
                yield
                return
    raise BusyError(f"{name}: {holders(store, [name])} has been at it for ten minutes; try later")


def looks(stop: Event) -> Iterator[int]:
    """Count the looks at what another process has, with a pause between them, to the last.

    Raises BusyError if this process is to end.
    """
    for number in range(LOOKS):
        if number and stop.wait(PAUSE):
            raise BusyError("another process is at work, and this one ends before it")
        yield number


def holders(store: Store, names: Iterable[str]) -> str:
    """Return which processes have these jobs, by machine and number there, for a person."""
    jobs, workers = schema.jobs, schema.workers
    query = select(workers.c.name).join(jobs, jobs.c.holder == workers.c.id).distinct()
    with store.begin() as tx:
        found = tx.execute(query.where(jobs.c.name.in_(list(names))).order_by(workers.c.name))
        return ", ".join(found.scalars()) or "another process"


def check(tx: Connection, store: Store, name: str) -> None:
    """Raise LostError if another process has taken over a job that this one had.

    Until the transaction ends no other process takes it.
    """
    fence = store.jobs.get(name)
    if fence is not None and not leases.keep(tx, schema.jobs, name, fence):
        raise LostError(f"{name}: another process has taken this over; nothing of it is written")
