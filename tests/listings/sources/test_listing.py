"""A Daily Papers page saved as plain text: where an entry ends and the next begins."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from digest.errors import SourceError
from digest.listings.sources.listing import parse
from digest.model import Listing, ListingPage

from ...tables import table

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


@table(
    "day header found",
    [
        (DAY, "Oct 3", DAY),
        (DAY, "oct 4", date(2025, 10, 4)),
        (DAY, "October 5", date(2024, 10, 5)),
        (DAY, "Oct 3, 2019", date(2019, 10, 3)),
        (date(2026, 1, 2), "Dec 31", date(2025, 12, 31)),
        (DAY, "Feb 29", date(2024, 2, 29)),
        (date(2104, 1, 1), "Feb 29", date(2096, 2, 29)),
        (date(2105, 1, 1), "Feb 28", date(2104, 2, 28)),
    ],
)
def test_the_day_of_a_page_is_the_last_of_its_name(day: date, header: str, found: date) -> None:
    text = f"By AK and the research community\n\n{header}\n\nOne\n\n{ABSTRACT}"

    page = parse(text.encode(), Listing(name="saved", kind="listing"), day)

    assert (page.batch, len(page.papers)) == (found, 1)


@table(
    "header",
    [
        "Oct 3",
        "Daily Papers\n\n\n\n\nOct 3",
        "Daily Papers\nx\nOct 3",
        "Daily Papers\nOct 3 12",
        "Daily Papers\nOct 32",
        "Daily Papers\nFeb 30, 2025",
        "Daily Paper\nOct 3",
    ],
)
def test_a_date_without_a_header_right_above_it_begins_no_page(header: str) -> None:
    with pytest.raises(SourceError, match="its header and date are missing"):
        read(f"One\n\n{ABSTRACT}", header=f"{header}\n\n")


def test_a_file_may_hold_several_pages_each_without_the_header_of_the_next() -> None:
    page = read(
        f"One\n\n{ABSTRACT}\n\nNEW\n\nDaily Papers\n\n\n\nOct 2\n\nTwo\n\n{ABSTRACT}\n\n"
        f"Subscribe\nSep 30, 2025\nThree\n\n{ABSTRACT}"
    )

    assert [paper.title for paper in page.papers] == ["One", "Two", "Three"]
    assert {paper.abstract for paper in page.papers} == {ABSTRACT}
    assert (page.batch, page.entries, page.skipped) == (DAY, 3, 0)


@table(
    "data titles",
    [
        ((HEADER + f"Übung\n\n{ABSTRACT}").encode("utf-16"), ["Übung"]),
        ((HEADER + f"Übung\n\n{ABSTRACT}").encode("utf-8-sig"), ["Übung"]),
        ((HEADER + f"Übung\n\n{ABSTRACT}").encode("cp1252"), ["Übung"]),
        ((HEADER + f"Übung\n\n{ABSTRACT} Ü").encode()[:-1], ["Übung"]),
    ],
)
def test_a_page_may_be_in_three_encodings(data: bytes, titles: list[str]) -> None:
    page = parse(data, Listing(name="saved", kind="listing"), DAY)

    assert [paper.title for paper in page.papers] == titles


@table(
    "data said", [(b" \n", "an empty file"), (b"a\0b", "not text"), (b"\xff\xfe\0\0", "not text")]
)
def test_what_is_no_text_is_no_page(data: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(data, Listing(name="saved", kind="listing"), DAY)


def test_counts_of_votes_and_lines_without_text_are_no_part_of_an_entry() -> None:
    page = read(
        f"12\n\nOne\nand more\n\nUpvotes 3\n{ABSTRACT}\n44\n\n4 AUTHORS\n\n"
        f"upvote\nTwo\n\n{ABSTRACT}\n\nbridges\n·\n"
    )
    one, two = page.papers

    assert (one.title, one.author_count) == ("One and more", 4)
    assert one.abstract == f"{ABSTRACT} 44"
    assert (two.title, two.abstract, two.organisation) == ("Two", ABSTRACT, "bridges")


def test_facts_may_have_a_date_that_is_none_or_no_date_at_all() -> None:
    page = read(
        f"One\n\n{ABSTRACT}\n\n• Some Lab\n·\nSep 31 3\n\n• 2 authors\n·\nOct 1\n\n"
        f"Two\n\n{ABSTRACT}\n\n• 3 authors\n\nThree\n\n{ABSTRACT}\n\na · b\n·\nno date\n"
    )

    assert page.skipped == 2
    assert [(p.title, p.organisation, p.published, p.comments) for p in page.papers] == [
        ("One", "Lab", None, 3), ("Two", "", None, None), ("Three", "", None, None)
    ]  # fmt: skip
    assert page.papers[2].abstract == ABSTRACT


def test_a_paper_is_searched_for_by_two_hundred_letters_of_its_title() -> None:
    [paper] = read(f"{'a' * 201}\n\n{ABSTRACT}").papers

    assert paper.links["find"] == f"https://arxiv.org/search/?query={'a' * 200}&searchtype=title"


def cheapest(blocks: list[str], *, is_end: bool) -> list[str]:
    """Return the titles of the split with the lowest cost; of equals, the longest last entry."""
    splits = []
    for cuts in product((False, True), repeat=len(blocks) - 1):
        starts = [0, *(n for n, is_cut in enumerate(cuts, 1) if is_cut)]
        cost = 0
        for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
            title, *paragraphs = blocks[start:end]
            cost += (len(title) > 160) + 5 * (len(title) > 300) + 2 * title.endswith(".")
            cost += 2 * sum(len(each) < 200 and each[-1] != "." for each in paragraphs)
            cost += 2 * (len(paragraphs) - 1) if paragraphs else 3
            if not paragraphs and is_end and end == len(blocks):
                cost -= 3
        splits.append((cost, starts[::-1]))
    return [blocks[start] for start in min(splits)[1][::-1]]


def test_blocks_are_split_at_the_lowest_cost() -> None:
    sizes = (9, 160, 161, 199, 200, -300, 301)
    for number, kinds in enumerate(product(sizes, repeat=3)):
        blocks = [
            (letter * (abs(size) - 1)) + (letter if size > 0 else ".")
            for letter, size in zip("abc", kinds, strict=True)
        ]
        is_end = number % 2 == 1
        page = read("\n\n".join(blocks) + ("" if is_end else "\n\n• 1 author"))
        titles = cheapest(blocks, is_end=is_end)

        last = titles.pop() if is_end and titles[-1] == blocks[-1] else None
        assert [paper.title for paper in page.papers] == titles, blocks
        assert page.skipped == (last is not None)


def test_an_entry_has_at_most_twelve_paragraphs() -> None:
    paragraphs = [f"{n} {'a' * 300}." for n in range(13)]

    assert len(read("\n\n".join(["One", *paragraphs[:12], "• 1 author"])).papers) == 1
    assert len(read("\n\n".join(["One", *paragraphs, "• 1 author"])).papers) == 2
