"""A paper is found by any of its addresses, as they are copied from a mail."""

from __future__ import annotations

import pytest

from digest.model import Paper
from digest.store import Store, paper_addresses

from ..factories import paper
from .test_entries import Journal
from .test_search import keep

ENTRIES = [("1", "p/4", "Pebbles and tides", "On a beach."), ("2", "p/5", "Keepers", "Of lights.")]


def at(store: Store, address: str) -> list[str]:
    with store.begin() as tx:
        return [paper.title for paper in paper_addresses.at(tx, address, 4)]


@pytest.mark.parametrize(
    "address",
    [
        "https://j.example/p/4",
        "http://j.example/p/4",
        "https://www.J.example/p/4/",
        "https://j.example/p/4?utm_source=mail",
    ],
)
def test_an_entry_of_a_feed_is_found_by_its_address(store: Store, address: str) -> None:
    Journal(store).read(*ENTRIES)
    assert at(store, address) == ["Pebbles and tides"]


def test_also_one_that_is_older_than_what_is_unpacked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(store).read(*ENTRIES)
    monkeypatch.setattr(paper_addresses, "MOST_READ", 0)
    assert at(store, "https://j.example/p/5") == ["Keepers"]


def test_further_addresses_are_found_among_the_newest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two thousand editions are unpacked at most."""
    assert paper_addresses.MOST_READ == 2_000
    keep(store, with_code(1), with_code(2), with_code(3))
    assert at(store, "http://code.example/1/") == [with_code(1).title]
    monkeypatch.setattr(paper_addresses, "MOST_READ", 2)
    assert at(store, "https://code.example/1") == []
    assert at(store, "https://code.example/3") == [with_code(3).title]


def with_code(number: int) -> Paper:
    return paper(number, links={"code": f"https://code.example/{number}"})


def test_papers_that_share_an_address_are_all_found(store: Store) -> None:
    Journal(store).read(("1", "", "Pebbles", "On a beach."), ("2", "", "Keepers", "Of lights."))
    assert sorted(at(store, "https://j.example/")) == ["Keepers", "Pebbles"]
    assert at(store, "https://j.example/p/7") == []
