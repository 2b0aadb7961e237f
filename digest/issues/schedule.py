"""When an issue is due.

Computes from what it is given; reads no clock.  A schedule is data, not a trigger: a local hour
that a change of clocks skips is moved forward, one that happens twice counts the first time, and a
date that a zone never had has no issue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..model import DeliverySettings, Schedule

#: how far back an issue that was missed is still made up for: one month and a day, for monthly ones
OUTAGE = timedelta(days=32)

#: two issues of one reader are due at least so long after each other, whatever becomes of the zone
APART = timedelta(hours=12)

#: a clock that is further behind what is written down was set wrongly, or was ahead once: machines
#: without a battery wake up in 1970
BEHIND = timedelta(hours=26)


def local_day(now: datetime, timezone: str) -> date:
    """The date that a calendar on the wall in ``timezone`` shows at ``now``."""
    return now.astimezone(ZoneInfo(timezone)).date()


def is_behind(now: datetime, newest: datetime) -> bool:
    """Return whether the clock is so far behind the newest thing written down that one is wrong."""
    return now < newest - BEHIND


def is_date(day: date, timezone: str) -> bool:
    """Whether the zone ever had this date; Apia, for one, never had 2011-12-30."""
    # Only a gap of a whole day swallows noon, so noon tells.
    noon = datetime.combine(day, time(12), ZoneInfo(timezone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(timezone)).date() == day


def due_at(schedule: Schedule, day: date) -> datetime | None:
    """The instant (UTC) at which the issue of the local ``day`` is due; None where none is."""
    if not _is_wanted(schedule, day) or not is_date(day, schedule.timezone):
        return None
    # fold=0 takes the first of two and moves the hours of a gap forward.
    return datetime.combine(day, schedule.at, ZoneInfo(schedule.timezone)).astimezone(UTC)


def _is_wanted(schedule: Schedule, day: date) -> bool:
    if day.weekday() not in schedule.days:
        return False
    if not schedule.is_monthly:
        return True
    return not any(
        day.replace(day=earlier).weekday() in schedule.days
        and is_date(day.replace(day=earlier), schedule.timezone)
        for earlier in range(1, day.day)
    )


def due_day(schedule: Schedule, now: datetime) -> date | None:
    """The latest local day whose issue is due by ``now``; None where none was for a month."""
    today = local_day(now, schedule.timezone)
    for back in range(OUTAGE.days):
        day = today - timedelta(days=back)
        due = due_at(schedule, day)
        if due is not None and due <= now:
            return day
    return None


@dataclass(frozen=True, slots=True)
class DueDay:
    """An issue that is due: for which local day, and since when."""

    day: date
    at: datetime
    #: whether anybody asked for that hour; else it is simply now
    has_hour: bool = True


def due(
    standing: DeliverySettings, schedules: Iterable[Schedule | None], now: datetime, today: date
) -> DueDay | None:
    """The issue that a reader is due by ``now``; None where there is none yet.

    ``schedules`` are those of the profiles: the earliest decides, unless the reader has one of
    their own; where there is none at all, ``today`` is due at any time.  Whatever changes, hour or
    zone or clock: one issue a local day at most, and twelve hours between two that have an hour.
    """
    wanted = [standing.schedule] if standing.schedule else list(schedules)
    found = max((_due_of(each, now, today) for each in wanted), key=_by_day, default=None)
    if found is None or is_paused(standing, found.day):
        return None
    if standing.last_day is not None and found.day <= standing.last_day:
        return None
    is_close = standing.last_at is not None and now < standing.last_at + APART
    return None if is_close and found.has_hour else found


def _due_of(schedule: Schedule | None, now: datetime, today: date) -> DueDay | None:
    if schedule is None:
        return DueDay(today, now, has_hour=False)
    day = due_day(schedule, now)
    at = due_at(schedule, day) if day is not None else None
    return DueDay(day, at) if day is not None and at is not None else None


def _by_day(found: DueDay | None) -> tuple[date, float]:
    """The latest day, and of that the earliest hour."""
    return (found.day, -found.at.timestamp()) if found else (date.min, 0.0)


def is_paused(standing: DeliverySettings, day: date) -> bool:
    """Whether the reader wants no issue of this local day."""
    if standing.paused_until is None:
        return False
    return (standing.paused_from or date.min) <= day <= standing.paused_until
