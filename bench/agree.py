"""The engine against the plain definition (``tests/naive.py``) on many random pairs.

Hypothesis draws days of a hundred papers, and queries until so many different (query, paper) pairs
have been judged by both.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.language import (
    And,
    Author,
    CompiledQuery,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    WordMatching,
)
from digest.match import PaperIndex
from digest.model import Paper
from tests import agreement

A_DAY = 100
Limit: TypeAlias = tuple[int, int, int | None]


@dataclass
class Tally:
    """What both have judged alike."""

    days: list[tuple[agreement.Pool, PaperIndex]]
    judged: set[str] = field(default_factory=set)
    matches: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def pairs(self) -> int:
        """Different (query, paper) pairs."""
        return len(self.judged) * A_DAY

    def judge(self, question: tuple[CompiledQuery, int, Limit]) -> None:
        """Ask both about one query and the papers of one day."""
        query, place, limit = question
        found = agreement.check(query, *self.days[place], *limit)
        name = f"{place}: {query}"
        if name not in self.judged:
            self.judged.add(name)
            self.matches += found
            self.kinds.update(_kinds(query))


def main(options: Sequence[str]) -> int:
    """Print how many pairs agree, how many of them match, and what the queries are made of."""
    parser = argparse.ArgumentParser(prog="python -m bench agree", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=20, help="of a hundred papers each")
    wanted = parser.parse_args(options)
    began = time.perf_counter()
    tally = Tally(_days(wanted.days))
    places = st.integers(0, len(tally.days) - 1)
    while tally.pairs < wanted.pairs:
        _each_of(st.tuples(agreement.asked, places, agreement.limits), tally.judge)
    spent, queries = time.perf_counter() - began, len(tally.judged)
    print(f"{tally.pairs:,} pairs agree: {queries:,} queries, each on 100 papers; {spent:.0f} s")
    print(f"{tally.matches / tally.pairs:.0%} of the pairs match; of the queries")
    for kind, count in tally.kinds.most_common():
        print(f"  {count / queries:4.0%} have {kind}")
    return 0


def _days(number: int) -> list[tuple[agreement.Pool, PaperIndex]]:
    """Draw days of papers of which no two are alike, each indexed once."""
    papers: dict[str, tuple[Paper, Collection[str]]] = {}
    several = st.lists(agreement.papers, min_size=10, max_size=10)
    while len(papers) < number * A_DAY:
        _each_of(several, lambda drawn: papers.update((repr(each), each) for each in drawn))
    kept = list(papers.values())
    pools = [kept[start : start + A_DAY] for start in range(0, number * A_DAY, A_DAY)]
    return [(pool, agreement.indexed(pool)) for pool in pools]


def _each_of(drawn: st.SearchStrategy, act: Callable[..., object]) -> None:
    """Act on two hundred examples; one that fails is made small and shown."""

    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(drawn)
    def run(example: object) -> None:
        act(example)

    run()


def _kinds(query: CompiledQuery) -> set[str]:
    clauses = (*query.wanted, *query.required, *query.excluded)
    return {kind for clause in clauses for kind in _kinds_of(clause.node)}


def _kinds_of(node: Node) -> Iterator[str]:
    """Name what a tree is made of."""
    match node:
        case And(nodes) | Or(nodes):
            if any(isinstance(child, And | Or) for child in nodes):
                yield "brackets within brackets"
            for child in nodes:
                yield from _kinds_of(child)
        case Not(child):
            yield "NOT"
            yield from _kinds_of(child)
        case Near():
            yield "NEAR"
        case Author():
            yield "author"
        case NamePattern():
            yield node.field
        case Regex():
            yield "a pattern"
        case Phrase():
            yield from _kinds_of_phrase(node)


def _kinds_of_phrase(phrase: Phrase) -> Iterator[str]:
    text = " ".join(phrase.words)
    if phrase.form is not WordMatching.STEM:
        yield "=Exact" if phrase.form is WordMatching.CASE else "a quoted phrase"
    if phrase.field:
        yield "a field of text"
    if phrase.language != "en":
        yield "another language"
    if phrase.without:
        yield "a form that is not meant"
    if "*" in text or "?" in text:
        yield "a star"
    if "~" in text:
        yield "a tilde"
    if len(phrase.words) == 1 and phrase.words[0].isupper():
        yield "one word in capitals"
    if "-" in text:
        yield "a hyphen"
    if not text.isascii():
        yield "CJK" if any(char >= "\u4e00" for char in text) else "an accent"
