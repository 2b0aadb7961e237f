"""A Daily Papers page saved as plain text: where an entry ends and the next begins."""

from __future__ import annotations

from datetime import date

import pytest

from digest.errors import SourceError
from digest.listings.sources.listing import parse
from digest.model import Listing, ListingPage

DAY = date(2025, 10, 3)
HEADER = "Daily Papers\n\nbyAK and the research community\n\nOct 3\n\n"
ABSTRACT = "We count the bridges of a town, and find that each of them has two ends."


def read(text: str, header: str = HEADER) -> ListingPage:
    return parse((header + text).encode(), Listing(name="saved", kind="listing"), DAY)


def test_titles_and_abstracts_alternate_in_the_order_of_the_page() -> None:
    page = read("\n\n".join(f"Title {n}\n\n{ABSTRACT}" for n in (1, 2, 3)))

    assert [paper.title for paper in page.papers] == ["Title 1", "Title 2", "Title 3"]
    assert {paper.abstract for paper in page.papers} == {ABSTRACT}
    assert page.batch == DAY


def test_the_line_of_facts_belongs_to_the_entry_above_it() -> None:
    page = read(
        f"One\n\n{ABSTRACT}\n\n• 4 authors\n·\nSep 30, 2024 12\n\n"
        f"Two\n\n{ABSTRACT}\n\nbridges Institute of Bridges\n·\nOct 2\n\n"
        f"Three\n\n{ABSTRACT}\n\n• 1 author\n"
    )
    one, two, three = page.papers

    assert (one.author_count, one.organisation) == (4, "")
    assert (one.published, one.comments) == (date(2024, 9, 30), 12)
    assert (two.author_count, two.organisation) == (None, "Institute of Bridges")
    assert (two.published, two.comments) == (date(2025, 10, 2), None)
    assert (three.author_count, three.published) == (1, None)


def test_a_page_that_ends_after_a_title_names_its_first_sixty_letters() -> None:
    page = read(f"One\n\n{ABSTRACT}\n\n{'a' * 60}b")

    assert [paper.title for paper in page.papers] == ["One"]
    assert (page.entries, page.skipped) == (2, 1)
    assert page.reasons == (f"entry 2: the page ends after the title '{'a' * 60}'",)


def test_what_has_no_header_is_no_page() -> None:
    with pytest.raises(SourceError, match="not a Daily Papers page"):
        read(f"One\n\n{ABSTRACT}", header="")
