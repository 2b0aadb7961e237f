"""Act on a mail that came in: count a bounce, propose a change, or answer.

Everything is read, parsed and computed before a transaction is opened; the effect of a message and
the record that it was handled are one transaction.  A change waits until the subscriber confirms it
by answering a notice, because the sender of a mail is easily forged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from ...access.addresses import checked, fold
from ...errors import InboxError
from ...store import NestedStore, StoreError, bounces, inbound, subscribers
from ...store.subscribers import Consent
from .. import requests
from .allowance import NOT_NOW, NotNowError
from .commands import commands
from .conversation import ERASED, Conversation
from .incoming import Incoming, read
from .limits import MAX_MESSAGE_SIZE, UnreadableError
from .reports import Returned

if TYPE_CHECKING:
    from ...app import App

log = structlog.get_logger()

#: What is left to do once a message is understood: it gets an App with one transaction as its
#: store, and returns the outcome in a word.
Plan = Callable[["App"], str]

#: How often a message that raises is tried before it is set aside.
HANDLING_ATTEMPTS = 3

#: Outcomes of messages that the operator should look at.
QUARANTINED = frozenset({inbound.QUARANTINED, "unproven", "no sender"})


def receive_once(app: App, data: bytes) -> str:
    """Act on a message once, however often it is delivered; return the outcome in a word.

    The effect and the record of it are one transaction.  Raises InboxError where the message cannot
    be handled now; after a few tries it is set aside, and kept.  A message that would take too long
    to read is set aside at once; one that waits for a notice of the next hour waits as long as it
    must.
    """
    message_hash = app.tokens.unguessable_name(sha256(identified(data)).hexdigest())
    try:
        return _known_outcome(app, message_hash) or _carry_out(
            app, message_hash, prepared(app, data)
        )
    except UnreadableError as error:
        return _record_failure(app, message_hash, data, error, attempts=1)
    except (StoreError, NotNowError):
        raise  # the message is not at fault: it is offered again, as if it had not been tried
    except Exception as error:  # one odd message must not delay the others
        return _record_failure(app, message_hash, data, error)


def _known_outcome(app: App, message_hash: str) -> str:
    with app.store.begin() as tx:
        return inbound.outcome_of(tx, message_hash)


def _carry_out(app: App, message_hash: str, plan: Plan) -> str:
    with app.store.begin() as tx:
        outcome = inbound.register(tx, message_hash, app.now())
        if not outcome:
            outcome = plan(replace(app, store=NestedStore(tx)))
            if outcome == NOT_NOW:
                raise NotNowError(
                    f"mail has caused {app.answers_per_hour} letters within an hour: the next waits"
                )
            inbound.record_outcome(tx, message_hash, outcome)
    if outcome == ERASED:
        app.store.scrub()
    return outcome


_ID = b"message-id:"
_LONGEST_ID, _LONGEST_FIELD = 250, 1_000


def identified(data: bytes) -> bytes:
    """Return the bytes that identify a message: Message-ID and body, else all of it.

    Other headers change with the way that a message took.
    """
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    small = b"\n" + head.lower()
    place = small.find(b"\n" + _ID)
    while place >= 0:
        rest = head[place + len(_ID) : place + len(_ID) + _LONGEST_FIELD].lstrip()
        end = rest.find(b">", 0, _LONGEST_ID + 2)
        if rest.startswith(b"<") and end > 1:
            start = head.index(rest[: end + 1], place)
            return head[place : start + end + 1] + body
        place = small.find(b"\n" + _ID, place + 1)
    return data


def _record_failure(
    app: App, message_hash: str, data: bytes, error: Exception, *, attempts: int = HANDLING_ATTEMPTS
) -> str:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    with app.store.begin() as tx:
        tried = inbound.record_failure(tx, message_hash, reason, data[:MAX_MESSAGE_SIZE], app.now())
        if tried >= attempts:
            inbound.quarantine(tx, message_hash)
    if tried < attempts:
        raise InboxError(f"a message could not be handled, and waits: {reason}") from error
    log.error("message set aside", error=reason)
    app.report_trouble(f"inbox: a message was set aside: {reason}; look at digest inbox list")
    return inbound.QUARANTINED


def receive(app: App, data: bytes) -> str:
    """Act on a message each time it comes; return the outcome in a word."""
    plan = prepared(app, data)
    with app.store.begin() as tx:
        return plan(replace(app, store=NestedStore(tx)))


def prepared(app: App, data: bytes) -> Plan:
    """Read a message and compute all that needs no transaction; return the plan.

    Raises UnreadableError.
    """
    mail = read(data)
    if mail.report is None:
        return _command_plan(app, mail)
    report = mail.report.without(fold(app.letterhead.address))
    ids = (*_envelope_ids(app, mail), *report.ids)
    # What a person or a vacation program may have written is read as theirs if it is no report.
    otherwise = _command_plan(app, mail) if report.is_doubtful else _ignore_unproven
    return partial(_count_report, report=report, ids=ids, otherwise=otherwise)


def _command_plan(app: App, mail: Incoming) -> Plan:
    """Return the plan of a mail that is no report."""
    if (token := _unsubscribe_token(mail)) is not None:
        return partial(_unsubscribe, mail=mail, token=token)
    if mail.automatic or fold(mail.sender) == fold(app.letterhead.address):
        return partial(_plan_without_effect, outcome=mail.automatic or "automatic")
    try:
        sender = checked(mail.sender)
    except ValueError:
        return partial(_plan_without_effect, outcome="no sender")
    return Conversation(app, mail, sender).plan()


def _plan_without_effect(_app: App, outcome: str) -> str:
    return outcome


def _unsubscribe_token(mail: Incoming) -> str | None:
    """Return the token of a mail that asks to unsubscribe; mail programs send it by themselves."""
    return next((c.words for c in commands(mail) if c.verb == "unsubscribe" and c.words), None)


def _unsubscribe(app: App, mail: Incoming, token: str) -> str:
    """Unsubscribe the subscriber of the mail's token."""
    consent = Consent(now=app.now(), wording="unsubscribe", origin=f"mail {mail.id[:200]}")
    gone = requests.unsubscribe(app, token, consent)
    return "bad token" if gone is None else "unsubscribed"


#: Headers in which mail servers write the address that a message came to.
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")

#: How many of the addresses that a message came to are looked at.
_MOST_ADDRESSES = 5


def _envelope_ids(app: App, mail: Incoming) -> tuple[str, ...]:
    """Return the Message-IDs in the bounce addresses that a report came back to."""
    if not app.bounces:
        return ()
    found = islice(tokens_in(mail, app.bounces), _MOST_ADDRESSES)
    return tuple(f"<{token}@{app.letterhead.domain}>" for token in found)


def tokens_in(mail: Incoming, address: str) -> Iterator[str]:
    """Yield the tokens in those addresses of a mail that match ``address``."""
    before, _, behind = address.lower().partition("{token}")
    headers = " ".join(text for name in _CAME_TO for text in mail.message.all(name)).lower()
    return _between(headers, before, behind)


def _between(text: str, before: str, behind: str) -> Iterator[str]:
    """Yield the tokens of 32 hexadecimal digits between two texts."""
    place = text.find(behind)
    while place >= 0:
        token = text[max(0, place - 32) : place]
        is_token = len(token) == 32 and set(token) <= set("0123456789abcdef")
        if is_token and text.startswith(before, max(0, place - 32 - len(before))):
            yield token
        place = text.find(behind, place + 1)


def _count_report(app: App, report: Returned, ids: Sequence[str], otherwise: Plan) -> str:
    """Count a report, where it names a mail that we sent to the address that it is about.

    A report that came back to the address of one mail is about that mail's subscriber, forwarded or
    not.  What subscribers write themselves is no report about them: that, and what names no mail of
    ours, is left to the plan ``otherwise``.
    """
    with app.store.begin() as tx:
        for id in ids:
            subscriber = subscribers.by_id(tx, bounces.subscriber_of(tx, id) or 0)
            if subscriber is None:
                continue
            address = fold(subscriber.address)
            if address == report.writer or (id in report.ids and not _is_about(report, address)):
                continue
            detail = report.about(address)
            kind = "delayed" if detail.kind == "soft" and not detail.is_final else detail.kind
            bounces.record(tx, subscriber.id, kind, f"{detail.detail} {id}", app.now())
            return detail.kind
    return otherwise(app)


def _ignore_unproven(_app: App) -> str:
    log.info("report of no mail of ours")
    return "unproven"


def _is_about(report: Returned, address: str) -> bool:
    """Return whether a report is about this subscriber, whose folded address it is.

    Forwarding changes addresses, so a report that names no address, or several, is believed too.
    """
    named = report.addresses
    return len(named) != 1 or address in named or report.kind != "hard"
