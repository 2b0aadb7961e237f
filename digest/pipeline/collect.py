"""Read listings, compare them with the papers seen before, store them with a receipt.

    days to read ──▶ pages ──▶ pairs with seen papers ──▶ changes, verdict ──▶ store

The first step.  ``listings.days`` decides which days to read, ``listings.diff`` what is new and
what to believe.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ..errors import SourceError
from ..listings import days
from ..listings.diff import Circumstances, Pair, diff, newest_only, tally, verdict
from ..model import Listing, ListingPage, Snapshot, Verdict
from ..store import Transaction, papers, search, settings

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

#: How far back receipts matter: a flood is measured by twenty listing days, with holidays between.
HISTORY = timedelta(days=45)

#: A server that says "not modified" for longer is asked for the whole page again.
UNCHANGED = timedelta(days=7)

_CHOICE = "see digest listing release, digest listing forget"


def due_listings(app: App) -> list[Listing]:
    """Return the listings that were not read lately, unless their source asked for a pause."""
    due = []
    for listing in app.listings.values():
        with app.store.begin() as tx:
            today = papers.snapshots(tx, listing.name, since=app.day)
            wait = settings.setting(tx, _wait(listing))
        again_at = days.read_again_at(today)
        is_asked_to_wait = wait is not None and app.now() < datetime.fromisoformat(wait)
        if not is_asked_to_wait and (again_at is None or again_at <= app.now()):
            due.append(listing)
    return due


@dataclass(frozen=True, slots=True)
class ListingReading:
    """One day of one listing as it was read: the page, or the error."""

    day: date
    page: ListingPage | SourceError


def collect(app: App, listings: Sequence[Listing]) -> list[Snapshot]:
    """Read the listings and store what they hold; return the receipt of each.

    Requests to servers overlap; listings are stored one after the other, in their order.
    """
    _renew_validators(app)
    plans = [_days(app, listing) for listing in listings]
    with ThreadPoolExecutor(max_workers=8) as pool:
        readings = pool.map(lambda plan: _read(app, *plan), zip(listings, plans, strict=True))
        return [_keep_all(app, *pair) for pair in zip(listings, readings, strict=True)]


def _renew_validators(app: App) -> None:
    """Read the validators again, without those that are too old to be asked with."""
    with app.store.begin() as tx:
        kept = papers.validators(tx, since=app.now() - UNCHANGED)
    app.validators.clear()
    app.validators.update(kept)


def _days(app: App, listing: Listing) -> list[date]:
    with app.store.begin() as tx:
        return days.days_to_read(listing, app.day, _history(tx, listing, app.day))


def _history(tx: Transaction, listing: Listing, day: date) -> list[Snapshot]:
    """Return the receipts of the days before, as far back as they matter."""
    return papers.snapshots(tx, listing.name, since=day - HISTORY, before=day)


def _read(app: App, listing: Listing, days: Sequence[date]) -> list[ListingReading]:
    return [ListingReading(day, _page(app, listing, day)) for day in days]


def _page(app: App, listing: Listing, day: date) -> ListingPage | SourceError:
    try:
        return app.source(listing, day)
    except SourceError as error:
        return error
    except Exception as error:  # a custom source may raise anything
        log.exception("source broke", listing=listing.name)
        return SourceError(listing.name, f"{type(error).__name__}: {error}")


def _keep_all(app: App, listing: Listing, readings: Sequence[ListingReading]) -> Snapshot:
    *earlier, today = readings
    late = sum(_keep_earlier(app, listing, reading) for reading in earlier)
    return _keep(app, listing, today, late=late)


def _keep_earlier(app: App, listing: Listing, reading: ListingReading) -> int:
    """Store an earlier day, return its number of new papers; a day not available is no error."""
    page = reading.page
    if isinstance(page, SourceError):
        log.debug("earlier day not read", listing=listing.name, day=str(reading.day))
        return 0
    return 0 if page.is_unchanged else _keep(app, listing, reading).new


def _keep(app: App, listing: Listing, reading: ListingReading, late: int = 0) -> Snapshot:
    """Store one reading in one transaction; if it cannot be believed, only its receipt."""
    snapshot = Snapshot(
        listing=listing.name,
        day=reading.day,
        taken_at=app.now(),
        verdict=Verdict.FAILED,
        late=late,
    )
    with app.store.begin() as tx:
        history = _history(tx, listing, reading.day + timedelta(days=1))
        if isinstance(reading.page, SourceError):
            missed = _missed(tx, app, listing, reading.page, snapshot)
            missed = replace(missed, since=_absence(missed, history))
            return replace(missed, id=papers.record(tx, missed))
        if reading.page.is_unchanged:
            same = _unchanged(snapshot, history, days.announces(listing.kind, reading.day))
            same = replace(same, since=_absence(same, history))
            return replace(same, id=papers.record(tx, same))
        kept = _remember(tx, app, listing, reading.page, snapshot)
    if kept.verdict in days.BELIEVED:
        app.validators.update(reading.page.validators)
    if kept.verdict is Verdict.FLOOD:
        app.complain(
            f"{listing.name}: {kept.new} new papers, far more than usual, are held: {_CHOICE}"
        )
    return kept


def _missed(
    tx: Transaction, app: App, listing: Listing, error: SourceError, snapshot: Snapshot
) -> Snapshot:
    """Return the receipt of a day that was not read; a file missing on a Sunday is no failure."""
    if error.is_absent and not days.announces(listing.kind, snapshot.day):
        return replace(snapshot, verdict=Verdict.QUIET)
    if error.retry_after is not None:
        until = app.now() + timedelta(seconds=error.retry_after)
        settings.keep_setting(tx, _wait(listing), until.isoformat())
    return replace(snapshot, error=error.reason)


def _wait(listing: Listing) -> str:
    """Return the name of the setting that holds how long the source must be left alone."""
    return f"wait {listing.name}"


def _absence(snapshot: Snapshot, history: Sequence[Snapshot]) -> date | None:
    """Return since when the listing has been missing, None if it is not."""
    return None if snapshot.verdict in days.BELIEVED else _since(history, snapshot.day)


def _since(history: Sequence[Snapshot], day: date) -> date:
    """Return the first day of an absence that has lasted until ``day``."""
    since = day
    for snapshot in history:
        if snapshot.verdict in days.BELIEVED:
            break
        since = min(since, snapshot.day)
    return since


def _unchanged(snapshot: Snapshot, history: Sequence[Snapshot], is_expected: bool) -> Snapshot:
    """Return the receipt for "not modified": the last page again, with nothing new in it."""
    last = next((s for s in history if s.verdict in days.BELIEVED), snapshot)
    if last.day == snapshot.day:
        judgement = last.verdict
    elif is_expected and not last.entries:
        judgement = Verdict.EMPTY
    else:
        judgement = Verdict.STALE if is_expected and last.batch is not None else Verdict.QUIET
    return replace(
        snapshot,
        verdict=judgement,
        entries=last.entries,
        seen=last.entries - last.skipped,
        skipped=last.skipped,
        batch=last.batch,
    )


def _remember(
    tx: Transaction, app: App, listing: Listing, page: ListingPage, snapshot: Snapshot
) -> Snapshot:
    was_read = papers.last_day(tx, listing.name) is not None
    pairs = papers.pair_with_seen(tx, listing.name, page.papers)
    changes = diff(pairs)
    if not was_read:
        asked = snapshot.day if listing.is_dated else None
        changes = newest_only(page, changes, asked, today=snapshot.day)
    numbers = tally(page, changes)
    known = _circumstances(tx, app, listing, snapshot.day, pairs)
    snapshot = replace(
        snapshot,
        verdict=verdict(page, pairs, known),
        entries=numbers.entries,
        new=numbers.new,
        revised=numbers.revised,
        seen=numbers.seen,
        skipped=numbers.skipped,
        batch=page.batch,
        error="; ".join([*page.reasons[:3], *page.remarks, *_remarks(tx, pairs)]),
    )
    if snapshot.verdict not in days.BELIEVED:
        history = _history(tx, listing, snapshot.day + timedelta(days=1))
        missing = replace(snapshot, since=_absence(snapshot, history))
        return replace(missing, id=papers.record(tx, missing))
    if snapshot.day == app.day or changes or not _was_believed(tx, snapshot):
        snapshot = replace(snapshot, id=papers.keep(tx, snapshot, pairs, changes))
    else:
        # A second reading of an earlier day found nothing new, but its papers may have more votes.
        search.keep_votes(tx, snapshot.taken_at.date(), [paper for paper, _ in pairs])
    papers.keep_validators(tx, page.validators, snapshot.taken_at)
    return snapshot


def _remarks(tx: Transaction, pairs: Sequence[Pair]) -> list[str]:
    """Return what the receipt says although the page was believed."""
    count = papers.reused(tx, pairs)
    told = f"{count} under a guid and link that named another paper before"
    return [told] if count else []


def _was_believed(tx: Transaction, snapshot: Snapshot) -> bool:
    """Return whether the day has a receipt; a second reading without changes adds none."""
    receipts = papers.snapshots(
        tx, snapshot.listing, since=snapshot.day, before=snapshot.day + timedelta(days=1)
    )
    return any(receipt.verdict in days.BELIEVED for receipt in receipts)


def _circumstances(
    tx: Transaction, app: App, listing: Listing, day: date, pairs: Sequence[Pair]
) -> Circumstances:
    receipts = papers.whole_days(_history(tx, listing, day))
    siblings = [o.name for o in app.listings.values() if o.kind == listing.kind and o != listing]
    return Circumstances(
        day=day,
        # An earlier day that is still empty today has been read twice: it was quiet.
        is_expected=day == app.day and days.announces(listing.kind, day),
        history=[each for each in receipts if each.verdict in days.BELIEVED],
        familiar=papers.familiar(tx, pairs),
        is_sibling_fresh=any(_is_fresh(s, day) for s in papers.newest(tx, siblings)),
    )


def _is_fresh(snapshot: Snapshot, day: date) -> bool:
    return snapshot.day == day and snapshot.verdict is Verdict.FRESH and snapshot.new > 0
