"""Notify subscribers once when a listing has failed for two days.

An issue names the listings that are missing; the notice is for subscribers who got no issue
meanwhile, because no papers came or none matched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..issues import schedule
from ..listings import days
from ..model import Recipient
from ..store import Transaction, outbox, papers, settings, subscribers, unread
from . import compose
from .notify import queue_notice

if TYPE_CHECKING:
    from ..app import App

#: A failure that lasts this long is not expected to end by itself.
LASTING = timedelta(hours=48)


def tell_readers(app: App) -> None:
    """Notify those who watch a listing that has failed for two days, once per failure."""
    with app.store.begin() as tx:
        outages = {name: began for name in app.listings if (began := _untold(tx, app, name))}
        if not outages:
            return
        for subscriber, standing in list(unread.subscribers(tx)):
            if not schedule.is_paused(standing, app.day):
                _tell(tx, app, subscriber, outages)
        for name in outages:
            settings.keep_setting(tx, f"outage {name}", app.now().isoformat())


def _untold(tx: Transaction, app: App, listing: str) -> datetime | None:
    """Return when a failure began if it has lasted long enough and has no notice yet."""
    began = papers.failing_since(tx, listing, days.BELIEVED)
    if began is None or began > app.now() - LASTING:
        return None
    told = settings.setting(tx, f"outage {listing}")
    return None if told and datetime.fromisoformat(told) >= began else began


def _tell(
    tx: Transaction, app: App, subscriber: Recipient, outages: Mapping[str, datetime]
) -> None:
    watched = compose.watched(app, subscriber)
    last = outbox.last_issue_at(tx, subscriber)
    # An issue that was made since then already names the listing.
    lines = [
        f"{name}, since {began:%A}, {began.day} {began:%B}"
        for name, began in outages.items()
        if name in watched and (last is None or last < began)
    ]
    if lines:
        member = subscribers.member(tx, subscriber.id)
        queue_notice(tx, app, "outage", subscriber.address, member, lines=lines)
