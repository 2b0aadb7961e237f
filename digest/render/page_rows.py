"""The papers of a page as rows: what all readers see of one is rendered once, and kept.

A row of each shape, which is what lines it has, is rendered once, with inserts in place of all its
texts.  Those of a paper are put in once and kept; the marks, the reasons and whatever else is one
reader's own are put in for each.  Where an operator's template shows it, which may do anything with
them, it is rendered whole for each reader.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from .. import expressions, locales
from ..model import IssueEntry, Paper
from . import inserts
from .excerpts import TextRun
from .mail_template import PieceCache
from .views import Link, PaperView, marked_texts, paper_view

#: Rows that are kept at most, and shapes of rows; a row has some two kilobytes besides its paper.
MOST_ROWS, MOST_SHAPES = 16_384, 512

#: The places of the inserts of a row; those of its own texts follow, and from the last on those of
#: what all readers see of the paper.
_TITLE, _QUOTE, _ABSTRACT, _BECAUSE, _OWN = range(5)
_PAPER = 20
_INSERT = expressions.compile(f"{inserts.TEXT}(.)")
#: To make a view of reasons alone, in a part of the time.
_NO_PAPER = Paper(key="", title="")
#: The templates that a row is rendered by.
_TEMPLATES = ("rows.html", "macros.html")


class PaperRow:
    """A paper as one row of a page; templates that show it themselves find its view's names here.

    ``has_quote``: a sentence of the abstract is shown before all of it.
    """

    #: the macro of ``rows.html`` that renders it
    macro = "paper_row"
    #: what is one reader's own besides marks and reasons
    texts: Sequence[str] = ()
    #: what else decides how the row is rendered
    shape: Hashable = None

    def __init__(
        self, entry: IssueEntry, *, has_quote: bool = False, has_reasons: bool = True
    ) -> None:
        self.entry = entry
        self.has_quote = has_quote
        self.has_reasons = has_reasons and bool(entry.match.reasons)

    @cached_property
    def view(self) -> PaperView:
        """All that a template may show of it."""
        view = paper_view(self.entry, has_quote=self.has_quote)
        return view if self.has_reasons else replace(view, causes=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.view, name)

    def paper_texts(self) -> Sequence[str]:
        """Return what it shows of the paper besides the view, the same for all readers."""
        return ()

    def variables(self, view: PaperView, _texts: Sequence[str]) -> Mapping[str, object]:
        """Return what the macro is given, with a view, its own texts and ``paper_texts``."""
        return {"p": view}


class PageRows:
    """The rows of an environment's pages; its templates call it."""

    def __init__(self, environment: jinja2.Environment, ours: Path) -> None:
        self._environment = environment
        self._ours = ours
        self._made: tuple[object, _Rows] | None = None

    def __call__(self, several: Iterable[PaperRow]) -> Markup:
        """Return rows as HTML, one after the other."""
        made = self._current()
        return Markup("".join([made.row(each) for each in several]))  # noqa: S704  ours

    def _current(self) -> _Rows:
        """Return what is kept, nothing where a template or the catalogues changed meanwhile."""
        templates = [self._environment.get_template(name) for name in _TEMPLATES]
        made_of = [*templates, locales.CATALOGUES]
        if self._made is None or self._made[0] != made_of:
            is_ours = all(Path(f"{each.filename}").parent == self._ours for each in templates)
            modules = [each.make_module() for each in templates]
            self._made = made_of, _Rows(*modules, is_ours=is_ours)
        return self._made[1]


class _KeptRows(PieceCache["_Row"]):
    """Rows by paper: a month's, which are found again by one search or another."""

    MAX_PIECES = MOST_ROWS


class _Rows:
    """The rows that the same templates have rendered."""

    def __init__(self, rows: Any, macros: Any, *, is_ours: bool) -> None:
        self._rows, self._macros, self._is_ours = rows, macros, is_ours
        self._kept = _KeptRows(MOST_ROWS)
        self._shapes = PieceCache[_Shape](MOST_SHAPES)
        self._reasons = PieceCache[str]()
        self._mark = tuple(f"{macros.pieces([TextRun(inserts.TEXT, True)])}".split(inserts.TEXT))

    def row(self, row: PaperRow) -> str:
        """Return one row as HTML."""
        if not self._is_ours:
            return self._rendered(row, row.view, [*row.texts, *row.paper_texts()])
        entry, texts = row.entry, marked_texts(row.entry, has_quote=row.has_quote)
        key = (
            *(row.macro, id(entry.match.paper), row.shape, row.has_reasons, bool(texts.quote)),
            *(texts.authors, entry.change, entry.detail, entry.listings),
            *(entry.upvotes, entry.rise, entry.waited),
        )
        kept = self._kept.get(key) or self._kept.keep(
            key, self._open(row, is_quoted=bool(texts.quote)), entry.match.paper
        )
        marked = [self._marked(text) for text in (texts.title, texts.quote, texts.abstract)]
        return kept.filled([*marked, self._because(row), *map(_escaped, row.texts)])

    def _rendered(self, row: PaperRow, view: PaperView, texts: Sequence[str]) -> str:
        return str(getattr(self._rows, row.macro)(**row.variables(view, texts)))

    def _open(self, row: PaperRow, *, is_quoted: bool) -> _Row:
        """Return a row with inserts for what is one reader's own."""
        view, further = paper_view(row.entry, has_quote=False), row.paper_texts()
        own = "", view.url, view.change, view.others, " · ".join(view.known), view.summary
        links = [text for link in view.links for text in (link.word, link.url)]
        texts = [_escaped(text) for text in (*own, *links, *further)]
        names = [f"{inserts.MARKED}{n}{inserts.AFTER}" if hit else n for n, hit in view.names]
        texts[0] = self._marked("".join(names))
        kinds = row.macro, row.shape, row.has_reasons, is_quoted, view.language, view.is_by_machine
        parts = bool(view.authors), bool(view.known), bool(view.abstract), len(links)
        key = (*kinds, *parts, *map(bool, texts))
        shape = self._shapes.get(key) or self._shapes.keep(
            key, self._shape(row, view, texts, is_quoted=is_quoted)
        )
        return shape.filled(texts)

    def _shape(
        self, row: PaperRow, view: PaperView, texts: Sequence[str], *, is_quoted: bool
    ) -> _Shape:
        """Return a row with inserts for all its texts; those of the paper are these."""
        names, url, change, others, known, summary, *rest = [
            text and inserts.text(place) for place, text in enumerate(texts, _PAPER)
        ]
        links, further = rest[: 2 * len(view.links)], rest[2 * len(view.links) :]
        title, quote, abstract = [(TextRun(inserts.text(n)),) for n in (_TITLE, _QUOTE, _ABSTRACT)]
        view = replace(
            view,
            title=title,
            url=url,
            change=change,
            others=others,
            summary=summary,
            authors=((TextRun(names),),) if view.authors else (),
            organisation="",
            facts=(known,) if view.known else (),
            quote=quote if is_quoted else (),
            abstract=view.abstract and abstract,
            causes=inserts.text(_BECAUSE) if row.has_reasons else (),  # type: ignore[arg-type]
            links=tuple(map(Link, links[::2], links[1::2])),
        )
        own = [inserts.text(place) for place, _ in enumerate(row.texts, _OWN)]
        return _Shape(self._rendered(row, view, [*own, *further]))

    def _marked(self, text: str) -> str:
        """Return a text with marks as HTML."""
        text = _escaped(text)
        if inserts.MARKED not in text:
            return text
        before, after = self._mark
        return text.replace(inserts.MARKED, before).replace(inserts.AFTER, after)

    def _because(self, row: PaperRow) -> str:
        """Return the line that says why a paper is there."""
        if not row.has_reasons:
            return ""
        match = row.entry.match
        fields = [frozenset([hit.field for hit in reason.hits]) for reason in match.reasons]
        reasons = [(reason.label, reason.points, reason.rare) for reason in match.reasons]
        key = (match.score, *reasons, *fields)
        known = self._reasons.get(key)
        if known is None:
            view = paper_view(IssueEntry(match=replace(match, paper=_NO_PAPER)), has_quote=False)
            known = self._reasons.keep(key, str(self._macros.because(view)))
        return known


def _escaped(text: str) -> str:
    """Return a text as templates escape it, in a third of the time."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


class _Shape:
    """A row that was rendered with inserts for all its texts."""

    def __init__(self, rendered: str) -> None:
        self._parts = _INSERT.split(rendered)
        places = [inserts.place_of(letter) for letter in self._parts[1::2]]
        numbered = [(2 * n + 1, place) for n, place in enumerate(places)]
        self._of_paper = [(n, p - _PAPER) for n, p in numbered if p >= _PAPER]
        self._own = [(n, p) for n, p in numbered if p < _PAPER]

    def filled(self, texts: Sequence[str]) -> _Row:
        """Return the row with these texts of a paper, which are HTML, in place of their inserts."""
        parts = self._parts.copy()
        for number, place in self._of_paper:
            parts[number] = texts[place]
        return _Row(parts, self._own)


class _Row(NamedTuple):
    """The parts of a row, and which of them are a reader's own: their numbers and places."""

    parts: list[str]
    own: list[tuple[int, int]]

    def filled(self, texts: Sequence[str]) -> str:
        """Return the row with these texts, which are HTML, in place of its inserts."""
        parts = self.parts.copy()
        for number, place in self.own:
            parts[number] = texts[place]
        return "".join(parts)
