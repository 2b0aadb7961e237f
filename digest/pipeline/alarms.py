"""What the service does beside its work: forgets what it must, and tells of trouble.

Its operator hears of each alarm once a day, in the log and by a letter, for as long as it lasts.
Readers hear of a profile of theirs that cannot be read any more, once until it is right again.
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

#: A clock that moved by more than this beside the time that passed was set, not corrected.
STEP = timedelta(minutes=5)

#: What ``alarms`` may name.
ALARMS = ("late", "listing", "inbox", "aside", "in_doubt", "wrong_clock")

#: A mailbox that cannot be read for so long is worth a word.
DEAF_AFTER = timedelta(hours=1)


#: The setting that names the broken profiles of which their readers know.
_TOLD = "broken profiles"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One trouble that lasts: its name, what is wrong, the places, and what to do."""

    name: str
    title: str
    sentence: str
    lines: tuple[str, ...]
    remedy: str


def watch(app: App) -> None:
    """Forget sign-ups that nobody confirmed, and tell of trouble that lasts."""
    with app.store.begin() as tx:
        signups.expire(tx, app.now())
        inbound.drop_old(tx, app.now())
        answers.drop_old(tx, app.now())
        for alarm in (*_stepped(app), *alarms(tx, app)):
            _tell(tx, app, alarm)


def _stepped(app: App) -> Iterator[Alarm]:
    """The clock was set since the last tick: no reader gets an issue twice, but hours may shift."""
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
    """Write to the operator that the clock cannot be right, once a day."""
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
    """The troubles that there are now."""
    yield from _wrong_clock(tx, app)
    late = outbox_admin.late(tx, app.now())
    if late:
        yield Alarm(
            "late",
            "mail is late",
            f"{outbox_admin.count_late(tx, app.now())} mails have been owed for over two hours.",
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
    """Mail that comes in: bounces that nobody counts, and wishes that nobody hears."""
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
    """Say it, unless it was said today."""
    name, today = f"alarm {alarm.name}", app.day.isoformat()
    if settings.setting(tx, name) == today:
        return
    settings.keep_setting(tx, name, today)
    app.complain(f"{alarm.title}: {alarm.sentence} {alarm.remedy}")
    if app.operator:
        said = {name: getattr(alarm, name) for name in ("title", "sentence", "lines", "remedy")}
        queue_notice(tx, app, "alarm", app.operator, **said)


def tell_readers(app: App) -> None:
    """Tell the readers of a profile that is broken, unless they were told and it was not mended.

    Comes before ``compose.enrol``, which puts subscriptions to sleep that no profile names: those
    whose profile has just gone out of force are known as its readers until then.
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
        return  # the name is another file's: this one never was in force
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
