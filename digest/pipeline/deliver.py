"""Claim the deliveries that are due, hand them over, record how each ended (the third step).

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt

``data_sent`` is committed just before the final dot: from there until the answer is recorded, it is
unknown whether the mail went out.  What happens to such a mail is the operator's choice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from ..deliver import OutgoingMessage
from ..deliver.retry import FIRST_PAUSE, next_try
from ..errors import OF_THE_SET_UP, Meaning, SendError
from ..model import Delivery, DeliveryState, Issue, Message, Recipient
from ..store import LostError, OutOfReachError, ReplacedError, StoreError, bounces, outbox
from ..store.outbox import ClaimedDelivery

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

#: Attempts for a message that cannot be rendered.
MAKING_ATTEMPTS = 3

#: Attempts for a mail without an answer, under the same Message-ID; then the operator decides.
DOUBTFUL_ATTEMPTS = 2

#: The rolling window of the daily quota, as Gmail has it.
DAY = timedelta(hours=24)

#: States that use up the quota: the relay has the mail, or may have it.
MAY_BE_OUT = frozenset({DeliveryState.SENT, DeliveryState.DATA_SENT, DeliveryState.IN_DOUBT})

#: Issues and notices take turns, so that issues go out however many people sign up.
ISSUES_AT_A_TIME, LETTERS_AT_A_TIME = 1000, 100

#: After these every other mail would fail too, and the message itself is not at fault.
ENDS_THE_ROUND = frozenset({Meaning.RELAY, Meaning.LOGIN, Meaning.SLOWER})


def deliver_all(app: App) -> DeliveryRound:
    """Hand over every delivery that is due now; only for a process that holds the run's lock.

    Raises LostError if the process has lost that lock, once no delivery is in progress.
    """
    with app.store.begin() as tx:
        outbox.recover(tx, app.now(), _left_behind(app))
        room = app.per_day - outbox.handed_over(tx, app.now() - DAY) if app.per_day else None
    round = DeliveryRound(app, room)
    after = {False: 0, True: 0}
    while not round.is_over:
        owed = {letters: _next(app, after[letters], letters=letters) for letters in after}
        if not any(owed.values()):
            break
        for letters, ids in owed.items():
            after[letters] = max(ids, default=after[letters])
            deliver(round, ids)
    if round.lost is not None:
        raise round.lost
    return round


def deliver_alarms(app: App) -> None:
    """Hand over only the notices to the operator; only for a process that holds the run's lock.

    While the clock cannot be right nothing else may go out, and the operator must learn of that.
    """
    with app.store.begin() as tx:
        ids = outbox.due_of_kind(tx, app.now(), "alarm")
    deliver(DeliveryRound(app), ids)


def _left_behind(app: App) -> set[DeliveryState]:
    """Return the delivery states with a lease that may be ignored after a crash.

    A server may still be accepting a message when the sender has died: its log is worth asking
    only once the lease has run out.
    """
    return (
        {DeliveryState.CLAIMED}
        if app.in_doubt == "ask"
        else {DeliveryState.CLAIMED, DeliveryState.DATA_SENT}
    )


def _next(app: App, after: int, *, letters: bool) -> list[int]:
    most = LETTERS_AT_A_TIME if letters else ISSUES_AT_A_TIME
    with app.store.begin() as tx:
        return outbox.due(tx, app.now(), most, after=after, letters=letters)


@dataclass
class DeliveryRound:
    """Deliveries of one run; a sender may settle them from several threads."""

    app: App
    #: what is left of the daily quota; None: no limit
    room: int | None = None
    outcomes: list[DeliveryState] = field(default_factory=list)
    #: whether to begin no further mail, for example because the server accepts none
    is_over: bool = False
    #: the error after which this process must send nothing more at all
    lost: LostError | None = None
    #: the configuration key of the setting that keeps mails waiting; empty: none does
    setting: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, state: DeliveryState) -> None:
        """Record an outcome; release the quota slot if the mail did not go out."""
        with self.lock:
            self.outcomes.append(state)
        if state not in MAY_BE_OUT:
            self.give_room()

    def may_begin(self) -> bool:
        """Return whether one more mail may be begun, and reserve its quota slot."""
        if self.app.stop.is_set():
            self.is_over = True
        if self.is_over:
            return False
        if self._took_place():
            return True
        self.end(f"{self.app.per_day} have gone out within 24 hours; the others wait")
        return False

    def _took_place(self) -> bool:
        with self.lock:
            if self.room is None:
                return True
            has_room = self.room > 0
            self.room -= has_room
            return has_room

    def give_room(self) -> None:
        """Release a quota slot that was not used."""
        with self.lock:
            if self.room is not None:
                self.room += 1

    def lose(self, error: LostError) -> None:
        """Begin no further mail, because this process has lost the run's lock."""
        with self.lock:
            self.is_over, self.lost = True, error

    def stop(self, error: SendError) -> None:
        """Begin no further mail, because the server accepts none."""
        if error.meaning in OF_THE_SET_UP:
            self.blame(error)
            self.is_over = True
        else:
            self.end(str(error))

    def blame(self, error: SendError) -> None:
        """Report once which setting is at fault, and what the server said of it."""
        with self.lock:
            is_known, self.setting = bool(self.setting), self.setting or error.setting
        if not is_known:
            # With a return path for each mail, that path is the sender that the server sees.
            is_either = error.meaning is Meaning.SENDER and bool(self.app.bounces)
            also = "mail.bounces or " if is_either else ""
            self.app.complain(f"{also}{error}; the mails wait until that is mended")

    def end(self, why: str) -> None:
        """Begin no further mail, and report why, once."""
        with self.lock:
            was_over, self.is_over = self.is_over, True
        if not was_over:
            self.app.complain(f"mail: {why}")


def deliver(round: DeliveryRound, deliveries: Sequence[int]) -> None:
    """Claim these deliveries and hand them over; stop if the server accepts nothing at all."""
    if round.is_over or not deliveries:
        return
    try:
        round.app.send.send_all(_handovers(round, deliveries))
    except SendError as error:
        round.stop(error)


def _handovers(round: DeliveryRound, deliveries: Iterable[int]) -> Iterator[OutgoingMessage]:
    """Claim one delivery after the other, as the sender asks for them."""
    app = round.app
    for id in deliveries:
        if not round.may_begin():
            return
        with app.store.begin() as tx:
            parcel = outbox.claim(tx, id, app.now())
        if parcel is None:
            round.give_room()
            continue
        mail = _mail(round, parcel)
        if mail is None:
            continue
        yield OutgoingMessage(
            mail,
            at_the_dot=partial(_commit_to, app, parcel.delivery, mail),
            settle=partial(_settled, round, parcel.delivery),
        )


def _mail(round: DeliveryRound, parcel: ClaimedDelivery) -> Message | None:
    """Return the message, or record why it is not to be sent and return None."""
    app, delivery = round.app, parcel.delivery
    if delivery.state is DeliveryState.DATA_SENT and (known := _asked(app, delivery)) is not None:
        reason = "" if known is DeliveryState.SENT else "the server's answer was lost"
        round.note(_settle(app, delivery, known, reason))
        return None
    try:
        return _made(app, parcel)
    except SendError as error:
        round.note(_refused(round, delivery, error))
    except Exception as error:  # a message that cannot be made must not hold up the others
        log.exception("mail not made", delivery=delivery.id)
        round.note(_broken(app, delivery, error))
    return None


def _asked(app: App, delivery: Delivery) -> DeliveryState | None:
    """Return the state of a mail that got no answer; None if it is to be sent once more."""
    if app.in_doubt == "resend":
        return None
    was_sent = app.was_sent(delivery.message_id) if app.in_doubt == "ask" else None
    if was_sent is None:
        return DeliveryState.IN_DOUBT
    return DeliveryState.SENT if was_sent else None


def message_of(app: App, id: int) -> Message:
    """Return the message of a delivery, as it is or was sent."""
    with app.store.begin() as tx:
        parcel = outbox.parcel(tx, id)
    return _made(app, parcel)


def _made(app: App, parcel: ClaimedDelivery) -> Message:
    """Return the stored notice or the rendered issue, with its return path."""
    content = parcel.content
    if content is None:
        raise ValueError("what was kept of the issue cannot be read")
    mail = content if isinstance(content, Message) else _printed(app, content, parcel.subscriber)
    return replace(mail, sender=app.return_path(mail.message_id))


def _printed(app: App, issue: Issue, subscriber: Recipient) -> Message:
    """Render the issue; as plain text without templates if the templates fail on it."""
    try:
        return app.press.mail(issue, subscriber, app.letterhead)
    except SendError:
        raise
    except Exception as error:  # an unforeseen template or paper
        log.exception("issue not laid out", subscriber=subscriber.id)
        reason = f"{type(error).__name__}: {error}"
        app.complain(f"{subscriber.address}: goes as plain text, for it has no layout: {reason}")
        return app.press.plain_mail(issue, subscriber, app.letterhead)


class ClaimLostError(Exception):
    """Another process took the delivery over; this one may not send or record it any more."""


def _commit_to(app: App, delivery: Delivery, mail: Message) -> None:
    with app.store.begin() as tx:
        is_ours = outbox.mark_data_sent(tx, delivery, mail.message_id)
    # Checked before ``is_ours``, because a database that was replaced has no claim either.
    app.store.still_alone()
    if not is_ours:
        raise ClaimLostError


def _settled(round: DeliveryRound, delivery: Delivery, error: Exception | None) -> None:
    """Record the outcome that the sender reports for a mail."""
    if error is None:
        round.note(_settle(round.app, delivery, DeliveryState.SENT))
    elif isinstance(error, SendError):
        round.note(_refused(round, delivery, error))
    elif isinstance(error, ClaimLostError):
        round.note(DeliveryState.CLAIMED)
    elif isinstance(error, LostError):
        round.lose(error)
        round.note(_left(round.app, delivery, error))
    elif isinstance(error, StoreError):
        raise error  # the mail is not at fault: it stays claimed, for the next run
    else:
        log.error("mail not handed over", delivery=delivery.id, exc_info=error)
        round.note(_broken(round.app, delivery, error))


def _settle(
    app: App, delivery: Delivery, state: DeliveryState, error: str = "", meaning: str = ""
) -> DeliveryState:
    with app.store.begin() as tx:
        outbox.settle(tx, delivery, state, app.now(), error, meaning=meaning)
    return state


def _refused(round: DeliveryRound, delivery: Delivery, error: SendError) -> DeliveryState:
    """Act on the meaning of a refusal: fail, retry later, or treat as in doubt."""
    app, means = round.app, error.meaning
    if means in ENDS_THE_ROUND or (means is Meaning.SENDER and error.stage == "mail"):
        round.stop(error)
        return _give_back(app, delivery, error.reason, error.meaning)
    if means is Meaning.PAUSED:
        return _give_back(app, delivery, error.reason, error.meaning)
    if means is Meaning.SENDER:
        round.blame(error)
        return _put_off(app, delivery, error.reason, means)
    app.complain(f"{delivery.subscriber.address}: {error}")
    if means is Meaning.DOUBT:
        return _in_doubt(app, delivery, error)
    if means is Meaning.ADDRESS:
        return _bounced(app, delivery, error)
    return _later(app, delivery, error) if means is Meaning.LATER else _failed(app, delivery, error)


def _failed(app: App, delivery: Delivery, error: SendError) -> DeliveryState:
    return _settle(app, delivery, DeliveryState.FAILED, error.reason, error.meaning)


def _bounced(app: App, delivery: Delivery, error: SendError) -> DeliveryState:
    """Record a hard bounce: the server says that the address does not exist."""
    with app.store.begin() as tx:
        if outbox.settle(
            tx, delivery, DeliveryState.FAILED, app.now(), error.reason, meaning=error.meaning
        ):
            bounces.note(tx, delivery.subscriber.id, "hard", error.reason, app.now())
    return DeliveryState.FAILED


def _in_doubt(app: App, delivery: Delivery, error: SendError) -> DeliveryState:
    is_repeated = app.in_doubt == "resend" and delivery.attempts >= DOUBTFUL_ATTEMPTS
    if app.in_doubt == "hold" or is_repeated:
        return _settle(app, delivery, DeliveryState.IN_DOUBT, error.reason, error.meaning)
    with app.store.begin() as tx:
        outbox.wait(tx, delivery, app.now() + FIRST_PAUSE, error.reason)
    return DeliveryState.DATA_SENT


def _broken(app: App, delivery: Delivery, error: Exception) -> DeliveryState:
    reason = f"{type(error).__name__}: {error}"
    # Attempts that a server deferred do not count as failed attempts to render it.
    is_again = delivery.meaning == Meaning.BROKEN
    if is_again and delivery.attempts >= MAKING_ATTEMPTS:
        return _settle(app, delivery, DeliveryState.FAILED, reason, Meaning.BROKEN)
    return _put_off(app, delivery, reason, Meaning.BROKEN)


def _later(app: App, delivery: Delivery, error: SendError) -> DeliveryState:
    """Queue the mail for a retry after a back-off, or give up."""
    if error.stage == "mail":
        # The server does not know the recipient yet: this does not count against the message.
        return _put_off(app, delivery, error.reason, error.meaning)
    retry = next_try(delivery.waited, _since_last(app, delivery))
    if retry is None:
        return _failed(app, delivery, error)
    return _put_off(app, delivery, error.reason, error.meaning, retry.waited)


def _put_off(
    app: App, delivery: Delivery, reason: str, means: Meaning, waited: timedelta | None = None
) -> DeliveryState:
    """Queue the mail for a retry after a back-off; without ``waited`` the wait does not count."""
    retry = next_try(timedelta(0), _since_last(app, delivery))
    assert retry is not None, "one pause is never too much"
    until = app.now() + retry.pause
    with app.store.begin() as tx:
        outbox.put_off(tx, delivery, until, reason, meaning=means, waited=waited)
    return DeliveryState.QUEUED


def _left(app: App, delivery: Delivery, error: LostError) -> DeliveryState:
    """Queue a mail that was stopped before its dot, if the database may still be written."""
    if isinstance(error, ReplacedError):
        return DeliveryState.DATA_SENT
    with suppress(OutOfReachError):
        return _give_back(app, delivery, "the lock on the database was lost")
    return DeliveryState.DATA_SENT


def _since_last(app: App, delivery: Delivery) -> timedelta | None:
    return app.now() - delivery.tried_at if delivery.tried_at else None


def _give_back(app: App, delivery: Delivery, reason: str, meaning: str = "") -> DeliveryState:
    """Queue the mail as if it had not been tried, because it was not at fault."""
    until = app.now() + FIRST_PAUSE
    with app.store.begin() as tx:
        outbox.give_back(tx, delivery, until, reason, meaning=meaning)
    return DeliveryState.QUEUED
