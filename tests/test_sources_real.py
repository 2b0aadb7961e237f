"""Against real listings, where DIGEST_REAL_DATA says that they are."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from digest.model import Listing, Page
from digest.sources import huggingface, listing

DATA = Path(os.environ.get("DIGEST_REAL_DATA", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="DIGEST_REAL_DATA names no folder of real listings"
)


def real(kind: str, name: str = "") -> list[Path]:
    return sorted(path for path in (DATA / kind).rglob(name or "*") if path.is_file())


def saved(day: str) -> Page:
    data = (DATA / "listing-text" / f"daily-papers-{day[5:]}.txt").read_bytes()
    return listing.parse(data, Listing(name="saved", kind="listing"), date.fromisoformat(day))


def test_the_saved_pages_hold_86_and_84_papers_with_one_in_both() -> None:
    march, october = saved("2025-03-12"), saved("2025-10-31")
    assert (march.entries, len(march.papers), march.batch) == (86, 86, date(2025, 3, 12))
    assert (october.entries, len(october.papers), october.batch) == (84, 84, date(2025, 10, 31))
    assert march.skipped == october.skipped == ()
    both = {paper.key for paper in march.papers} & {paper.key for paper in october.papers}
    assert len(both) == 1
    assert all(len(paper.abstract) > 500 for paper in march.papers + october.papers)


def test_the_facts_of_81_papers_are_read() -> None:
    papers = saved("2025-10-31").papers
    assert sum(paper.published is not None for paper in papers) == 81
    assert sum(paper.author_count is not None for paper in papers) == 79
    assert sorted(paper.organisation for paper in papers if paper.organisation) == [
        "Adobe",
        "NAVER AI Lab",
    ]


def test_every_entry_of_the_real_days_is_accounted_for() -> None:
    for path in real("hf-api", "*.json"):
        data, day = path.read_bytes(), date.fromisoformat(path.stem)
        page = huggingface.parse(data, Listing(name="hf", kind="huggingface"), day)
        raw = json.loads(data)
        assert (page.entries, page.skipped) == (len(raw), ())
        assert [paper.key for paper in page.papers] == [
            f"arxiv:{each['paper']['id']}" for each in raw
        ]
        assert page.batch in {None, day}
        assert all(paper.abstract and paper.published and paper.authors for paper in page.papers)
        assert not any("\n" in paper.title + paper.abstract for paper in page.papers)
