"""How rare what matched is: in how many of the papers of the last days each clause was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from typing import TypeAlias

from ..language import Clause, CompiledQuery
from ..model import Match

#: A rare clause is in at most one of so many papers; of fewer papers, none is called rare.
RARE = 100


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The number of papers of the last days, and per clause's term how many of them it matches."""

    papers: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    def rarity(self, clause: Clause) -> int:
        """Return how rare a clause is, in hundredths of a bit: 100 for one in half the papers.

        A whole number, so that every machine orders papers alike.
        """
        return round(100 * log2((self.papers + 1) / (self.counts.get(clause.term, 0) + 1)))

    def rare(self, clause: Clause) -> tuple[int, int] | None:
        """Return in how many of how many papers a rare clause was found; None for any other."""
        count = self.counts.get(clause.term, 0)
        is_rare = self.papers >= RARE and count * RARE <= self.papers
        return (count, self.papers) if is_rare else None


def rarest(clauses: Sequence[Clause], frequencies: Frequencies) -> int:
    """Return the place of the rarest of some clauses, the first one of equals."""
    return max(range(len(clauses)), key=lambda place: frequencies.rarity(clauses[place]))


def with_rarest(match: Match, query: CompiledQuery, hit: int, frequencies: Frequencies) -> Match:
    """Return a match of which the rarest reason says so if it is rare.

    ``hit``: the bits of the clauses that are its reasons, as in a ranking.
    """
    scored = query.wanted + query.required
    clauses = [clause for place, clause in enumerate(scored) if hit >> place & 1]
    place, reasons = rarest(clauses, frequencies), [*match.reasons]
    reasons[place] = replace(reasons[place], rare=frequencies.rare(clauses[place]))
    return replace(match, reasons=tuple(reasons))


#: finds the frequencies of some clauses; the papers are the same at each call
FindFrequencies: TypeAlias = Callable[[Iterable[Clause]], Frequencies]


def leaders(scores: Sequence[int], rarities: Sequence[int]) -> list[bool]:
    """Return which of some papers, in their order, rarity has put at the head of equal scores.

    Each is the first of a row with one score, and one that is as good or better but less rare
    comes right behind that row's rare ones.
    """
    last = len(scores)
    leading = [False] * last
    for place in [0, *(at for at in range(1, last) if scores[at - 1] != scores[at])][:last]:
        behind = place + 1
        while behind < last and rarities[behind] == rarities[place]:
            behind += 1
        leading[place] = behind < last and scores[behind] >= scores[place]
    return leading
