"""Crossref: what publishers registered for a journal on a day, by its ISSN.

Crossref says how many there are, so a day without any is no fault.
https://api.crossref.org/swagger-ui/index.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from ... import expressions
from ...errors import SourceError
from ...model import Listing, ListingPage, Paper
from ..identity import doi
from . import read_whole
from .dates import date_of
from .entries import EntryError, joined, line, page, paper, with_missing
from .http import Fetch
from .markup import text_of
from .sandbox import parse_apart
from .strict_json import loads

API = "https://api.crossref.org/works"
_AT_ONCE = 200
_MOST_PAGES = 20
#: Records of a journal that are no papers.
_NO_PAPERS = frozenset({"journal", "journal-issue", "journal-volume", "component", "grant"})
_FIELDS = "DOI,URL,title,subtitle,abstract,author,type,issued,published,container-title"

_HEADING = expressions.compile(
    r"<jats:title[^<>]*>\s*(?:abstract|summary)\s*</jats:title>", ignore_case=True
)


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read what was registered on ``day`` for the journals that the listing's ``issn`` names."""
    if listing.url or listing.path:
        return read_whole(parse, listing, day, fetch)
    pages: list[ListingPage] = []
    read_so_far, total = 0, 1
    while read_so_far < total and len(pages) < _MOST_PAGES:
        address = _address(listing, day, read_so_far, fetch.contact())
        data = fetch.fetch(address, listing=listing.name).data
        total, count = _counts(data, listing.name)
        pages.append(parse_apart(parse, data, listing, day))
        if not count:
            break
        read_so_far += count
    found = joined(listing.name, pages)
    # The source counts records that are no papers, too.
    missing = total - read_so_far
    counted = with_missing(found, missing, total, "records that the source counted")
    return replace(counted, is_counted=True)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the papers of one answer; raises SourceError if it is none."""
    items = _message(data, listing.name)["items"]
    papers = [item for item in items if not _is_no_paper(item)]
    return page(listing.name, papers, lambda item: _paper(item, day))


def _address(listing: Listing, day: date, start: int, contact: str) -> str:
    named = listing.options.get("issn", ())
    numbers = [named] if isinstance(named, str) else list(named)
    if not numbers:
        raise SourceError(listing.name, "a crossref listing needs an issn, a url or a path")
    on = [f"from-created-date:{day}", f"until-created-date:{day}"]
    asked = {
        "filter": ",".join([f"issn:{line(number)}" for number in numbers] + on),
        "rows": _AT_ONCE,
        "offset": start,
        "sort": "created",
        "order": "asc",
        "select": _FIELDS,
    }
    # Who says how to reach them is served by the machines of the polite pool.
    asked |= {"mailto": contact} if "@" in contact else {}
    return f"{API}?{urlencode(asked, safe=',:')}"


def _message(data: bytes, listing: str) -> Mapping[str, Any]:
    content = loads(data, listing)
    message = content.get("message") if isinstance(content, dict) else None
    if isinstance(message, dict) and isinstance(message.get("items"), list):
        return message
    first = message[0] if isinstance(message, list) and message else message
    said = first.get("message") if isinstance(first, dict) else ""
    raise SourceError(listing, f"the source reports: {line(said, 200) or 'nothing'}")


def _counts(data: bytes, listing: str) -> tuple[int, int]:
    """Return how many records there are, and how many of them the answer holds."""
    message = _message(data, listing)
    total = message.get("total-results")
    if isinstance(total, bool) or not isinstance(total, int):
        raise SourceError(listing, "the answer does not say how many there are")
    return total, len(message["items"])


def _is_no_paper(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") in _NO_PAPERS


def _paper(item: Any, day: date) -> Paper:
    name = doi(line(item.get("DOI"))) if isinstance(item, dict) else None
    if name is None:
        raise EntryError("no DOI")
    title = _first(item.get("title"))
    below = _first(item.get("subtitle"))
    return paper(
        day=day,
        title=f"{title}: {below}" if title and below and below not in title else title,
        abstract=text_of(_HEADING.sub("", _text(item.get("abstract")), count=1)),
        doi_name=name,
        authors=_people(item.get("author")),
        categories=[line(item.get("type"))],
        url=line(item.get("URL")),
        published=_date(item.get("published")) or _date(item.get("issued")),
        extra={"journal": _first(item.get("container-title"))},
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first(values: object) -> str:
    """Return the first text of a list; Crossref's titles are lists, with markup in them."""
    found = values[0] if isinstance(values, list) and values else values
    return line(text_of(_text(found)))


def _people(values: object) -> Iterator[str]:
    for each in values if isinstance(values, list) else ():
        if isinstance(each, dict):
            given, family = line(each.get("given")), line(each.get("family"))
            suffix = line(each.get("suffix"))
            name = " ".join(part for part in (given, family) if part) or line(each.get("name"))
            yield f"{name}, {suffix}" if suffix and name else name


def _date(value: object) -> date | None:
    """Return a date in parts; a year or a month alone is none."""
    parts = value.get("date-parts") if isinstance(value, dict) else None
    first = parts[0] if isinstance(parts, list) and parts else None
    if not isinstance(first, list) or len(first) != 3:
        return None
    return date_of("-".join(f"{part:0>2}" for part in map(str, first)))
