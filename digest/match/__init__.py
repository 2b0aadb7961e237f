"""Compiled queries × the day's papers → ranked matches, each with its reasons.

The papers are indexed, not the queries: the papers that a clause matches are the bits of one
integer, computed once a day and cached; a query is a few operations on such integers.  Pure: no
input, no output.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, filterfalse
from operator import itemgetter
from typing import TypeAlias

from ..language import (
    And,
    Clause,
    CompiledQuery,
    NamePattern,
    Node,
    Not,
    Or,
    Plan,
    in_language,
    parse_clause,
)
from ..language.compiled import (
    BAR,
    CATEGORY,
    CHOICE,
    LISTING,
    PERSON,
    PHRASES,
    RICH,
    WITHOUT,
    parted,
    term,
)
from ..model import Hit, Match, Paper, Reason
from .cache import Cache
from .index import Bits, FieldIndex, NameIndex
from .joined import JoinedIndex
from .rank import add_to_each, at_least, best, bits_of, each, places, split, totals
from .rarity import Frequencies

#: factor of a hit in the title or in an author's name; any other hit has factor 1
STRONG = 3
#: upvotes in one step of a profile's ``trending``
UPVOTES = 10
# Most terms in the cache: some 400 bytes each at 1,500 papers.
_CACHE_SIZE = 327_680
# Most pairs of a clause and a paper with known hits: some 300 bytes each.
_MOST_HITS = 32_768
# Bits for a paper's number in a packed ranking, and the highest such number.
_WIDTH = 24
_LAST = (1 << _WIDTH) - 1
# The text of a term, without its kind.
_ASKED = itemgetter(slice(2, None))
# With more clauses, hardly two papers are hit by the same ones.
_FEW_CLAUSES = 12
# For each number of points that a hit can add, its powers of two; a weight is one digit.
_PLACES = [places(points) for points in range(9 * STRONG + 1)]


#: one of the best papers: its score, its number in the index, and the bits of its clauses
Best: TypeAlias = tuple[int, int, int]


@dataclass(slots=True)  # not frozen: that would take as long as the ranking of a narrow profile
class Ranking:
    """The number of papers that match, and the best of them in groups hit by the same clauses.

    ``groups``: sets of papers as bits, in no order; ``sums``: for each group the score of its
    papers, and in the bits below it one bit for each clause that hit them.
    """

    count: int
    groups: list[int]
    sums: list[int]
    clauses: int

    @property
    def packed(self) -> list[int]:
        """Return each of the best papers as one integer, the best first.

        It holds the score, the distance of the paper's number from the highest possible number, and
        the clauses' bits.
        """
        clauses = self.clauses
        bits = (1 << clauses) - 1
        packed = []
        for papers, total in zip(self.groups, self.sums):  # noqa: B905 (half of its time)
            last = ((total >> clauses << _WIDTH) + _LAST << clauses) + (total & bits)
            while papers:
                paper = papers.bit_length() - 1
                papers ^= 1 << paper
                packed.append(last - (paper << clauses))
        packed.sort(reverse=True)
        return packed

    @property
    def has_ties(self) -> bool:
        """Return whether papers that are hit by different clauses have equal scores."""
        scores = {total >> self.clauses for total in self.sums}
        return len(scores) < len(self.sums)

    @property
    def top(self) -> list[Best]:
        """Return each of the best papers, the best first.

        Clauses are numbered as in the query, the wanted first, then the required.
        """
        clauses, bits = self.clauses, (1 << self.clauses) - 1
        return [
            (best >> _WIDTH + clauses, _LAST - (best >> clauses & _LAST), best & bits)
            for best in self.packed
        ]


@dataclass(frozen=True, slots=True)
class Matches:
    """The number of papers that match, and the best of them with their reasons, best first."""

    count: int
    matches: list[Match] = field(default_factory=list)


class PaperIndex:
    """A day's papers, indexed once; ``listings`` holds, per paper, the listings that carried it.

    ``index`` is that of the papers, if there is one already.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        listings: Sequence[Collection[str]] = (),
        *,
        remembered: int = _CACHE_SIZE,
        index: FieldIndex | JoinedIndex | None = None,
    ) -> None:
        self.papers = papers
        self.listings = listings or [()] * len(papers)
        self._all = (1 << len(papers)) - 1
        self._upvotes: list[int] | None = None
        self._memory = Cache(self._find_term, remembered, _is_worth_keeping)
        #: per term, the papers that it matches, and those it matches in the title or an author
        self.known = self._memory.__getitem__
        #: per term, the hits in each paper that was asked for, and how many there are
        self._hits: dict[str, dict[int, tuple[Hit, ...]]] = {}
        self._number_of_hits = 0
        self._index = index = FieldIndex(papers) if index is None else index
        self._carriers = NameIndex(self.listings)
        #: per kind of term, the function that finds its papers
        self._finders: dict[str, Callable[[str], Bits]] = {
            **{kind: partial(index.by_words, field) for field, kind in PHRASES.items()},
            PERSON: index.by_questions,
            CATEGORY: index.by_category,
            LISTING: self._carriers.find,
            CHOICE: self._one_of,
            RICH: self._by_text,
        }

    def _by_text(self, text: str) -> Bits:
        language, rest = parted(text)
        without, _, clause = rest.rpartition(WITHOUT)
        forms = tuple(without.split(",")) if without else ()
        return self._find(in_language(parse_clause(clause), language, forms))

    def among(self, papers: Sequence[int]) -> int:
        """Return papers, named by their numbers in the index, as bits."""
        return bits_of(papers, len(self.papers))

    def learn(self, plans: Iterable[Plan]) -> None:
        """Find the papers of the plain clauses of many plans, before the plans are ranked.

        In alphabetical order, because neighbours use the same parts of the index: to find them one
        by one between the rankings takes longer.
        """
        memory, finders = self._memory, self._finders
        terms = chain.from_iterable([terms for terms, _, _ in plans])
        unknown = set(filterfalse(memory.__contains__, terms))
        choices = [term for term in unknown if term[0] == CHOICE]
        unknown.difference_update(choices)
        parts = chain.from_iterable([term[2:].split(BAR) for term in choices])
        unknown.update(filterfalse(memory.__contains__, parts))
        memory.evict(len(unknown) + len(choices))
        for asked in chain(sorted(unknown, key=_ASKED), choices):
            if asked[0] != RICH:
                memory[asked] = finders[asked[0]](asked[2:])

    def learn_rich(self, query: CompiledQuery) -> None:
        """Find the papers of the clauses that ``rank`` would have to parse again."""
        for clause in query.rich:
            self.bits(clause.node)

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
        terms, wanted, weights = plan
        scored = len(weights)
        sets = list(map(self.known, terms))
        found = self._all if among is None else among
        if wanted:
            either = 0
            for bits, _ in sets[:wanted]:
                either |= bits
            found &= either
        elif not scored:
            found = 0
        if wanted < len(terms):
            for bits, _ in sets[wanted:scored]:
                found &= bits
            for bits, _ in sets[scored:]:
                found ^= found & bits
            del sets[scored:]
        count = found.bit_count()
        if minimum > 0 or (most is not None and count > most):
            slices = self._totals(sets, weights, trending)
            if minimum > 0:
                found = at_least(slices, minimum, found)
                count = found.bit_count()
            if most is not None and count > most:
                found = best(slices, found, count, most)
        groups, sums = self._scored(sets, weights, found, trending) if found else ([], [])
        return Ranking(count, groups, sums, scored)

    def _totals(self, sets: list[Bits], weights: bytes, trending: int) -> list[int]:
        highest = sum(weights) * STRONG
        parts = _parts(sets, weights)
        if trending:
            upvotes = self._upvote_slices()
            highest += trending << len(upvotes)
            bonuses = ((bits, places(trending << step)) for step, bits in enumerate(upvotes))
            parts = chain(parts, bonuses)
        return totals(parts, highest)

    def _scored(
        self, sets: list[Bits], weights: bytes, found: int, trending: int
    ) -> tuple[list[int], list[int]]:
        """Split the papers found into groups that are hit by the same clauses, with their sums.

        Among the best of a day there are about three such groups, if there are few clauses.  A long
        function for the sake of speed, like ``rank``.
        """
        clauses = len(sets)
        groups, sums, add = [found], [0], split
        if is_wide := clauses > _FEW_CLAUSES:
            sums, add = [0] * len(self.papers), add_to_each
        bit = 1
        for (bits, strong), weight in zip(sets, weights):  # noqa: B905 (a third of its time)
            hits = bits & found
            if hits:
                add(groups, sums, hits, (weight << clauses) + bit)
                if strong and (hits := strong & hits):
                    add(groups, sums, hits, weight * (STRONG - 1) << clauses)
            bit += bit
        for step, bits in enumerate(self._upvote_slices() if trending else ()):
            if hits := bits & found:
                add(groups, sums, hits, trending << step + clauses)
        if is_wide:
            papers = list(each(found))
            return [1 << paper for paper in papers], [sums[paper] for paper in papers]
        return groups, sums

    def _upvote_slices(self) -> list[int]:
        """Return bit slices of the upvotes: in slice k, the papers with bit k in their steps."""
        if self._upvotes is None:
            steps = [self.bonus(paper, 1) for paper in range(len(self.papers))]
            length = max(steps, default=0).bit_length()
            self._upvotes = [
                bits_of([p for p, step in enumerate(steps) if step >> k & 1], len(steps))
                for k in range(length)
            ]
        return self._upvotes

    def match(
        self,
        query: CompiledQuery,
        *,
        among: int | None = None,
        minimum: int = 0,
        trending: int = 0,
        most: int | None = None,
        frequencies: Frequencies | None = None,
        is_weighed: bool = False,
    ) -> Matches:
        """Return the papers that match ``query``, best first; equal ones in the index's order.

        ``among``: the papers to consider, as bits (default: all); ``minimum``: the lowest score;
        ``trending``: points for each ten upvotes; ``most``: how many matches to return, while the
        count is always of all.  With ``frequencies`` the order is that of ``by_rarity``.
        """
        self.learn_rich(query)
        if frequencies is None:
            ranking = self.rank(
                query.plan, among=among, minimum=minimum, trending=trending, most=most
            )
            ranked = ranking.top
        else:
            ranking = self.rank(query.plan, among=among, minimum=minimum, trending=trending)
            ordered = self.by_rarity(query, ranking, frequencies, is_weighed=is_weighed)
            ranked = [best for best, _ in ordered[:most]]
        return Matches(ranking.count, self.matched(query, ranked, trending))

    def by_rarity(
        self,
        query: CompiledQuery,
        ranking: Ranking,
        frequencies: Frequencies,
        *,
        is_weighed: bool = False,
    ) -> list[tuple[Best, int]]:
        """Return the papers of a ranking, each with the rarity of what it matched, best first.

        A paper's rarity is the sum over its clauses of the points times the clause's rarity, in
        which upvotes count as the other points do on average.  Of equal scores the rarest is first,
        then the one that more clauses hit; if rarity is weighed, it decides before the score.
        """
        scored = query.wanted + query.required
        worth = [frequencies.rarity(clause) for clause in scored]
        places, shift = range(len(scored)), ranking.clauses
        bits = (1 << shift) - 1
        ordered = []
        for group, total in zip(ranking.groups, ranking.sums, strict=True):
            paper, score = group.bit_length() - 1, total >> shift
            hit = [place for place in places if total >> place & 1]
            points = [self._points(scored[place], paper) for place in hit]
            rarity = sum(worth[place] * gain for place, gain in zip(hit, points, strict=True))
            rarity = rarity * score // sum(points)
            key = (-rarity, -score) if is_weighed else (-score, -rarity)
            # Shared by the papers of a group, which are many.
            order, said = (*key, -len(hit)), (score, total & bits, rarity)
            ordered += [(order, paper, said) for paper in each(group)]
        ordered.sort()
        return [((score, paper, hit), rarity) for _, paper, (score, hit, rarity) in ordered]

    def matched(
        self, query: CompiledQuery, ranked: Sequence[Best], trending: int = 0
    ) -> list[Match]:
        """Return some of the best papers of a query's ranking as matches, with their reasons."""
        reasons: dict[int, list[Reason]] = {paper: [] for _, paper, _ in ranked}
        hit_by: dict[int, list[int]] = {}
        for _, paper, bits in ranked:
            hit_by.setdefault(bits, []).append(paper)
        for place, clause in enumerate(query.wanted + query.required):
            hit = [paper for bits, some in hit_by.items() if bits >> place & 1 for paper in some]
            for paper, reason in zip(hit, self._reasons(clause, hit), strict=True):
                reasons[paper].append(reason)
        for paper, its in reasons.items() if trending else ():
            if bonus := self.bonus(paper, trending):
                its.append(Reason(f"{self.papers[paper].upvotes} upvotes", bonus))
        papers = self.papers
        return [Match(papers[paper], score, tuple(reasons[paper])) for score, paper, _ in ranked]

    def _reasons(self, clause: Clause, papers: Sequence[int]) -> list[Reason]:
        """Return the reason that a clause is for each of these papers, all of which it hits."""
        if not papers:
            return []
        hits, label, weight = self._hits_of(clause, papers), clause.label, clause.weight
        _, strong = self.known(clause.term)
        return [
            Reason(label, weight * STRONG if strong >> paper & 1 else weight, hits[paper])
            for paper in papers
        ]

    def _hits_of(self, clause: Clause, papers: Sequence[int]) -> Mapping[int, tuple[Hit, ...]]:
        """Return the hits of a clause in these papers; clauses with one term find the same."""
        if self._number_of_hits >= _MOST_HITS:
            self._hits.clear()
            self._number_of_hits = 0
        known = self._hits.setdefault(clause.term, {})
        if new := [paper for paper in papers if paper not in known]:
            known.update(zip(new, self._index.hits(clause.node, new), strict=True))
            self._number_of_hits += len(new)
        return known

    def _points(self, clause: Clause, paper: int) -> int:
        """Return the points that a clause adds to the score of a paper that it hits."""
        _, strong = self.known(clause.term)
        return clause.weight * (STRONG if strong >> paper & 1 else 1)

    def _find_term(self, term: str) -> Bits:
        return self._finders[term[0]](term[2:])

    def _one_of(self, terms: str) -> Bits:
        both = strong = 0
        for bits, high in map(self.known, terms.split(BAR)):
            both |= bits
            strong |= high
        return both, strong

    def bits(self, node: Node) -> Bits:
        """Return the papers that ``node`` matches, and those it matches in title or author."""
        name = term(node)
        if name[0] == RICH and name not in self._memory:
            return self._memory.keep(name, self._find(node))
        return self.known(name)

    def text(self, paper: int, field: str) -> str:
        """Return the text of a paper's field, to which the offsets of hits refer."""
        return self._index.text(paper, field)

    def hits(self, node: Node, paper: int) -> tuple[Hit, ...]:
        """Return the spans of a paper's text by which ``node`` matches it, in reading order."""
        return self._index.hits(node, [paper])[0]

    def forms(self, node: Node) -> dict[str, int]:
        """Return the words by which the phrases of ``node`` are found, each with its papers."""
        return self._index.forms(node)

    def bonus(self, paper: int, trending: int) -> int:
        """Return the points that a paper's upvotes add."""
        return trending * (max(self.papers[paper].upvotes or 0, 0) // UPVOTES)

    def _find(self, node: Node) -> Bits:
        match node:
            case Or(nodes):
                return self._either_of(nodes)
            case And(nodes):
                return self._all_of(nodes)
            case Not(child):
                return self._all & ~self.bits(child)[0], 0
            case NamePattern("listing", pattern):
                return self._carriers.find(pattern.casefold())
            case _:
                return self._index.bits(node)

    def _either_of(self, nodes: Sequence[Node]) -> Bits:
        both = strong = 0
        for node in nodes:
            bits, high = self.bits(node)
            both |= bits
            strong |= high
        return both, strong

    def _all_of(self, nodes: Sequence[Node]) -> Bits:
        both, strong = self._all, 0
        for node in nodes:
            bits, high = self.bits(node)
            both &= bits
            strong |= high
        return both, both & strong


def _parts(sets: list[Bits], weights: bytes) -> Iterator[tuple[int, list[int]]]:
    for (bits, strong), weight in zip(sets, weights):  # noqa: B905 (a third of its time)
        if bits:
            yield bits, _PLACES[weight]
            if strong:
                yield strong, _PLACES[weight * (STRONG - 1)]


def _is_worth_keeping(term: str, bits: Bits) -> bool:
    """Return whether a result is likely to be needed again and slow to compute again."""
    return bits[0] > 0 and term[0] != CHOICE
