"""The papers of a page as rows: what all readers see of one is rendered once, and kept.

A row is rendered with inserts in place of the marks, the reasons and whatever else is one reader's
own, and completed for each.  Where an operator's template shows it, which may do anything with
them, it is rendered whole for each reader.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from .. import expressions
from ..model import IssueEntry, Paper
from . import inserts
from .excerpts import TextRun
from .mail_template import PieceCache
from .views import PaperView, marked_texts, paper_view

#: Rows that are kept at most; one has a few kilobytes.
MOST_ROWS = 4096

#: The places of the inserts of a row; those of its own texts follow.
_TITLE, _QUOTE, _ABSTRACT, _BECAUSE, _OWN = range(5)
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

    def variables(self, view: PaperView, _texts: Sequence[str]) -> Mapping[str, object]:
        """Return what the macro is given, with a view of the paper and its own texts."""
        return {"p": view}


class PageRows:
    """The rows of an environment's pages; its templates call it."""

    def __init__(self, environment: jinja2.Environment, ours: Path) -> None:
        self._environment = environment
        self._ours = ours
        self._made: tuple[list[jinja2.Template], _Rows] | None = None

    def __call__(self, several: Iterable[PaperRow]) -> Markup:
        """Return rows as HTML, one after the other."""
        made = self._current()
        return Markup("".join([made.row(each) for each in several]))  # noqa: S704  ours

    def _current(self) -> _Rows:
        """Return what is kept, nothing where a template was changed meanwhile."""
        templates = [self._environment.get_template(name) for name in _TEMPLATES]
        if self._made is None or self._made[0] != templates:
            is_ours = all(Path(f"{each.filename}").parent == self._ours for each in templates)
            modules = [each.make_module() for each in templates]
            self._made = templates, _Rows(*modules, is_ours=is_ours)
        return self._made[1]


class _Rows:
    """The rows that the same templates have rendered."""

    def __init__(self, rows: Any, macros: Any, *, is_ours: bool) -> None:
        self._rows, self._macros, self._is_ours = rows, macros, is_ours
        self._kept = PieceCache[_Row](most=MOST_ROWS)
        self._reasons = PieceCache[str]()
        self._mark = tuple(f"{macros.pieces([TextRun(inserts.TEXT, True)])}".split(inserts.TEXT))

    def row(self, row: PaperRow) -> str:
        """Return one row as HTML."""
        if not self._is_ours:
            return f"{self._rendered(row, row.view, row.texts)}"
        entry, texts = row.entry, marked_texts(row.entry, has_quote=row.has_quote)
        key = (
            *(row.macro, id(entry.match.paper), row.shape, row.has_reasons, bool(texts.quote)),
            *(texts.authors, entry.change, entry.detail, entry.listings),
            *(entry.upvotes, entry.rise, entry.waited),
        )
        kept = self._kept.get(key) or self._kept.keep(
            key, self._open(row, is_quoted=bool(texts.quote)), entry.match.paper
        )
        marked = [self._marked(runs) for runs in (texts.title, texts.quote, texts.abstract)]
        return kept.filled([*marked, self._because(row), *map(escape, row.texts)])

    def _rendered(self, row: PaperRow, view: PaperView, texts: Sequence[str]) -> str:
        return str(getattr(self._rows, row.macro)(**row.variables(view, texts)))

    def _open(self, row: PaperRow, *, is_quoted: bool) -> _Row:
        """Return a row with its inserts."""
        title, quote, abstract = [(TextRun(inserts.text(n)),) for n in (_TITLE, _QUOTE, _ABSTRACT)]
        view = paper_view(row.entry, has_quote=False)
        view = replace(
            view,
            title=title,
            quote=quote if is_quoted else (),
            abstract=view.abstract and abstract,
            causes=inserts.text(_BECAUSE) if row.has_reasons else (),  # type: ignore[arg-type]
        )
        texts = [inserts.text(place) for place, _ in enumerate(row.texts, _OWN)]
        return _Row(self._rendered(row, view, texts))

    def _marked(self, runs: tuple[TextRun, ...]) -> str:
        before, after = self._mark
        return "".join(
            [f"{before}{escape(text)}{after}" if hit else escape(text) for text, hit in runs]
        )

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


class _Row:
    """A row that was rendered with inserts."""

    def __init__(self, rendered: str) -> None:
        self._parts = _INSERT.split(rendered)
        self._places = [inserts.place_of(letter) for letter in self._parts[1::2]]

    def filled(self, texts: Sequence[str]) -> str:
        """Return the row with these texts, which are HTML, in place of its inserts."""
        parts = self._parts.copy()
        parts[1::2] = [texts[place] for place in self._places]
        return "".join(parts)
