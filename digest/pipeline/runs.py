"""Run the pipeline: collect, compose, deliver; ``run`` does what is due now.

    listings ── collect ──▶ snapshots ── compose ──▶ issues, deliveries ── deliver ──▶ mail

Each step is safe to repeat and leaves its result in the store: the store is the queue.  An error
with one item is recorded, and the others continue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ..model import DeliveryState, Listing, Snapshot
from ..store import backup, outbox
from . import clock, outages
from .alarms import tell_of_clock, tell_readers
from .clock import ClockError
from .collect import collect
from .compose import compose, due_batches, enrol
from .deliver import DeliveryRound, deliver_alarms, deliver_all

if TYPE_CHECKING:
    from ..app import App


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: a receipt per listing, issues made, the outcome of each mail it handled."""

    day: date
    snapshots: tuple[Snapshot, ...] = ()
    #: None if the run was not to make any
    issues: int | None = 0
    outcomes: tuple[DeliveryState, ...] = ()
    #: deliveries that are still pending
    waiting: int = 0
    #: the configuration key of the setting that keeps mails waiting; empty: none does
    setting: str = ""


def run(app: App, listings: Sequence[Listing], *, hands_over: bool = True) -> Report:
    """Read these listings, make the issues that are due, deliver the mail that is due.

    Raises BusyError if another run is at work on the same database, and ClockError if the clock
    cannot be right; a run that does not deliver may have any clock.
    """
    with alone(app) if hands_over else app.store.alone():
        tell_readers(app)
        enrol(app)
        snapshots = collect(app, listings)
        _mind_the_fence(app)
        issues = compose(app, due_batches(app))
        outages.tell_readers(app)
        round = deliver_all(app) if hands_over else DeliveryRound(app)
        outcomes = tuple(round.outcomes)
        return Report(app.day, tuple(snapshots), issues, outcomes, waiting(app), round.setting)


@contextmanager
def alone(app: App) -> Iterator[None]:
    """Hold the lock that only one run can have, after a check of the clock.

    Raises BusyError, and ClockError once the operator has been notified of it.
    """
    with app.store.alone():
        try:
            clock.check(app)
        except ClockError:
            tell_of_clock(app)
            deliver_alarms(app)
            raise
        yield


def _mind_the_fence(app: App) -> None:
    """Skip the backlog of a database restored from a backup, so that no mail is repeated."""
    with app.store.begin() as tx:
        is_restored = backup.lift(tx, app.day)
    if is_restored:
        app.complain(
            "restored from a backup, or not the database that ran here last:"
            " nothing that was collected until now is mailed"
        )


def collect_only(app: App, listings: Sequence[Listing]) -> Report:
    """Read these listings and mail nothing."""
    with alone(app):
        return Report(app.day, tuple(collect(app, listings)), issues=None)


def send_only(app: App) -> Report:
    """Deliver the mail that is due, and do nothing else."""
    with alone(app):
        round = deliver_all(app)
        outcomes = tuple(round.outcomes)
        return Report(app.day, outcomes=outcomes, waiting=waiting(app), setting=round.setting)


def waiting(app: App) -> int:
    """Return how many deliveries are still pending."""
    with app.store.begin() as tx:
        states = outbox.counts(tx)
    return sum(
        states.get(s, 0)
        for s in (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DATA_SENT)
    )
