"""The rows of the newest papers are ready before a page asks for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.pipeline import runs
from digest.render import page_rows
from digest.web import ready_rows
from digest.web.ready_rows import ReadyRows

from ..sites import Laid, laid_out, papers_of, served
from ..waits import HUNG


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Laid]:
    with laid_out(tmp_path) as made:
        yield made


def rows_of(site: Laid) -> ReadyRows:
    return ReadyRows(site.app, site.web.state.site.pages)


def test_a_search_finds_the_texts_of_its_papers_made(
    site: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    lines = page_rows.shared_lines
    monkeypatch.setattr(page_rows, "shared_lines", lambda *a: made.append(a) or lines(*a))
    assert rows_of(site).make()
    number = len(made)
    answer = site.browser.get("/search?q=again")

    assert number
    assert "<mark>again</mark>" in answer.text
    assert made[number:] == []


def test_a_server_makes_rows_ready_by_itself(site: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    make = ReadyRows.make

    def noted(rows: ReadyRows) -> int:
        begun.set()
        return make(rows)

    monkeypatch.setattr(ReadyRows, "make", noted)
    with served(site):
        assert begun.wait(HUNG)


def test_rows_are_made_again_once_papers_have_come(site: Laid) -> None:
    rows = rows_of(site)
    assert rows.make()
    assert rows.make() == 0
    app: Any = site.app
    site.clock.forward(days=1)
    app.source.lay_out("daily", app.day, *papers_of(9))
    runs.run(app, list(app.listings.values()))
    assert rows.make()


def test_of_rows_so_many_bytes_are_made_ready(site: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ready_rows.MOST_BYTES == 32_000_000
    all_rows = rows_of(site).make()
    monkeypatch.setattr(ready_rows, "MOST_BYTES", 1)
    one = rows_of(site).make()
    assert 0 < 9 * one < all_rows


def test_where_an_operator_has_rows_of_their_own_none_are_made_ready(tmp_path: Path) -> None:
    class Own:
        def ready(self, several: Any) -> int:
            return page_rows.PageRows(environment, tmp_path).ready(several)

    with laid_out(tmp_path) as site:
        pages = site.web.state.site.pages
        environment = pages._tried[0]
        assert ReadyRows(site.app, Own()).make() == 0  # type: ignore[arg-type]


def test_a_template_that_fails_is_tried_again_only_once_papers_have_come(site: Laid) -> None:
    tried: list[Any] = []

    class Broken:
        def ready(self, several: Any) -> int:
            tried.append(several)
            raise ValueError("a template of the operator's")

    rows = ReadyRows(site.app, Broken())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="operator's"):
        rows.make()
    assert rows.make() == 0
    assert len(tried) == 1
