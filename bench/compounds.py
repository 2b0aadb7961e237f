"""Which two words real abstracts write as one and as two: what the list of compounds is made from.

A person decides which of them are one word (``digest/language/compounds.py``); most are not.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from digest.language.compounds import may_join
from digest.language.words import SMALL_WORDS, tokens

from . import _corpus

Pair = tuple[str, str]


def main(options: Sequence[str]) -> int:
    """Print each two words of which both ways are written, those that are listed apart."""
    parser = argparse.ArgumentParser(prog="python -m bench compounds", description=__doc__)
    parser.add_argument("--papers", type=int, default=4_000)
    parser.add_argument("--least", type=int, default=2, help="how often the one word is written")
    wanted = parser.parse_args(options)
    papers = _corpus.papers(wanted.papers)
    texts = [text for paper in papers for text in (paper.title, paper.abstract)]
    found = list(_both_ways(texts, wanted.least))
    for name, is_listed in (("one word", True), ("not one word", False)):
        pairs = [pair for pair in found if may_join(*pair[0]) is is_listed]
        print(f"{len(pairs)} are {name} by the list:")
        for (left, right), joined, apart in pairs:
            print(f"  {left} {right}: {joined} as one, {apart} as two")
    return 0


def _both_ways(texts: Iterable[str], least: int) -> Iterator[tuple[Pair, int, int]]:
    """Yield two words with how often they are one and two, the most frequent first."""
    words: Counter[str] = Counter()
    pairs: Counter[Pair] = Counter()
    for text in texts:
        row = [word for word, _, _ in tokens(text)]
        words.update(row)
        pairs.update(pair for pair in pairwise(row) if _may_be_listed(*pair))
    joined = ((pair, words["".join(pair)], number) for pair, number in pairs.items())
    yield from sorted(
        (each for each in joined if each[1] >= least), key=lambda each: -each[1] - each[2]
    )


def _may_be_listed(left: str, right: str) -> bool:
    is_long = min(len(left), len(right)) > 1 and (left + right).isalpha()
    return is_long and SMALL_WORDS.isdisjoint((left, right))
