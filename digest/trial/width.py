"""What is doubtful in a profile by the papers of past days: too common a word, a clause in vain."""

from __future__ import annotations

from collections.abc import Iterator

from ..language import Author
from ..profiles.lint import Doubt
from .backtest import Backtest

#: A word in more of the papers than this was hardly meant.
COMMON = 0.1
#: Of fewer papers than this no share says anything.
ENOUGH = 20

_PARTS = {"any": "wanted", "all": "required", "none": "excluded"}


def doubts(tried: Backtest, days: int) -> Iterator[Doubt]:
    """Give the clauses that match too much or nothing; ``days`` is how long was looked back.

    People do not write every month, so that nobody is warned of an author; and what is to be left
    out or asked of every paper may be as common as it likes.
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
