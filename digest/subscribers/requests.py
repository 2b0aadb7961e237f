"""What readers ask of us, on the web or by mail: each request in one transaction, with its letter.

A letter is queued in the transaction that made it necessary.  What an answer may say to a stranger
is decided here: a sign-up is answered the same whether the address is known or not, and a letter
holds of a stranger's words only what cannot be misused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..access import links
from ..access.tokens import Purpose, TokenPayload, stamp
from ..errors import ProfileError
from ..model import Schedule, Subscriber
from ..pipeline.notify import NOTICES_A_DAY, manage_url, queue_notice
from ..profiles import rewrite
from ..store import Transaction, outbox, privacy, profiles, signups, subscribers
from ..store.signups import SignedUp, SignUp
from ..store.subscribers import Consent

if TYPE_CHECKING:
    from ..app import App


#: Of a stranger's words a letter names so many interests, of so many characters.
MOST_NAMED, LONGEST_NAMED = 5, 40


def sign_up(
    app: App, address: str, act: Consent, *, profile: str = "", schedule: Schedule | None = None
) -> None:
    """Ask the address whether it means it, unless its mailbox was asked today.

    ``profile`` is a checked text.  Raises ValueError where it is no address; else the caller cannot
    tell, and must not, what became of it.
    """
    with app.store.begin() as tx:
        found = signups.sign_up(tx, address, act, profile=profile, schedule=schedule)
        if found.letter:
            _ask(tx, app, found)


def _ask(tx: Transaction, app: App, found: SignedUp) -> None:
    member, base = found.member, app.letterhead.base_url
    token = links.confirmation(app.tokens, member, app.now(), found.asked.id)
    named, unnamed = nameable(interests(found.asked.profile))
    values: dict[str, Any] = {
        "token": token,
        "confirm_url": links.page(base, Purpose.CONFIRM, token),
        "url": links.page(base, Purpose.CONFIRM, token),
        "interests": named,
        "unnamed": unnamed,
        "when": when(found.asked.schedule),
        "has_before": bool(profiles.of(tx, member.id)),
    }
    if found.letter == "already":
        values |= {"url": manage_url(app, member), "when": ""}
    queue_notice(tx, app, found.letter, member.address, member, **values)


def interests(profile: str) -> list[str]:
    """Return what a profile's text looks for, as it is written; nothing of a broken one."""
    try:
        return rewrite.keywords(profile) if profile else []
    except ProfileError:
        return []


def nameable(asked: list[str]) -> tuple[list[str], int]:
    """Return the interests that a letter may name, and the number of the others.

    Anybody can have us write to anybody: so a letter names a few words of letters and digits, which
    hold no address of any kind and make no sentence.
    """
    plain = [each for each in asked if len(each) <= LONGEST_NAMED and _is_plain(each)]
    return plain[:MOST_NAMED], len(asked) - len(plain[:MOST_NAMED])


def _is_plain(interest: str) -> bool:
    words = interest.replace("-", " ").removesuffix("*").split()
    is_short = len(words) <= 4 and sum(map(str.isdigit, interest)) <= 4
    return is_short and all(word.isalnum() for word in words)


def when(schedule: Schedule | None) -> str:
    """Return in words when issues would come; empty where it was not said."""
    if schedule is None:
        return ""
    days = "every day" if len(schedule.days) == 7 else "on weekdays"  # of a week
    return f"{days} at {schedule.at:%H:%M} ({schedule.timezone})"


def asked_for(app: App, token: str) -> tuple[list[SignUp], int]:
    """Return what was asked for a token's mailbox, last first, and which its letter named.

    The second is an id, and 0 where that is forgotten.  Empty where the token is not good.
    """
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.CONFIRM, token)
        asked = signups.asked_for(tx, found[0]) if found else []
        return asked, _named(asked, found[1]) if found else 0


def _named(asked: list[SignUp], claim: TokenPayload) -> int:
    """Return which sign-up a token was made for, by its id or, in older ones, by its instant."""
    names = {each.id: (each.id, stamp(each.at)) for each in asked}
    return next((id for id, name in names.items() if claim.about in name), 0)


def confirm(app: App, token: str, act: Consent, signup: int | None = None) -> Subscriber | None:
    """Say yes to a sign-up, once; None where the token is not good for that (any more).

    It is the one that the token's letter named, or another ``signup`` for the same mailbox.  Raises
    FullError where there is no room for the interests.
    """
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.CONFIRM, token)
        if found is None:
            return None
        asked = signups.asked_for(tx, found[0])
        wanted = _named(asked, found[1]) if signup is None else signup
        is_theirs = any(each.id == wanted for each in asked)
        return signups.confirm(tx, wanted, act, app.day) if is_theirs else None


def unsubscribe(app: App, token: str, act: Consent) -> int | None:
    """Take a reader off the list; gives how many rows changed, None for a bad token."""
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.UNSUBSCRIBE, token)
        return subscribers.stop(tx, found[0].id, "unsubscribed", act) if found else None


def way_back(app: App, member: Subscriber) -> str:
    """Return a token with which a subscriber who left can start again; empty where it is too late.

    It takes back the last leaving alone.
    """
    with app.store.begin() as tx:
        return _way_back(tx, app, member)


def _way_back(tx: Transaction, app: App, member: Subscriber) -> str:
    found = subscribers.member(tx, member.id)
    stop = subscribers.stopped(tx, found, app.now()) if found else 0
    return links.start_again(app.tokens, member, app.now(), stop) if stop else ""


def start_again(app: App, token: str, act: Consent) -> Subscriber | None:
    """Take a leaving back, with all there was; None where the token is not good for that."""
    with app.store.begin() as tx:
        found = _claim(tx, app, Purpose.RETURN, token)
        if found is None or subscribers.stopped(tx, found[0], app.now()) != found[1].about:
            return None
        subscribers.start_again(tx, found[0].id, act)
        return subscribers.member(tx, found[0].id)


def say_goodbye(tx: Transaction, app: App, member: Subscriber, *, answers: str = "") -> None:
    """Tell a subscriber that no mail comes any more, and how to start again."""
    token = _way_back(tx, app, member)
    url = links.page(app.letterhead.base_url, Purpose.RETURN, token)
    queue_notice(tx, app, "stopped", member.address, member, answers=answers, token=token, url=url)


def send_way_back(app: App, member: Subscriber, *, answers: str = "") -> bool:
    """Mail a subscriber who left how to start again; False where it is too late for that."""
    with app.store.begin() as tx:
        token = _way_back(tx, app, member)
        if token:
            url = links.page(app.letterhead.base_url, Purpose.RETURN, token)
            queue_notice(
                tx, app, "return", member.address, member, answers=answers, token=token, url=url
            )
        return bool(token)


def erase(app: App, member: Subscriber) -> int:
    """Forget all of a reader, in the database's log too; gives the number of rows."""
    with app.store.begin() as tx:
        gone = privacy.erase(tx, member.id, app.now())
    app.store.scrub()
    return gone


def reader_of(app: App, purpose: Purpose, token: str) -> Subscriber | None:
    """Whose token this is, where it is good for that purpose now."""
    with app.store.begin() as tx:
        found = _claim(tx, app, purpose, token)
        return found[0] if found else None


def _claim(
    tx: Transaction, app: App, purpose: Purpose, token: str
) -> tuple[Subscriber, TokenPayload] | None:
    claim = app.tokens.read(purpose, token, app.now())
    member = subscribers.member(tx, claim.subscriber) if claim else None
    if claim is None or member is None or app.tokens.mark(member.address) != claim.mark:
        return None
    return member, claim


def send_manage_link(app: App, address: str) -> None:
    """Mail a fresh link to whoever is a reader; says nothing about whether they are."""
    with app.store.begin() as tx:
        member = subscribers.find(tx, address)
        if member is None or not app.letterhead.base_url:
            return
        since = app.now() - signups.ASK_AGAIN_AFTER
        if outbox.notices_since(tx, address, since) < NOTICES_A_DAY:
            queue_notice(tx, app, "manage", member.address, member, url=manage_url(app, member))
