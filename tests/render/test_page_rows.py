"""A row of a page that is put together from what is kept is what its template renders whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import locales
from digest.model import Hit, IssueEntry, Match, Paper, Reason
from digest.render import page_rows
from digest.render.page_rows import PageRows, PaperRow
from digest.render.page_templates import page_environment
from digest.render.views import PaperView
from digest.resources import templates_folder

from ..factories import paper

ROWS = "{{ rows(several) }}"
PIECES = ("a & b", "<i>", '"quoted"', "'", "\u05e9\u05dc\u05d5\u05dd", "x" * 90, "We show 1 < 2.")
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "\ufde0A", "{{ 1 }}", "第一。"]), max_size=8).map(
    " ".join
)


class OwnRow(PaperRow):
    """A row as an issue's page has it, with a text that is one reader's own."""

    macro = "issue_row"

    def __init__(self, entry: IssueEntry, at: str, feedback: str) -> None:
        super().__init__(entry)
        self.texts, self.shape = ("7", at, entry.match.paper.key), feedback

    def variables(self, view: PaperView, texts: Sequence[str]) -> Mapping[str, object]:
        number, at, key = texts
        own = {"number": number, "at": at, "key": key, "feedback": [self.shape], "coins": "a&b"}
        return {"p": view, **own, "opinions": {"like": "More"}}


def environment(*folders: Path) -> Any:
    made = page_environment([*folders, templates_folder()])
    made.globals["rows"] = PageRows(made, templates_folder() / "web")
    return made


KEPT = environment()


def whole(row: PaperRow) -> str:
    """The row as its macro renders it from all that is known."""
    macro = getattr(KEPT.get_template("rows.html").module, row.macro)
    return str(macro(**row.variables(row.view, row.texts)))


def kept(*several: PaperRow) -> str:
    return str(KEPT.from_string(ROWS).render(several=several))


@st.composite
def entries(draw: Any) -> IssueEntry:
    title, abstract = draw(TEXTS), draw(TEXTS)
    authors = tuple(draw(st.lists(TEXTS, max_size=5)))
    made = replace(paper(1), key=draw(TEXTS), title=title, abstract=abstract, authors=authors)
    texts = {"title": title, "abstract": abstract, "author": ", ".join(authors), "category": "x"}
    hits = st.builds(
        lambda field, start, length: Hit(
            field, min(start, len(texts[field])), min(start + length, len(texts[field]))
        ),
        st.sampled_from(sorted(texts)),
        st.integers(0, 60),
        st.integers(1, 9),
    )
    reason = st.builds(Reason, TEXTS, st.integers(1, 1_500), st.lists(hits, max_size=4).map(tuple))
    reasons = tuple(draw(st.lists(reason, max_size=8)))
    match = Match(made, sum(each.points for each in reasons), reasons)
    return IssueEntry(match=match, listings=tuple(draw(st.lists(TEXTS, max_size=1))))


@given(st.lists(entries(), max_size=3), st.sampled_from(["en", "de", "ja"]), TEXTS)
def test_a_row_is_what_its_template_renders_whole(
    several: list[IssueEntry], locale: str, at: str
) -> None:
    with locales.use(locale):
        for entry in several:
            rows = [
                *(PaperRow(entry), PaperRow(entry, has_quote=True, has_reasons=False)),
                *(OwnRow(entry, at, "like"), OwnRow(entry, "/", "")),
            ]
            assert kept(*rows) == kept(*rows) == "".join(map(whole, rows))


def row_of(made: Paper, word: str = "", label: str = "a word") -> PaperRow:
    start = made.title.find(word)
    hits = (Hit("title", start, start + len(word)),) if word else ()
    return PaperRow(IssueEntry(match=Match(made, 1, (Reason(label, 1, hits),))))


def test_readers_of_a_paper_share_what_is_kept_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[Any] = []
    view = page_rows.paper_view
    monkeypatch.setattr(
        page_rows, "paper_view", lambda *a, **k: rendered.append(a) or view(*a, **k)
    )
    made = paper(1, title="Sparse training")
    first = kept(row_of(made, "Sparse"))
    number = len(rendered)
    second = kept(row_of(made, "training"))

    assert number
    assert rendered[number:] == []
    assert "<mark>Sparse</mark> training" in first
    assert "Sparse <mark>training</mark>" in second


def test_an_operators_macros_render_rows_whole(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    ours = (templates_folder() / "web" / "macros.html").read_text()
    (tmp_path / "web" / "macros.html").write_text(ours.replace("<mark>", "<mark class='mine'>"))
    page = environment(tmp_path).from_string(ROWS)

    shown = page.render(several=[row_of(paper(1, title="Sparse training"), "Sparse")])

    assert "<mark class='mine'>Sparse</mark> training" in shown


def test_a_template_that_shows_a_paper_itself_finds_its_view() -> None:
    row = row_of(paper(1, title="Sparse training"), "Sparse")
    page = '{% import "macros.html" as m %}{{ m.paper(p, is_short=true) }}|{{ p.name }}'

    shown = KEPT.from_string(page).render(p=row)

    assert shown.endswith("|Sparse training")
    assert "<mark>Sparse</mark> training" in shown


def test_a_template_that_changes_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "web" / "rows.html"
    file.parent.mkdir()
    made = environment(tmp_path)
    page, row = made.from_string(ROWS), row_of(paper(1))
    for word in ("one", "two"):
        file.write_text("{% macro paper_row(p) %}" + word + " {{ p.name }}{% endmacro %}")
        made.cache.clear()
        assert page.render(several=[row]).startswith(word)
