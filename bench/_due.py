"""The proof about due days, as a pure function: exactly one issue for each local date there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from digest.issues.schedule import due_at, due_day, is_date
from digest.model import Schedule

HOURS = tuple(map(time.fromisoformat, (
    "00:00", "00:30", "01:30", "02:00", "02:30", "03:15", "07:30", "12:00", "23:30",
)))  # fmt: skip

#: Between two issues: from the shortest day of a change to the longest, or two where a date was
#: left out.
LEAST, MAX_SLOWDOWN, MOST_OVER_A_GAP = timedelta(hours=20), timedelta(hours=28), timedelta(hours=52)


@dataclass(frozen=True, slots=True)
class Fault:
    """A date that has none, or more than one."""

    zone: str
    at: time
    day: date
    what: str


def days(first: date, last: date) -> Iterator[date]:
    """Every date from the first to the last."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def faults(zone: str, at: time, over: Iterable[date], *, thorough: bool) -> Iterator[Fault]:
    """What is wrong in one zone at one hour; ``thorough`` asks at the instant itself, too."""
    schedule = Schedule(at, zone)
    before: datetime | None = None
    last: date | None = None
    for day in over:
        due = due_at(schedule, day)
        if (due is not None) != is_date(day, zone):
            yield Fault(zone, at, day, "an issue for a date that there is not, or none")
        if due is None:
            continue
        if before is not None and last is not None:
            most = MAX_SLOWDOWN if (day - last).days == 1 else MOST_OVER_A_GAP
            if not LEAST <= due - before <= most:
                yield Fault(zone, at, day, f"{due - before} after the one before")
        if thorough:
            yield from _asked(schedule, day, last, due)
        before, last = due, day


def _asked(schedule: Schedule, day: date, last: date | None, due: datetime) -> Iterator[Fault]:
    """What a tick finds at the instant, and right before it."""
    if due_day(schedule, due) != day:
        yield Fault(schedule.timezone, schedule.at, day, "is not due at its instant")
    if last is not None and due_day(schedule, due - timedelta(seconds=1)) != last:
        yield Fault(schedule.timezone, schedule.at, day, "is due too early")
