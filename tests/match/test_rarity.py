"""How rare each clause is, and which papers are first because of that."""

from __future__ import annotations

from digest.language import Clause, CompiledQuery, parse_clause
from digest.match.rarity import Frequencies, leaders, rarest

from ..tables import table


def wanted(*texts: str) -> CompiledQuery:
    return CompiledQuery(tuple(Clause(text, text, 1, parse_clause(text)) for text in texts))


@table(
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


@table(
    ("papers", "count", "rare"),
    [
        (4_000, 3, (3, 4_000)),
        (4_000, 40, (40, 4_000)),
        (4_000, 41, None),
        (99, 0, None),
        (100, 0, (0, 100)),
        (100, 1, (1, 100)),
    ],
)
def test_rare_is_at_most_one_of_a_hundred(
    papers: int, count: int, rare: tuple[int, int] | None
) -> None:
    [clause] = wanted("SLAM").wanted

    assert Frequencies(papers, {clause.term: count}).rare(clause) == rare


@table(
    ("papers", "count", "rarity"),
    [(0, 0, 0), (1, 1, 0), (1, 0, 100), (3, 0, 200), (1_000, 9, 665), (4_000, 3, 997)],
)
def test_a_clause_is_the_rarer_the_fewer_papers_have_it(
    papers: int, count: int, rarity: int
) -> None:
    [clause] = wanted("SLAM").wanted

    assert Frequencies(papers, {clause.term: count}).rarity(clause) == rarity


def test_a_clause_that_no_paper_had_is_the_rarest_and_of_equals_the_first_one() -> None:
    one, two, three = wanted("SLAM", "mapping", "robots").wanted
    known = Frequencies(1_000, {one.term: 9, two.term: 3, three.term: 3})

    assert [rarest([one, two, three], known), rarest([one], known)] == [1, 0]
    assert rarest([one, two, three], Frequencies(1_000, {one.term: 9, two.term: 3})) == 2
    assert Frequencies(1_000, {}).rare(one) == (0, 1_000)
