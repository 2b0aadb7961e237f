"""Write an issue as a Markdown note: front matter for note programs, then the papers."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .. import expressions
from ..model import Issue, IssueEntry, Section
from . import wording
from .excerpts import TextRun
from .views import PaperView, line_view, paper_view

_SPECIAL = expressions.compile(r"([\\`*_{}\[\]()<>#+!|~$&-])")
_ORDERED = expressions.compile(r"^(\d+)([.)])")


def markdown(issue: Issue, name: str) -> str:
    """Return one CommonMark note with every paper of the issue; abstracts are not shortened."""
    blocks = [
        *_front_matter(issue, name),
        f"# {wording.long_day(issue.day)}",
        _plain(wording.summary(issue)),
    ]
    for section in issue.sections:
        blocks += _section(section)
    return "\n\n".join(blocks) + "\n"


def _front_matter(issue: Issue, name: str) -> Iterator[str]:
    """Yield YAML with values written as JSON, which is valid YAML."""
    fields = {
        "title": f"{name}, {wording.short_day(issue.day)}",
        "date": issue.day.isoformat(),
        "profiles": [section.profile for section in issue.sections],
        "papers": len({paper.key for paper in issue.papers}),
    }
    lines = [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in fields.items()]
    yield "\n".join(("---", *lines, "---"))


def _section(section: Section) -> Iterator[str]:
    yield f"## {_plain(section.title)}"
    for entry in section.entries:
        yield from _paper(entry)
    if named := section.more + section.waiting:
        lines = (line_view(entry) for entry in named)
        yield "\n".join(f"* {_linked(_plain(line.title), line.url)}" for line in lines)


def _paper(entry: IssueEntry) -> Iterator[str]:
    view = paper_view(entry)
    yield f"### {_linked(_plain(view.name), view.url)}"
    yield from filter(None, (_byline(view), _pieces(view.abstract)))
    if view.causes:
        yield f"*{_plain(view.because)}*"
    links = " · ".join(_linked(_plain(link.word), link.url) for link in view.links)
    yield from filter(None, (links,))


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
