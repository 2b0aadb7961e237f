"""Words that papers somebody liked have in common and papers they did not want do not.

Decides; touches nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..model import Paper
from ..text import SMALL_WORDS, raw_words

#: How many words a term may have, and how many terms are worth reading.
LONGEST, MOST = 3, 6


def terms(liked: Sequence[Paper], unwanted: Sequence[Paper], known: Iterable[str]) -> list[str]:
    """The terms that stand in most of the titles that were liked, longer ones first.

    A term that is looked for already, or stands in an unwanted title, is left out.
    """
    counts = Counter(term for paper in liked for term in set(_terms(paper)))
    left_out = {term for paper in unwanted for term in _terms(paper)}
    left_out |= {word.lower() for word in known}
    least = 2 if len(liked) > 3 else 1
    ranked = sorted(
        (term for term, count in counts.items() if count >= least and term not in left_out),
        key=lambda term: (-counts[term], -term.count(" "), term),
    )
    return _distinct(ranked)


def _terms(paper: Paper) -> Iterator[str]:
    words = [word.lower() for word in raw_words(paper.title)]
    for length in range(1, LONGEST + 1):
        for start in range(len(words) - length + 1):
            term = words[start : start + length]
            if not {term[0], term[-1]} & SMALL_WORDS and all(len(word) > 2 for word in term):
                yield " ".join(term)


def _distinct(ranked: Sequence[str]) -> list[str]:
    """Leave out what is a part of a term that is there."""
    chosen: list[str] = []
    for term in ranked:
        if len(chosen) < MOST and not any(f" {term} " in f" {longer} " for longer in chosen):
            chosen.append(term)
    return chosen
