"""Read listings, compare them with the papers seen before, store them with a receipt.

    days to read ──▶ pages ──▶ pairs with seen papers ──▶ changes, verdict ──▶ store

The first step.  ``listings.days`` decides which days to read, ``listings.diff`` what is new,
``listings.verdicts`` what to believe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from ..errors import SourceError
from ..listings import days, verdicts
from ..listings.diff import Pair, diff, newest_only, tally
from ..listings.verdicts import Circumstances
from ..model import Listing, ListingPage, Snapshot, Verdict
from ..store import Store, Transaction, papers, search, settings

log = structlog.get_logger()

#: A server that says "not modified" for longer is asked for the whole page again.
UNCHANGED = timedelta(days=7)

_CHOICE = "see digest listing release, digest listing forget"


@dataclass(frozen=True, slots=True)
class ListingReading:
    """One day of one listing as it was read: the page, or the error."""

    day: date
    page: ListingPage | SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """The step that collects, with what it needs."""

    store: Store
    #: all that are watched, by name
    listings: Mapping[str, Listing]
    #: reads one day of a listing
    source: Callable[[Listing, date], ListingPage]
    now: Callable[[], datetime]
    #: the listing day
    day: date
    #: validators for the next requests, by address; the client sees additions
    validators: MutableMapping[str, str]
    report_trouble: Callable[[str], object]

    def due_listings(self) -> list[Listing]:
        """Return the listings that were not read lately, unless their source asked for a pause."""
        with self.store.begin() as tx:
            return [listing for listing in self.listings.values() if self._is_due(tx, listing)]

    def _is_due(self, tx: Transaction, listing: Listing) -> bool:
        today = papers.snapshots(tx, listing.name, since=self.day)
        wait = settings.setting(tx, _wait_setting(listing))
        if wait is not None and self.now() < datetime.fromisoformat(wait):
            return False
        again_at = days.read_again_at(today)
        return again_at is None or again_at <= self.now()

    def collect(self, listings: Sequence[Listing]) -> list[Snapshot]:
        """Read the listings and store what they hold; return the receipt of each.

        Requests to servers overlap; listings are stored one after the other, in their order.
        """
        if not listings:
            return []
        self._renew_validators()
        plans = [self._days(listing) for listing in listings]
        with ThreadPoolExecutor(max_workers=8) as pool:
            readings = pool.map(self._read, listings, plans)
            return [self._store_all(*pair) for pair in zip(listings, readings, strict=True)]

    def _renew_validators(self) -> None:
        """Read the validators again, without those that are too old to be asked with."""
        with self.store.begin() as tx:
            stored = papers.validators(tx, since=self.now() - UNCHANGED)
        self.validators.clear()
        self.validators.update(stored)

    def _days(self, listing: Listing) -> list[date]:
        with self.store.begin() as tx:
            return days.days_to_read(listing, self.day, _history(tx, listing, self.day))

    def _read(self, listing: Listing, wanted: Sequence[date]) -> list[ListingReading]:
        return [ListingReading(day, self._page(listing, day)) for day in wanted]

    def _page(self, listing: Listing, day: date) -> ListingPage | SourceError:
        try:
            return self.source(listing, day)
        except SourceError as error:
            return error
        except Exception as error:  # a custom source may raise anything
            log.exception("source broke", listing=listing.name)
            return SourceError(listing.name, f"{type(error).__name__}: {error}")

    def _store_all(self, listing: Listing, readings: Sequence[ListingReading]) -> Snapshot:
        *earlier, today = readings
        late = sum(self._store_earlier(listing, reading) for reading in earlier)
        return self._store(listing, today, late=late)

    def _store_earlier(self, listing: Listing, reading: ListingReading) -> int:
        """Store an earlier day, return its new papers' number; one not available is no error."""
        page = reading.page
        if isinstance(page, SourceError):
            log.debug("earlier day not read", listing=listing.name, day=str(reading.day))
            return 0
        return 0 if page.is_unchanged else self._store(listing, reading).new

    def _store(self, listing: Listing, reading: ListingReading, late: int = 0) -> Snapshot:
        """Store one reading in one transaction; if it cannot be believed, only its receipt."""
        snapshot = Snapshot(
            listing=listing.name,
            day=reading.day,
            taken_at=self.now(),
            verdict=Verdict.FAILED,
            late=late,
        )
        with self.store.begin() as tx:
            history = _history(tx, listing, reading.day + timedelta(days=1))
            if isinstance(reading.page, SourceError):
                return _record(
                    tx, self._failed_snapshot(tx, listing, reading.page, snapshot), history
                )
            if reading.page.is_unchanged:
                is_expected = days.announces(listing.kind, reading.day)
                return _record(tx, verdicts.unchanged(snapshot, history, is_expected), history)
            stored = self._store_page(tx, listing, reading.page, snapshot, history)
        if stored.verdict in days.BELIEVED:
            self.validators.update(reading.page.validators)
        if stored.verdict is Verdict.FLOOD:
            self.report_trouble(
                f"{listing.name}: {stored.new} new papers, far more than usual, are held: {_CHOICE}"
            )
        return stored

    def _failed_snapshot(
        self, tx: Transaction, listing: Listing, error: SourceError, snapshot: Snapshot
    ) -> Snapshot:
        """Return the receipt of a day that was not read, and note a pause the source asked for."""
        judgement = verdicts.of_error(error, listing.kind, snapshot.day)
        if judgement in days.BELIEVED:
            return replace(snapshot, verdict=judgement)
        if error.retry_after is not None:
            until = self.now() + timedelta(seconds=error.retry_after)
            settings.keep_setting(tx, _wait_setting(listing), until.isoformat())
        return replace(snapshot, error=error.reason)

    def _store_page(
        self,
        tx: Transaction,
        listing: Listing,
        page: ListingPage,
        snapshot: Snapshot,
        history: Sequence[Snapshot],
    ) -> Snapshot:
        was_read = papers.last_day(tx, listing.name) is not None
        pairs = papers.pair_with_seen(tx, listing.name, page.papers)
        changes = diff(pairs)
        if not was_read:
            asked = snapshot.day if listing.is_dated else None
            changes = newest_only(page, changes, asked, today=snapshot.day)
        numbers = tally(page, changes)
        known = self._circumstances(tx, listing, snapshot.day, pairs)
        snapshot = replace(
            snapshot,
            verdict=verdicts.verdict(page, pairs, known),
            entries=numbers.entries,
            new=numbers.new,
            revised=numbers.revised,
            seen=numbers.seen,
            skipped=numbers.skipped,
            batch=page.batch,
            error="; ".join([*page.reasons[:3], *page.remarks, *_remarks(tx, pairs)]),
        )
        if snapshot.verdict not in days.BELIEVED:
            return _record(tx, snapshot, history)
        was_believed = any(
            each.day == snapshot.day and each.verdict in days.BELIEVED for each in history
        )
        if snapshot.day == self.day or changes or not was_believed:
            snapshot = replace(snapshot, id=papers.store_collection(tx, snapshot, pairs, changes))
        else:
            # Read again, an earlier day brought nothing new, but its papers may have more votes.
            search.keep_votes(tx, snapshot.taken_at.date(), [paper for paper, _ in pairs])
        papers.keep_validators(tx, page.validators, snapshot.taken_at)
        return snapshot

    def _circumstances(
        self, tx: Transaction, listing: Listing, day: date, pairs: Sequence[Pair]
    ) -> Circumstances:
        receipts = days.whole_days(_history(tx, listing, day))
        siblings = [
            other.name
            for other in self.listings.values()
            if other.kind == listing.kind and other != listing
        ]
        return Circumstances(
            day=day,
            # An earlier day that is still empty today has been read twice: it was quiet.
            is_expected=day == self.day and days.announces(listing.kind, day),
            history=[each for each in receipts if each.verdict in days.BELIEVED],
            familiar=papers.count_familiar(tx, pairs),
            is_sibling_fresh=any(
                verdicts.brought_something(each, day) for each in papers.newest(tx, siblings)
            ),
        )


def _history(tx: Transaction, listing: Listing, before: date) -> list[Snapshot]:
    """Return the receipts of the days before, as far back as they matter."""
    return papers.snapshots(tx, listing.name, since=before - days.VERDICT_HISTORY, before=before)


def _remarks(tx: Transaction, pairs: Sequence[Pair]) -> list[str]:
    """Return what the receipt says although the page was believed."""
    count = papers.reused(tx, pairs)
    said = f"{count} under a guid and link that named another paper before"
    return [said] if count else []


def _record(tx: Transaction, snapshot: Snapshot, history: Sequence[Snapshot]) -> Snapshot:
    """Write a receipt alone, with since when the listing has been missing."""
    receipt = verdicts.with_absence(snapshot, history)
    return replace(receipt, id=papers.record(tx, receipt))


def _wait_setting(listing: Listing) -> str:
    """Return the name of the setting that holds how long the source must be left alone."""
    return f"wait {listing.name}"
