"""OpenReview: the papers of a conference or journal, what was changed last coming first.

A venue's list is one for all its days; it is read back for a month, so that what was accepted or
made public meanwhile is found.  https://docs.openreview.net/reference/api-v2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from ...errors import SourceError
from ...model import Listing, ListingPage, Paper
from . import body
from .entries import ENTRIES, EntryError, joined, line, page, paper, with_missing
from .http import Fetch
from .sandbox import parse_apart
from .strict_json import loads

SITE = "https://openreview.net"
API = "https://api2.openreview.net/notes"
#: Notes asked for at once: one has some 5,000 characters, an answer 8 MiB at most.
_AT_ONCE = 500
#: How far back changes are looked for.
_BACK = timedelta(days=31)


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read the papers of the listing's ``venue``, back to those that were last changed long ago."""
    if listing.url or listing.path:
        return parse_apart(parse, body(listing, day, fetch).data, listing, day)
    pages: list[ListingPage] = []
    read_so_far, total, is_recent = 0, 1, True
    while read_so_far < min(total, ENTRIES) and is_recent:
        address = _address(listing, read_so_far)
        answer = fetch.fetch(address, listing=listing.name, headers=_headers(listing))
        notes, total = _notes(answer.data, listing.name)
        pages.append(parse_apart(parse, answer.data, listing, day))
        if not notes:
            break
        read_so_far += len(notes)
        last = _day(notes[-1].get("tmdate")) if isinstance(notes[-1], dict) else None
        is_recent = last is None or last >= day - _BACK
    found = joined(listing.name, pages)
    missing = total - read_so_far if is_recent else 0
    counted = with_missing(found, missing, total, "papers of the venue")
    return replace(counted, is_counted=True)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the papers of one answer; raises SourceError if it is none."""
    notes, _ = _notes(data, listing.name)
    listed: dict[str, date] = {}

    def build(note: Any) -> Paper:
        found = _paper(note, listing.name, day)
        if when := _listed(note):
            listed[found.key] = min(when, day)
        return found

    return replace(page(listing.name, notes, build), listed=listed)


def _address(listing: Listing, start: int) -> str:
    venue = line(listing.options.get("venue"))
    if not venue:
        raise SourceError(listing.name, "an openreview listing needs a venue, a url or a path")
    asked = {"content.venueid": venue, "sort": "tmdate:desc", "limit": _AT_ONCE, "offset": start}
    return f"{API}?{urlencode(asked, safe='/:')}"


def _headers(listing: Listing) -> Mapping[str, str]:
    token = line(listing.options.get("token"))
    return {"Authorization": f"Bearer {token}"} if token else {}


def _notes(data: bytes, listing: str) -> tuple[list[Any], int]:
    """Return the notes of an answer, and how many there are in all."""
    content = loads(data, listing)
    notes = content.get("notes") if isinstance(content, dict) else None
    if not isinstance(notes, list):
        said = content.get("message") if isinstance(content, dict) else ""
        raise SourceError(listing, f"the source reports: {line(said, 200) or 'nothing'}")
    total = content.get("count")
    is_number = isinstance(total, int) and not isinstance(total, bool)
    return notes, total if is_number else len(notes)


def _paper(note: Any, listing: str, day: date) -> Paper:
    if not isinstance(note, dict) or not isinstance(note.get("content"), dict):
        raise EntryError("no content in it")
    number = line(note.get("forum")) or line(note.get("id"))
    if not number:
        raise EntryError("no id")
    content = note["content"]
    title, abstract = _value(content, "title"), _value(content, "abstract")
    pdf = line(_value(content, "pdf"))
    return paper(
        day=day,
        title=line(title),
        listing=listing,
        guid=f"openreview:{number}",
        said=(title, abstract),
        abstract=abstract if isinstance(abstract, str) else "",
        authors=_texts(_value(content, "authors")),
        categories=_texts(_value(content, "keywords")),
        url=f"{SITE}/forum?id={number}",
        links={"pdf": urljoin(SITE, pdf)} if pdf else {},
        published=_day(note.get("pdate")) or _day(note.get("odate")) or _day(note.get("tcdate")),
        updated=_day(note.get("mdate")) or _day(note.get("tmdate")),
        extra={
            "journal": line(_value(content, "venue")),
            "summary": line(_value(content, "TLDR") or _value(content, "TL;DR")),
        },
    )


def _value(content: Mapping[str, Any], name: str) -> Any:
    """Return a field; the second version of the API wraps each in ``value``, the first does not."""
    found = content.get(name)
    return found.get("value") if isinstance(found, dict) else found


def _texts(values: object) -> list[str]:
    return [line(each) for each in values if line(each)] if isinstance(values, list) else []


def _listed(note: Any) -> date | None:
    """Return the day on which a paper came to the venue: made public or accepted."""
    dates = [_day(note.get(name)) for name in ("pdate", "odate", "tcdate")]
    return max((each for each in dates if each), default=None)


def _day(milliseconds: object) -> date | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
