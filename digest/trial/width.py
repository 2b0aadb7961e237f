"""Doubts about a profile after a backtest: too common a word, a clause without matches."""

from __future__ import annotations

from collections.abc import Iterator

from ..language import Author
from ..profiles.lint import Doubt
from .backtest import Backtest

#: A clause that matches a larger share of the papers than this is too common to be intended.
COMMON = 0.1
#: With fewer papers than this, no share is meaningful.
ENOUGH = 20

_PARTS = {"any": "wanted", "all": "required", "none": "excluded"}


def doubts(tried: Backtest, days: int) -> Iterator[Doubt]:
    """Yield a doubt for each clause that matches too much or nothing in the last ``days`` days.

    There is no warning about an author without papers, because people do not publish every month;
    an excluded or a required clause may match any share of the papers.
    """
    if tried.papers < ENOUGH:
        return
    seen: dict[str, int] = {}
    for count in tried.clauses:
        part = _PARTS[count.part]
        index = seen[part] = seen.get(part, -1) + 1
        share = count.hits / tried.papers
        if part == "wanted" and share > COMMON:
            said = f"matches {share:.0%} of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"very common: {said}")
        elif part != "excluded" and not count.hits and not isinstance(count.clause.node, Author):
            said = f"of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"matched none {said}")
