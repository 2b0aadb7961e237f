"""A profile tried on past days: counted by day and clause, and compared with another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from digest.model import Arrival, Change, ChangeKind, Paper, Profile
from digest.profiles import parse
from digest.trial.backtest import PastDays, backtest

from ..factories import TUESDAY, paper
from ..tables import table

MONDAY = TUESDAY - timedelta(days=1)
WEEK = [MONDAY + timedelta(days=n) for n in range(4)]


def arrival(
    day: date, paper: Paper, listing: str = "daily", kind: ChangeKind = ChangeKind.NEW
) -> tuple[date, Arrival]:
    return day, Arrival(Change(kind, paper), listing, snapshot=1)


def profile(text: str = "any: [sparse training]") -> Profile:
    return parse(f"profile: mine\n{text}\n", "mine.yaml")


SPARSE, DENSE, QUANTUM = (
    paper(1),
    paper(2, title="Dense", abstract="All."),
    paper(3, title="Quantum"),
)
DAYS = PastDays.of(
    WEEK,
    read=WEEK[:3],
    arrivals=[
        arrival(MONDAY, SPARSE),
        arrival(MONDAY, DENSE),
        arrival(TUESDAY, QUANTUM),
        arrival(TUESDAY, SPARSE, "other"),
        arrival(TUESDAY, DENSE, kind=ChangeKind.REVISED),
    ],
)


def test_each_day_says_how_many_came_and_matched_and_a_hole_says_nothing() -> None:
    tried = backtest(profile(), DAYS)

    assert [(d.papers, d.matched) for d in tried.days] == [(2, 1), (1, 1), (0, 0), (None, 0)]


def test_a_paper_counts_once_on_its_first_day() -> None:
    tried = backtest(profile(), DAYS)

    assert (tried.papers, tried.matched) == (3, 2)
    assert tried.per_day == pytest.approx(2 / 3)
    assert tried.share == pytest.approx(2 / 3)


def test_only_the_listings_and_changes_that_the_profile_watches_are_looked_at() -> None:
    narrow = profile("any: [sparse training]\nlistings: [other]")
    assert [d.papers for d in backtest(narrow, DAYS).days] == [0, 1, 0, None]
    revised = profile("any: [sparse, dense]\nchanges: [revised]")
    assert [d.papers for d in backtest(revised, DAYS).days] == [0, 1, 0, None]


def test_each_clause_says_what_it_hits_by_itself() -> None:
    tried = backtest(profile("any: [sparse training, quantum]\nnone: [dense]"), DAYS)

    assert [(c.part, c.clause.label, c.hits) for c in tried.clauses] == [
        ("any", "sparse training", 2),
        ("any", "quantum", 1),
        ("none", "dense", 1),
    ]


@table(
    ("lists", "named", "out"),
    [
        ("none: [agents]", ["agents"], 3),
        ("none: [survey, tools, survey]", ["tools", "survey"], 3),
        ("none: [quantum, protein, agents]", ["agents"], 3),
        ("all: [tools]\nnone: [agents]\nminimum: 3", ["agents"], 2),
        ("none: [tools]", None, 0),  # half is not most
        ("none: [quantum]", None, 0),
        ("all: [tools]", None, 0),
    ],
)
def test_the_fewest_clauses_that_leave_out_most_of_what_is_wanted_are_named(
    lists: str, named: list[str] | None, out: int
) -> None:
    titles = ("agents, tools", "agents, tools, protein", "agents", "survey", "quantum")
    papers = [paper(n, title=title, abstract="Moss." * (n < 4)) for n, title in enumerate(titles)]
    days = PastDays.of([MONDAY], [MONDAY], [arrival(MONDAY, each) for each in papers])
    found = days.left_out(profile(f"any: [moss]\n{lists}"))

    assert (found and [each.label for each in found.clauses]) == named
    assert (found.papers if found else 0) == out


def test_what_is_gained_and_lost_is_named() -> None:
    tried = backtest(profile("any: [dense, quantum]"), DAYS, before=profile())

    assert tried.gained == (DENSE,)
    assert tried.lost == (SPARSE,)


@pytest.mark.parametrize(
    "text",
    [
        "any: [sparse training, dense]",
        "any: [sparse training]\nnone: [quantum]",
        "all: [sparse]",
        "any: [sparse]\nall: [training, quantum]",
        "any: [sparse]\nminimum: 2",
        "any: [nothing at all]",
    ],
)
def test_counting_agrees_with_matching(text: str) -> None:
    some = profile(text)

    assert backtest(some, DAYS).matched == len(DAYS.matches(some, 100))


TEXTS = (
    paper(1, title="Fine-tuning maps", abstract="A mapping. “Mapping” U.S. towns' mappings."),
    paper(2, title="Mappings of Gödel", abstract="finetuning, fine tuned; in C++"),
)
FORMS = [
    ("mapping", [("mapping", 1), ("mappings", 2)]),
    ("title:mapping", [("mappings", 1)]),
    ("abstract:mapping", [("mapping", 1), ("mappings", 1)]),
    ("map OR godel", [("gödel", 1), ("mapping", 1), ("maps", 1)]),
    ("mapping AND NOT godel", [("mapping", 1), ("mappings", 1)]),
    ("fine-tuning", [("fine tuned", 1), ("fine-tuning", 1), ("finetuning", 1)]),
    ("US", [("u.s.", 1)]),
    ("C++ NEAR/2 tuned", [("c++", 1), ("fine tuned", 0), ("tuned", 1)]),
    ("/M[a-z]+s/ OR godel", [("gödel", 1), ("mappings", 1)]),
    ("nothing", []),
]


@pytest.mark.parametrize(("query", "forms"), FORMS)
def test_each_clause_says_by_which_words_it_found(query: str, forms: list[tuple[str, int]]) -> None:
    days = PastDays.of([MONDAY], [MONDAY], [arrival(MONDAY, each) for each in TEXTS])
    asked = profile(f"any: ['{query}']")
    found = days.forms(asked.query.wanted[0], days.seen_by(asked))

    assert sorted(found) == [each for each in forms if each[1]]
    for form, _ in found:
        without = profile(f"any: [{{query: '{query}', without: ['{form}']}}]")
        left = days.forms(without.query.wanted[0], days.seen_by(without))
        assert form not in dict(left) or "/" in query


def test_no_days_are_no_trouble() -> None:
    tried = backtest(profile(), PastDays.of([], [], []))

    assert (tried.papers, tried.matched, tried.per_day, tried.share) == (0, 0, 0.0, 0.0)


def test_a_paper_is_known_by_each_of_its_names() -> None:
    known: Any = DAYS.paper(SPARSE.aliases[0])

    assert known == (SPARSE, ("daily", "other"))
    assert DAYS.paper("arxiv:1234.56789") is None
