"""Raw entries become papers here: cleaned, made readable, cut to length, and named.

Every text that a source reads passes through this module.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ... import expressions
from ...errors import SourceError
from ...language.text import clean, readable
from ...model import ChangeKind, ListingPage, Paper, count
from ..entry_names import entry_name, link_key
from ..identity import arxiv_id, entries_of, is_same_on_a_page, name_apart, names, unite

_T = TypeVar("_T")

#: Most entries of one listing; the longest real listings have some 2,000.
ENTRIES = 5_000
# Characters.  The longest real title has 300, the longest abstract 6,000.
_TITLE = 1_000
_ABSTRACT = 32_000
_NAME = 300
_BEGINNING = 100
# Words; fewer end in the dot of an abbreviation.
_SHORTEST_SENTENCE = 3
_URL = 2_000
_REMARK = 2_000
# The papers of the largest collaborations have some 3,300 authors.
_AUTHORS = 5_000
_CATEGORIES = 100
# Journals date an issue up to a year ahead.
_DAYS_AHEAD = 366
_FIRST_YEAR = 1900
# Other software turns a missing date into this one.
_EPOCH = date(1970, 1, 1)


_TAG = expressions.compile(r"<[^<>]*>")
# BibTeX's braces around what must keep its capitals: "{D}eep", "{BERT}".
_PROTECTED = expressions.compile(r"\{([A-Z][A-Za-z0-9-]{0,30})\}")


class EntryError(ValueError):
    """An entry that cannot be read; the other entries of its listing can."""


def paper(
    *,
    day: date,
    title: str,
    listing: str = "",
    guid: str = "",
    said: Sequence[object] = (),
    abstract: str = "",
    arxiv: str = "",
    doi_name: str = "",
    version: int | None = None,
    authors: Iterable[str] = (),
    author_count: int | None = None,
    others: int = 0,
    categories: Iterable[str] = (),
    url: str = "",
    links: Mapping[str, str] | None = None,
    published: date | None = None,
    updated: date | None = None,
    upvotes: object = None,
    comments: object = None,
    organisation: str = "",
    comment: str = "",
    announced: ChangeKind = ChangeKind.NEW,
    extra: Mapping[str, Any] | None = None,
) -> Paper:
    """Make a paper from a source's raw texts; raises EntryError if it has no title.

    ``others`` is how many more authors there are than are named; where no one knows, it is 1.
    ``arxiv`` and ``doi_name`` may be any text: text that is not an identifier is ignored.
    ``guid`` names the entry within ``listing``, together with ``url``; ``said`` holds its texts as
    the source has them, by which a later reading knows whether they were changed.
    """
    shown_title, raw_title = _shown(title, _TITLE)
    shown_title = _PROTECTED.sub(r"\1", shown_title)
    shown_abstract, raw_abstract = _shown(abstract, _ABSTRACT)
    if not shown_title:
        raise EntryError("no title")
    page_url = address(url)
    entry = entry_name(listing, line(guid), page_url) if listing else ""
    key, *aliases = names(
        title=shown_title,
        arxiv=line(arxiv),
        doi_name=line(doi_name),
        entry=entry,
        hint=link_key(page_url) if entry else shown_abstract or page_url,
    )
    tex = {"title": raw_title, "abstract": raw_abstract}
    people = _texts((readable(name.replace("--", "-")) for name in authors), _AUTHORS)
    if others:
        author_count = len(people) + others
    return Paper(
        key=key,
        title=shown_title,
        aliases=tuple(aliases),
        version=version,
        abstract=shown_abstract,
        authors=people,
        author_count=author_count if author_count != len(people) else None,
        categories=tuple(dict.fromkeys(_texts(categories, _CATEGORIES))),
        url=_home(key) if not page_url or arxiv_id(page_url) else page_url,
        links=_links(key, links or {}),
        published=sane_date(published, day),
        updated=sane_date(updated, day),
        upvotes=number(upvotes),
        comments=number(comments),
        organisation=line(organisation, _NAME),
        comment=_shown(comment, _REMARK)[0],
        announced=announced,
        wording=_wording(said) if entry else "",
        extra=_extra(extra or {}, {name: text for name, text in tex.items() if text}),
    )


def page(
    listing: str,
    raws: Sequence[_T],
    build: Callable[[_T], Paper],
    *,
    batch: date | None = None,
) -> ListingPage:
    """Build a paper from each raw entry; skip an entry that cannot be built, with its reason.

    Several entries of one paper are merged.  Raises SourceError if there are entries but none can
    be read: then the format has changed.
    """
    papers: list[Paper] = []
    places: dict[str, int] = {}
    reasons: list[str] = []
    for place, raw in enumerate(raws[:ENTRIES], 1):
        try:
            _add(papers, places, build(raw))
        except Exception as error:  # a bad entry is skipped, whatever it raises
            reasons.append(f"entry {place}: {_reason(error)}")
    if raws and not papers:
        entries = count(len(raws), "entry", "entries")
        raise SourceError(listing, f"none of {entries} can be read: {reasons[0]}")
    skipped = len(reasons)
    if (beyond := len(raws) - ENTRIES) > 0:
        skipped += beyond
        reasons.insert(0, f"{count(beyond, 'entry', 'entries')} beyond the first {ENTRIES}")
    named, remarks = _with_own_entries(papers)
    return ListingPage(
        tuple(named),
        len(raws),
        batch=batch,
        skipped=skipped,
        reasons=tuple(reasons),
        remarks=remarks,
    )


def _with_own_entries(papers: Sequence[Paper]) -> tuple[list[Paper], tuple[str, ...]]:
    """Take the names of entries that several papers of a page share from them, and say so."""
    counts = Counter(name for paper in papers for name in entries_of(paper))
    shared = {name for name, number in counts.items() if number > 1}
    if not shared:
        return list(papers), ()
    named = [
        replace(
            paper, aliases=tuple(name for name in paper.aliases if name not in shared), wording=""
        )
        if shared.intersection(paper.aliases)
        else paper
        for paper in papers
    ]
    number = sum(counts[name] for name in shared)
    return named, (f"{number} entries share their guid and link with others",)


def _add(papers: list[Paper], places: dict[str, int], found: Paper) -> None:
    """Add a paper, or unite it with one of the same work; ``places`` leads from names to papers."""
    for name in (found.key, *entries_of(found)):
        place = places.get(name)
        if place is not None and is_same_on_a_page(papers[place], found):
            papers[place] = unite(papers[place], found)
            break
    else:
        place = len(papers)
        if found.key in places:
            apart = name_apart(found)
            found = replace(found, key=apart, aliases=(found.key, *found.aliases))
        papers.append(found)
    for name in (papers[place].key, *papers[place].aliases):
        places.setdefault(name, place)


def joined(listing: str, pages: Sequence[ListingPage]) -> ListingPage:
    """Merge the pages of all answers that hold one listing day."""
    first, *others = pages
    if not others:
        return first
    merged = page(listing, [paper for each in pages for paper in each.papers], lambda paper: paper)
    return replace(
        merged,
        entries=sum(each.entries for each in pages),
        batch=max((each.batch for each in pages if each.batch), default=None),
        skipped=sum(each.skipped for each in pages) + merged.skipped,
        reasons=tuple(reason for each in pages for reason in each.reasons) + merged.reasons,
        remarks=tuple(remark for each in pages for remark in each.remarks) + merged.remarks,
        listed={key: day for each in pages for key, day in each.listed.items()},
    )


def with_missing(found: ListingPage, missing: int, total: int, what: str) -> ListingPage:
    """Return a page that also counts what its source announced and did not bring, if anything."""
    if missing <= 0:
        return found
    return replace(
        found,
        entries=found.entries + missing,
        skipped=found.skipped + missing,
        reasons=(f"{missing} of {total} {what} did not come", *found.reasons),
    )


def line(value: object, limit: int = _REMARK) -> str:
    """Return a text as one clean line of at most ``limit`` characters; "" if it is not a text."""
    return _cut(clean(value[: 4 * limit]), limit) if isinstance(value, str) else ""


def beginning(text: str) -> str:
    """Return a text's first sentence, cut where it is long: a title for what has none."""
    taken: list[str] = []
    for word in line(text, 4 * _BEGINNING).split():
        if len(" ".join([*taken, word])) > _BEGINNING:
            return f"{' '.join(taken) or word[:_BEGINNING]}…"
        taken.append(word)
        if word[-1] in ".!?。！？" and len(taken) >= _SHORTEST_SENTENCE:
            break
    return " ".join(taken)


def address(value: object) -> str:
    """Return an absolute http(s) address, or "" for anything else (a script, a relative one)."""
    text = line(value, _URL + 1)
    try:
        parts = urlsplit(text)
        is_fit = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return ""
    return text if is_fit and len(text) <= _URL and not set(text) & set(' <>"\\') else ""


def number(value: object) -> int | None:
    """Return a count (of votes, comments or stars), or None if it is not a sensible count."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and 0 <= value < 10**9 else None


def sane_date(value: date | None, day: date) -> date | None:
    """Return ``value`` if a paper listed on ``day`` can plausibly have it, else None."""
    if value is None or value.year < _FIRST_YEAR or value == _EPOCH:
        return None
    return value if (value - day).days <= _DAYS_AHEAD else None


def _shown(text: str, limit: int) -> tuple[str, str]:
    """Return a text as a person reads it, and its TeX source if that differs."""
    raw = line(text, limit)
    shown = _cut(clean(readable(raw)), limit)
    return shown, raw if raw != shown else ""


def _wording(said: Iterable[object]) -> str:
    """Return a hash of the letters and digits of raw texts, without their tags.

    It does not depend on how markup is read, which changes from version to version.
    """
    texts = (_TAG.sub("", text) for text in said if isinstance(text, str))
    letters = "\n".join("".join(filter(str.isalnum, text)) for text in texts)
    return blake2b(letters.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _texts(values: Iterable[str], limit: int) -> tuple[str, ...]:
    lines = (line(value, _NAME) for value in list(values)[:limit])
    return tuple(text for text in lines if text)


def _home(key: str) -> str:
    scheme, _, name = key.partition(":")
    pages = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
    return pages[scheme] + name if scheme in pages else ""


def _links(key: str, links: Mapping[str, str]) -> dict[str, str]:
    number = key.removeprefix("arxiv:")
    found = {"pdf": f"https://arxiv.org/pdf/{number}"} if key.startswith("arxiv:") else {}
    found.update({what: address(where) for what, where in links.items() if address(where)})
    return found


def _extra(extra: Mapping[str, Any], tex: Mapping[str, str]) -> dict[str, Any]:
    found = {name: _plain(value) for name, value in extra.items()}
    filled = {name: value for name, value in found.items() if value not in (None, "", [], {})}
    return filled | ({"tex": dict(tex)} if tex else {})


def _plain(value: Any) -> Any:
    """Return a flat JSON value with its texts cleaned, or None for any other value."""
    if isinstance(value, str):
        return line(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value[:_CATEGORIES] if isinstance(each, str | int)]
    return value if isinstance(value, bool | int) else None


def _reason(error: Exception) -> str:
    text = line(str(error), 200)
    return text if isinstance(error, EntryError) else f"{type(error).__name__}: {text}"
