"""The ways in which feeds of journals are odd, one small feed each."""

from __future__ import annotations

from datetime import date
from time import struct_time

import pytest

from digest.errors import SourceError
from digest.listings.sources import feed
from digest.model import Listing, ListingPage, Paper

from ...factories import known
from ...tables import table

DAY = date(2025, 10, 3)
HOME = "https://journal.example/feed.xml"


def page(data: bytes | str) -> ListingPage:
    raw = data.encode() if isinstance(data, str) else data
    return feed.parse(raw, Listing(name="l", kind="feed", url=HOME), DAY)


def rss(item: str, attributes: str = "") -> str:
    return of_items(f"<item>{item}</item>", attributes)


def of_items(items: str, attributes: str = "") -> str:
    channel = f"<channel><title>J</title>{items}</channel>"
    return f'<rss version="2.0"{attributes}>{channel}</rss>'


def only(data: bytes | str) -> Paper:
    (found,) = page(data).papers
    return found


@table(
    "start",
    ["", "\n", "  \r\n", "\ufeff", "\ufeff\n", '<?xml version="1.0"?>', '\n<?xml version="1.0"?>\n',
     "<!-- made by hand -->", '<?xml-stylesheet href="x.xsl"?>', "<!DOCTYPE rss>"],
)  # fmt: skip
def test_what_stands_before_a_feed_does_no_harm(start: str) -> None:
    assert only(start + rss("<title>T</title>")).title == "T"


@pytest.mark.parametrize(
    "end", ["", "\n\n", "<!-- 12 queries, 0.3 s -->", "\n<!-- a -->\n<!-- b -->"]
)
def test_what_stands_behind_a_feed_does_no_harm(end: str) -> None:
    assert only(rss("<title>A&nbsp;B</title>") + end).title == "A B"


def test_a_sloppy_feed_may_end_in_capitals_but_must_end() -> None:
    sloppy = rss("<title>A&nbsp;B</title>")

    assert only(sloppy.replace("</rss>", "</RSS>")).title == "A B"
    with pytest.raises(SourceError, match="breaks off"):
        page(sloppy.removesuffix("</rss>"))


@table(
    ("title", "shown"),
    [
        ("A &amp; B", "A & B"),
        ("A & B", "A & B"),
        ("A &amp;amp; B", "A & B"),
        ("<![CDATA[A & <i>B</i>]]>", "A & B"),
        ("&lt;b&gt;A&lt;/b&gt;", "A"),
        ("A &lt; B", "A < B"),
        ("A\n   B", "A B"),
        ("caf&eacute; &mdash; x", "café — x"),
        ("A\x01B", "AB"),
        ("A &#x202e;B", "A B"),
        ("A =?UTF-8?Q?=0A?=Bcc: x", "A =?UTF-8?Q?=0A?=Bcc: x"),
    ],
)
def test_a_title_reads_as_it_is_meant(title: str, shown: str) -> None:
    assert only(rss(f"<title>{title}</title>")).title == shown


def test_what_looks_like_a_tag_and_is_none_stays_in_titles_and_abstracts() -> None:
    """A sanitizer of HTML would take it out: the page and the mail escape it instead."""
    found = only(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>J</title><entry><id>j:1</id>'
        '<title type="html">Fill the &lt;mask&gt;</title>'
        '<summary type="html">We &lt;think&gt; first.</summary></entry></feed>'
    )

    assert (found.title, found.abstract) == ("Fill the <mask>", "We <think> first.")


def test_a_namespace_no_one_declared_does_no_harm() -> None:
    found = only(rss("<title>T</title><dc:creator>Ada Petrel</dc:creator>"))
    assert found.authors == ("Ada Petrel",)


def test_a_namespace_may_have_any_prefix() -> None:
    item = "<x:creator>Ada Petrel</x:creator><x:identifier>doi:10.5555/a</x:identifier>"
    found = only(rss("<title>T</title>" + item, ' xmlns:x="http://purl.org/dc/elements/1.1/"'))
    assert (found.key, found.authors) == ("doi:10.5555/a", ("Ada Petrel",))


@table(
    ("item", "url"),
    [
        ("<link>https://journal.example/1</link>", "https://journal.example/1"),
        ("<link>/1</link>", "https://journal.example/1"),
        ("<link>1?a=b&amp;c=d</link>", "https://journal.example/1?a=b&c=d"),
        ("<guid>https://journal.example/1</guid>", "https://journal.example/1"),
        ('<guid isPermaLink="false">x-1</guid>', ""),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>\nhttps://journal.example/1\n</link>", "https://journal.example/1"),
        ("", ""),
    ],
)
def test_where_an_entry_leads(item: str, url: str) -> None:
    """A21."""
    assert only(rss(f"<title>T</title>{item}")).url == url


@table(
    ("text", "day"),
    [
        ("<pubDate>Fri, 03 Oct 2025 08:00:00 GMT</pubDate>", "2025-10-03"),
        ("<pubDate>03 Oct 25 08:00 EST</pubDate>", "2025-10-03"),
        ("<pubDate>2025-10-03T08:00:00Z</pubDate>", "2025-10-03"),
        ("<pubDate>2025-10-03</pubDate>", "2025-10-03"),
        ("<pubDate>10/03/2025</pubDate>", None),
        ("<pubDate>10/27/2025 3:07:41 PM</pubDate>", "2025-10-27"),
        ("<pubDate>2025/10/03 15:07:41</pubDate>", "2025-10-03"),
        ("<pubDate>3.10.2025, 15:07</pubDate>", "2025-10-03"),
        ("<pubDate>2025年10月3日 15:07</pubDate>", "2025-10-03"),
        ("<pubDate>Fr, 03 Okt 2025 08:00:00 +0200</pubDate>", "2025-10-03"),
        ("<pubDate>Pe, 03 Loka 2025 08:00:00 +0000</pubDate>", "2025-10-03"),
        ("<pubDate>pe 3. lokakuuta 2025</pubDate>", "2025-10-03"),
        ("<pubDate>ven, 3 ottobre 2025 08:00 GMT</pubDate>", "2025-10-03"),
        ("<pubDate>October 3rd, 2025</pubDate>", "2025-10-03"),
        ("<pubDate>2025 Oct 3</pubDate>", "2025-10-03"),
        ("<pubDate>October 2025</pubDate>", None),
        ("<pubDate>Fri, 03 Oct 2025 23:00:00 GMT+7</pubDate>", "2025-10-03"),
        ("<pubDate>Fri, 03 Oct 2025 20:21:00 America/Los_Angeles</pubDate>", "2025-10-03"),
        ("<pubDate>2025-10-03 20:21:00.0</pubDate>", "2025-10-03"),
        ("<pubDate>Fri, 03 Xyz 2025 08:00:00 GMT</pubDate>", None),
        ("<pubDate>Sat, 31 Dec 2016 23:59:60 GMT</pubDate>", "2016-12-31"),
        ("<pubDate>2016-12-31T23:59:60Z</pubDate>", "2016-12-31"),
        ("<pubDate>soon</pubDate>", None),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", None),
        ("<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate>", None),
        ("", None),
    ],
)
def test_when_an_entry_was_published(text: str, day: str | None) -> None:
    """A22."""
    found = only(rss(f"<title>T</title>{text}"))
    assert found.published == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize("text", ["2025", " 2025 ", "2025-10"])
def test_a_year_alone_is_no_day(text: str) -> None:
    """Such feeds give years for dates; what is new in them only the difference tells."""
    assert only(rss(f"<title>T</title><pubDate>{text}</pubDate>")).published is None


@pytest.mark.parametrize(
    ("item", "key"),
    [
        ("<link>https://www.biorxiv.org/content/10.1101/743294v1?rss=1</link>", "10.1101/743294"),
        ("<guid>https://journal.example/doi/full/10.5555/A.b</guid>", "10.5555/a.b"),
    ],
)
def test_a_page_that_is_named_by_its_doi_names_the_paper(item: str, key: str) -> None:
    assert only(rss(f"<title>T</title>{item}")).key == f"doi:{key}"


def test_another_guid_makes_no_other_paper() -> None:
    """An entry is named by what it is, not by what its server calls it today."""
    before = only(rss("<title>T x</title><guid>1</guid><link>https://journal.example/1</link>"))
    after = only(
        rss("<title>T X.</title><guid>z</guid><link>https://journal.example/2?utm=1</link>")
    )
    assert before.key == after.key


def test_the_same_guid_twice_is_two_papers_where_the_titles_differ() -> None:
    two = rss("<title>A</title><guid>1</guid></item><item><title>B</title><guid>1</guid>")
    assert [found.title for found in page(two).papers] == ["A", "B"]


def test_the_longest_text_is_the_abstract() -> None:
    item = (
        "<title>T</title><description>Short…</description>"
        "<content:encoded><![CDATA[<p>Short, but whole.</p>]]></content:encoded>"
    )
    namespace = ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    assert only(rss(item, namespace)).abstract == "Short, but whole."


@pytest.mark.parametrize(
    "data",
    [
        b"<rss version='2.0'><channel><title>T</title><item><title>A</title></channel><p>",
        b"<rss version='2.0'><channel><title>T</title><item><title>A</ti",
        b"\x1f\x8b\x08not gzip after all",
        b"<?xml version='1.0' encoding='\x00'?><rss/>",
    ],
)
def test_damage_is_told_from_sloppiness(data: bytes) -> None:
    """A7."""
    with pytest.raises(SourceError):
        page(data)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Of kelp. The post Kelp appeared first on Reeds.", "Of kelp."),
        ("Of kelp. The post is late.", "Of kelp. The post is late."),
        ("[&amp;#8230;]", ""),
    ],
)
def test_what_wordpress_says_behind_each_text_is_no_part_of_it(text: str, shown: str) -> None:
    found = only(rss(f"<title>T</title><description>{text}</description>"))
    assert found.abstract == shown


def test_what_arxiv_says_before_each_abstract_is_no_part_of_it() -> None:
    told = "arXiv:2510.00001v1 Announce Type: new \nAbstract: We count moths."
    found = only(rss(f"<title>T</title><description>{told}</description>"))
    assert found.abstract == "We count moths."


WHOLE = rss("<title>T</title>")
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id>{}</feed>'.format


@table(
    "data said",
    [
        (" ", "an empty answer$"),
        ("<!DOCTYPE html><p>x", "a web page instead of a feed$"),
        ("<HTML>", "a web page instead of a feed$"),
        ("<foo><body>x</body></foo>", "a web page instead of a feed$"),
        ("Sorry, down for maintenance", "no feed but 'Sorry, down for maintenance'$"),
        ("{}", "not a feed$"),
        ("<foo>" + "x" * 1990 + "<body>", "a web page instead of a feed$"),
        ("<foo>" + "x" * 1991 + "<body>", "not a feed$"),
        (WHOLE[:-6], "the feed breaks off or is damaged: "),
        (WHOLE + "<!-- a", "the feed breaks off or is damaged: "),
        (WHOLE[:-6] + " -->", "the feed breaks off or is damaged: "),
        (WHOLE[:-6] + "<!-- </rss> -->", "the feed breaks off or is damaged: "),
        (
            ATOM("<title>Feed error for query x</title><subtitle>bad</subtitle>"),
            "the source reports: bad$",
        ),
        (
            ATOM(f"<title>Feed error for query x</title><subtitle>{'b' * 201}</subtitle>"),
            "the source reports: b{199}…$",
        ),
        (ATOM("<title>Feed error for query x</title>"), "reports: Feed error for query x$"),
        (
            ATOM(
                "<title>E</title><entry><id>http://arxiv.org/api/errors#x</id>"
                "<title>Error</title><summary>bad id</summary></entry>"
            ),
            "the source reports: bad id$",
        ),
    ],
)
def test_what_is_no_whole_feed_says_what_it_is(data: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        page(data)


@table("end", ["<script>x</script>", " <!-- a --><!-- b -->\n", "\0", "<br/>text"])
def test_scripts_and_comments_behind_a_feed_do_no_harm(end: str) -> None:
    assert only(WHOLE + end).title == "T"


SPACES = (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


@table(
    "item fields",
    [
        (
            "<link>/x</link><description>Short. The post T appeared first on B.</description>",
            {"abstract": "Short.", "url": "https://journal.example/x"},
        ),
        (
            "<guid>https://a.example/g</guid><description>[…]</description>",
            {"url": "https://a.example/g"},
        ),
        (
            "<description>Short […]</description><content:encoded>Short and long."
            "</content:encoded>",
            {"abstract": "Short and long."},
        ),
        (
            "<description>Other</description><content:encoded>Longer text here.</content:encoded>",
            {"abstract": "Longer text here.", "extra": {"summary": "Other"}},
        ),
        (
            "<description>arXiv:2510.00001v1 ANNOUNCE TYPE: new\nAbstract: Kelp.</description>",
            {"abstract": "Kelp."},
        ),
        (
            "<dc:creator>Ada Petrel</dc:creator><dc:creator>Petrel Lind, Ada Maria</dc:creator>"
            "<category>kelp</category>",
            {"authors": ("Ada Petrel", "Petrel Lind, Ada Maria"), "categories": ("kelp",)},
        ),
        ("<author>ada@x.org (Ada Petrel)</author>", {"authors": ("Ada Petrel",)}),
        (
            "<description>Kelp. Author(s): Ada Petrel, Bo Lind, et al.</description>",
            {
                "abstract": "Kelp. Author(s): Ada Petrel, Bo Lind, et al.",
                "authors": ("Ada Petrel", "Bo Lind"),
                "author_count": 3,
            },
        ),
        (
            "<pubDate>Thu, 02 Oct 2025 10:00:00 GMT</pubDate>",
            {"published": date(2025, 10, 2)},
        ),
        (
            "<dc:date>2025-10-01</dc:date>",
            {"published": date(2025, 10, 1), "updated": date(2025, 10, 1)},
        ),
        ("<pubDate>Fall 2025</pubDate>", {}),
    ],
)
def test_each_field_of_an_entry_is_read(item: str, fields: dict[str, object]) -> None:
    found = known(only(rss(f"<title>T</title>{item}", SPACES)))

    assert found == {"key": "title:t", "title": "T", **fields}


def test_an_entry_without_a_title_is_called_by_the_beginning_of_its_text() -> None:
    assert only(rss("<description>One two three. Four</description>")).title == "One two three."
    found = only(rss("<title>On X (arXiv:2510.00001v3 [cs.CL] UPDATED)</title>"))
    assert (found.key, found.title) == ("arxiv:2510.00001", "On X")
    found = only(
        rss(
            "<title>T</title><dc:identifier>doi:10.5555/t.1</dc:identifier>"
            "<link>https://arxiv.org/abs/2510.00001</link>",
            SPACES,
        )
    )
    assert (found.key, found.aliases[0]) == ("arxiv:2510.00001", "doi:10.5555/t.1")


@table(
    ("data", "encoding", "is_ended"),
    [
        (b"<rss></rss>", "utf-8", True),
        (b"<rss></rss>", "", True),
        (b"<rss></rss>", "bogus", True),
        (b"<rss></rss", "bogus", False),
        ("<rss></rss>".encode("utf-16-le"), "utf-16-le", True),
        (b"</rss>" + b" " * 7_994, "utf-8", True),
        (b"</rss>" + b" " * 7_995, "utf-8", False),
        (b"</rss><!-- a --> <!-- b -->\0", "utf-8", True),
        (b"</rss>-->", "utf-8", False),
    ],
)
def test_the_end_of_a_feed_is_seen_in_its_encoding(
    data: bytes, encoding: str, *, is_ended: bool
) -> None:
    assert feed._is_ended(data, encoding) is is_ended


def test_of_a_feed_in_pieces_an_entry_that_cannot_be_parsed_is_an_empty_one() -> None:
    """A reference to no character is a ValueError of feedparser."""
    items = "".join(f"<item><title>{t}</title></item>" for t in ("a", "b&#x110000;", "c"))
    found = feed._in_pieces(of_items(items).encode())

    assert [entry.get("title") for entry in found.entries] == ["a", None, "c"]


def test_a_date_that_feedparser_took_for_one_that_is_none_is_none() -> None:
    def day(*parts: int, said: str = "in spring 2026") -> date | None:
        guessed = struct_time((*parts, 0, 0, 0, 0, 0, 0))
        return feed.day_in({"updated": said, "updated_parsed": guessed}, "updated")

    assert day(2026, 2, 30) is None
    assert day(2026, 2, 30, said="2026-03-01") == date(2026, 3, 1)
    assert feed.day_in({"updated_parsed": struct_time((2026, 3, 1, *[0] * 6))}, "updated") is None


def test_a_link_starts_from_where_its_title_does() -> None:
    item = '<title xml:base="https://b.example/x/">T</title><link>y</link>'

    assert only(rss(item)).url == "https://b.example/x/y"


def titles(items: str) -> list[str]:
    return [found.title for found in page(of_items(items)).papers]


def test_a_feed_that_is_damaged_within_an_entry_is_read_entry_by_entry() -> None:
    items = [f"<item><title>{name}</title>{{}}</item>" for name in ("a", "b", "c")]
    damage = "<description><![CDATA[ never ended</description>"

    assert titles("".join(items).format("", damage, "")) == ["a", "b", "c"]
    quoted = f"<description><![CDATA[{items[2]}]]></description>"
    assert titles(items[0].format(quoted)) == ["a"]


def test_a_link_starts_from_the_feeds_own_page() -> None:
    own = "<title>J</title><link>https://c.example/d/</link>"

    assert only(rss("<title>T</title><link>y</link>").replace("<title>J</title>", own)).url == (
        "https://c.example/d/y"
    )


def test_what_a_blog_writes_below_each_entry_is_no_part_of_it() -> None:
    def below(length: int) -> str:
        return feed._without_footer(f"Kelp. The post {'x' * length} appeared first on Blog.")

    assert below(1_181) == "Kelp."
    assert below(1_182).startswith("Kelp. The post x")
    assert feed._without_footer("The post T appeared first on Blog.") == ""
    assert feed._without_footer("[…]") == ""


def test_what_a_feed_says_of_its_trouble_is_cut() -> None:
    assert feed._why({"bozo_exception": "<unknown>:" + "x" * 150}) == "x" * 150
    assert feed._why({"bozo_exception": "x" * 161}) == "x" * 159 + "…"
    assert feed._why({}) == ""


def test_only_the_first_entry_may_be_an_error_of_arxiv() -> None:
    entry = "<entry><id>http://arxiv.org/{}</id><title>{}</title><summary>{}</summary></entry>"
    error = entry.format("api/errors#x", "Error", "b" * 201)

    assert [each.title for each in page(ATOM(entry.format("abs/1", "T", "s") + error)).papers] == [
        "T",
        "Error",
    ]
    with pytest.raises(SourceError, match=r"the source reports: b{199}…$"):
        page(ATOM(error))
