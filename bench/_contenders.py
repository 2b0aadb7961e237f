r"""Ways to do the same work, to be measured beside one another.

The loops are what small tools do for one reader: they see a keyword as a substring, or between
``\\b``, so only their time is compared, never their answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from digest.language import unpacked
from digest.language.compiled import BAR, CHOICE, PERSON, PHRASES
from digest.model import Paper

#: packed query → how many papers matched
Contender = Callable[[str], int]
#: a text → whether the keyword is in it
Test = Callable[[str], object]
#: the alternatives of one clause: the test, its keyword, and a text of each paper to be tested
Clause = list[tuple[Test, str, list[str]]]


def substrings(papers: Sequence[Paper]) -> Contender:
    """Ask ``keyword in text`` for each keyword and paper, as tools for one reader do.

    They run once for each reader, and make small each time what that reader asks for.
    """
    return lambda query: lowered(papers)(query)


def lowered(papers: Sequence[Paper]) -> Contender:
    """Do the same with texts that are made small once for all readers: the kindest way."""
    return _loop(papers, lambda word: lambda text: word in text)


def patterns(papers: Sequence[Paper]) -> Contender:
    r"""Search ``\\bkeyword\\b`` likewise in small texts, compiled once a profile."""
    return _loop(papers, lambda word: re.compile(rf"\b{re.escape(word)}\b").search)


def _loop(papers: Sequence[Paper], test_for: Callable[[str], Test]) -> Contender:
    texts = [f"{paper.title} {paper.abstract}".lower() for paper in papers]
    titles = [paper.title.lower() for paper in papers]

    @cache
    def names() -> list[str]:
        return [" ".join((*paper.authors, *paper.categories)).lower() for paper in papers]

    def clauses(terms: Sequence[str], weights: Sequence[int]) -> list[tuple[Clause, int]]:
        return [
            (
                [
                    (test_for(word), word, names() if is_name else texts)
                    for word, is_name in _words(term)
                ],
                weight,
            )
            for term, weight in zip(terms, weights, strict=True)
        ]

    def points(clause: Clause, weight: int, place: int) -> int:
        for test, word, where in clause:
            if test(where[place]):
                return weight * (3 if word in titles[place] else 1)
        return 0

    def run(query: str) -> int:
        terms, one, weights = unpacked(query)
        two = len(weights)
        wanted = clauses(terms[:one], weights[:one])
        required = clauses(terms[one:two], weights[one:])
        excluded = clauses(terms[two:], [1] * len(terms[two:]))
        found: list[tuple[int, int]] = []
        for place in range(len(texts)):
            if any(points(*clause, place) for clause in excluded):
                continue
            needed = [points(*clause, place) for clause in required]
            if not all(needed):
                continue
            score = sum(points(*clause, place) for clause in wanted)
            if score or not wanted:
                found.append((score + sum(needed), -place))
        found.sort(reverse=True)
        return len(found)

    return run


def _words(term: str) -> Iterator[tuple[str, bool]]:
    """Give a clause's alternatives as keywords, and whether each asks for a name."""
    if term[0] == CHOICE:
        for each in term[2:].split(BAR):
            yield from _words(each)
    elif term[0] == PERSON:
        family, _, given = term[2:].partition("|")[0].partition(" ")
        yield f"{given} {family}".strip(), True
    else:
        yield term[2:].strip("*"), term[0] not in PHRASES.values()
