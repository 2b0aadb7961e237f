"""When a mail that was refused for now is tried again, and when it is given up.

Time in which the program did not run is no time in which the mail was tried: a machine that sleeps
for a month between two tries has waited for four hours, the longest pause there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: The first pause, each one after it being twice as long, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=4)

#: How long a mail is tried.  Of the time between two tries the longest pause counts at most, so
#: that this takes twenty tries or more.
GIVE_UP_AFTER = timedelta(hours=72)

#: A try that comes later than this after the longest pause says that the program did not run.
AWAY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait until the next try, and how much waiting has been counted so far."""

    pause: timedelta
    waited: timedelta


def next_try(waited: timedelta, since_last: timedelta | None) -> Retry | None:
    """Return when to try again; None where the mail has been tried for long enough.

    ``waited`` is what was counted before, ``since_last`` the time since the try before this one,
    None for a first try.  After a time away the pauses begin again with the shortest: a server that
    wants to see the same mail twice may have forgotten the first, and sleep may be near.
    """
    if since_last is None:
        return Retry(FIRST_PAUSE, waited)
    counted = waited + max(timedelta(0), min(since_last, LONGEST_PAUSE))
    if counted > GIVE_UP_AFTER:
        return None
    was_away = since_last > LONGEST_PAUSE + AWAY_AFTER
    pause = FIRST_PAUSE if was_away else min(max(FIRST_PAUSE, 2 * since_last), LONGEST_PAUSE)
    return Retry(pause, counted)
