"""The web side: one application of all pages.

    guard ─▶ who holds which link ─▶ a page's own room ─▶ template

Keeps no sessions and sets no cookie: a link is the key to what stands behind it.
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

#: What may help, where something may.
HINTS = {
    404: "If you came by a link of a mail, a part of it may have been lost: open it there again.",
    410: "The newest mail has a fresh one.",
}


#: Paths that wait for no page: what says whether we live, small files, and what has a beat already.
AT_ONCE = ("/healthz", "/readyz", "/static/", "/subscribe")

#: Ends of paths whose POST only answers a question.
ANSWERS = ("/width", "/live", "/lint", "/keyword")


def create_site(
    app: App, *, base_url: str = "", local: str = "", proxies: tuple[Network, ...] = ()
) -> FastAPI:
    """All pages over a running digest.

    ``base_url`` is how readers reach them; where there is none, ``local`` is where they are.
    ``proxies`` are believed where they say which client asks.
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
    # The last one added comes first: what the guard refuses does not wait.
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
    """Say what went wrong as a page, in a sentence."""

    def told(request: Request, status: int, why: str) -> Response:
        lines = [HINTS[status]] if status in HINTS else []
        return site.pages.page(request, "told.html", status=status, heading=why, lines=lines)

    @web.exception_handler(StarletteHTTPException)
    def refused(request: Request, error: StarletteHTTPException) -> Response:
        # What a page says of its own; the others speak of HTTP.
        own = f"{error.detail}" if error.status_code in (409, 422) else ""
        return told(request, error.status_code, own or WORDS.get(error.status_code, WORDS[422]))

    @web.exception_handler(RequestValidationError)
    def unreadable(request: Request, _error: RequestValidationError) -> Response:
        return told(request, 422, WORDS[422])

    @web.exception_handler(AbandonedError)
    def abandoned(request: Request, _error: AbandonedError) -> Response:
        return Response(status_code=503)  # for nobody

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
    """Which page it was, without the token in its address."""
    return str(request.scope["route"].path)
