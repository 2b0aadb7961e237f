"""Which entries of a feed are one paper, morning after morning; the cases of docs/collecting.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

import pytest

from digest.listings.diff import diff
from digest.listings.sources import feed
from digest.listings.sources.entries import paper
from digest.model import ChangeKind, Listing, ListingPage, Paper
from digest.store import Store, papers

from ..factories import TUESDAY, WEDNESDAY, snapshot

NEW, REVISED = ChangeKind.NEW, ChangeKind.REVISED
OF_TIDES = "We measure how many pebbles a spring tide moves along a beach of shingle."
OF_MOONS = "A history of lighthouse keepers and the clocks by which they went to bed."


class Journal:
    """A feed that is read in the morning; each entry is a guid, a link, a title and a text."""

    def __init__(self, store: Store, name: str = "journal") -> None:
        self.store = store
        self.listing = Listing(name=name, kind="feed", url="https://j.example/feed.xml")

    def page(self, *entries: Sequence[str]) -> ListingPage:
        items = "".join(
            f'<item><guid isPermaLink="false">{guid}</guid><link>https://j.example/{link}</link>'
            f"<title>{escape(title)}</title><description>{escape(text)}</description></item>"
            for guid, link, title, text in entries
        )
        data = f'<rss version="2.0"><channel><title>J</title>{items}</channel></rss>'
        return feed.parse(data.encode(), self.listing, TUESDAY)

    def read(self, *entries: Sequence[str], day: date = TUESDAY) -> list[tuple[ChangeKind, str]]:
        """Read and remember a page; give what changed."""
        return self.remember(self.page(*entries).papers, day)

    def remember(self, found: Sequence[Paper], day: date = TUESDAY) -> list[tuple[ChangeKind, str]]:
        with self.store.begin() as tx:
            pairs = papers.pair_with_seen(tx, self.listing.name, found)
            self.reused = papers.reused(tx, pairs)
            changes = diff(pairs)
            receipt = snapshot(day, listing=self.listing.name)
            papers.store_collection(tx, receipt, pairs, changes)
        return [(change.kind, change.detail or change.paper.title) for change in changes]


@pytest.fixture
def journal(store: Store) -> Journal:
    return Journal(store)


ONE_PAPER = [
    ("a corrected title", ("1", "a", "Pebles and tides", OF_TIDES), "the title changed"),
    ("a counter", ("1", "a", "Pebbles and tides (17 comments)", OF_TIDES), "the title changed"),
    ("a new title", ("1", "a", "What the sea moves", OF_TIDES), "the title changed"),
    ("another text", ("1", "a", "Pebbles and tides", OF_MOONS), "the text changed"),
    ("the same", ("1", "a", "Pebbles and tides", OF_TIDES), ""),
    ("a counter of readers", ("1", "a?utm_source=x&rss=2", "Pebbles and tides", OF_TIDES), ""),
    ("another guid", ("z", "a", "Pebbles and tides", OF_TIDES), ""),
    ("another link", ("1", "b", "Pebbles and tides", OF_TIDES), ""),
    ("posted again", ("z", "b", "Pebbles and tides", OF_TIDES), ""),
]


@pytest.mark.parametrize(("case", "after", "detail"), ONE_PAPER, ids=[row[0] for row in ONE_PAPER])
def test_one_paper_stays_one(
    journal: Journal, case: str, after: Sequence[str], detail: str
) -> None:
    before = ("1", "a", "Pebbles and tides", OF_TIDES)
    assert journal.read(before) == [(NEW, "Pebbles and tides")]

    assert journal.read(after, day=WEDNESDAY) == ([(REVISED, detail)] if detail else [])
    assert journal.read(after, day=WEDNESDAY) == []


TWO_PAPERS = [
    ("one title, other texts", ("2", "b", "Pebbles and tides", OF_MOONS), OF_TIDES),
    ("one title, no texts", ("2", "b", "Pebbles and tides", ""), ""),
    ("one title, one text", ("2", "b", "Pebbles and tides", ""), OF_TIDES),
    ("one guid for a series", ("1", "a", "Pebbles and tides 42", OF_MOONS), OF_TIDES),
    ("a guid for something else", ("1", "a", "Keepers of light", OF_MOONS), OF_TIDES),
]


@pytest.mark.parametrize(("case", "other", "text"), TWO_PAPERS, ids=[row[0] for row in TWO_PAPERS])
def test_two_papers_stay_two(journal: Journal, case: str, other: Sequence[str], text: str) -> None:
    one = ("1", "a", "Pebbles and tides", text)
    assert len(journal.read(one)) == 1

    assert journal.read(other, day=WEDNESDAY) == [(NEW, other[2])]
    assert journal.reused == ("guid" in case)
    assert journal.read(other, one, day=WEDNESDAY) == []
    assert journal.reused == 0


def test_on_one_page_they_are_two_as_well(journal: Journal) -> None:
    one, other = ("1", "a", "Of links", OF_TIDES), ("2", "b", "Of links", OF_MOONS)

    assert journal.read(one, other, one) == [(NEW, "Of links"), (NEW, "Of links")]
    assert journal.read(other, one, day=WEDNESDAY) == []


def test_a_feed_that_uses_one_guid_for_all_its_entries_is_noticed(journal: Journal) -> None:
    """The texts are alike, as of a feed that has the same line under each."""
    titles = ["Of pebbles", "The keepers", "A moon like ours"]
    entries = [("1", "", title, "Read more on our page.") for title in titles]
    page = journal.page(*entries)
    assert page.remarks == ("3 entries share their guid and link with others",)

    assert journal.read(*entries) == [(NEW, title) for title in titles]
    assert journal.read(*entries[::-1], day=WEDNESDAY) == []


@pytest.mark.parametrize("title", ["Perspective", "Editorial.", "Weekly links", "News & Views"])
@pytest.mark.parametrize("text", ["", "A text about widgets."])
def test_titles_that_name_a_kind_of_text_make_no_paper_one(
    journal: Journal, title: str, text: str
) -> None:
    assert len(journal.read(("1", "a", title, text))) == 1
    assert journal.read(("2", "b", title, text), day=WEDNESDAY) == [(NEW, title)]
    assert journal.read(("2x", "b", title, text), day=WEDNESDAY) == []

    other = Journal(journal.store, "gazette")
    assert other.read(("1", "c", title, text), day=WEDNESDAY) == [(NEW, title)]


def test_another_listing_knows_nothing_of_guids_but_of_titles(journal: Journal) -> None:
    """B8."""
    journal.read(("1", "a", "Pebbles and tides", OF_TIDES))
    gazette = Journal(journal.store, "gazette")

    gazette.read(("1", "a", "Keepers of light", OF_MOONS), ("7", "g", "Pebbles and tides", ""))
    with journal.store.begin() as tx:
        (pair,) = papers.pair_with_seen(
            tx, "gazette", journal.page(("1", "x", "Pebbles and tides", "")).papers
        )
        assert pair[0].abstract == OF_TIDES
        assert pair[1] is not None


def test_the_corrected_text_is_the_one_that_is_kept(journal: Journal) -> None:
    journal.read(("1", "a", "Pebbbbles and tides", OF_TIDES + " Preliminary."))
    journal.read(("1", "a", "Pebbles and tides", OF_TIDES), day=WEDNESDAY)

    with journal.store.begin() as tx:
        page = journal.page(("1", "a", "Pebbles and tides", OF_TIDES))
        ((kept, seen),) = papers.pair_with_seen(tx, "journal", page.papers)
    assert (kept.title, kept.abstract) == ("Pebbles and tides", OF_TIDES)
    assert seen is not None


MARKED = [
    ("1", "a", "Of <math><msup><mi>B</mi><mo>+</mo></msup></math> in tides", f"<p>{OF_TIDES}</p>"),
    ("2", "b", "Editorial", "<p>Of this <b>issue</b>.</p>"),
    ("3", "c", "Perspective", ""),
    ("4", "d", "Pebbles", f"{OF_MOONS} <br/> Ten."),
]


def test_what_was_stored_before_its_markup_was_read_is_neither_new_nor_revised(
    journal: Journal,
) -> None:
    """The morning after an update: the same bytes are read otherwise, and nothing is mailed."""
    before = [
        paper(day=TUESDAY, title=title, abstract=text, url=f"https://j.example/{link}")
        for _, link, title, text in MARKED
    ]
    assert len(journal.remember(before)) == len(MARKED)

    assert journal.read(*MARKED, day=WEDNESDAY) == []
    assert journal.read(*MARKED, day=WEDNESDAY) == []
    later = (*MARKED[3][:3], OF_TIDES)
    assert journal.read(*MARKED[:3], later, day=WEDNESDAY) == [(REVISED, "the text changed")]


def test_a_paper_of_arxiv_is_revised_by_its_version_alone(journal: Journal) -> None:
    link = "abs/2611.00001"
    first = journal.page(("oai:arXiv.org:2611.00001", link, "Of tides", OF_TIDES))
    second = journal.page(("oai:arXiv.org:2611.00001", link, "Of tides and moons", OF_MOONS))
    assert first.papers[0].key == "arxiv:2611.00001"

    assert journal.remember(first.papers) == [(NEW, "Of tides")]
    assert journal.remember(second.papers, WEDNESDAY) == []


def test_an_id_that_was_not_read_before_makes_no_paper_new(journal: Journal) -> None:
    title = "Of tides. (arXiv:2611.00001v1 [cs.CL])"
    before = [paper(day=TUESDAY, title=title, abstract=OF_TIDES, url="https://j.example/a")]
    journal.remember(before)

    assert journal.read(("1", "a", title, OF_TIDES), day=WEDNESDAY) == []
    assert journal.read(("1", "a", title, OF_TIDES), day=WEDNESDAY) == []
