"""How rare what matched is decides among equal scores, or before them where a profile asks so."""

from __future__ import annotations

import pytest

from digest.language import Clause, CompiledQuery, parse_clause
from digest.match import PaperIndex
from digest.match.rarity import Frequencies, leaders

from ..factories import paper


def wanted(*texts: str) -> CompiledQuery:
    return CompiledQuery(tuple(Clause(text, text, 1, parse_clause(text)) for text in texts))


QUERY = wanted("SLAM", "mapping", "robots")
FREQUENCIES = Frequencies(
    4_000, {c.term: n for c, n in zip(QUERY.wanted, (3, 400, 900), strict=True)}
)
PAPERS = [
    paper(1, title="Mapping toxic comments", abstract=""),
    paper(2, title="Mapping for SLAM", abstract=""),
    paper(3, title="ViSTA-SLAM", abstract=""),
    paper(4, title="Robots that cook", abstract=""),
]


@pytest.mark.parametrize(
    ("is_weighed", "order"), [(False, ["2", "3", "1", "4"]), (True, ["2", "3", "1", "4"])]
)
def test_of_equal_scores_the_rarest_is_first(is_weighed: bool, order: list[str]) -> None:
    found = PaperIndex(PAPERS).match(QUERY, frequencies=FREQUENCIES, is_weighed=is_weighed)

    assert [match.paper.key[-1] for match in found.matches] == order
    assert [match.score for match in found.matches] == [6, 3, 3, 3]


def test_rarity_is_before_the_score_only_where_it_is_weighed() -> None:
    papers = [
        paper(1, title="Mapping by robots", abstract=""),
        paper(2, title="ViSTA-SLAM", abstract=""),
    ]
    orders = [
        [
            match.paper.key[-1]
            for match in PaperIndex(papers)
            .match(QUERY, frequencies=FREQUENCIES, is_weighed=is_weighed)
            .matches
        ]
        for is_weighed in (False, True)
    ]

    assert orders == [["1", "2"], ["2", "1"]]


def test_without_counts_more_clauses_come_first_and_then_the_listing_s_order() -> None:
    query = CompiledQuery(
        (
            Clause("mapping", "mapping", 2, parse_clause("abstract:mapping")),
            Clause("robots", "robots", 1, parse_clause("abstract:robots")),
            Clause("slam", "slam", 1, parse_clause("abstract:drones")),
        )
    )
    papers = [
        paper(1, abstract="mapping"),
        paper(2, abstract="robots, drones"),
        paper(3, abstract="mapping"),
    ]

    found = PaperIndex(papers).match(query, frequencies=Frequencies())

    assert [match.paper.key[-1] for match in found.matches] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("scores", "rarities", "leading"),
    [
        ([3, 3, 3], [9, 9, 2], [True, False, False]),
        ([3, 3], [5, 5], [False, False]),
        ([6, 3], [9, 2], [False, False]),
        ([6, 3, 3], [9, 5, 2], [False, True, False]),
        ([3, 6], [9, 2], [True, False]),
        ([], [], []),
    ],
)
def test_only_the_head_of_equal_scores_is_said_to_be_rare(
    scores: list[int], rarities: list[int], leading: list[bool]
) -> None:
    assert leaders(scores, rarities) == leading


@pytest.mark.parametrize(
    ("papers", "count", "rare"),
    [(4_000, 3, (3, 4_000)), (4_000, 41, None), (99, 0, None), (100, 0, (0, 100))],
)
def test_rare_is_at_most_one_of_a_hundred(
    papers: int, count: int, rare: tuple[int, int] | None
) -> None:
    [clause] = wanted("SLAM").wanted

    assert Frequencies(papers, {clause.term: count}).rare(clause) == rare
