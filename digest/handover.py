"""The third step: claim what is owed, hand it over, write down how it ended.

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt

``data_sent`` is committed just before the final dot: from there until the answer is written down
nobody can know whether the mail went out, and what then happens is the operator's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from .errors import SendError
from .model import Delivery, Mail, State
from .store import outbox
from .store.outbox import Parcel

if TYPE_CHECKING:
    from .app import App

log = structlog.get_logger()

#: How often a message is tried that cannot even be made.
MAKING_ATTEMPTS = 3

#: A mail without an answer is sent once more, under the same Message-ID, and then left to a person.
DOUBTFUL_ATTEMPTS = 2

#: How long to wait after a temporary refusal, then twice as long each time; and for how long.
BACK_OFF, BACK_OFF_MOST = timedelta(minutes=5), timedelta(hours=4)
PATIENCE = timedelta(hours=72)

#: Failures at these stages are the server's or the account's, not the message's.
BEFORE_ANY_MESSAGE = ("connect", "login")


def deliver_all(app: App) -> list[State]:
    """Hand over all that is owed now; only for whoever runs alone."""
    with app.store.begin() as tx:
        outbox.recover(tx, app.now())
    outcomes: list[State] = []
    while True:
        with app.store.begin() as tx:
            owed = outbox.due(tx, app.now())
        handled = list(deliver(app, owed))
        outcomes += handled
        if len(handled) < len(owed) or not owed:
            return outcomes


def deliver(app: App, deliveries: Iterable[int]) -> Iterator[State]:
    """Claim and hand over, one after the other; stops where the server takes nothing at all."""
    for id in deliveries:
        with app.store.begin() as tx:
            parcel = outbox.claim(tx, id, app.now())
        if parcel is None:
            continue
        try:
            yield _hand_over(app, parcel)
        except SendError as error:
            app.complain(f"mail: {error}")
            return


def _hand_over(app: App, parcel: Parcel) -> State:
    """Send one mail and write down how it ended."""
    delivery = parcel.delivery
    if delivery.state is State.DATA_SENT and app.in_doubt == "hold":
        return _settle(app, delivery, State.IN_DOUBT, "the server's answer was lost")
    try:
        mail = app.press.mail(parcel.issue, parcel.subscriber, app.letterhead)
        app.send(mail, at_the_dot=lambda: _commit_to(app, delivery, mail))
    except SendError as error:
        return _refused(app, parcel, error)
    except ClaimLostError:
        return State.CLAIMED
    except Exception as error:  # a message that cannot be made must not hold up the others
        log.exception("mail not made", delivery=delivery.id)
        return _broken(app, delivery, error)
    return _settle(app, delivery, State.SENT)


class ClaimLostError(Exception):
    """Somebody else took the delivery over; nothing of it may be sent or written any more."""


def _commit_to(app: App, delivery: Delivery, mail: Mail) -> None:
    with app.store.begin() as tx:
        if not outbox.mark_data_sent(tx, delivery, mail.message_id):
            raise ClaimLostError


def _settle(app: App, delivery: Delivery, state: State, error: str = "") -> State:
    with app.store.begin() as tx:
        outbox.settle(tx, delivery, state, app.now(), error)
    return state


def _refused(app: App, parcel: Parcel, error: SendError) -> State:
    """What a refusal means: never, later, or nobody knows."""
    delivery = parcel.delivery
    app.complain(f"{parcel.subscriber.address}: {error}")
    if error.stage == "dot" and not error.code:
        return _in_doubt(app, delivery, error)
    if error.stage in BEFORE_ANY_MESSAGE:
        _put_off(app, delivery, error.reason)
        raise error
    is_over = app.now() - parcel.issue.made_at > PATIENCE
    if error.permanent or is_over:
        return _settle(app, delivery, State.FAILED, error.reason)
    return _put_off(app, delivery, error.reason)


def _in_doubt(app: App, delivery: Delivery, error: SendError) -> State:
    if app.in_doubt == "hold" or delivery.attempts >= DOUBTFUL_ATTEMPTS:
        return _settle(app, delivery, State.IN_DOUBT, error.reason)
    with app.store.begin() as tx:
        outbox.wait(tx, delivery, app.now() + BACK_OFF, error.reason)
    return State.DATA_SENT


def _broken(app: App, delivery: Delivery, error: Exception) -> State:
    reason = f"{type(error).__name__}: {error}"
    if delivery.attempts >= MAKING_ATTEMPTS:
        return _settle(app, delivery, State.FAILED, reason)
    return _put_off(app, delivery, reason)


def _put_off(app: App, delivery: Delivery, reason: str) -> State:
    pause = min(BACK_OFF * 2 ** min(delivery.attempts - 1, 10), BACK_OFF_MOST)
    with app.store.begin() as tx:
        outbox.put_off(tx, delivery, app.now() + pause, reason)
    return State.QUEUED
