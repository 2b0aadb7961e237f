"""The engine against the plain definition, on random queries and papers."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st

from digest.match import Day
from digest.model import Paper
from digest.query import Clause, Node, Query

from . import naive, queries

_gaps = st.sampled_from((" ", " ", " ", "-", ", ", ". "))


@st.composite
def _texts(draw: st.DrawFn, most: int) -> str:
    words = draw(
        st.lists(st.sampled_from((*queries.WORDS, "other", "the", "RAG's")), max_size=most)
    )
    return "".join(word + draw(_gaps) for word in words).strip(" -,.")


@st.composite
def papers(draw: st.DrawFn) -> tuple[Paper, tuple[str, ...]]:
    """Make a paper of the words that queries are made of, and the listings that carried it."""
    people = st.sampled_from(
        ("Ann Lee", "A. B. Lee", "Lee, Ann", "Bo Li", "Jo van der Berg", "Berg, J.", "Ann Bo Lee")
    )
    paper = Paper(
        key="arxiv:1",
        title=draw(_texts(6)),
        abstract=draw(_texts(14)),
        authors=tuple(draw(st.lists(people, max_size=2))),
        categories=tuple(
            draw(st.lists(st.sampled_from(("cs.LG", "cs.CV", "q-bio.NC")), max_size=2))
        ),
        organisation=draw(_texts(2)),
        comment=draw(_texts(2)),
        upvotes=draw(st.sampled_from((None, 3, 10, 25, 110))),
    )
    carriers = draw(st.lists(st.sampled_from(("daily", "arxiv-cs")), max_size=2, unique=True))
    return paper, tuple(carriers)


def _clauses(least: int, most: int) -> st.SearchStrategy[tuple[Clause, ...]]:
    clauses = st.builds(_clause, queries.nodes, st.integers(1, 9))
    return st.lists(clauses, min_size=least, max_size=most).map(tuple)


def _clause(node: Node, weight: int) -> Clause:
    return Clause(str(node), str(node), weight, node)


asked = st.builds(Query, _clauses(0, 4), _clauses(0, 2), _clauses(0, 1))
days = st.lists(papers(), min_size=1, max_size=10)
limits = st.tuples(
    st.integers(0, 12), st.sampled_from((0, 0, 1, 7)), st.one_of(st.none(), st.integers(0, 5))
)

Pool = list[tuple[Paper, Collection[str]]]


def check(query: Query, pool: Pool, minimum: int, trending: int, most: int | None) -> None:
    """Fail where the engine and the definition differ."""
    day = Day([paper for paper, _ in pool], [carriers for _, carriers in pool])
    found = day.match(query, minimum=minimum, trending=trending, most=most)
    scores = [naive.score(query, paper, names, minimum, trending) for paper, names in pool]
    expected = sorted((-score, place) for place, score in enumerate(scores) if score is not None)
    ranking = day.rank(query.plan, minimum=minimum, trending=trending, most=most)

    assert found.count == ranking.count == len(expected)
    assert [(-score, place) for score, place, _ in ranking.top] == expected[:most]
    for match, (score, place) in zip(found.matches, expected[:most], strict=True):
        assert match.paper is pool[place][0]
        assert match.score == -score == sum(reason.points for reason in match.reasons)
