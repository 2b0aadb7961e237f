"""What Crossref is asked for, and what it counts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from digest.errors import SourceError
from digest.listings.sources.crossref import API, parse, read
from digest.model import Listing

from ...factories import known
from ...world import World, own_places

DAY = date(2025, 10, 3)
TIDES = Listing(name="tides", kind="crossref", options={"issn": ["1476-4687", "0028-0836"]})


def address(start: int) -> str:
    return (
        f"{API}?filter=issn:1476-4687,issn:0028-0836,from-created-date:2025-10-03,"
        f"until-created-date:2025-10-03&rows=200&offset={start}&sort=created&order=asc&"
        "select=DOI,URL,title,subtitle,abstract,author,type,issued,published,container-title"
        "&mailto=me%40example.org"
    )


def works(total: object, numbers: range, **fields: Any) -> bytes:
    items = [{"DOI": f"10.5555/t.{n}", "title": [f"Tide number {n}"]} | fields for n in numbers]
    return json.dumps(
        {"status": "ok", "message": {"total-results": total, "items": items}}
    ).encode()


def test_a_days_records_are_read_to_the_last() -> None:
    world = World({address(0): works(203, range(200)), address(200): works(203, range(200, 203))})
    page = read(TIDES, DAY, world)
    assert (page.entries, len(page.papers), page.reasons) == (203, 203, ())
    assert page.is_counted


def test_a_day_without_records_is_one_request_and_no_fault() -> None:
    page = read(TIDES, DAY, World({address(0): works(0, range(0))}))
    assert (page.entries, page.is_counted, page.reasons) == (0, True, ())


def test_what_was_counted_and_did_not_come_is_told() -> None:
    world = World({address(0): works(5, range(3)), address(3): works(5, range(0))})
    page = read(TIDES, DAY, world)
    assert (page.entries, page.skipped) == (5, 2)
    assert page.reasons == ("2 of 5 records that the source counted did not come",)


def test_an_issue_is_no_paper_and_none_that_is_missing() -> None:
    page = read(TIDES, DAY, World({address(0): works(2, range(2), type="journal-issue")}))
    assert (page.entries, page.papers, page.reasons) == (0, (), ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": "failed", "message": [{"message": "no such filter"}]}, "no such filter"),
        ({"status": "ok", "message": {"items": []}}, "does not say how many"),
        ({"status": "ok", "message": {"total-results": True, "items": []}}, "how many"),
        ([], "the source reports: nothing"),
    ],
)
def test_an_answer_that_is_no_list_is_told(answer: object, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(TIDES, DAY, World({address(0): json.dumps(answer).encode()}))


def test_a_listing_without_a_journal_says_what_it_needs() -> None:
    with pytest.raises(SourceError, match="needs an issn"):
        read(Listing(name="l", kind="crossref"), DAY, World())


@pytest.mark.parametrize(
    ("fields", "title", "abstract"),
    [
        ({"title": ["Kelp"], "subtitle": ["A survey"]}, "Kelp: A survey", ""),
        ({"title": ["Kelp: a survey"], "subtitle": ["a survey"]}, "Kelp: a survey", ""),
        ({"abstract": "<jats:title>Summary</jats:title><jats:p>We see.</jats:p>"}, None, "We see."),
        ({"abstract": "<jats:p>Abstract art.</jats:p>"}, None, "Abstract art."),
    ],
)
def test_titles_and_abstracts_are_what_a_reader_would_see(
    fields: dict[str, Any], title: str | None, abstract: str
) -> None:
    [paper] = parse(works(1, range(1), **fields), TIDES, DAY).papers
    assert (paper.title, paper.abstract) == (title or "Tide number 0", abstract)


def test_each_field_of_a_record_is_read_and_what_is_none_is_left_out() -> None:
    people = [
        {"given": "Ada", "family": "Petrel", "suffix": "Jr"}, {"family": "Lind"},
        {"name": "Reed Group"}, "x", {"suffix": "Sr"},
    ]  # fmt: skip
    full = {
        "DOI": "10.5555/T.1", "title": ["Of <i>tides</i>", "x"], "subtitle": ["and moons"],
        "abstract": "<jats:title>ABSTRACT</jats:title><jats:p>Kelp.</jats:p>", "author": people,
        "type": "journal-article", "published": {"date-parts": [[2025, 9]]},
        "issued": {"date-parts": [[2025, 9, 7]]}, "container-title": ["Tides"],
        "URL": "https://a.example/1",
    }  # fmt: skip
    plain = {"DOI": "10.5555/t.2", "title": "Plain", "subtitle": "Plain", "abstract": 3} | {
        "author": "x", "published": {"date-parts": [[2025, 9, 8]]}, "issued": 3,
    }  # fmt: skip
    bare = {"DOI": "10.5555/t.5", "title": ["A"], "published": {"date-parts": []}}
    items = [full, plain, bare, {"DOI": "x", "title": ["T"]}, "x", {"type": "grant"}]
    found = parse(json.dumps({"message": {"items": items}}).encode(), TIDES, DAY)

    assert (found.entries, found.reasons) == (5, ("entry 4: no DOI", "entry 5: no DOI"))
    assert [*map(known, found.papers)] == [
        {
            "key": "doi:10.5555/t.1", "title": "Of tides: and moons", "abstract": "Kelp.",
            "authors": ("Ada Petrel, Jr", "Lind", "Reed Group"), "categories": ("journal-article",),
            "url": "https://a.example/1", "published": date(2025, 9, 7),
            "extra": {"journal": "Tides"},
        },
        {
            "key": "doi:10.5555/t.2", "title": "Plain", "url": "https://doi.org/10.5555/t.2",
            "published": date(2025, 9, 8),
        },
        {"key": "doi:10.5555/t.5", "title": "A", "url": "https://doi.org/10.5555/t.5"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"message": [{"message": "bad issn"}]}, "bad issn"),
        ({"message": {"message": "gone"}}, "gone"),
        ({"message": []}, "nothing"),
        ({"message": {"items": 3}}, "nothing"),
        ([], "nothing"),
        ({"message": "x"}, "nothing"),
    ],
)
def test_what_the_source_reports_is_the_reason(answer: object, said: str) -> None:
    with pytest.raises(SourceError, match=f"the source reports: {said}$"):
        parse(json.dumps(answer).encode(), TIDES, DAY)


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "crossref") == ["https://a.example/2025-10-03", "a.txt"]
