"""Listings that have failed for two days, and the readers who are told of it, once.

An issue names what is missing; a letter is for those who got none meanwhile, because nothing came
or nothing matched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from . import calendar, compose
from .model import Subscriber
from .reception import write
from .store import Transaction, marks, members, outbox, readers, shelf

if TYPE_CHECKING:
    from .app import App

#: What has failed for so long does not pass by itself.
LASTING = timedelta(hours=48)


def tell_readers(app: App) -> None:
    """Write to those who watch a listing that has failed for two days and were not told of it."""
    with app.store.begin() as tx:
        outages = {name: began for name in app.listings if (began := _untold(tx, app, name))}
        if not outages:
            return
        for subscriber, standing in list(readers.subscribers(tx)):
            if not calendar.is_paused(standing, app.day):
                _tell(tx, app, subscriber, outages)
        for name in outages:
            marks.keep_setting(tx, f"outage {name}", app.now().isoformat())


def _untold(tx: Transaction, app: App, listing: str) -> datetime | None:
    """When a failure began that has lasted long enough and that nobody was told of."""
    began = shelf.failing_since(tx, listing, calendar.BELIEVED)
    if began is None or began > app.now() - LASTING:
        return None
    told = marks.setting(tx, f"outage {listing}")
    return None if told and datetime.fromisoformat(told) >= began else began


def _tell(
    tx: Transaction, app: App, subscriber: Subscriber, outages: Mapping[str, datetime]
) -> None:
    watched = compose.watched(app, subscriber)
    last = outbox.last_issue_at(tx, subscriber)
    # An issue that was made since says it by itself.
    lines = [
        f"{name}, since {began:%A}, {began.day} {began:%B}"
        for name, began in outages.items()
        if name in watched and (last is None or last < began)
    ]
    if lines:
        member = members.member(tx, subscriber.id)
        write(tx, app, "outage", subscriber.address, member, lines=lines)
