"""Make the issues that are due from the papers that their subscribers have not read.

The second step.  ``issues.schedule`` decides when an issue is due, ``issues.builder`` what goes in,
``issues.overflow`` what waits, ``issues.quiet`` what a day without papers brings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

import structlog

from ..issues import overflow, quiet, schedule
from ..issues.builder import IssueBuilder
from ..issues.schedule import DueDay
from ..listings import days
from ..match.index import no_collection
from ..model import (
    Backlog,
    DeliverySettings,
    Issue,
    Paper,
    Profile,
    Recipient,
    Schedule,
    UnreadBatch,
)
from ..store import (
    BusyError,
    Store,
    StoreError,
    Transaction,
    due_dates,
    editions,
    leases,
    outbox,
    papers,
    unread,
)
from ..store import subscribers as stored_subscribers
from ..store.serialization import edition_of
from ..store.sql import chunks

if TYPE_CHECKING:
    from ..past_papers import PastPapers
    from ..render import Letterhead, MailRenderer

log = structlog.get_logger()

#: Subscribers per batch: their unread papers are indexed together.
SUBSCRIBERS_PER_BATCH = 500

#: Issues in one transaction: fewer commits, and none that others wait for long.
ISSUES_A_TRANSACTION = 50

#: As many digits as an issue's number will ever have: the links of a mail contain it.
_LARGEST_ID = 10**10


@dataclass(frozen=True, slots=True)
class DueIssue:
    """A subscriber with an issue that is due."""

    subscriber: Recipient
    due: DueDay
    settings: DeliverySettings
    #: whether a listing may still bring papers for the issue
    waits: bool = False
    #: of the lease on the subscriber, while the issue is made
    fence: int = 0


@dataclass(frozen=True, slots=True)
class MadeIssue:
    """An issue that was built and is to be written; none if it could not be built."""

    backlog: Backlog
    due: DueIssue
    issue: Issue | None

    @property
    def is_mailed(self) -> bool:
        """Return whether it is mailed; an empty one may not be."""
        issue = self.issue
        return issue is not None and (
            not issue.is_empty or quiet.is_mailed(self.backlog, self.due.settings)
        )

    @property
    def papers(self) -> Sequence[Paper]:
        """Return the papers that it is mailed with."""
        return self.issue.papers if self.issue and self.is_mailed else ()


@dataclass(frozen=True, slots=True)
class NextIssues:
    """When the next issues with an hour are due, and of how many readers."""

    at: datetime
    readers: int
    #: the hour that was meant, if the last issue was too close to it
    put_off_from: datetime | None


@dataclass(frozen=True, slots=True)
class FirstIssue:
    """When a new subscriber's first issue is made, if papers match."""

    is_due: bool
    #: whether it waits for a listing that has not published its day
    waits: bool
    #: when the next one with an hour is due, in that hour's zone
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """The step that composes, with what it needs."""

    store: Store
    #: loads those of these profiles that are in force, by slug
    load_profiles: Callable[[Collection[str]], Mapping[str, Profile]]
    #: stores the subscribers that changed profiles name, on a listing day and a local day
    enrol_profiles: Callable[[date, date], object]
    #: all that are watched, by name
    listings: Collection[str]
    #: the listing day
    day: date
    now: Callable[[], datetime]
    #: the operator's time zone
    timezone: str
    #: for profiles that name none; None: their issues are due at every run
    schedule: Schedule | None
    #: how long an issue with an hour waits for late listings
    wait: timedelta
    renderer: MailRenderer
    letterhead: Letterhead
    #: the papers of past days, by which rare clauses are known
    past: PastPapers
    report_trouble: Callable[[str], object]

    def enrol(self) -> None:
        """Store the subscribers and subscriptions that changed profiles name."""
        self.enrol_profiles(self.day, schedule.local_day(self.now(), self.timezone))

    def refresh_due(self) -> None:
        """Store the operator's hour, and when the next issue of every subscriber is due by it."""
        with self.store.begin() as tx:
            if self.schedule is not None:
                due_dates.keep_hour(tx, self.schedule)
            ids = due_dates.served(tx)
        for run in chunks(ids):
            with self.store.begin() as tx:
                due_dates.refresh(tx, run)

    def due_batches(self, *, early: bool = False) -> Iterator[Sequence[DueIssue]]:
        """Yield in batches the subscribers with an issue to be made now, and its local day.

        Each is looked for once the one before is made: all together may be many, and what another
        process has by then is left to it.  With ``early``, the issues of today whose hour has not
        come are among them.
        """
        known = set[int]()
        for due_now in self._due(are_free=not self.store.is_unseen):
            if batch := [each for each in due_now if not each.waits]:
                yield batch
            if early:
                known.update(each.subscriber.id for each in batch)
        if early:
            rest = [each for each in self._early_issues() if each.subscriber.id not in known]
            for start in range(0, len(rest), SUBSCRIBERS_PER_BATCH):
                yield rest[start : start + SUBSCRIBERS_PER_BATCH]

    def due_issues(self) -> list[DueIssue]:
        """Return the issues that are due and not made yet, also those that wait for a listing."""
        return list(chain.from_iterable(self._due()))

    def _due(self, *, are_free: bool = False) -> Iterator[list[DueIssue]]:
        """Yield the issues that are due, some at a time; without those that others make now."""
        now, last = self.now(), 0
        today = schedule.local_day(now, self.timezone)
        # Without an hour of the operator's, profiles without one are due all day.
        day, most = None if self.schedule else today, SUBSCRIBERS_PER_BATCH
        while True:
            with self.store.begin() as tx:
                ids = unread.due_ids(tx, now, day, after=last, most=most, are_free=are_free)
                found_due = list(unread.subscribers(tx, ids)) if ids else []
                awaited = self._awaited(tx) if ids else frozenset()
            yield list(self._due_among(found_due, awaited, now, today))
            if len(ids) < most:
                return
            last = ids[-1]

    def _due_among(
        self,
        subscribers: Iterable[tuple[Recipient, DeliverySettings]],
        awaited: Set[str],
        now: datetime,
        today: date,
    ) -> Iterator[DueIssue]:
        for subscriber, settings in subscribers:
            schedules = self._schedules(subscriber)
            due = schedule.due(settings, schedules, now, today) if schedules else None
            if due is not None:
                waits = due.may_wait(now, self.wait)
                waits = waits and not awaited.isdisjoint(self.watched_listings(subscriber))
                yield DueIssue(subscriber, due, settings, waits)

    def _early_issues(self) -> Iterator[DueIssue]:
        """Yield today's issues that are not made yet, whatever their hour; none in a pause."""
        with self.store.begin() as tx:
            subscribers = list(unread.subscribers(tx))
        for subscriber, settings in subscribers:
            if not self.is_paused(subscriber, settings):
                yield from self._early(subscriber, settings)

    def _early(self, subscriber: Recipient, settings: DeliverySettings) -> Iterator[DueIssue]:
        """Yield the subscriber's issue of today, as due now, unless it is made."""
        if self.is_unmade(subscriber, settings):
            due = DueDay(self._today(subscriber, settings), self.now(), has_hour=False)
            yield DueIssue(subscriber, due, settings)

    def is_unmade(self, subscriber: Recipient, settings: DeliverySettings) -> bool:
        """Return whether the subscriber's issue of today may still be made."""
        return settings.last_day is None or self._today(subscriber, settings) > settings.last_day

    def next_at(self, subscriber: Recipient, settings: DeliverySettings) -> datetime | None:
        """Return when a subscriber's next issue with an hour is due, in that hour's zone."""
        return schedule.next_at(settings, self._schedules(subscriber), self.now())

    def beginning(self, settings: DeliverySettings) -> FirstIssue:
        """Return when the first issue of a subscriber with a profile of their own is due."""
        now = self.now()
        schedules = [self.schedule]
        today = schedule.today(settings, schedules, now, self.timezone)
        due = schedule.due(settings, schedules, now, today)
        waits = False
        if due is not None:
            with self.store.begin() as tx:
                waits = due.may_wait(now, self.wait) and bool(self._awaited(tx))
            settings = replace(settings, last_day=due.day, last_at=due.at)
        return FirstIssue(due is not None, waits, schedule.next_at(settings, schedules, now))

    def next_issues(self) -> NextIssues | None:
        """Return when the next issue with an hour is due, and how many are due then."""
        with self.store.begin() as tx:
            subscribers = list(unread.subscribers(tx))
        due = [(at, *pair) for pair in subscribers if (at := self.next_at(*pair))]
        if not due:
            return None
        first, subscriber, settings = min(due, key=itemgetter(0))
        number = sum(at == first for at, *_ in due)
        schedules = self._schedules(subscriber)
        return NextIssues(first, number, schedule.put_off_from(settings, schedules, first))

    def _schedules(self, subscriber: Recipient) -> list[Schedule | None]:
        return [each.schedule or self.schedule for each in subscriber.subscriptions]

    def _awaited(self, tx: Transaction) -> frozenset[str]:
        """Return the listings that have not published their day yet."""
        return frozenset(
            name
            for name in self.listings
            if days.is_awaited(self.day, papers.snapshots(tx, name, since=self.day))
        )

    def watched_listings(self, subscriber: Recipient) -> frozenset[str]:
        """Return the listings that a subscriber's profiles watch."""
        kept = subscriber.subscriptions
        return frozenset(name for each in kept for name in each.listings or self.listings)

    def is_paused(self, subscriber: Recipient, settings: DeliverySettings) -> bool:
        """Return whether a subscriber pauses on the day that it is for them."""
        return schedule.is_paused(settings, self._today(subscriber, settings))

    def _today(self, subscriber: Recipient, settings: DeliverySettings) -> date:
        return schedule.today(settings, self._schedules(subscriber), self.now(), self.timezone)

    def compose(
        self,
        batches: Iterable[Sequence[DueIssue]],
        observe: Callable[[Issue], object] = lambda issue: None,
    ) -> int:
        """Make the issues of subscribers, batch by batch; return how many were published.

        Those that another process has, or has had, are left out; those that were locked each time
        are reported.  ``observe`` sees each issue that was built, also one that is empty.
        """
        first: list[DueIssue] = []
        published = self._compose(batches, observe, first)
        # Once more at the end, for those that were locked at that moment.
        second: list[DueIssue] = []
        published += self._compose(chunks(first), observe, second)
        if second:
            self._report_locked(second)
        return published

    def _report_locked(self, left: Iterable[DueIssue]) -> None:
        asked = {each.subscriber.id: each.settings for each in left}
        with self.store.begin() as tx:
            locked = due_dates.count_free(tx, asked)
        if locked:
            self.report_trouble(
                f"{locked} issues wait for the next run: another session has locked their readers"
            )

    def _compose(
        self,
        batches: Iterable[Sequence[DueIssue]],
        observe: Callable[[Issue], object],
        left: list[DueIssue],
    ) -> int:
        """Make the issues of those that can be leased; ``left`` gets the others."""
        builder, published = None, 0
        numbers: dict[str, int] = {}
        for due_now in batches:
            by_id = self._leased(due_now)
            left += [each for each in due_now if each.subscriber.id not in by_id]
            if not by_id:
                continue
            with leases.ended_by(partial(self._free, by_id)):
                batch = self._unread(list(by_id.values()))
                builder = builder.for_batch(batch) if builder else self._builder(batch)
                for start in range(0, len(batch.backlogs), ISSUES_A_TRANSACTION):
                    run = batch.backlogs[start : start + ISSUES_A_TRANSACTION]
                    # What is made of a run is many objects, all of them needed until it is written,
                    # and none of them afterwards: the collector never sees them.
                    with no_collection():
                        # Built before the transaction, which others wait for on SQLite.
                        published += self._write(
                            [self._made(builder, each, by_id, observe) for each in run],
                            batch.upto,
                            numbers,
                        )
                    for each in run:
                        del by_id[each.subscriber.id]
        return published

    def _free(self, left: Mapping[int, DueIssue]) -> None:
        """Free the subscribers that a batch has left; outside a run nothing else would soon."""
        if left:
            with self.store.begin() as tx:
                self._release(tx, left.values())

    def _release(self, tx: Transaction, due_now: Iterable[DueIssue]) -> Collection[int]:
        """Let subscribers be free; return those that no other process has now."""
        fences = {due.subscriber.id: due.fence for due in due_now}
        return fences if self.store.is_unseen else due_dates.release(tx, fences)

    def _leased(self, due_now: Sequence[DueIssue]) -> dict[int, DueIssue]:
        """Lease subscribers, and return those that are ours, by id, each with its fence."""
        if self.store.is_unseen:
            return {each.subscriber.id: each for each in due_now}
        asked = {each.subscriber.id: each.settings for each in due_now}
        with self.store.begin() as tx:
            fences = due_dates.lease(tx, self.store.worker, asked)
        by_id = {each.subscriber.id: each for each in due_now}
        return {id: replace(by_id[id], fence=fence) for id, fence in fences.items()}

    def _builder(self, batch: UnreadBatch) -> IssueBuilder:
        newest = max((snapshot.day for snapshot in batch.snapshots), default=self.day)
        return IssueBuilder(batch, self.past.frequencies(newest))

    def _unread(self, due_now: Sequence[DueIssue]) -> UnreadBatch:
        pairs = [(each.subscriber, each.due.day) for each in due_now]
        # Parsed before the transaction.
        live = self.load_profiles({slug for who, _ in pairs for slug in who.profiles})
        with self.store.begin() as tx:
            return unread.unread(tx, pairs, live, list(self.listings))

    def _made(
        self,
        builder: IssueBuilder,
        backlog: Backlog,
        by_id: Mapping[int, DueIssue],
        observe: Callable[[Issue], object],
    ) -> MadeIssue:
        due_now = by_id[backlog.subscriber.id]
        if not backlog.profiles:  # no profile is in force since the last one was enrolled
            return MadeIssue(backlog, due_now, None)
        try:
            issue = self._build_issue(builder, backlog, due_now.settings)
        except Exception:  # one subscriber's error must not stop the others' issues
            log.exception("issue not made", subscriber=backlog.subscriber.id)
            return MadeIssue(backlog, due_now, None)
        observe(issue)
        return MadeIssue(backlog, due_now, issue)

    def _write(self, made: Sequence[MadeIssue], upto: int, numbers: dict[str, int]) -> int:
        """Write issues in one transaction; return how many are mailed.

        ``numbers`` has those of the editions that were kept before, and gets those of the others.
        """
        papers = {id(paper): paper for each in made for paper in each.papers}
        names = {its: edition_of(paper) for its, paper in papers.items()}
        fresh = [papers[its] for its, name in names.items() if name not in numbers]
        with self.store.begin() as tx:
            # Before the savepoints, and in one order, so that two processes cannot deadlock.
            kept = editions.keep_editions(tx, fresh, is_issued=True)
            known = numbers | kept
            # Writing them may take longer than the lease, and another would take the rest of them.
            due_dates.lock_rows(tx, [each.due.subscriber.id for each in made])
            by_identity = {its: known[name] for its, name in names.items()}
            published = self._write_safely(tx, made, by_identity, upto)
            if published:
                self.store.check_turn()
        # Committed, so that they are in the database for ever: an issue may show them.
        numbers.update(kept)
        return published

    def _write_safely(
        self, tx: Transaction, made: Sequence[MadeIssue], numbers: Mapping[int, int], upto: int
    ) -> int:
        """Write issues in one savepoint; if the database refuses that, each in one of its own."""
        try:
            with tx.begin_nested():
                return self._write_all(tx, made, numbers, upto)
        except StoreError:
            raise
        except Exception:  # what the database refuses of one concerns no other
            if len(made) > 1:
                return sum(self._write_safely(tx, [each], numbers, upto) for each in made)
            log.exception("issue not written", subscriber=made[0].backlog.subscriber.id)
            self._release(tx, [made[0].due])
            return 0

    def _write_all(
        self, tx: Transaction, made: Sequence[MadeIssue], numbers: Mapping[int, int], upto: int
    ) -> int:
        """Write issues, but for subscribers that another process has taken over."""
        ours = self._release(tx, [each.due for each in made])
        made = [each for each in made if each.due.subscriber.id in ours]
        empty = [each for each in made if each.issue and not each.is_mailed]
        unread.mark_read(tx, [each.backlog for each in empty], upto)
        # Who has an hour was served today; one without may get mail later in the day.
        hours = [(each.backlog, each.due.due) for each in empty if each.due.due.has_hour]
        unread.mark_day(tx, [(backlog, {"last_at": due.at}) for backlog, due in hours])
        issues = [
            (each.backlog, each.issue, each.due.due.at)
            for each in made
            if each.issue and each.is_mailed
        ]
        return len(outbox.publish(tx, issues, numbers, upto))

    def _build_issue(
        self, builder: IssueBuilder, backlog: Backlog, settings: DeliverySettings
    ) -> Issue:
        """Build the subscriber's issue: the first has a welcome, and overflow may be held back."""
        rolling = overflow.rolling(backlog.profiles, settings)
        issue = builder.issue(backlog, self.now(), explained=rolling)
        welcome = quiet.welcome(backlog, settings, self.schedule, is_empty=issue.is_empty)
        issue = replace(issue, welcome=welcome)
        if not rolling:
            return issue
        return overflow.fitted(issue, rolling, lambda each: self._shown(each, backlog.subscriber))

    def _shown(self, issue: Issue, subscriber: Recipient) -> Collection[int]:
        """Return the identities of the entries that the mail names."""
        numbered = replace(issue, id=_LARGEST_ID)
        try:
            layout = self.renderer.layout(numbered, subscriber, self.letterhead)
        except Exception:  # delivery meets the same error, and has a fallback
            log.exception("issue not measured", subscriber=subscriber.id)
            return {id(entry) for entry in issue.entries}
        return {id(entry) for span in layout.spans for entry in span.shown}

    def make_now(self, id: int) -> bool | None:
        """Make a subscriber's issue of today without waiting for its hour; return whether it did.

        Return None if the subscriber pauses: then none is made.  Raises BusyError while another
        process makes it.
        """
        with self.store.begin() as tx:
            found = [(who, how) for who, how in unread.subscribers(tx) if who.id == id]
        for subscriber, settings in found:
            if self.is_paused(subscriber, settings):
                return None
            left: list[DueIssue] = []
            early = list(self._early(subscriber, settings))
            if early and self._compose([early], lambda issue: None, left):
                return True
            if left:
                raise BusyError("another process makes this reader's issue; try again")
        return False

    def as_of_now(self, subscriber: Recipient, settings: DeliverySettings) -> Issue:
        """Return the issue of what a subscriber has not read yet; publish nothing."""
        due = DueDay(self._today(subscriber, settings), self.now(), has_hour=False)
        batch = self._unread([DueIssue(subscriber, due, settings)])
        return IssueBuilder(batch).issue(batch.backlogs[0], self.now())

    def preview_and_recipient(self, profile: Profile) -> tuple[Issue, Recipient]:
        """Return the preview and its recipient for rendering.

        The issue's number is one that no stored issue has, so that the mail has all its links.
        """
        return replace(self.preview(profile), id=0), self.first_recipient(profile)

    def first_recipient(self, profile: Profile) -> Recipient:
        """Return the profile's first recipient, or our own address; its id is 0 if not stored."""
        address = next(iter(profile.to), self.letterhead.address)
        with self.store.begin() as tx:
            subscriber = stored_subscribers.find(tx, address)
        return subscriber.subscriber if subscriber else Recipient(id=0, address=address)

    def preview(self, profile: Profile) -> Issue:
        """Return the issue that this profile would get now; the newest day's if all is read."""
        with self.store.begin() as tx:
            batch = unread.unread_by(tx, profile, list(self.listings), self.day)
            backlog = batch.backlogs[0]
            subscriber = stored_subscribers.by_id(tx, backlog.subscriber.id)
        settings = subscriber.settings if subscriber else DeliverySettings()
        return self._build_issue(self._builder(batch), backlog, settings)
