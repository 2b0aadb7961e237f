"""The day and the time at which an issue is due.

Pure: reads no clock.  A schedule is data, not a trigger: a local hour that a change of clocks skips
is moved forward, one that occurs twice counts the first time, and a date that a time zone never had
has no issue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..model import DeliverySettings, Schedule

#: how long a missed issue is still made later: a month and a day, for monthly issues
OUTAGE = timedelta(days=32)

#: least time between two issues of one subscriber, even if the time zone changes
LEAST_APART = timedelta(hours=12)

#: a clock further behind the newest stored time is wrong now, or was ahead before: machines without
#: a battery start in 1970
CLOCK_BEHIND_AFTER = timedelta(hours=26)


def local_day(now: datetime, timezone: str) -> date:
    """Return the local date in ``timezone`` at ``now``."""
    return now.astimezone(ZoneInfo(timezone)).date()


def is_behind(now: datetime, newest: datetime) -> bool:
    """Return whether ``now`` is so far behind the newest stored time that one of them is wrong."""
    return now < newest - CLOCK_BEHIND_AFTER


def is_date(day: date, timezone: str) -> bool:
    """Return whether the time zone ever had this date; Apia, for example, never had 2011-12-30."""
    # Only a gap of a whole day skips noon, so it is enough to check noon.
    noon = datetime.combine(day, time(12), ZoneInfo(timezone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(timezone)).date() == day


def due_at(schedule: Schedule, day: date) -> datetime | None:
    """Return the time (UTC) at which the issue of the local ``day`` is due; None if none is due."""
    if not _is_wanted(schedule, day) or not is_date(day, schedule.timezone):
        return None
    # fold=0 takes the first of two equal hours and moves the hours of a gap forward.
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
    """Return the latest local day with an issue due by ``now``; None if none was for a month."""
    found = _latest(schedule, now)
    return found.day if found else None


def _latest(schedule: Schedule, now: datetime) -> DueDay | None:
    today = local_day(now, schedule.timezone)
    for back in range(OUTAGE.days):
        day = today - timedelta(days=back)
        at = due_at(schedule, day)
        if at is not None and at <= now:
            return DueDay(day, at)
    return None


#: An instant before all others: a subscriber without any issue yet is due as soon as a day is.
EVER = datetime(1970, 1, 1, tzinfo=UTC)

#: No schedule leaves more days between two issues; a monthly one may leave 35.
_LONGEST_GAP = 40


def due_from(settings: DeliverySettings, schedules: Iterable[Schedule]) -> datetime | None:
    """Return the instant (UTC) before which ``due`` finds no issue; None if it never finds one.

    ``schedules`` are those of the profiles, each with an hour: the operator's for one that has
    none.  No clock decides: the instant changes only with what is given.
    """
    wanted = [settings.schedule] if settings.schedule else list(schedules)
    first = min(filter(None, (_first_due(each, settings) for each in wanted)), default=None)
    if first is None or settings.last_at is None:
        return first
    return max(first, settings.last_at + LEAST_APART)


def _first_due(schedule: Schedule, settings: DeliverySettings) -> datetime | None:
    """Return when the first day after the last issue's is due that is not paused."""
    if settings.last_day is None and not is_paused(settings, date.min):
        return EVER
    day = settings.last_day or date.min
    for _ in range(_LONGEST_GAP):
        if date.max - day <= timedelta(days=2):
            return None
        day += timedelta(days=1)
        if settings.paused_until and is_paused(settings, day):
            day = settings.paused_until
        elif (at := due_at(schedule, day)) is not None:
            return at
    return None


@dataclass(frozen=True, slots=True)
class DueDay:
    """The local day of an issue that is due, and the time since when it is due."""

    day: date
    at: datetime
    #: whether a schedule asks for that hour; otherwise ``at`` is simply now
    has_hour: bool = True

    def may_wait(self, now: datetime, wait: timedelta) -> bool:
        """Return whether the issue may still wait for late listings, ``wait`` at most."""
        return self.has_hour and now < self.at + wait


def today(
    settings: DeliverySettings,
    schedules: Iterable[Schedule | None],
    now: datetime,
    timezone: str,
) -> date:
    """Return the subscriber's local day: the latest in the time zones of what decides their hour.

    ``schedules`` are those of the profiles; one without has the operator's ``timezone``.
    """
    wanted = [settings.schedule] if settings.schedule else list(schedules)
    zones = {each.timezone if each else timezone for each in wanted} or {timezone}
    return max(local_day(now, zone) for zone in zones)


def due(
    settings: DeliverySettings,
    schedules: Iterable[Schedule | None],
    now: datetime,
    today: date,
) -> DueDay | None:
    """Return the day of the subscriber's issue that is due by ``now``; None if none is due yet.

    ``schedules`` are those of the profiles: the earliest hour decides, unless the subscriber has
    their own schedule; for a profile without one, ``today`` is due at any time.  Even if the hour,
    the time zone or the clock changes, there is at most one issue per local day, and there are
    twelve hours between two issues with an hour.
    """
    wanted = [settings.schedule] if settings.schedule else list(schedules)
    found = max((_due_of(each, now, today) for each in wanted), key=_by_day, default=None)
    if found is None or is_paused(settings, found.day):
        return None
    if settings.last_day is not None and found.day <= settings.last_day:
        return None
    is_close = settings.last_at is not None and now < settings.last_at + LEAST_APART
    return None if is_close and found.has_hour else found


def next_at(
    settings: DeliverySettings, schedules: Iterable[Schedule | None], now: datetime
) -> datetime | None:
    """Return when the next issue with an hour is due, in that hour's zone; None within a month.

    As with ``due``, ``schedules`` are those of the profiles; those without an hour do not count.
    """
    wanted = [settings.schedule] if settings.schedule else list(schedules)
    return min(
        (at for each in wanted if each and (at := _next_of(settings, each, now))), default=None
    )


def put_off_from(
    settings: DeliverySettings, schedules: Iterable[Schedule | None], at: datetime
) -> datetime | None:
    """Return the hour from which the last issue, too close, put one off until ``at``.

    None if it did not.  ``schedules`` are as for ``next_at``, of which ``at`` is the answer.
    """
    if settings.last_at is None or at != settings.last_at + LEAST_APART:
        return None
    wanted = [settings.schedule] if settings.schedule else list(schedules)
    hours = [
        found.at.astimezone(ZoneInfo(each.timezone))
        for each in wanted
        if each and (found := _latest(each, at)) and found.day > (settings.last_day or date.min)
    ]
    return next((hour for hour in sorted(hours) if hour < at), None)


def _next_of(settings: DeliverySettings, schedule: Schedule, now: datetime) -> datetime | None:
    earliest = settings.last_at + LEAST_APART if settings.last_at else now
    for ahead in range(-1, OUTAGE.days):
        day = local_day(now, schedule.timezone) + timedelta(days=ahead)
        at = due_at(schedule, day)
        is_done = settings.last_day is not None and day <= settings.last_day
        if at is None or is_done or is_paused(settings, day) or max(at, earliest) <= now:
            continue
        return max(at, earliest).astimezone(ZoneInfo(schedule.timezone))
    return None


def _due_of(schedule: Schedule | None, now: datetime, today: date) -> DueDay | None:
    if schedule is None:
        return DueDay(today, now, has_hour=False)
    return _latest(schedule, now)


def _by_day(found: DueDay | None) -> tuple[date, float]:
    """Return a sort key; the highest is of the latest day and, on that day, the earliest hour."""
    return (found.day, -found.at.timestamp()) if found else (date.min, 0.0)


def is_paused(settings: DeliverySettings, day: date) -> bool:
    """Return whether the subscriber has paused issues on this local day."""
    if settings.paused_until is None:
        return False
    return (settings.paused_from or date.min) <= day <= settings.paused_until


def pause_left(settings: DeliverySettings, now: datetime, timezone: str) -> date | None:
    """Return the last day of a pause that is not over, though it may begin later; None without one.

    Days are those of the subscriber's own schedule; without one, those of the operator's time zone.
    """
    until = settings.paused_until
    zone = settings.schedule.timezone if settings.schedule else timezone
    return until if until and local_day(now, zone) <= until else None
