"""The pages on which the owner of an address confirms a sign-up, unsubscribes, or starts again.

A GET changes nothing: the pages behind links in mails show what would be done, and a button.  The
page that confirms lists all recent sign-ups of the address, and its button sends the id of the
chosen one, so that a sign-up by a stranger meanwhile is not confirmed by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import Response

from ..access import links
from ..access.tokens import Purpose
from ..model import StoredProfile, Subscriber, SubscriberState
from ..store import profiles as stored_profiles
from ..store import subscribers
from ..store.signups import SignUp
from ..subscribers import requests
from .subscribe import act_of, claimed

if TYPE_CHECKING:
    from .context import WebContext

#: Mail programs and browsers send a form twice: within this many seconds of an unsubscribe, a
#: second one gets the same answer.
SAME_LEAVING = 3600


@dataclass(frozen=True, slots=True)
class SignUpChoice:
    """A sign-up as the page that confirms shows it."""

    id: int
    address: str
    interests: list[str]
    #: empty where no schedule was chosen
    when: str
    at: datetime
    #: whether the notice with this link named it
    is_in_letter: bool
    #: whether its interests would be added to what the address gets already
    is_addition: bool
    #: what the subscriber had before they left, which starts again with it
    before: list[str]


def add(web: FastAPI, site: WebContext) -> None:
    """Add the routes ``/confirm/{token}``, ``/unsubscribe/{token}`` and ``/return/{token}``."""
    _add_yes(web, site)
    _add_no(web, site)
    _add_again(web, site)


def _add_yes(web: FastAPI, site: WebContext) -> None:
    @web.get("/confirm/{token}")
    def confirmation(request: Request, token: str) -> Response:
        known = _asked(site, token)
        choices = _choices(site, token)
        if not choices:
            return _nothing_waits(request, site, known)
        return site.pages.page(request, "confirm.html", choices=choices)

    @web.post("/confirm/{token}")
    def confirm(
        request: Request, token: str, signup: Annotated[int | None, Form()] = None
    ) -> Response:
        known = _asked(site, token)
        asked, _ = requests.asked_for(site.app, token)
        if signup is None and asked:
            signup = asked[0].id
        found = requests.confirm(site.app, token, act_of(site, request, YES), signup)
        if found is None and _is_confirmed(asked, signup):
            found = known  # the button was pressed twice
        if found is None or found.state is not SubscriberState.ACTIVE:
            return _nothing_waits(request, site, known)
        site.app.library.read()
        return _confirmed(request, site, found)


#: The wording of the consent, as it is recorded.
YES = "Yes, send them to me"


def _asked(site: WebContext, token: str) -> Subscriber | None:
    """Return the subscriber that a link is for, if still known; answer 404 for a forged link."""
    if site.app.tokens.is_expired(Purpose.CONFIRM, token, site.app.now()):
        return None
    return claimed(site, Purpose.CONFIRM, token, is_gone_fine=True)[1]


def _is_confirmed(asked: list[SignUp], signup: int | None) -> bool:
    return any(each.id == signup and each.is_confirmed for each in asked)


def _choices(site: WebContext, token: str) -> list[SignUpChoice]:
    """Return the sign-ups that wait for a confirmation, newest first."""
    asked, named = requests.asked_for(site.app, token)
    waiting = [each for each in asked if not each.is_confirmed]
    with site.app.store.begin() as tx:
        owners = {each.subscriber: subscribers.member(tx, each.subscriber) for each in waiting}
        kept = {id: stored_profiles.of(tx, id) for id in owners}
    active = {id for id, each in owners.items() if each and each.state is SubscriberState.ACTIVE}
    return [
        SignUpChoice(
            id=each.id,
            address=each.address,
            interests=requests.interests(each.profile),
            when="" if each.subscriber in active else requests.when(each.schedule),
            at=each.at,
            is_in_letter=each.id == named,
            is_addition=each.subscriber in active,
            before=[] if each.subscriber in active else _looked_for(kept[each.subscriber]),
        )
        for each in waiting
    ]


def _looked_for(profiles: list[StoredProfile]) -> list[str]:
    return [interest for kept in profiles for interest in requests.interests(kept.text)]


def _confirmed(request: Request, site: WebContext, found: Subscriber) -> Response:
    """Answer that it is confirmed, with a link to the settings."""
    manage = links.manage("", site.app.tokens, found.subscriber, site.app.now())
    return site.pages.page(
        request, "confirmed.html", manage=manage, schedule=found.standing.schedule
    )


def _nothing_waits(request: Request, site: WebContext, known: Subscriber | None) -> Response:
    if known is not None and known.state is SubscriberState.ACTIVE:
        heading, lines = "You are subscribed", ["That was confirmed already."]
        return site.pages.page(request, "told.html", heading=heading, lines=lines)
    lines = [
        "What was asked for is forgotten after a week, or when mails are ended.",
        "You can subscribe again at any time.",
    ]
    heading = "Nothing waits to be confirmed"
    return site.pages.page(request, "told.html", status=410, heading=heading, lines=lines)


def _add_no(web: FastAPI, site: WebContext) -> None:
    @web.get("/unsubscribe/{token}")
    def leaving(request: Request, token: str) -> Response:
        claimed(site, Purpose.UNSUBSCRIBE, token, is_gone_fine=True)
        return site.pages.page(request, "leave.html")

    @web.post("/unsubscribe/{token}")
    def leave(request: Request, token: str) -> Response:
        _, known = claimed(site, Purpose.UNSUBSCRIBE, token, is_gone_fine=True)
        rows = requests.unsubscribe(site.app, token, act_of(site, request))
        return goodbye(request, site, known, rows or 0)


def goodbye(request: Request, site: WebContext, known: Subscriber | None, rows: int) -> Response:
    """Say that mails have ended, with a button that takes it back.

    The holder of a forwarded mail may end the subscription and take that back, but not bring back
    a subscriber who left long before.
    """
    is_now = rows or (known is not None and _has_just_left(site, known))
    again = requests.way_back(site.app, known) if known is not None and is_now else ""
    return site.pages.page(request, "goodbye.html", rows=rows, again=again)


def _has_just_left(site: WebContext, known: Subscriber) -> bool:
    with site.app.store.begin() as tx:
        at = subscribers.stopped_at(tx, known)
    return at is not None and (site.app.now() - at).total_seconds() <= SAME_LEAVING


def _add_again(web: FastAPI, site: WebContext) -> None:
    @web.get("/return/{token}")
    def returning(request: Request, token: str) -> Response:
        _, known = claimed(site, Purpose.RETURN, token)
        if known is not None and known.state is SubscriberState.ACTIVE:
            return _is_back(request, site)
        return site.pages.page(request, "again.html")

    @web.post("/return/{token}")
    def start_again(request: Request, token: str) -> Response:
        _, known = claimed(site, Purpose.RETURN, token)
        found = requests.start_again(site.app, token, act_of(site, request))
        if found is None and (known is None or known.state is not SubscriberState.ACTIVE):
            raise HTTPException(404)
        site.app.library.read()
        return _is_back(request, site)


def _is_back(request: Request, site: WebContext) -> Response:
    lines = [
        "All is as it was, and what came in between comes with the next mail.",
        "Every mail has a link to your settings, and one that ends it.",
    ]
    return site.pages.page(request, "told.html", heading="You get new papers again", lines=lines)
