"""OpenAlex: the works that a filter finds, what was published last coming first.

Only its paid plans answer for the day on which a work was added, so the works of the last days are
read each time, and those that were added late are found among them.
https://docs.openalex.org/api-entities/works
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from ...errors import SourceError
from ...model import ChangeKind, Listing, ListingPage, Paper
from ..identity import doi
from . import body
from .dates import date_of
from .entries import EntryError, joined, line, page, paper, with_missing
from .http import Fetch
from .markup import text_of
from .sandbox import parse_apart
from .strict_json import loads

API = "https://api.openalex.org/works"
_AT_ONCE = 100
_MOST_PAGES = 20
# Of a work's authors an answer with several works names the first hundred.
_MOST_NAMED = 100
_FIELDS = (
    "id,doi,display_name,abstract_inverted_index,authorships,publication_date,primary_location,"
    "primary_topic,is_retracted"
)


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read what the ``filter`` finds, back to what was published ``catch_up`` days ago."""
    if listing.url or listing.path:
        return parse_apart(parse, body(listing, day, fetch).data, listing, day)
    pages: list[ListingPage] = []
    oldest, cursor, read_so_far, total = day, "*", 0, 0
    # The answer that goes back far enough also shows works of the last reading, if there are any.
    while cursor and oldest >= day - timedelta(days=listing.catch_up):
        if len(pages) == _MOST_PAGES:
            reason = f"{read_so_far} works were read, back to {oldest}: narrow the filter"
            found = joined(listing.name, pages)
            return replace(found, reasons=(reason, *found.reasons))
        address = _address(listing, day, cursor, fetch.contact())
        data = fetch.fetch(address, listing=listing.name).data
        pages.append(parse_apart(parse, data, listing, day))
        works, total, cursor = _answer(data, listing.name)
        read_so_far += len(works)
        oldest = next(filter(None, map(_published, reversed(works))), oldest)
    missing = 0 if cursor else total - read_so_far
    found = with_missing(joined(listing.name, pages), missing, total, "works that it counted")
    return replace(found, is_counted=True)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the works of one answer; raises SourceError if it is none."""
    works, _, _ = _answer(data, listing.name)
    return page(listing.name, works, lambda work: _paper(work, listing.name, day))


def _address(listing: Listing, day: date, cursor: str, contact: str) -> str:
    own = line(listing.options.get("filter"), 4_000)
    if not own:
        raise SourceError(listing.name, "an openalex listing needs a filter, a url or a path")
    asked: dict[str, Any] = {
        "filter": f"{own},to_publication_date:{day}",
        "sort": "publication_date:desc",
        "per-page": _AT_ONCE,
        "cursor": cursor,
        "select": _FIELDS,
    }
    asked |= {"mailto": contact} if "@" in contact else {}
    token = line(listing.options.get("token"))
    return f"{API}?{urlencode(asked | ({'api_key': token} if token else {}), safe=',:|*')}"


def _answer(data: bytes, listing: str) -> tuple[list[Any], int, str]:
    """Return the works of an answer, how many there are in all, and the cursor of what follows."""
    content = loads(data, listing)
    found = content if isinstance(content, dict) else {}
    works, meta = found.get("results"), found.get("meta")
    if not isinstance(works, list) or not isinstance(meta, dict):
        said = line(found.get("message") or found.get("error"), 200)
        raise SourceError(listing, f"the source reports: {said or 'nothing'}")
    total = meta.get("count")
    if isinstance(total, bool) or not isinstance(total, int):
        raise SourceError(listing, "the answer does not say how many there are")
    return works, total, line(meta.get("next_cursor"), 2_000) if works else ""


def _paper(work: Any, listing: str, day: date) -> Paper:
    number = line(work.get("id")) if isinstance(work, dict) else ""
    if not number:
        raise EntryError("no id")
    name, place = line(work.get("doi")), _mapping(work.get("primary_location"))
    title, abstract = line(work.get("display_name")), _abstract(work)
    return paper(
        day=day,
        title=text_of(title),
        listing=listing,
        guid=number,
        said=(title, abstract),
        abstract=text_of(abstract),
        arxiv=name,
        doi_name=doi(name) or "",
        authors=_people(work),
        others=int(_is_cut(work)),
        categories=[line(_mapping(work.get("primary_topic")).get("display_name"))],
        url=line(place.get("landing_page_url")) or name or number,
        links={"pdf": line(place.get("pdf_url"))},
        published=_published(work),
        announced=ChangeKind.WITHDRAWN if work.get("is_retracted") is True else ChangeKind.NEW,
        extra={"journal": line(_mapping(place.get("source")).get("display_name"))},
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _abstract(work: Mapping[str, Any]) -> str:
    """Return the abstract, of which OpenAlex has an index: the places of each word."""
    words = {
        place: word
        for word, places in _mapping(work.get("abstract_inverted_index")).items()
        for place in (places if isinstance(places, list) else ())
        if isinstance(place, int)
    }
    return " ".join(words[place] for place in sorted(words))


def _people(work: Mapping[str, Any]) -> Iterator[str]:
    shown = work.get("authorships")
    for each in shown if isinstance(shown, list) else ():
        author = _mapping(_mapping(each).get("author"))
        yield line(author.get("display_name")) or line(_mapping(each).get("raw_author_name"))


def _is_cut(work: Mapping[str, Any]) -> bool:
    shown = work.get("authorships")
    return isinstance(shown, list) and len(shown) >= _MOST_NAMED


def _published(work: Any) -> date | None:
    return date_of(line(_mapping(work).get("publication_date")))
