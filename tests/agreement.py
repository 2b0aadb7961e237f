"""The engine against the plain definition, on random queries and papers."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hypothesis import strategies as st

from digest.language import Clause, CompiledQuery, Node, in_language
from digest.language.text import clean, readable
from digest.match import PaperIndex
from digest.match.rarity import Frequencies
from digest.model import Paper

from . import naive, queries

# Everything is put together once: a strategy made while drawing costs more than what it draws.
_WORDS = st.sampled_from((*queries.WORDS, *queries.SPELLINGS, "other", "the", "RAG's"))
_GAPS = st.sampled_from((" ", " ", " ", "-", ", ", ". "))


def _texts(most: int) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(_WORDS, _GAPS), max_size=most).map(_text)


def _text(words: list[tuple[str, str]]) -> str:
    return clean(readable("".join(word + gap for word, gap in words).strip(" -,.")))


def _lists(*items: str, unique: bool = False) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(items), max_size=2, unique=unique).map(tuple)


#: papers made of the words that queries are made of, each with the listings that carried it
papers: st.SearchStrategy[tuple[Paper, Collection[str]]] = st.tuples(
    st.builds(
        Paper,
        key=st.just("arxiv:1"),
        title=_texts(6),
        abstract=_texts(14),
        authors=_lists(
            *("Ann Lee", "A. B. Lee", "Lee, Ann", "Bo Li", "Jo van der Berg", "Berg, J."),
            "Ann Bo Lee",
        ),
        categories=_lists("cs.LG", "cs.CV", "q-bio.NC"),
        organisation=_texts(2),
        comment=_texts(2),
        upvotes=st.sampled_from((None, 3, 10, 25, 110)),
    ),
    _lists("daily", "arxiv-cs", unique=True),
)


_LANGUAGES = st.sampled_from(("en", "en", "en", "en", "de"))


# Mostly none; of one word or two.
_WITHOUT = st.lists(
    st.sampled_from(
        ("rag", "graph", "graphs", "llms", "tuned", "tuning", "fine tuned", "in painting", "net",
         "finetuning", "database", "data base", "criterion", "slams", "us", "godel", "大", "3 d")
    ),
    max_size=2, unique=True,
).map(lambda forms: tuple(sorted(forms))) | st.just(()) | st.just(())  # fmt: skip


def _clauses(least: int, most: int) -> st.SearchStrategy[tuple[Clause, ...]]:
    clauses = st.builds(_clause, queries.nodes, st.integers(1, 9), _LANGUAGES, _WITHOUT)
    return st.lists(clauses, min_size=least, max_size=most).map(tuple)


def _clause(node: Node, weight: int, language: str, without: tuple[str, ...]) -> Clause:
    return Clause(str(node), str(node), weight, in_language(node, language, without))


asked = st.builds(CompiledQuery, _clauses(0, 4), _clauses(0, 2), _clauses(0, 1))
days = st.lists(papers, min_size=1, max_size=10)
limits = st.tuples(
    st.integers(0, 12), st.sampled_from((0, 0, 1, 7)), st.one_of(st.none(), st.integers(0, 5))
)

Pool = list[tuple[Paper, Collection[str]]]


def indexed(pool: Pool) -> PaperIndex:
    """The papers as the engine takes them."""
    return PaperIndex([paper for paper, _ in pool], [carriers for _, carriers in pool])


#: of so many papers a clause is in a number that is made up of its text
PAST = 40


def check(
    query: CompiledQuery, pool: Pool, day: PaperIndex, minimum: int, trending: int, most: int | None
) -> int:
    """Fail where the engine and the definition differ; gives how many papers match."""
    counts = {clause.term: _count(clause) for clause in (*query.wanted, *query.required)}
    found = day.match(query, minimum=minimum, trending=trending, most=most)
    judged = [
        naive.judged(query, paper, names, minimum, trending, _rarity) for paper, names in pool
    ]
    expected = sorted((-one[0], place) for place, one in _numbered(judged))
    ranking = day.rank(query.plan, minimum=minimum, trending=trending, most=most)

    assert found.count == ranking.count == len(expected)
    assert [(-score, place) for score, place, _ in ranking.top] == expected[:most]
    for match, (score, place) in zip(found.matches, expected[:most], strict=True):
        assert match.paper is pool[place][0]
        assert match.score == -score == sum(reason.points for reason in match.reasons)
    for is_weighed in (False, True):
        ordered = day.by_rarity(
            query,
            day.rank(query.plan, minimum=minimum, trending=trending),
            Frequencies(PAST, counts),
            is_weighed=is_weighed,
        )
        rows = sorted(
            (-rare, -total, -hits, place) if is_weighed else (-total, -rare, -hits, place)
            for place, (total, rare, hits) in _numbered(judged)
        )
        assert [place for (_, place, _), _ in ordered] == [row[-1] for row in rows]
        assert [rare for _, rare in ordered] == [-row[0 if is_weighed else 1] for row in rows]
    return len(expected)


def _count(clause: Clause) -> int:
    return len(str(clause.node)) * 7 % PAST


def _rarity(clause: Clause) -> int:
    return naive.rarity(_count(clause), PAST)


def _numbered(
    judged: list[tuple[int, int, int] | None],
) -> Iterator[tuple[int, tuple[int, int, int]]]:
    return ((place, one) for place, one in enumerate(judged) if one is not None)
