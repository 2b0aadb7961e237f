"""The public pages: the days, their papers, trending papers, and a full-text search.

They know papers and listings, and no subscriber.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from ..model import ChangeKind, Hit, IssueEntry, Match, Paper, Reason
from ..render.page_rows import PaperRow
from ..render.views import PaperView, paper_view
from ..store import archive
from ..store import search as stored_search
from ..store.papers import last_id
from .answers import day_of
from .context import WebContext
from .dependencies import CurrentStore, Show, Site
from .exports import export

if TYPE_CHECKING:
    from ..app import App

router = APIRouter()

#: Papers on one page of a day, and of a search.
PER_PAGE, PER_SEARCH = 50, 20
#: Days of which the stamps are remembered.
DAYS_KNOWN = 400


@dataclass(frozen=True, slots=True)
class Rise:
    """A paper with rising upvotes, and the points of its line."""

    paper: PaperView
    first: int
    last: int
    days: tuple[tuple[date, int], ...]
    line: str


def stamps(app: App) -> Callable[[str], object]:
    """Return the function that names what a public page shows, by its path: a value that changes.

    A day that is over stays as it is, whatever the days after it bring, and is looked at again only
    once anything at all has come.
    """

    def newest(_version: object) -> tuple[object, ...]:
        with app.store.begin() as tx:
            return archive.stamp(tx)

    known = lru_cache(maxsize=1)(newest)

    @lru_cache(maxsize=DAYS_KNOWN)
    def of_day(day: date, _newest: tuple[object, ...]) -> object:
        with app.store.begin() as tx:
            return archive.stamp(tx, day)

    def stamp(path: str) -> object:
        if path.startswith("/static/"):
            return "static"
        version = app.store.data_version()
        came = newest(None) if version is None else known(version)
        day = day_of(path.removeprefix("/archive/").partition("/")[0])
        return of_day(day, came) if day else (app.day, *came)

    return stamp


@router.get("/archive")
def index(store: CurrentStore, show: Show, before: str = "") -> Response:
    """List the days, the newest first."""
    with store.begin() as tx:
        days = archive.days(tx, before=day_of(before))
    return show("archive.html", home=None, days=days)


@router.get("/archive/{day}")
def one_day(
    store: CurrentStore,
    show: Show,
    day: str,
    listing: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show the papers of one day, PER_PAGE at a time."""
    which = _known_day(day)
    with store.begin() as tx:
        receipts = archive.receipts(tx, which)
        changes = archive.changes_between(tx, which, which)
    if not receipts:
        raise HTTPException(404)
    chosen = [a for _, a in changes if not listing or a.listing == listing]
    papers = list({a.change.paper.key: a.change for a in chosen}.values())
    part = papers[PER_PAGE * (page - 1) : PER_PAGE * page]
    return show(
        "day.html",
        home=None,
        day=which,
        receipts=receipts,
        listing=listing,
        papers=[PaperRow(_entry(change.paper, change.kind)) for change in part],
        total=len(papers),
        page=page,
        pages=-(-len(papers) // PER_PAGE),
    )


@router.get("/archive/{day}/papers.{kind}")
def exported(store: CurrentStore, day: str, kind: str) -> Response:
    """Return the papers of one day as a file for reference managers."""
    which = _known_day(day)
    with store.begin() as tx:
        changes = archive.changes_between(tx, which, which)
    papers = {a.change.paper.key: a.change.paper for _, a in changes}
    return export(list(papers.values()), f"papers-{which}", kind)


@router.get("/search")
def search(
    request: Request,
    q: Annotated[str, Query(max_length=300)] = "",
    order: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=20)] = "",
    until: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Find papers by their words, PER_SEARCH at a time; a day that is none is ignored.

    What it needs of the site it takes itself: FastAPI takes longer for it than the page's frame.
    """
    site: WebContext = request.app.state.site
    words = " ".join(q.replace("\0", " ").split())
    first, last = day_of(since), day_of(until)
    question = stored_search.Question(words, first, last, is_newest_first=order == "newest")
    with site.app.store.begin() as tx:
        found = stored_search.found(tx, question, PER_SEARCH * (page - 1), PER_SEARCH)
        marks = stored_search.marks(tx, question, found)
        is_new = not found.total and not last_id(tx)
    return site.pages.page(
        request,
        "search_found.html" if request.headers.get("hx-request") else "search.html",
        home=None,
        q=words,
        question=question,
        papers=[_found(paper, spans) for paper, spans in zip(found.papers, marks, strict=True)],
        total=found.total,
        is_new=is_new,
        page=page,
        pages=-(-found.total // PER_SEARCH),
        asked=_address,
    )


def _address(words: str, **given: object) -> str:
    """Return the address of a search; what is empty is left out."""
    return "/search?" + urlencode({"q": words, **{k: v for k, v in given.items() if v}})


def _found(paper: Paper, marks: dict[str, list[tuple[int, int]]]) -> PaperRow:
    """Return a paper with its marks, and the sentence of its abstract that has one, if any."""
    hits = [Hit(name, *span) for name in ("title", "abstract") for span in marks.get(name, ())]
    for start, end in marks.get("authors", ()):
        # There they are joined by a blank, here by a comma and a blank.
        ahead = sum(place <= start for place in accumulate(len(a) + 1 for a in paper.authors))
        hits.append(Hit("author", start + ahead, end + ahead))
    match = Match(paper, 0, (Reason("", 0, tuple(hits)),))
    has_quote = bool(marks.get("abstract"))
    return PaperRow(IssueEntry(match=match), has_quote=has_quote, has_reasons=False)


@router.get("/trending")
def trending(site: Site, store: CurrentStore, show: Show) -> Response:
    """Show the papers with rising upvotes."""
    first = site.app.day - timedelta(days=6)
    with store.begin() as tx:
        rises = stored_search.rising(tx, first, most=20)
    shown = [_rise(paper, days) for paper, days in rises]
    return show("trending.html", home=None, rises=shown, first=first)


def _known_day(text: str) -> date:
    found = day_of(text)
    if found is None:
        raise HTTPException(404)
    return found


def paper_lines(paper: Paper) -> PaperView:
    """Return a paper as a page shows it, with all its lines."""
    return paper_view(_entry(paper), has_quote=False)


def _entry(paper: Paper, kind: ChangeKind = ChangeKind.NEW) -> IssueEntry:
    return IssueEntry(match=Match(paper, 0, ()), change=kind)


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
