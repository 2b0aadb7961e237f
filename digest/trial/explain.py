"""Explanations why a query matches a single paper or not, clause by clause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from ..language import And, Author, Clause, CompiledQuery, Near, Node, Or, Phrase, WordMatching
from ..match import PaperIndex
from ..match.index import shown
from ..match.rarity import Frequencies, rarest
from ..model import Hit, Paper

Part: TypeAlias = Literal["any", "all", "none"]


@dataclass(frozen=True, slots=True)
class ClauseOutcome:
    """The outcome of one clause; ``points`` is what it adds to the score."""

    clause: Clause
    part: Part
    matched: bool
    points: int = 0
    hits: tuple[Hit, ...] = ()
    #: of the rarest clause that matched, if it is rare: in how many of how many papers it was found
    rare: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NearestMiss:
    """The clause that came nearest to a match: the share that the paper has, and what it lacks."""

    clause: Clause
    share: float
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole explanation for one paper.

    ``decided_by`` is the text of the clause that decided, ``any`` if none of the wanted clauses
    matched, ``minimum`` if the score was too low.
    """

    paper: Paper
    matched: bool
    score: int
    clauses: tuple[ClauseOutcome, ...]
    decided_by: str
    #: what the paper's upvotes add to the score
    bonus: int = 0
    nearest: NearestMiss | None = None

    def document(self) -> dict[str, Any]:
        """Return the decision as JSON values."""
        return {
            "matched": self.matched,
            "score": self.score,
            "clauses": [self._clause(verdict) for verdict in self.clauses],
            "decided_by": self.decided_by,
        }

    def details(self) -> dict[str, Any]:
        """Return the document with all further details added."""
        document = self.document()
        for row, verdict in zip(document["clauses"], self.clauses, strict=True):
            row |= {"part": verdict.part, "points": verdict.points, "rare": verdict.rare}
        miss = self.nearest
        nearest = miss and {
            "clause": miss.clause.text,
            "share": round(miss.share, 2),
            "lacking": list(miss.lacking),
        }
        return {**document, "bonus": self.bonus, "nearest": nearest}

    def _clause(self, verdict: ClauseOutcome) -> dict[str, Any]:
        hits = [
            {
                "field": hit.field,
                "start": hit.start,
                "end": hit.end,
                "text": shown(self.paper, hit.field)[hit.start : hit.end],
            }
            for hit in verdict.hits
        ]
        return {
            "clause": verdict.clause.text,
            "matched": verdict.matched,
            "weight": verdict.clause.weight,
            "hits": hits,
        }


def explain(
    query: CompiledQuery,
    paper: Paper,
    *,
    listings: Collection[str] = (),
    minimum: int = 0,
    trending: int = 0,
    frequencies: Frequencies | None = None,
) -> Explanation:
    """Explain whether and why ``query`` matches ``paper``, which ``listings`` carried.

    With ``frequencies`` the rarest clause that matched says so, if it is rare.
    """
    day = PaperIndex([paper], [listings])
    parts: tuple[tuple[Part, Sequence[Clause]], ...] = (
        ("any", query.wanted),
        ("all", query.required),
        ("none", query.excluded),
    )
    clauses = tuple(_verdict(day, clause, part) for part, several in parts for clause in several)
    if frequencies is not None:
        clauses = _with_rarity(clauses, frequencies)
    bonus = day.bonus(0, trending)
    score = sum(verdict.points for verdict in clauses) + bonus
    if day.match(query, minimum=minimum, trending=trending).count:
        best = max((v for v in clauses if v.part != "none"), key=lambda verdict: verdict.points)
        return Explanation(paper, True, score, clauses, best.clause.text, bonus)
    decided_by, unmet = _decision(clauses)
    nearest = max((_miss(day, clause) for clause in unmet), key=_share, default=None)
    if nearest and not nearest.share:
        nearest = None
    return Explanation(paper, False, score, clauses, decided_by, bonus, nearest)


def _share(miss: NearestMiss) -> float:
    return miss.share


def _verdict(day: PaperIndex, clause: Clause, part: Part) -> ClauseOutcome:
    found = day.match(CompiledQuery(wanted=(clause,)))
    if not found.matches:
        return ClauseOutcome(clause, part, False)
    points = 0 if part == "none" else found.matches[0].score
    return ClauseOutcome(clause, part, True, points, found.matches[0].reasons[0].hits)


def _with_rarity(
    outcomes: tuple[ClauseOutcome, ...], frequencies: Frequencies
) -> tuple[ClauseOutcome, ...]:
    scored = [each for each in outcomes if each.matched and each.part != "none"]
    if not scored:
        return outcomes
    chosen = scored[rarest([each.clause for each in scored], frequencies)]
    rare = frequencies.rare(chosen.clause)
    return tuple(replace(each, rare=rare) if each is chosen else each for each in outcomes)


def _decision(verdicts: Sequence[ClauseOutcome]) -> tuple[str, list[Clause]]:
    """Return what excluded the paper, and the clauses of which a match would have included it."""
    for verdict in verdicts:
        if verdict.part == "none" and verdict.matched:
            return verdict.clause.text, []
    for verdict in verdicts:
        if verdict.part == "all" and not verdict.matched:
            return verdict.clause.text, [verdict.clause]
    wanted = [verdict for verdict in verdicts if verdict.part == "any"]
    if not any(verdict.matched for verdict in wanted) and (wanted or not verdicts):
        return "any", [verdict.clause for verdict in wanted]
    return "minimum", []


def _miss(day: PaperIndex, clause: Clause) -> NearestMiss:
    share, lacking = _part_there(day, clause.node)
    return NearestMiss(clause, share, tuple(lacking))


def _part_there(day: PaperIndex, node: Node) -> tuple[float, list[str]]:
    """Return the share of ``node`` that the paper has, and in words what it lacks."""
    if day.bits(node)[0]:
        return 1.0, []
    match node:
        case Phrase(without=dropped) if dropped and day.bits(replace(node, without=()))[0]:
            return 0.5, [f"any form but {', '.join(dropped)}"]
        case And(nodes):
            parts = [_part_there(day, child) for child in nodes]
            shares = [share for share, _ in parts]
            return sum(shares) / len(shares), [word for _, lacking in parts for word in lacking]
        case Or(nodes):
            return max((_part_there(day, child) for child in nodes), key=lambda part: part[0])
        case Near(_, _, distance):
            sides = And((node.left, node.right))
            if day.bits(sides)[0]:
                return 0.5, [f"at most {distance} words between"]
            share, lacking = _part_there(day, sides)
            return share / 2, lacking
        case Phrase() if len(node.words) > 1 or node.form is not WordMatching.STEM:
            return _words_there(day, node)
        case Author(name):
            family = Author(name.partition(",")[0].split()[-1])
            return (0.5 if day.bits(family)[0] else 0.0), [str(node)]
        case _:
            return 0.0, [str(node)]


def _words_there(day: PaperIndex, phrase: Phrase) -> tuple[float, list[str]]:
    # In small letters, because a word in capitals alone may ask for them.
    alone = [
        Phrase((word.lower(),), phrase.field, language=phrase.language) for word in phrase.words
    ]
    lacking = [
        word for word, part in zip(phrase.words, alone, strict=True) if not day.bits(part)[0]
    ]
    share = (len(alone) - len(lacking)) / (len(alone) + 1)
    if lacking:
        return share, lacking
    return share, ["in a row" if phrase.form is WordMatching.STEM else f"written {phrase}"]
