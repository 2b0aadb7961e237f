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
