"""What one entry of a feed has wrong costs at most that entry."""

from __future__ import annotations

from datetime import date

import pytest

from digest.listings.sources import biorxiv, feed, huggingface, jsonfeed
from digest.listings.sources.damage import (
    count,
    pieces,
    with_possible_references,
    with_whole_characters,
)
from digest.model import Listing, ListingPage

from ...tables import table

DAY = date(2026, 11, 27)
LISTING = Listing(name="l", kind="feed")

GOOD = "<title>Good {0}</title><link>https://j.example/{0}</link><description>d</description>"


def page(entry: str, *, root: str = "rss") -> ListingPage:
    """A feed of three entries, the second of them odd."""
    entries = [GOOD.format("one"), entry, GOOD.format("two")]
    if root == "rss":
        items = "".join(f"<item>{each}</item>" for each in entries)
        data = f'<rss version="2.0"><channel><title>J</title>{items}</channel></rss>'
    else:
        items = "".join(f"<entry>{each}</entry>" for each in entries)
        data = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>J</title>{items}</feed>'
    text = f'<?xml version="1.0" encoding="utf-8"?>{data}'
    return feed.parse(text.encode(), Listing(name="l", kind="feed"), DAY)


REFERENCES = [
    ("two halves &#55357;&#56832; of one", "two halves 😀 of one"),
    ("’ before &#8217;&#xD83D;&#xDE00;", "’ before ’😀"),
    ("a half &#55357; alone", "a half � alone"),
    ("beyond &#1114112; and &#xFFFFFF;", "beyond � and �"),
    ("tab &#11; null &#0; bell &#7;", "tab null bell"),
    ("R&D and AT&T at 5 &amp; 6", "R&D and AT&T at 5 & 6"),
    ("&nbsp;caf&eacute; &bogus; &ngE;", "café &bogus; ≧̸"),
    ("<![CDATA[R&D in CDATA &amp; &eacute;]]>", "R&D in CDATA & é"),
]


@table(("title", "shown"), REFERENCES)
@table("root", ["rss", "atom"])
def test_a_reference_that_xml_does_not_know_costs_nothing(
    title: str, shown: str, root: str
) -> None:
    found = page(f"<title>{title}</title>", root=root)

    assert [each.title for each in found.papers] == ["Good one", shown, "Good two"]
    assert found.reasons == ()


@table(
    ("written", "read"),
    [
        (b"a & b &", b"a &amp; b &amp;"),
        (b"&#8;&#9;&#10;&#11;&#13;&#31;&#32;", b" &#9;&#10; &#13; &#32;"),
        (b"&#xD7FF;&#xDFFF;&#xD800;&#xE000;", b"&#xD7FF;&#65533;&#65533;&#xE000;"),
        (b"&#xFFFD;&#xFFFE;&#xFFFF;&#x10000;", b"&#xFFFD;&#65533;&#65533;&#x10000;"),
        (b"&#1114111;&#1114112;", b"&#1114111;&#65533;"),
        (b"&#55357;&#56832;&#xd83d;&#xDE00;", b"&#128512;&#128512;"),
        (b"&eacute;&amp;&lt;&bogus;&ngE;", b"&#233;&amp;&lt;&amp;bogus;&#8807;&#824;"),
        (b"<!ENTITY x>&x;&eacute;&", b"<!ENTITY x>&x;&eacute;&amp;"),
        (b"&<![CDATA[&]]>&<![CDATA[&", b"&amp;<![CDATA[&]]>&amp;<![CDATA[&amp;"),
        (b"\0&", b"\0&"),
    ],
)
def test_a_reference_that_cannot_be_is_replaced_and_any_other_kept(
    written: bytes, read: bytes
) -> None:
    assert with_possible_references(written) == read


def test_halves_of_one_character_are_joined() -> None:
    assert with_whole_characters("&#55357;&#56832; &#xD83D;&#xDE00; &#65;") == "😀 😀 &#65;"
    assert with_whole_characters("é") == "é"


@table("entries parts", [(0, 0), (1, 1), (1_000, 1_000), (1_001, 0)])
def test_a_thousand_entries_are_read_one_by_one_and_no_more(entries: int, parts: int) -> None:
    data = b"<rss>h" + b"<item>x</item>" * entries
    found = [*pieces(data)]

    assert (count(data), len(found)) == (entries, parts)
    assert set(found) <= {b"<rss>h<item>x</item></channel></rss>"}
    assert [*pieces(b"<feed><a:entry>x</a:entry>")] == [b"<feed><a:entry>x</a:entry></feed>"]


@table(
    "entry",
    [
        "<title>Odd</title><description><![CDATA[<p>never ended</description>",
        "<title>Odd</title><!-- never ended <description>x</description>",
        "<title>Odd",
        "<title>Odd <b>x</title><description>y</description>",
        '<title>Odd</title><enclosure url="x></enclosure>',
        "<title>Odd < x & y</title>",
        "<title>Odd</title><description><p><div></description>",
    ],
)
@table("root", ["rss", "atom"])
def test_an_entry_that_breaks_off_takes_no_other_with_it(entry: str, root: str) -> None:
    found = page(entry, root=root)

    titles = [each.title for each in found.papers]
    assert (titles[0], titles[-1], found.entries) == ("Good one", "Good two", 3)
    assert len(titles) + found.skipped == 3


@pytest.mark.parametrize("behind", ["<script>track()</script>", "<br />\n<b>Warning</b>: x", "x"])
def test_what_a_server_puts_behind_a_whole_feed_costs_nothing(behind: str) -> None:
    data = f"<rss version='2.0'><channel><item><title>A</title></item></channel></rss>{behind}"

    assert [each.title for each in feed.parse(data.encode(), LISTING, DAY).papers] == ["A"]


@pytest.mark.parametrize("encoding", ["utf-16", "UTF-16LE", "ucs-2"])
def test_an_encoding_that_cannot_be_is_not_believed(encoding: str) -> None:
    data = f"<?xml version='1.0' encoding='{encoding}'?><rss version='2.0'><channel>"
    data += "<item><title>Kelp é</title></item></channel></rss>"

    assert [each.title for each in feed.parse(data.encode(), LISTING, DAY).papers] == ["Kelp é"]


def test_an_entity_of_the_feeds_own_is_left_to_the_parser() -> None:
    data = b'<!DOCTYPE rss [<!ENTITY path "C:"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    data += b'<rss version="2.0"><channel><title>J</title><item><title>Of &path; &x;</title>'
    data += b"</item></channel></rss>"
    (found,) = feed.parse(data, Listing(name="l", kind="feed"), DAY).papers

    assert found.title.startswith("Of ")
    assert "root:" not in found.title


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link href="https://j.example/blog/"/>', "https://j.example/blog/a"),
        ('<link rel="self" href="https://j.example/x/feed.atom"/>', "https://j.example/x/a"),
        (
            '<link rel="self" href="https://j.example/feed.atom"/><link href="/y/"/>',
            "https://j.example/y/a",
        ),
        ("", ""),
    ],
)
def test_links_of_a_file_start_from_the_feeds_own_address(head: str, url: str) -> None:
    data = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>J</title>{head}'
        '<entry><title>T</title><link href="a"/></entry></feed>'
    )
    (found,) = feed.parse(data.encode(), Listing(name="l", kind="feed", path="f.xml"), DAY).papers

    assert found.url == url
    based = data.replace("<entry>", '<entry xml:base="https://b.example/">')
    (found,) = feed.parse(based.encode(), Listing(name="l", kind="feed", path="f.xml"), DAY).papers
    assert found.url == "https://b.example/a"


def test_the_subjects_of_a_feed_of_preprints_are_kept_to() -> None:
    items = "".join(
        f"<item><title>Of {name or 'reeds'}</title><dc:identifier>doi:10.1101/{n}</dc:identifier>"
        f"<prism:section>{name}</prism:section></item>"
        for n, name in enumerate(["Plant Biology", "Zoology", ""], 100_000)
    )
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/"'
    )
    data = f'<rss version="2.0" {spaces}><channel><title>b</title>{items}</channel></rss>'
    plants = Listing(name="l", kind="biorxiv", options={"categories": ["plant_biology"]})
    found = biorxiv.parse(data.encode(), plants, DAY)

    assert [each.title for each in found.papers] == ["Of Plant Biology", "Of reeds"]


def test_what_a_source_says_in_short_is_kept_apart_from_the_abstract() -> None:
    entry = (
        "<title>T</title><description>In short: tides.</description><content:encoded>"
        "&lt;p&gt;We measure how tides move pebbles.&lt;/p&gt;</content:encoded>"
    )
    _, rss, _ = page(entry).papers
    assert rss.abstract == "We measure how tides move pebbles."
    assert rss.extra["summary"] == "In short: tides."
    _, cut, _ = page(entry.replace("In short: tides.", "We measure how…")).papers
    assert "summary" not in cut.extra

    item = b'{"id": "1", "title": "T", "content_html": "<p>Long.</p>", "summary": "Short."}'
    items = b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + item + b"]}"
    (found,) = jsonfeed.parse(items, Listing(name="l", kind="jsonfeed"), DAY).papers
    assert (found.abstract, found.extra["summary"]) == ("Long.", "Short.")

    raw = (
        b'[{"paper": {"id": "2611.00001", "title": "T", "ai_summary": "By it.", "ai_keywords":'
        b' ["tide"], "githubStars": 3, "ai_summary_model": "tides/moon-1"}}]'
    )
    (listed,) = huggingface.parse(raw, Listing(name="l", kind="huggingface"), DAY).papers
    told = {"summary": "By it.", "summary_by": "tides/moon-1", "keywords": ["tide"], "stars": 3}
    assert listed.extra == told
