"""Whatever a feed, a profile or a source says, the mail stays one mail and shows it as text."""

from __future__ import annotations

import re
from dataclasses import replace
from email.header import decode_header, make_header
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Hit, Issue, IssueEntry, Match, Paper, Reason, Recipient, Verdict
from digest.render import Letterhead, Links, MailRenderer, header
from digest.render.sanitize import short, shown, web_url
from digest.resources import templates_folder

from .. import golden_issues, hostile
from ..extent import number, some
from ..wire import assert_wire, hrefs, parts

RENDERER = MailRenderer([templates_folder()])


def infested(text: str, number: int = 0) -> IssueEntry:
    """A paper whose every text is this one."""
    paper = Paper(
        key=f"x:{number}",
        title=text,
        abstract=text,
        authors=(text, text),
        categories=(text,),
        url=text,
        links={"pdf": text, text: "https://example.org/x", "code": text},
        organisation=text,
        comment=text,
        extra={text: text},
    )
    everywhere = (Hit("title", 0, 3), Hit("abstract", 1, 9**6), Hit("author", 0, 1))
    match = Match(paper, 1, (Reason(text, 1, everywhere),))
    return IssueEntry(match=match, detail=text, listings=(text,), also_in=(text,))


def infested_issue(texts: list[str]) -> Issue:
    """A section of such papers under such a title, with such receipts."""
    entries = [infested(text, number) for number, text in enumerate(texts)]
    receipts = [golden_issues.receipt(text, Verdict.FAILED, error=text) for text in texts[:4]]
    return golden_issues.issue(
        golden_issues.section(texts[0] or "x", entries, entries[:3]), receipts=receipts
    )


def test_every_hostile_text_in_every_place_passes_the_gate() -> None:
    for start in range(0, len(hostile.TEXTS), 12):
        texts = list(hostile.TEXTS[start : start + 12])
        assert_wire(
            RENDERER.mail(infested_issue(texts), golden_issues.ALICE, golden_issues.WITH_PAGES).data
        )


def test_what_is_printable_is_shown_as_it_is_and_no_other_space_is_than_a_blank() -> None:
    printable = [chr(code) for code in range(0x110000) if chr(code).isprintable()]
    blanks = [letter for letter in printable if letter.isspace()]

    # Together they pass the full check, which a text with two blanks goes through.
    assert shown("".join(printable) + "  ") == "".join(printable) + " "
    assert blanks == [" "]


def test_what_is_no_character_in_any_plane_is_not_shown() -> None:
    places = range(0x10000, 0x110001, 0x10000)
    assert shown("".join(f"{chr(end - 3)}{chr(end - 2)}{chr(end - 1)}" for end in places)) == (
        "".join(chr(end - 3) for end in places)
    )


def test_hostile_titles_forge_no_header() -> None:
    assert len(hostile.many()) > 10_000
    for text in some(hostile.many(), 1_500):
        line = header.line("Subject", header.text(text))
        assert re.fullmatch(rb"Subject:(?:(?:\r\n)? [ -~]*)*\r\n", line), text
        assert max(map(len, line.split(b"\r\n"))) <= 76, text
        told = str(make_header(decode_header(line[8:].decode().replace("\r\n", ""))))
        assert told.split() == short(text, 250).replace("=?", "= ?").split(), text


def test_hostile_titles_leave_the_headers_as_they_are() -> None:
    names: list[bytes] = []
    for text in some(hostile.many()[::10], 100):
        issue = golden_issues.issue(
            golden_issues.section("S", [golden_issues.entry(Paper(key="x", title=text))])
        )
        data = RENDERER.mail(issue, golden_issues.ALICE, golden_issues.PLAIN).data
        found = re.findall(rb"(?m)^([^ \t\r\n:]+)", data.partition(b"\r\n\r\n")[0])
        names = names or found
        assert found == names, text


def test_hostile_titles_and_names_are_only_text() -> None:
    texts = some(hostile.many(), 500)
    for start in range(0, len(texts), 100):
        entries = [
            golden_issues.entry(
                Paper(key=f"x:{number}", title=text, authors=(text,), url="https://example.org/")
            )
            for number, text in enumerate(texts[start : start + 100])
        ]
        issue = golden_issues.issue(golden_issues.section("S", entries[:1], entries))
        assert_wire(RENDERER.mail(issue, golden_issues.ALICE, golden_issues.PLAIN).data)


def test_hostile_titles_stand_in_the_mail_as_they_are() -> None:
    texts = [text for text in hostile.TEXTS if shown(text).strip() and len(text) <= 300]
    for start in range(0, len(texts), 12):
        some_texts = texts[start : start + 12]
        entries = [golden_issues.entry(Paper(key=f"x:{text}", title=text)) for text in some_texts]
        issue = golden_issues.issue(replace(golden_issues.section("S", entries), whole=12))
        tree = html5lib.parse(
            RENDERER.html(issue, golden_issues.ALICE, golden_issues.PLAIN),
            namespaceHTMLElements=False,
        )
        headings = [e for e in tree.iter("h3") if e.attrib.get("class") == "title"]
        for heading, text in zip(headings, some_texts, strict=True):
            assert "".join(heading.itertext()).split() == shown(text).split(), text


def test_template_syntax_is_shown_and_not_obeyed() -> None:
    issue = golden_issues.issue(
        golden_issues.section("{{ 6*7 }}", [infested("{{ 7*191 }} {% raw %} jinja0z")])
    )
    text, html = parts(RENDERER.mail(issue, golden_issues.ALICE, golden_issues.PLAIN).data)
    for part in (text, html):
        assert "{{ 7*191 }} {% raw %} jinja0z" in part
        assert "1337" not in part


def test_only_absolute_web_addresses_become_links() -> None:
    assert {address: url for address in hostile.ADDRESSES if (url := web_url(address))} == {}


@pytest.mark.parametrize(
    ("address", "ready"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        (" https://example.org/ ", "https://example.org/"),
        ("http://localhost:8000/x", "http://localhost:8000/x"),
        ("HTTPS://Example.org/Ä", "https://Example.org/%C3%84"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/it's", "https://example.org/it%27s"),
    ],
)
def test_a_web_address_is_kept_in_ascii(address: str, ready: str) -> None:
    assert web_url(address) == ready


@given(st.text(st.characters(codec=None), max_size=400))
@settings(max_examples=number(20, whole=150))
def test_any_text_anywhere_passes_the_gate(text: str) -> None:
    assert_wire(
        RENDERER.mail(infested_issue([text]), golden_issues.ALICE, golden_issues.WITH_PAGES).data
    )


@given(
    st.lists(st.tuples(st.integers(-9, 99), st.integers(-9, 99)), max_size=8),
    st.text(st.characters(codec=None), max_size=90),
)
@settings(max_examples=number(20, whole=150))
def test_marks_change_no_text(spans: list[tuple[int, int]], text: str) -> None:
    def words(hits: tuple[Hit, ...]) -> str:
        paper = Paper(key="x", title="T", abstract=text)
        entry = IssueEntry(match=Match(paper, 1, (Reason("r", 1, hits),)))
        html = RENDERER.html(
            golden_issues.issue(golden_issues.section("S", [entry])),
            golden_issues.ALICE,
            golden_issues.PLAIN,
        )
        found = html5lib.parse(html, namespaceHTMLElements=False).iter("p")
        told = "".join("".join(p.itertext()) for p in found if p.attrib.get("class") == "abstract")
        return " ".join(told.split())  # as whoever shows HTML does

    assert words(tuple(Hit("abstract", a, b) for a, b in spans)) == words(())


@pytest.mark.parametrize("bad", [t for t in hostile.TEXTS if t not in hostile.ADDRESSES][::7])
def test_a_hostile_subscriber_or_page_address_adds_nothing(bad: str) -> None:
    def links(_issue: Issue, _subscriber: Recipient) -> Links:
        return Links(page=bad, manage=bad, pause=bad, unsubscribe=bad)

    letterhead = Letterhead(sender="digest@example.org", name=bad or "x", links=links)
    subscriber = Recipient(id=1, address="alice@example.org", profiles=(bad,))
    data = RENDERER.mail(golden_issues.quiet_day(), subscriber, letterhead).data
    assert_wire(data)
    allowed: set[Any] = {"mailto:digest@example.org?subject=unsubscribe"}
    assert hrefs(parts(data)[1]) - allowed <= {web_url(bad)}


def test_one_paper_repeated_and_broken_offsets_do_no_harm() -> None:
    entry = infested("plain")
    worst = replace(entry, match=replace(entry.match, score=10**9))
    assert_wire(
        RENDERER.mail(
            golden_issues.issue(golden_issues.section("S", [entry, worst, entry])),
            golden_issues.ALICE,
            golden_issues.PLAIN,
        ).data
    )
