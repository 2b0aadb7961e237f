"""What Hugging Face's lists say of each paper, and where their pages end."""

from __future__ import annotations

import html
import json
from datetime import date
from typing import Any

import pytest

from digest.errors import SourceError
from digest.listings.sources import huggingface
from digest.listings.sources.http import Body
from digest.listings.sources.huggingface import parse, read
from digest.model import Listing, ListingPage, Paper

from ...tables import table
from ...world import World, own_places

DAY = date(2025, 10, 3)
DAILY = Listing(name="l", kind="huggingface")
API = "https://huggingface.co/api/daily_papers"


def entry(number: int = 1, outer: dict[str, Any] | None = None, **inner: Any) -> dict[str, Any]:
    return {"paper": {"id": f"2510.{number:05}", "title": "T", **inner}, **(outer or {})}


def parsed(outer: dict[str, Any] | None = None, **inner: Any) -> Paper:
    [paper] = parse(json.dumps([entry(1, outer, **inner)]).encode(), DAILY, DAY).papers
    return paper


def test_the_inner_text_and_date_count_and_the_outer_stands_in_for_them() -> None:
    outer = {"title": "Outer", "summary": "Outside.", "publishedAt": "2025-10-01T20:00:00.000Z"}
    both = parsed(outer, title="Inner", summary="In.", publishedAt="2025-10-02T00:00:00.000Z")
    assert (both.title, both.abstract, both.published) == ("Inner", "In.", date(2025, 10, 2))
    bare = parsed(outer, title=None, summary=None)
    assert (bare.title, bare.abstract, bare.published) == ("Outer", "Outside.", None)


def test_votes_are_inside_and_comments_outside() -> None:
    paper = parsed({"numComments": 3, "upvotes": 9}, upvotes=7, numComments=9)
    assert (paper.upvotes, paper.comments) == (7, 3)


def test_hidden_authors_are_left_out() -> None:
    people = [{"name": "Ada Wrack"}, {"name": "Bo", "hidden": True}, {"hidden": False}, "x"]
    assert parsed(authors=people).authors == ("Ada Wrack",)
    assert parsed(authors="Ada").authors == ()


@table(
    ("outer", "inner", "expected"),
    [
        ({}, {"organization": {"name": "tides", "fullname": "Tide Lab"}}, "Tide Lab"),
        ({"organization": {"name": "tides"}}, {}, "tides"),
        ({"organization": {"name": "out"}}, {"organization": {"name": "in"}}, "in"),
        ({"submitterOrganization": {"fullname": "Tide Lab"}}, {"organization": {}}, "Tide Lab"),
        ({"organization": "tides"}, {}, ""),
    ],
)
def test_the_organisation_is_found_in_each_of_its_places(
    outer: dict[str, Any], inner: dict[str, Any], expected: str
) -> None:
    assert parsed(outer, **inner).organisation == expected


def test_what_a_machine_wrote_is_kept_apart_and_named() -> None:
    said = {"ai_summary": "Tides.", "ai_keywords": ["tide"], "githubStars": 4}
    assert parsed(**said).extra == {
        "summary": "Tides.", "summary_by": "a machine", "keywords": ["tide"], "stars": 4
    }  # fmt: skip
    assert parsed(**said, ai_summary_model="m/x").extra["summary_by"] == "m/x"
    assert parsed(ai_summary_model="m/x").extra == {}


def test_a_paper_that_is_not_arxivs_leads_to_its_own_page() -> None:
    [paper] = parse(json.dumps([entry(id="tides-1")]).encode(), DAILY, DAY).papers
    assert (paper.key, paper.url) == ("title:t", "https://huggingface.co/papers/tides-1")
    assert parsed().url == "https://arxiv.org/abs/2510.00001"


@table(
    ("answer", "reason"),
    [
        (b'{"error": "Invalid date"}', "no list of papers but the error 'Invalid date'"),
        (b'{"error": 7}', "no list of papers but a JSON dict"),
        (b"7", "no list of papers but a JSON int"),
        (b"<html><div data-target='x'>", "a web page without a list of papers"),
        (b'[{"paper": 1}, {}, 7]', "none of 3 entries can be read: entry 1: no paper in it"),
    ],
)
def test_an_answer_that_is_no_list_is_told(answer: bytes, reason: str) -> None:
    with pytest.raises(SourceError) as error:
        parse(answer, DAILY, DAY)
    assert error.value.reason == reason


def test_the_list_in_a_web_page_is_the_one_of_the_day_that_it_states() -> None:
    props = html.escape(json.dumps({"dateString": "2025-10-02", "dailyPapers": [entry()]}))
    other = '<div data-target="Other" data-props="{}"></div>'
    page = f'<!doctype html>{other}<div class="a b" data-target="DailyPapers" data-props="{props}">'
    found = parse(page.encode(), Listing(name="l", kind="huggingface", url="https://x/{day}"), DAY)
    assert (found.entries, found.batch) == (1, date(2025, 10, 2))


def test_a_list_whose_entries_do_not_say_when_is_the_days_own() -> None:
    batches = [
        parse(json.dumps(entries).encode(), DAILY, DAY).batch
        for entries in ([entry()], [entry(submittedOnDailyAt="2025-10-01T00:00:00.000Z")], [])
    ]
    assert batches == [DAY, date(2025, 10, 1), None]


def test_an_unheard_of_period_is_refused() -> None:
    with pytest.raises(SourceError, match="there are day, week, month, trending"):
        read(Listing(name="l", kind="huggingface", options={"period": "year"}), DAY, World())


@pytest.mark.parametrize(
    ("address", "pages"),
    [
        (f"{API}?limit=2", 2),
        (f"{API}?limit=2&sort=trending", 1),
        (f"{API}?limit=2&p=0", 1),
        ("https://huggingface.co/papers?limit=2", 1),
    ],
)
def test_only_a_list_in_pages_is_followed(address: str, pages: int) -> None:
    first, rest = (json.dumps([entry(n) for n in some]).encode() for some in ((1, 2), (3,)))
    world = World({address: first, f"{address}&p=1": rest})
    page = read(Listing(name="l", kind="huggingface", url=address), DAY, world)
    assert len(world.asked) == pages
    assert page.validators == ({address: '"v"'} if pages == 1 else {})


@table(
    "options day address",
    [
        ({}, DAY, f"{API}?date=2025-10-03&limit=100"),
        ({}, date(2025, 12, 1), f"{API}?date=2025-10-04&limit=100"),
        ({"period": "week"}, date(2021, 1, 3), f"{API}?week=2020-W53&limit=100"),
        ({"period": "week"}, date(2021, 1, 4), f"{API}?week=2021-W01&limit=100"),
        ({"period": "month"}, DAY, f"{API}?month=2025-10&limit=100"),
        ({"period": "trending", "token": "t"}, DAY, f"{API}?sort=trending&limit=100"),
        ({"token": 3}, DAY, f"{API}?date=2025-10-03&limit=100"),
    ],
)
def test_each_period_has_its_address(options: dict[str, Any], day: date, address: str) -> None:
    world = World({address: Body(b"", address, is_unchanged=True)})
    page = read(Listing(name="l", kind="huggingface", options=options), day, world)

    assert (page.is_unchanged, page.entries, world.asked) == (True, 0, [address])
    has_token = options.get("token") == "t"
    assert world.headers == [{"Authorization": "Bearer t"} if has_token else {}]


@table(
    "content said",
    [
        ({"error": "x" * 201}, f"no list of papers but the error '{'x' * 199}…'$"),
        ({"error": 3}, "no list of papers but a JSON dict$"),
        ("x", "no list of papers but a JSON str$"),
    ],
)
def test_what_is_no_list_is_named(content: object, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(json.dumps(content).encode(), DAILY, DAY)


@table(
    "first sizes is_full",
    [
        (f"{API}?date=2025-10-03&limit=100", [100], True),
        (f"{API}?date=2025-10-03&limit=100", [99], False),
        (f"{API}?date=2025-10-03&limit=100", [101], True),
        (f"{API}?limit=20&x=1", [20], True),
        (f"{API}?date=2025-10-03", [50], True),
        (f"{API}?date=2025-10-03", [49], False),
        (f"{API}?date=2025-10-03&limit=100", [100, 100], False),  # the same papers again
        (f"{API}?sort=trending&limit=100", [100], False),
        (f"{API}?date=2025-10-03&p=1&limit=100", [100], False),
        (API, [100], False),
        ("https://huggingface.co/papers?limit=100", [100], False),
    ],
)
def test_a_page_that_is_full_of_news_has_one_behind_it(
    first: str, sizes: list[int], is_full: bool
) -> None:
    paper = parsed()
    pages = [ListingPage((paper,), size) for size in sizes]

    assert huggingface._is_full(first, pages) is is_full


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "huggingface") == ["https://a.example/2025-10-03", "a.txt"]


@table("period many", [(None, False), ("day", False), ("week", True), ("month", True)])
def test_a_list_of_many_days_says_when_each_was_listed(period: str | None, *, many: bool) -> None:
    options = {"period": period} if period else {}
    listing = Listing(name="l", kind="huggingface", options=options)
    raw = [entry(submittedOnDailyAt="2025-10-01T00:00:00.000Z"), entry(2)]

    listed = parse(json.dumps(raw).encode(), listing, DAY).listed
    assert listed == ({"arxiv:2510.00001": date(2025, 10, 1)} if many else {})
