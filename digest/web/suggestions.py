"""Words that papers somebody liked have in common and papers they did not want do not.

Decides; touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..model import Paper
from ..trial.suggest import terms_in

#: How many terms are worth reading.
MOST = 6


def terms(liked: Sequence[Paper], unwanted: Sequence[Paper], known: Iterable[str]) -> list[str]:
    """The terms that stand in most of the titles that were liked, longer ones first.

    A term that is looked for already, or stands in an unwanted title, is left out.
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
    """Leave out what is a part of a term that is there."""
    chosen: list[str] = []
    for term in ranked:
        if len(chosen) < MOST and not any(f" {term} " in f" {longer} " for longer in chosen):
            chosen.append(term)
    return chosen
