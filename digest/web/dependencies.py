"""What a handler can ask for: the site, its store, the time, the page, and the holder of a link.

Handlers name these as parameters.  The *guards* among them answer 404 or 410 where a link is not
valid, before the handler is called: a handler that asks for a guard's value cannot forget to check.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response

from .. import locales
from ..access.tokens import Purpose, TokenPayload
from ..model import Subscriber
from ..store import Store, subscribers
from ..store.subscribers import Consent
from ..subscribers import requests
from .client import client_address
from .context import WebContext
from .drafts import Draft, Drafts, FileDrafts, StoredDrafts


async def current_site(request: Request) -> WebContext:
    """Return the site that was asked."""
    site: WebContext = request.app.state.site
    return site


Site = Annotated[WebContext, Depends(current_site)]


async def current_store(site: Site) -> Store:
    """Return the site's store."""
    return site.app.store


async def current_time(site: Site) -> datetime:
    """Return the instant at which the request is answered."""
    return site.app.now()


async def page_for(request: Request, site: Site) -> Callable[..., Response]:
    """Return the function that renders a page as the answer: ``show("name.html", **variables)``."""
    return partial(site.pages.page, request)


async def consent_of(request: Request, site: Site) -> Consent:
    """Return the consent to record: the client's address and the time."""
    return Consent(
        now=site.app.now(), origin=f"web {client_address(request.scope, site.proxies)}".strip()
    )


CurrentStore = Annotated[Store, Depends(current_store)]
Now = Annotated[datetime, Depends(current_time)]
Show = Annotated[Callable[..., Response], Depends(page_for)]
CurrentConsent = Annotated[Consent, Depends(consent_of)]


class ExpiredLinkError(Exception):
    """A link to settings is too old; its page offers to mail a fresh one."""

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__("the link is too old")


def claimed(
    site: WebContext, purpose: Purpose, token: str, *, is_gone_fine: bool = False
) -> tuple[TokenPayload, Subscriber | None]:
    """Return a link's payload and subscriber; answer 404 where it is not valid, for any reason."""
    full = requests.token_of(site.app, purpose, token)
    claim = site.app.tokens.read(purpose, full, site.app.now())
    if claim is None:
        raise HTTPException(404)
    with site.app.store.begin() as tx:
        found = subscribers.by_id(tx, claim.subscriber)
    is_theirs = (
        found is not None and site.app.tokens.address_hash(found.address) == claim.address_hash
    )
    if not is_theirs and not is_gone_fine:
        raise HTTPException(404)
    if found is not None and is_theirs and found.locale:
        locales.change(found.locale)
    return claim, found if is_theirs else None


def current_subscriber(token: str, site: Site) -> Subscriber:
    """Return the subscriber of a link to settings; a guard.  Raises ExpiredLinkError."""
    full = requests.token_of(site.app, Purpose.MANAGE, token)
    if site.app.tokens.is_expired(Purpose.MANAGE, full, site.app.now()):
        raise ExpiredLinkError(token)
    _, found = claimed(site, Purpose.MANAGE, full)
    assert found is not None
    return found


def current_operator(token: str, request: Request, site: Site) -> str:
    """Return the path of the operator's pages for one who may see them; a guard."""
    if not site.keys.opens(token, request):
        raise HTTPException(404)
    locales.change(locales.ENGLISH)  # in which these pages are
    return f"/operator/{token}"


def current_drafts(who: str, token: str, request: Request, site: Site) -> Drafts:
    """Return the profiles that the holder of a link may edit; a guard."""
    if who == "operator":
        return FileDrafts(site.app, current_operator(token, request, site))
    if who != "manage":
        raise HTTPException(404)
    return stored_drafts(site, token, current_subscriber(token, site))


def stored_drafts(site: WebContext, token: str, subscriber: Subscriber) -> StoredDrafts:
    """Return the profiles that a subscriber keeps in the store."""
    return StoredDrafts(site.app, f"/manage/{token}", subscriber.id, subscriber.address)


CurrentSubscriber = Annotated[Subscriber, Depends(current_subscriber)]
OperatorHome = Annotated[str, Depends(current_operator)]
CurrentDrafts = Annotated[Drafts, Depends(current_drafts)]


def opened_draft(slug: str, drafts: CurrentDrafts) -> Draft:
    """Return the profile that a page is about; answer 404 without one of that name."""
    draft = drafts.open(slug)
    if draft is None:
        raise HTTPException(404)
    return draft


OpenedDraft = Annotated[Draft, Depends(opened_draft)]
