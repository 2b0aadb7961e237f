"""Check whether the clock can be right, and correct stored times once the operator confirms it.

A clock far behind the newest receipt of a listing is wrong now, or was far ahead before.  The
program cannot know which, so nothing is read, made or mailed until the clock is set or the operator
runs ``digest doctor --clock-is-right``.
"""

from __future__ import annotations

from datetime import datetime

from ..errors import DigestError
from ..issues import schedule
from ..store import Store, Transaction, clock_repair

#: What the operator can do about it.
REMEDY = "set the clock; or, if it is right now and was ahead: digest doctor --clock-is-right"


class ClockError(DigestError):
    """The clock is behind a stored time: one of the two is wrong."""

    is_passing = True

    def __init__(self, now: datetime, newest: datetime) -> None:
        self.sentence = (
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but a listing was read on"
            f" {newest:%Y-%m-%d %H:%M}; nothing is mailed until it is known which is right"
        )
        super().__init__(f"{self.sentence}: {REMEDY}")


def clock_error(tx: Transaction, now: datetime) -> ClockError | None:
    """Return the error if the clock cannot be right, else None."""
    newest = clock_repair.newest(tx)
    if newest is None or not schedule.is_behind(now, newest):
        return None
    return ClockError(now, newest)


def check(store: Store, now: datetime) -> None:
    """Raise ClockError if the clock is earlier than something that has already happened."""
    with store.begin() as tx:
        error = clock_error(tx, now)
    if error is not None:
        raise error


def accept_clock(store: Store, now: datetime, timezone: str) -> int:
    """Accept the clock: date back every later stored time; return the number of rows.

    Raises BusyError if a run is in progress.
    """
    with store.run_lock(), store.begin() as tx:
        return clock_repair.repair_dates(tx, now, schedule.local_day(now, timezone))
