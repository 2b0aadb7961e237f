"""Doubts about a profile after a backtest: too common, without matches, narrowed by quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..language import And, Author, Clause, Near, Node, Not, Or, Phrase, WordMatching
from ..model import Profile
from ..profiles.lint import Doubt
from .backtest import Backtest, PastDays

#: A clause that matches a larger share of the papers than this is too common to be intended.
COMMON = 0.1
#: With fewer papers than this, no share is meaningful.
ENOUGH = 20

#: Quotes that lose a larger share than this of what the words find lose more than was meant.
LOST = 0.1

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
            sentence = f"matches {share:.0%} of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"very common: {sentence}")
        elif part != "excluded" and not count.hits and not isinstance(count.clause.node, Author):
            sentence = f"of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"matched none {sentence}")


def doubts_about_quotes(profile: Profile, days: PastDays) -> Iterator[Doubt]:
    """Yield a doubt for each clause whose quotes lose many papers, as those with the plural."""
    query = profile.query
    parts = {"wanted": query.wanted, "required": query.required, "excluded": query.excluded}
    among = days.seen_by(profile)
    for part, clauses in parts.items():
        for index, clause in enumerate(clauses):
            loose = _without_quotes(clause.node)
            if loose == clause.node:
                continue
            found = days.hits(clause, among)
            without = days.hits(Clause(clause.text, clause.label, clause.weight, loose), among)
            if without - found > LOST * without:
                sentence = f"finds {found:,} of the {without:,} papers that it finds without quotes"
                yield Doubt(part, index, sentence, "without them plurals are found, too")


def _without_quotes(node: Node) -> Node:
    """Return a tree that has the words of each quoted phrase in any inflection."""
    match node:
        case Phrase(form=WordMatching.WORD):
            return replace(node, form=WordMatching.STEM)
        case And(nodes) | Or(nodes):
            return replace(node, nodes=tuple(map(_without_quotes, nodes)))
        case Not(child):
            return Not(_without_quotes(child))
        case Near(left, right, distance):
            return Near(_without_quotes(left), _without_quotes(right), distance)
    return node
