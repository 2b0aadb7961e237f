"""Write one profile's papers as a feed: Atom (RFC 4287) and JSON Feed 1.1, newest issue first.

Both formats share the content of the entries; text from outside is escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from markupsafe import Markup, escape

from ..model import Issue, IssueEntry
from .excerpts import TextRun
from .sanitize import shown
from .views import PaperView, paper_view

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed's title, and the absolute addresses of the feed and of its web page."""

    title: str
    address: str
    home: str


def atom(channel: Channel, profile: str, issues: Sequence[Issue]) -> str:
    """Return the Atom feed, with an entry per paper of the profile, in the order of the issues."""
    ElementTree.register_namespace("", _ATOM)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    items = list(_items(profile, issues))
    _put(feed, "id", _permanent(channel.address))
    _put(feed, "title", shown(channel.title))
    _put(feed, "updated", _moment(max((item.made_at for item in items), default=_LONG_AGO)))
    _put(feed, "author", name=shown(channel.title))
    _put(feed, "link", rel="self", href=channel.address)
    _put(feed, "link", rel="alternate", type="text/html", href=channel.home)
    for item in items:
        feed.append(_atom_entry(item))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(
        feed, encoding="unicode"
    )


def json_feed(channel: Channel, profile: str, issues: Sequence[Issue]) -> str:
    """Return the JSON Feed (https://www.jsonfeed.org/version/1.1/) of the same entries."""
    content = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": shown(channel.title),
        "home_page_url": channel.home,
        "feed_url": channel.address,
        "items": [_json_item(item) for item in _items(profile, issues)],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class _Item:
    entry: IssueEntry
    view: PaperView
    made_at: datetime

    @property
    def id(self) -> str:
        return _permanent(self.entry.match.paper.key)

    @property
    def authors(self) -> list[str]:
        names = (shown(author).strip() for author in self.entry.match.paper.authors)
        return [name for name in names if name]

    @property
    def topics(self) -> list[str]:
        return [shown(topic).strip() for topic in self.entry.match.paper.categories]

    @property
    def html(self) -> Markup:
        lines = [_marked(self.view.abstract)]
        lines += [escape(" · ".join(self.view.known))] if self.view.known else []
        lines += [escape(self.view.because)] if self.view.causes else []
        return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines if line)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _items(profile: str, issues: Sequence[Issue]) -> Iterator[_Item]:
    """Yield each paper once, as the newest of these issues shows it."""
    seen: set[str] = set()
    for issue in issues:
        for section in issue.sections:
            for entry in section.all if section.profile == profile else ():
                if entry.match.paper.key not in seen:
                    seen.add(entry.match.paper.key)
                    yield _Item(entry, paper_view(entry), issue.made_at)


def _atom_entry(item: _Item) -> ElementTree.Element:
    entry = ElementTree.Element(f"{{{_ATOM}}}entry")
    _put(entry, "id", item.id)
    _put(entry, "title", item.view.name)
    _put(entry, "updated", _moment(item.made_at))
    for author in item.authors:
        _put(entry, "author", name=author)
    if item.view.url:
        _put(entry, "link", rel="alternate", href=item.view.url)
    for topic in item.topics:
        _put(entry, "category", term=topic)
    _put(entry, "content", str(item.html), type="html")
    return entry


def _json_item(item: _Item) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": item.id,
        "url": item.view.url,
        "title": item.view.name,
        "content_html": str(item.html),
        "date_published": _moment(item.made_at),
        "authors": [{"name": author} for author in item.authors],
        "tags": item.topics,
    }
    return {field: value for field, value in fields.items() if value}


def _put(
    parent: ElementTree.Element, tag: str, text: str = "", *, name: str = "", **attributes: str
) -> None:
    child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}", attributes)
    child.text = text or None
    if name:
        ElementTree.SubElement(child, f"{{{_ATOM}}}name").text = name


def _marked(pieces: Sequence[TextRun]) -> Markup:
    marked = (
        Markup("<mark>{}</mark>").format(piece.text) if piece.hit else escape(piece.text)
        for piece in pieces
    )
    return Markup("").join(marked)


def _permanent(name: str) -> str:
    """Return an id that survives a move of the site and is the same in every feed."""
    return uuid5(NAMESPACE_URL, name.encode("utf-8", "replace").decode()).urn


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
