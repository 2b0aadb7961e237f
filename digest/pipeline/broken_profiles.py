"""Notify the subscribers of a profile that cannot be read any more, once until it is repaired."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from ..errors import Mistake, ProfileError
from ..model import Notice, Profile, Subscriber
from ..store import Store, Transaction, outbox, profile_files, settings, subscribers

#: The setting that lists the broken profiles for which a notice was queued.
_TOLD = "broken profiles"


def notify(
    store: Store,
    problems: Iterable[ProfileError],
    profiles: Mapping[str, Profile],
    now: datetime,
    page_of: Callable[[Subscriber], str],
) -> None:
    """Queue a notice to the subscribers of each newly broken profile; ``profiles`` are in force.

    Must come before ``Composer.enrol``, which deactivates subscriptions that no profile names:
    until then the subscribers of a profile that has just gone out of force are still known.
    ``page_of`` makes a link to a subscriber's own page, empty without web pages.
    """
    broken = {problem.path: problem for problem in problems}
    with store.begin() as tx:
        told = set(json.loads(settings.setting(tx, _TOLD) or "[]"))
        for path in sorted(broken.keys() - told):
            _notify(tx, broken[path], profiles, now, page_of)
        if broken.keys() != told:
            settings.keep_setting(tx, _TOLD, json.dumps(sorted(broken)))


def _notify(
    tx: Transaction,
    problem: ProfileError,
    profiles: Mapping[str, Profile],
    now: datetime,
    page_of: Callable[[Subscriber], str],
) -> None:
    slug = profile_files.slug_of(tx, problem.path) or Path(problem.path).stem
    profile = profiles.get(slug)
    if profile is not None and profile.path and profile.path != problem.path:
        return  # the slug is another file's: this one was never in force
    is_own = slug.startswith("~")
    said = {
        "title": profile.title if profile else "",
        "lines": [_line(complaint) for complaint in problem.complaints],
        "is_in_force": profile is not None,
        "is_own": is_own,
    }
    for id in profile_files.reader_ids(tx, slug):
        member = subscribers.member(tx, id)
        assert member is not None, "a subscription is somebody's"
        values = {**said, "url": page_of(member) if is_own else ""}
        notice = Notice(kind="broken", recipient=member.address, made_at=now, values=values)
        outbox.queue_notice(tx, notice, id)


def _line(complaint: Mistake) -> str:
    hint = f" ({complaint.hint})" if complaint.hint else ""
    return f"line {complaint.line}, column {complaint.column}: {complaint.message}{hint}"
