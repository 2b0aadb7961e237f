"""What readers ask of us, on the web or by mail: each request in one transaction, with its letter.

A letter is queued in the transaction that made it necessary.  What an answer may say to a stranger
is decided here: a sign-up is answered the same whether the address is known or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import links
from .model import Member, Schedule
from .store import Transaction, members, outbox, privacy
from .store.members import Act
from .tokens import Claim, Purpose, instant

if TYPE_CHECKING:
    from .app import App


def sign_up(
    app: App, address: str, act: Act, *, profile: str = "", schedule: Schedule | None = None
) -> None:
    """Ask the address whether it means it, unless it was asked often enough.

    ``profile`` is a checked text.  Raises ValueError where it is no address; else the caller cannot
    tell, and must not, what became of it.
    """
    with app.store.begin() as tx:
        found = members.sign_up(tx, address, act, profile=profile, schedule=schedule)
        if found.letter == "confirm":
            _ask(tx, app, found.member)
        elif found.letter == "already":
            url = manage_url(app, found.member)
            write(tx, app, "already", found.member.address, found.member, url=url)


def _ask(tx: Transaction, app: App, member: Member) -> None:
    now = app.now()
    token = links.confirmation(app.tokens, member, now)
    base = app.letterhead.base_url
    url = links.confirm(base, app.tokens, member, now) if base else ""
    write(tx, app, "confirm", member.address, member, url=url, token=token)


def manage_url(app: App, member: Member) -> str:
    """A fresh way to the reader's own page; empty without a web side."""
    base = app.letterhead.base_url
    return links.manage(base, app.tokens, member.subscriber, app.now()) if base else ""


def confirm(app: App, token: str, act: Act) -> Member | None:
    """Say yes to a sign-up, once; None where the token is not good for that (any more)."""
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.CONFIRM, token)
        if found is None:
            return None
        member, claim = found
        is_done = members.confirm(tx, member.id, instant(claim.about), act, app.day)
        return members.member(tx, member.id) if is_done else None


def unsubscribe(app: App, token: str, act: Act) -> int | None:
    """Take a reader off the list; gives how many rows changed, None for a bad token."""
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.UNSUBSCRIBE, token)
        return members.stop(tx, found[0].id, "unsubscribed", act) if found else None


def erase(app: App, member: Member) -> int:
    """Forget all of a reader, in the database's log too; gives the number of rows."""
    with app.store.begin() as tx:
        gone = privacy.erase(tx, member.id, app.now())
    app.store.scrub()
    return gone


def reader_of(app: App, purpose: Purpose, token: str) -> Member | None:
    """Whose token this is, where it is good for that purpose now."""
    with app.store.begin() as tx:
        found = _claim(tx, app, purpose, token)
        return found[0] if found else None


def _claim(tx: Transaction, app: App, purpose: Purpose, token: str) -> tuple[Member, Claim] | None:
    claim = app.tokens.read(purpose, token, app.now())
    member = members.member(tx, claim.subscriber) if claim else None
    if claim is None or member is None or app.tokens.mark(member.address) != claim.mark:
        return None
    return member, claim


def send_manage_link(app: App, address: str) -> None:
    """Mail a fresh link to whoever is a reader; says nothing about whether they are."""
    with app.store.begin() as tx:
        member = members.find(tx, address)
        if member is None or not app.letterhead.base_url:
            return
        since = app.now() - members.ASK_AGAIN_AFTER
        if outbox.letters_since(tx, address, since) < LETTERS_A_DAY:
            write(tx, app, "manage", member.address, member, url=manage_url(app, member))


#: How many letters an address gets in a day, whatever it asks for.
LETTERS_A_DAY = 10


def write(
    tx: Transaction,
    app: App,
    kind: str,
    to: str,
    member: Member | None = None,
    *,
    answers: str = "",
    **values: Any,
) -> int:
    """Queue a letter; gives the delivery's id."""
    now = app.now()
    number = outbox.letters_since(tx, to, now - members.ASK_AGAIN_AFTER)
    token = app.tokens.name(f"{kind}\n{to}\n{now.isoformat()}\n{number}")
    mail = app.letters.mail(kind, to, values, app.letterhead, token=token, now=now, answers=answers)
    return outbox.queue_letter(tx, mail, kind, now, member.id if member else None)
