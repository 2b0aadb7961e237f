"""The web side: one application of all pages.

    guard ─▶ who holds which link ─▶ a page's own room ─▶ template

Keeps no sessions and sets no cookie: a link is the key to its page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from ..cancellation import AbandonedError
from ..errors import DigestError
from ..store import StoreError
from . import answers, archive_pages, consent, operator_pages, subscribe, subscriber_pages
from .answers import PageRenderer
from .client import Network
from .context import WebContext
from .middleware import RequestGuard
from .operator_access import OperatorKeys
from .page_queue import Queue
from .recent_papers import RecentPapers

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

WORDS = {
    403: "This was not allowed.",
    404: "There is nothing here.",
    410: "This link is too old.",
    405: "This page cannot do that.",
    422: "Something in the form cannot be read.",
    429: "Too much was asked from where you are; try again in an hour.",
    500: "This did not work; nothing was changed. The journal says why.",
    503: "The database is out of reach; nothing was changed. Try again in a minute.",
}

#: Further advice, by status.
HINTS = {
    404: "If you came by a link of a mail, a part of it may have been lost: open it there again.",
    410: "The newest mail has a fresh one.",
}


#: Paths that do not wait in the queue: health checks, small files, and sign-ups, which are delayed
#: anyway.
AT_ONCE = ("/healthz", "/readyz", "/static/", "/subscribe")

#: Ends of paths where a POST only answers a question.
ANSWERS = ("/width", "/live", "/lint", "/keyword")


def create_site(
    app: App, *, base_url: str = "", local: str = "", proxies: tuple[Network, ...] = ()
) -> FastAPI:
    """Make the application of all pages over a running digest.

    ``base_url`` is where subscribers reach the pages; without one, ``local`` is their address.
    ``proxies`` are believed about the client's address.
    """
    site = WebContext(
        app,
        PageRenderer(app.template_folders, name=app.letterhead.name),
        RecentPapers(app),
        OperatorKeys(app, base_url, proxies),
        base_url or local,
        proxies,
    )
    web = FastAPI(title="digest", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.site = site
    # The middleware added last comes first: what the guard refuses does not wait.
    web.add_middleware(Queue, proxies=proxies, at_once=AT_ONCE, answers=ANSWERS)
    web.add_middleware(RequestGuard, base_url=base_url, open_to_all=("/unsubscribe/",))
    _add_files(web)
    _add_faults(web, site)
    for room in _rooms():
        room(web, site)
    return web


def _rooms() -> list[Callable[[FastAPI, WebContext], None]]:
    return [subscribe.add, consent.add, archive_pages.add, subscriber_pages.add, operator_pages.add]


def _add_files(web: FastAPI) -> None:
    @web.get("/static/{name:path}", include_in_schema=False)
    def static(name: str) -> Response:
        found = answers.file(name)
        if found is None:
            raise HTTPException(404)
        return found


def _add_faults(web: FastAPI, site: WebContext) -> None:
    """Show errors as a page, in a sentence."""

    def told(request: Request, status: int, why: str) -> Response:
        lines = [HINTS[status]] if status in HINTS else []
        return site.pages.page(request, "told.html", status=status, heading=why, lines=lines)

    @web.exception_handler(StarletteHTTPException)
    def refused(request: Request, error: StarletteHTTPException) -> Response:
        # A page's own words for these two; other details are HTTP's standard phrases.
        own = f"{error.detail}" if error.status_code in (409, 422) else ""
        return told(request, error.status_code, own or WORDS.get(error.status_code, WORDS[422]))

    @web.exception_handler(RequestValidationError)
    def unreadable(request: Request, _error: RequestValidationError) -> Response:
        return told(request, 422, WORDS[422])

    @web.exception_handler(AbandonedError)
    def abandoned(request: Request, _error: AbandonedError) -> Response:
        return Response(status_code=503)  # the client has left

    @web.exception_handler(DigestError)
    def failed(request: Request, error: DigestError) -> Response:
        return told(request, 409, f"{error}")

    @web.exception_handler(StoreError)
    def waiting(request: Request, error: StoreError) -> Response:
        log.error("database out of reach", page=_route(request), error=f"{error}")
        return told(request, 503, WORDS[503])

    @web.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        log.error("page failed", page=_route(request), exc_info=error)
        return told(request, 500, WORDS[500])


def _route(request: Request) -> str:
    """Return the route of a request, without the token in its address."""
    return str(request.scope["route"].path)
