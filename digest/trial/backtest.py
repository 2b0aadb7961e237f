"""Backtest: what a profile would have matched on past days, per day and per clause.

The days are indexed once, for any number of profiles.  Pure: no input, no output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from itertools import pairwise
from operator import and_, or_
from typing import Literal, TypeAlias

from ..cancellation import raise_if_cancelled
from ..language import Clause, Node, Phrase, Regex, leaves
from ..language.words import fold, raw_words
from ..match import PaperIndex
from ..match.index import FieldIndex
from ..match.joined import JoinedIndex
from ..match.rank import bits_of
from ..match.rarity import Frequencies
from ..model import Arrival, ChangeKind, Match, Paper, Profile

#: Papers of one clause without words that are read for what it found, which takes long.
MOST_READ = 1_000

#: A larger share than this of what the wanted clauses find is hardly meant to be left out.
MOST_LEFT_OUT = 0.5

#: Clauses of which the forms are kept, for an editor that asks again after each change.
MOST_KEPT = 500

#: The work of a second: words are looked up, and a pattern reads each paper, which takes longer.
A_SECOND, _PATTERN = 10_000_000, 30

#: what came: the day of the snapshot, the paper's key, the kind of change, the listing
Came: TypeAlias = tuple[date, str, ChangeKind, str]
Part: TypeAlias = Literal["any", "all", "none"]


@dataclass(frozen=True, slots=True)
class DayCount:
    """The number of papers that came on one day, and of those that match."""

    day: date
    #: None if nothing was collected that day: a gap, not a zero
    papers: int | None
    matched: int = 0


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """One clause, and how many of the papers tried it matches."""

    part: Part
    clause: Clause
    hits: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The excluded clauses that leave out most of what the others find, those that do so first."""

    clauses: tuple[Clause, ...]
    #: papers that they leave out, of those that the other clauses find
    papers: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The matches of a profile on some days; ``gained`` and ``lost`` compare it with another."""

    days: tuple[DayCount, ...]
    #: number of distinct papers that were tried
    papers: int
    matched: int
    clauses: tuple[ClauseCount, ...]
    #: where more than ``MOST_LEFT_OUT`` is left out
    left_out: LeftOut | None = None
    gained: tuple[Paper, ...] = ()
    lost: tuple[Paper, ...] = ()

    @property
    def per_day(self) -> float:
        """Return the matching papers per day, over the days on which something was collected."""
        return self.matched / self.collected if self.collected else 0.0

    @property
    def collected(self) -> int:
        """Return on how many of the days something was collected."""
        return sum(day.papers is not None for day in self.days)

    @property
    def is_short(self) -> bool:
        """Return whether less than half of the days were collected: others may be days of rest."""
        return 2 * self.collected < len(self.days)

    @property
    def share(self) -> float:
        """Return the share of the papers that matches, from 0 to 1."""
        return self.matched / self.papers if self.papers else 0.0


class PastDays:
    """The papers of past days, indexed once.

    ``days`` are all days to show, in order; ``read`` are those on which something was collected;
    ``came`` is what came, the earliest first.
    """

    def __init__(
        self,
        days: Sequence[date],
        read: Collection[date],
        came: Iterable[Came],
        index: FieldIndex | JoinedIndex,
    ) -> None:
        self.days = tuple(days)
        self._read = frozenset(read)
        self._place = {key: place for place, key in enumerate(index.keys)}
        self._all_came = [each for each in came if each[1] in self._place]
        self.papers = index.papers
        self._listings: list[tuple[str, ...]] = [()] * len(index.keys)
        for _, key, _, listing in self._all_came:
            known = self._listings[self._place[key]]
            if listing not in known:
                self._listings[self._place[key]] = (*known, listing)
        self._index = PaperIndex(self.papers, self._listings, index=index)
        self._forms: dict[Node, dict[str, int]] = {}
        self._came: dict[object, dict[date, int]] = {}

    @classmethod
    def of(
        cls, days: Sequence[date], read: Collection[date], arrivals: Iterable[tuple[date, Arrival]]
    ) -> PastDays:
        """Return the papers of arrivals, each with the day of its snapshot, the earliest first."""
        arrivals = list(arrivals)
        papers = {arrival.change.paper.key: arrival.change.paper for _, arrival in arrivals}
        came = [(day, a.change.paper.key, a.change.kind, a.listing) for day, a in arrivals]
        return cls(days, read, came, FieldIndex([*papers.values()]))

    @cached_property
    def title_words(self) -> Counter[str]:
        """Return the words of titles, folded, each with how many titles have it."""
        return Counter(word for paper in self.papers for word in _folded_words(paper.title))

    @cached_property
    def title_pairs(self) -> Counter[tuple[str, str]]:
        """Return the pairs of words in a row in titles, folded, each with how many titles do."""
        return Counter(
            pair
            for paper in self.papers
            for pair in set(pairwise(map(fold, raw_words(paper.title))))
        )

    def arrivals_of(self, profile: Profile) -> dict[date, int]:
        """Return per day, as bits, the papers that this profile looks at, each on its first day."""
        question = (profile.listings, profile.changes)
        if question not in self._came:
            self._came[question] = self._announcements(*question)
        return self._came[question]

    def _announcements(
        self, listings: tuple[str, ...], kinds: frozenset[ChangeKind]
    ) -> dict[date, int]:
        first: dict[int, date] = {}
        for day, key, kind, listing in self._all_came:
            if kind in kinds and (not listings or listing in listings):
                first.setdefault(self._place[key], day)
        places: dict[date, list[int]] = {}
        for place, day in first.items():
            places.setdefault(day, []).append(place)
        return {day: bits_of(several, len(self._place)) for day, several in places.items()}

    def found(self, profile: Profile) -> int:
        """Return the papers that match, as bits."""
        if profile.minimum:
            self._index.learn_rich(profile.query)
            ranking = self._index.rank(
                profile.query.plan,
                among=self.seen_by(profile),
                minimum=profile.minimum,
                trending=profile.trending,
            )
            return _either(ranking.groups)
        # Without a minimum no score is needed; scoring is the slowest step for a wide profile.
        return self._wanted(profile) & ~_either(map(self._bits_of, profile.query.excluded))

    def _wanted(self, profile: Profile) -> int:
        """Return the papers that match but for excluded clauses and the minimum, as bits."""
        wanted, required = (
            [self._bits_of(clause) for clause in clauses]
            for clauses in (profile.query.wanted, profile.query.required)
        )
        among = self.seen_by(profile)
        found = among & _either(wanted) if wanted else among if required else 0
        return reduce(and_, required, found)

    def left_out(self, profile: Profile) -> LeftOut | None:
        """Return the fewest excluded clauses that leave out most of what is wanted, if any do."""
        if not profile.query.excluded:
            return None
        wanted, out = self._wanted(profile), 0
        found = [(clause, self._bits_of(clause) & wanted) for clause in profile.query.excluded]
        found.sort(key=lambda each: -each[1].bit_count())
        for place, (_, bits) in enumerate(found):
            out |= bits
            if out.bit_count() > MOST_LEFT_OUT * wanted.bit_count():
                clauses = tuple(clause for clause, _ in found[: place + 1])
                return LeftOut(clauses, out.bit_count(), wanted.bit_count())
        return None

    def work_of(self, profile: Profile) -> int:
        """Return about how much work it is to find a profile's papers, of ``A_SECOND`` a second."""
        query = profile.query
        clauses = (*query.wanted, *query.required, *query.excluded)
        kinds = Counter(isinstance(leaf, Regex) for each in clauses for leaf in leaves(each.node))
        return (kinds[False] + _PATTERN * kinds[True]) * len(self.papers)

    def _bits_of(self, clause: Clause) -> int:
        raise_if_cancelled()
        return self._index.bits(clause.node)[0]

    def places(self, papers: Iterable[Paper]) -> int:
        """Return those of the papers that came on these days, as bits."""
        found = [self._place[each.key] for each in papers if each.key in self._place]
        return bits_of(found, len(self._place))

    def papers_at(self, bits: int) -> tuple[Paper, ...]:
        """Return the papers of a set, the latest first."""
        return tuple(self.papers[place] for place in reversed(_places(bits)))

    def count(self, day: date, arrivals: int, found: int) -> DayCount:
        """Return the numbers of one day; ``arrivals`` and ``found`` are papers as bits."""
        if day not in self._read:
            return DayCount(day, None)
        return DayCount(day, arrivals.bit_count(), (arrivals & found).bit_count())

    def seen_by(self, profile: Profile) -> int:
        """Return the papers that a profile looks at, as bits."""
        return _either(self.arrivals_of(profile).values())

    def hits(self, clause: Clause, among: int) -> int:
        """Return how many of these papers a clause matches by itself."""
        return (self._index.bits(clause.node)[0] & among).bit_count()

    def forms(self, clause: Clause, among: int) -> list[tuple[str, int]]:
        """Return what a clause finds these papers by, each with how many have it.

        The most frequent come first; of a very common pattern only the latest papers are read.
        """
        both = self._bits_of(clause) & among
        if is_worded(clause.node):
            forms = self._forms_of(clause.node).items()
            found = Counter({form: (papers & both).bit_count() for form, papers in forms})
        else:
            found = self._by_reading(clause, both)
        return sorted((+found).items(), key=lambda each: (-each[1], each[0]))

    def _forms_of(self, node: Node) -> dict[str, int]:
        if node not in self._forms:
            if len(self._forms) >= MOST_KEPT:
                self._forms.clear()
            self._forms[node] = self._index.forms(node)
        return self._forms[node]

    def _by_reading(self, clause: Clause, among: int) -> Counter[str]:
        found = Counter[str]()
        for place in _places(among)[-MOST_READ:]:
            raise_if_cancelled()
            hits = self._index.hits(clause.node, place)
            texts = (self._index.text(place, hit.field)[hit.start : hit.end] for hit in hits)
            found.update({" ".join(text.lower().split()) for text in texts})
        return found

    def matches(self, profile: Profile, most: int) -> list[Match]:
        """Return the best of the papers that match, with their reasons."""
        return self._index.match(
            profile.query,
            among=self.seen_by(profile),
            minimum=profile.minimum,
            trending=profile.trending,
            most=most,
            frequencies=self.frequencies(profile),
            is_weighed=profile.rank == "rarity",
        ).matches

    def frequencies(self, profile: Profile) -> Frequencies:
        """Return in how many of all these papers each scored clause of a profile was found."""
        clauses = (*profile.query.wanted, *profile.query.required)
        counts = {clause.term: self._bits_of(clause).bit_count() for clause in clauses}
        return Frequencies(len(self.papers), counts)

    def paper(self, name: str) -> tuple[Paper, tuple[str, ...]] | None:
        """Return the paper with this key or alias, and the listings that carried it."""
        for paper, listings in zip(self.papers, self._listings, strict=True):
            if name in (paper.key, *paper.aliases):
                return paper, listings
        return None


def backtest(profile: Profile, days: PastDays, before: Profile | None = None) -> Backtest:
    """Try a profile on past days; ``gained`` and ``lost`` compare it with ``before``."""
    arrivals = days.arrivals_of(profile)
    announced = _either(arrivals.values())
    found = days.found(profile)
    found_before = days.found(before) if before else found
    return Backtest(
        days=tuple(days.count(day, arrivals.get(day, 0), found) for day in days.days),
        papers=announced.bit_count(),
        matched=found.bit_count(),
        clauses=tuple(_clauses(profile, days, announced)),
        left_out=days.left_out(profile),
        gained=days.papers_at(found & ~found_before),
        lost=days.papers_at(found_before & ~found),
    )


def _clauses(profile: Profile, days: PastDays, among: int) -> Iterator[ClauseCount]:
    query = profile.query
    parts: tuple[tuple[Part, Sequence[Clause]], ...] = (
        ("any", query.wanted),
        ("all", query.required),
        ("none", query.excluded),
    )
    for part, clauses in parts:
        for clause in clauses:
            raise_if_cancelled()
            yield ClauseCount(part, clause, days.hits(clause, among))


def is_worded(node: Node) -> bool:
    """Return whether a tree looks for words alone, so that forms of them can be dropped."""
    return all(isinstance(leaf, Phrase) for leaf in leaves(node))


def _folded_words(text: str) -> set[str]:
    return set(map(fold, raw_words(text)))


def _either(several: Iterable[int]) -> int:
    return reduce(or_, several, 0)


def _places(bits: int) -> list[int]:
    return [place for place, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"]
