"""Handle what subscribers ask for on the web or by mail, each request in one transaction.

A notice is queued in the transaction that makes it necessary.  This module decides what an answer
may say to a stranger: a sign-up gets the same answer whether the address is known or not, and a
notice quotes only those words of a stranger that cannot be misused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .. import locales
from ..access import links
from ..access.tokens import Purpose, TokenPayload, notice_of_code, stamp
from ..errors import ProfileError
from ..locales import gettext, ngettext
from ..model import Notice, Schedule, Subscriber, SubscriberState
from ..profiles import rewrite
from ..store import (
    Transaction,
    feedback,
    outbox,
    privacy,
    profile_files,
    profiles,
    settings,
    signups,
    subscribers,
)
from ..store.signups import SignedUp, SignUp
from ..store.subscribers import Consent

if TYPE_CHECKING:
    from ..app import App


#: Notices that an address gets in a day at most, whatever it requests.
NOTICES_A_DAY = 10

#: How many of a stranger's interests a notice quotes, and how many characters of each.
MOST_NAMED, LONGEST_NAMED = 5, 40


def sign_up(
    app: App,
    address: str,
    consent: Consent,
    *,
    profile: str = "",
    schedule: Schedule | None = None,
    named: list[str] | None = None,
    effect: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Queue a notice that asks the address to confirm, unless it was asked today.

    ``profile`` is a checked text, ``named`` its interests: to be read before a transaction is open.
    ``effect`` makes sentences on what they would bring.  The locale in force is that of the one
    who asks: a new subscriber keeps it, an active one is written to in their own.
    Raises ValueError where ``address`` is no address; otherwise the caller cannot see, and must not
    see, what the sign-up led to.
    """
    asked = interests(profile) if named is None else named
    with app.store.begin() as tx:
        found = signups.sign_up(
            tx, address, consent, profile=profile, schedule=schedule, locale=locales.current()
        )
        if found.notice:
            _queue_confirmation(tx, app, found, asked, effect)


def invite(
    app: App, address: str, consent: Consent, *, profile: str, named: list[str], is_consented: bool
) -> str:
    """Ask an address of the operator's list to confirm; return what became of it, in words.

    With ``is_consented`` it is subscribed at once: ``consent`` names where its own consent is kept.
    An address that has left, or is subscribed, stays as it is.
    """
    with app.store.begin() as tx:
        known = subscribers.find(tx, address)
        if settings.suppressed(tx, [address]) or (known and known.state is SubscriberState.STOPPED):
            return "left before, so not asked"
        if known and known.state is SubscriberState.ACTIVE:
            return "subscribed already"
        found = signups.sign_up(tx, address, consent, profile=profile)
        if is_consented:
            signups.confirm(tx, found.sign_up.id, consent, app.day)
            return "subscribed"
        if found.notice:
            _queue_confirmation(tx, app, found, named, tuple)
        return "asked to confirm" if found.notice else "asked within a day already"


def _queue_confirmation(
    tx: Transaction,
    app: App,
    found: SignedUp,
    asked: list[str],
    effect: Callable[[], Sequence[str]],
) -> None:
    is_theirs = found.notice == "already"
    theirs = profile_files.locale_of(tx, found.subscriber) if is_theirs else ""
    with locales.use(theirs or locales.current()):
        _notify(tx, app, found.notice, found.subscriber, **_asked(tx, app, found, asked, effect()))


def _asked(
    tx: Transaction, app: App, found: SignedUp, asked: list[str], effect: Sequence[str]
) -> dict[str, Any]:
    """Return what the notice says that was asked for."""
    subscriber, base = found.subscriber, app.letterhead.base_url
    token = links.confirmation(app.tokens, subscriber, app.now(), found.sign_up.id)
    named, unnamed = nameable(asked)
    values: dict[str, Any] = {
        "token": token,
        "confirm_url": links.page(base, Purpose.CONFIRM, token),
        "url": links.page(base, Purpose.CONFIRM, token),
        "interests": named,
        "unnamed": unnamed,
        "effect": list(_nameable_lines(effect)),
        "when": schedule_in_words(found.sign_up.schedule),
        "has_before": bool(profiles.owned_by(tx, subscriber.id)),
        "reads_mail": app.reads_mail(tx),
    }
    if found.notice == "already":
        values |= {"url": app.page_of(subscriber), "when": ""}
    return values


def _notify(
    tx: Transaction, app: App, kind: str, to: Subscriber, answers: str = "", **values: Any
) -> None:
    notice = Notice(
        kind=kind,
        recipient=to.address,
        made_at=app.now(),
        values=values,
        answers=answers,
        locale=locales.current(),
    )
    outbox.queue_notice(tx, notice, to.id)


def interests(profile: str) -> list[str]:
    """Return a profile's keywords as they are written; an empty list for a broken profile."""
    try:
        return rewrite.keywords(profile) if profile else []
    except ProfileError:
        return []


def nameable(asked: list[str]) -> tuple[list[str], int]:
    """Return the interests that a notice may name, and the number of the others.

    Anybody can make us write to any address.  So a notice names only a few short terms of letters
    and digits: they contain no address of any kind and form no sentence.
    """
    plain = [each for each in asked if len(each) <= LONGEST_NAMED and _is_plain(each)]
    return plain[:MOST_NAMED], len(asked) - len(plain[:MOST_NAMED])


def _nameable_lines(lines: Sequence[str]) -> Iterator[str]:
    """Yield those sentences of ours that quote no words of a stranger but the few that they may."""
    room = MOST_NAMED
    for line in lines:
        quoted = [part.partition("”")[0].replace(" + ", " ") for part in line.split("“")[1:]]
        if len(nameable(quoted)[0]) == len(quoted) <= room:
            room -= len(quoted)
            yield line


def _is_plain(interest: str) -> bool:
    words = interest.replace("-", " ").removesuffix("*").split()
    is_short = len(words) <= 4 and sum(map(str.isdigit, interest)) <= 4
    return is_short and all(word.isalnum() for word in words)


def schedule_in_words(schedule: Schedule | None) -> str:
    """Return in words when issues would come; empty without a schedule."""
    if schedule is None:
        return ""
    hour, timezone = f"{schedule.at:%H:%M}", schedule.timezone
    if len(schedule.days) == 7:
        return gettext("every day at %(hour)s (%(timezone)s)", hour=hour, timezone=timezone)
    return gettext("on weekdays at %(hour)s (%(timezone)s)", hour=hour, timezone=timezone)


def sign_ups_of(app: App, token: str) -> tuple[list[SignUp], int]:
    """Return the sign-ups of a token's address, newest first, and the id that its notice named.

    The id is 0 where that sign-up is forgotten.  An empty list and 0 where the token is not valid.
    """
    with app.store.begin() as tx:
        found = _payload(tx, app, Purpose.CONFIRM, token)
        asked = signups.sign_ups_of(tx, found[0]) if found else []
        return asked, _named_sign_up(asked, found[1]) if found else 0


def _named_sign_up(asked: list[SignUp], claim: TokenPayload) -> int:
    """Return the id of a token's sign-up (older tokens name it by its instant); 0 without one."""
    names = {each.id: (each.id, stamp(each.at)) for each in asked}
    return next((id for id, name in names.items() if claim.about in name), 0)


def confirm(app: App, token: str, consent: Consent, signup: int | None = None) -> Subscriber | None:
    """Confirm a sign-up, once; None where the token is not valid for that (any more).

    It is the sign-up that the token's notice named, or another ``signup`` of the same address.
    Raises FullError where the address can have no further interests.
    """
    with app.store.begin() as tx:
        found = _payload(tx, app, Purpose.CONFIRM, token)
        if found is None:
            return None
        asked = signups.sign_ups_of(tx, found[0])
        wanted = _named_sign_up(asked, found[1]) if signup is None else signup
        is_theirs = any(each.id == wanted for each in asked)
        return signups.confirm(tx, wanted, consent, app.day) if is_theirs else None


def unsubscribe(app: App, token: str, consent: Consent) -> int | None:
    """Unsubscribe the token's subscriber; return how many rows changed, None for a bad token."""
    with app.store.begin() as tx:
        found = _payload(tx, app, Purpose.UNSUBSCRIBE, token)
        return subscribers.stop(tx, found[0].id, "unsubscribed", consent) if found else None


def restart_token(app: App, subscriber: Subscriber) -> str:
    """Return a token with which a subscriber who left can start again; empty where it is too late.

    The token takes back the last leaving alone.
    """
    with app.store.begin() as tx:
        return _restart_token(tx, app, subscriber)


def _restart_token(tx: Transaction, app: App, subscriber: Subscriber) -> str:
    found = subscribers.by_id(tx, subscriber.id)
    stop = subscribers.stopped(tx, found, app.now()) if found else 0
    return links.start_again(app.tokens, subscriber, app.now(), stop) if stop else ""


def start_again(app: App, token: str, consent: Consent) -> Subscriber | None:
    """Take a leaving back with all settings; None where the token is not valid for that."""
    with app.store.begin() as tx:
        found = _payload(tx, app, Purpose.RETURN, token)
        if found is None or subscribers.stopped(tx, found[0], app.now()) != found[1].about:
            return None
        subscribers.start_again(tx, found[0].id, consent)
        return subscribers.by_id(tx, found[0].id)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a subscriber who left, so that they can start again with it."""

    interests: int
    saved: int
    #: the last day on which it is kept
    until: date

    @property
    def what(self) -> str:
        """Return what is kept, as the beginning of a sentence."""
        interests = ngettext("your interest", "your %(number)s interests", self.interests)
        saved = ngettext("your saved paper", "your %(number)s saved papers", self.saved)
        named = [words for words, n in ((interests, self.interests), (saved, self.saved)) if n]
        words = locales.listed(named) or gettext("what you had")
        return locales.capitalized(words)

    @property
    def count(self) -> int:
        """Return how many things ``what`` names, for the form of its verb."""
        return self.interests + self.saved or 1


def kept_of(app: App, subscriber: Subscriber) -> Kept | None:
    """Return what is kept of a subscriber who left; None where nothing can start again."""
    with app.store.begin() as tx:
        return _kept_of(tx, app, subscriber)


def _kept_of(tx: Transaction, app: App, subscriber: Subscriber) -> Kept | None:
    found = subscribers.by_id(tx, subscriber.id)
    at = subscribers.stopped_at(tx, found) if found else None
    if at is None or app.now() - at > subscribers.START_AGAIN_WITHIN:
        return None
    saved = sum("save" in kinds for kinds in feedback.of_subscriber(tx, subscriber.id).values())
    interests = len(profiles.owned_by(tx, subscriber.id))
    last = (at + subscribers.START_AGAIN_WITHIN).astimezone(ZoneInfo(app.timezone))
    return Kept(interests, saved, last.date())


def queue_goodbye(tx: Transaction, app: App, subscriber: Subscriber, *, answers: str = "") -> None:
    """Queue a notice that says that mails have ended, and how to start again."""
    token = _restart_token(tx, app, subscriber)
    url = links.page(app.letterhead.base_url, Purpose.RETURN, token)
    kept = _kept_of(tx, app, subscriber)
    with locales.use(profile_files.locale_of(tx, subscriber)):
        said = {"kept_words": kept_in_words(kept)} if kept else {}
        _notify(tx, app, "stopped", subscriber, answers, token=token, url=url, **said)


def kept_in_words(kept: Kept) -> str:
    """Return the sentence that names what is kept, and until when."""
    day = locales.dated(kept.until, gettext("d MMMM"))
    return ngettext(
        "%(what)s is kept until %(day)s, in case this was a mistake, and then deleted.",
        "%(what)s are kept until %(day)s, in case this was a mistake, and then deleted.",
        kept.count,
        what=kept.what,
        day=day,
    )


def send_restart_link(app: App, subscriber: Subscriber, *, answers: str = "") -> bool:
    """Queue a notice that says how to start again; False where it is too late for that."""
    with app.store.begin() as tx:
        token = _restart_token(tx, app, subscriber)
        if token:
            url = links.page(app.letterhead.base_url, Purpose.RETURN, token)
            _notify(tx, app, "return", subscriber, answers, token=token, url=url)
        return bool(token)


def erase(app: App, subscriber: Subscriber) -> int:
    """Erase a subscriber, in the database's log too; return the number of rows."""
    with app.store.begin() as tx:
        gone = privacy.erase(tx, subscriber.id, app.now())
    app.store.scrub()
    return gone


def subscriber_of(app: App, purpose: Purpose, token: str) -> Subscriber | None:
    """Return the subscriber of a token that is valid for the purpose now; else None."""
    with app.store.begin() as tx:
        found = _payload(tx, app, purpose, token)
        return found[0] if found else None


def token_of(app: App, purpose: Purpose, code: str) -> str:
    """Return the token that a notice's code is short for; a token itself stays as it is."""
    if notice_of_code(code) is None:
        return code
    with app.store.begin() as tx:
        return _token_of(tx, app, purpose, code)


def _token_of(tx: Transaction, app: App, purpose: Purpose, code: str) -> str:
    number = notice_of_code(code)
    notice = outbox.notice(tx, number) if number is not None else None
    if number is None or notice is None:
        return code
    ours = app.tokens.notice_code(number, notice.recipient, notice.made_at)
    texts = [text.rpartition("/")[2] for text in notice.values.values() if isinstance(text, str)]
    found = (text for text in texts if app.tokens.is_ours(purpose, text))
    return next(found, "") if compare_digest(ours, code) else ""


def code_answered(app: App, message_ids: Collection[str]) -> str:
    """Return the code of the notice that a mail answers; empty where it answers none of ours."""
    with app.store.begin() as tx:
        number = outbox.notice_answered(tx, message_ids)
        notice = outbox.notice(tx, number) if number is not None else None
    if number is None or notice is None:
        return ""
    return app.tokens.notice_code(number, notice.recipient, notice.made_at)


def answers_what_is_gone(app: App, message_ids: Collection[str]) -> bool:
    """Return whether a mail answers mail of ours, and none that is still known."""
    ours = [id for id in message_ids if links.is_message_id(id, app.letterhead.domain)]
    if not ours:
        return False
    with app.store.begin() as tx:
        return not outbox.has_sent(tx, ours)


def _payload(
    tx: Transaction, app: App, purpose: Purpose, token: str
) -> tuple[Subscriber, TokenPayload] | None:
    claim = app.tokens.read(purpose, _token_of(tx, app, purpose, token), app.now())
    found = subscribers.by_id(tx, claim.subscriber) if claim else None
    if (
        claim is None
        or found is None
        or app.tokens.address_hash(found.address) != claim.address_hash
    ):
        return None
    return found, claim


def send_manage_link(app: App, address: str) -> None:
    """Queue a fresh manage link for an address that has a subscriber.

    Returns nothing, so that the caller cannot see whether the address is known.
    """
    with app.store.begin() as tx:
        subscriber = subscribers.find(tx, address)
        if subscriber is None or not app.letterhead.base_url:
            return
        since = app.now() - signups.ASK_AGAIN_AFTER
        if outbox.notices_since(tx, address, since) < NOTICES_A_DAY:
            with locales.use(profile_files.locale_of(tx, subscriber)):
                _notify(tx, app, "manage", subscriber, url=app.page_of(subscriber))
