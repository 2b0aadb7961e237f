"""The retry policy: the back-off after a temporary refusal, and when to give up.

Time in which the program did not run does not count: a machine that sleeps for a month between two
attempts has waited for four hours, the longest pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

#: The first and the longest pause; each pause is twice as long as the one before.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=4)

#: How long a mail is tried.  Between two attempts at most the longest pause counts, so that this
#: takes twenty attempts or more.
GIVE_UP_AFTER = timedelta(hours=72)

#: An attempt later than this after the longest pause shows that the program did not run.
AWAY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait until the next attempt, and how much waiting has been counted so far."""

    pause: timedelta
    waited: timedelta


def next_try(waited: timedelta, since_last: timedelta | None) -> Retry | None:
    """Return when to try again; None if the mail has been tried for long enough.

    ``waited`` is what was counted before, ``since_last`` the time since the previous attempt, None
    for a first one.  If the program did not run in between, the shortest pause comes first again: a
    greylisting server may have forgotten the mail, and the machine may soon sleep again.
    """
    if since_last is None:
        return Retry(FIRST_PAUSE, waited)
    counted = waited + max(timedelta(0), min(since_last, LONGEST_PAUSE))
    if counted > GIVE_UP_AFTER:
        return None
    was_away = since_last > LONGEST_PAUSE + AWAY_AFTER
    pause = FIRST_PAUSE if was_away else min(max(FIRST_PAUSE, 2 * since_last), LONGEST_PAUSE)
    return Retry(pause, counted)
