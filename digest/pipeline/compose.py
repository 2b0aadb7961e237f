"""Make the issues that are due from the papers that their subscribers have not read.

The second step.  ``issues.schedule`` decides when an issue is due, ``issues.builder`` what goes in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from ..issues import schedule
from ..issues.builder import IssueBuilder, hold_back
from ..issues.schedule import DueDay
from ..listings import days
from ..model import (
    Backlog,
    DeliverySettings,
    Issue,
    IssueEntry,
    Profile,
    Recipient,
    UnreadBatch,
    Welcome,
)
from ..store import (
    Transaction,
    outbox,
    papers,
)
from ..store import (
    subscribers as stored_subscribers,
)
from ..store import (
    unread as stored_unread,
)

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

#: Subscribers per batch: their unread papers are indexed together.
BATCH = 500


@dataclass(frozen=True, slots=True)
class DueIssue:
    """A subscriber with an issue that is due."""

    subscriber: Recipient
    due: DueDay
    standing: DeliverySettings
    #: whether a listing may still bring papers for the issue
    waits: bool = False


def enrol(app: App) -> None:
    """Store the subscribers and subscriptions that the profiles name."""
    with app.store.begin() as tx:
        today = schedule.local_day(app.now(), app.timezone)
        stored_unread.enrol(tx, app.profiles.values(), app.day, today)


def due_batches(app: App) -> Iterator[list[DueIssue]]:
    """Yield in batches the subscribers with an issue to be made now, and its local day."""
    owed = [each for each in due_issues(app) if not each.waits]
    for start in range(0, len(owed), BATCH):
        yield owed[start : start + BATCH]


def due_issues(app: App) -> list[DueIssue]:
    """Return the issues that are due and not made yet, also those that wait for a listing."""
    now = app.now()
    with app.store.begin() as tx:
        awaited, subscribers = _awaited(tx, app), list(stored_unread.subscribers(tx))
    return [
        DueIssue(
            subscriber,
            due,
            standing,
            waits=_may_wait(app, due, now) and bool(awaited & watched(app, subscriber)),
        )
        for subscriber, standing in subscribers
        if (due := _due(app, subscriber, standing, now)) is not None
    ]


def _due(
    app: App, subscriber: Recipient, standing: DeliverySettings, now: datetime
) -> DueDay | None:
    live = [app.profiles[slug] for slug in subscriber.profiles if slug in app.profiles]
    schedules = [profile.schedule or app.schedule for profile in live]
    if not live:
        return None
    return schedule.due(standing, schedules, now, schedule.local_day(now, app.timezone))


def _may_wait(app: App, due: DueDay, now: datetime) -> bool:
    return due.has_hour and now < due.at + app.wait


def _awaited(tx: Transaction, app: App) -> frozenset[str]:
    """Return the listings that have not published their day yet."""
    return frozenset(
        name
        for name in app.listings
        if days.is_awaited(app.day, papers.snapshots(tx, name, since=app.day))
    )


def watched(app: App, subscriber: Recipient) -> frozenset[str]:
    """Return the listings that a subscriber's profiles watch."""
    live = [app.profiles[slug] for slug in subscriber.profiles if slug in app.profiles]
    return frozenset(name for profile in live for name in profile.listings or app.listings)


def compose(app: App, batches: Iterable[Sequence[DueIssue]]) -> int:
    """Make the issues of subscribers, batch by batch; return how many were published."""
    desk, published = None, 0
    for owed in batches:
        by_id = {each.subscriber.id: each for each in owed}
        unread = _unread(app, owed)
        desk = desk.turned_to(unread) if desk else IssueBuilder(unread)
        for reader in unread.readers:
            published += _publish(app, desk, reader, unread.upto, by_id[reader.subscriber.id])
    return published


def _unread(app: App, owed: Sequence[DueIssue]) -> UnreadBatch:
    pairs = [(each.subscriber, each.due.day) for each in owed]
    with app.store.begin() as tx:
        return stored_unread.unread(tx, pairs, app.profiles, list(app.listings))


def _publish(app: App, desk: IssueBuilder, reader: Backlog, upto: int, owed: DueIssue) -> bool:
    try:
        issue = _edited(app, desk, reader, owed.standing)
    except Exception:  # one subscriber's error must not stop the others' issues
        log.exception("issue not made", subscriber=reader.subscriber.id)
        return False
    with app.store.begin() as tx:
        if issue.is_empty and not _wants_to_know(reader, owed.standing):
            _note_empty(tx, reader, upto, owed.due)
            return False
        app.store.still_alone()
        return outbox.publish(tx, reader, issue, upto, owed.due.at) is not None


#: From the most mail to the least.
_QUIET = ("line", "weekly", "nothing")

#: As many digits as an issue's number will ever have: the links of a mail contain it.
_LONGEST_ID = 10**10


def _wants_to_know(reader: Backlog, standing: DeliverySettings) -> bool:
    """Return whether an issue without papers is mailed too, as subscriber or profiles ask."""
    wish = _quiet(reader, standing)
    if wish == "weekly":
        return reader.last_issue is None or reader.day - reader.last_issue >= timedelta(days=7)
    return wish == "line"


def _quiet(reader: Backlog, standing: DeliverySettings) -> str:
    wishes = {standing.quiet} if standing.quiet else {p.quiet for p in reader.profiles}
    return next(word for word in _QUIET if word in wishes)


def _edited(app: App, desk: IssueBuilder, reader: Backlog, standing: DeliverySettings) -> Issue:
    """Build the subscriber's issue: the first has a welcome, and overflow may be held back."""
    held_back = {p.slug for p in reader.profiles if (standing.overflow or p.overflow) == "rollover"}
    issue = desk.issue(reader, app.now(), explained=held_back)
    if reader.last_issue is None:
        issue = replace(issue, welcome=_welcome(app, reader, standing))
    return _overflowing(app, issue, reader.subscriber, held_back) if held_back else issue


def _welcome(app: App, reader: Backlog, standing: DeliverySettings) -> Welcome:
    wanted = {standing.schedule or profile.schedule or app.schedule for profile in reader.profiles}
    [schedule] = wanted if len(wanted) == 1 else [None]
    return Welcome(schedule=schedule, quiet=_quiet(reader, standing))


def _overflowing(app: App, issue: Issue, subscriber: Recipient, profiles: Collection[str]) -> Issue:
    """Hold back for the next issue what these profiles have beyond the size of the mail.

    Decided once and stored with the issue, so that each paper is in one mail, whatever happens to
    the process or the templates in between.
    """
    held = hold_back(issue, profiles, lambda entry: True)
    while (again := hold_back(held, profiles, _fits(app, held, subscriber))) is not held:
        held = again
    return held


def _fits(app: App, issue: Issue, subscriber: Recipient) -> Callable[[IssueEntry], bool]:
    numbered = replace(issue, id=_LONGEST_ID)
    try:
        layout = app.press.layout(numbered, subscriber, app.letterhead)
    except Exception:  # delivery meets the same error, and has a fallback
        log.exception("issue not measured", subscriber=subscriber.id)
        return lambda entry: True
    shown = {id(entry) for span in layout.spans for entry in span.whole}
    return lambda entry: id(entry) in shown


def _note_empty(tx: Transaction, reader: Backlog, upto: int, due: DueDay) -> None:
    stored_unread.mark_read(tx, reader, upto)
    # A scheduled subscriber was served today; one without an hour may get mail later in the day.
    if due.has_hour:
        stored_unread.mark_day(tx, reader, due.at)


def make_now(app: App, subscriber: Recipient) -> bool:
    """Make a subscriber's issue of today without waiting for its hour; return whether it did.

    None is made while the subscriber pauses.
    """
    with app.store.begin() as tx:
        found = {each.id: (each, standing) for each, standing in stored_unread.subscribers(tx)}
    if subscriber.id not in found:
        return False
    whole, standing = found[subscriber.id]
    due = DueDay(_local_day(app, standing), app.now(), has_hour=False)
    was_served = standing.last_day is not None and due.day <= standing.last_day
    if was_served or pauses_today(app, standing):
        return False
    return bool(compose(app, [[DueIssue(whole, due, standing)]]))


def pauses_today(app: App, standing: DeliverySettings) -> bool:
    """Return whether a subscriber pauses on the day that it is for them."""
    return schedule.is_paused(standing, _local_day(app, standing))


def _local_day(app: App, standing: DeliverySettings) -> date:
    zone = standing.schedule.timezone if standing.schedule else app.timezone
    return schedule.local_day(app.now(), zone)


def proof(app: App, profile: Profile) -> tuple[Issue, Recipient]:
    """Return the preview and its recipient for rendering.

    The issue's number is one that no stored issue has, so that the mail has all its links.
    """
    return replace(preview(app, profile), id=0), first_recipient(app, profile)


def first_recipient(app: App, profile: Profile) -> Recipient:
    """Return the profile's first recipient, or our own address; its id is 0 if it is not stored."""
    address = next(iter(profile.to), app.letterhead.address)
    with app.store.begin() as tx:
        member = stored_subscribers.find(tx, address)
    return member.subscriber if member else Recipient(id=0, address=address)


def preview(app: App, profile: Profile) -> Issue:
    """Return the issue that this profile would get now; the newest day's if nothing is unread."""
    with app.store.begin() as tx:
        unread = stored_unread.unread_by(tx, profile, list(app.listings), app.day)
        reader = unread.readers[0]
        member = stored_subscribers.member(tx, reader.subscriber.id)
    return _edited(
        app, IssueBuilder(unread), reader, member.standing if member else DeliverySettings()
    )
