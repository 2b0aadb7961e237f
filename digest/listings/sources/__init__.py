"""The sources of listings: one function per kind, found by name and loaded when it is needed.

A source decides which addresses hold a day, fetches them through the client passed to it, and has
their bytes parsed by a pure function of the same module.  It never decides what is new.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from ...errors import SourceError
from ...model import Listing, ListingPage

if TYPE_CHECKING:
    from .http import Body, Fetch
    from .sandbox import Parse

#: Reads one day of a listing; raises SourceError, and never returns half a page.
Source = Callable[[Listing, date, "Fetch"], ListingPage]

KINDS = {
    "arxiv": "digest.listings.sources.arxiv:read",
    "biorxiv": "digest.listings.sources.biorxiv:read",
    "crossref": "digest.listings.sources.crossref:read",
    "feed": "digest.listings.sources.feed:read",
    "huggingface": "digest.listings.sources.huggingface:read",
    "jsonfeed": "digest.listings.sources.jsonfeed:read",
    "listing": "digest.listings.sources.listing:read",
    "medrxiv": "digest.listings.sources.biorxiv:read",
    "openalex": "digest.listings.sources.openalex:read",
    "openreview": "digest.listings.sources.openreview:read",
    "pubmed": "digest.listings.sources.pubmed:read",
}
#: Kinds with lists that are complete when published, so that reading them again brings nothing.
COMPLETE = frozenset({"arxiv"})


def source(kind: str) -> Source:
    """Return the source of a kind: one of KINDS, or ``package.module:function`` of the user's own.

    Raises ValueError if the kind is unknown (with a "did you mean") or cannot be loaded.
    """
    if kind not in KINDS and ":" not in kind:
        near = get_close_matches(kind, KINDS, n=1)
        known = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(KINDS))}"
        raise ValueError(f"no source is called {kind!r}: {known}")
    try:
        found: Any = resolve_name(KINDS.get(kind, kind))
    except Exception as error:  # a module of one's own may raise anything while it is loaded
        raise ValueError(f"the source {kind!r} cannot be loaded: {error}") from error
    if not callable(found):
        raise ValueError(f"the source {kind!r} is not a function")
    checked: Source = found
    return checked


def read_whole(
    parse: Parse, listing: Listing, day: date, fetch: Fetch, *, default: str = ""
) -> ListingPage:
    """Read a day that a single answer holds: the listing's file or address, else ``default``."""
    from .sandbox import parse_apart

    answer = body(listing, day, fetch, default=default)
    if answer.is_unchanged:
        return ListingPage((), 0, is_unchanged=True)
    page = parse_apart(parse, answer.data, listing, day)
    asked = dated(listing.url or default, day)
    return replace(page, validators={asked: answer.validator}) if answer.validator else page


def body(listing: Listing, day: date, fetch: Fetch, *, default: str = "") -> Body:
    """Fetch the listing's file or address (else ``default``), with the ISO date for ``{day}``."""
    if listing.path:
        return fetch.read(dated(listing.path, day), listing=listing.name)
    if not (listing.url or default):
        raise SourceError(listing.name, f"a {listing.kind} needs a url or a path")
    return fetch.fetch(dated(listing.url or default, day), listing=listing.name)


def dated(template: str, day: date) -> str:
    """Replace ``{day}``, the only placeholder, by the ISO date."""
    return template.replace("{day}", day.isoformat())
