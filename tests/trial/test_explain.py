"""Why a paper comes, and why one does not."""

from __future__ import annotations

import json

import pytest

from digest.language import Clause, CompiledQuery, in_language, parse_clause
from digest.listings import identity
from digest.match.rarity import Frequencies
from digest.model import Paper
from digest.trial.explain import explain
from digest.trial.references import names_of

PAPER = Paper(
    key="arxiv:2503.00001",
    title="Mixture of experts",
    abstract="We route tokens to many experts. A survey of sparse networks.",
    authors=("Dan Alistarh",),
    categories=("cs.LG",),
    upvotes=25,
)


def clauses(*texts: str) -> tuple[Clause, ...]:
    return tuple(Clause(text, text, 2, parse_clause(text)) for text in texts)


def test_a_match_is_taken_apart_into_clauses_and_spans() -> None:
    query = CompiledQuery(
        wanted=clauses("mixtures of expert", "route", "vision"), required=clauses("NOT x1")
    )

    found = explain(query, PAPER, trending=1)
    told = found.details()

    assert told["matched"] is True
    assert told["score"] == 6 + 2 + 2 + 2
    assert told["bonus"] == 2
    assert [(c["clause"], c["part"], c["matched"], c["points"]) for c in told["clauses"]] == [
        ("mixtures of expert", "any", True, 6),
        ("route", "any", True, 2),
        ("vision", "any", False, 0),
        ("NOT x1", "all", True, 2),
    ]
    assert told["clauses"][0]["hits"] == [
        {"field": "title", "start": 0, "end": 18, "text": "Mixture of experts"}
    ]
    assert told["clauses"][0]["weight"] == 2
    assert told["decided_by"] == "mixtures of expert"
    assert json.loads(json.dumps(told)) == told
    assert set(found.document()) == {"matched", "score", "clauses", "decided_by"}
    assert set(found.document()["clauses"][0]) == {"clause", "matched", "weight", "hits"}


def test_an_excluded_clause_that_hits_decides() -> None:
    told = explain(CompiledQuery(wanted=clauses("route"), excluded=clauses("x1", "survey")), PAPER)

    assert (told.matched, told.decided_by, told.nearest) == (False, "survey", None)
    assert told.clauses[2].hits


def test_a_required_clause_that_misses_decides() -> None:
    told = explain(
        CompiledQuery(wanted=clauses("route"), required=clauses("experts", "sparse graph")), PAPER
    )

    assert (told.matched, told.decided_by) == (False, "sparse graph")
    assert told.nearest is not None
    assert told.nearest.lacking == ("graph",)


def test_too_low_a_score_decides() -> None:
    told = explain(CompiledQuery(wanted=clauses("route")), PAPER, minimum=3)

    assert (told.matched, told.score, told.decided_by) == (False, 2, "minimum")


def test_a_query_for_nothing_is_decided_by_that() -> None:
    assert explain(CompiledQuery(), PAPER).decided_by == "any"


NEAREST = [
    ("mixture of many experts", ("in a row",)),
    ("mixture of vision experts", ("vision",)),
    ("mixture AND vision", ("vision",)),
    ("NOT mixture OR sparse graph", ("graph",)),
    ("sparse NEAR/1 tokens", ("at most 1 words between",)),
    ("sparse NEAR/1 vision", ("vision",)),
    ('"expert"', ('written "expert"',)),
    ("=ROUTE", ('written ="ROUTE"',)),
    ("author:Jane Alistarh", ('author:"Jane Alistarh"',)),
]


@pytest.mark.parametrize(("text", "lacking"), NEAREST)
def test_the_nearest_miss_says_what_is_lacking(text: str, lacking: tuple[str, ...]) -> None:
    told = explain(CompiledQuery(wanted=clauses("nothing alike", text)), PAPER)

    assert told.decided_by == "any"
    assert told.nearest is not None
    assert (told.nearest.clause.text, told.nearest.lacking) == (text, lacking)
    assert 0 < told.nearest.share < 1
    assert told.details()["nearest"]["lacking"] == list(lacking)


def test_a_form_that_is_not_meant_is_what_a_paper_lacks() -> None:
    node = in_language(parse_clause("mapping"), "en", ("mappings",))
    query = CompiledQuery(wanted=(Clause("mapping", "mapping", 1, node),))

    assert explain(query, Paper(key="", title="A mapping, and mappings")).matched
    found = explain(query, Paper(key="", title="Two mappings"))
    assert found.nearest is not None
    assert found.nearest.lacking == ("any form but mappings",)


def test_a_paper_far_from_everything_has_no_nearest_miss() -> None:
    assert (
        explain(CompiledQuery(wanted=clauses("vision", "/x{3}/", "category:x")), PAPER).nearest
        is None
    )


def test_the_listings_that_carried_it_count() -> None:
    assert explain(
        CompiledQuery(wanted=clauses("listing:daily")), PAPER, listings=["daily"]
    ).matched


def test_papers_are_known_by_their_usual_names() -> None:
    doi = "doi:10.1101/2026.01.02.631000"

    assert names_of("https://arxiv.org/pdf/2603.00051v2") == ["arxiv:2603.00051"]
    assert names_of("https://doi.org/10.1101/2026.01.02.631000") == [doi]
    assert names_of("a\0 title") == ["a title", identity.title_name("a title")]
    assert names_of(" ") == []


def test_the_rarest_clause_that_matched_says_so() -> None:
    query = CompiledQuery(wanted=clauses("route", "experts", "vision"))
    counts = {query.wanted[0].term: 40, query.wanted[1].term: 3, query.wanted[2].term: 0}

    found = explain(query, PAPER, frequencies=Frequencies(4_000, counts))

    assert [each.rare for each in found.clauses] == [None, (3, 4_000), None]
