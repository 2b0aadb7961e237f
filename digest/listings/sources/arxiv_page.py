"""arXiv's own page of the latest announcement, https://arxiv.org/list/cs.CL/new.

It says how many papers were announced, new, cross-listed and replaced, so that what is missing is
known.  It does not say which version a replacement is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ... import expressions
from ...errors import SourceError
from ...model import ChangeKind, Listing, ListingPage, Paper
from ..identity import arxiv_id
from .author_names import names_in, others_in
from .dates import date_of
from .entries import EntryError, line, page, paper, with_missing
from .markup import text_of

SITE = "https://arxiv.org/list"
#: Most entries of one page.
_LIMIT = 2_000

_HEADING = expressions.compile(r"<h3>\s*Showing new listings for ([^<]{6,60})</h3>")
_COUNTED = expressions.compile(
    r"\bshowing (?:first |last )?[0-9]{1,6} of ([0-9]{1,6}) entr(?:y|ies)\)"
)
_BEGIN = expressions.compile(r"<dt\b[^<>]*>")
_END = expressions.compile(r"<dt\b|</dl>|<h3\b")
_ID = expressions.compile(r"""href\s*=\s*["'](?:https?://(?:www\.)?arxiv\.org)?/abs/([^"'\s<>]+)""")
_CROSS = expressions.compile(r"\(cross-list from [^()]{1,40}\)")
_REPLACED = expressions.compile(r"\(replaced\)")
_DESCRIPTOR = expressions.compile(r"""<span class=["']descriptor["']>[^<]*</span>""")
_PARENTHESES = expressions.compile(r"\(([a-z-]+(?:\.[A-Za-z-]+)?)\)")


def address(category: str) -> str:
    """Return the address of a category's page."""
    return f"{SITE}/{category}/new?skip=0&show={_LIMIT}"


def is_page(data: bytes) -> bool:
    """Return whether an answer is a web page and no feed."""
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the papers of one page; raises SourceError if it is another page."""
    text = data.decode("utf-8", "replace")
    heading = _HEADING.search(text)
    announced = date_of(line(heading[1])) if heading else None
    if announced is None:
        raise SourceError(listing.name, "a web page, but not arXiv's of what is new")
    if not text.rstrip().lower().endswith("</html>"):
        raise SourceError(listing.name, "the page breaks off")
    raws = list(_entries(text))
    total = sum(int(found[1]) for found in _COUNTED.finditer(text))
    found = page(listing.name, raws, lambda raw: _paper(raw, announced, day), batch=announced)
    missing = total - found.entries
    return with_missing(found, missing, total, "papers that the page announces")


def _entries(text: str) -> Iterator[str]:
    for begin in _BEGIN.finditer(text):
        end = _END.search(text, begin.end())
        yield text[begin.end() : end.start() if end else len(text)]


def _paper(raw: str, announced: date, day: date) -> Paper:
    number = _ID.search(raw)
    name = arxiv_id(number[1]) if number else None
    if name is None:
        raise EntryError("no arXiv id")
    head = raw[: raw.find("<dd")] if "<dd" in raw else raw
    kind = ChangeKind.REVISED if _REPLACED.search(head) else ChangeKind.NEW
    kind = ChangeKind.CROSS if _CROSS.search(head) else kind
    people = _field(raw, "authors")
    subjects = text_of(_field(raw, "subjects"))
    return paper(
        day=day,
        title=line(text_of(_field(raw, "title"))),
        abstract=text_of(_between(raw, "<p class", "</p>")),
        arxiv=name[0],
        authors=names_in(people),
        others=others_in(people),
        categories=[found[1] for found in _PARENTHESES.finditer(subjects)],
        published=announced if kind is ChangeKind.NEW else None,
        updated=announced if kind is ChangeKind.REVISED else None,
        announced=kind,
        comment=line(text_of(_field(raw, "comments"))),
        extra={"journal": line(text_of(_field(raw, "journal-ref")))},
    )


def _field(raw: str, name: str) -> str:
    """Return the markup of a field, without its heading ("Title:")."""
    return _DESCRIPTOR.sub("", _between(raw, f"list-{name}", "</div>"))


def _between(raw: str, name: str, end: str) -> str:
    """Return what is between the tag that holds ``name`` and ``end``; "" if it is not there."""
    start = raw.find(">", raw.find(name)) + 1 if name in raw else 0
    stop = raw.find(end, start)
    return raw[start:stop] if start and stop >= 0 else ""
