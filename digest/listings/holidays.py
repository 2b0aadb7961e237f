"""arXiv's days without a list, for any year, by rule.  Pure.

arXiv rests on some of the federal holidays of the United States and on days around Christmas that
it names in the autumn (https://info.arxiv.org/help/availability.html).  A mailing is left out on
the evening of a holiday, or on the Sunday after a Friday's: the next weekday has no new list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

_MONDAY, _THURSDAY = 0, 3


def rests(day: date) -> bool:
    """Return whether arXiv may have no new list on ``day``: a holiday, or the weekday after one."""
    return day in _days_of_rest(day.year)


@cache
def _days_of_rest(year: int) -> frozenset[date]:
    # 1 January can be observed on 31 December, and 31 December counts for a day of the next year.
    holidays = [day for each in (year - 1, year, year + 1) for day in _holidays(each)]
    return frozenset([*holidays, *map(_weekday_after, holidays)])


def _holidays(year: int) -> Iterator[date]:
    """Yield the holidays of a year that arXiv keeps, as they are observed."""
    yield _observed(date(year, 1, 1))
    yield _nth(3, _MONDAY, date(year, 1, 1))  # Martin Luther King
    yield _observed(date(year, 6, 19))
    yield _observed(date(year, 7, 4))
    yield _nth(1, _MONDAY, date(year, 9, 1))  # Labor Day
    yield _nth(4, _THURSDAY, date(year, 11, 1))  # Thanksgiving
    yield _observed(date(year, 12, 25))
    # Which of these days it is differs from year to year.
    yield from (date(year, 12, day) for day in range(24, 32))


def _nth(number: int, weekday: int, first: date) -> date:
    """Return the nth such weekday of a month, which ``first`` begins."""
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _observed(day: date) -> date:
    """Return the weekday on which a holiday is kept that falls on a weekend."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _weekday_after(day: date) -> date:
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))
