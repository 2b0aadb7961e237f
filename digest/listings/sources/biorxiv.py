"""bioRxiv and medRxiv: a day's preprints from their API, or the last thirty from a feed.

The API chooses its own page size and may promise more preprints than it returns; the missing ones
are counted as skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from ... import expressions
from ...errors import SourceError
from ...model import ChangeKind, Listing, ListingPage, Paper
from ..identity import doi
from . import read_whole
from .dates import date_of
from .entries import EntryError, joined, line, page, paper, with_missing
from .feed import day_in, parsed, text
from .http import Fetch
from .markup import text_of
from .sandbox import parse_apart
from .strict_json import loads

API = "https://api.biorxiv.org/details"
_MOST_PAGES = 100
_COUNT = expressions.anchored(r"[0-9]{1,9}")
_VERSION = expressions.compile(r"v([0-9]{1,3})(?:\?|$)")
_BETWEEN_NAMES = expressions.compile(r"(?<=\.),\s+")


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read the preprints posted on ``day``, or the feed at the listing's url or path.

    The option ``categories`` keeps only these subjects ("plant biology"); an entry of a feed that
    does not say its subject is kept.
    """
    if listing.url or listing.path:
        return read_whole(parse, listing, day, fetch)
    pages: list[ListingPage] = []
    cursor, total = 0, 1
    while cursor < total and len(pages) < _MOST_PAGES:
        address = f"{API}/{listing.kind}/{day}/{day}/{cursor}/json"
        data = fetch.fetch(address, listing=listing.name).data
        count, promised = _counts(data, listing.name)
        if count == 0:
            break
        total = promised
        pages.append(parse_apart(parse, data, listing, day))
        cursor += count
    return _whole(listing, pages, cursor, total, day)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read an answer of the API, or a feed of a subject (RDF)."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        entries = parsed(data, listing.name).entries
        wanted = _wanted(listing)
        wanted_raws = [each for each in entries if not wanted or _section(each) in {*wanted, ""}]
        return page(listing.name, wanted_raws, lambda entry: _from_feed(entry, listing, day))
    _counts(data, listing.name)
    raws = loads(data, listing.name).get("collection", [])
    if not isinstance(raws, list):
        raise SourceError(listing.name, "no collection of preprints")
    wanted = _wanted(listing)
    wanted_raws = [raw for raw in raws if not wanted or _subject(raw) in wanted]
    return page(listing.name, wanted_raws, lambda raw: _from_api(raw, listing, day))


def _whole(
    listing: Listing, pages: Sequence[ListingPage], cursor: int, total: int, day: date
) -> ListingPage:
    found = joined(listing.name, pages) if pages else ListingPage((), 0)
    total = total if cursor else 0
    counted = with_missing(found, total - cursor, total, "preprints that the source promised")
    return replace(counted, batch=day)


def _counts(data: bytes, listing: str) -> tuple[int, int]:
    """Return the numbers of preprints in an answer and in all; raises SourceError on an error."""
    content = loads(data, listing)
    messages = content.get("messages") if isinstance(content, dict) else None
    if not isinstance(messages, list) or not messages or not isinstance(messages[0], dict):
        raise SourceError(listing, "not an answer of the preprint server's API")
    status = line(messages[0].get("status"), 100).lower()
    if status.startswith("no posts found"):
        return 0, 0
    if status != "ok":
        raise SourceError(listing, f"the source reports: {status or 'nothing'}")
    raws = content.get("collection")
    count = len(raws) if isinstance(raws, list) else 0
    return count, _integer(messages[0].get("total"), count)


def _integer(value: object, otherwise: int) -> int:
    # Some numbers come as texts.
    text = str(value)
    return int(text) if _COUNT.fullmatch(text) else otherwise


def _wanted(listing: Listing) -> set[str]:
    named = listing.options.get("categories", ())
    names = [named] if isinstance(named, str) else list(named)
    return {line(name).lower().replace("_", " ") for name in names}


def _subject(raw: Any) -> str:
    return line(raw.get("category")).lower().replace("_", " ") if isinstance(raw, dict) else ""


def _section(entry: Any) -> str:
    return line(entry.get("prism_section")).lower().replace("_", " ")


def _from_api(raw: Any, listing: Listing, day: date) -> Paper:
    name = doi(line(raw.get("doi"))) if isinstance(raw, dict) else None
    if name is None:
        raise EntryError("no DOI")
    version = _integer(raw.get("version"), 1)
    journal = line(raw.get("published"))
    return paper(
        day=day,
        title=text_of(line(raw.get("title"))),
        abstract=text_of(line(raw.get("abstract"), 32_000)),
        doi_name=name,
        version=version,
        authors=line(raw.get("authors"), 200_000).split(";"),
        categories=[line(raw.get("category"))],
        **_pages(_server(raw.get("server"), listing), name, version),
        published=date_of(raw.get("date")) if version == 1 else None,
        updated=date_of(raw.get("date")) if version > 1 else None,
        organisation=line(raw.get("author_corresponding_institution")),
        announced=ChangeKind.NEW if version == 1 else ChangeKind.REVISED,
        extra={"journal": "" if journal == "NA" else journal, "licence": line(raw.get("license"))},
    )


def _from_feed(entry: Any, listing: Listing, day: date) -> Paper:
    link = line(entry.get("link"))
    version_match = _VERSION.search(link)
    version = int(version_match[1]) if version_match else None
    return paper(
        day=day,
        title=text(entry, "title"),
        abstract=text(entry, "summary"),
        doi_name=line(entry.get("dc_identifier")),
        version=version,
        authors=_people(line(entry.get("author"), 200_000)),
        categories=[line(entry.get("prism_section"))],
        url=link.removesuffix("?rss=1"),
        published=day_in(entry, "updated") if version == 1 else None,
        updated=day_in(entry, "updated") if version != 1 else None,
        announced=ChangeKind.REVISED if version and version > 1 else ChangeKind.NEW,
    )


def _people(names: str) -> Sequence[str]:
    """Split "Kelp, A., Wrack, B. C." after the initials, because names contain commas, too."""
    return _BETWEEN_NAMES.split(names)


def _server(server_name: object, listing: Listing) -> str:
    name = line(server_name).lower()
    return name if name in {"biorxiv", "medrxiv"} else listing.kind


def _pages(server: str, name: str, version: int) -> dict[str, Any]:
    home = f"https://www.{server}.org/content/{name}v{version}"
    return {"url": home, "links": {"pdf": f"{home}.full.pdf"}}
