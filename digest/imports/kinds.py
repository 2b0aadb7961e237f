"""Which program a file is from, found out from how it begins and from what is in it."""

from __future__ import annotations

import codecs
from typing import Final

#: What can be read, by the names of ``digest import --from``, and each in a few words.
KINDS: Final = {
    "opml": "OPML, the feeds of a feed reader",
    "rss2email": "rss2email: its config, or what r2e list prints",
    "zotero-arxiv-daily": "zotero-arxiv-daily: its configuration",
    "arxiv-mail": "a mail to or from the mailing list of arXiv",
    "library": "a library of BibTeX or CSL JSON",
    "addresses": "a table of addresses",
    "search": "a search, or a list of keywords",
}

#: How much of a file is looked at, in bytes.
_LOOKED_AT = 16_384


def kind_of(data: bytes, name: str) -> str:
    """Return the kind of a file, one of ``KINDS``; empty if it is like none of them."""
    if data.startswith(b"\x80"):  # a pickle, in which rss2email kept its feeds before version 3.12
        return "rss2email"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as spreadsheets write text
        return "addresses"
    text = data[:_LOOKED_AT].decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    small = text.lower()
    if name.lower().endswith((".csv", ".tsv")):
        return "addresses"
    if text.startswith("<"):
        return "opml"
    if _is_rss2email(text, lines):
        return "rss2email"
    is_json = text.startswith("{") or (text[:1] == "[" and text[1:].lstrip()[:1] in {*"[{]"})
    if is_json or any(_is_entry(line) for line in lines):
        return "library"
    if "zotero_id" in small or "arxiv_query" in small or {"zotero:", "source:"} <= {*lines}:
        return "zotero-arxiv-daily"
    if "@arxiv.org" in small and ("subscribe" in small or "\nadd " in small):
        return "arxiv-mail"
    if _is_table(lines):
        return "addresses"
    from ..profiles.imported import is_wanted

    return "search" if is_wanted(text) else ""


def _is_rss2email(text: str, lines: list[str]) -> bool:
    is_config = any(line.startswith(("[feed.", "[DEFAULT]")) for line in lines)
    is_state = text.startswith("{") and '"feeds"' in text
    return is_config or is_state or any(is_listed(line) for line in lines)


def is_listed(line: str) -> bool:
    """Return whether a line is one of ``r2e list``: ``0: [*] name (address -> recipient)``."""
    number, _, rest = line.strip().partition(": [")
    return number.isdecimal() and rest[1:3] == "] " and " (" in rest and " -> " in rest


def _is_entry(line: str) -> bool:
    kind, opening, _ = line.partition("{")
    return line.startswith("@") and bool(opening) and kind[1:].strip().isalpha()


def _is_table(lines: list[str]) -> bool:
    """Return whether most lines have an address; the first may name the columns."""
    rows = lines[1:20] or lines[:1]
    with_one = [row for row in rows if "@" in row and not row.startswith("@")]
    return 2 * len(with_one) > len(rows)
