"""Raise alarms about lasting trouble, and delete expired records.

The operator gets each alarm once a day, in the log and as a notice, for as long as it lasts.
Subscribers of a profile that cannot be read any more get one notice until it is repaired.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Mistake, ProfileError
from ..model import DeliveryState, Verdict
from ..store import (
    Transaction,
    answers,
    inbound,
    outbox,
    outbox_admin,
    papers,
    profile_files,
    settings,
    signups,
    subscribers,
)
from . import clock
from .notify import manage_url, queue_notice

if TYPE_CHECKING:
    from ..app import App

#: A clock that differs by more than this from the time that passed was set, not corrected.
STEP = timedelta(minutes=5)

#: The names of alarms that ``alarms`` may yield.
ALARMS = ("late", "listing", "inbox", "aside", "in_doubt", "wrong_clock")

#: A mailbox that cannot be read for this long raises an alarm.
DEAF_AFTER = timedelta(hours=1)


#: The setting that lists the broken profiles for which a notice was queued.
_TOLD = "broken profiles"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A lasting problem: its name, what is wrong, where, and what to do."""

    name: str
    title: str
    sentence: str
    lines: tuple[str, ...]
    remedy: str


def watch(app: App) -> None:
    """Delete unconfirmed sign-ups and other expired records, and raise the current alarms."""
    with app.store.begin() as tx:
        signups.expire(tx, app.now())
        inbound.drop_old(tx, app.now())
        answers.drop_old(tx, app.now())
        for alarm in (*_stepped(app), *alarms(tx, app)):
            _tell(tx, app, alarm)


def _stepped(app: App) -> Iterator[Alarm]:
    """Yield an alarm if the clock was set since the last tick.

    No subscriber gets an issue twice, but hours may shift.
    """
    now, up = app.now(), app.uptime()
    before, app.last_tick = app.last_tick, (now, up)
    if before is None:
        return
    step = (now - before[0]) - timedelta(seconds=up - before[1])
    if abs(step) > STEP:
        minutes, way = round(abs(step).total_seconds() / 60), "forward" if step > STEP else "back"
        yield Alarm(
            "clock",
            "the clock was set",
            f"It was set {way} by {minutes} minutes.",
            (f"{before[0]:%Y-%m-%d %H:%M} was followed by {now:%Y-%m-%d %H:%M} UTC",),
            "let the system keep time (NTP); look at digest doctor",
        )


def tell_of_clock(app: App) -> None:
    """Raise the alarm that the clock cannot be right, once a day."""
    with app.store.begin() as tx:
        for alarm in _wrong_clock(tx, app):
            _tell(tx, app, alarm)


def _wrong_clock(tx: Transaction, app: App) -> Iterator[Alarm]:
    error = clock.doubt(tx, app)
    if error is not None:
        sentence = f"{error.sentence[:1].upper()}{error.sentence[1:]}."
        title = "the clock is wrong, or was"
        yield Alarm("wrong_clock", title, sentence, (), clock.REMEDY)


def alarms(tx: Transaction, app: App) -> Iterator[Alarm]:
    """Yield the alarms that apply now."""
    yield from _wrong_clock(tx, app)
    late = outbox_admin.late(tx, app.now())
    if late:
        number = outbox_admin.count_late(tx, app.now())
        yield Alarm(
            "late",
            "mail is late",
            f"{number} mails have been owed for more than two hours.",
            tuple(f"{row.id}: {row.address}: {row.error or row.state}" for row in late),
            "look at digest doctor and digest outbox list",
        )
    failed = [s for s in papers.newest(tx, list(app.listings)) if s.verdict is Verdict.FAILED]
    lasting = [s for s in failed if s.since is not None and (app.day - s.since).days >= 1]
    if lasting:
        yield Alarm(
            "listing",
            "a listing cannot be read",
            "These have not been read for a day or longer.",
            tuple(f"{s.listing}: since {s.since}: {s.error}" for s in lasting),
            "look at digest listing status, and at the page itself",
        )
    yield from _inbox(tx, app)
    doubtful = outbox.counts(tx).get(DeliveryState.IN_DOUBT, 0)
    if doubtful:
        yield Alarm(
            "in_doubt",
            "mails wait for your word",
            f"Of {doubtful} mails nobody knows whether they went out.",
            (),
            "digest outbox list --state in_doubt, then digest outbox release",
        )


def _inbox(tx: Transaction, app: App) -> Iterator[Alarm]:
    """Yield alarms about inbound mail, in which bounces and requests would go unread."""
    since, _, reason = (settings.setting(tx, settings.MAILBOX_TROUBLE) or "").partition(" ")
    if since and datetime.fromisoformat(since) < app.now() - DEAF_AFTER:
        sentence = "It has not been read for an hour or longer."
        remedy = "look at digest doctor"
        yield Alarm("inbox", "the mailbox cannot be read", sentence, (reason,), remedy)
    number = inbound.asides_since(tx, app.now() - timedelta(days=1))
    if number:
        yield Alarm(
            "aside",
            "mail was set aside",
            f"{number} messages came in that could not be handled.",
            (),
            "digest inbox list, then show, again or drop",
        )


def _tell(tx: Transaction, app: App, alarm: Alarm) -> None:
    """Log the alarm and queue its notice, unless that was done today."""
    name, today = f"alarm {alarm.name}", app.day.isoformat()
    if settings.setting(tx, name) == today:
        return
    settings.keep_setting(tx, name, today)
    app.complain(f"{alarm.title}: {alarm.sentence} {alarm.remedy}")
    if app.operator:
        said = {name: getattr(alarm, name) for name in ("title", "sentence", "lines", "remedy")}
        queue_notice(tx, app, "alarm", app.operator, **said)


def tell_readers(app: App) -> None:
    """Queue a notice to the subscribers of each newly broken profile, once until it is repaired.

    Must come before ``compose.enrol``, which deactivates subscriptions that no profile names: until
    then the subscribers of a profile that has just gone out of force are still known.
    """
    broken = {problem.path: problem for problem in app.problems}
    with app.store.begin() as tx:
        told = set(json.loads(settings.setting(tx, _TOLD) or "[]"))
        for path in sorted(broken.keys() - told):
            _tell_readers(tx, app, broken[path])
        if broken.keys() != told:
            settings.keep_setting(tx, _TOLD, json.dumps(sorted(broken)))


def _tell_readers(tx: Transaction, app: App, problem: ProfileError) -> None:
    slug = profile_files.slug_of(tx, problem.path) or Path(problem.path).stem
    profile = app.profiles.get(slug)
    if profile is not None and profile.path and profile.path != problem.path:
        return  # the slug is another file's: this one was never in force
    is_own = slug.startswith("~")
    said: dict[str, Any] = {
        "title": profile.title if profile else "",
        "lines": [_line(complaint) for complaint in problem.complaints],
        "is_in_force": profile is not None,
        "is_own": is_own,
    }
    for id in profile_files.reader_ids(tx, slug):
        member = subscribers.member(tx, id)
        assert member is not None, "a subscription is somebody's"
        url = manage_url(app, member) if is_own else ""
        queue_notice(tx, app, "broken", member.address, member, url=url, **said)


def _line(complaint: Mistake) -> str:
    hint = f" ({complaint.hint})" if complaint.hint else ""
    return f"line {complaint.line}, column {complaint.column}: {complaint.message}{hint}"
