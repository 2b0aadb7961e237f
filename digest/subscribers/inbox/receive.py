"""What is done about a mail that came: a bounce is counted, a command proposed or answered.

Everything is read, parsed and computed before a transaction is opened; what it comes to, and that
it was done, are one transaction.  A change waits for the reader's yes to a letter, because the
sender of a mail is easily forged.
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
from ...model import Subscriber
from ...store import NestedStore, StoreError, bounces, inbound, subscribers
from ...store.subscribers import Consent
from .. import requests
from .commands import commands
from .conversation import Conversation
from .incoming import Incoming, read
from .limits import LONGEST, UnreadableError
from .reports import Returned

if TYPE_CHECKING:
    from ...app import App

log = structlog.get_logger()

#: What is left to do once a message is understood: it is given an App whose store is one
#: transaction, and gives in a word what the message was taken for.
Plan = Callable[["App"], str]

#: How often a message is tried that cannot be handled.
ATTEMPTS = 3

#: What is worth a look of the operator's.
SET_ASIDE = frozenset({inbound.ASIDE, "unproven", "no sender", "too many letters"})


def receive_once(app: App, data: bytes) -> str:
    """Do what a message asks for, however often it is delivered; gives what it was taken for.

    What it does and that it was done are one transaction.  Raises InboxError where it cannot be
    handled now; after a few times it is set aside, and kept.  One that would take too long to read
    is set aside at once.
    """
    mark = app.tokens.name(sha256(identified(data)).hexdigest())
    try:
        return _known(app, mark) or _done(app, mark, prepared(app, data))
    except UnreadableError as error:
        return _failed(app, mark, data, error, attempts=1)
    except StoreError:
        raise  # nothing is the matter with the message: it is offered again, as if never tried
    except Exception as error:  # one odd message must not hold up the others
        return _failed(app, mark, data, error)


def _known(app: App, mark: str) -> str:
    with app.store.begin() as tx:
        return inbound.known(tx, mark)


def _done(app: App, mark: str, plan: Plan) -> str:
    with app.store.begin() as tx:
        outcome = inbound.outcome(tx, mark, app.now())
        if not outcome:
            outcome = plan(replace(app, store=NestedStore(tx)))
            inbound.handled(tx, mark, outcome)
        return outcome


_ID = b"message-id:"
_LONGEST_ID, _LONGEST_FIELD = 250, 1_000


def identified(data: bytes) -> bytes:
    """What makes a message that one: not how it travelled, unless it has no Message-ID."""
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


def _failed(app: App, mark: str, data: bytes, error: Exception, *, attempts: int = ATTEMPTS) -> str:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    with app.store.begin() as tx:
        tried = inbound.failed(tx, mark, reason, data[:LONGEST], app.now())
        if tried >= attempts:
            inbound.set_aside(tx, mark)
    if tried < attempts:
        raise InboxError(f"a message could not be handled, and waits: {reason}") from error
    log.error("message set aside", error=reason)
    app.complain(f"inbox: a message was set aside: {reason}; look at digest inbox list")
    return inbound.ASIDE


def receive(app: App, data: bytes) -> str:
    """Do what a message asks for, as often as it comes; gives in a word what it was taken for."""
    plan = prepared(app, data)
    with app.store.begin() as tx:
        return plan(replace(app, store=NestedStore(tx)))


def prepared(app: App, data: bytes) -> Plan:
    """Understand a message, and compute all that can be, within no transaction.

    Raises UnreadableError.
    """
    mail = read(data)
    if mail.report is not None:
        ids = (*_envelope_ids(app, mail), *mail.report.ids)
        return partial(_came_back, report=mail.report, ids=ids)
    if (token := _leaves(mail)) is not None:
        return partial(_left, mail=mail, token=token)
    if mail.automatic or fold(mail.sender) == fold(app.letterhead.address):
        return partial(_said, outcome=mail.automatic or "automatic")
    try:
        sender = checked(mail.sender)
    except ValueError:
        return partial(_said, outcome="no sender")
    return Conversation(app, mail, sender).plan()


def _said(_app: App, outcome: str) -> str:
    return outcome


def _leaves(mail: Incoming) -> str | None:
    """The token of a mail that asks to leave; mail programs send it without their reader."""
    return next((c.words for c in commands(mail) if c.verb == "unsubscribe" and c.words), None)


def _left(app: App, mail: Incoming, token: str) -> str:
    """Take off the list whom a token of ours names."""
    act = Consent(now=app.now(), wording="unsubscribe", origin=f"mail {mail.id[:200]}")
    gone = requests.unsubscribe(app, token, act)
    return "bad token" if gone is None else "unsubscribed"


#: Where mail servers write down to which address a message came.
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")

#: Of one message, so many addresses that it came to are looked at.
_MOST_ADDRESSES = 5


def _envelope_ids(app: App, mail: Incoming) -> tuple[str, ...]:
    """The Message-ID in the address that a report came back to, where mails have such addresses."""
    if not app.bounces:
        return ()
    found = islice(tokens_in(mail, app.bounces), _MOST_ADDRESSES)
    return tuple(f"<{token}@{app.letterhead.domain}>" for token in found)


def tokens_in(mail: Incoming, address: str) -> Iterator[str]:
    """The tokens in addresses that a mail came to and that look like this one."""
    before, _, behind = address.lower().partition("{token}")
    headers = " ".join(text for name in _CAME_TO for text in mail.message.all(name)).lower()
    return _between(headers, before, behind)


def _between(text: str, before: str, behind: str) -> Iterator[str]:
    """The 32 hexadecimal digits that stand between two texts."""
    place = text.find(behind)
    while place >= 0:
        token = text[max(0, place - 32) : place]
        is_token = len(token) == 32 and set(token) <= set("0123456789abcdef")
        if is_token and text.startswith(before, max(0, place - 32 - len(before))):
            yield token
        place = text.find(behind, place + 1)


def _came_back(app: App, report: Returned, ids: Sequence[str]) -> str:
    """Count it, where it names a mail that went out to the address it speaks of.

    What came back to an address of one mail alone speaks of its reader, forwarded or not.
    """
    with app.store.begin() as tx:
        for id in ids:
            member = subscribers.member(tx, bounces.subscriber_of(tx, id) or 0)
            if member is None or (id in report.ids and not _speaks_of(report, member)):
                continue
            said = report.about(member.address)
            kind = "delayed" if said.kind == "soft" and not said.is_final else said.kind
            bounces.note(tx, member.id, kind, f"{said.detail} {id}", app.now())
            return said.kind
    log.info("report of no mail of ours", kind=report.kind)
    return "unproven"


def _speaks_of(report: Returned, member: Subscriber) -> bool:
    """Forwarding changes addresses, so a report that names none, or several, is believed too."""
    named = {fold(address) for address in report.addresses}
    return len(named) != 1 or fold(member.address) in named or report.kind != "hard"
