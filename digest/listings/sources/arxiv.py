"""arXiv's announcements: today's feed or pages of several categories, the API for a missed day.

The feed says what was announced and how (new, cross-listed, replaced).  The API only knows when
papers were submitted, which is close enough to replace a feed that was not read.  No feed has
versions after the fifth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ... import expressions
from ...errors import SourceError
from ...model import ChangeKind, Listing, ListingPage, Paper
from ..identity import arxiv_id
from . import arxiv_page, read_whole
from .dates import date_of
from .entries import EntryError, joined, line, page, paper
from .feed import ARXIV_SUFFIX, categories, day_in, names_listed, parsed
from .http import Fetch
from .markup import text_of
from .sandbox import parse_apart

FEEDS = "https://rss.arxiv.org"
API = "https://export.arxiv.org/api/query"
#: Most entries of one feed; arXiv leaves out the rest silently.
_FEED_LIMIT = 2_000
# The API allows 2,000, but answers smaller slices more reliably, and our own limit is in bytes.
_SLICE = 1_000
_MOST_SLICES = 10
_EASTERN = ZoneInfo("America/New_York")
_DEADLINE = time(14)
# Moderators hold some submissions back, and a holiday moves a day's submissions to the next day.
_HELD = timedelta(days=4)

_CATEGORY = expressions.anchored(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?")
_PREFACE = expressions.anchored(
    r"arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<kind>[a-z-]++)\s*(?:Abstract:\s*)?", ignore_case=True
)
_TOTAL = expressions.compile(rb"<opensearch:totalResults[^<>]*>\s*([0-9]{1,9})\s*<")
_COMMA = expressions.compile(r",\s+")
_TITLE_OF_SON = expressions.anchored(r"(?:jr|sr)\.?|i{2,3}|iv", ignore_case=True)
_KINDS = {
    "new": ChangeKind.NEW,
    "cross": ChangeKind.CROSS,
    "cross listed": ChangeKind.CROSS,
    "replace": ChangeKind.REVISED,
    "replace-cross": ChangeKind.REVISED,
    "updated": ChangeKind.REVISED,
}
_WITHDRAWN = expressions.compile(
    r"(?:this|the) (?:paper|article|submission|manuscript|work|preprint|version)"
    r" (?:has been|is|was) (?:temporarily )?withdrawn",
    ignore_case=True,
)


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read what was announced on ``day``.

    The listing names ``categories`` (archives like ``cs`` or classes like ``cs.CL``), and may set
    ``format: atom`` or ``format: listing``; or it has a url or path of its own.
    """
    if listing.url or listing.path:
        return read_whole(parse, listing, day, fetch)
    watched = watched_categories(listing)
    # The feed has only the latest announcement; its own date shows which one it is.
    if day >= fetch.now().astimezone(_EASTERN).date():
        if listing.options.get("format") == "listing":
            return _announced_today(listing, watched, day, fetch)
        form = "atom" if listing.options.get("format") == "atom" else "rss"
        address = f"{FEEDS}/{form}/{'+'.join(watched)}"
        return read_whole(parse, listing, day, fetch, default=address)
    return _caught_up(listing, watched, day, fetch)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read a feed of rss.arxiv.org (RSS, Atom, RDF of old), a page of what is new, or the API's."""
    if arxiv_page.is_page(data):
        return arxiv_page.parse(data, listing, day)
    found = parsed(data, listing.name)
    if _is_api(found):
        watched = watched_categories(listing) if listing.options.get("categories") else ()
        return page(
            listing.name, found.entries, lambda entry: _from_api(entry, watched, day), batch=day
        )
    if not _is_arxiv(found):
        raise SourceError(listing.name, "a feed, but none of arXiv's")
    announced = page(
        listing.name, found.entries, lambda entry: _announced(entry, day), batch=_batch(found)
    )
    if announced.entries < _FEED_LIMIT:
        return announced
    full = f"a feed holds {_FEED_LIMIT} entries at most: watch fewer categories in one listing"
    return replace(announced, reasons=(full, *announced.reasons))


def watched_categories(listing: Listing) -> Sequence[str]:
    """Return the listing's categories; raises SourceError if one is invalid or none is set."""
    named = listing.options.get("categories", ())
    given = [named] if isinstance(named, str) else list(named)
    watched = [name for each in given for name in str(each).replace("+", " ").split()]
    for category in watched:
        if not _CATEGORY.fullmatch(category):
            raise SourceError(listing.name, f"not a category of arXiv: {category[:40]!r}")
    if not watched:
        raise SourceError(listing.name, "an arxiv listing needs categories, a url or a path")
    return watched


def submitted(day: date) -> tuple[datetime, datetime]:
    """Return the times between which papers announced on ``day`` were submitted, Eastern time.

    "Announced on a day" means in that day's feed, built at midnight after the announcement at 20:00
    of https://info.arxiv.org/help/availability.html.  A few days before are included: papers that
    were read already are recognised by their keys.
    """
    # Submissions from Friday to Monday are announced on Monday evening and are in Tuesday's feed;
    # submissions from Thursday to Friday are announced on Sunday evening.
    first, last = {0: (4, 3), 1: (4, 1), 6: (3, 2), 5: (2, 1)}.get(day.weekday(), (2, 1))
    start, end = (datetime.combine(day - timedelta(days=n), _DEADLINE) for n in (first, last))
    return start.replace(tzinfo=_EASTERN) - _HELD, end.replace(tzinfo=_EASTERN)


def _announced_today(
    listing: Listing, watched: Sequence[str], day: date, fetch: Fetch
) -> ListingPage:
    """Read the page of each category: what is new in it, and how much that is by its own count."""
    answers = (
        fetch.fetch(arxiv_page.address(category), listing=listing.name) for category in watched
    )
    pages = [parse_apart(parse, answer.data, listing, day) for answer in answers]
    return joined(listing.name, pages)


def _caught_up(listing: Listing, watched: Sequence[str], day: date, fetch: Fetch) -> ListingPage:
    """Ask the API, slice by slice, for what was submitted for the announcement of ``day``."""
    pages: list[ListingPage] = []
    start, total = 0, 1
    while start < total and len(pages) < _MOST_SLICES:
        slice_page, total = _slice(listing, watched, day, start, fetch)
        pages.append(slice_page)
        start += slice_page.entries
    found = replace(joined(listing.name, pages), batch=day)
    if start >= total:
        return found
    cut = f"{start} of {total} papers were asked for: watch fewer categories in one listing"
    return replace(found, reasons=(cut, *found.reasons))


def _slice(
    listing: Listing, watched: Sequence[str], day: date, start: int, fetch: Fetch
) -> tuple[ListingPage, int]:
    """Return one slice and the total; an empty slice before the end is asked for once more."""
    address = _query(watched, day, start)
    for _ in range(2):
        data = fetch.fetch(address, listing=listing.name).data
        total_text = _TOTAL.search(data)
        found = parse_apart(parse, data, listing, day)
        if total_text is None:
            raise SourceError(listing.name, "the API's answer does not say how many there are")
        total = int(total_text[1])
        if found.entries or start >= total:
            return found, total
    raise SourceError(listing.name, f"the API gives nothing from {start} of {total}")


def _query(watched: Sequence[str], day: date, start: int) -> str:
    terms = " OR ".join(f"cat:{name}" if "." in name else f"cat:{name}*" for name in watched)
    since, until = (f"{moment.astimezone(ZoneInfo('UTC')):%Y%m%d%H%M}" for moment in submitted(day))
    asked = quote(f"({terms}) AND submittedDate:[{since} TO {until}]", safe="():*.-")
    return (
        f"{API}?search_query={asked}&start={start}&max_results={_SLICE}"
        "&sortBy=submittedDate&sortOrder=ascending"
    )


def _is_api(found: Any) -> bool:
    return "arxiv.org/api/" in line(found.feed.get("id"))


def _is_arxiv(found: Any) -> bool:
    texts = [line(found.feed.get(name)) for name in ("id", "link", "title")]
    return any("arxiv.org" in text.lower() for text in texts)


def _batch(found: Any) -> date | None:
    """Return the day of the announcement: from the items, as a rebuilt feed has a newer date."""
    days = {when for entry in found.entries if (when := day_in(entry, "published"))}
    return (
        max(days, default=None) or day_in(found.feed, "published") or day_in(found.feed, "updated")
    )


def _announced(entry: Any, day: date) -> Paper:
    title = line(entry.get("title"))
    summary = _summary(entry)
    suffix, preface = ARXIV_SUFFIX.search(title), _PREFACE.match(summary)
    texts = [
        entry.get("id"),
        *(found["id"] for found in (preface, suffix) if found),
        entry.get("link"),
    ]
    ids = [found for each in texts if (found := arxiv_id(line(each)))]
    if not ids:
        raise EntryError(f"no arXiv id: {title[:60]!r}")
    abstract = summary[preface.end() :] if preface else summary
    announced = _kind(entry, preface, suffix, abstract)
    on = day_in(entry, "published")
    return paper(
        day=day,
        title=title[: suffix.start()].rstrip().removesuffix(".") if suffix else title,
        abstract=abstract,
        arxiv=ids[0][0],
        doi_name=line(entry.get("arxiv_doi")),
        version=next((version for _, version in ids if version), None),
        authors=_people(entry),
        categories=_classes(entry) or ([suffix["category"]] if suffix else []),
        # The day of the announcement is a new paper's date, but not that of a cross-listed one.
        published=on if announced is ChangeKind.NEW else None,
        updated=on if announced is ChangeKind.REVISED else None,
        announced=announced,
        extra=_about(entry),
    )


def _from_api(entry: Any, watched: Sequence[str], day: date) -> Paper:
    number = arxiv_id(line(entry.get("id")))
    if number is None:
        raise EntryError(f"no arXiv id: {line(entry.get('id'), 60)!r}")
    primary = entry.get("arxiv_primary_category")
    first = line(primary.get("term")) if isinstance(primary, dict) else ""
    comment = line(entry.get("arxiv_comment"))
    found = paper(
        day=day,
        title=line(entry.get("title")),
        abstract=_summary(entry),
        arxiv=number[0],
        doi_name=line(entry.get("arxiv_doi")),
        version=number[1],
        authors=map(line, names_listed(entry)),
        categories=[name for name in (first, *_classes(entry)) if name],
        published=date_of(entry.get("published")),
        updated=date_of(entry.get("updated")),
        comment=comment,
        extra=_about(entry),
    )
    if _WITHDRAWN.search(comment) or _WITHDRAWN.match(found.abstract):
        return replace(found, announced=ChangeKind.WITHDRAWN)
    is_cross = watched and first and not any(_is_in(first, name) for name in watched)
    return replace(found, announced=ChangeKind.CROSS) if is_cross else found


def _is_in(category: str, watched: str) -> bool:
    category, watched = category.lower(), watched.lower()
    return category == watched or category.startswith(f"{watched}.")


def _kind(
    entry: Any,
    preface: expressions.Match[str] | None,
    suffix: expressions.Match[str] | None,
    abstract: str,
) -> ChangeKind:
    words = [line(entry.get("arxiv_announce_type"))]
    words += [found["kind"].strip() for found in (preface, suffix) if found]
    kind_name = next((word.lower() for word in words if word), "new")
    announced = _KINDS.get(kind_name, ChangeKind.NEW)
    is_gone = announced is ChangeKind.REVISED and _WITHDRAWN.match(abstract)
    return ChangeKind.WITHDRAWN if is_gone else announced


def _summary(entry: Any) -> str:
    # In today's feeds "<" is mathematics; the old feeds had paragraphs of HTML.
    text = entry.get("summary")
    text = text if isinstance(text, str) else ""
    return text_of(text) if text.lstrip().startswith("<p>") else text.strip()


def _people(entry: Any) -> Sequence[str]:
    """Split "A B, C D, Jr." at its commas: one element holds all authors."""
    names: list[str] = []
    for listed in names_listed(entry):
        for part in _COMMA.split(text_of(listed)):
            if names and _TITLE_OF_SON.fullmatch(part.strip()):
                names[-1] += f", {part.strip()}"
            else:
                names.append(part)
    return names


def _classes(entry: Any) -> Sequence[str]:
    # Subject classes of mathematics (MSC) and computer science (ACM) are among the categories.
    return [name for name in categories(entry) if _CATEGORY.fullmatch(name)]


def _about(entry: Any) -> dict[str, str]:
    return {
        "journal": line(entry.get("arxiv_journal_reference") or entry.get("arxiv_journal_ref")),
        "licence": line(entry.get("rights")),
    }
