"""Notify the subscribers of a profile that cannot be read any more, once until it is repaired."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from .. import locales
from ..errors import ProfileError
from ..model import Notice, Profile, Subscriber
from ..store import Store, Transaction, outbox, profile_files, settings, subscribers

#: The setting that lists the broken profiles for which a notice was queued.
_NOTIFIED = "broken profiles"


def notify(
    store: Store,
    problems: Iterable[ProfileError],
    load: Callable[[Collection[str]], Mapping[str, Profile]],
    now: datetime,
    page_of: Callable[[Subscriber], str],
) -> None:
    """Queue a notice to the subscribers of each profile that broke; ``load`` loads those in force.

    Must come before ``Composer.enrol``, which ends the subscriptions to what is out of force:
    until then the subscribers of a profile that has just gone out of force are still known.
    ``page_of`` makes a link to a subscriber's own page, empty without web pages.
    """
    broken = {problem.path: problem for problem in problems}
    with store.begin() as tx:
        notified = _notified(tx)
        if broken.keys() == notified:
            return
        fresh = sorted(broken.keys() - notified)
        slugs = {path: profile_files.slug_of(tx, path) or Path(path).stem for path in fresh}
        wanted = {locale for slug in slugs.values() for _, locale in _readers(tx, slug)}
    live = load({*slugs.values()})
    locales.load(*wanted)
    with store.begin() as tx:
        outbox.lock_notices(tx)
        notified = _notified(tx)
        for path in fresh:
            if path not in notified:
                _notify(tx, broken[path], slugs[path], live.get(slugs[path]), now, page_of)
        settings.keep_setting(tx, _NOTIFIED, json.dumps(sorted(broken)))


def _notified(tx: Transaction) -> set[str]:
    return set(json.loads(settings.setting(tx, _NOTIFIED) or "[]"))


def _notify(
    tx: Transaction,
    problem: ProfileError,
    slug: str,
    profile: Profile | None,
    now: datetime,
    page_of: Callable[[Subscriber], str],
) -> None:
    if profile is not None and profile.path and profile.path != problem.path:
        return  # the slug is another file's: this one was never in force
    is_stored = slug.startswith("~")
    values_of_all = {
        "title": profile.title if profile else "",
        "is_in_force": profile is not None,
        "is_own": is_stored,
    }
    for subscriber, locale in list(_readers(tx, slug)):
        with locales.use(locale):
            lines = [locales.said(complaint.placed) for complaint in problem.complaints]
        values = {**values_of_all, "lines": lines, "url": page_of(subscriber) if is_stored else ""}
        notice = Notice(
            kind="broken",
            recipient=subscriber.address,
            made_at=now,
            values=values,
            locale=locale,
        )
        outbox.queue_notice(tx, notice, subscriber.id)


def _readers(tx: Transaction, slug: str) -> Iterator[tuple[Subscriber, str]]:
    """Yield the subscribers of a profile, each with the locale in which they are written to."""
    for id in profile_files.subscriber_ids(tx, slug):
        subscriber = subscribers.by_id(tx, id)
        assert subscriber is not None, "a subscription is somebody's"
        yield subscriber, profile_files.locale_of(tx, subscriber)
