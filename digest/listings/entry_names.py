"""Names of feed entries: a guid with a link names a work, but only within one listing.

    entry:LISTING/GUID.LINK         both as short hashes, so that either can be compared

A guid alone is not trusted (some feeds number each issue from one), nor is a link alone (some lead
to the same page for ever).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from urllib.parse import urlsplit

from .. import expressions

SCHEME = "entry"
# What feeds append to links in order to count readers; it changes without any reason.
_TRACKING = expressions.anchored(
    r"(?:utm_\w+|mc_[ce]id|fbclid|gclid|rss|af|ref|source|src|feed|cmp)(?:=.*)?", ignore_case=True
)


def entry_name(listing: str, guid: str, link: str) -> str:
    """Return the name of an entry of a listing; "" for one with neither guid nor link."""
    if not guid and not link:
        return ""
    return f"{SCHEME}:{listing}/{_mark(guid or link_key(link))}.{link_mark(link)}"


def link_key(link: str) -> str:
    """Return a link without what changes although the page does not: scheme, www, counters."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return link
    asked = "&".join(part for part in parts.query.split("&") if not _TRACKING.fullmatch(part))
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}?{asked}"


def link_mark(link: str) -> str:
    """Return what the names of all entries with this link end with."""
    return _mark(link_key(link))


def entries_in(names: Iterable[str]) -> Mapping[str, set[str]]:
    """Return, per listing, the marks of the entries among some names."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        scheme, _, rest = name.partition(":")
        if scheme == SCHEME:
            listing, _, marks = rest.rpartition("/")
            found[listing].add(marks)
    return found


def are_near(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Return whether two entries have the same guid or the same link."""
    return any(
        one == other
        for left in mine
        for right in theirs
        for one, other in zip(left.split("."), right.split("."), strict=True)
    )


def _mark(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
