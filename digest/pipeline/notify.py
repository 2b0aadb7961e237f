"""Queue a notice: a confirmation, an answer or an alarm, rendered for one address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..access import links
from ..model import Subscriber
from ..store import Transaction, outbox, signups

if TYPE_CHECKING:
    from ..app import App

#: Notices that an address gets in a day at most, whatever it requests.
NOTICES_A_DAY = 10


def manage_url(app: App, member: Subscriber) -> str:
    """Return a new link to the subscriber's own page; empty without web pages."""
    base = app.letterhead.base_url
    return links.manage(base, app.tokens, member.subscriber, app.now()) if base else ""


def queue_notice(
    tx: Transaction,
    app: App,
    kind: str,
    to: str,
    member: Subscriber | None = None,
    *,
    answers: str = "",
    **values: Any,
) -> int:
    """Queue a notice; return the delivery's id."""
    now = app.now()
    number = outbox.notices_since(tx, to, now - signups.ASK_AGAIN_AFTER)
    token = app.tokens.name(f"{kind}\n{to}\n{now.isoformat()}\n{number}")
    mail = app.letters.mail(kind, to, values, app.letterhead, token=token, now=now, answers=answers)
    return outbox.queue_notice(tx, mail, kind, now, member.id if member else None)
