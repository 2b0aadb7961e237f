"""The pages on which the owner of an address confirms a sign-up, unsubscribes, or starts again.

A GET changes nothing: the pages behind links in mails show what would be done, and a button.  The
page that confirms lists all recent sign-ups of the address, and its button sends the id of the
chosen one, so that a sign-up by a stranger meanwhile is not confirmed by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response
from markupsafe import Markup

from ..access import links
from ..access.tokens import Purpose
from ..locales import gettext, listed
from ..model import StoredProfile, Subscriber, SubscriberState
from ..render import wording
from ..store import profiles as stored_profiles
from ..store import subscribers
from ..subscribers import requests
from ..subscribers.interests import effect_of, list_of
from ..trial.wishes import in_words
from .context import WebContext
from .dependencies import CurrentConsent, Show, Site, claimed

router = APIRouter()

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
    is_in_notice: bool
    #: whether its interests would be added to what the address gets already
    is_addition: bool
    #: the interests as the form reads them
    asked: str
    #: what it would bring, in sentences
    effect: list[str]
    #: what the subscriber had before they left, which starts again with it
    before: list[str]

    @property
    def bold_interests(self) -> Markup:
        """Return the interests as a sentence names them."""
        bold = [Markup("<b>{}</b>").format(each) for each in self.interests]
        return Markup(listed(bold))  # noqa: S704  of pieces that are escaped


def asked_subscriber(token: str, site: Site) -> Subscriber | None:
    """Return the subscriber that a link to confirm is for, if still known; a guard."""
    full = requests.token_of(site.app, Purpose.CONFIRM, token)
    if site.app.tokens.is_expired(Purpose.CONFIRM, full, site.app.now()):
        return None
    return claimed(site, Purpose.CONFIRM, token, is_gone_fine=True)[1]


def leaving_subscriber(token: str, site: Site) -> Subscriber | None:
    """Return the subscriber that a link to unsubscribe is for, if still known; a guard."""
    return claimed(site, Purpose.UNSUBSCRIBE, token, is_gone_fine=True)[1]


def returning_subscriber(token: str, site: Site) -> Subscriber | None:
    """Return the subscriber that a link to start again is for; a guard."""
    return claimed(site, Purpose.RETURN, token)[1]


Asked = Annotated[Subscriber | None, Depends(asked_subscriber)]
Leaving = Annotated[Subscriber | None, Depends(leaving_subscriber)]
Returning = Annotated[Subscriber | None, Depends(returning_subscriber)]

#: The wording of the consent, as it is recorded.
YES = "Yes, send them to me"


@router.get("/confirm/{token}")
def confirmation(token: str, known: Asked, site: Site, show: Show) -> Response:
    """Show what would be confirmed, and a button."""
    choices = _choices(site, token)
    if not choices:
        return _nothing_waits(show, known)
    return show("confirm.html", choices=choices)


@router.post("/confirm/{token}")
def confirm(
    token: str,
    known: Asked,
    site: Site,
    show: Show,
    act: CurrentConsent,
    signup: Annotated[int | None, Form()] = None,
) -> Response:
    """Confirm the chosen sign-up, by default the newest."""
    asked, _ = requests.sign_ups_of(site.app, token)
    if signup is None and asked:
        signup = asked[0].id
    found = requests.confirm(site.app, token, replace(act, wording=YES), signup)
    if found is None and any(each.id == signup and each.is_confirmed for each in asked):
        found = known  # the button was pressed twice
    if found is None or found.state is not SubscriberState.ACTIVE:
        return _nothing_waits(show, known)
    site.app.live_profiles.read()
    manage = links.manage("", site.app.tokens, found.subscriber, site.app.now())
    return show(
        "confirmed.html",
        manage=manage,
        schedule=found.settings.schedule,
        begins=site.app.composer.beginning(found.settings),
    )


def _choices(site: WebContext, token: str) -> list[SignUpChoice]:
    """Return the sign-ups that wait for a confirmation, newest first."""
    asked, named = requests.sign_ups_of(site.app, token)
    waiting = [each for each in asked if not each.is_confirmed]
    with site.app.store.begin() as tx:
        owners = {each.subscriber: subscribers.by_id(tx, each.subscriber) for each in waiting}
        stored = {id: stored_profiles.owned_by(tx, id) for id in owners}
    active = {id for id, each in owners.items() if each and each.state is SubscriberState.ACTIVE}
    with site.recent_papers.days() as days:
        effects = {each.id: effect_of(each.profile, days) if days else [] for each in waiting}
    return [
        SignUpChoice(
            id=each.id,
            address=each.address,
            interests=list(map(in_words, requests.interests(each.profile))),
            when="" if each.subscriber in active else requests.schedule_in_words(each.schedule),
            at=each.at,
            is_in_notice=each.id == named,
            is_addition=each.subscriber in active,
            asked=", ".join(list_of(each.profile)),
            effect=effects[each.id],
            before=[] if each.subscriber in active else _looked_for(stored[each.subscriber]),
        )
        for each in waiting
    ]


def _looked_for(profiles: list[StoredProfile]) -> list[str]:
    return [interest for stored in profiles for interest in requests.interests(stored.text)]


def _nothing_waits(show: Show, known: Subscriber | None) -> Response:
    if _is_active(known):
        lines = [gettext("That was confirmed already.")]
        return show("told.html", heading=gettext("You are subscribed"), lines=lines)
    lines = [
        gettext("What was asked for is forgotten after a week, or when mails are ended."),
        gettext("You can subscribe again at any time."),
    ]
    return show(
        "told.html", status=410, heading=gettext("Nothing waits to be confirmed"), lines=lines
    )


def _is_active(known: Subscriber | None) -> bool:
    return known is not None and known.state is SubscriberState.ACTIVE


@router.get("/unsubscribe/{token}", dependencies=[Depends(leaving_subscriber)])
def leaving(show: Show) -> Response:
    """Show a button that ends the mails."""
    return show("leave.html")


@router.post("/unsubscribe/{token}")
def leave(token: str, known: Leaving, site: Site, show: Show, act: CurrentConsent) -> Response:
    """End the mails, by the button or by the one click of RFC 8058."""
    rows = requests.unsubscribe(site.app, token, act)
    return goodbye(site, show, known, rows or 0)


def goodbye(
    site: WebContext, show: Show, known: Subscriber | None, rows: int, home: str | None = None
) -> Response:
    """Say that mails have ended, what is kept and until when, with a button that takes it back.

    The holder of a forwarded mail may end the subscription and take that back, but not bring back
    a subscriber who left long before.
    """
    is_now = rows or (known is not None and _has_just_left(site, known))
    again = requests.restart_token(site.app, known) if known is not None and is_now else ""
    kept = requests.kept_of(site.app, known) if known is not None and again else None
    with site.app.store.begin() as tx:
        reads_mail = site.app.reads_mail(tx)
    return show(
        "goodbye.html",
        home=home,
        rows=rows,
        again=again,
        kept=kept,
        known=known,
        reads_mail=reads_mail,
    )


def _has_just_left(site: WebContext, known: Subscriber) -> bool:
    with site.app.store.begin() as tx:
        at = subscribers.stopped_at(tx, known)
    return at is not None and (site.app.now() - at).total_seconds() <= SAME_LEAVING


@router.get("/return/{token}")
def returning(known: Returning, site: Site, show: Show) -> Response:
    """Show a button that starts the mails again."""
    return _is_back(site, show, known) if known and _is_active(known) else show("again.html")


@router.post("/return/{token}")
def start_again(
    token: str, known: Returning, site: Site, show: Show, act: CurrentConsent
) -> Response:
    """Start the mails again, with everything as it was."""
    back = requests.start_again(site.app, token, act) or known
    if back is None or not _is_active(back):
        raise HTTPException(404)
    site.app.live_profiles.read()
    return _is_back(site, show, back)


def _is_back(site: WebContext, show: Show, back: Subscriber) -> Response:
    until = site.app.pause_left(back)
    lines = [
        gettext(
            "Paused until %(day)s is over; then one mail brings what came in between.",
            day=wording.long_day(until),
        )
        if until
        else gettext("All is as it was, and what came in between comes with the next mail."),
        gettext("Every mail has a link to your settings, and one that ends it."),
    ]
    heading = (
        gettext("Your subscription is back, and paused")
        if until
        else gettext("You get new papers again")
    )
    return show("told.html", heading=heading, lines=lines)
