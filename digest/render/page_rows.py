"""The papers of a page as rows: what all readers see of one is rendered once, and kept.

A row of each shape, which is what lines it has, is rendered once, with inserts in place of all its
texts.  Those of a paper are made once and kept, for all kinds of pages; the marks, the reasons and
whatever else is one reader's own are made for each.  Where an operator's template shows it, which
may do anything with them, it is rendered whole for each reader.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from .. import expressions, locales
from ..model import IssueEntry, Paper
from . import inserts
from .excerpts import TextRun
from .mail_template import PieceCache, escaped
from .views import (
    Link,
    PaperView,
    Spans,
    befell,
    in_line,
    known_of,
    marked_texts,
    paper_view,
    shared_lines,
)

#: Papers of which texts are kept at most, and shapes of rows; those of one have three kilobytes.
MOST_PAPERS, MOST_SHAPES = 16_384, 512

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

    def ready(self, several: Iterable[PaperRow]) -> int:
        """Keep what all readers see of rows; return their bytes, 0 where none are kept."""
        made = self._current()
        return sum([len(made.row(each)) for each in several]) if made.is_ours else 0

    def _current(self) -> _Rows:
        """Return what is kept, nothing where a template or the catalogues changed meanwhile."""
        templates = [self._environment.get_template(name) for name in _TEMPLATES]
        made_of = [*templates, locales.CATALOGUES]
        if self._made is None or self._made[0] != made_of:
            is_ours = all(Path(f"{each.filename}").parent == self._ours for each in templates)
            modules = [each.make_module() for each in templates]
            self._made = made_of, _Rows(*modules, is_ours=is_ours)
        return self._made[1]


class _KeptLines(PieceCache["_Lines"]):
    """Lines by paper: of a month's, which are found again by one search or another."""

    MAX_PIECES = MOST_PAPERS


class _Known(NamedTuple):
    """The facts of a paper, as HTML, and whether there are any, which may be empty."""

    text: str
    has_any: bool


class _Lines(NamedTuple):
    """What all readers see of a paper, as HTML, and what decides by it how a row is rendered."""

    #: without marks, as the abstract
    title: str
    abstract: str
    names: str
    url: str
    others: str
    summary: str
    links: list[str]
    shape: Hashable
    #: the facts, by what depends on the day on which it came
    known: dict[Hashable, _Known]
    #: what the rows of a macro show besides
    further: dict[str, list[str]]


class _Rows:
    """The rows that the same templates have rendered."""

    def __init__(self, rows: Any, macros: Any, *, is_ours: bool) -> None:
        self._rows, self._macros, self.is_ours = rows, macros, is_ours
        self._lines = _KeptLines(MOST_PAPERS)
        self._shapes = PieceCache[_Shape](MOST_SHAPES)
        self._reasons = PieceCache[str]()
        self._mark = tuple(f"{macros.pieces([TextRun(inserts.TEXT, True)])}".split(inserts.TEXT))

    def row(self, row: PaperRow) -> str:
        """Return one row as HTML."""
        if not self.is_ours:
            return self._rendered(row, row.view, [*row.texts, *row.paper_texts()])
        entry, marks = row.entry, marked_texts(row.entry, has_quote=row.has_quote)
        lines = self._lines_of(entry, marks.authors)
        known, further = _known(lines, entry), _further(lines, row)
        change = _escaped_before(befell(entry))
        paper = [lines.names, lines.url, change, lines.others, known.text, lines.summary]
        kinds = row.macro, row.shape, row.has_reasons, bool(marks.quote), lines.shape
        key = (*kinds, bool(change), bool(known.text), known.has_any, *map(bool, further))
        texts = [*paper, *lines.links, *further]
        shape = self._shapes.get(key) or self._shapes.keep(
            key, self._shape(row, texts, is_quoted=bool(marks.quote))
        )
        title = self._marked(marks.title) if marks.title else lines.title
        abstract = self._marked(marks.abstract) if marks.abstract else lines.abstract
        own = title, self._marked(marks.quote), abstract, self._because(row)
        return shape.filled([*own, *map(_escaped_before, row.texts)], texts)

    def _lines_of(self, entry: IssueEntry, authors: tuple[tuple[int, int], ...]) -> _Lines:
        """Return what is the same wherever a paper is shown with these authors marked."""
        paper = entry.match.paper
        key = id(paper), authors
        return self._lines.get(key) or self._lines.keep(key, self._made_of(paper, authors), paper)

    def _made_of(self, paper: Paper, marked: Spans) -> _Lines:
        lines = shared_lines(paper, marked)
        runs = in_line(lines.authors)
        names = "".join([f"{inserts.MARKED}{n}{inserts.AFTER}" if hit else n for n, hit in runs])
        url, others, summary = map(escaped, (lines.url, lines.others, lines.summary))
        links = [escaped(text) for link in lines.links for text in (link.word, link.url)]
        parts = bool(lines.authors), bool(lines.abstract), *map(bool, (names, url, others, summary))
        shape = lines.language, lines.is_by_machine, parts, *map(bool, links)
        title, abstract = map(escaped, (lines.title, lines.abstract))
        return _Lines(
            title, abstract, self._marked(names), url, others, summary, links, shape, {}, {}
        )

    def _rendered(self, row: PaperRow, view: PaperView, texts: Sequence[str]) -> str:
        return str(getattr(self._rows, row.macro)(**row.variables(view, texts)))

    def _shape(self, row: PaperRow, texts: Sequence[str], *, is_quoted: bool) -> _Shape:
        """Return a row with inserts for all its texts; those of the paper are these."""
        view = paper_view(row.entry, has_quote=False)
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
        text = escaped(text)
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


def _known(lines: _Lines, entry: IssueEntry) -> _Known:
    """Return the facts of a paper, with those of the day on which it came."""
    key = entry.listings, entry.upvotes, entry.rise
    known = lines.known.get(key)
    if known is None:
        facts = known_of(entry)
        known = lines.known[key] = _Known(escaped(" · ".join(facts)), bool(facts))
    return known


def _further(lines: _Lines, row: PaperRow) -> list[str]:
    """Return what this kind of row shows of the paper besides."""
    further = lines.further.get(row.macro)
    if further is None:
        further = lines.further[row.macro] = list(map(escaped, row.paper_texts()))
    return further


#: Of texts that many rows of a page have.
_escaped_before = lru_cache(maxsize=4096)(escaped)


class _Shape:
    """A row that was rendered with inserts for all its texts."""

    def __init__(self, rendered: str) -> None:
        self._parts = _INSERT.split(rendered)
        places = [inserts.place_of(letter) for letter in self._parts[1::2]]
        numbered = [(2 * n + 1, place) for n, place in enumerate(places)]
        self._of_paper = [(n, p - _PAPER) for n, p in numbered if p >= _PAPER]
        self._own = [(n, p) for n, p in numbered if p < _PAPER]

    def filled(self, own: Sequence[str], paper: Sequence[str]) -> str:
        """Return the row with these texts, which are HTML, in place of their inserts."""
        parts = self._parts.copy()
        for number, place in self._of_paper:
            parts[number] = paper[place]
        for number, place in self._own:
            parts[number] = own[place]
        return "".join(parts)
