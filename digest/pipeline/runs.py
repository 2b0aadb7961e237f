"""Run the pipeline: collect, compose, deliver; ``run`` does what is due now.

    listings ── collect ──▶ snapshots ── compose ──▶ issues, deliveries ── deliver ──▶ mail

Each step is safe to repeat and leaves its result in the store: the store is the queue.  An error
with one item is recorded, and the others continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..listings.days import BELIEVED
from ..model import DeliveryState, Issue, Listing, ListingPage, Snapshot
from ..store import Store, backup, jobs, leases, outbox, papers
from . import broken_profiles, clock, outages
from .clock import ClockError
from .collect import job_of

if TYPE_CHECKING:
    from ..app import App


#: How long is waited for what another process has.
LONGEST_WAIT = timedelta(seconds=jobs.LOOKS * jobs.PAUSE)

#: After so many looks at what another process has, some seconds, it is said for whom we wait.
LOOKS_IN_SILENCE = 25


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
    #: listings that another process did not end reading while this one waited
    unread: tuple[str, ...] = ()
    #: before when none of them is tried again; None: the next run may
    next_try: datetime | None = None
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

    Several processes may do this at once, and share the work.  Raises BusyError if one has the
    database for itself, and ClockError if the clock cannot be right; a run that does not deliver
    may have any clock.
    """
    with at_work(app) if hands_over else app.store.work():
        broken_profiles.notify(app.store, app.problems, app.load_profiles, app.now(), app.page_of)
        _enrol(app)
        snapshots = _collected_first(app, listings)
        composer = app.composer
        issues = composer.compose(composer.due_batches(early=early), observe)
        outages.notify(composer)
        done = replace(_read(app, listings, snapshots), issues=issues)
        return _delivered(app, done) if hands_over else replace(done, waiting=waiting(app.store))


def _enrol(app: App) -> None:
    """Store the subscribers that changed profiles name, and at first when issues are due."""
    app.composer.enrol()
    if not app.has_enrolled:  # the operator's hour and the rules of time zones may be others
        app.composer.refresh_due()
    app.has_enrolled = True


@contextmanager
def at_work(app: App) -> Iterator[None]:
    """Be at work on the database, after a check of the clock; what the dead held is free then.

    Raises ClockError once the operator has been notified of it.
    """
    with app.store.work(), _leases_ended(app):
        try:
            clock.check(app.store, app.now())
        except ClockError:
            app.watch.queue_clock_alarm()
            app.deliverer.deliver_alarms()
            raise
        yield


@contextmanager
def _leases_ended(app: App) -> Iterator[None]:
    """Free what the dead held, and at the end what this process holds still."""

    def free(*, is_over: bool) -> None:
        with app.store.begin() as tx:
            workers = app.store.dead_workers(tx, is_over=is_over)
            leases.free(tx, workers, waits_for_answers=app.in_doubt == "ask")

    free(is_over=False)
    with leases.ended_by(lambda: free(is_over=True)):
        yield


def _collected_first(app: App, listings: Sequence[Listing]) -> list[Snapshot]:
    """Read these listings; on a restored copy no issue is made before that is done."""
    is_copy = _is_copy(app.store)
    with jobs.waited_for(app.store, "restored", app.stop) if is_copy else nullcontext():
        snapshots = collected(app, listings)
        if is_copy:
            _skip_backlog_of_copy(app.store, app.day, app.report_trouble)
    return snapshots


def _is_copy(store: Store) -> bool:
    with store.begin() as tx:
        return backup.is_fenced(tx)


def collected(app: App, listings: Sequence[Listing]) -> list[Snapshot]:
    """Read these listings, and return the receipt of each.

    Those that another process reads now are waited for, and read only if it could not read them.
    One that it still reads after ten minutes is reported and left out.
    """
    if not listings:
        return []
    with app.store.begin() as tx:
        last = papers.last_id(tx)
    wanted, found = {job_of(each.name): each for each in listings}, dict[str, Snapshot]()
    for look in jobs.looks(app.stop):
        with jobs.held(app.store, wanted) as names:
            ours = [wanted.pop(name) for name in names]
            found |= _read_since(app, ours, last) if look else {}
            unread = [each for each in listings if each in ours and each.name not in found]
            receipts = app.collector.collect(unread)
            found |= zip((each.name for each in unread), receipts, strict=True)
        if not wanted:
            break
        if look == LOOKS_IN_SILENCE:
            app.report_trouble(f"waits for {jobs.holders(app.store, wanted)}: {', '.join(wanted)}")
    for name in wanted:
        who = jobs.holders(app.store, [name])
        app.report_trouble(f"{name}: {who} has been at it for ten minutes; it is left out")
    return [found[each.name] for each in listings if each.name in found]


def _read(app: App, listings: Iterable[Listing], snapshots: Iterable[Snapshot]) -> Report:
    """Return the report of what was read, and of what was not waited for."""
    receipts = tuple(snapshots)
    known = {each.listing for each in receipts}
    unread = tuple(each.name for each in listings if each.name not in known)
    return Report(app.day, receipts, issues=None, unread=unread)


def _read_since(app: App, listings: Iterable[Listing], last: int) -> dict[str, Snapshot]:
    """Return the good receipts of the day with an id after ``last``, by listing."""
    with app.store.begin() as tx:
        return {
            receipt.listing: receipt
            for listing in listings
            for receipt in papers.snapshots(tx, listing.name, since=app.day)
            if (receipt.id or 0) > last and receipt.verdict in BELIEVED
        }


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
    with at_work(app):
        return _read(app, listings, collected(app, listings))


def collect_if_free(app: App, listing: Listing) -> None:
    """Read a listing, unless another process does so now; mail nothing."""
    with at_work(app), jobs.held(app.store, [job_of(listing.name)]) as ours:
        if ours and app.collector.is_due(listing):
            app.collector.collect([listing])


def compose_only(app: App) -> int:
    """Make the issues that are due, and return how many; on a restored copy none."""
    with at_work(app):
        if _is_copy(app.store):
            return 0
        _enrol(app)
        composer = app.composer
        made = composer.compose(composer.due_batches())
        outages.notify(composer)
        return made


def prepare(app: App) -> None:
    """Do what comes before the steps: report broken profiles, enrol, see to a restored copy."""
    with at_work(app):
        broken_profiles.notify(app.store, app.problems, app.load_profiles, app.now(), app.page_of)
        _enrol(app)
        if _is_copy(app.store):
            _collected_first(app, app.collector.due_listings())


def fill_past(
    app: App, listings: Sequence[Listing], number: int, on_day: Callable[[str, int, int], object]
) -> Report:
    """Read these listings, and then the ``number`` days before their first reading; mail nothing.

    ``on_day`` is called after each day with the listing, how many of its days are done, and of
    how many.
    """
    with at_work(app):
        done = _read(app, listings, collected(app, listings))
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
    with at_work(app):
        return _delivered(app, Report(app.day))


def _delivered(app: App, done: Report) -> Report:
    """Deliver the mail that is due; return the report with its outcomes."""
    round = app.deliverer.deliver_all()
    outcomes = tuple(round.outcomes)
    with app.store.begin() as tx:
        first = outbox.first_due(tx)
        left = outbox.count_waiting(tx, app.store.worker) if first else 0
    next_try = first if first and first > app.now() else None
    return replace(done, outcomes=outcomes, waiting=left, next_try=next_try, setting=round.setting)


def waiting(store: Store) -> int:
    """Return how many deliveries are still pending, and held by no other process."""
    with store.begin() as tx:
        return outbox.count_waiting(tx, store.worker)
