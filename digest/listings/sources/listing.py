"""A Daily Papers page saved as plain text: titles and abstracts, some with a line of facts.

    page  := header MON DAY entry*          the header ends in "byAK and the research community"
    entry := title [abstract] [facts]       separated by blank lines
    facts := who NL "·" NL MON DAY [", " YEAR] [COMMENTS]
    who   := "• N authors" | slug name of an organisation

It has no ids and no addresses: each paper gets a search for its title.  Usually it has no year: the
year comes from the day asked for.  A page that was cut short cannot always be recognised.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

from ... import expressions
from ...errors import SourceError
from ...model import Listing, ListingPage, Paper
from . import read_whole
from .entries import EntryError, page, paper
from .http import Fetch

_HEADER = expressions.anchored(
    r"new|get trending papers in your email inbox!?|subscribe|daily papers"
    r"|by\s*ak and the research community",
    ignore_case=True,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = expressions.anchored(
    rf"(?P<month>{'|'.join(_MONTHS)})[a-z]* (?P<day>[0-9]{{1,2}})(?:, (?P<year>[0-9]{{4}}))?"
    r"(?: (?P<comments>[0-9]{1,6}))?",
    ignore_case=True,
)
_COUNT = expressions.anchored(r"•?\s*([0-9]{1,5}) authors?", ignore_case=True)
_UPVOTES = expressions.anchored(r"(?:upvotes?\s*)?[0-9]{1,6}|upvotes?", ignore_case=True)


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read the saved page of ``day``."""
    return read_whole(parse, listing, day, fetch)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the papers of one page, or of several pages one after the other.

    Raises SourceError if the file is not such a page.
    """
    lines = [" ".join(line.split()) for line in _text(data, listing.name).splitlines()]
    pages = list(_pages(lines, day))
    if not pages:
        raise SourceError(listing.name, "not a Daily Papers page: its header and date are missing")
    raws = [raw for each in pages for raw in _entries(each)]
    return page(
        listing.name, raws, lambda raw: _paper(raw, day), batch=max(each.day for each in pages)
    )


@dataclass(slots=True)
class _Facts:
    """The line under an abstract."""

    who: str = ""
    when: str = ""


@dataclass(slots=True)
class _RawEntry:
    """An entry as read, its title, paragraphs and facts still apart."""

    page_day: date
    title: str
    paragraphs: Sequence[str]
    facts: _Facts = field(default_factory=_Facts)
    is_last: bool = False


@dataclass(slots=True)
class _Sheet:
    """One page of the file."""

    day: date
    lines: Sequence[str]


def _text(data: bytes, listing: str) -> str:
    if not data.strip():
        raise SourceError(listing, "an empty file")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            # Not final: half a character at the end of a cut file is left out.
            text = codecs.getincrementaldecoder(encoding)().decode(data)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SourceError(listing, "not text")


def _pages(lines: Sequence[str], day: date) -> Iterator[_Sheet]:
    """Find each page by the date at the end of its header."""
    starts = [
        (place, when)
        for place in range(len(lines))
        if (when := _page_day(lines, place, day)) is not None
    ]
    ends = [_header_start(lines, place) for place, _ in starts] + [len(lines)]
    for (place, when), end in zip(starts, ends[1:], strict=True):
        yield _Sheet(when, lines[place + 1 : end])


def _page_day(lines: Sequence[str], place: int, day: date) -> date | None:
    found = _DATE.fullmatch(lines[place])
    above = next((line for line in reversed(lines[max(0, place - 4) : place]) if line), "")
    if not found or found["comments"] or not _HEADER.fullmatch(above):
        return None
    if found["year"]:
        return _date(found, int(found["year"]))
    # A page of late December may be read in January; 29 February needs a leap year.
    years = (_date(found, day.year - back) for back in range(9))
    return next((when for when in years if when and (when - day).days <= 1), None)


def _header_start(lines: Sequence[str], place: int) -> int:
    while place > 0 and (not lines[place - 1] or _HEADER.fullmatch(lines[place - 1])):
        place -= 1
    return place


def _date(found: expressions.Match[str], year: int) -> date | None:
    try:
        return date(year, _MONTHS.index(found["month"].lower()) + 1, int(found["day"]))
    except ValueError:
        return None


def _entries(sheet: _Sheet) -> Iterator[_RawEntry]:
    """Split a page at its facts, and the blocks between them into titles and abstracts."""
    blocks: list[str] = []
    for item in _items(sheet.lines):
        if isinstance(item, str):
            blocks.append(item)
            continue
        *others, last = _split(blocks, sheet.day) or [_RawEntry(sheet.day, "", ())]
        yield from others
        last.facts = item
        yield last
        blocks = []
    rest = _split(blocks, sheet.day, is_end=True)
    if rest:
        rest[-1].is_last = True
    yield from rest


def _items(lines: Sequence[str]) -> Iterator[str | _Facts]:
    """Yield the page's blocks, each as one line, and its facts."""
    block: list[str] = []
    facts = dict(_facts(lines))
    skip = {place for span, _ in facts.values() for place in span}
    for place, line in enumerate(lines):
        if line and place not in skip and not (_UPVOTES.fullmatch(line) and not block):
            block.append(line)
        elif block:
            yield " ".join(block)
            block = []
        if place in facts:
            yield facts[place][1]
    if block:
        yield " ".join(block)


def _facts(lines: Sequence[str]) -> Iterator[tuple[int, tuple[range, _Facts]]]:
    """Find the facts by a line with only "·", or by a count of authors without such a line."""
    filled = [place for place, line in enumerate(lines) if line]
    for index, place in enumerate(filled):
        following = filled[index + 1 : index + 3]
        texts = [lines[each] for each in following]
        if texts[:1] == ["·"] and (texts[1:] == [] or _DATE.fullmatch(texts[1])):
            yield place, (range(place, following[-1] + 1), _Facts(lines[place], *texts[1:]))
        elif texts[:1] != ["·"] and _COUNT.fullmatch(lines[place]):
            yield place, (range(place, place + 1), _Facts(lines[place]))


# Titles and abstracts alternate; where they do not, the split with the lowest cost is taken.
_NO_ABSTRACT = 3
_FURTHER_PARAGRAPH = 2
_MOST_PARAGRAPHS = 12


def _split(blocks: Sequence[str], day: date, *, is_end: bool = False) -> list[_RawEntry]:
    """Split blocks into entries of one title and its paragraphs, at the lowest total cost.

    At the end of a page a title without an abstract costs nothing: the page was cut there.
    """
    best: list[tuple[int, int]] = [(0, 0)]
    for end in range(1, len(blocks) + 1):
        missing = 0 if is_end and end == len(blocks) else _NO_ABSTRACT
        starts = range(max(0, end - 1 - _MOST_PARAGRAPHS), end)
        best.append(
            min((best[start][0] + _oddity(blocks[start:end], missing), start) for start in starts)
        )
    entries: list[_RawEntry] = []
    end = len(blocks)
    while end > 0:
        start = best[end][1]
        entries.append(_RawEntry(day, blocks[start], blocks[start + 1 : end]))
        end = start
    return entries[::-1]


def _oddity(blocks: Sequence[str], missing: int) -> int:
    title, *paragraphs = blocks
    odd = (len(title) > 160) + 5 * (len(title) > 300) + 2 * title.endswith(".")
    if not paragraphs:
        return odd + missing
    odd += _FURTHER_PARAGRAPH * (len(paragraphs) - 1)
    return odd + sum(2 for text in paragraphs if len(text) < 200 and text[-1] not in ".!?)")


def _paper(raw: _RawEntry, day: date) -> Paper:
    if raw.is_last and not raw.paragraphs:
        raise EntryError(f"the page ends after the title {raw.title[:60]!r}")
    count = _COUNT.fullmatch(raw.facts.who)
    when = _DATE.fullmatch(raw.facts.when)
    found = paper(
        day=day,
        title=raw.title,
        abstract=" ".join(raw.paragraphs),
        author_count=int(count[1]) if count else None,
        organisation="" if count else _organisation(raw.facts.who),
        published=_date(when, int(when["year"] or raw.page_day.year)) if when else None,
        comments=int(when["comments"]) if when and when["comments"] else None,
    )
    return replace(found, links={"find": _search(found.title)})


def _search(title: str) -> str:
    """Return the address of a search for a paper by its title."""
    return "https://arxiv.org/search/?" + urlencode({"query": title[:200], "searchtype": "title"})


def _organisation(who: str) -> str:
    """Return the full name, without the short name before it."""
    slug, _, name = who.removeprefix("•").strip().partition(" ")
    return name or slug
