"""Doubts about a profile after a backtest: too common, without matches, narrowed by quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..language import Author, Clause, Phrase, WordMatching, with_phrases
from ..model import Profile, count
from ..profiles.lint import Doubt, is_in_capitals
from .backtest import Backtest, PastDays, is_worded

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
    for each in tried.clauses:
        part = _PARTS[each.part]
        index = seen[part] = seen.get(part, -1) + 1
        share = each.hits / tried.papers
        if part == "wanted" and share > COMMON:
            sentence = f"matches {share:.0%} of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"very common: {sentence}")
        elif part != "excluded" and not each.hits and not isinstance(each.clause.node, Author):
            sentence = f"of the {tried.papers:,} papers of the last {days} days"
            yield Doubt(part, index, f"matched none {sentence}")


#: Forms of a clause that are named.
MOST_FORMS = 8


def notes(profile: Profile, days: PastDays) -> Iterator[Doubt]:
    """Yield for each clause of words the forms that it was found as, with how many papers have it.

    Of a word that is only found in capitals, also how many papers have it in any case.
    """
    among = days.seen_by(profile)
    for part, index, clause in _clauses(profile):
        forms = days.forms(clause, among) if is_worded(clause.node) else []
        if forms:
            said = ", ".join(f"{form} {number:,}" for form, number in forms[:MOST_FORMS])
            more = f", {len(forms) - MOST_FORMS} more" if len(forms) > MOST_FORMS else ""
            yield Doubt(part, index, f"found as {said}{more}", severity="note")
        word = clause.node
        if isinstance(word, Phrase) and is_in_capitals(word):
            any_case = replace(clause, node=replace(word, form=WordMatching.WORD))
            found, number = days.hits(clause, among), days.hits(any_case, among)
            sentence = f"finds {found:,} of the {count(number, 'paper')} with it in any case"
            yield Doubt(part, index, sentence, severity="note")


def doubts_about_quotes(profile: Profile, days: PastDays) -> Iterator[Doubt]:
    """Yield a doubt for each clause whose quotes lose many papers, as those with the plural."""
    among = days.seen_by(profile)
    for part, index, clause in _clauses(profile):
        loose = with_phrases(clause.node, _without_quotes)
        if loose == clause.node:
            continue
        found, without = days.hits(clause, among), days.hits(replace(clause, node=loose), among)
        if without - found > LOST * without:
            papers = count(without, "paper")
            sentence = f"finds {found:,} of the {papers} that it finds without quotes"
            yield Doubt(part, index, sentence, "without them plurals are found, too")


def _clauses(profile: Profile) -> Iterator[tuple[str, int, Clause]]:
    """Yield each clause with the name of its part and its place in it."""
    query = profile.query
    parts = {"wanted": query.wanted, "required": query.required, "excluded": query.excluded}
    for part, clauses in parts.items():
        for index, clause in enumerate(clauses):
            yield part, index, clause


def _without_quotes(phrase: Phrase) -> Phrase:
    """Return a quoted phrase with its words in any inflection."""
    is_quoted = phrase.form is WordMatching.WORD
    return replace(phrase, form=WordMatching.STEM) if is_quoted else phrase
