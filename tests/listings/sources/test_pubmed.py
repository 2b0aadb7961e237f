"""What PubMed is asked, and what becomes of its counts and complaints."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.errors import SourceError
from digest.listings.sources.pubmed import API, parse, read
from digest.model import ChangeKind, Listing

from ...tables import table
from ...world import World

DAY = date(2025, 10, 3)
KELP = Listing(name="kelp", kind="pubmed", options={"search": "kelp[ti] AND (tide OR foam)"})
SEARCH = (
    f"{API}/esearch.fcgi?db=pubmed&retmode=json&retmax=5000"
    "&term=kelp%5Bti%5D+AND+%28tide+OR+foam%29&datetype=edat&mindate=2025/10/03&maxdate=2025/10/03"
    "&tool=digest&email=me%40example.org"
)


def papers_at(*numbers: int) -> str:
    ids = ",".join(map(str, numbers))
    return f"{API}/efetch.fcgi?db=pubmed&retmode=xml&id={ids}&tool=digest&email=me%40example.org"


def found(*numbers: int, count: object = None, **more: object) -> bytes:
    told = {"count": str(len(numbers)) if count is None else count}
    result = told | {"idlist": [str(n) for n in numbers]} | more
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()


def articles(*numbers: int, more: str = "") -> bytes:
    inside = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article>"
        f"<ArticleTitle>Kelp number {n}.</ArticleTitle></Article>{more}</MedlineCitation>"
        "</PubmedArticle>"
        for n in numbers
    )
    return f"<PubmedArticleSet>{inside}</PubmedArticleSet>".encode()


def test_a_search_is_asked_for_the_day_and_its_papers_a_hundred_at_a_time() -> None:
    first, rest = range(1, 101), range(101, 103)
    world = World(
        {
            SEARCH: found(*first, *rest),
            papers_at(*first): articles(*first),
            papers_at(*rest): articles(*rest),
        }
    )
    page = read(KELP, DAY, world)

    assert (page.entries, len(page.papers), page.reasons) == (102, 102, ())
    assert (page.is_counted, page.batch, page.validators) == (True, None, {})
    assert page.papers[0].title == "Kelp number 1"


def test_a_day_without_papers_is_one_request_and_no_fault() -> None:
    world = World({SEARCH: found()})
    page = read(KELP, DAY, world)
    assert (page.entries, page.is_counted, world.asked) == (0, True, [SEARCH])


def test_what_was_counted_and_did_not_come_is_told() -> None:
    world = World({SEARCH: found(1, 2, count="7"), papers_at(1, 2): articles(1)})
    page = read(KELP, DAY, world)
    assert (page.entries, page.skipped, len(page.papers)) == (7, 6, 1)
    assert page.reasons == ("6 of 7 papers that the source counted did not come",)


@table(
    ("answer", "reason"),
    [
        ({"error": "API rate limit exceeded", "count": "11"}, "reports: API rate limit exceeded"),
        ({"esearchresult": {"ERROR": "Search Backend failed"}}, "reports: Search Backend failed"),
        ({"esearchresult": {"idlist": []}}, "no count of papers"),
        ({"esearchresult": {"count": "x", "idlist": []}}, "no count of papers"),
        ([], "the source reports: nothing"),
        (
            {"esearchresult": {"count": "3", "idlist": ["1"],
                               "errorlist": {"phrasesnotfound": [], "fieldsnotfound": ["tii"]}}},
            "the search cannot be read whole: tii is not known",
        ),
    ],
)  # fmt: skip
def test_what_pubmed_complains_of_is_told(answer: Any, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(KELP, DAY, World({SEARCH: json.dumps(answer).encode()}))


def test_a_listing_without_a_search_says_what_it_needs() -> None:
    with pytest.raises(SourceError, match="needs a search"):
        read(Listing(name="l", kind="pubmed"), DAY, World())


def test_an_operator_without_an_address_is_not_given_one() -> None:
    class Nameless(World):
        def contact(self) -> str:
            return "https://papers.example.org"

    world = Nameless()
    with pytest.raises(SourceError):
        read(KELP, DAY, world)
    assert "email" not in parse_qs(urlsplit(world.asked[0]).query)


def test_a_retracted_paper_is_withdrawn_and_editors_are_no_authors() -> None:
    gone = '<CommentsCorrections RefType="RetractionIn"/>'
    editors = (
        '<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList>'
        "<AuthorList><Author><LastName>Kelp</LastName></Author>"
        '<Author ValidYN="N"><LastName>Klep</LastName></Author></AuthorList>'
    )
    [paper] = parse(articles(1, more=gone + editors), KELP, DAY).papers
    assert (paper.announced, paper.authors) == (ChangeKind.WITHDRAWN, ("Kelp",))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("<Year>2025</Year><Month>Oct</Month><Day>2</Day>", date(2025, 10, 2)),
        ("<Year>2025</Year><Month>9</Month><Day>12</Day>", date(2025, 9, 12)),
        ("<Year>2025</Year><Month>Dec</Month>", None),
        ("<MedlineDate>2025 Nov-Dec</MedlineDate>", None),
    ],
)
def test_a_date_needs_its_day(when: str, expected: date | None) -> None:
    [paper] = parse(articles(1, more=f"<PubDate>{when}</PubDate>"), KELP, DAY).papers
    assert paper.published == expected
