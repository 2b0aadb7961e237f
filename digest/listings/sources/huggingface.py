"""Hugging Face's lists of papers from its API: a day, a week, a month or the trending papers.

Also reads the list inside a web page.  The day is the one on which a paper was put on the list;
votes and comments never make a paper new.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date
from typing import Any

from ... import expressions
from ...errors import SourceError
from ...model import Listing, ListingPage, Paper
from ..identity import arxiv_id
from . import body, dated
from .dates import date_of
from .entries import EntryError, address, joined, line, number, page, paper
from .http import Fetch
from .sandbox import parse_apart
from .strict_json import loads

SITE = "https://huggingface.co"
_API = f"{SITE}/api/daily_papers"
#: Entries asked for at once, the API's maximum; without ``limit`` it returns 50.
_LIMIT = 100
_PLAIN_LIMIT = 50
_MOST_PAGES = 20
_IS_LATER = expressions.compile(r"[?&]p=")
_ASKED = expressions.compile(r"[?&]limit=([0-9]{1,3})(?:&|$)")
_DIV = expressions.compile(r"<div\b")
_TARGET = expressions.compile(r'\bdata-target="DailyPapers"')
_PROPS = expressions.compile(r'\bdata-props="([^"]*)"')

#: ``period`` among the listing's options → the address of the day's list.
_PERIODS: Mapping[str, Callable[[date], str]] = {
    "day": lambda day: f"{_API}?date={day.isoformat()}&limit={_LIMIT}",
    "week": lambda day: f"{_API}?week={_week(day)}&limit={_LIMIT}",
    "month": lambda day: f"{_API}?month={day:%Y-%m}&limit={_LIMIT}",
    "trending": lambda day: f"{_API}?sort=trending&limit={_LIMIT}",
}


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read the list of ``day``, page after page; for a future day, read today's list."""
    if listing.path:
        return parse_apart(parse, body(listing, day, fetch).data, listing, day)
    # The site's today is in UTC, and a later day is an error there.
    day = min(day, fetch.now().astimezone(UTC).date())
    first = _address(listing, day)
    headers = _headers(listing)
    answer = fetch.fetch(first, listing=listing.name, headers=headers)
    if answer.is_unchanged:
        return ListingPage((), 0, is_unchanged=True)
    pages = [parse_apart(parse, answer.data, listing, day)]
    while _is_full(first, pages) and len(pages) < _MOST_PAGES:
        further = fetch.fetch(f"{first}&p={len(pages)}", listing=listing.name, headers=headers)
        pages.append(parse_apart(parse, further.data, listing, day))
    # A list of several answers has no single validator.
    page_validators = {first: answer.validator} if answer.validator and len(pages) == 1 else {}
    found = replace(joined(listing.name, pages), validators=page_validators)
    if not _is_full(first, pages):
        return found
    cut = f"{_MOST_PAGES} pages of the list were asked for, and there may be more"
    return replace(found, reasons=(cut, *found.reasons))


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read one answer of the API, or the list inside a web page; raises SourceError."""
    content, batch = _content(data, listing.name)
    if not isinstance(content, list):
        raise SourceError(listing.name, f"no list of papers but {_payload(content)}")
    listed: dict[str, date] = {}

    def build(raw: Any) -> Paper:
        found = _paper(raw, day)
        if _holds_many_days(listing) and (when := _listed(raw)):
            listed[found.key] = when
        return found

    announced = _batch(content, batch, day) if listing.is_dated else None
    return replace(page(listing.name, content, build, batch=announced), listed=listed)


def _holds_many_days(listing: Listing) -> bool:
    return not listing.is_dated or listing.options.get("period", "day") != "day"


def _batch(content: list[Any], announced: date | None, day: date) -> date | None:
    """Return the day of a list; until March 2025 the entries did not say when they were listed."""
    days = [when for each in content if (when := _listed(each))]
    return announced or max(days, default=day if content else None)


def _address(listing: Listing, day: date) -> str:
    if listing.url:
        return dated(listing.url, day)
    period = str(listing.options.get("period", "day"))
    if period not in _PERIODS:
        known = ", ".join(_PERIODS)
        raise SourceError(listing.name, f"no period is called {period!r}: there are {known}")
    return _PERIODS[period](day)


def _headers(listing: Listing) -> Mapping[str, str]:
    # A token has a rate limit of its own; without one, all clients behind an address share it.
    token = listing.options.get("token")
    return {"Authorization": f"Bearer {token}"} if isinstance(token, str) and token else {}


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _is_full(first: str, pages: list[ListingPage]) -> bool:
    """Return whether a further page may follow: this page is full and has a new paper.

    A trending list never ends: only its first hundred papers are read.
    """
    if "sort=trending" in first:
        return False
    if "/api/" not in first or "?" not in first or _IS_LATER.search(first):
        return False
    asked = _ASKED.search(first)
    known = {each.key for earlier in pages[:-1] for each in earlier.papers}
    is_news = any(each.key not in known for each in pages[-1].papers)
    return is_news and pages[-1].entries >= (int(asked[1]) if asked else _PLAIN_LIMIT)


def _content(data: bytes, listing: str) -> tuple[Any, date | None]:
    """Return the list, and the day that a web page states for itself."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return loads(data, listing), None
    props = _props(data, listing)
    content = props.get("dailyPapers") if isinstance(props, dict) else None
    return content, date_of(props.get("dateString")) if content is not None else None


def _props(data: bytes, listing: str) -> Any:
    text = data.decode("utf-8", "replace")
    for tag in _tags(text):
        if _TARGET.search(tag) and (found := _PROPS.search(tag)):
            return loads(html.unescape(found[1]).encode("utf-8", "replace"), listing)
    raise SourceError(listing, "a web page without a list of papers")


def _tags(text: str) -> Iterator[str]:
    """Yield each ``div`` tag with its attributes; a ">" within an attribute ends it early."""
    at = 0
    while (found := _DIV.search(text, at)) and (end := text.find(">", found.end())) >= 0:
        at = end + 1
        yield text[found.start() : at]


def _payload(content: object) -> str:
    if isinstance(content, dict) and isinstance(content.get("error"), str):
        return f"the error {line(content['error'], 200)!r}"
    return f"a JSON {type(content).__name__}"


def _listed(raw: Any) -> date | None:
    inner = raw.get("paper") if isinstance(raw, dict) else None
    return date_of(inner.get("submittedOnDailyAt")) if isinstance(inner, dict) else None


def _paper(raw: Any, day: date) -> Paper:
    if not isinstance(raw, dict) or not isinstance(raw.get("paper"), dict):
        raise EntryError("no paper in it")
    inner = raw["paper"]
    number_text = line(inner.get("id"))
    is_arxiv = arxiv_id(number_text) is not None
    listed = address(f"{SITE}/papers/{number_text}") if number_text else ""
    return paper(
        day=day,
        title=line(inner.get("title")) or line(raw.get("title")),
        abstract=_text(inner.get("summary")) or _text(raw.get("summary")),
        arxiv=number_text,
        authors=_authors(inner.get("authors")),
        url="" if is_arxiv else listed,
        links={
            "code": line(inner.get("githubRepo")),
            "project": line(inner.get("projectPage")),
            "listed": listed,
        },
        # The outer date is hours earlier, which often makes it the day before.
        published=date_of(inner.get("publishedAt")),
        upvotes=inner.get("upvotes"),
        comments=raw.get("numComments"),
        organisation=_organisation(raw, inner),
        extra={
            "summary": _text(inner.get("ai_summary")),
            "summary_by": line(inner.get("ai_summary_model")) or "a machine"
            if inner.get("ai_summary")
            else "",
            "keywords": inner.get("ai_keywords"),
            "stars": number(inner.get("githubStars")),
        },
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _authors(values: object) -> list[str]:
    people = [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []
    return [line(each.get("name")) for each in people if each.get("hidden") is not True]


def _organisation(raw: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    for place in (inner.get("organization"), raw.get("organization")):
        if name := _organisation_name(place):
            return name
    # The field had this name for four days of 2025.
    return _organisation_name(raw.get("submitterOrganization"))


def _organisation_name(place: object) -> str:
    if not isinstance(place, dict):
        return ""
    return line(place.get("fullname")) or line(place.get("name"))
