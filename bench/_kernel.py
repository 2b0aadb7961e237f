"""What a compiled kernel takes (numba): postings added up paper by paper, everything being numbers.

The postings are taken from our own index, terms and profiles are numbers before the clock starts;
ours starts from rows of text and from a day that knows no clause yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numba import njit

from digest.language import unpacked
from digest.match import PaperIndex

from ._library import postings

# A paper's place below its score, so that of equal papers the first is higher.
_WIDTH = 24
_LAST = (1 << _WIDTH) - 1

#: how many papers match, and the best as (score, paper, bits of the clauses that hit)
Answer = tuple[int, list[tuple[int, int, int]]]


def answers(day: PaperIndex, queries: Sequence[str], most: int) -> tuple[float, Iterator[Answer]]:
    """Rank all packed queries; give what one took, in microseconds of CPU time, and the answers."""
    profiles, terms = _numbered(queries)
    matrix = postings(day, terms)
    points = matrix.data.astype(np.int8)
    given = matrix.indptr, matrix.indices, points, len(day.papers), most
    _ranked(*given, *_numbered(queries[:1])[0])  # compiles it
    started = time.process_time()
    counts, keys, marks = _ranked(*given, *profiles)
    taken = (time.process_time() - started) / len(queries) * 1e6
    return taken, map(_answer, counts.tolist(), keys, marks)


def _answer(count: int, keys: Any, marks: Any) -> Answer:
    found = [key for key in keys.tolist() if key]
    scored = ((key >> _WIDTH, _LAST - (key & _LAST)) for key in found)
    return count, [(*pair, mark) for pair, mark in zip(scored, marks.tolist(), strict=False)]


def _numbered(queries: Sequence[str]) -> tuple[tuple[Any, ...], dict[str, int]]:
    """Give the profiles as arrays, and the numbers of their terms."""
    numbers: dict[str, int] = {}
    plans = [unpacked(query) for query in queries]
    terms = [[numbers.setdefault(term, len(numbers)) for term in plan[0]] for plan in plans]
    weights = [[*plan[2], *[0] * (len(plan[0]) - len(plan[2]))] for plan in plans]
    profiles = (
        np.cumsum([0, *map(len, terms)]),
        np.fromiter(chain.from_iterable(terms), np.int32),
        np.fromiter(chain.from_iterable(weights), np.int64),
        np.array([(plan[1], len(plan[2])) for plan in plans]),
    )
    return profiles, numbers


@njit
def _ranked(
    starts: Any, papers: Any, points: Any, size: int, most: int,
    profiles: Any, terms: Any, weights: Any, parts: Any,
) -> Any:  # fmt: skip
    """Give for each profile the count, and of the best the score with the place, and the marks."""
    number = len(profiles) - 1
    counts = np.zeros(number, np.int32)
    best_keys = np.zeros((number, most), np.int64)
    best_marks = np.zeros((number, most), np.int64)
    scores, marks = np.zeros(size, np.int64), np.zeros(size, np.int64)
    touched = np.zeros(size, np.int32)
    for profile in range(number):
        first, (wanted, scored) = profiles[profile], parts[profile]
        some = (1 << wanted) - 1
        all_of = (1 << scored) - 1 - some
        seen = 0
        for place in range(profiles[profile + 1] - first):
            term, weight, mark = terms[first + place], weights[first + place], 1 << place
            for at in range(starts[term], starts[term + 1]):
                paper = papers[at]
                if not marks[paper]:
                    touched[seen] = paper
                    seen += 1
                marks[paper] |= mark
                scores[paper] += weight * points[at]
        for paper in touched[:seen]:
            mark = marks[paper]
            if mark >> scored == 0 and mark & all_of == all_of and (mark & some or not some):
                counts[profile] += 1
                key = scores[paper] << _WIDTH | (_LAST - paper)
                if key > best_keys[profile, most - 1]:
                    rank = most - 1
                    while rank and best_keys[profile, rank - 1] < key:
                        best_keys[profile, rank] = best_keys[profile, rank - 1]
                        best_marks[profile, rank] = best_marks[profile, rank - 1]
                        rank -= 1
                    best_keys[profile, rank], best_marks[profile, rank] = key, mark
            marks[paper] = scores[paper] = 0
    return counts, best_keys, best_marks
