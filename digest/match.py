"""Profiles × the day's papers → ranked matches, each with its reasons.

The day is indexed, not the profiles: whatever a clause matches is one integer whose bits are
papers, found once a day and remembered; a profile is a handful of operations on those integers.
Decides; touches nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_

from .index import Bits, Index
from .model import Hit, Match, Paper, Profile, Reason
from .query import And, Clause, Node, Not, Or, Plan, Query, read_key
from .rank import at_least, best, bits_of, totals

#: what a hit in the title or an author's name counts, others being 1
STRONG = 3
#: upvotes that make one step of a profile's ``trending``
UPVOTES = 10
# What clauses matched is remembered up to here: some 500 bytes each at 1,500 papers.
_MOST_REMEMBERED = 100_000
# Above so many candidates it is cheaper to add up the scores of all papers at once.
_FEW = 32


@dataclass(frozen=True, slots=True)
class Ranking:
    """How many papers match, and the best of them: (score, paper, bits of the clauses that hit).

    Papers are numbered as given to the day; clauses as in the query, the wanted first, then the
    required.
    """

    count: int
    top: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Found:
    """How many papers match, and the best of them with their reasons, best first."""

    count: int
    matches: list[Match] = field(default_factory=list)


class Day:
    """A day's papers, indexed once; ``listings`` holds the names of those that carried each."""

    def __init__(
        self,
        papers: Sequence[Paper],
        listings: Sequence[Collection[str]] = (),
        *,
        remembered: int = _MOST_REMEMBERED,
    ) -> None:
        self.papers = papers
        self.listings = listings or [()] * len(papers)
        self._all = (1 << len(papers)) - 1
        self._remembered = remembered
        self._bits: dict[str, Bits] = {}
        self._one = [1 << paper for paper in range(len(papers))]
        self._index = Index(papers, self.listings)

    def rank(
        self,
        plan: Plan,
        *,
        among: int | None = None,
        minimum: int = 0,
        trending: int = 0,
        most: int | None = None,
    ) -> Ranking:
        """Rank the papers that match ``plan``; see ``match``."""
        known = self._bits
        wanted, required, excluded = plan
        clauses = [(known.get(key) or self._learn(key), weight) for key, weight in wanted]
        found = self._all if among is None else among
        if clauses:
            either = 0
            for (bits, _), _ in clauses:
                either |= bits
            found &= either
        elif not required:
            return Ranking(0, [])
        for key, weight in required:
            both = known.get(key) or self._learn(key)
            found &= both[0]
            clauses.append((both, weight))
        for key, _ in excluded:
            if found:
                found &= ~(known.get(key) or self._learn(key))[0]
        count = found.bit_count()
        if minimum > 0 or (most is not None and count > most and count > _FEW):
            slices = totals(self._columns(clauses, found, trending))
            if minimum > 0:
                found = at_least(slices, minimum, found)
                count = found.bit_count()
            if most is not None and count > most:
                found = best(slices, found, most)
        return Ranking(count, self._scored(clauses, found, trending)[:most])

    def _columns(
        self, clauses: list[tuple[Bits, int]], found: int, trending: int
    ) -> list[list[int]]:
        """Sort the sets to be added up by the power of two that they are worth."""
        columns: list[list[int]] = [[] for _ in range(6)]
        for (bits, strong), weight in clauses:
            _add(columns, bits & found, weight)
            _add(columns, strong & found, weight * (STRONG - 1))
        if trending:
            for place, bits in enumerate(self._upvotes):
                _add(columns, bits & found, trending << place)
        return columns

    def _scored(
        self, clauses: list[tuple[Bits, int]], found: int, trending: int
    ) -> list[tuple[int, int, int]]:
        """Give score, number and clauses of each paper found, best first."""
        last, width, marks = len(self.papers), len(self.papers).bit_length(), len(clauses)
        # score, then the earlier paper, then the marks: one integer that sorts as it is
        one, sums, left = self._one, {}, found
        while left:
            paper = left.bit_length() - 1
            left ^= one[paper]
            sums[paper] = (last - paper) << marks
        for place, ((bits, strong), weight) in enumerate(clauses):
            points = weight << width + marks
            mark = points + (1 << place)
            hits = bits & found
            while hits:
                paper = hits.bit_length() - 1
                hits ^= one[paper]
                sums[paper] += mark
            hits = strong & found
            while hits:
                paper = hits.bit_length() - 1
                hits ^= one[paper]
                sums[paper] += (STRONG - 1) * points
        if trending:
            for paper in sums:
                sums[paper] += self.bonus(paper, trending) << width + marks
        low, middle = (1 << marks) - 1, (1 << width) - 1
        return [
            (total >> width + marks, last - (total >> marks & middle), total & low)
            for total in sorted(sums.values(), reverse=True)
        ]

    @cached_property
    def _upvotes(self) -> list[int]:
        """Slice k: the papers whose upvotes, in steps, have bit k."""
        steps = [self.bonus(paper, 1) for paper in range(len(self.papers))]
        length = max(steps, default=0).bit_length()
        return [
            bits_of([p for p, step in enumerate(steps) if step >> k & 1], len(steps))
            for k in range(length)
        ]

    def match(
        self,
        query: Query,
        *,
        among: int | None = None,
        minimum: int = 0,
        trending: int = 0,
        most: int | None = None,
    ) -> Found:
        """Find the papers that ``query`` wants, best first; of equal ones, in the day's order.

        ``among``: the papers to consider, as bits (default: all); ``minimum``: the least score;
        ``trending``: points for each ten upvotes; ``most``: how many matches to give, the count
        being of all.
        """
        for clause in (*query.wanted, *query.required, *query.excluded):
            if clause.key not in self._bits:
                self._remember(clause.key, self._find(clause.node))
        ranking = self.rank(query.plan, among=among, minimum=minimum, trending=trending, most=most)
        clauses = query.wanted + query.required
        matches = [
            self._match(score, paper, marks, clauses, trending)
            for score, paper, marks in ranking.top
        ]
        return Found(ranking.count, matches)

    def _match(
        self, score: int, paper: int, marks: int, clauses: Sequence[Clause], trending: int
    ) -> Match:
        reasons = [
            self._reason(clause, paper)
            for place, clause in enumerate(clauses)
            if marks >> place & 1
        ]
        if bonus := self.bonus(paper, trending):
            reasons.append(Reason(f"{self.papers[paper].upvotes} upvotes", bonus))
        return Match(self.papers[paper], score, tuple(reasons))

    def _reason(self, clause: Clause, paper: int) -> Reason:
        _, strong = self._bits.get(clause.key) or self._learn(clause.key)
        points = clause.weight * (STRONG if strong >> paper & 1 else 1)
        return Reason(clause.label, points, self.hits(clause.node, paper))

    def _learn(self, key: str) -> Bits:
        return self._remember(key, self._find(read_key(key)))

    def _remember(self, key: str, bits: Bits) -> Bits:
        if len(self._bits) >= self._remembered:
            # What matched nothing goes first: the rest is bounded by what the day's papers hold.
            self._bits = {key: bits for key, bits in self._bits.items() if bits[0]}
            if len(self._bits) >= self._remembered // 2:
                self._bits = {}
        self._bits[key] = bits
        return bits

    def bits(self, node: Node) -> Bits:
        """Give the papers that ``node`` matches, and those it matches in title or author."""
        key = str(node)
        return self._bits.get(key) or self._remember(key, self._find(node))

    def hits(self, node: Node, paper: int) -> tuple[Hit, ...]:
        """Give the spans of a paper's text by which ``node`` matches it, in reading order."""
        return self._index.hits(node, paper)

    def bonus(self, paper: int, trending: int) -> int:
        """Give the points that a paper's upvotes add."""
        return trending * (max(self.papers[paper].upvotes or 0, 0) // UPVOTES)

    def _find(self, node: Node) -> Bits:
        match node:
            case Or(nodes):
                parts = [self.bits(child) for child in nodes]
                return reduce(or_, (bits for bits, _ in parts)), reduce(or_, (s for _, s in parts))
            case And(nodes):
                return self._all_of(nodes)
            case Not(child):
                return self._all & ~self.bits(child)[0], 0
            case _:
                return self._index.bits(node)

    def _all_of(self, nodes: Sequence[Node]) -> Bits:
        both, strong = self._all, 0
        for node in nodes:
            bits, high = self.bits(node)
            both &= bits
            strong |= high
        return both, both & strong


def match(
    profiles: Iterable[tuple[Profile, int | None]], day: Day
) -> Iterator[tuple[Profile, Found]]:
    """Match profiles, each with the papers to consider as bits, one after another.

    Memory does not grow with their number.
    """
    for profile, among in profiles:
        yield (
            profile,
            day.match(
                profile.query,
                among=among,
                minimum=profile.minimum,
                trending=profile.trending,
                most=profile.limit,
            ),
        )


def _add(columns: list[list[int]], bits: int, weight: int) -> None:
    if bits:
        for place in range(weight.bit_length()):
            if weight >> place & 1:
                while place >= len(columns):
                    columns.append([])
                columns[place].append(bits)
