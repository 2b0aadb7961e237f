"""Suggested terms with which a profile would match liked papers or exclude disliked ones.

Each comes with its width on past days.  Pure: no input, no output; changes no profile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Literal

from ..language import OPERATORS, Clause, QuerySyntaxError, parse_clause
from ..language.words import SMALL_WORDS, raw_words
from ..match import PaperIndex
from ..model import Paper, Profile
from .backtest import PastDays

#: Most words in a term, most terms that are tried, and most terms that are suggested per part.
MAX_TERM_WORDS, MAX_TRIED, MAX_SUGGESTIONS = 3, 300, 8
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

    def document(self) -> dict[str, Any]:
        """Return the suggestion as JSON values."""
        return {
            "part": self.part,
            "term": self.term,
            "width": self.width,
            "share": round(self.share, 5),
            "catches" if self.part == "any" else "drops": [paper.key for paper in self.papers],
            "beside": self.beside,
        }


def suggest(
    profile: Profile, days: PastDays, liked: Sequence[Paper], disliked: Sequence[Paper]
) -> list[Suggestion]:
    """Find terms for ``any`` in liked papers not matched, for ``none`` in disliked papers matched.

    The best first, those for ``any`` before those for ``none``.  A term for ``any`` matches none of
    the disliked, one for ``none`` none of the liked.  Where all liked papers are matched, the terms
    for ``any`` are those of them that would bring further papers.
    """
    liked, disliked = _once(liked), _once(disliked)
    missed = [paper for paper in liked if not _matches(profile, paper)]
    unwanted = [paper for paper in disliked if _matches(profile, paper)]
    further = [] if missed else _terms_for("any", liked, disliked, profile, days)
    return [
        *_distinct(_terms_for("any", missed, disliked, profile, days)),
        *_distinct(each for each in further if each.beside),
        *_distinct(_terms_for("none", unwanted, liked, profile, days)),
    ]


def _once(papers: Iterable[Paper]) -> list[Paper]:
    """Return each paper once: one may be liked and saved."""
    return list({paper.key: paper for paper in papers}.values())


def _matches(profile: Profile, paper: Paper) -> bool:
    # By the query alone: papers that were not collected have no listing, upvotes or change.
    return bool(PaperIndex([paper]).match(profile.query).count)


def _terms_for(
    part: Literal["any", "none"],
    papers: Sequence[Paper],
    spared: Sequence[Paper],
    profile: Profile,
    days: PastDays,
) -> list[Suggestion]:
    if not papers:
        return []
    own_index, others = PaperIndex(papers), PaperIndex(spared)
    everything = (1 << len(days.papers)) - 1
    found = days.found(profile)
    moved = (found if part == "none" else everything & ~found) & ~days.places(papers)
    pool = len(days.papers)
    ranked: list[tuple[float, Suggestion]] = []
    for clause in _candidates(papers):
        bits = own_index.bits(clause.node)[0]
        caught = tuple(paper for n, paper in enumerate(papers) if bits >> n & 1)
        width = days.hits(clause, everything)
        # A term in the title is likely to be the paper's subject.
        in_title = bool(own_index.bits(clause.node)[1])
        if not (in_title or len(caught) > 1) or others.bits(clause.node)[0]:
            continue
        if not _is_apt(len(caught), width, pool):
            continue
        suggestion = Suggestion(
            part=part,
            term=clause.text,
            width=width,
            share=width / pool if pool else 0.0,
            papers=caught,
            beside=days.hits(clause, moved),
        )
        worth = (1 + in_title) * len(caught) * log((pool + 2) / (width + 1))
        ranked.append((worth, suggestion))
    ranked.sort(key=_by_worth)
    return [suggestion for _, suggestion in ranked]


def _is_apt(caught: int, width: int, pool: int) -> bool:
    """Return whether a term is neither too common nor peculiar to a single paper."""
    if not caught or width > max(MAX_WIDTH * pool, 3):
        return False
    return caught > 1 or width >= min(2, pool // 200)


def _by_worth(pair: tuple[float, Suggestion]) -> tuple[float, int, str]:
    return -pair[0], -pair[1].term.count(" "), pair[1].term


def _candidates(papers: Iterable[Paper]) -> Iterator[Clause]:
    """Yield the TRIED most frequent terms of the papers as clauses; terms in titles count more."""
    counts: Counter[str] = Counter()
    for paper in papers:
        counts.update(set(_terms_in(paper.title, 1)))
        counts.update(set(_terms_in(f"{paper.title} . {paper.abstract}", 2)))
    for term, _ in counts.most_common(MAX_TRIED):
        try:
            yield Clause(term, term, 1, parse_clause(term))
        except QuerySyntaxError:  # a word that is syntax in the keyword language
            continue


def _terms_in(text: str, shortest: int) -> Iterator[str]:
    """Yield the terms of ``shortest`` to LONGEST words in a sentence that may name its subject."""
    for sentence in text.replace("?", ".").replace(":", ".").split("."):
        words = [word.lower() for word in raw_words(sentence)]
        for length in range(shortest, MAX_TERM_WORDS + 1):
            for start in range(len(words) - length + 1):
                term = words[start : start + length]
                if _is_telling(term):
                    yield " ".join(term)


def _is_telling(term: Sequence[str]) -> bool:
    if {term[0], term[-1]} & SMALL_WORDS or any(word.upper() in OPERATORS for word in term):
        return False
    return all(len(word) > 2 for word in term)


def _distinct(ranked: Iterable[Suggestion]) -> list[Suggestion]:
    """Drop a term unless it has papers that no better term with a word of it has; keep MOST."""
    chosen: list[Suggestion] = []
    for each in ranked:
        rivals = [other for other in chosen if _words(each) & _words(other)]
        if len(chosen) < MAX_SUGGESTIONS and not (
            rivals and _keys(each) <= set().union(*map(_keys, rivals))
        ):
            chosen.append(each)
    return chosen


def _words(suggestion: Suggestion) -> set[str]:
    return set(suggestion.term.split())


def _keys(suggestion: Suggestion) -> set[str]:
    return {paper.key for paper in suggestion.papers}
