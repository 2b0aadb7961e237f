"""Sums over all papers at once, and the best few, against adding and sorting one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.language import Clause, CompiledQuery, parse_clause
from digest.match import PaperIndex
from digest.match.rank import at_least, best, bits_of, each, first, places, split, totals
from digest.model import Paper

from ..extent import number

PAPERS = 200

sets = st.integers(0, (1 << PAPERS) - 1)
parts = st.lists(st.tuples(sets, st.integers(1, 27)), max_size=9)


def papers_of(bits: int) -> list[int]:
    return [paper for paper in range(PAPERS) if bits >> paper & 1]


def sums_of(parts: list[tuple[int, int]]) -> list[int]:
    return [sum(worth for bits, worth in parts if bits >> p & 1) for p in range(PAPERS)]


def sliced(parts: list[tuple[int, int]]) -> list[int]:
    highest = sum(worth for _, worth in parts)
    return totals([(bits, places(worth)) for bits, worth in parts], highest)


def test_a_set_of_papers_is_one_bit_each_however_many_they_are() -> None:
    for papers in ([], [0], [3, 0, 3], [199], [*range(64)], [*range(65)], [*range(0, 200, 2)] * 2):
        bits = bits_of(papers, PAPERS)
        assert papers_of(bits) == sorted({*papers})
        assert list(each(bits)) == sorted({*papers}, reverse=True)


@given(parts)
def test_slices_hold_the_sums(parts: list[tuple[int, int]]) -> None:
    slices = sliced(parts)

    sums = [sum((bits >> p & 1) << k for k, bits in enumerate(slices)) for p in range(PAPERS)]
    assert sums == sums_of(parts)


@given(parts, sets, st.integers(0, PAPERS))
def test_the_best_are_those_that_sorting_gives(
    parts: list[tuple[int, int]], among: int, most: int
) -> None:
    sums = sums_of(parts)
    expected = sorted(papers_of(among), key=lambda paper: -sums[paper])[:most]

    chosen = best(sliced(parts), among, among.bit_count(), most)

    assert papers_of(chosen) == sorted(expected)


@given(parts, sets, st.integers(1, 99))
def test_those_above_the_least_score_are_kept(
    parts: list[tuple[int, int]], among: int, least: int
) -> None:
    sums = sums_of(parts)

    kept = papers_of(at_least(sliced(parts), least, among))

    assert kept == [paper for paper in papers_of(among) if sums[paper] >= least]


@given(sets, st.integers(0, PAPERS), st.sampled_from((0, 5, 4000)))
def test_the_first_of_a_set_are_those_of_the_lowest_bits(bits: int, most: int, far: int) -> None:
    spread = bits | 1 << PAPERS + far

    few = first(spread, spread.bit_count(), most)

    assert few.bit_count() == min(most, spread.bit_count())
    assert few == spread & (1 << few.bit_length()) - 1


@given(parts, sets)
def test_groups_are_told_apart_as_far_as_their_sums(
    parts: list[tuple[int, int]], among: int
) -> None:
    groups, sums = [among], [0]
    for bits, worth in parts:
        if among & bits:
            split(groups, sums, among & bits, worth)

    totals = sums_of(parts)
    found = {p: total for bits, total in zip(groups, sums, strict=True) for p in papers_of(bits)}
    assert sum(bits.bit_count() for bits in groups) == among.bit_count()
    assert found == {paper: totals[paper] for paper in papers_of(among)}


WORDS = ("amber", "birch", "cedar", "dune", "ember", "fjord")
titles = st.sets(st.sampled_from(WORDS)).map(" ".join)
days = st.lists(
    st.builds(
        Paper, key=st.just("arxiv:2503.00001"), title=titles, abstract=titles,
        upvotes=st.none() | st.integers(0, 500),
    ),
    min_size=25, max_size=50,
)  # fmt: skip
Weights = list[tuple[str, int]]  # of words, some of which may stand there twice
weighted = st.tuples(st.sampled_from(WORDS), st.integers(1, 9))


def clauses(weights: Weights) -> tuple[Clause, ...]:
    return tuple(Clause(word, word, weight, parse_clause(word)) for word, weight in weights)


@settings(max_examples=number(12, whole=400))
@given(
    days,
    st.lists(weighted, max_size=4) | st.lists(weighted, min_size=11, max_size=16),
    st.lists(weighted, max_size=2),
    st.sets(st.sampled_from(WORDS), max_size=1),
    st.data(),
)
def test_a_ranking_is_what_adding_up_paper_by_paper_gives(
    papers: list[Paper],
    wanted: Weights,
    required: Weights,
    excluded: set[str],
    data: st.DataObject,
) -> None:
    among = data.draw(st.none() | st.integers(0, (1 << len(papers)) - 1), label="among")
    minimum = data.draw(st.integers(0, 60), label="minimum")
    trending = data.draw(st.sampled_from((0, 0, 1, 7)), label="trending")
    most = data.draw(st.none() | st.integers(0, 40), label="most")
    query = CompiledQuery(
        clauses(wanted), clauses(required), clauses([(word, 1) for word in excluded])
    )

    expected = []
    for place, paper in enumerate(papers):
        words, strong = {*paper.title.split(), *paper.abstract.split()}, paper.title.split()
        is_match = words >= {word for word, _ in required} and not words & excluded
        is_match = is_match and bool(words & {w for w, _ in wanted} if wanted else required)
        if is_match and (among is None or among >> place & 1):
            points = [w * (3 if word in strong else word in words) for word, w in wanted + required]
            score = sum(points) + trending * ((paper.upvotes or 0) // 10)
            if score >= minimum:
                marks = sum(1 << k for k, each in enumerate(points) if each)
                expected.append((score, place, marks))
    expected.sort(key=lambda best: (-best[0], best[1]))

    ranking = PaperIndex(papers).rank(
        query.plan, among=among, minimum=minimum, trending=trending, most=most
    )

    assert ranking.count == len(expected)
    assert ranking.top == expected[:most]
