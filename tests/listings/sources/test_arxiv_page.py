"""arXiv's page of what is new: its own counts against what was read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.errors import SourceError
from digest.listings.sources import arxiv, arxiv_page
from digest.model import ChangeKind, Listing

from ...recordings import FOLDER
from ...world import World

DAY = date(2025, 10, 3)
PAGE = (FOLDER / "arxiv/listing-2025-10-03.html").read_bytes()
PAGES = Listing(name="l", kind="arxiv", options={"format": "listing", "categories": ["cs.CL"]})
TODAY = datetime(2025, 10, 3, 12, tzinfo=UTC)


def test_the_pages_own_count_is_held_against_what_was_read() -> None:
    page = arxiv_page.parse(PAGE, PAGES, DAY)
    assert (page.entries, page.skipped, len(page.papers)) == (5, 1, 4)
    assert page.reasons == ("1 of 5 papers that the page announces did not come",)
    whole = arxiv_page.parse(PAGE.replace(b"2 of 3", b"2 of 2"), PAGES, DAY)
    assert (whole.entries, whole.reasons) == (4, ())


def test_what_a_page_says_of_an_entry_is_its_kind_and_not_what_its_title_says() -> None:
    kinds = [paper.announced for paper in arxiv_page.parse(PAGE, PAGES, DAY).papers]
    assert kinds == [ChangeKind.NEW, ChangeKind.NEW, ChangeKind.CROSS, ChangeKind.REVISED]


def test_todays_pages_are_read_category_by_category_and_joined() -> None:
    both = Listing(name="l", kind="arxiv", options={**PAGES.options, "categories": "cs.CL+cs.LG"})
    addresses = [arxiv_page.address(name) for name in ("cs.CL", "cs.LG")]
    world = World(dict.fromkeys(addresses, PAGE), time=TODAY)
    page = arxiv.read(both, DAY, world)
    assert world.asked == addresses
    assert (page.entries, len(page.papers), page.batch) == (10, 4, DAY)


def test_a_missed_day_is_asked_of_the_api_whatever_the_format() -> None:
    world = World(time=datetime(2025, 10, 5, 12, tzinfo=UTC))
    with pytest.raises(SourceError):
        arxiv.read(PAGES, DAY, world)
    assert world.asked[0].startswith(arxiv.API)


def test_an_empty_announcement_is_a_page_and_another_page_is_none() -> None:
    none = b"<!DOCTYPE html><h3>Showing new listings for Friday, 3 October 2025</h3></html>"
    page = arxiv_page.parse(none, PAGES, DAY)
    assert (page.entries, page.batch) == (0, DAY)
    for other in (
        b"<html><h3>Authors and titles for recent submissions</h3></html>",
        b"<html></html>",
    ):
        with pytest.raises(SourceError, match="not arXiv's of what is new"):
            arxiv.parse(other, PAGES, DAY)


def test_an_entry_without_an_id_or_a_title_costs_itself_alone() -> None:
    broken = PAGE.replace(b'href ="/abs/2510.00011"', b"").replace(b"</span> Dulse<", b"</span><")
    page = arxiv_page.parse(broken, PAGES, DAY)
    assert len(page.papers) == 2
    missing, *reasons = page.reasons
    assert missing == "1 of 5 papers that the page announces did not come"
    assert reasons[:2] == ["entry 1: no arXiv id", "entry 2: no title"]


def test_a_page_that_is_cut_anywhere_is_refused() -> None:
    for size in range(0, len(PAGE) - len(b"</html>"), 97):
        with pytest.raises(SourceError):
            arxiv_page.parse(PAGE[:size], PAGES, DAY)
