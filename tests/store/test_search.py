"""Papers are found again by their words and by the rise of their upvotes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.listings.diff import diff
from digest.model import Paper
from digest.store import Store, archive, search
from digest.store import papers as stored_papers

from ..factories import EIGHT, TUESDAY, WEDNESDAY, paper, snapshot


def keep(store: Store, *papers: Paper, **fields: Any) -> None:
    with store.begin() as tx:
        pairs = stored_papers.pair_with_seen(tx, "daily", papers)
        stored_papers.store_collection(tx, snapshot(**fields), pairs, diff(pairs))


def titles(store: Store, words: str) -> list[str]:
    with store.begin() as tx:
        return [paper.title for paper in search.search(tx, words, 10)]


def three_papers(store: Store) -> None:
    keep(
        store,
        paper(1, title="Mixtures of experts", abstract="Routing.", authors=("Zoë Åberg",)),
        paper(2, title="Pruning", abstract="Experts disagree.", authors=("Bo Li",)),
        paper(3, title="Quantised states", abstract="Nothing else."),
    )


def test_words_are_found_in_titles_authors_and_abstracts_titles_first(store: Store) -> None:
    three_papers(store)

    assert titles(store, "expert") == ["Mixtures of experts", "Pruning"]
    assert titles(store, "mixture expert") == ["Mixtures of experts"]
    assert titles(store, "quantis") == ["Quantised states"]
    assert titles(store, "li") == ["Pruning"]
    assert titles(store, "nowhere") == []


@pytest.mark.parametrize(
    "words", ['"', "'", "*", "a AND", "title:x", "NEAR(", "'':*", "& | !", "\\", "é\u0301", "  "]
)
def test_nothing_that_is_typed_is_an_error(store: Store, words: str) -> None:
    three_papers(store)

    assert len(titles(store, words)) <= 3


def test_a_newer_text_takes_the_place_of_the_older(store: Store) -> None:
    keep(store, paper(1, title="Old words"))
    keep(store, paper(1, title="New words", version=2), day=WEDNESDAY)

    assert titles(store, "new") == ["New words"]
    assert titles(store, "old") == []


def test_upvotes_that_rise_are_remembered_by_day(store: Store) -> None:
    keep(store, paper(1, upvotes=3), paper(2, upvotes=90))
    later = EIGHT + timedelta(days=1)
    keep(store, paper(1, upvotes=40), paper(2, upvotes=91), day=WEDNESDAY, taken_at=later)
    with store.begin() as tx:
        rising = search.rising(tx, TUESDAY, most=5)

    assert [(p.key[-1], days) for p, days in rising] == [
        ("1", [(TUESDAY, 3), (WEDNESDAY, 40)]),
        ("2", [(TUESDAY, 90), (WEDNESDAY, 91)]),
    ]


def test_the_archive_tells_what_came_on_which_day(store: Store) -> None:
    keep(store, paper(1), paper(2))
    keep(store, paper(2), paper(3), day=WEDNESDAY)
    with store.begin() as tx:
        assert archive.days(tx) == [(WEDNESDAY, 1), (TUESDAY, 2)]
        assert archive.days_read(tx, TUESDAY, WEDNESDAY) == {TUESDAY, WEDNESDAY}
        came = archive.changes_between(tx, TUESDAY, WEDNESDAY)
        assert [(day, a.change.paper.key[-1]) for day, a in came] == [
            (TUESDAY, "1"),
            (TUESDAY, "2"),
            (WEDNESDAY, "3"),
        ]
        assert [receipt.listing for receipt in archive.receipts(tx, TUESDAY)] == ["daily"]


def test_a_search_is_counted_and_shown_in_parts_in_two_orders(store: Store) -> None:
    keep(store, *(paper(n, title=f"Experts {n}", abstract="") for n in range(1, 6)))
    keep(store, paper(6, title="On", abstract="An expert."), day=WEDNESDAY)
    best, newest = (search.Question("expert", is_newest_first=is_new) for is_new in (False, True))
    with store.begin() as tx:
        parts = [search.found(tx, best, skip, 4) for skip in (0, 4, 8)]
        assert [(part.total, len(part.papers)) for part in parts] == [(6, 4), (6, 2), (6, 0)]
        assert parts[1].papers[1].title == "On"
        assert [p.key[-1] for p in search.found(tx, newest, 0, 3).papers] == ["6", "5", "4"]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [(None, TUESDAY, "1"), (WEDNESDAY, None, "2"), (TUESDAY, WEDNESDAY, "12")],
)
def test_a_search_may_be_of_some_days(store: Store, first: Any, last: Any, found: str) -> None:
    keep(store, paper(1, title="Experts"))
    keep(store, paper(2, title="Experts"), day=WEDNESDAY)
    question = search.Question("experts", first, last)
    with store.begin() as tx:
        there = search.found(tx, question, 0, 9)
        assert {p.key[-1] for p in there.papers} == set(found)
        assert there.total == len(found)


def test_what_was_found_is_marked_in_each_text(store: Store) -> None:
    keep(
        store,
        paper(
            1, title="Experts <b>&</b> mixing", abstract="No expert.", authors=("Bo Li", "Ex Pert")
        ),
    )
    question = search.Question("expert li")
    with store.begin() as tx:
        there = search.found(tx, question, 0, 9)
        (marks,) = search.marks(tx, question, there)
    (found,) = there.papers
    texts = {"title": found.title, "authors": " ".join(found.authors), "abstract": found.abstract}
    marked = {name: [texts[name][a:b] for a, b in spans] for name, spans in marks.items()}

    assert marked["authors"] == ["Li"]
    assert marked["abstract"] == ["expert"]
    # PostgreSQL drops what looks like a tag, and then nothing is marked.
    assert marked["title"] in (["Experts"], [])


def test_a_day_has_a_stamp_that_other_days_leave_alone(store: Store) -> None:
    def stamps() -> list[object]:
        with store.begin() as tx:
            return [archive.stamp(tx, day) for day in (TUESDAY, WEDNESDAY, None)]

    keep(store, paper(1), paper(2))
    first = stamps()
    assert stamps() == first
    keep(store, paper(3), day=WEDNESDAY)
    second = stamps()
    assert [a == b for a, b in zip(first, second, strict=True)] == [True, False, False]
    # a newer text of a paper of Tuesday's
    keep(store, paper(1, title="New words", version=2), day=WEDNESDAY)
    assert stamps()[0] != second[0]
