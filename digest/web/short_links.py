"""The short addresses of a mail, which lead to the pages of its issue's subscriber.

A code says only which issue it is about; the rest is in the store.  Without that issue it is void.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import RedirectResponse, Response

from ..access.tokens import Purpose, issue_of_code
from ..render.views import paper_name
from ..store import feedback
from .consent import leave, leaving_subscriber
from .context import WebContext
from .dependencies import CurrentConsent, Show, Site
from .issue_pages import sent_issue

router = APIRouter()


def issue_token(code: str, site: Site) -> str:
    """Return the token that reads an issue; a guard."""
    return _token(site, Purpose.ISSUE, code)


def settings_token(code: str, site: Site) -> str:
    """Return the token that opens a subscriber's settings; a guard."""
    return _token(site, Purpose.MANAGE, code)


def leaving_token(code: str, site: Site) -> str:
    """Return the token that unsubscribes; a guard."""
    return _token(site, Purpose.UNSUBSCRIBE, code)


IssueToken = Annotated[str, Depends(issue_token)]
SettingsToken = Annotated[str, Depends(settings_token)]
LeavingToken = Annotated[str, Depends(leaving_token)]


@router.get("/i/{code}")
def issue(token: IssueToken) -> Response:
    """Lead to an issue's page."""
    return RedirectResponse(f"/issue/{token}", 303)


@router.get("/i/{code}/{kind}/{name}")
def thought(kind: str, name: str, token: IssueToken, site: Site) -> Response:
    """Lead to the button for one paper of an issue."""
    issue = sent_issue(token, site).issue
    key = next((paper.key for paper in issue.papers if paper_name(paper.key) == name), None)
    if key is None:
        raise HTTPException(404)
    return RedirectResponse(f"/issue/{token}/{quote(kind)}?paper={quote(key, safe='')}", 303)


@router.get("/m/{code}")
def settings(token: SettingsToken) -> Response:
    """Lead to a subscriber's settings."""
    return RedirectResponse(f"/manage/{token}", 303)


@router.get("/u/{code}")
def leaving(token: LeavingToken) -> Response:
    """Lead to the button that unsubscribes."""
    return RedirectResponse(f"/unsubscribe/{token}", 303)


@router.post("/u/{code}")
def leave_at_once(token: LeavingToken, site: Site, show: Show, act: CurrentConsent) -> Response:
    """End the mails by the one click of RFC 8058, which follows no redirect."""
    return leave(token, leaving_subscriber(token, site), site, show, act)


def _token(site: WebContext, purpose: Purpose, code: str) -> str:
    """Return the token with the same power as a code; answer 404 where the code is not valid."""
    number, tokens = issue_of_code(code), site.app.tokens
    if number is None:
        raise HTTPException(404)
    with site.app.store.begin() as tx:
        found = feedback.recipient(tx, number)
    if found is None:
        raise HTTPException(404)
    id, address, made_at = found
    if not compare_digest(tokens.code(purpose, number, id, address, made_at), code):
        raise HTTPException(404)
    about = number if purpose is Purpose.ISSUE else 0
    return tokens.make(purpose, id, address, made_at, about)
