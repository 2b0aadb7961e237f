"""What any source's entry becomes: clean, capped, with sane dates and safe links."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.language.text import readable
from digest.listings.identity import title_name
from digest.listings.sources import feed, huggingface
from digest.listings.sources.dates import date_of
from digest.listings.sources.entries import (
    EntryError,
    address,
    beginning,
    joined,
    number,
    page,
    paper,
    sane_date,
    with_missing,
)
from digest.listings.sources.markup import text_of
from digest.model import ChangeKind, Listing, ListingPage, Paper

from ...tables import table

DAY = date(2025, 10, 3)


def made(**raw: Any) -> Paper:
    return paper(**{"day": DAY, "title": "A Title"} | raw)


# -- texts -----------------------------------------------------------------------------------------

NASTY = "a\x00b\x1bc\x85d\u202ee\u200bf\ud800g\ufeffh\r\nBcc: i\u2028j\U000e0041k"


def test_a_text_is_cleaned_before_anything_is_done_with_it() -> None:
    """A24: controls, overrides, lone surrogates and zero widths in every text of a paper."""
    found = made(
        title=NASTY,
        abstract=NASTY,
        authors=[NASTY],
        categories=[NASTY],
        organisation=NASTY,
        comment=NASTY,
        links={"code": "https://x.example/" + NASTY},
        extra={"summary": NASTY, "keywords": [NASTY, {"x": NASTY}, 3]},
    )
    stored = json.dumps([found.title, found.abstract, *found.authors, dict(found.extra)])
    assert "\\u" not in stored.replace("\\u2028", "")
    for text in (found.key, found.title, found.abstract, found.authors[0], found.organisation):
        assert text.encode("utf-8").isascii()
        assert text.isprintable()
    assert found.links == {}
    assert found.extra["keywords"] == [found.title, 3]


def test_tex_is_made_readable_and_kept() -> None:
    found = made(
        title=r"An $O(n^2)$ Bound", abstract=r"74.4\% of Milenkovi\'c's", comment="$3$ pages"
    )
    assert found.title == "An O(n²) Bound"
    assert found.abstract == "74.4% of Milenković's"
    assert found.comment == "3 pages"
    assert found.extra["tex"] == {
        "title": r"An $O(n^2)$ Bound",
        "abstract": r"74.4\% of Milenkovi\'c's",
    }
    assert "tex" not in made().extra


def test_everything_has_a_size() -> None:
    """A10, and A21's 3,303 authors, who are all kept."""
    found = made(
        title="t" * 10_000_000,
        abstract="a" * 10_000_000,
        authors=[f"Author {n}" for n in range(3303)] + ["x" * 9999],
        categories=[f"c{n}" for n in range(999)],
        organisation="o" * 9999,
        url="https://x.example/" + "u" * 9999,
    )
    assert (len(found.title), len(found.abstract)) == (1_000, 32_000)
    assert (len(found.authors), len(found.authors[-1])) == (3304, 300)
    assert (len(found.categories), len(found.organisation), found.url) == (100, 300, "")
    assert found.title.endswith("…")


@table(
    ("text", "title"),
    [
        ("Low tide today. Bring boots.", "Low tide today."),
        ("Is it low? No. It is high.", "Is it low?"),
        ("Dr. Wrack is here! Hello.", "Dr. Wrack is here!"),
        ("low tide", "low tide"),
        ("x " * 49 + "yy z", "x " * 49 + "yy…"),
        ("x" * 101, "x" * 100 + "…"),
        ("", ""),
    ],
)
def test_a_text_without_a_title_begins_with_one(text: str, title: str) -> None:
    assert beginning(text) == title


def test_two_authors_may_have_one_name() -> None:
    assert made(authors=["Wei Wang", "Wei Wang", " "]).authors == ("Wei Wang", "Wei Wang")


@pytest.mark.parametrize("title", ["", " \n", "\x00", "\u200b"])
def test_an_entry_without_a_title_is_none(title: str) -> None:
    """A21."""
    with pytest.raises(EntryError, match="no title"):
        made(title=title)


any_text = st.text(st.characters())  # lone surrogates too


@given(any_text, any_text, any_text)
def test_any_text_becomes_a_storable_paper(title: str, abstract: str, name: str) -> None:
    try:
        found = made(
            title=title, abstract=abstract, doi_name=f"10.5555/{name}", url=f"https://{name}"
        )
    except EntryError:
        return
    for text in (found.key, found.title, found.abstract, found.url, *found.aliases):
        text.encode("utf-8")
        assert "\x00" not in text
        assert "\n" not in text


# -- links -----------------------------------------------------------------------------------------


@table(
    "link",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:x()",
        "data:text/html,<script>", "vbscript:x", "file:///etc/passwd", "ftp://x.example/",
        "//evil.example/", "/relative", "relative", "", "https://", "https:///x",
        "http://user@x.example/", "http://a:b@x.example/",
        "https://x.example/<script>", 'https://x.example/"onload=', "https://x.example/a b",
        "https://x.example\\@evil.example/", "http://[::", None, 3, ["https://x.example/"],
    ],
)  # fmt: skip
def test_a_link_that_is_not_plain_http_is_dropped(link: object) -> None:
    assert address(link) == ""


@pytest.mark.parametrize(
    "link", ["http://x.example", "https://x.example:8443/a?b=c&d#e", "https://ä.example/ö"]
)
def test_a_plain_link_is_kept(link: str) -> None:
    assert address(f" {link}\n") == link


def test_arxivs_page_is_the_one_to_open() -> None:
    found = made(
        arxiv="2510.00001v2", url="http://arxiv.org/abs/2510.00001v2", links={"code": "x:y"}
    )
    assert found.url == "https://arxiv.org/abs/2510.00001"
    assert found.links == {"pdf": "https://arxiv.org/pdf/2510.00001"}
    assert made(doi_name="10.5555/X").url == "https://doi.org/10.5555/x"


def test_an_entry_has_a_name_of_its_own_in_the_listing_that_it_is_from() -> None:
    def entries(**raw: Any) -> list[str]:
        return [name for name in made(**raw).aliases if name.startswith("entry:")]

    one, two = (entries(listing="daily", guid=guid) for guid in ("1", "2"))
    assert len(one) == len(two) == 1
    assert one != two
    assert one[0].startswith("entry:daily/")
    assert entries(guid="1") == []


# -- dates and numbers -----------------------------------------------------------------------------


@table(
    ("text", "day"),
    [
        ("2025-10-03", "2025-10-03"),
        ("2025-10-03T23:59:60Z", "2025-10-03"),
        ("2025-10-03T01:02:37.825Z", "2025-10-03"),
        ("2025-10-03T23:30:00-04:00", "2025-10-03"),
        ("2026-08-21T02:30:55", "2026-08-21"),
        ("20251003", "2025-10-03"),
        ("Fri, 03 Oct 2025 23:30:00 -0400", "2025-10-03"),
        ("Fri, 3 Oct 2025 23:30 GMT", "2025-10-03"),
        ("03 Oct 25 10:00 EST", "2025-10-03"),
        ("2025-13-40", None),
        ("yesterday", None),
        ("2025", None),
        ("", None),
        (None, None),
        (1759449600, None),
        ("Fri, 99 Oct 2025 23:30:00 -0400", None),
        ("9" * 100_000, None),
    ],
)
def test_a_date_is_read_as_it_is_written(text: object, day: str | None) -> None:
    """A22, and a leap second."""
    found = date_of(text)
    assert found == (date.fromisoformat(day) if day else None)


@table(
    ("written", "is_kept"),
    [
        ("2025-10-03", True),
        ("2016-01-01", True),
        ("1905-06-30", True),
        ("1970-01-02", True),
        ("1970-01-01", False),
        ("1899-12-31", False),
        ("0001-01-01", False),
        ("2026-09-01", True),
        ("2027-01-01", False),
        ("9999-12-31", False),
    ],
)
def test_a_date_out_of_range_is_no_date(written: str, is_kept: bool) -> None:
    """A22."""
    day = date.fromisoformat(written)
    assert sane_date(day, DAY) == (day if is_kept else None)
    assert made(published=day, updated=day).published == (day if is_kept else None)


@table(
    ("value", "expected"),
    [(0, 0), (7, 7), (7.0, 7), (-1, None), (10**9, None), (True, None), ("7", None), (None, None),
     (float("nan"), None), (float("inf"), None), ([7], None)],
)  # fmt: skip
def test_a_count_is_a_small_number(value: object, expected: int | None) -> None:
    assert number(value) == expected


# -- pages -----------------------------------------------------------------------------------------


def test_a_poison_entry_is_set_aside_and_the_others_kept() -> None:
    """A26, whatever it breaks."""

    def build(raw: int) -> Paper:
        if raw == 1:
            raise EntryError("no\ntitle")
        return made(title=f"T{6 // (raw - 3)}{raw}")

    found = page("l", [0, 1, 2, 3], build)
    assert len(found.papers) == 2
    assert (found.entries, found.skipped) == (4, 2)
    assert found.reasons == (
        "entry 2: no title",
        "entry 4: ZeroDivisionError: integer division or modulo by zero",
    )


def test_the_reason_of_an_entry_is_a_line_of_two_hundred_signs() -> None:
    def build(raw: int) -> Paper:
        raise EntryError("x" * raw)

    with pytest.raises(SourceError, match=r"^l: none of 2 entries can be read: entry 1: x{200}$"):
        page("l", [200, 201], build)
    with pytest.raises(SourceError, match=r"^l: none of 1 entry can be read: entry 1: x{199}…$"):
        page("l", [201], build)


def test_a_page_of_which_nothing_can_be_read_is_a_failure() -> None:
    with pytest.raises(SourceError, match="none of 2 entries can be read: entry 1: no title"):
        page("l", ["", ""], lambda raw: made(title=raw))


def test_an_empty_page_is_a_page() -> None:
    assert page("l", [], lambda raw: raw) == ListingPage((), 0)


def test_a_listing_is_cut_at_five_thousand_entries() -> None:
    """A10."""
    one = made()
    found = page("l", list(range(5_007)), lambda raw: replace(one, key=f"title:{raw}"))
    assert (found.entries, found.skipped, len(found.papers)) == (5_007, 7, 5_000)
    assert found.reasons == ("7 entries beyond the first 5000",)


def test_what_is_beyond_the_first_is_said_before_what_cannot_be_read() -> None:
    one = made()
    found = page(
        "l",
        list(range(5_001)),
        lambda raw: replace(one, key=f"title:{raw}") if raw else made(title=""),
    )
    assert (found.skipped, len(found.papers)) == (2, 4_999)
    assert found.reasons == ("1 entry beyond the first 5000", "entry 1: no title")
    more = page("l", [0, 1, 2, 3], lambda raw: replace(one, key=f"title:more{raw}"))
    both = joined("l", [found, replace(more, skipped=1)])
    assert (both.entries, both.skipped, len(both.papers)) == (5_005, 6, 5_000)


def test_two_works_of_one_title_on_a_page_have_a_key_each() -> None:
    first, second = page(
        "l",
        ["Kelp drifts.", "Moss on granite walls."],
        lambda text: made(title="Notes", abstract=text),
    ).papers

    assert (first.key, first.aliases) == ("title:notes", ())
    assert second.key.startswith("title:notes~")
    assert second.aliases == ("title:notes",)


def test_entries_that_share_their_guid_and_link_are_known_by_neither() -> None:
    raws = [("1", "Kelp"), ("1", "Moss of the north"), ("1", "Tides"), ("2", "Winds")]
    found = page("l", raws, lambda raw: made(listing="l", guid=raw[0], title=raw[1], said=[raw[1]]))

    assert found.remarks == ("3 entries share their guid and link with others",)
    assert [each.title for each in found.papers] == [title for _, title in raws]
    assert [(len(each.aliases), bool(each.wording)) for each in found.papers] == [
        (0, False), (0, False), (0, False), (1, True),
    ]  # fmt: skip
    assert (
        page("l", raws[2:], lambda raw: made(listing="l", guid=raw[0], title=raw[1])).remarks == ()
    )


def test_a_text_is_known_again_by_its_letters_and_digits() -> None:
    def wording(*said: object, listing: str = "l") -> str:
        return made(listing=listing, guid="1", said=said).wording

    assert wording("<p>Kelp, 3.</p>", None, "a") == wording("Kelp<b> 3", "A".lower(), 5)
    assert len({wording("Kelp 3"), wording("Kelp 4"), wording("Kelp", "3"), wording()}) == 4
    assert len(wording("Kelp")) == 16
    assert wording("Kelp", listing="") == ""


def test_the_same_paper_twice_is_one_and_counted_twice() -> None:
    """A20."""
    raws = [{"categories": ["cs.CL"]}, {"categories": ["cs.LG"], "announced": ChangeKind.CROSS}]
    found = page("l", raws, lambda raw: made(arxiv="2510.00001", **raw))
    assert found.entries == 2
    (only,) = found.papers
    assert (only.categories, only.announced) == (("cs.CL", "cs.LG"), ChangeKind.NEW)


def test_the_answers_of_one_day_are_one_page() -> None:
    first = ListingPage(
        (made(title="A"), made(title="B")), 3, date(2025, 10, 2), 1, ("entry 9: x",)
    )
    second = ListingPage((made(title="B"), made(title="C")), 2, date(2025, 10, 3))
    both = joined("l", [first, second])
    assert [each.title for each in both.papers] == ["A", "B", "C"]
    assert (both.entries, both.skipped, both.reasons) == (5, 1, ("entry 9: x",))
    assert both.batch == date(2025, 10, 3)


def test_lone_surrogates_in_json_reach_no_paper() -> None:
    """A24."""
    raw = b'[{"paper": {"id": "2510.00001", "title": "T\\ud800\\u0000 x", "summary": "\\udfff"}}]'
    (found,) = huggingface.parse(raw, Listing(name="l", kind="huggingface"), DAY).papers
    assert (found.title, found.abstract) == ("T x", "")


# -- markup and encodings --------------------------------------------------------------------------


@table(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("H<sub>2</sub>O, 10<sup>5</sup>, the 19<sup>th</sup>", "H₂O, 10⁵, the 19th"),
        ("a<br/>b<hr>c", "a b c"),
        ("<script>alert(1)</script>x<style>y</style>", "x"),
        ("<svg><script>a</script></svg>x", "x"),
        ("<script>never closed", ""),
        ("n < m and m > k", "n < m and m > k"),
        ("<projektor> costs <1M", "<projektor> costs <1M"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ('"><svg onload=alert(1)//', '">'),
        ("<div/onmouseover='alert(1)'> x", "x"),
        ("<jats:p>x</jats:p><mml:math>y</mml:math>", "x y"),
        ("<!-- a -->c", "c"),
        ("&eacute;&#233;&bogus;", "éé&bogus;"),
        ("<b", ""),
        ("<p>One<p>Two", "One Two"),
        ("<a href='javascript:x'>link</a>", "link"),
        ("<title>x</title>y", "y"),
    ],
)
def test_markup_is_read_as_a_person_would(html: str, text: str) -> None:
    assert " ".join(readable(text_of(html)).split()) == text


@table("tag", ["<div>", "<b>", "<svg>", "<x ", "<!--", "<![CDATA[", "&#", "</p>", "<p x='"])
def test_vast_markup_takes_no_time(tag: str) -> None:
    assert len(text_of(tag * 200_000)) <= 200_000


FEED = '<?xml version="1.0" encoding="{0}"?><rss version="2.0"><channel><title>T</title><item><title>Caf\xe9 {1}</title></item></channel></rss>'  # noqa: E501


@table(
    ("declared", "used", "marker"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "utf-8-sig", ""),
        ("UTF-16", "utf-16", ""),
        ("iso-8859-1", "iso-8859-1", ""),
        ("windows-1252", "cp1252", "“”"),
        ("gb2312", "gb18030", "中文"),
        ("euc-jp", "euc_jp", "日本"),
        ("us-ascii", "utf-8", ""),
        ("utf-8", "cp1252", ""),
        ("iso-8859-1", "utf-8", ""),
        ("utf-16", "utf-8", ""),
        ("bogus", "utf-8", ""),
        ("utf-7", "utf-8", ""),
        ("ebcdic", "cp037", ""),
        ("utf-32", "utf-32", ""),
    ],
)
def test_a_feed_is_decoded_or_refused_whatever_it_says_of_itself(
    declared: str, used: str, marker: str
) -> None:
    """A8: never another exception, never an unclean text."""
    data = FEED.format(declared, marker).encode(used, "replace")
    try:
        (found,) = feed.parse(data, Listing(name="l", kind="feed"), DAY).papers
    except SourceError:
        return
    assert found.title.startswith("Caf")
    if declared.lower().replace("windows-", "cp") == used:
        assert found.title == f"Café {marker}".strip()


@table(
    "text shown",
    [
    ('Of tides. And more.', 'Of tides. And more.'),
    ('Of. Tides and more.', 'Of. Tides and more.'),
    ('a b c. d', 'a b c.'),
    ('One two three four. Five', 'One two three four.'),
    ('', ''),
    ('Wie? Ja.', 'Wie? Ja.'),
    ('你好。再见', '你好。再见'),
    ('a b. c d e! f', 'a b. c d e!'),
        ("w " * 51, "w " * 49 + "w…"),
        ("w " * 50, "w " * 49 + "w"),
        ("x" * 101, "x" * 100 + "…"),
        ("x" * 100, "x" * 100),
    ],
)  # fmt: skip
def test_a_beginning_is_a_sentence_of_three_words_or_a_hundred_signs(text: str, shown: str) -> None:
    assert beginning(text) == shown


@table(
    "value found",
    [
    ('http://a.org', 'http://a.org'),
    ('https://a.org/x y', ''),
    ('https://u@a.org', ''),
    ('ftp://a.org', ''),
    ('//a.org', ''),
    ('javascript:x', ''),
    ('https://', ''),
    ('https://[', ''),
    ('https://a.org/<', ''),
    ('https://a.org/"', ''),
    ('https://a.org/\\', ''),
    (None, ''),
    (3, ''),
    ('  https://a.org  ', 'https://a.org'),
        ("https://a.org/" + "x" * 1_986, "https://a.org/" + "x" * 1_986),
        ("https://a.org/" + "x" * 1_987, ""),
    ],
)  # fmt: skip
def test_an_address_is_whole_and_of_the_web(value: object, found: str) -> None:
    assert address(value) == found


@table(
    "value found",
    [
        (0, 0),
        (1, 1),
        (-1, None),
        (2.9, 2),
        (True, None),
        (None, None),
        ('3', None),
        (999999999, 999999999),
        (1000000000, None),
        (1000000000.0, None),
        (-0.5, None),
        (math.nan, None),
        (math.inf, None),
    ],
)  # fmt: skip
def test_a_count_is_a_number_that_can_be_one(value: object, found: int | None) -> None:
    assert number(value) == found


@table(
    "value is_sane",
    [
        (date(1899, 12, 31), False), (date(1900, 1, 1), True), (date(1969, 12, 31), True),
        (date(1970, 1, 1), False), (date(1970, 1, 2), True), (date(2026, 3, 1), True),
        (date(2027, 3, 2), True), (date(2027, 3, 3), False),
    ],
)  # fmt: skip
def test_a_date_is_sane_from_1900_to_a_year_ahead(value: date, is_sane: bool) -> None:
    assert sane_date(value, date(2026, 3, 1)) == (value if is_sane else None)
    assert sane_date(None, date(2026, 3, 1)) is None


def test_each_text_of_a_paper_has_a_length_and_each_list() -> None:
    day = date(2026, 3, 1)
    found = paper(
        day=day, title="t" * 1_001, abstract="a" * 32_001, authors=["x" * 301, "", "Ada--Bo"],
        categories=[str(n) for n in range(101)], organisation="o" * 301, comment="c" * 2_001,
        upvotes=3, comments=True, others=2, author_count=9,
        extra={"list": list(range(101)), "no": None, "flag": False, "float": 1.5, "map": {},
               "text": " a  b "},
    )  # fmt: skip

    assert (len(found.title), len(found.abstract), found.title[-1]) == (1_000, 32_000, "…")
    assert [len(name) for name in found.authors] == [300, 6]
    assert (found.authors[1], found.author_count) == ("Ada-Bo", 4)
    assert (len(found.categories), len(found.organisation), len(found.comment)) == (100, 300, 2_000)
    assert (found.upvotes, found.comments) == (3, None)
    assert found.extra == {"list": list(range(100)), "flag": False, "text": "a b"}
    assert paper(day=day, title="T", authors=["A"] * 300, author_count=300).author_count is None
    assert len(paper(day=day, title="T", authors=["A"] * 5_001).authors) == 5_000
    assert paper(day=day, title="T", authors=["Ada"], author_count=2).author_count == 2
    assert paper(day=day, title="{D}eep {BERT-2} {a, b}").title == "Deep BERT-2 {a, b}"
    with pytest.raises(EntryError, match="no title"):
        paper(day=day, title=" <br> "[:1])


def test_a_title_that_says_little_is_named_with_the_page_or_else_the_text_of_its_entry() -> None:
    page_of = {"listing": "l", "guid": "1", "url": "https://www.a.example/1/?utm_x=3"}

    assert [
        made(title="Editorial", **raw).key
        for raw in (
            page_of,
            {"abstract": "Kelp."} | page_of,
            {"abstract": "Kelp."},
            page_of | {"listing": ""},
        )
    ] == [
        title_name("Editorial", hint=hint)
        for hint in ("a.example/1?", "a.example/1?", "Kelp.", "https://www.a.example/1/?utm_x=3")
    ]


def test_a_paper_leads_to_arxivs_page_else_to_its_own_else_to_that_of_its_doi() -> None:
    day = date(2026, 3, 1)
    made = [
        paper(day=day, title="T", arxiv="2503.00001", url="https://arxiv.org/pdf/2503.00001"),
        paper(day=day, title="T", arxiv="2503.00001", url="https://a.example/"),
        paper(day=day, title="T", doi_name="10.1234/a"),
        paper(day=day, title="T", links={"code": "https://c.example/", "bad": "x"}),
    ]

    assert [each.url for each in made] == [
        "https://arxiv.org/abs/2503.00001", "https://a.example/", "https://doi.org/10.1234/a", "",
    ]  # fmt: skip
    assert made[0].links == {"pdf": "https://arxiv.org/pdf/2503.00001"}
    assert made[3].links == {"code": "https://c.example/"}


def test_a_listing_of_which_no_entry_can_be_read_has_changed_its_format() -> None:
    def build(raw: int) -> Paper:
        raise EntryError("no paper in it")

    with pytest.raises(SourceError, match="none of 1 entry can be read: entry 1: no paper in it"):
        page("daily", [1], build)


def test_what_was_announced_and_did_not_come_is_counted() -> None:
    found = page("daily", [0], lambda _: paper(day=date(2026, 3, 1), title="T"))

    assert with_missing(found, 0, 9, "papers") is found
    assert with_missing(found, -1, 9, "papers") is found
    missing = with_missing(replace(found, skipped=1, reasons=("x",)), 1, 9, "papers")
    assert (missing.entries, missing.skipped) == (2, 2)
    assert missing.reasons == ("1 of 9 papers did not come", "x")


def test_the_pages_of_a_day_are_one() -> None:
    day = date(2026, 3, 1)
    pages = [
        replace(
            page("daily", [title], lambda t: paper(day=day, title=t)),
            batch=batch, entries=3, skipped=1, reasons=(title,),
            remarks=(title,), listed={title: day},
        )
        for title, batch in (("A", day), ("B", None), ("A", day + timedelta(days=1)))
    ]  # fmt: skip
    found = joined("daily", pages)

    assert joined("daily", pages[:1]) is pages[0]
    assert [each.title for each in found.papers] == ["A", "B"]
    assert (found.entries, found.skipped, found.batch) == (9, 3, day + timedelta(days=1))
    assert found.reasons == found.remarks == ("A", "B", "A")
    assert found.listed == {"A": day, "B": day}
    assert joined("daily", [replace(each, batch=None) for each in pages]).batch is None
