"""Write an issue as Markdown: a note with front matter, or posts that each fit into a channel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import expressions, locales
from ..model import Issue, Section
from . import wording
from .excerpts import TextRun
from .sanitize import short
from .views import PaperView, line_view, paper_view

_SPECIAL = expressions.compile(r"([\\`*_{}\[\]()<>#+!|~$&-])")
_ORDERED = expressions.compile(r"^(\d+)([.)])")

#: Characters of a title, or of a heading, in a post that is too short for the whole.
_TITLE = 200

#: Of an abstract that is shortened, so many characters are left at least; else it goes as a whole.
_LEAST = 80


def markdown(issue: Issue, name: str) -> str:
    """Return one CommonMark note with every paper of the issue; abstracts are not shortened."""
    with locales.use(issue.locale):
        blocks = [*_front_matter(issue, name), *_opening(issue)]
        for section in issue.sections:
            blocks += [_heading(section), *map(_paper, map(paper_view, section.entries))]
            if titles := list(_titles(section)):
                blocks.append("\n".join(titles))
    return "\n\n".join(blocks) + "\n"


def posts(issue: Issue, size: int) -> tuple[str, ...]:
    """Return the same without front matter, in posts of at most ``size`` UTF-16 units.

    No post ends within a paper; the abstract of one that is too long for a post is shortened.
    """
    with locales.use(issue.locale):
        return tuple(_packed(_blocks(issue, size), size))


def _blocks(issue: Issue, size: int) -> list[str]:
    """Return what posts are packed of, each of at most ``size`` UTF-16 units."""
    blocks = list(_opening(issue))
    for section in issue.sections:
        papers = [_fitting(paper_view(entry), size) for entry in section.entries]
        titles = [line if _units(line) <= size else line[: size // 2] for line in _titles(section)]
        # A heading goes with what it is of.
        blocks += _packed([_heading(section), *(papers + titles)[:1]], size)
        blocks += (papers + titles)[1:]
    return blocks


def post_of_text(subject: str, text: str, size: int) -> str:
    """Return a plain text as one post; of one that is too long, the beginning."""
    head = f"**{_plain(short(subject, _TITLE))}**\n\n```\n"
    body = text.replace("```", "'''").strip()
    while _units(head + body) > size - 4:
        body = f"{body[: len(body) * 4 // 5]}…"
    return f"{head}{body}\n```"


def _packed(blocks: Iterable[str], size: int) -> Iterator[str]:
    post = ""
    for block in blocks:
        longer = f"{post}\n\n{block}" if post else block
        if post and _units(longer) > size:
            yield post
            longer = block
        post = longer
    yield post


def _units(text: str) -> int:
    """Return the length as the strictest of the services counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _front_matter(issue: Issue, name: str) -> Iterator[str]:
    """Yield YAML with values written as JSON, which is valid YAML."""
    fields = {
        "title": f"{name}, {wording.short_day(issue.day)}",
        "date": issue.day.isoformat(),
        "profiles": [section.profile for section in issue.sections],
        "papers": issue.matched,
    }
    lines = [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in fields.items()]
    yield "\n".join(("---", *lines, "---"))


def _opening(issue: Issue) -> Iterator[str]:
    yield f"# {wording.long_day(issue.day)}"
    yield _plain(wording.summary(issue))


def _heading(section: Section) -> str:
    return f"## {_plain(short(section.title, _TITLE))}"


def _titles(section: Section) -> Iterator[str]:
    for line in map(line_view, section.more + section.waiting):
        yield f"* {_linked(_plain(line.title), line.url)}"


def _paper(view: PaperView) -> str:
    because = f"*{_plain(view.because)}*" if view.causes else ""
    links = " · ".join(_linked(_plain(link.word), link.url) for link in view.links)
    blocks = (_title(view), _byline(view), _pieces(view.abstract), because, links)
    return "\n\n".join(filter(None, blocks))


def _fitting(view: PaperView, size: int) -> str:
    """Return a paper with as much of its abstract as fits; at worst, its title alone."""
    text = _paper(view)
    while _units(text) > size and view.abstract:
        view = replace(view, abstract=_shorter(view.abstract))
        text = _paper(view)
    if _units(text) <= size:
        return text
    title = _title(view)
    return title if _units(title) <= size else f"### {_plain(short(view.name, _TITLE))}"


def _shorter(pieces: tuple[TextRun, ...]) -> tuple[TextRun, ...]:
    """Return the first nine tenths of a text; nothing if it is short."""
    length = sum(len(piece.text) for piece in pieces)
    left = length * 9 // 10 - 2
    if left < _LEAST:
        return ()
    kept: list[TextRun] = []
    for piece in pieces:
        kept.append(piece._replace(text=piece.text[:left]))
        left -= len(piece.text)
        if left <= 0:
            break
    return (*kept, TextRun(" …"))


def _title(view: PaperView) -> str:
    return f"### {_linked(_plain(view.name), view.url)}"


def _byline(view: PaperView) -> str:
    authors = "".join(piece.text for piece in view.byline)
    return _plain(" · ".join(filter(None, (view.change, authors, *view.known))))


def _pieces(pieces: tuple[TextRun, ...]) -> str:
    """Return text with matched words in bold, unless a space at the edge would break the markup."""
    return "".join(
        f"**{_plain(piece.text)}**"
        if piece.hit and piece.text.strip() == piece.text
        else _plain(piece.text)
        for piece in pieces
    )


def _linked(text: str, url: str) -> str:
    return f"[{text}](<{url}>)" if url else text


def _plain(text: str) -> str:
    """Escape everything that Markdown or HTML would read as markup."""
    return _ORDERED.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
