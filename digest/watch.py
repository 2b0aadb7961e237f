"""What the service does beside its work: forgets what it must, and tells its operator of trouble.

Each alarm is said once a day, in the log and by a letter, for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from .errors import DigestError
from .model import State, Verdict
from .reception import write
from .store import Transaction, ledger, marks, members, outbox, shelf

if TYPE_CHECKING:
    from .app import App

#: An issue that has been owed for so long is late.
LATE_AFTER = timedelta(hours=2)

#: A clock that is further behind what is written down was set wrongly: machines without a battery
#: wake up in 1970.
BEHIND = timedelta(hours=26)


class ClockError(DigestError):
    """The clock cannot be right; nothing is done until it is."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One trouble that lasts: its name, what is wrong, the places, and what to do."""

    name: str
    title: str
    sentence: str
    lines: tuple[str, ...]
    remedy: str


def check_clock(app: App) -> None:
    """Raises ClockError where it is earlier than something that has already happened."""
    with app.store.begin() as tx:
        newest = shelf.last_taken(tx)
    if newest is not None and app.now() < newest - BEHIND:
        raise ClockError(
            f"the clock says {app.now():%Y-%m-%d %H:%M}, but a listing was read on"
            f" {newest:%Y-%m-%d %H:%M}; nothing is done until it is right"
        )


def watch(app: App) -> None:
    """Forget sign-ups that nobody confirmed, and tell of trouble that lasts."""
    with app.store.begin() as tx:
        members.expire_pending(tx, app.now())
        for alarm in alarms(tx, app):
            _tell(tx, app, alarm)


def alarms(tx: Transaction, app: App) -> Iterator[Alarm]:
    """The troubles that there are now."""
    late = ledger.late(tx, app.now() - LATE_AFTER)
    if late:
        yield Alarm(
            "late",
            "mail is late",
            f"{len(late)} mails have been owed for more than two hours.",
            tuple(f"{row.id}: {row.address}: {row.error or row.state}" for row in late[:10]),
            "look at digest doctor and digest outbox list",
        )
    failed = [s for s in shelf.newest(tx, list(app.listings)) if s.verdict is Verdict.FAILED]
    lasting = [s for s in failed if s.since is not None and (app.day - s.since).days >= 1]
    if lasting:
        yield Alarm(
            "listing",
            "a listing cannot be read",
            "These have not been read for a day or longer.",
            tuple(f"{s.listing}: since {s.since}: {s.error}" for s in lasting),
            "look at digest listing status, and at the page itself",
        )
    doubtful = outbox.counts(tx).get(State.IN_DOUBT, 0)
    if doubtful:
        yield Alarm(
            "in_doubt",
            "mails wait for your word",
            f"Of {doubtful} mails nobody knows whether they went out.",
            (),
            "digest outbox list --state in_doubt, then digest outbox release",
        )


def _tell(tx: Transaction, app: App, alarm: Alarm) -> None:
    """Say it, unless it was said today."""
    name, today = f"alarm {alarm.name}", app.day.isoformat()
    if marks.setting(tx, name) == today:
        return
    marks.keep_setting(tx, name, today)
    app.complain(f"{alarm.title}: {alarm.sentence} {alarm.remedy}")
    if app.operator:
        said = {name: getattr(alarm, name) for name in ("title", "sentence", "lines", "remedy")}
        write(tx, app, "alarm", app.operator, **said)
