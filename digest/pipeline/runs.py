"""Run the pipeline: collect, compose, deliver; ``run`` does what is due now.

    listings ── collect ──▶ snapshots ── compose ──▶ issues, deliveries ── deliver ──▶ mail

Each step is safe to repeat and leaves its result in the store: the store is the queue.  An error
with one item is recorded, and the others continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ..model import DeliveryState, Issue, Listing, ListingPage, Snapshot
from ..store import Store, backup, outbox
from . import broken_profiles, clock, outages
from .clock import ClockError

if TYPE_CHECKING:
    from ..app import App


@dataclass(frozen=True, slots=True)
class FilledPast:
    """How many earlier days of a listing were read to fill the past, and what they brought."""

    listing: str
    #: whether the source can say what an earlier day had
    is_dated: bool
    wanted: int = 0
    read: int = 0
    papers: int = 0


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
    #: per listing, what filling the past came to
    past: tuple[FilledPast, ...] = ()


def run(
    app: App,
    listings: Sequence[Listing],
    *,
    hands_over: bool = True,
    early: bool = False,
    observe: Callable[[Issue], object] = lambda issue: None,
) -> Report:
    """Read these listings, make the issues that are due, deliver the mail that is due.

    With ``early``, also the issues of today whose hour has not come; ``observe`` sees each issue.

    Raises BusyError if another run is at work on the same database, and ClockError if the clock
    cannot be right; a run that does not deliver may have any clock.
    """
    with run_lock(app) if hands_over else app.store.run_lock():
        broken_profiles.notify(app.store, app.problems, app.profiles, app.now(), app.page_of)
        app.composer.enrol()
        snapshots = app.collector.collect(listings)
        _skip_backlog_of_copy(app.store, app.day, app.report_trouble)
        composer = app.composer
        issues = composer.compose(composer.due_batches(early=early), observe)
        outages.notify(composer)
        done = Report(app.day, tuple(snapshots), issues, waiting=waiting(app.store))
        return _delivered(app, done) if hands_over else done


@contextmanager
def run_lock(app: App) -> Iterator[None]:
    """Hold the lock that only one run can have, after a check of the clock.

    Raises BusyError, and ClockError once the operator has been notified of it.
    """
    with app.store.run_lock():
        try:
            clock.check(app.store, app.now())
        except ClockError:
            app.watch.queue_clock_alarm()
            app.deliverer.deliver_alarms()
            raise
        yield


def _skip_backlog_of_copy(store: Store, day: date, report_trouble: Callable[[str], object]) -> None:
    """Skip the backlog of a database restored from a backup, so that no mail is repeated."""
    with store.begin() as tx:
        is_restored = backup.lift(tx, day)
    if is_restored:
        report_trouble(
            "restored from a backup, or not the database that ran here last:"
            " nothing that was collected until now is mailed"
        )


def collect_only(app: App, listings: Sequence[Listing]) -> Report:
    """Read these listings and mail nothing."""
    with run_lock(app):
        return Report(app.day, tuple(app.collector.collect(listings)), issues=None)


def fill_past(
    app: App, listings: Sequence[Listing], number: int, on_day: Callable[[str, int, int], object]
) -> Report:
    """Read these listings, and then the ``number`` days before their first reading; mail nothing.

    ``on_day`` is called after each day with the listing, how many of its days are done, and of
    how many.
    """
    with run_lock(app):
        done = Report(app.day, tuple(app.collector.collect(listings)), issues=None)
        return replace(done, past=tuple(_filled(app, each, number, on_day) for each in listings))


def _filled(
    app: App, listing: Listing, number: int, on_day: Callable[[str, int, int], object]
) -> FilledPast:
    collector = app.collector
    wanted = collector.past_days(listing, number)
    pages = []
    for count, reading in enumerate(collector.fill_past(listing, wanted), start=1):
        if isinstance(reading.page, ListingPage):
            pages.append(reading.page)
        on_day(listing.name, count, len(wanted))
    return FilledPast(
        listing.name,
        listing.is_dated,
        wanted=len(wanted),
        read=len(pages),
        papers=len({paper.key for page in pages for paper in page.papers}),
    )


def send_only(app: App) -> Report:
    """Deliver the mail that is due, and do nothing else."""
    with run_lock(app):
        return _delivered(app, Report(app.day))


def _delivered(app: App, done: Report) -> Report:
    """Deliver the mail that is due; return the report with its outcomes."""
    round = app.deliverer.deliver_all()
    outcomes = tuple(round.outcomes)
    return replace(done, outcomes=outcomes, waiting=waiting(app.store), setting=round.setting)


def waiting(store: Store) -> int:
    """Return how many deliveries are still pending."""
    with store.begin() as tx:
        states = outbox.counts(tx)
    return sum(
        states.get(s, 0)
        for s in (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.DATA_SENT)
    )
