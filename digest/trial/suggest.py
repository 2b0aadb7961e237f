"""Suggested terms with which a profile would match liked papers or exclude disliked ones.

Each comes with its width on past days.  Pure: no input, no output; changes no profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from math import log
from typing import Any, Literal

from ..cancellation import raise_if_cancelled
from ..language import Clause, QuerySyntaxError, parse_clause
from ..language.lemmas import meant
from ..language.words import raw_words
from ..match import PaperIndex
from ..match.rank import each
from ..model import Paper, Profile
from .backtest import PastDays
from .terms import candidates

#: Most terms that are tried, and most that are suggested per part.
MAX_TRIED, MAX_SUGGESTIONS = 600, 8
#: Of a library more are suggested: one for so many papers, and at most so many.
PAPERS_PER_TERM, MAX_OF_LIBRARY = 12, 40
#: A term in a larger share of the papers than this is too common to be useful.
MAX_WIDTH = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A term for ``any`` or ``none``; ``width`` is how many of all past papers it matches."""

    part: Literal["any", "none"]
    term: str
    width: int
    share: float
    #: the papers with feedback that it would have matched (``any``) or excluded (``none``)
    papers: tuple[Paper, ...]
    #: how many other past papers would be matched as well (``any``) or excluded as well (``none``)
    beside: int
    #: the first of the terms that have much the same papers
    group: str = ""

    def document(self) -> dict[str, Any]:
        """Return the suggestion as JSON values."""
        return {
            "part": self.part,
            "term": self.term,
            "width": self.width,
            "share": round(self.share, 5),
            "catches" if self.part == "any" else "drops": [paper.key for paper in self.papers],
            "beside": self.beside,
            "group": self.group,
        }


def suggest(
    profile: Profile | None, days: PastDays, liked: Sequence[Paper], disliked: Sequence[Paper]
) -> list[Suggestion]:
    """Find terms for ``any`` in liked papers not matched, for ``none`` in disliked papers matched.

    The best first, those for ``any`` before those for ``none``.  A term for ``any`` matches none of
    the disliked, one for ``none`` none of the liked.  Where all liked papers are matched, the terms
    for ``any`` are those of them that would bring further papers.  Without a profile the terms are
    for a new one, which matches nothing yet.
    """
    wanted, unwanted = PaperIndex(_once(liked)), PaperIndex(_once(disliked))
    everything = (1 << len(wanted.papers)) - 1
    missed = everything & ~_matched(profile, wanted)
    further = 0 if missed else everything
    most = min(MAX_SUGGESTIONS + len(wanted.papers) // PAPERS_PER_TERM, MAX_OF_LIBRARY)
    several = (
        _distinct(_terms_for("any", wanted, missed, unwanted, profile, days), most),
        _distinct(
            (t for t in _terms_for("any", wanted, further, unwanted, profile, days) if t.beside),
            most,
        ),
        _distinct(_terms_for("none", unwanted, _matched(profile, unwanted), wanted, profile, days)),
    )
    return [term for chosen in several for term in _grouped(chosen)]


def _once(papers: Iterable[Paper]) -> list[Paper]:
    """Return each paper once: one may be liked and saved."""
    return list({paper.key: paper for paper in papers}.values())


def _matched(profile: Profile | None, index: PaperIndex) -> int:
    """Return the papers that a profile matches, as bits."""
    if profile is None:
        return 0
    # By the query alone: papers that were not collected have no listing, upvotes or change.
    matched = {match.paper.key for match in index.match(profile.query).matches}
    return sum(1 << place for place, paper in enumerate(index.papers) if paper.key in matched)


def _terms_for(
    part: Literal["any", "none"],
    index: PaperIndex,
    among: int,
    spared: PaperIndex,
    profile: Profile | None,
    days: PastDays,
) -> Iterator[Suggestion]:
    """Yield terms, the best first; how wide one is is counted only once no better one is left."""
    papers = [index.papers[place] for place in reversed([*each(among)])]
    possible = _possible(index, among, papers, spared)
    everything, pool = (1 << len(days.papers)) - 1, len(days.papers)
    found = days.found(profile) if profile else 0
    moved = (found if part == "none" else everything & ~found) & ~days.places(papers)
    # What a term is worth at most, or is worth; whether that is known; how it is written.
    ranked = [_rank(points, 0, pool, term) for term, (_, _, points) in possible.items()]
    heapify(ranked)
    known: dict[str, Suggestion] = {}
    while ranked:
        raise_if_cancelled()
        *_, term = heappop(ranked)
        if term in known:
            yield known[term]
            continue
        clause, bits, points = possible[term]
        width = days.hits(clause, everything)
        if _is_apt(bits.bit_count(), width, pool):
            known[term] = Suggestion(
                part=part,
                term=term,
                width=width,
                share=width / pool if pool else 0.0,
                papers=tuple(index.papers[place] for place in reversed([*each(bits)])),
                beside=days.hits(clause, moved),
            )
            heappush(ranked, _rank(points, width, pool, term, is_known=True))


def _possible(
    index: PaperIndex, among: int, papers: Sequence[Paper], spared: PaperIndex
) -> dict[str, tuple[Clause, int, int]]:
    """Return terms of papers and none of the spared: the clause, its papers as bits, its points."""
    found = {}
    for clause in _candidates(papers):
        raise_if_cancelled()
        bits, in_title = (found & among for found in index.bits(clause.node))
        count = bits.bit_count()
        # A term in the title is likely to be the paper's subject.
        if (in_title or count > 1) and not spared.bits(clause.node)[0]:
            found[clause.text] = clause, bits, (1 + bool(in_title)) * count
    return found


def _rank(
    points: int, width: int, pool: int, term: str, *, is_known: bool = False
) -> tuple[float, bool, int, str]:
    """Return what a term of a width is ordered by, the best first."""
    return -points * log((pool + 2) / (width + 1)), is_known, -term.count(" "), term


def _is_apt(caught: int, width: int, pool: int) -> bool:
    """Return whether a term is neither too common nor peculiar to a single paper."""
    if not caught or width > max(MAX_WIDTH * pool, 3):
        return False
    return caught > 1 or width >= min(2, pool // 200)


def _candidates(papers: Sequence[Paper]) -> Iterator[Clause]:
    """Yield the TRIED most frequent terms of the papers as clauses; terms in titles count more."""
    for term in candidates(papers, MAX_TRIED):
        try:
            yield Clause(term, term, 1, parse_clause(term))
        except QuerySyntaxError:  # a word that is syntax in the keyword language
            continue


def _distinct(ranked: Iterable[Suggestion], most: int = MAX_SUGGESTIONS) -> list[Suggestion]:
    """Drop a term unless it has papers that no better term with a word of it has; keep ``most``."""
    chosen: list[Suggestion] = []
    for term in ranked:
        rivals = [other for other in chosen if _words(term) & _words(other)]
        if not (rivals and _keys(term) <= set().union(*map(_keys, rivals))):
            chosen.append(term)
        if len(chosen) == most:
            break
    return chosen


def _grouped(chosen: Sequence[Suggestion]) -> list[Suggestion]:
    """Put each term behind the first one with which it shares half of its papers, or theirs."""
    groups: dict[str, list[Suggestion]] = {}
    for term in chosen:
        first = next((several[0] for several in groups.values() if _share(several[0], term)), term)
        groups.setdefault(first.term, []).append(replace(term, group=first.term))
    return [term for several in groups.values() for term in several]


def _share(first: Suggestion, other: Suggestion) -> bool:
    both = len(_keys(first) & _keys(other))
    return 2 * both >= min(len(first.papers), len(other.papers))


def _words(suggestion: Suggestion) -> set[str]:
    return {meant(word)[0] for word in raw_words(suggestion.term)}


def _keys(suggestion: Suggestion) -> set[str]:
    return {paper.key for paper in suggestion.papers}
