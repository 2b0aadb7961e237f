"""Raise alarms about lasting trouble, and delete expired records.

The operator gets each alarm once a day, in the log and as a notice, for as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..model import DeliveryState, Notice, Verdict, count
from ..store import (
    Store,
    Transaction,
    expiry,
    inbound,
    outbox,
    outbox_admin,
    papers,
    settings,
)
from . import clock

#: A clock that differs by more than this from the time that passed was set, not corrected.
STEP = timedelta(minutes=5)

#: The names of alarms that ``alarms`` may yield.
ALARMS = ("late", "listing", "inbox", "aside", "in_doubt", "wrong_clock")

#: A mailbox that cannot be read for this long raises an alarm.
INBOX_SILENT_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A lasting problem: its name, what is wrong, where, and what to do."""

    name: str
    title: str
    sentence: str
    lines: tuple[str, ...]
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What looks for trouble that lasts, and whom it reports to, with what that needs."""

    store: Store
    #: the names of all that are watched
    listings: Collection[str]
    now: Callable[[], datetime]
    #: the listing day
    day: date
    #: the address that alarms are mailed to; empty: no alarms
    operator: str
    report_trouble: Callable[[str], object]

    def queue_alarms(self, more: Iterable[Alarm] = ()) -> None:
        """Delete expired records and what was kept for who left, and raise the current alarms."""
        with self.store.begin() as tx:
            expiry.delete_expired(tx, self.now())
            for alarm in (*more, *self.alarms(tx)):
                self._queue_alarm(tx, alarm)

    def queue_clock_alarm(self) -> None:
        """Raise the alarm that the clock cannot be right, once a day."""
        with self.store.begin() as tx:
            for alarm in _wrong_clock(tx, self.now()):
                self._queue_alarm(tx, alarm)

    def alarms(self, tx: Transaction) -> Iterator[Alarm]:
        """Yield the alarms that apply now."""
        now = self.now()
        yield from _wrong_clock(tx, now)
        late = outbox_admin.late(tx, now)
        if late:
            number = outbox_admin.count_late(tx, now)
            yield Alarm(
                "late",
                "mail is late",
                f"Owed for more than two hours: {count(number, 'mail')}.",
                tuple(f"{row.id}: {row.address}: {row.error or row.state}" for row in late),
                "look at digest doctor and digest outbox list",
            )
        failed = [s for s in papers.newest(tx, self.listings) if s.verdict is Verdict.FAILED]
        lasting = [s for s in failed if s.since is not None and (self.day - s.since).days >= 1]
        if lasting:
            yield Alarm(
                "listing",
                "a listing cannot be read",
                "These have not been read for a day or longer.",
                tuple(f"{s.listing}: since {s.since}: {s.error}" for s in lasting),
                "look at digest listing status, and at the page itself",
            )
        yield from _inbox(tx, now)
        doubtful = outbox.count(tx, [DeliveryState.IN_DOUBT])
        if doubtful:
            yield Alarm(
                "in_doubt",
                "mails wait for your word",
                f"Nobody knows whether they went out: {count(doubtful, 'mail')}.",
                (),
                "digest outbox list --state in_doubt, then digest outbox release",
            )

    def _queue_alarm(self, tx: Transaction, alarm: Alarm) -> None:
        """Log the alarm and queue its notice, unless that was done today."""
        outbox.lock_notices(tx)
        name, today = f"alarm {alarm.name}", self.day.isoformat()
        if settings.setting(tx, name) == today:
            return
        settings.keep_setting(tx, name, today)
        self.report_trouble(f"{alarm.title}: {alarm.sentence} {alarm.remedy}")
        if self.operator:
            values = {
                name: getattr(alarm, name) for name in ("title", "sentence", "lines", "remedy")
            }
            notice = Notice(
                kind="alarm", recipient=self.operator, made_at=self.now(), values=values
            )
            outbox.queue_notice(tx, notice)


#: A time by the clock, and seconds that do not depend on the clock's setting.
Tick = tuple[datetime, float]


def stepped(before: Tick | None, after: Tick) -> Iterator[Alarm]:
    """Yield an alarm if the clock was set between two ticks.

    No subscriber gets an issue twice, but hours may shift.
    """
    if before is None:
        return
    now = after[0]
    step = (now - before[0]) - timedelta(seconds=after[1] - before[1])
    if abs(step) > STEP:
        minutes, way = round(abs(step).total_seconds() / 60), "forward" if step > STEP else "back"
        yield Alarm(
            "clock",
            "the clock was set",
            f"It was set {way} by {minutes} minutes.",
            (f"{before[0]:%Y-%m-%d %H:%M} was followed by {now:%Y-%m-%d %H:%M} UTC",),
            "let the system keep time (NTP); look at digest doctor",
        )


def _wrong_clock(tx: Transaction, now: datetime) -> Iterator[Alarm]:
    error = clock.clock_error(tx, now)
    if error is not None:
        sentence = f"{error.sentence[:1].upper()}{error.sentence[1:]}."
        title = "the clock is wrong, or was"
        yield Alarm("wrong_clock", title, sentence, (), clock.REMEDY)


def _inbox(tx: Transaction, now: datetime) -> Iterator[Alarm]:
    """Yield alarms about inbound mail, in which bounces and requests would go unread."""
    since, _, reason = (settings.setting(tx, settings.MAILBOX_TROUBLE) or "").partition(" ")
    if since and datetime.fromisoformat(since) < now - INBOX_SILENT_AFTER:
        sentence = "It has not been read for an hour or longer."
        remedy = "look at digest doctor"
        yield Alarm("inbox", "the mailbox cannot be read", sentence, (reason,), remedy)
    number = inbound.count_quarantined(tx, now - timedelta(days=1))
    if number:
        yield Alarm(
            "aside",
            "mail was set aside",
            f"{count(number, 'message')} came in that could not be handled.",
            (),
            "digest inbox list, then show, again or drop",
        )
