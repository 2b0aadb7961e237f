"""The same issue for feed readers and for note programs."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import feedparser
import html5lib
import pytest
import yaml

from digest.model import Issue, Paper
from digest.render.feeds import Channel, atom, json_feed
from digest.render.markdown import markdown
from digest.render.views import plain_title

from .. import golden_issues, hostile

CHANNEL = Channel(
    title="Efficient training",
    address="https://digest.example.org/feeds/efficient-training.atom",
    home="https://digest.example.org/",
)
PROFILE = "efficient-training"


def hostile_issue() -> Issue:
    papers = [
        Paper(
            key=f"x:{n}",
            title=text,
            abstract=text,
            authors=(text,),
            categories=(text,),
            url=text,
            links={text: text},
            organisation=text,
        )
        for n, text in enumerate(hostile.TEXTS)
    ]
    entries = [golden_issues.entry(paper, "alert") for paper in papers]
    return golden_issues.issue(golden_issues.section("Efficient training", entries, entries[:9]))


def test_atom_is_read_as_it_was_meant() -> None:
    text = atom(CHANNEL, PROFILE, [golden_issues.busy_day()])
    read = feedparser.parse(io.BytesIO(text.encode()), sanitize_html=False)
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.title == "Efficient training"
    assert len(read.entries) == 16
    first = read.entries[0]
    paper = golden_issues.papers()[0]
    assert first.title == paper.title
    assert first.link == paper.url
    assert [author.name for author in first.authors] == list(paper.authors)
    assert [tag.term for tag in first.tags] == list(paper.categories)
    assert "<mark>mixture of experts</mark>" in first.content[0].value
    assert first.updated == "2025-03-12T06:30:00Z"


def test_json_feed_says_the_same() -> None:
    told = json.loads(json_feed(CHANNEL, PROFILE, [golden_issues.busy_day()]))
    read = feedparser.parse(io.BytesIO(atom(CHANNEL, PROFILE, [golden_issues.busy_day()]).encode()))
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["id"] for item in told["items"]] == [entry.id for entry in read.entries]
    assert [item["url"] for item in told["items"]] == [entry.link for entry in read.entries]


def test_a_paper_stands_once_as_its_newest_issue_shows_it() -> None:
    old = golden_issues.one_paper()
    new = replace(old, made_at=old.made_at + timedelta(days=1))
    read = feedparser.parse(io.BytesIO(atom(CHANNEL, PROFILE, [new, old]).encode()))
    assert [entry.updated for entry in read.entries] == ["2025-03-13T06:30:00Z"]


def test_an_id_does_not_depend_on_the_feed_or_the_site() -> None:
    elsewhere = Channel(
        "Other", "https://elsewhere.example.net/f", "https://elsewhere.example.net/"
    )
    ids = [
        [
            item["id"]
            for item in json.loads(json_feed(channel, PROFILE, [golden_issues.busy_day()]))["items"]
        ]
        for channel in (CHANNEL, elsewhere)
    ]
    assert ids[0] == ids[1]
    assert all(each.startswith("urn:uuid:") for each in ids[0])


def test_an_empty_feed_is_a_feed() -> None:
    read = feedparser.parse(
        io.BytesIO(atom(CHANNEL, PROFILE, [golden_issues.quiet_day()]).encode())
    )
    assert not read.bozo
    assert read.entries == []
    assert json.loads(json_feed(CHANNEL, PROFILE, []))["items"] == []


def test_hostile_texts_become_no_markup_in_a_feed() -> None:
    text = atom(CHANNEL, PROFILE, [hostile_issue()])
    read = feedparser.parse(io.BytesIO(text.encode()), sanitize_html=False)
    assert not read.bozo
    assert len(read.entries) == len(hostile.TEXTS)
    for content in [entry.content[0].value for entry in read.entries if "content" in entry]:
        tree = html5lib.parseFragment(content, namespaceHTMLElements=False)
        assert {e.tag for e in tree.iter()} <= {"DOCUMENT_FRAGMENT", "p", "mark"}
        assert not any(e.attrib for e in tree.iter())
    items = json.loads(json_feed(CHANNEL, PROFILE, [hostile_issue()]))["items"]
    assert len(items) == len(hostile.TEXTS)
    assert all(item.get("url", "https:").startswith("http") for item in items)


def test_a_note_has_front_matter_that_note_programs_read() -> None:
    note = markdown(golden_issues.busy_day(), "Paper digest")
    _, front, body = note.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "title": "Paper digest, Wed 12 Mar",
        "date": "2025-03-12",
        "profiles": ["efficient-training", "calibration-and-doubt"],
        "papers": 24,
    }
    assert body.startswith("\n# Wednesday 12 March 2025\n")
    assert "**mixture of experts**" in body
    for paper in golden_issues.busy_day().papers:
        assert f"](<{paper.url}>)" in body


def test_hostile_texts_become_no_markup_in_a_note() -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="no markdown-it-py to read the note")
    note = markdown(hostile_issue(), "Paper digest").split("---\n", 2)[2]
    html = markdown_it.MarkdownIt("commonmark").render(note)
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert {e.tag for e in tree.iter()} <= {
        *("html", "head", "body", "h1", "h2", "h3", "p", "a", "em", "strong", "ul", "li")
    }
    assert all(e.attrib["href"].startswith("http") for e in tree.iter("a"))
    heads = ["".join(e.itertext()) for e in tree.iter("h3")]
    titles = [plain_title(entry.match.paper) for entry in hostile_issue().entries]
    assert [head.split() for head in heads] == [title.split() for title in titles]


def test_an_old_issue_reads_the_same_again() -> None:
    assert markdown(golden_issues.busy_day(), "n") == markdown(golden_issues.busy_day(), "n")
    assert atom(CHANNEL, PROFILE, [golden_issues.busy_day()]) == atom(
        CHANNEL, PROFILE, [golden_issues.busy_day()]
    )
