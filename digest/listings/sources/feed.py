"""RSS, RDF and Atom feeds of any kind, read by feedparser from bytes alone.

A truncated feed is refused as a whole: a parser would return half an entry under a wrong name.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser

from ... import expressions
from ...errors import SourceError
from ...language.text import clean
from ...model import Listing, ListingPage, Paper
from ..identity import arxiv_id, doi
from . import read_whole
from .author_names import names_in, others_in
from .damage import count, pieces, with_possible_references, with_true_encoding
from .dates import date_of, is_told
from .entries import address, beginning, line, page, paper
from .http import Fetch
from .markup import text_of
from .strict_json import excerpt

# Exceptions that feedparser let through on fuzzed bytes, each of them seen.
_BROKEN = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError)
_END = expressions.compile(r"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>$", ignore_case=True)
# arXiv's own feeds begin each abstract with this.
_PREAMBLE = expressions.compile(
    r"^\s*arXiv:\S+\s+Announce Type:\s*[a-z-]++\s*(?:Abstract:\s*)?", ignore_case=True
)
# arXiv's feeds before February 2024, and feeds made from them, end a title with
# "(arXiv:2301.12534v3 [cs.CL] UPDATED)".
ARXIV_SUFFIX = expressions.compile(
    r"\(arXiv:(?P<id>[^\s(]+)\s+\[(?P<category>[^\[\]()]+)\](?P<kind>[^()]*)\)\s*$"
)
#: Characters of "The post TITLE appeared first on BLOG." at most.
_FOOTER = 1_200
# Said before each title: "as soon as publishable" by the American Chemical Society, the section by
# the Lancet.
_STAGE = expressions.anchored(r"\[(?:ASAP|(?:(?:Original|Research) )?Articles?)\]\s+")


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read the feed as it is now, or as it was saved."""
    return read_whole(parse, listing, day, fetch)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the entries of a feed; raises SourceError if it is not a feed, or not complete."""
    found = parsed(data, listing.name)
    base = _base(found.feed, listing.url)
    return page(listing.name, found.entries, lambda entry: _paper(entry, base, day, listing.name))


def _base(feed: Any, url: str) -> str:
    """Return the address that links start from: the feed's page, or where it says that it is."""
    links = [link for link in feed.get("links", []) if isinstance(link, dict)]
    own = next((link.get("href") for link in links if link.get("rel") == "self"), "")
    where = address(own) or url
    return address(urljoin(where, line(feed.get("link")))) or where


def parsed(data: bytes, listing: str) -> Any:
    """Return feedparser's result; raises SourceError if the feed is not complete or is an error."""
    if not data.strip():
        raise SourceError(listing, "an empty answer")
    data = with_possible_references(with_true_encoding(data))
    try:
        found = _parsed(data)
    except _BROKEN as error:
        found = _in_pieces(data)
        if not found.entries:
            raise SourceError(listing, f"a damaged feed: {type(error).__name__}") from error
        found.bozo = True
    if not found.version or not (found.entries or found.feed):
        raise SourceError(listing, _no_feed(data))
    # Scripts and warnings of a server's are behind a whole feed.
    is_whole = "junk after document element" in _why(found) or _is_ended(data, found.encoding)
    if found.bozo and not is_whole:
        raise SourceError(listing, f"the feed breaks off or is damaged: {_why(found)}")
    if found.bozo and len(found.entries) < count(data):
        found.entries = max(found.entries, _in_pieces(data).entries, key=_told)
    for reason in _errors(found):
        raise SourceError(listing, f"the source reports: {reason}")
    return found


def _parsed(data: bytes) -> Any:
    # From a file object: feedparser may open anything else as a path or an address.
    return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)


def _in_pieces(data: bytes) -> Any:
    """Parse each entry by itself; an entry that cannot be parsed is an empty one."""
    found = feedparser.FeedParserDict(entries=[])
    entries: list[Any] = []
    for piece in pieces(data):
        try:
            found = _parsed(piece)
            entries += found.entries[:1] or [feedparser.FeedParserDict()]
        except _BROKEN:
            entries.append(feedparser.FeedParserDict())
    found.entries = entries
    return found


def _told(entries: Sequence[Any]) -> int:
    return sum(1 for entry in entries if entry.get("title"))


def text(entry: Any, name: str) -> str:
    """Return a field of a feed's entry as plain text, "" if it is missing."""
    value = entry.get(name)
    # What feeds and feedparser say of a text's type is often wrong, and sometimes missing.
    return text_of(value) if isinstance(value, str) else ""


def day_in(entry: Any, name: str) -> date | None:
    """Return a date of a feed's entry as it is written there, or as feedparser understood it."""
    # feedparser replaces a missing date by another.
    if name not in entry:
        return None
    text = line(entry.get(name))
    if written := date_of(text):
        return written
    guessed = entry.get(f"{name}_parsed")
    try:
        guess = date(*guessed[:3]) if isinstance(guessed, struct_time) else None
    except ValueError:
        return None
    return guess if guess and is_told(text, guess) else None


def categories(entry: Any) -> list[str]:
    """Return the category terms of an entry."""
    return [line(tag.get("term")) for tag in entry.get("tags", []) if isinstance(tag, dict)]


def names_listed(entry: Any) -> list[str]:
    """Return the text of each of an entry's elements of authors."""
    listed = entry.get("authors", [])
    # IEEE's feeds have one element of this name, whose text feedparser puts here.
    authors = [{"name": listed}] if isinstance(listed, str) else listed
    return [str(author.get("name") or "") for author in authors]


def people(entry: Any) -> tuple[list[str], int]:
    """Return the authors, one name each, however many are in one element, and how many more."""
    named = names_listed(entry)
    whole = str(entry.get("author") or "")
    # feedparser cuts a name out of "someone@journal.example (Name)" at the wrong places.
    found = [whole] if "@" in whole else [*filter(None, named)] or [whole]
    names = [name for each in found for name in names_in(each, is_one=len(found) > 1)]
    return names, sum(map(others_in, found))


def _people_in(abstract: str) -> tuple[list[str], int]:
    """Return the authors that ScienceDirect's feeds name at the end of a text, and only there."""
    found = abstract.rpartition("Author(s): ")[2] if "Author(s): " in abstract else ""
    return names_in(found), others_in(found)


def _paper(entry: Any, base: str, day: date, listing: str) -> Paper:
    link_text = line(entry.get("link"))
    detail = entry.get("title_detail") or {}
    link = address(urljoin(address(detail.get("base")) or base, link_text)) if link_text else ""
    title, number = _title(entry)
    abstract, short = _texts(entry)
    authors, others = people(entry)
    if not authors:
        authors, others = _people_in(abstract)
    id_texts = [line(entry.get(name)) for name in ("id", "dc_identifier", "prism_doi", "link")]
    id_texts.append(number)
    return paper(
        day=day,
        title=title or beginning(abstract),
        listing=listing,
        guid=line(entry.get("id")),
        said=(entry.get("title"), entry.get("summary"), *_contents(entry)),
        abstract=abstract,
        arxiv=next((each for each in id_texts if arxiv_id(each)), ""),
        doi_name=next((each for each in id_texts if doi(each) and not arxiv_id(each)), ""),
        authors=authors,
        others=others,
        categories=categories(entry),
        url=link or address(line(entry.get("id"))),
        published=day_in(entry, "published") or day_in(entry, "updated"),
        updated=day_in(entry, "updated"),
        extra={"summary": short},
    )


def _title(entry: Any) -> tuple[str, str]:
    """Return an entry's title, and the arXiv id that it ends with, if it does."""
    title = line(text(entry, "title"))
    if stage := _STAGE.match(title):
        title = title[stage.end() :]
    suffix = ARXIV_SUFFIX.search(title)
    if suffix is None:
        return title, ""
    return title[: suffix.start()].rstrip().removesuffix("."), suffix["id"]


def _texts(entry: Any) -> tuple[str, str]:
    """Return the longest text of an entry, without arXiv's preamble, and its own short one."""
    whole = map(text_of, _contents(entry))
    short = _without_footer(clean(text(entry, "summary")))
    longest = _without_footer(clean(max([short, *whole], key=len)))
    is_start = longest.startswith(short.rstrip("….[] "))
    return _PREAMBLE.sub("", longest, count=1), "" if is_start else short


def _without_footer(text: str) -> str:
    """Return a text without WordPress's last line; "" of one that is only cut off ("[…]")."""
    before, _, footer = f" {text}".rpartition(" The post ")
    text = before.strip() if " appeared first on " in footer[:_FOOTER] else text
    return text if any(map(str.isalnum, text)) else ""


def _contents(entry: Any) -> list[str]:
    parts = [part for part in entry.get("content", []) if isinstance(part, dict)]
    return [str(part.get("value") or "") for part in parts]


def _no_feed(data: bytes) -> str:
    start = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<body" in start:
        return "a web page instead of a feed"
    return f"no feed but {excerpt(data)}" if start[:1].isalpha() else "not a feed"


def _is_ended(data: bytes, encoding: str) -> bool:
    """Return whether the root element ends the feed; a sloppy feed may still be complete."""
    try:
        tail = data[-8000:].decode(encoding or "utf-8", "replace")
    except LookupError:
        tail = data[-8000:].decode("utf-8", "replace")
    return _END.search(_uncommented(tail.rstrip("\0"))) is not None


def _uncommented(tail: str) -> str:
    """Remove the blanks and comments at the end."""
    tail = tail.rstrip()
    while tail.endswith("-->"):
        before = tail.rfind("-->", 0, -3)
        start = tail.find("<!--", before + 3 if before >= 0 else 0, -3)
        if start < 0:
            break
        tail = tail[:start].rstrip()
    return tail


def _why(found: Any) -> str:
    return line(str(found.get("bozo_exception", "")), 160).removeprefix("<unknown>:")


def _errors(found: Any) -> Iterator[str]:
    """Yield the error message that arXiv sends as a feed in answer to a bad query."""
    title = line(found.feed.get("title"))
    if title.startswith("Feed error for query"):
        yield line(found.feed.get("subtitle"), 200) or title
    for entry in found.entries[:1]:
        if "/api/errors" in line(entry.get("id")):
            yield line(text(entry, "summary"), 200)
