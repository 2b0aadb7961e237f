"""The fastest library way that we know: profiles × papers as a product of sparse matrices (scipy).

Each clause is a row of postings, taken from our own index, since scipy knows no words; a cell of
the product packs, for one profile and one paper, the score and how many clauses of each kind hit.
It ranks, but does not say which clauses hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from digest.language import unpacked
from digest.match import STRONG, PaperIndex

_BATCH = 4000
# Fields of a packed cell, eight bits each above the score: wanted, two required, excluded.
_WANTED, _REQUIRED, _EXCLUDED = 16, (24, 32), 40

Answer = tuple[int, list[tuple[int, int]]]


def answers(day: PaperIndex, queries: Sequence[str], most: int) -> Iterator[Answer]:
    """Give how many papers match each packed query, and the best as (score, paper)."""
    numbers: dict[str, int] = {}
    asked = [_cells(query, numbers) for query in queries]
    product = postings(day, numbers)
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        lengths = [len(columns) for columns, _, _ in batch]
        matrix = csr_array(
            (
                np.array([value for _, values, _ in batch for value in values], np.int64),
                np.array([column for columns, _, _ in batch for column in columns], np.int32),
                np.concatenate([[0], np.cumsum(lengths)]),
            ),
            shape=(len(batch), len(numbers)),
        )
        yield from _ranked(matrix @ product, np.array([mask for _, _, mask in batch]), most)


def _cells(query: str, numbers: dict[str, int]) -> tuple[list[int], list[int], tuple[bool, ...]]:
    terms, wanted, weights = unpacked(query)
    required = len(weights) - wanted
    values = [weight | 1 << _WANTED for weight in weights[:wanted]]
    values += [weight | 1 << at for weight, at in zip(weights[wanted:], _REQUIRED, strict=False)]
    values += [1 << _EXCLUDED] * (len(terms) - len(weights))
    columns = [numbers.setdefault(term, len(numbers)) for term in terms]
    return columns, values, (wanted > 0, required > 0, required > 1)


def postings(day: PaperIndex, terms: dict[str, int]) -> Any:
    """Give a matrix of terms and papers: what a hit counts."""
    papers: list[Any] = []
    weights: list[Any] = []
    ends = [0]
    size = (len(day.papers) + 7) // 8
    for term in terms:
        hit, strong = (_places(bits, size) for bits in day.known(term))
        papers.append(hit)
        weights.append(np.where(np.isin(hit, strong), STRONG, 1))
        ends.append(ends[-1] + len(hit))
    cells = np.concatenate(weights).astype(np.int64), np.concatenate(papers)
    return csr_array((*cells, np.array(ends)), shape=(len(terms), len(day.papers)))


def _places(bits: int, size: int) -> Any:
    set_bits = np.unpackbits(
        np.frombuffer(bits.to_bytes(size, "little"), np.uint8), bitorder="little"
    )
    return np.nonzero(set_bits)[0].astype(np.int32)


def _ranked(product: Any, masks: Any, most: int) -> Iterator[Answer]:
    row = np.repeat(np.arange(product.shape[0]), np.diff(product.indptr))
    cell, paper = product.data, product.indices
    holds = (cell >> _EXCLUDED & 255) == 0
    for place, at in enumerate((_WANTED, *_REQUIRED)):
        holds &= ((cell >> at & 255) > 0) | ~masks[row, place]
    row, paper, score = row[holds], paper[holds], cell[holds] & 0xFFFF
    order = np.lexsort((paper, -score, row))
    row, paper, score = row[order], paper[order], score[order]
    starts = np.searchsorted(row, np.arange(product.shape[0] + 1)).tolist()
    for start, end in pairwise(starts):
        last = min(end, start + most)
        best = zip(score[start:last].tolist(), paper[start:last].tolist(), strict=True)
        yield end - start, list(best)
