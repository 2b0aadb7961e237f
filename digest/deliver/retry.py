"""The retry policy: what becomes of a mail that was refused, the back-off, and when to give up.

Time in which the program did not run does not count: a machine that sleeps for a month between two
attempts has waited for four hours, the longest pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import Meaning, SendError
from ..model import Delivery, DeliveryState

#: The first and the longest pause; each pause is twice as long as the one before.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=4)

#: How long a mail is tried.  Between two attempts at most the longest pause counts, so that this
#: takes twenty attempts or more.
GIVE_UP_AFTER = timedelta(hours=72)

#: Attempts for a message that cannot be rendered.
RENDERING_ATTEMPTS = 3

#: Attempts for a mail without an answer, under the same Message-ID; then the operator decides.
DOUBTFUL_ATTEMPTS = 2

#: The rolling window of the daily quota, as Gmail has it.
QUOTA_WINDOW = timedelta(hours=24)

#: After these every other mail would fail too, and the message itself is not at fault.
_REFUSES_ALL = frozenset({Meaning.RELAY, Meaning.LOGIN, Meaning.SLOWER})

#: An attempt later than this after the longest pause shows that the program did not run.
NOT_RUNNING_AFTER = timedelta(hours=1)


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
    was_away = since_last > LONGEST_PAUSE + NOT_RUNNING_AFTER
    pause = FIRST_PAUSE if was_away else min(max(FIRST_PAUSE, 2 * since_last), LONGEST_PAUSE)
    return Retry(pause, counted)


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a delivery that was tried and is not known to be sent."""

    state: DeliveryState
    #: how long it waits for the next attempt, if it is to be tried again
    pause: timedelta = timedelta(0)
    #: how much waiting counts towards giving up; None: as before
    waited: timedelta | None = None
    #: whether the attempt counts
    is_tried: bool = True


#: The mail was not at fault: it waits as if it had not been tried.
UNTRIED = Ending(DeliveryState.QUEUED, FIRST_PAUSE, is_tried=False)

#: Its process has lost its turn before the dot: any other may send it at once.
INTERRUPTED = Ending(DeliveryState.QUEUED, is_tried=False)

_FAILED = Ending(DeliveryState.FAILED)


def ends_the_round(error: SendError) -> bool:
    """Return whether every other mail would be refused, too."""
    return error.meaning in _REFUSES_ALL or (
        error.meaning is Meaning.SENDER and error.stage == "mail"
    )


def after_refusal(error: SendError, delivery: Delivery, now: datetime, in_doubt: str) -> Ending:
    """Decide by the meaning of a refusal: fail, try again, or leave the doubt to the operator.

    ``in_doubt`` is the operator's choice: resend, hold or ask.
    """
    meaning = error.meaning
    if ends_the_round(error) or meaning is Meaning.PAUSED:
        return UNTRIED
    # An unknown sender is the set-up's fault, and before RCPT the server knows no recipient:
    # neither counts against the message.
    if meaning is Meaning.SENDER or (meaning is Meaning.LATER and error.stage == "mail"):
        return _wait_uncounted(delivery, now)
    if meaning is Meaning.LATER:
        retry = next_try(delivery.waited, _time_since_last_try(delivery, now))
        return Ending(DeliveryState.QUEUED, retry.pause, retry.waited) if retry else _FAILED
    return _doubtful(delivery, in_doubt) if meaning is Meaning.DOUBT else _FAILED


def _doubtful(delivery: Delivery, in_doubt: str) -> Ending:
    is_repeated = in_doubt == "resend" and delivery.attempts >= DOUBTFUL_ATTEMPTS
    if in_doubt == "hold" or is_repeated:
        return Ending(DeliveryState.IN_DOUBT)
    return Ending(DeliveryState.DATA_SENT, FIRST_PAUSE)


def after_fault(delivery: Delivery, now: datetime) -> Ending:
    """Decide about a message that could not be made: try again, and fail in the end.

    Attempts that a server deferred do not count as failed attempts to make it.
    """
    is_repeated = delivery.meaning == Meaning.BROKEN
    return (
        _FAILED
        if is_repeated and delivery.attempts >= RENDERING_ATTEMPTS
        else _wait_uncounted(delivery, now)
    )


def _wait_uncounted(delivery: Delivery, now: datetime) -> Ending:
    """Let a delivery wait for a back-off that does not count towards giving up."""
    retry = next_try(timedelta(0), _time_since_last_try(delivery, now))
    assert retry is not None, "one pause is never too much"
    return Ending(DeliveryState.QUEUED, retry.pause)


def _time_since_last_try(delivery: Delivery, now: datetime) -> timedelta | None:
    return now - delivery.tried_at if delivery.tried_at else None


def after_doubt(in_doubt: str, was_sent: bool | None) -> DeliveryState | None:
    """Return the state of a mail that got no answer; None if it is to be sent once more.

    ``was_sent`` is what the mail server's log says, None if it does not say.
    """
    if in_doubt == "resend":
        return None
    if in_doubt == "hold" or was_sent is None:
        return DeliveryState.IN_DOUBT
    return DeliveryState.SENT if was_sent else None
