"""Suggest words that papers a subscriber liked have in common and unwanted papers do not have.

Pure: touches no store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..model import Paper
from ..trial.suggest import terms_in

#: The most terms that are suggested.
MOST = 6


def terms(liked: Sequence[Paper], unwanted: Sequence[Paper], known: Iterable[str]) -> list[str]:
    """Return terms of the liked titles, the most frequent first, then the longest.

    A term that is looked for already, or that an unwanted title contains, is left out.
    """
    counts = Counter(term for paper in liked for term in set(terms_in(paper.title)))
    left_out = {term for paper in unwanted for term in terms_in(paper.title)}
    left_out |= {word.lower() for word in known}
    least = 2 if len(liked) > 3 else 1
    ranked = sorted(
        (term for term, count in counts.items() if count >= least and term not in left_out),
        key=lambda term: (-counts[term], -term.count(" "), term),
    )
    return _distinct(ranked)


def _distinct(ranked: Sequence[str]) -> list[str]:
    """Return the first MOST terms that are no part of a term before."""
    chosen: list[str] = []
    for term in ranked:
        if len(chosen) < MOST and not any(f" {term} " in f" {longer} " for longer in chosen):
            chosen.append(term)
    return chosen
