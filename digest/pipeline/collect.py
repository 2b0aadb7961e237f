"""Read listings, compare them with the papers seen before, store them with a receipt.

    days to read ──▶ pages ──▶ pairs with seen papers ──▶ changes, verdict ──▶ store

The first step.  ``listings.days`` decides which days to read, ``listings.diff`` what is new,
``listings.verdicts`` what to believe, ``listings.gaps`` what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from ..errors import SourceError
from ..listings import days, gaps, verdicts
from ..listings.days import Past
from ..listings.diff import Pair, diff, newest_only, tally
from ..listings.verdicts import Circumstances
from ..model import DayRange, Listing, ListingPage, Snapshot, Verdict
from ..store import Store, StoreError, Transaction, jobs, papers, search, settings

log = structlog.get_logger()

#: A server that says "not modified" for longer is asked for the whole page again.
UNCHANGED = timedelta(days=7)

#: After so many days in a row that could not be read, no further one is asked for this time.
FAILURES = 5

_CHOICE = "see digest listing release, digest listing forget"


@dataclass(frozen=True, slots=True)
class ListingReading:
    """One day of one listing as it was read: the page, or the error."""

    day: date
    page: ListingPage | SourceError


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What is to be read of one listing, and what was remembered of it before."""

    listing: Listing
    past: Past
    days: Sequence[date]


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

    def is_due(self, listing: Listing) -> bool:
        """Return whether a listing was not read lately, and its source asked for no pause."""
        with self.store.begin() as tx:
            return self._is_due(tx, listing)

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
        plans = [self._plan(listing) for listing in listings]
        with ThreadPoolExecutor(max_workers=8) as pool:
            readings = pool.map(lambda plan: list(self._read(plan)), plans)
            return [self._store_all(*pair) for pair in zip(plans, readings, strict=True)]

    def _renew_validators(self) -> None:
        """Read the validators again, without those that are too old to be asked with."""
        with self.store.begin() as tx:
            stored = papers.validators(tx, since=self.now() - UNCHANGED)
        self.validators.clear()
        self.validators.update(stored)

    def _plan(self, listing: Listing) -> ReadingPlan:
        with self.store.begin() as tx:
            past = self._past(tx, listing)
        return ReadingPlan(listing, past, days.days_to_read(listing, self.day, past))

    def _past(self, tx: Transaction, listing: Listing) -> Past:
        # Further back than days are asked for, because a month's page may hold them.
        since = self.day - timedelta(days=max(listing.catch_up, listing.look_back) + 31)
        return papers.past(tx, listing.name, since=since)

    def _read(self, plan: ReadingPlan) -> Iterator[ListingReading]:
        """Yield the readings of the earlier days, then today's.

        A source that is down, or asks for a pause, is not asked for more of the earlier days: they
        stay missed, and are asked for the next time.
        """
        *earlier, today = plan.days
        yield from self._read_earlier(plan.listing, earlier)
        yield ListingReading(today, self._page(plan.listing, today))

    def _read_earlier(self, listing: Listing, earlier: Iterable[date]) -> Iterator[ListingReading]:
        failures = 0
        for day in earlier:
            page = self._page(listing, day)
            yield ListingReading(day, page)
            is_down = isinstance(page, SourceError) and not page.is_absent
            failures = failures + 1 if is_down else 0
            asks_for_pause = isinstance(page, SourceError) and page.retry_after is not None
            if failures == FAILURES or asks_for_pause:
                return

    def past_days(self, listing: Listing, number: int) -> list[date]:
        """Return the days before the listing was first read that can be read, oldest first."""
        with self.store.begin() as tx:
            past = papers.past(tx, listing.name, since=self.day - timedelta(days=number))
        return days.past_days(listing, self.day, number, past)

    def fill_past(self, listing: Listing, wanted: Iterable[date]) -> Iterator[ListingReading]:
        """Read and store these days, so that profiles can be tried on them; mail nothing of them.

        Yield each reading once it is stored: whoever stops in between loses nothing.
        """
        for reading in self._read_earlier(listing, wanted):
            if isinstance(reading.page, ListingPage) and not reading.page.is_unchanged:
                self._store(listing, reading, is_past=True)
            yield reading

    def _page(self, listing: Listing, day: date) -> ListingPage | SourceError:
        self.store.note_move()
        try:
            return self.source(listing, day)
        except SourceError as error:
            return error
        except StoreError:  # the turn to ask is a row; the source is not at fault
            raise
        except Exception as error:  # a custom source may raise anything
            log.exception("source broke", listing=listing.name)
            said = " ".join(str(error).split())
            return SourceError(listing.name, f"{type(error).__name__}: {said}")

    def _store_all(self, plan: ReadingPlan, readings: Sequence[ListingReading]) -> Snapshot:
        listing, (*earlier, today) = plan.listing, readings
        late = sum(self._store_earlier(listing, reading) for reading in earlier)
        lost = gaps.given_up(listing, today.day, plan.past)
        return self._store(listing, today, late=late, lost=lost)

    def _store_earlier(self, listing: Listing, reading: ListingReading) -> int:
        """Store an earlier day, return its new papers' number; one not available is no error."""
        page = reading.page
        if isinstance(page, SourceError):
            if verdicts.of_error(page, listing, reading.day) in days.BELIEVED:
                self._store(listing, reading)
            log.debug("earlier day not read", listing=listing.name, day=str(reading.day))
            return 0
        return 0 if page.is_unchanged else self._store(listing, reading).new

    def _store(
        self,
        listing: Listing,
        reading: ListingReading,
        late: int = 0,
        lost: tuple[DayRange, ...] = (),
        *,
        is_past: bool = False,
    ) -> Snapshot:
        """Store one reading in one transaction; if it cannot be believed, only its receipt."""
        snapshot = Snapshot(
            listing=listing.name,
            day=reading.day,
            taken_at=self.now(),
            verdict=Verdict.FAILED,
            late=late,
            lost=lost,
            is_past=is_past,
        )
        with self.store.begin() as tx:
            jobs.check(tx, self.store, job_of(listing.name))
            if reading.day == self.day:
                missed = gaps.missed(listing, self.day, self._past(tx, listing))
                snapshot = replace(snapshot, missed=missed)
            history = _history(tx, listing, reading.day + timedelta(days=1))
            if isinstance(reading.page, SourceError):
                return _record(
                    tx, self._failed_snapshot(tx, listing, reading.page, snapshot), history
                )
            if reading.page.is_unchanged:
                is_expected = days.announces(listing, reading.day)
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
        judgement = verdicts.of_error(error, listing, snapshot.day)
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
        past = self._past(tx, listing)
        pairs = papers.pair_with_seen(tx, listing.name, page.papers)
        changes = diff(pairs)
        if past.last is None:
            asked = snapshot.day if listing.is_dated else None
            changes = newest_only(page, changes, asked, today=snapshot.day, since=past.first)
        numbers = tally(page, changes)
        snapshot = replace(
            self._judged(tx, listing, page, snapshot, pairs, past.last),
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

    def _judged(
        self,
        tx: Transaction,
        listing: Listing,
        page: ListingPage,
        snapshot: Snapshot,
        pairs: Sequence[Pair],
        last: Snapshot | None,
    ) -> Snapshot:
        """Return the receipt with the verdict, and with what was missed since the last reading."""
        hole = None
        if gaps.is_rolling(listing, page):
            hole = gaps.hole(pairs, last, papers.last_shown(tx, listing.name))
        known = self._circumstances(tx, listing, snapshot.day, pairs)
        known = replace(known, has_hole=hole is not None, days=_days_since(listing, last, snapshot))
        return replace(
            snapshot,
            verdict=verdicts.verdict(page, pairs, known),
            lost=(*snapshot.lost, *gaps.lost_batches(listing, page, snapshot.day, last)),
            hole=hole,
        )

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
            is_expected=day == self.day and days.announces(listing, day),
            history=[each for each in receipts if each.verdict in days.BELIEVED],
            familiar=papers.count_familiar(tx, pairs),
            is_sibling_fresh=any(
                verdicts.brought_something(each, day) for each in papers.newest(tx, siblings)
            ),
        )


def job_of(listing: str) -> str:
    """Return the name of the job to read a listing, which one process has at a time."""
    return f"listing {listing}"


def _history(tx: Transaction, listing: Listing, before: date) -> list[Snapshot]:
    """Return the receipts of the days before, as far back as they matter."""
    return papers.snapshots(tx, listing.name, since=before - days.VERDICT_HISTORY, before=before)


def _days_since(listing: Listing, last: Snapshot | None, snapshot: Snapshot) -> int:
    """Return how many lists were announced since the last reading; at least one."""
    since = days.days_between(last.day, snapshot.day) if last else []
    return max(sum(days.announces(listing, day + timedelta(days=1)) for day in since), 1)


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
