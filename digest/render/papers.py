"""Render the papers of a mail: what all subscribers read is rendered once, and completed for each.

A paper's block is rendered as a skeleton, unmarked, and the marks, reasons and numbers of one
subscriber are inserted.  A block that an operator's template overrides may do anything with them:
it is rendered whole for each subscriber.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import count, repeat
from typing import NamedTuple, TypeAlias

from ..model import IssueEntry, Paper
from . import inserts
from .inserts import Outline
from .mail_template import PieceCache, TemplateBlocks
from .placeholders import blanked
from .skeletons import Skeleton
from .views import (
    SHOWN_EXTRAS,
    OwnView,
    PaperView,
    ReasonView,
    line_view,
    own_view,
    paper_view,
)

#: What a paper's lines depend on besides the paper: the placeholder of the page, and the year.
Shared: TypeAlias = tuple[str, int]

#: The places of the inserts of a paper.
_TITLE, _QUOTE, _NUMBER, _CLAUSE = range(4)
#: The block inside a paper that says why it is there.
_REASONS = "because"
_NOTHING = Skeleton("", str)


class HtmlAndText(NamedTuple):
    """A piece of a mail for the HTML part and for the text part, encoded."""

    html: bytes
    text: bytes


class _Ready(NamedTuple):
    """A paper to be completed."""

    block: str
    entry: IssueEntry
    number: int
    own: OwnView
    skeletons: tuple[Skeleton, Skeleton]


class PaperBlocks:
    """The blocks that show a paper, "paper", "brief" and "line", in both parts of the mail."""

    def __init__(self, html: TemplateBlocks, text: TemplateBlocks) -> None:
        self._parts = (_Part(html), _Part(text))
        self._skeletons = PieceCache[tuple[Skeleton, Skeleton]]()
        self._made = PieceCache[HtmlAndText](most=128)
        blocks = ("paper", "brief", "line")
        self._overridden = {b for b in blocks if not all(p.is_packaged[b] for p in self._parts)}

    def papers(
        self, entries: Sequence[tuple[str, IssueEntry]], shared: Shared, first: int
    ) -> HtmlAndText:
        """Return papers, each as its block shows it, numbered from ``first`` on.

        Subscribers who share a profile share what is returned.
        """
        rests = [_circumstances(entry) for _, entry in entries]
        same = [(block, id(entry.match), entry.also_in) for block, entry in entries]
        identity = (shared, first, *same, *rests)
        if (known := self._made.get(identity)) is not None:
            return known
        ready = [
            self._ready(block, entry, rest, shared, number)
            for (block, entry), rest, number in zip(entries, rests, count(first))
        ]
        content = (
            first,
            *[
                (id(each.skeletons), each.own, self._more_of(each.entry, each.block))
                for each in ready
            ],
        )
        made = self._made.get(content)  # the same where an issue is read again
        if made is None:
            html, text = [
                b"".join([part.paper(each, side, shared) for each in ready])
                for side, part in enumerate(self._parts)
            ]
            kept = [each.skeletons for each in ready]
            made = self._made.get_or_keep(content, HtmlAndText(html, text), kept)
        return self._made.get_or_keep(identity, made, [entry.match for _, entry in entries])

    def _more_of(self, entry: IssueEntry, block: str) -> Hashable:
        """Return what else an operator's template may show of a paper."""
        if block not in self._overridden:
            return None
        return entry.match.score, entry.match.reasons, entry.also_in

    def html(self, block: str, entry: IssueEntry, shared: Shared) -> bytes:
        """Return one paper in the HTML part, without a number."""
        ready = self._ready(block, entry, _circumstances(entry), shared, 0)
        return self._parts[0].paper(ready, 0, shared)

    def _ready(
        self,
        block: str,
        entry: IssueEntry,
        rest: tuple[Hashable, ...],
        shared: Shared,
        number: int,
    ) -> _Ready:
        own = own_view(entry, block)
        shape = (block, own.shape, rest, shared)
        paper = entry.match.paper
        skeletons = self._skeletons.get((id(paper), shape))
        if skeletons is None:
            content = (_content(paper), shape)  # the same where a paper is read again
            skeletons = self._skeletons.get(content) or self._skeletons.get_or_keep(
                content, self._rendered(block, entry, own, shared)
            )
            self._skeletons.get_or_keep((id(paper), shape), skeletons, paper)
        return _Ready(block, entry, number, own, skeletons)

    def _rendered(
        self, block: str, entry: IssueEntry, own: OwnView, shared: Shared
    ) -> tuple[Skeleton, Skeleton]:
        view: Mapping[str, object]
        if block == "line":
            line = line_view(entry)
            view = {"line": replace(line, tail=_open(line.tail, own))}
        else:
            view = {"paper": _unmarked(paper_view(entry, *shared), own)}
        html, text = [part.skeleton(block, view) for part in self._parts]
        return html, text


class _Part:
    """The blocks that show a paper in one part of the mail."""

    def __init__(self, blocks: TemplateBlocks) -> None:
        self._blocks = blocks
        self._reasons = PieceCache[bytes]()
        self.is_packaged = {
            "paper": blocks.is_packaged("paper", _REASONS),
            "brief": blocks.is_packaged("brief"),
            "line": blocks.is_packaged("line"),
        }

    def skeleton(self, block: str, view: Mapping[str, object]) -> Skeleton:
        """Return the skeleton of a paper; an empty one where an operator's template shows it."""
        if not self.is_packaged[block]:
            return _NOTHING
        variables = {**view, "number": inserts.text(_NUMBER)}
        return self._blocks.skeleton(block, variables, {_REASONS: inserts.LINES})

    def paper(self, ready: _Ready, side: int, shared: Shared) -> bytes:
        """Return a paper: its skeleton completed, or as an operator's template shows it."""
        block, entry, number, own, skeletons = ready
        if self.is_packaged[block]:
            because = self._because(entry, own) if block == "paper" else b""
            texts = (own.title, own.quote, str(number), own.clause)
            return skeletons[side].filled(texts, because)
        view: Mapping[str, object] = (
            {"line": line_view(entry)} if block == "line" else {"paper": paper_view(entry, *shared)}
        )
        return blanked(self._blocks.render(block, {**view, "number": number}))

    def _because(self, entry: IssueEntry, own: OwnView) -> bytes:
        """Return the lines that say why a paper is there."""
        if (known := self._reasons.get(own.reasons)) is not None:
            return known
        outline = Outline(
            own.reasons, (), lambda texts: {"paper": _unexplained(paper_view(entry), texts)}
        )
        lines = self._blocks.completed(_REASONS, outline)
        return self._reasons.get_or_keep(own.reasons, lines)


def _unmarked(view: PaperView, own: OwnView) -> PaperView:
    """Return a view with inserts in place of all that is one subscriber's own."""
    return replace(
        view,
        title=inserts.runs(_TITLE),
        quote=view.quote and inserts.runs(_QUOTE),
        tail=_open(view.tail, own),
    )


def _open(tail: tuple[str, ...], own: OwnView) -> tuple[str, ...]:
    """Return a tail with an insert in place of the clause."""
    return (inserts.text(_CLAUSE), *tail[1:]) if own.clause else tail


def _unexplained(view: PaperView, texts: Sequence[str]) -> PaperView:
    """Return a view with these texts, or inserts, in place of its reasons."""
    unnamed, also_in, *causes = texts
    return replace(
        view,
        causes=tuple(map(ReasonView, causes[::2], causes[1::2], repeat(0))),
        unnamed=unnamed,  # type: ignore[arg-type]  # a number, once it is inserted
        also_in=also_in,
    )


def _circumstances(entry: IssueEntry) -> tuple[Hashable, ...]:
    """Return what an entry's lines show besides its paper and what is the subscriber's own."""
    # A kind is one object, and its identity is hashed in a fraction of its own hash's time.
    kind = id(entry.change)
    return kind, entry.detail, entry.listings, entry.upvotes, entry.rise, entry.waited


def _content(paper: Paper) -> Hashable:
    """Return all that a paper's lines show of it; it stays equal when the paper is read again."""
    return (
        (paper.key, paper.title, paper.abstract, paper.authors, paper.author_count),
        (paper.categories, paper.url, tuple(paper.links.items()), paper.published),
        (paper.upvotes, paper.comments, paper.organisation, paper.comment),
        tuple([str(paper.extra.get(name)) for name in SHOWN_EXTRAS]),
    )
