"""Subscribers for real papers: a seeded draw of profiles, kept as packed queries in SQLite.

How they are drawn.  The terms are the n-grams of one to three words that stand in the corpus at
least twice and neither begin nor end with a small word (some 86,000 in 4,000 papers), by falling
frequency; a term is drawn by its rank r with probability ~ 1 / (r + shift) ** 1.05
(Zipf-Mandelbrot, shift 1000), so that few terms are everybody's and most are few people's.  A
smaller shift makes broad subscribers, who ask for what stands in many papers.  Of the clauses, 70 %
are plain phrases, 6 % ``title:``, 4 % ``abstract:``, 5 % authors, 5 % categories, 10 % two words
drawn apart, which hardly ever stand side by side; of the longer single words one in twelve is cut
to a prefix.  A profile has 1 to 10 wanted clauses of weight 1 to 3; 22 % have one or two required
clauses of one to three alternatives, a third have one or two excluded ones.

What is drawn is written as a subscriber would, read by the keyword language and packed by it: every
row is what ``digest.language.packed`` makes of a profile's query.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path

from digest.language import Clause, CompiledQuery, packed, parse_clause
from digest.language.words import SMALL_WORDS, raw_words
from digest.model import Paper

SEED = 20261121
SHIFT = 1000
#: with which profiles match some twice as much
BROAD = 100
_SLOPE = 1.05


class Draw:
    """An endless row of clauses and profiles."""

    def __init__(self, papers: Sequence[Paper], seed: int = SEED, shift: int = SHIFT) -> None:
        self._random = random.Random(seed)
        self._terms = _terms(papers)
        ranks = range(len(self._terms))
        self._weights = list(accumulate((rank + shift) ** -_SLOPE for rank in ranks))
        self._authors = sorted(
            {name for paper in papers for name in paper.authors if _is_plain(name)}
        )
        self._categories = sorted(
            {name for paper in papers for name in paper.categories if _is_plain(name)}
        )
        self._words = [term for term in self._terms if " " not in term]

    def queries(self, number: int) -> Iterator[CompiledQuery]:
        """Give what so many subscribers want."""
        for _ in range(number):
            yield self.query()

    def query(self) -> CompiledQuery:
        """Give what one subscriber wants."""
        draw = self._random
        wanted = draw.randint(1, 10)
        required = draw.randint(1, 2) if draw.random() < 0.22 else 0
        excluded = draw.randint(1, 2) if draw.random() < 0.33 else 0
        weights = [draw.randint(1, 3) for _ in range(wanted)]
        return CompiledQuery(
            tuple(_clause(self._item(), weight) for weight in weights),
            tuple(_clause(self._choice(), 1) for _ in range(required)),
            tuple(_clause(self._item(), 1) for _ in range(excluded)),
        )

    def _choice(self) -> str:
        return " OR ".join(self._item() for _ in range(self._random.randint(1, 3)))

    def _item(self) -> str:
        draw = self._random
        kind = draw.random()
        if kind < 0.05:
            return f'author:"{draw.choice(self._authors)}"'
        if kind < 0.10:
            return f'category:"{draw.choice(self._categories)}"'
        if kind < 0.20:
            return f"{draw.choice(self._words)} {draw.choice(self._words)}"
        term: str = draw.choices(self._terms, cum_weights=self._weights)[0]
        if kind < 0.26:
            return f"title:{term}"
        if kind < 0.30:
            return f"abstract:{term}"
        if " " not in term and len(term) > 6 and draw.random() < 1 / 12:
            return term[:5] + "*"
        return term


@cache
def _clause(text: str, weight: int) -> Clause:
    return Clause(text, text, weight, parse_clause(text))


def _terms(papers: Sequence[Paper]) -> list[str]:
    counts: Counter[str] = Counter()
    for paper in papers:
        for text in (paper.title, paper.abstract):
            counts.update(_n_grams([word.lower() for word in raw_words(text)]))
    frequent = ((-count, term) for term, count in counts.items() if count > 1)
    return [term for _, term in sorted(frequent)]


def _n_grams(words: list[str]) -> Iterator[str]:
    for length in (1, 2, 3):
        for start in range(len(words) - length + 1):
            row = words[start : start + length]
            is_telling = row[0] not in SMALL_WORDS and row[-1] not in SMALL_WORDS
            # A* in small letters is too short a prefix.
            if is_telling and row[0].isalpha() and "a*" not in row:
                yield " ".join(row)


def kept(path: Path, queries: Iterable[CompiledQuery]) -> None:
    """Write queries into a table ``profile(id, query)``, packed."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE profile (id INTEGER PRIMARY KEY, query TEXT NOT NULL)")
        rows = ((packed(query),) for query in queries)
        database.executemany("INSERT INTO profile (query) VALUES (?)", rows)


def read(path: Path, first: int = 1, last: int = 1 << 62) -> Iterator[str]:
    """Stream packed queries of an id range, a few thousand rows at a time."""
    database = sqlite3.connect(path)
    cursor = database.execute(
        "SELECT query FROM profile WHERE id BETWEEN ? AND ? ORDER BY id", (first, last)
    )
    while rows := cursor.fetchmany(5000):
        for (query,) in rows:
            yield query
    database.close()


def _is_plain(name: str) -> bool:
    """Whether a name is one: author fields hold affiliations too, category fields notes."""
    return name[:1].isalpha() and not set(name) & set('"():;*')
