"""The web side: one application of all pages.

    guard ─▶ who holds which link ─▶ a page's own room ─▶ template

Keeps no sessions and sets no cookie: a link is the key to its page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware

from .. import locales
from ..cancellation import AbandonedError
from ..errors import DigestError
from ..locales import gettext, gettext_noop, said
from ..store import StoreError
from ..store.editions import TakenOutError
from . import (
    answers,
    archive_pages,
    consent,
    editor,
    issue_pages,
    operator_pages,
    preview_pages,
    short_links,
    subscribe,
    subscriber_pages,
)
from .answers import PageRenderer
from .client import Network
from .context import WebContext
from .dependencies import ExpiredLinkError
from .kept_pages import KeptPages, PrivatePages
from .live_templates import LiveTemplates
from .middleware import ReadersLocale, RequestGuard
from .operator_access import OperatorKeys
from .page_queue import Queue
from .rate_limiter import RateLimiter
from .recent_papers import RecentPapers

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

WORDS = {
    403: gettext_noop("This was not allowed."),
    404: gettext_noop("There is nothing here."),
    410: gettext_noop("This link is too old."),
    405: gettext_noop("This page cannot do that."),
    422: gettext_noop("Something in the form cannot be read."),
    429: gettext_noop("Too much was asked from where you are; try again in an hour."),
    500: gettext_noop("This did not work; nothing was changed. The journal says why."),
    503: gettext_noop("The database is out of reach; nothing was changed. Try again in a minute."),
}

#: Further advice, by status.
HINTS = {
    404: gettext_noop(
        "If you came by a link of a mail, a part of it may have been lost: open it there again."
    ),
    410: gettext_noop("The newest mail has a fresh one."),
}


#: Paths that do not wait in the queue: health checks, small files, and sign-ups, which are delayed
#: anyway.
AT_ONCE = ("/healthz", "/readyz", "/static/", "/subscribe")

#: Ends of paths where a POST only answers a question.
ANSWERS = ("/width", "/live", "/lint", "/keyword")


#: Paths of what holds no secret and is the same for everybody: kept as it was made, and compressed.
PUBLIC = ("/archive", "/search", "/trending", "/static/")


#: The routes of all pages, made once a process: to include the routers in each application would
#: make the models of every form again.  They are tried in this order: those asked for most first.
ROUTES = [
    route
    for readable in (
        archive_pages,
        issue_pages,
        answers,
        subscribe,
        consent,
        subscriber_pages,
        operator_pages,
        editor,
        preview_pages,
        short_links,
    )
    for route in readable.router.routes
]


def create_site(
    app: App,
    *,
    base_url: str = "",
    local: str = "",
    proxies: tuple[Network, ...] = (),
    templates: LiveTemplates | None = None,
) -> FastAPI:
    """Make the application of all pages over a running digest.

    ``base_url`` is where subscribers reach the pages; without one, ``local`` is their address.
    ``proxies`` are believed about the client's address; previews follow ``templates``.
    """
    locales.load(*locales.NAMES)  # so that no request reads one within a transaction
    site = WebContext(
        app,
        PageRenderer(app.template_folders, name=app.letterhead.name),
        RecentPapers(app),
        OperatorKeys(app.store, app.now, base_url, proxies),
        RateLimiter(subscribe.MAX_SIGN_UPS_OF_CLIENT, timedelta(hours=1)),
        base_url or local,
        proxies,
        templates,
    )
    web = FastAPI(
        title="digest",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=list(ROUTES),
        exception_handlers=FAULTS,
        middleware=_middleware(site, base_url),
    )
    web.state.site = site
    return web


def _middleware(site: WebContext, base_url: str) -> list[Middleware]:
    """Return what each request passes; what the guard refuses does not wait in the queue."""
    public, private = archive_pages.stamps(site.app), issue_pages.stamps(site)
    return [
        Middleware(RequestGuard, base_url=base_url, open_to_all=("/unsubscribe/", "/u/")),
        Middleware(Queue, proxies=site.proxies, at_once=AT_ONCE, answers=ANSWERS),
        Middleware(ReadersLocale),
        Middleware(
            KeptPages, paths=PUBLIC, stamp=public, version=site.data_version, once=["/search"]
        ),
        Middleware(PrivatePages, paths=["/issue/"], stamp=private, version=site.data_version),
    ]


def _error_page(request: Request, status: int, why: str) -> Response:
    """Show an error as a page, in a sentence."""
    site: WebContext = request.app.state.site
    lines = [gettext(HINTS[status])] if status in HINTS else []
    return site.pages.page(request, "told.html", status=status, heading=why, lines=lines)


def _refused(request: Request, error: StarletteHTTPException) -> Response:
    # A page's own words for these two; other details are HTTP's standard phrases.
    detail = f"{error.detail}" if error.status_code in (409, 422) else ""
    return _error_page(
        request, error.status_code, detail or gettext(WORDS.get(error.status_code, WORDS[422]))
    )


def _unreadable(request: Request, _error: RequestValidationError) -> Response:
    return _error_page(request, 422, gettext(WORDS[422]))


def _expired(request: Request, error: ExpiredLinkError) -> Response:
    site: WebContext = request.app.state.site
    at = f"/manage/{error.token}"
    return site.pages.page(request, "fresh.html", status=410, home=None, at=at)


def _abandoned(_request: Request, _error: AbandonedError) -> Response:
    return Response(status_code=503)  # the client has left


def _failed(request: Request, error: DigestError) -> Response:
    return _error_page(request, 409, said(error.words))


def _taken_out(request: Request, error: TakenOutError) -> Response:
    site: WebContext = request.app.state.site
    heading = said(error.words)
    return site.pages.page(request, "told.html", status=410, heading=heading, lines=[])


def _waiting(request: Request, error: StoreError) -> Response:
    log.error("database out of reach", page=_route(request), error=f"{error}")
    return _error_page(request, 503, gettext(WORDS[503]))


def _broken(request: Request, error: Exception) -> Response:
    log.error("page failed", page=_route(request), exc_info=error)
    return _error_page(request, 500, gettext(WORDS[500]))


def _route(request: Request) -> str:
    """Return the route of a request, without the token in its address."""
    return str(request.scope["route"].path)


#: By the nearest class of an exception: what answers in its place.
FAULTS: dict[int | type[Exception], Any] = {
    StarletteHTTPException: _refused,
    RequestValidationError: _unreadable,
    ExpiredLinkError: _expired,
    AbandonedError: _abandoned,
    TakenOutError: _taken_out,
    DigestError: _failed,
    StoreError: _waiting,
    Exception: _broken,
}
