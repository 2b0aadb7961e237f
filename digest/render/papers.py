"""Render the papers of a mail: what all subscribers read is rendered once, and completed for each.

A paper's block is rendered as a skeleton, unmarked, and the marks, reasons and numbers of one
subscriber are inserted.  A block that an operator's template overrides may do anything with them:
it is rendered whole for each subscriber.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple, TypeAlias

from markupsafe import escape

from ..model import IssueEntry, Paper
from . import inserts
from .mail_template import PieceCache, TemplateBlocks, Variables
from .placeholders import PlaceholderText
from .sanitize import untagged
from .skeletons import Escape, Skeleton
from .views import (
    SHOWN_EXTRAS,
    OwnView,
    PaperView,
    ReasonView,
    TitleLine,
    line_view,
    own_view,
    paper_view,
)

#: What a paper's lines depend on besides the paper: the placeholder of the page, and the year.
Shared: TypeAlias = tuple[str, int]

#: The places of the inserts of a paper; the tail follows.
_TITLE, _QUOTE, _NUMBER, _BECAUSE, _TAIL = range(5)
#: The block inside a paper that says why it is there.
_REASONS = "because"


class HtmlAndText(NamedTuple):
    """A piece of a mail for the HTML part and for the text part."""

    html: PlaceholderText
    text: PlaceholderText


class PaperBlocks:
    """The blocks that show a paper, "paper", "brief" and "line", in both parts of the mail."""

    def __init__(self, html: TemplateBlocks, text: TemplateBlocks) -> None:
        self._html = _Part(html, lru_cache(maxsize=4096)(lambda text: str(escape(text))))
        self._text = _Part(text, untagged)
        self._made = PieceCache[HtmlAndText]()
        self._skeletons = PieceCache[tuple[Skeleton, Skeleton]]()

    def paper(self, block: str, entry: IssueEntry, shared: Shared, number: int) -> HtmlAndText:
        """Return a paper as the block "paper" shows it, whole, or the block "brief"."""
        rest = _circumstances(entry)
        identity = (block, id(entry.match), entry.also_in, rest, shared, number)
        known = self._made.get(identity)
        if known is not None:
            return known
        own = own_view(entry)
        shape = (block, own.shape, rest, shared)
        skeletons = self._known(shape, entry) or self._rendered(shape, block, entry, shared)
        content: tuple[Hashable, ...] = (
            id(skeletons),
            own,
            number,
        )  # the same where an issue is read again
        if not (self._html.is_packaged[block] and self._text.is_packaged[block]):
            # An operator's template may show more: the score, the points.
            content += (entry.match.score, entry.match.reasons)
        made = self._made.get(content) or self._made.get_or_keep(
            content,
            HtmlAndText(
                self._html.paper(block, skeletons[0], entry, own, shared, number),
                self._text.paper(block, skeletons[1], entry, own, shared, number),
            ),
            skeletons,
        )
        return self._made.get_or_keep(identity, made, entry.match)

    def _known(self, shape: Hashable, entry: IssueEntry) -> tuple[Skeleton, Skeleton] | None:
        """Return the skeletons of a paper, known as the same object or by what it shows."""
        paper = entry.match.paper
        known = self._skeletons.get((id(paper), shape))
        if known is None and (known := self._skeletons.get((_content(paper), shape))):
            self._skeletons.get_or_keep((id(paper), shape), known, paper)
        return known

    def _rendered(
        self, shape: Hashable, block: str, entry: IssueEntry, shared: Shared
    ) -> tuple[Skeleton, Skeleton]:
        paper, view = entry.match.paper, _unmarked(paper_view(entry, *shared))
        made = (self._html.skeleton(block, view), self._text.skeleton(block, view))
        self._skeletons.get_or_keep((_content(paper), shape), made)
        return self._skeletons.get_or_keep((id(paper), shape), made, paper)

    def line(self, entry: IssueEntry, number: int) -> HtmlAndText:
        """Return a paper as the block "line" shows it, by its title."""
        identity = ("line", id(entry.match), _circumstances(entry), number)
        known = self._made.get(identity)
        if known is not None:
            return known
        line = line_view(entry)
        made = self._made.get((line, number)) or self._made.get_or_keep(
            (line, number),
            HtmlAndText(self._html.line(line, number), self._text.line(line, number)),
        )
        return self._made.get_or_keep(identity, made, entry.match)


class _Part:
    """The blocks that show a paper in one part of the mail."""

    def __init__(self, blocks: TemplateBlocks, escape: Escape) -> None:
        self._blocks = blocks
        self._escape = escape
        self._shapes = PieceCache[Skeleton]()
        self.is_packaged = {
            "paper": blocks.is_packaged("paper", _REASONS),
            "brief": blocks.is_packaged("brief"),
            "line": blocks.is_packaged("line"),
        }

    def skeleton(self, block: str, view: PaperView) -> Skeleton:
        """Return the skeleton of a paper; an empty one where an operator's template shows it."""
        if not self.is_packaged[block]:
            return Skeleton("", self._escape)
        variables = {"paper": view, "number": inserts.text(_NUMBER)}
        nested = {_REASONS: inserts.lines(_BECAUSE)}
        return Skeleton(self._blocks.render(block, variables, nested), self._escape)

    def paper(
        self,
        block: str,
        skeleton: Skeleton,
        entry: IssueEntry,
        own: OwnView,
        shared: Shared,
        number: int,
    ) -> PlaceholderText:
        """Return a paper: the skeleton completed, or as an operator's template shows it."""
        if self.is_packaged[block]:
            because = self._because(entry, own) if block == "paper" else ""
            return skeleton.filled((own.title, own.quote, str(number), because, *own.tail))
        match = entry.match
        told = (match.score, match.reasons, entry.also_in, _circumstances(entry))
        return self._blocks.form(
            block,
            (_content(match.paper), told, shared, number),
            lambda: {"paper": paper_view(entry, *shared), "number": number},
        )

    def _because(self, entry: IssueEntry, own: OwnView) -> str:
        """Return the lines that say why a paper is there."""
        return self._shaped(
            _REASONS,
            own.reasons,
            lambda: {"paper": _unexplained(paper_view(entry), _inserts(own.reasons))},
        ).text(own.reasons)

    def line(self, line: TitleLine, number: int) -> PlaceholderText:
        """Return a paper by its title."""
        if not self.is_packaged["line"]:
            return self._blocks.form(
                "line", (line, number), lambda: {"line": line, "number": number}
            )
        told = (str(number), line.title, line.url, line.language, *line.tail)
        return self._shaped("line", told, lambda: _titled(told)).filled(told)

    def _shaped(self, block: str, told: Sequence[str], variables: Variables) -> Skeleton:
        """Return the skeleton of a block all of whose texts are inserts, for those there are."""
        shape = (block, *map(bool, told))
        return self._shapes.get(shape) or self._shapes.get_or_keep(
            shape, Skeleton(self._blocks.render(block, variables()), self._escape)
        )


def _unmarked(view: PaperView) -> PaperView:
    """Return a view with inserts in place of all that is one subscriber's own."""
    return replace(
        view,
        title=inserts.runs(_TITLE),
        quote=view.quote and inserts.runs(_QUOTE),
        tail=tuple([inserts.text(_TAIL + place) for place in range(len(view.tail))]),
    )


def _unexplained(view: PaperView, told: Sequence[str]) -> PaperView:
    """Return a view with inserts in place of its reasons."""
    unnamed, also_in, *causes = told
    return replace(
        view,
        causes=tuple(map(ReasonView, causes[::2], causes[1::2], repeat(0))),
        unnamed=unnamed,  # type: ignore[arg-type]  # a number, once it is inserted
        also_in=also_in,
    )


def _titled(told: Sequence[str]) -> Mapping[str, object]:
    number, title, url, language, *tail = _inserts(told)
    return {"line": TitleLine(title, url, language, tuple(tail)), "number": number}


def _inserts(told: Sequence[str]) -> list[str]:
    """Return an insert for each text that is not empty."""
    return [text and inserts.text(place) for place, text in enumerate(told)]


def _circumstances(entry: IssueEntry) -> tuple[Hashable, ...]:
    """Return what an entry's lines show besides its paper and what is the subscriber's own."""
    # A kind is one object, and its identity is hashed in a fraction of its own hash's time.
    told = id(entry.change), entry.detail, entry.listings
    return (*told, entry.upvotes, entry.rise, entry.waited)


def _content(paper: Paper) -> Hashable:
    """Return all that a paper's lines show of it; it stays equal when the paper is read again."""
    return (
        (paper.key, paper.title, paper.abstract, paper.authors, paper.author_count),
        (paper.categories, paper.url, tuple(paper.links.items()), paper.published),
        (paper.upvotes, paper.comments, paper.organisation, paper.comment),
        tuple([str(paper.extra.get(name)) for name in SHOWN_EXTRAS]),
    )
