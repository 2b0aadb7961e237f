"""OPML, the list of subscriptions that feed readers export, as listings.

https://opml.org/spec2.opml
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from .. import expressions
from ..errors import SourceError
from .entry_names import link_key
from .sources import entries
from .sources.strict_xml import loads

#: Most feeds of one file; more than a person reads.
_MOST = 1_000
_LONGEST_NAME = 60
_NOT_IN_NAME = expressions.compile(r"[^a-z0-9]+")
_ARXIV_FEED = expressions.anchored(r"/(?:rss|atom)/(?P<categories>[A-Za-z.+-]+)/?")
_ARXIV_HOSTS = frozenset({"rss.arxiv.org", "export.arxiv.org", "arxiv.org", "www.arxiv.org"})
_PREPRINTS = {"connect.biorxiv.org": "biorxiv", "connect.medrxiv.org": "medrxiv"}


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The listings of a file, by name, as they are written in a configuration; and the rest."""

    listings: Mapping[str, Mapping[str, str | Sequence[str]]]
    #: per outline that is no listing, its name and why
    left_out: Sequence[str]


def subscriptions(data: bytes, path: str) -> Subscriptions:
    """Read the subscriptions of a file; raises SourceError if it is no OPML or holds no feed.

    A feed of arXiv becomes a listing by its categories, which can also make up for missed days.
    """
    root = loads(data, path)
    if root.tag.lower() != "opml":
        raise SourceError(path, f"no OPML: its root is called {root.tag[:40]!r}")
    found = listings_of(_feeds(root))
    if not found.listings:
        raise SourceError(path, "there is no feed in it: an outline with an xmlUrl is expected")
    return found


def listings_of(feeds: Iterable[tuple[str, str, str]]) -> Subscriptions:
    """Return as listings the feeds of a list: title, address, and "json" for a JSON Feed."""
    found: dict[str, Mapping[str, str | Sequence[str]]] = {}
    left_out: list[str] = []
    known: set[str] = set()
    for title, url, kind in feeds:
        address = entries.address(_http(url))
        if not address:
            left_out.append(f"{title}: no http(s) address: {entries.line(url, 80)}".rstrip(": "))
        elif link_key(address) in known:
            left_out.append(f"{title}: there is another feed at {address}")
        elif len(found) == _MOST:
            left_out.append(f"{title}: beyond the first {_MOST} feeds")
        else:
            known.add(link_key(address))
            found[_free_name(title, address, found)] = _listing(address, kind)
    return Subscriptions(found, left_out)


def yaml_of(found: Subscriptions) -> str:
    """Return the listings as they are written in a configuration."""
    lines = [f"  {name}: {{{_fields(each)}}}\n" for name, each in found.listings.items()]
    return "listings:\n" + "".join(lines)


def _feeds(root: Element) -> Iterator[tuple[str, str, str]]:
    """Yield title, address and type of each outline that is a feed, in or out of a folder."""
    for outline in root.iter():
        told = {name.lower(): value for name, value in outline.attrib.items()}
        url = told.get("xmlurl", "").strip()
        title = told.get("title") or told.get("text") or _host(url)
        if outline.tag.lower() == "outline" and (url or told.get("type")):
            yield entries.line(title, 200), url, told.get("type", "").lower()


def _host(url: str) -> str:
    """Return the host of an address, "" if it is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _http(url: str) -> str:
    # Apple's and older readers write feed://host/ and feed:https://host/.
    rest = url.strip().removeprefix("feed:")
    return f"https:{rest}" if rest.startswith("//") else rest


def _listing(address: str, kind: str) -> dict[str, str | Sequence[str]]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    feed = _ARXIV_FEED.fullmatch(parts.path) if host in _ARXIV_HOSTS else None
    if feed:
        return {"kind": "arxiv", "categories": feed["categories"].strip("+").split("+")}
    if host in _PREPRINTS:
        return {"kind": _PREPRINTS[host], "url": address}
    return {"kind": "jsonfeed" if kind == "json" else "feed", "url": address}


def _free_name(title: str, address: str, taken: Mapping[str, object]) -> str:
    """Return a name for a listing: its title's letters and digits, numbered where it is taken."""
    for text in (title, _host(address), "feed"):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        if name := _NOT_IN_NAME.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-"):
            break
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _fields(listing: Mapping[str, str | Sequence[str]]) -> str:
    return ", ".join(
        # A variable in an address would be filled in by the configuration.
        f'{name}: "{str(value).replace("${", "$${")}"'
        if name == "url"
        else f"{name}: {_plain(value)}"
        for name, value in listing.items()
    )


def _plain(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"
