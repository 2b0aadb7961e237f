"""The second step: whose issue is due, what they have not read, and the issue made of it.

Decides nothing itself: ``calendar`` says who is due, ``issue`` what goes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import structlog

from . import calendar
from .issue import Desk
from .model import Issue, Profile, Reader, Subscriber
from .store import Transaction, outbox, readers

if TYPE_CHECKING:
    from .app import App

log = structlog.get_logger()

#: How many subscribers one step takes: their unread papers are indexed together.
BATCH = 500

Due = tuple[Subscriber, date]


def enrol(app: App) -> None:
    """Let the store know whom the profiles name."""
    with app.store.begin() as tx:
        today = calendar.local_day(app.now(), app.timezone)
        readers.enrol(tx, app.profiles.values(), app.day, today)


def due_batches(app: App) -> Iterator[list[Due]]:
    """The subscribers whose issue is due, and the local day it is for."""
    with app.store.begin() as tx:
        due = [
            (subscriber, day)
            for subscriber, last_day in readers.subscribers(tx)
            if (day := _due_day(app, subscriber)) and (last_day is None or day > last_day)
        ]
    for start in range(0, len(due), BATCH):
        yield due[start : start + BATCH]


def _due_day(app: App, subscriber: Subscriber) -> date | None:
    """The earliest due of the reader's profiles; one without a schedule is due at any time."""
    days = []
    for slug in subscriber.profiles:
        if slug not in app.profiles:
            continue
        schedule = app.profiles[slug].schedule or app.schedule
        if schedule is None:
            days.append(calendar.local_day(app.now(), app.timezone))
        elif (day := calendar.due_day(schedule, app.now())) is not None:
            days.append(day)
    return max(days, default=None)


def compose(app: App, due: Sequence[Due]) -> int:
    """Make the issues of a batch of subscribers; gives how many were published."""
    with app.store.begin() as tx:
        unread = readers.unread(tx, due, app.profiles, list(app.listings))
    desk = Desk(unread)
    return sum(_publish(app, desk, reader, unread.upto) for reader in unread.readers)


def _publish(app: App, desk: Desk, reader: Reader, upto: int) -> bool:
    try:
        issue = desk.issue(reader, app.now())
    except Exception:  # one reader's trouble must not cost the others their morning
        log.exception("issue not made", subscriber=reader.subscriber.id)
        return False
    with app.store.begin() as tx:
        if issue.is_empty:
            _note_empty(tx, app, reader, upto)
            return False
        return outbox.publish(tx, reader, issue, upto) is not None


def _note_empty(tx: Transaction, app: App, reader: Reader, upto: int) -> None:
    readers.mark_read(tx, reader, upto)
    # Whoever has an hour has had it; whoever has none may still be mailed later in the day.
    if any(profile.schedule or app.schedule for profile in reader.profiles):
        readers.mark_day(tx, reader)


def preview(app: App, profile: Profile) -> Issue:
    """The issue that this profile would get now; the newest day's where its reader has read all."""
    with app.store.begin() as tx:
        unread = readers.unread_by(tx, profile, list(app.listings), app.day)
    return Desk(unread).issue(unread.readers[0], app.now())
