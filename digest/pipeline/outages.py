"""Notify subscribers once when a listing has failed for two days.

An issue names the listings that are missing; the notice is for subscribers who got no issue
meanwhile, because no papers came or none matched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from .. import locales
from ..listings import days
from ..locales import gettext
from ..model import Notice, Recipient
from ..store import Transaction, outbox, papers, settings, unread
from .compose import Composer

#: A failure that lasts this long is not expected to end by itself.
REPORTED_AFTER = timedelta(hours=48)


def notify(step: Composer) -> None:
    """Notify those who watch a listing that has failed for two days, once per failure."""
    with step.store.begin() as tx:
        if not _lasting(tx, step):
            return
        wanted = {each.locale_among(each.subscriptions) for each, _ in unread.subscribers(tx)}
    locales.load(*wanted)
    with step.store.begin() as tx:
        outbox.lock_notices(tx)
        outages = _lasting(tx, step)
        for subscriber, lasting_outages in list(unread.subscribers(tx)):
            if not step.is_paused(subscriber, lasting_outages):
                _notify(tx, step, subscriber, outages)
        for name in outages:
            settings.keep_setting(tx, f"outage {name}", step.now().isoformat())


def _lasting(tx: Transaction, step: Composer) -> dict[str, datetime]:
    """Return since when listings have failed for which no notice was queued yet."""
    began = {name: _unnotified(tx, name, step.now()) for name in step.listings}
    return {name: since for name, since in began.items() if since}


def _unnotified(tx: Transaction, listing: str, now: datetime) -> datetime | None:
    """Return when a failure began if it has lasted long enough and has no notice yet."""
    began = papers.failing_since(tx, listing, days.BELIEVED)
    if began is None or began > now - REPORTED_AFTER:
        return None
    reported = settings.setting(tx, f"outage {listing}")
    return None if reported and datetime.fromisoformat(reported) >= began else began


def _notify(
    tx: Transaction, step: Composer, subscriber: Recipient, outages: Mapping[str, datetime]
) -> None:
    watched = step.watched_listings(subscriber)
    last = outbox.last_issue_at(tx, subscriber)
    # An issue that was made since then already names the listing.
    locale = subscriber.locale_among(subscriber.subscriptions)
    with locales.use(locale):
        lines = [
            gettext("%(listing)s, since %(day)s", listing=name, day=_day(began))
            for name, began in outages.items()
            if name in watched and (last is None or last < began)
        ]
    if lines:
        notice = Notice(
            kind="outage",
            recipient=subscriber.address,
            made_at=step.now(),
            values={"lines": lines},
            locale=locale,
        )
        outbox.queue_notice(tx, notice, subscriber.id)


def _day(began: datetime) -> str:
    return locales.dated(began.date(), gettext("EEEE, d MMMM"))
