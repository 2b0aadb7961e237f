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

from ...factories import known
from ...tables import table
from ...world import World, own_places

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


ARTICLE = """<PubmedArticle><MedlineCitation><PMID>123</PMID><Article>
<Journal><Title>Tides</Title><JournalIssue>
<PubDate><Year>2025</Year><Month>Sep</Month><Day>7</Day></PubDate></JournalIssue></Journal>
<ArticleTitle>[Of <i>tides</i>.]</ArticleTitle><Abstract>
<AbstractText Label="AIMS">Kelp <b>x</b>.</AbstractText><AbstractText>More.</AbstractText>
<AbstractText/></Abstract><AuthorList><Author><ForeName>Ada</ForeName><LastName>Petrel</LastName>
<Suffix>Jr</Suffix><AffiliationInfo><Affiliation>Coast</Affiliation></AffiliationInfo></Author>
<Author ValidYN="N"><LastName>No</LastName></Author>
<Author><CollectiveName>Reed Group</CollectiveName></Author></AuthorList>
<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList>
<ELocationID EIdType="doi">10.5555/e</ELocationID></Article><MeshHeadingList><MeshHeading>
<DescriptorName>Kelp</DescriptorName></MeshHeading></MeshHeadingList><CommentsCorrectionsList>
<CommentsCorrections RefType="RetractionIn"/></CommentsCorrectionsList></MedlineCitation>
</PubmedArticle>"""
BOOK = """<PubmedBookArticle><BookDocument><PMID>124</PMID><BookTitle>Of books.</BookTitle>
<PubDate><Year>2025</Year><Month>09</Month></PubDate></BookDocument><PubmedData><ArticleIdList>
<ArticleId IdType="doi">10.5555/b</ArticleId></ArticleIdList></PubmedData></PubmedBookArticle>"""
SHORT = (
    "<PubmedArticle><MedlineCitation><PMID>{}</PMID><Article>{}</Article></MedlineCitation>"
    "</PubmedArticle>"
).format
DATE = "<ArticleDate><Year>2025</Year><Month>9</Month><Day>1</Day></ArticleDate>"


def test_each_field_of_an_article_is_read() -> None:
    articles = [
        ARTICLE,
        BOOK,
        SHORT("x", "<ArticleTitle>No</ArticleTitle>"),
        SHORT("125", f"<VernacularTitle>Algen</VernacularTitle>{DATE}"),
        SHORT("126", "<ArticleTitle>[A] and [B].</ArticleTitle>"),
        "<Other/>",
    ]
    data = f"<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()
    found = parse(data, Listing(name="l", kind="pubmed"), date(2025, 10, 3))

    assert (found.entries, found.reasons) == (5, ("entry 3: no PMID",))
    assert [*map(known, found.papers)] == [
        {
            "key": "doi:10.5555/e", "title": "Of tides", "abstract": "Aims: Kelp x. More.",
            "authors": ("Ada Petrel, Jr", "Reed Group"), "categories": ("Kelp",),
            "url": "https://pubmed.ncbi.nlm.nih.gov/123/", "published": date(2025, 9, 7),
            "organisation": "Coast", "announced": ChangeKind.WITHDRAWN,
            "extra": {"journal": "Tides"},
        },
        {
            "key": "doi:10.5555/b", "title": "Of books",
            "url": "https://pubmed.ncbi.nlm.nih.gov/124/",
        },
        {
            "key": "title:algen", "title": "Algen", "published": date(2025, 9, 1),
            "url": "https://pubmed.ncbi.nlm.nih.gov/125/",
        },
        {
            "key": "title:aandb", "title": "[A] and [B]",
            "url": "https://pubmed.ncbi.nlm.nih.gov/126/",
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"), [(b"<x><ERROR>bad</ERROR></x>", "bad$"), (b"<y/>", "no papers but y$")]
)
def test_what_is_no_set_of_articles_says_why(data: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=f"the source reports: {said}"):
        parse(data, Listing(name="l", kind="pubmed"), date(2025, 10, 3))


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "pubmed") == ["https://a.example/2025-10-03", "a.txt"]


def test_a_root_of_another_kind_is_named_by_forty_letters() -> None:
    with pytest.raises(SourceError, match=r"the source reports: no papers but x{40}$"):
        parse(f"<{'x' * 41}/>".encode(), KELP, DAY)
