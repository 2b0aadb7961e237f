"""The public pages: the days, their papers, trending papers, and a full-text search.

They know papers and listings, and no subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.responses import Response

from ..model import ChangeKind, IssueEntry, Match, Paper
from ..render.views import PaperView, paper_view
from ..store import archive
from ..store import search as stored_search
from .answers import day_of
from .exports import export

if TYPE_CHECKING:
    from .context import WebContext

#: Papers on one page.
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Rise:
    """A paper with rising upvotes, and the points of its line."""

    paper: PaperView
    first: int
    last: int
    days: tuple[tuple[date, int], ...]
    line: str


def add(web: FastAPI, site: WebContext) -> None:
    """Add the routes ``/archive``, ``/archive/{day}``, ``/search`` and ``/trending``."""
    router = APIRouter()
    shown = site.pages.page

    @router.get("/archive")
    def index(request: Request, before: str = "") -> Response:
        with site.app.store.begin() as tx:
            days = archive.days(tx, before=day_of(before))
        return shown(request, "archive.html", home=None, days=days)

    @router.get("/archive/{day}")
    def one_day(
        request: Request,
        day: str,
        listing: Annotated[str, Query(max_length=200)] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:
        which = day_of(day)
        if which is None:
            raise HTTPException(404)
        with site.app.store.begin() as tx:
            receipts = archive.receipts(tx, which)
            came = archive.came(tx, which, which)
        if not receipts:
            raise HTTPException(404)
        chosen = [a for _, a in came if not listing or a.listing == listing]
        papers = list({a.change.paper.key: a.change for a in chosen}.values())
        part = papers[PER_PAGE * (page - 1) : PER_PAGE * page]
        return shown(
            request,
            "day.html",
            home=None,
            day=which,
            receipts=receipts,
            listing=listing,
            papers=[paper_lines(change.paper, change.kind) for change in part],
            total=len(papers),
            page=page,
            pages=-(-len(papers) // PER_PAGE),
        )

    @router.get("/archive/{day}/papers.{kind}")
    def exported(day: str, kind: str) -> Response:
        which = day_of(day)
        if which is None:
            raise HTTPException(404)
        with site.app.store.begin() as tx:
            came = archive.came(tx, which, which)
        papers = {a.change.paper.key: a.change.paper for _, a in came}
        return export(list(papers.values()), f"papers-{which}", kind)

    @router.get("/search")
    def search(request: Request, q: Annotated[str, Query(max_length=300)] = "") -> Response:
        words = " ".join(q.replace("\0", " ").split())
        with site.app.store.begin() as tx:
            results = stored_search.search(tx, words, PER_PAGE + 1) if words else []
        name = "search_found.html" if request.headers.get("hx-request") else "search.html"
        return shown(
            request,
            name,
            home=None,
            q=words,
            papers=[paper_lines(paper) for paper in results[:PER_PAGE]],
            is_more=len(results) > PER_PAGE,
        )

    @router.get("/trending")
    def trending(request: Request) -> Response:
        first = site.app.day - timedelta(days=6)
        with site.app.store.begin() as tx:
            rises = stored_search.rising(tx, first, most=20)
        return shown(
            request,
            "trending.html",
            home=None,
            rises=[_rise(paper, days) for paper, days in rises],
            first=first,
        )

    web.include_router(router)


def paper_lines(paper: Paper, kind: ChangeKind = ChangeKind.NEW) -> PaperView:
    """Return a paper as a page shows it, with all its lines."""
    return paper_view(IssueEntry(match=Match(paper, 0, ()), change=kind), None)


#: The width and height of the drawing of a rise, in its own units.
_WIDE, _HIGH = 120, 28


def _rise(paper: Paper, days: list[tuple[date, int]]) -> Rise:
    lowest, highest = min(n for _, n in days), max(n for _, n in days)
    first_day, last_day = days[0][0], days[-1][0]
    span = max((last_day - first_day).days, 1)
    points = (
        f"{_WIDE * (day - first_day).days / span:.1f},"
        f"{_HIGH - _HIGH * (number - lowest) / max(highest - lowest, 1):.1f}"
        for day, number in days
    )
    return Rise(paper_lines(paper), days[0][1], days[-1][1], tuple(days), " ".join(points))
