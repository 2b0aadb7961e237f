"""Backtest: what a profile would have matched on past days, per day and per clause.

The days are indexed once, for any number of profiles.  Pure: no input, no output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Literal, TypeAlias

from ..cancellation import go_on
from ..language import Clause
from ..match import PaperIndex
from ..model import Arrival, ChangeKind, Match, Paper, Profile

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The matches of a profile on some days; ``gained`` and ``lost`` compare it with another."""

    days: tuple[DayCount, ...]
    #: number of distinct papers that were tried
    papers: int
    matched: int
    clauses: tuple[ClauseCount, ...]
    gained: tuple[Paper, ...] = ()
    lost: tuple[Paper, ...] = ()

    @property
    def per_day(self) -> float:
        """Return the matching papers per day, over the days on which something was collected."""
        collected = sum(day.papers is not None for day in self.days)
        return self.matched / collected if collected else 0.0

    @property
    def share(self) -> float:
        """Return the share of the papers that matches, from 0 to 1."""
        return self.matched / self.papers if self.papers else 0.0


class PastDays:
    """The papers of past days, indexed once.

    ``days`` are all days to show, in order; ``read`` are those on which something was collected;
    each arrival comes with the day of its snapshot, the earliest first.
    """

    def __init__(
        self,
        days: Sequence[date],
        read: Collection[date],
        arrivals: Iterable[tuple[date, Arrival]],
    ) -> None:
        self.days = tuple(days)
        self._read = frozenset(read)
        self._arrivals = list(arrivals)
        papers = {a.change.paper.key: a.change.paper for _, a in self._arrivals}
        self._place = {key: place for place, key in enumerate(papers)}
        listings: dict[str, dict[str, None]] = {key: {} for key in papers}
        for _, arrival in self._arrivals:
            listings[arrival.change.paper.key][arrival.listing] = None
        self.papers = list(papers.values())
        self._listings = [tuple(names) for names in listings.values()]
        self._index = PaperIndex(self.papers, self._listings)
        self._came: dict[object, dict[date, int]] = {}

    def came(self, profile: Profile) -> dict[date, int]:
        """Return per day, as bits, the papers that this profile looks at, each on its first day."""
        question = (profile.listings, profile.changes)
        if question not in self._came:
            self._came[question] = self._told_of(*question)
        return self._came[question]

    def _told_of(self, listings: tuple[str, ...], kinds: frozenset[ChangeKind]) -> dict[date, int]:
        first: dict[int, date] = {}
        for day, arrival in self._arrivals:
            is_watched = not listings or arrival.listing in listings
            if is_watched and arrival.change.kind in kinds:
                first.setdefault(self._place[arrival.change.paper.key], day)
        places: dict[date, list[int]] = {}
        for place, day in first.items():
            places.setdefault(day, []).append(place)
        return {day: _bits(several) for day, several in places.items()}

    def found(self, profile: Profile) -> int:
        """Return the papers that match, as bits."""
        among = _either(self.came(profile).values())
        if profile.minimum:
            self._index.learn_rich(profile.query)
            ranking = self._index.rank(
                profile.query.plan,
                among=among,
                minimum=profile.minimum,
                trending=profile.trending,
            )
            return _either(ranking.groups)
        # Without a minimum no score is needed; scoring is the slowest step for a wide profile.
        wanted, required, excluded = (
            [self._bits_of(clause) for clause in clauses]
            for clauses in (profile.query.wanted, profile.query.required, profile.query.excluded)
        )
        found = among & _either(wanted) if wanted else among if required else 0
        for bits in required:
            found &= bits
        return found & ~_either(excluded)

    def _bits_of(self, clause: Clause) -> int:
        go_on()
        return self._index.bits(clause.node)[0]

    def papers_at(self, bits: int) -> tuple[Paper, ...]:
        """Return the papers of a set, the latest first."""
        places = (place for place, bit in enumerate(reversed(f"{bits:b}")) if bit == "1")
        return tuple(self.papers[place] for place in sorted(places, reverse=True))

    def count(self, day: date, came: int, found: int) -> DayCount:
        """Return the numbers of one day; ``came`` and ``found`` are papers as bits."""
        if day not in self._read:
            return DayCount(day, None)
        return DayCount(day, came.bit_count(), (came & found).bit_count())

    def hits(self, clause: Clause, among: int) -> int:
        """Return how many of these papers a clause matches by itself."""
        return (self._index.bits(clause.node)[0] & among).bit_count()

    def forms(self, clause: Clause) -> Counter[str]:
        """Count the words by which a clause matches: *localization* 84, *localizations* 2."""
        go_on()
        return self._index.forms(clause.node)

    def matches(self, profile: Profile, most: int) -> list[Match]:
        """Return the best of the papers that match, with their reasons."""
        return self._index.match(
            profile.query,
            among=_either(self.came(profile).values()),
            minimum=profile.minimum,
            trending=profile.trending,
            most=most,
        ).matches

    def paper(self, name: str) -> tuple[Paper, tuple[str, ...]] | None:
        """Return the paper with this key or alias, and the listings that carried it."""
        for paper, listings in zip(self.papers, self._listings, strict=True):
            if name in (paper.key, *paper.aliases):
                return paper, listings
        return None


def backtest(profile: Profile, days: PastDays, before: Profile | None = None) -> Backtest:
    """Try a profile on past days; ``gained`` and ``lost`` compare it with ``before``."""
    came = days.came(profile)
    told_of = _either(came.values())
    found = days.found(profile)
    had = days.found(before) if before else found
    return Backtest(
        days=tuple(days.count(day, came.get(day, 0), found) for day in days.days),
        papers=told_of.bit_count(),
        matched=found.bit_count(),
        clauses=tuple(_clauses(profile, days, told_of)),
        gained=days.papers_at(found & ~had),
        lost=days.papers_at(had & ~found),
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
            go_on()
            yield ClauseCount(part, clause, days.hits(clause, among))


def _either(several: Iterable[int]) -> int:
    return reduce(or_, several, 0)


def _bits(places: Iterable[int]) -> int:
    return reduce(or_, (1 << place for place in places), 0)
