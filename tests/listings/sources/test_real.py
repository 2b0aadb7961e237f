"""Against real listings, where DIGEST_REAL_DATA says that they are."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from digest.errors import SourceError
from digest.language.text import clean, readable
from digest.listings.identity import is_same_work
from digest.listings.sources import arxiv, biorxiv, feed, huggingface, jsonfeed, listing
from digest.listings.sources.entries import paper
from digest.listings.sources.sandbox import Parse
from digest.model import Listing, ListingPage

from ...extent import some
from ...tables import table

DATA = Path(os.environ.get("DIGEST_REAL_DATA", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="DIGEST_REAL_DATA names no folder of real listings"
)


def real(kind: str, name: str = "") -> list[Path]:
    return sorted(path for path in (DATA / kind).rglob(name or "*") if path.is_file())


def saved(day: str) -> ListingPage:
    data = (DATA / "listing-text" / f"daily-papers-{day[5:]}.txt").read_bytes()
    return listing.parse(data, Listing(name="saved", kind="listing"), date.fromisoformat(day))


def test_the_saved_pages_hold_86_and_84_papers_with_one_in_both() -> None:
    march, october = saved("2025-03-12"), saved("2025-10-31")
    assert (march.entries, len(march.papers), march.batch) == (86, 86, date(2025, 3, 12))
    assert (october.entries, len(october.papers), october.batch) == (84, 84, date(2025, 10, 31))
    assert march.reasons == october.reasons == ()
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
    for path in some(real("hf-api", "*.json"), 5):
        data, day = path.read_bytes(), date.fromisoformat(path.stem)
        page = huggingface.parse(data, Listing(name="hf", kind="huggingface"), day)
        raw = json.loads(data)
        assert (page.entries, page.reasons) == (len(raw), ())
        assert [paper.key for paper in page.papers] == [
            f"arxiv:{each['paper']['id']}" for each in raw
        ]
        assert page.batch in {None, day}
        assert all(each.abstract and each.published and each.authors for each in page.papers)
        assert not any("\n" in paper.title + paper.abstract for paper in page.papers)


def test_every_item_of_the_real_announcements_is_accounted_for() -> None:
    for path in some(real("arxiv-rss", "*.xml"), 2):
        data = path.read_bytes()
        page = arxiv.parse(data, Listing(name="arxiv", kind="arxiv"), date(2026, 8, 1))
        count = data.count(b"<item>")
        assert (page.entries, len(page.papers), page.reasons) == (count, count, ())
        day = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
        assert day is not None
        assert page.batch == date.fromisoformat(day[0])
        assert all(paper.version and paper.key.startswith("arxiv:") for paper in page.papers)
        told = Counter(re.findall(rb"<arxiv:announce_type>([a-z]+)", data))
        kinds = Counter(str(paper.announced) for paper in page.papers)
        assert (kinds["new"], kinds["cross"]) == (told[b"new"], told[b"cross"])
        assert kinds["revised"] + kinds["withdrawn"] == told[b"replace"]


def answered(name: str) -> ListingPage:
    data = (DATA / "arxiv-api" / f"{name}.xml").read_bytes()
    return arxiv.parse(data, Listing(name="a", kind="arxiv"), date(2026, 4, 12))


def test_the_real_answers_of_the_api_are_read() -> None:
    pages = {
        path.stem: answered(path.stem)
        for path in real("arxiv-api", "*.xml")
        if path.stem != "error-400"
    }
    counts = Counter(len(page.papers) for page in pages.values())
    assert counts == {10: 6, 1: 2, 0: 1}
    assert pages["old-style-id"].papers[0].key == "arxiv:astro-ph/0601001"
    assert pages["unknown-id"].papers == ()
    for page in pages.values():
        assert page.reasons == ()
        assert all(each.abstract and each.authors for each in page.papers)


def test_the_real_complaint_of_the_api_is_told() -> None:
    with pytest.raises(SourceError, match="the source reports: incorrect id format for abc"):
        answered("error-400")


def test_the_real_feed_of_preprints_is_read() -> None:
    (path,) = real("biorxiv", "*.rdf")
    page = biorxiv.parse(path.read_bytes(), Listing(name="b", kind="biorxiv"), date(2019, 9, 1))
    assert (page.entries, len(page.papers), page.reasons) == (30, 30, ())
    assert all(paper.key.startswith("doi:10.1101/") for paper in page.papers)
    assert all(paper.version and len(paper.authors) > 1 for paper in page.papers)


def test_every_item_of_the_real_json_feeds_is_accounted_for() -> None:
    for path in real("hf-jsonfeed", "*.json"):
        data = path.read_bytes()
        page = jsonfeed.parse(data, Listing(name="j", kind="jsonfeed"), date(2026, 7, 16))
        count = len(json.loads(data)["items"])
        assert (page.entries, len(page.papers), page.reasons) == (count, count, ())
        assert all(paper.key.startswith("arxiv:") and paper.published for paper in page.papers)
        assert not any("Generated by" in paper.abstract for paper in page.papers)


def test_the_same_work_in_two_real_sources_is_one() -> None:
    """Titles and abstracts alone find the twin, and nobody else's."""
    kind = Listing(name="hf", kind="huggingface")
    listed = {
        each.key.removeprefix("arxiv:"): replace(each, key=each.aliases[0], aliases=())
        for path in real("hf-api", "2025-[01][09]-*.json")
        for each in huggingface.parse(path.read_bytes(), kind, date(2025, 10, 10)).papers
    }
    twins = [
        (
            listed[row["id"]],
            paper(day=date(2025, 10, 3), title=row["title"], abstract=row["summary"]),
        )
        for row in announced()
        if row["id"] in listed
    ]
    assert len(twins) > 100
    # Some were retitled between two versions.
    assert sum(not is_same_work(a, b) for a, b in twins) <= len(twins) / 100
    firsts, seconds = zip(*twins, strict=True)
    for a, b in zip(firsts, seconds[1:], strict=False):
        namesake = replace(b, title=a.title, key=a.key, aliases=())
        assert a.title == b.title or not is_same_work(a, namesake)


def test_every_digit_of_the_real_texts_is_shown_in_its_order() -> None:
    """A link under its own address is shown once; nothing else may be missing."""
    for text in map(clean, some(sorted(set(texts())), 200)):
        shown = iter(digits(readable(text)))
        once = re.sub(r"\\href\{https?://([^{}]*)\}(\{[^{}]*\1)", r"\2", text)
        assert all(digit in shown for digit in digits(once)), text


def digits(text: str) -> list[str]:
    return [char for char in normalize("NFKC", text) if char.isdecimal()]


def texts() -> Iterator[str]:
    for path in real("hf-api", "*.json"):
        for each in json.loads(path.read_bytes()):
            yield from (each["paper"]["title"], each["paper"]["summary"])
    for row in announced():
        yield from (row["title"], row["summary"])
    for path in real("arxiv-rss", "*.xml"):
        for told in re.findall(
            r"<(?:title|description)>(.*?)</", path.read_text("utf-8"), re.DOTALL
        ):
            yield unescape(told)


def announced() -> Iterator[dict[str, Any]]:
    for path in real("arxiv-days", "*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@table(
    ("parse", "name"),
    [
        (arxiv.parse, "arxiv-rss/fixtures/2026-04-27_arxiv_cs_ai.xml"),
        (arxiv.parse, "arxiv-api/query-testing-start00.xml"),
        (biorxiv.parse, "biorxiv/plant-biology-2019-08.rdf"),
        (feed.parse, "biorxiv/plant-biology-2019-08.rdf"),
        (huggingface.parse, "hf-api/2025-03-10.json"),
        (jsonfeed.parse, "hf-jsonfeed/2026-07-06_0903.json"),
    ],
)
def test_a_real_answer_cut_at_any_hundredth_is_refused(parse: Parse, name: str) -> None:
    """A7."""
    data = (DATA / name).read_bytes().rstrip()
    for hundredth in some(range(100), 6):
        with pytest.raises(SourceError):
            parse(
                data[: len(data) * hundredth // 100], Listing(name="l", kind="x"), date(2026, 8, 1)
            )


def test_a_real_text_page_cut_anywhere_loses_and_invents_nothing() -> None:
    """A7, where it cannot be told: the whole page brings what is missing, under the same keys."""
    path = DATA / "listing-text" / "daily-papers-10-31.txt"
    data, day = path.read_bytes(), date(2025, 10, 31)
    kind = Listing(name="saved", kind="listing")
    whole = {each.key: each for each in listing.parse(data, kind, day).papers}
    for hundredth in some(range(1, 100), 12):
        cut = listing.parse(data[: len(data) * hundredth // 100], kind, day).papers
        assert {each.key for each in cut} <= set(whole)
        assert all(whole[each.key].abstract == each.abstract for each in cut[:-1])
