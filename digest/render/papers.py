"""Render the papers of a mail: what all subscribers read is rendered once, and completed for each.

A paper's block is rendered as a skeleton, unmarked, and the marks, reasons and numbers of one
subscriber are inserted.  A block that an operator's template overrides may do anything with them:
it is rendered whole for each subscriber.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import NamedTuple, TypeAlias

from .. import locales
from ..model import IssueEntry, Paper
from . import inserts
from .inserts import Outline
from .mail_template import KnownPieces, PieceCache, TemplateBlocks
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

#: Papers by the block that shows them, in the order of the mail.
Groups: TypeAlias = Sequence[tuple[str, tuple[IssueEntry, ...]]]

#: The places of the inserts of a paper.
_TITLE, _QUOTE, _NUMBER, _CLAUSE = range(4)
#: The block inside a paper that says why it is there.
_REASONS = "because"


class HtmlAndText(NamedTuple):
    """A piece of a mail for the HTML part and for the text part, encoded."""

    html: bytes
    text: bytes


_NOTHING = HtmlAndText(b"", b"")


class _Made(NamedTuple):
    """Papers as they were completed for the last subscriber."""

    groups: Groups
    pair: HtmlAndText


class PaperBlocks:
    """The blocks that show a paper, "paper", "brief" and "line", in both parts of the mail."""

    def __init__(self, html: TemplateBlocks, text: TemplateBlocks) -> None:
        self._html, self._text = _Part(html), _Part(text)
        # The locale is in each key: to ask which one is in force takes as long as to look one up.
        self._skeletons = KnownPieces[tuple[Skeleton | None, Skeleton | None]]()
        self._reasons = KnownPieces[HtmlAndText]()
        self._made = PieceCache[_Made](most=128)

    def papers(self, groups: Groups, shared: Shared, first: int) -> HtmlAndText:
        """Return papers, each as its block shows it, numbered from ``first`` on.

        Subscribers who share a profile share what is returned.
        """
        match = next((entries[0].match for _, entries in groups if entries), None)
        if match is None:
            return _NOTHING
        # So much is known at once; only where it is all the same are the papers compared.
        sizes = tuple([len(entries) for _, entries in groups])
        key = shared, first, sizes, match.paper.key, match.score
        made = self._made.get(key)
        if made is None or made.groups != groups:
            made = _Made(groups, self._completed(groups, shared, first))
            self._made.keep(key, made)
        return made.pair

    def html(self, block: str, entry: IssueEntry, shared: Shared) -> bytes:
        """Return one paper in the HTML part, without a number."""
        return self._completed([(block, (entry,))], shared, 0).html

    def _completed(self, groups: Groups, shared: Shared, number: int) -> HtmlAndText:
        html: list[bytes] = []
        text: list[bytes] = []
        locale = locales.current()
        for block, entries in groups:
            for entry in entries:
                own = own_view(entry, block)
                in_html, in_text = self._skeletons_of(block, entry, own, shared, locale)
                texts = own.title, own.quote, str(number), own.clause
                because = self._because(entry, own.reasons, locale) if own.reasons else _NOTHING
                if in_html:
                    in_html.fill(html, texts, because.html)
                else:
                    html.append(self._html.whole(block, entry, shared, number))
                if in_text:
                    in_text.fill(text, texts, because.text)
                else:
                    text.append(self._text.whole(block, entry, shared, number))
                number += 1
        return HtmlAndText(b"".join(html), b"".join(text))

    def _skeletons_of(
        self, block: str, entry: IssueEntry, own: OwnView, shared: Shared, locale: str
    ) -> tuple[Skeleton | None, Skeleton | None]:
        paper, kind = entry.match.paper, id(entry.change)  # a kind is one object
        # What an entry's lines show besides its paper and what is the subscriber's own.
        befell = kind, entry.detail, entry.listings, entry.upvotes, entry.rise, entry.waited
        key = id(paper), block, own.shape, shared, locale, befell
        if (known := self._skeletons.get(key)) is not None:
            return known
        content = _content(paper), *key[1:]  # the same where a paper is read again
        skeletons = self._skeletons.get(content)
        if skeletons is None:
            skeletons = self._rendered(block, entry, own, shared)
            self._skeletons.keep(content, skeletons)
        self._skeletons.keep(key, skeletons, paper)
        return skeletons

    def _because(self, entry: IssueEntry, reasons: tuple[str, ...], locale: str) -> HtmlAndText:
        """Return the lines that say why a paper is there."""
        if (known := self._reasons.get((locale, reasons))) is not None:
            return known
        pair = HtmlAndText(self._html.because(entry, reasons), self._text.because(entry, reasons))
        return self._reasons.keep((locale, reasons), pair)

    def _rendered(
        self, block: str, entry: IssueEntry, own: OwnView, shared: Shared
    ) -> tuple[Skeleton | None, Skeleton | None]:
        view: Mapping[str, object]
        if block == "line":
            line = line_view(entry)
            view = {"line": replace(line, tail=_open(line.tail, own))}
        else:
            view = {"paper": _unmarked(paper_view(entry, *shared, has_quote=False), own)}
        return self._html.skeleton(block, view), self._text.skeleton(block, view)


class _Part:
    """The blocks that show a paper in one part of the mail."""

    def __init__(self, blocks: TemplateBlocks) -> None:
        self._blocks = blocks
        self._is_packaged = {
            "paper": blocks.is_packaged("paper", _REASONS),
            "brief": blocks.is_packaged("brief"),
            "line": blocks.is_packaged("line"),
        }

    def skeleton(self, block: str, view: Mapping[str, object]) -> Skeleton | None:
        """Return the skeleton of a paper; none where an operator's template shows it."""
        if not self._is_packaged[block]:
            return None
        variables = {**view, "number": inserts.text(_NUMBER)}
        return self._blocks.skeleton(block, variables, {_REASONS: inserts.LINES})

    def whole(self, block: str, entry: IssueEntry, shared: Shared, number: int) -> bytes:
        """Return a paper as an operator's template shows it."""
        view: Mapping[str, object] = (
            {"line": line_view(entry)} if block == "line" else {"paper": paper_view(entry, *shared)}
        )
        return blanked(self._blocks.render(block, {**view, "number": number}))

    def because(self, entry: IssueEntry, reasons: tuple[str, ...]) -> bytes:
        """Return the lines that say why a paper is there; none if an operator's template does."""
        if not self._is_packaged["paper"]:
            return b""
        outline = Outline(
            reasons, (), lambda texts: {"paper": _unexplained(paper_view(entry), texts)}
        )
        return self._blocks.completed(_REASONS, outline)


def _unmarked(view: PaperView, own: OwnView) -> PaperView:
    """Return a view with inserts in place of all that is one subscriber's own."""
    return replace(
        view,
        title=inserts.runs(_TITLE),
        quote=inserts.runs(_QUOTE) if own.quote else (),
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


def _content(paper: Paper) -> Hashable:
    """Return all that a paper's lines show of it; it stays equal when the paper is read again."""
    return (
        (paper.key, paper.title, paper.abstract, paper.authors, paper.author_count),
        (paper.categories, paper.url, tuple(paper.links.items()), paper.published),
        (paper.upvotes, paper.comments, paper.organisation, paper.comment),
        tuple([str(paper.extra.get(name)) for name in SHOWN_EXTRAS]),
    )
