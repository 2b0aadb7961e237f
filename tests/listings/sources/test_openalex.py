"""What OpenAlex is asked for, and how far back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from digest.errors import SourceError
from digest.listings.sources.openalex import API, parse, read
from digest.model import ChangeKind, Listing

from ...factories import known
from ...world import World, own_places

DAY = date(2025, 10, 3)
KELP = Listing(name="kelp", kind="openalex", options={"filter": "title.search:kelp|wrack foam"})
FIELDS = (
    "id,doi,display_name,abstract_inverted_index,authorships,publication_date,primary_location,"
    "primary_topic,is_retracted"
)


def address(cursor: str = "*") -> str:
    return (
        f"{API}?filter=title.search:kelp|wrack+foam,to_publication_date:2025-10-03"
        f"&sort=publication_date:desc&per-page=100&cursor={cursor}&select={FIELDS}"
        "&mailto=me%40example.org"
    )


def works(*numbers: int, count: object = 0, further: str | None = None, day: object = DAY) -> bytes:
    shown: list[dict[str, Any]] = [
        {"id": f"W{n}", "display_name": f"Kelp {n}", "publication_date": str(day)} for n in numbers
    ]
    return json.dumps({"meta": {"count": count, "next_cursor": further}, "results": shown}).encode()


def test_it_is_read_back_to_what_was_published_a_month_ago_and_no_further() -> None:
    recent = works(*range(100), count=900, further="b=")
    older = works(100, count=900, further="c", day=date(2025, 9, 2))
    world = World({address(): recent, address("b%3D"): older})

    page = read(KELP, DAY, world)

    assert (page.entries, len(page.papers), page.reasons) == (101, 101, ())
    assert (page.is_counted, len(world.asked)) == (True, 2)


def test_a_list_of_a_hundred_authors_may_go_on() -> None:
    found = json.loads(works(1, 2, count=2))
    for work, many in zip(found["results"], (99, 100), strict=True):
        work["authorships"] = [{"raw_author_name": f"Ann Lee {n}"} for n in range(many)]
    page = read(KELP, DAY, World({address(): json.dumps(found).encode()}))
    assert [(len(each.authors), each.author_count) for each in page.papers] == [
        (99, None),
        (100, 101),
    ]


def test_what_was_counted_and_did_not_come_is_told() -> None:
    page = read(KELP, DAY, World({address(): works(1, 2, count=5)}))
    assert (page.entries, page.skipped) == (5, 3)
    assert page.reasons == ("3 of 5 works that it counted did not come",)


def test_more_works_than_are_read_are_told() -> None:
    world = World({address(): works(1, count=9, further="*")})
    page = read(KELP, DAY, world)
    assert (page.reasons, len(world.asked)) == (
        ("20 works were read, back to 2025-10-03: narrow the filter",),
        20,
    )


def test_a_filter_that_finds_nothing_is_no_fault() -> None:
    page = read(KELP, DAY, World({address(): works()}))
    assert (page.entries, page.is_counted, page.reasons) == (0, True, ())


def test_a_key_goes_with_every_request() -> None:
    known = Listing(name="l", kind="openalex", options={**KELP.options, "token": "t"})
    asked = f"{address()}&api_key=t"
    assert read(known, DAY, World({asked: works(1, count=1)})).entries == 1


@pytest.mark.parametrize(
    ("listing", "answer", "reason"),
    [
        (Listing(name="l", kind="openalex"), b"", "needs a filter"),
        (KELP, works(count="many"), "does not say how many"),
        (KELP, b"[]", "the source reports: nothing"),
    ],
)
def test_what_cannot_be_asked_or_read_is_told(listing: Listing, answer: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(listing, DAY, World({address(): answer}))


def test_each_field_of_a_work_is_read() -> None:
    full = {
        "id": "https://openalex.org/W1", "doi": "https://doi.org/10.5555/T.1",
        "display_name": "Of <i>tides</i>", "publication_date": "2025-10-01",
        "abstract_inverted_index": {"moves": [1, 3], "Kelp": [0], "and": [2, "x"], "no": 3},
        "authorships": [
            {"author": {"display_name": "Ada Petrel"}}, {"raw_author_name": "Bo Lind"}, 3
        ],
        "primary_location": {
            "landing_page_url": "https://a.example/1", "pdf_url": "https://a.example/1.pdf",
            "source": {"display_name": "Tides"},
        },
        "primary_topic": {"display_name": "Kelp"}, "is_retracted": False,
    }  # fmt: skip
    named = [{"author": {"display_name": f"A{n}"}} for n in range(100)]
    arxiv = {
        "id": "W2", "doi": "https://doi.org/10.48550/arXiv.2510.00001", "display_name": "T",
        "is_retracted": True, "authorships": named,
    }  # fmt: skip
    bare = {"id": "https://openalex.org/W3", "display_name": "U", "primary_location": 3} | {
        "authorships": named[:99], "is_retracted": 1
    }  # fmt: skip
    works = [full, arxiv, bare, {"display_name": "V"}, "x"]
    data = json.dumps({"meta": {"count": 9}, "results": works}).encode()
    found = parse(data, KELP, DAY)
    first, second, third = found.papers

    assert found.reasons == ("entry 4: no id", "entry 5: no id")
    assert known(first) == {
        "key": "doi:10.5555/t.1", "title": "Of tides", "abstract": "Kelp moves and moves",
        "authors": ("Ada Petrel", "Bo Lind"), "categories": ("Kelp",), "url": "https://a.example/1",
        "links": {"pdf": "https://a.example/1.pdf"}, "published": date(2025, 10, 1),
        "extra": {"journal": "Tides"},
    }  # fmt: skip
    assert (second.key, second.announced) == ("arxiv:2510.00001", ChangeKind.WITHDRAWN)
    assert (len(second.authors), second.author_count) == (100, 101)
    assert (third.url, third.announced) == ("https://openalex.org/W3", ChangeKind.NEW)
    assert (len(third.authors), third.author_count) == (99, None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"error": "bad"}, "the source reports: bad"),
        ({"message": "worse", "error": "bad"}, "the source reports: worse"),
        ({"results": []}, "the source reports: nothing"),
        ([], "the source reports: nothing"),
        ({"results": [], "meta": {"count": True}}, "does not say how many"),
        ({"results": [], "meta": {"count": "3"}}, "does not say how many"),
    ],
)
def test_what_is_no_answer_says_why(answer: object, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(json.dumps(answer).encode(), KELP, DAY)


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "openalex") == ["https://a.example/2025-10-03", "a.txt"]
