"""The words of twenty invented profiles against a plain reading of them, on real days.

The plain reading is a table (``plain-readings.yaml``) that a person wrote: of each keyword the
forms that a reader means, looked for as they are written.  A decision is one profile and one paper.

``--cases FILE`` judges pairs of a query and a text instead, group by group: ``cases.tsv`` here, or
any other of its form, in which a person decided before whether the query finds the text.
``--profiles FILE`` prints what is said of each profile of a table such as ``broken-profiles.tsv``.
"""

from __future__ import annotations

import argparse
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path

import yaml

from digest import expressions
from digest.language import QuerySyntaxError, parse_clause
from digest.language.text import clean, readable
from digest.match import PaperIndex
from digest.match.index import shown
from digest.match.rank import each
from digest.model import Paper
from digest.profiles import lint

from . import _corpus

TABLE = Path(__file__).with_name("plain-readings.yaml")
#: most decisions of a thousand that may bring what the plain reading does not
MOST_WRONG = 1.0

# Words; a sign that parts no words is one itself, so that "U | S" is not "U.S.".
_WORD = expressions.compile(r"\w+|[^\w\s.,;:!?'’\"“”()\[\]/–—‐‑-]")


def main(options: Sequence[str]) -> int:
    """Print how the engine and the plain reading differ; 0 if as little as is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench words", description=__doc__)
    parser.add_argument("--papers", type=int, default=4_543)
    parser.add_argument("--cases", type=Path, metavar="FILE")
    parser.add_argument("--profiles", type=Path, metavar="FILE")
    parser.add_argument("--all", action="store_true", help="name every keyword, not the first 40")
    wanted = parser.parse_args(options)
    if wanted.cases:
        return print_cases(cases(wanted.cases))
    if wanted.profiles:
        return print_profiles(wanted.profiles)
    tally = compared(_corpus.papers(wanted.papers))
    print(f"{tally.decisions:,} decisions: {tally.profiles} profiles, {wanted.papers:,} papers")
    print(
        f"{tally.brought:,} papers brought, {tally.wrong:,} of them by no form of the table: "
        f"{tally.wrong_per_thousand:.2f} wrong per 1,000 decisions"
    )
    print(f"{tally.omitted:,} papers that a form of the table finds are omitted")
    for name, counts in (("brought as", tally.surplus), ("omitted", tally.lacking)):
        for (keyword, form), number in counts.most_common(None if wanted.all else 40):
            print(f"  {keyword}: {name} {form} in {number:,}")
    return int(tally.wrong_per_thousand > MOST_WRONG or tally.omitted > 0)


@dataclass(frozen=True)
class Case:
    """A pair of a query and a text, and whether the one is to find the other."""

    group: str
    query: str
    text: str
    is_match: bool


def cases(file: Path) -> list[Case]:
    """Read a table of pairs: group, query and text (Python strings), True or False."""
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]]
    return [Case(row[0], *map(literal_eval, row[1:])) for row in rows]


def missed(several: Sequence[Case]) -> list[Case]:
    """Return the cases that are decided otherwise; a query that is refused finds nothing."""
    texts = [clean(readable(case.text)) for case in several]
    index = PaperIndex([Paper(key=str(at), title=text) for at, text in enumerate(texts)])
    return [case for at, case in enumerate(several) if _finds(index, case, at) != case.is_match]


def _finds(index: PaperIndex, case: Case, place: int) -> bool:
    try:
        return bool(index.bits(parse_clause(case.query))[0] >> place & 1)
    except QuerySyntaxError:
        return False


def print_cases(several: Sequence[Case]) -> int:
    """Print what is decided otherwise, and each group's share; 1 if a tenth of one is."""
    wrong = missed(several)
    for case in wrong:
        verb = "finds no" if case.is_match else "finds"
        print(f"{case.group}: {case.query!r} {verb} {case.text!r}")
    of_all, of_wrong = (Counter(case.group for case in part) for part in (several, wrong))
    for group, number in of_all.items():
        print(f"{100 * (1 - of_wrong[group] / number):4.0f} % of {number:3}  {group}")
    print(f"{len(several) - len(wrong)} of {len(several)} as a person decided")
    return int(any(10 * of_wrong[group] > of_all[group] for group in of_all))


_FROM_WORST = ("error", "warning", "note")


def print_profiles(file: Path) -> int:
    """Print what is said of broken profiles; the columns are what was meant, a name, the text."""
    rows = [line.split("\t") for line in file.read_text("utf-8").splitlines()[1:]]
    kinds: Counter[str] = Counter()
    for meant, name, text, *_ in rows:
        said = lint(literal_eval(text), "mine.yaml", listings=("arxiv", "biorxiv"))
        kinds[min((each.severity for each in said), key=_FROM_WORST.index, default="nothing")] += 1
        print(f"{name} ({meant}): {'; '.join(map(str, said)) or 'nothing is said'}")
    print(f"{len(rows)} profiles; the worst that is said of one: {dict(kinds)}")
    return 0


@dataclass
class Tally:
    """How often the engine and the plain reading differ; a paper of several keywords once."""

    profiles: int = 0
    decisions: int = 0
    brought: int = 0
    wrong: int = 0
    omitted: int = 0
    #: (keyword, what the engine found or did not find) → papers
    surplus: Counter[tuple[str, str]] = field(default_factory=Counter)
    lacking: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def wrong_per_thousand(self) -> float:
        """Return how many of 1,000 decisions bring a paper by no form of the table."""
        return 1_000 * self.wrong / self.decisions


def compared(papers: Sequence[Paper]) -> Tally:
    """Judge each profile and paper both ways."""
    index, texts, tally = PaperIndex(papers), Texts(papers), Tally()
    for profile in profiles().values():
        by_engine = by_reading = 0
        for keyword, forms in profile.items():
            node = parse_clause(keyword)
            found, meant = index.bits(node)[0], reduce(or_, map(texts.with_form, forms))
            for paper in each(found & ~meant):
                hits = index.hits(node, paper)
                spans = {shown(papers[paper], hit.field)[hit.start : hit.end] for hit in hits}
                tally.surplus.update((keyword, span.lower()) for span in spans)
            for form in forms:
                if missed := texts.with_form(form) & ~found:
                    tally.lacking[keyword, form] += missed.bit_count()
            by_engine, by_reading = by_engine | found, by_reading | meant
        tally.profiles += 1
        tally.decisions += len(papers)
        tally.brought += by_engine.bit_count()
        tally.wrong += (by_engine & ~by_reading).bit_count()
        tally.omitted += (by_reading & ~by_engine).bit_count()
    return tally


def profiles() -> dict[str, dict[str, list[str]]]:
    """Read the table: of each profile the keywords, each with its forms."""
    table = yaml.safe_load(TABLE.read_text("utf-8"))
    return {
        name: {keyword: list(_forms(keyword, said or "")) for keyword, said in keywords.items()}
        for name, keywords in table.items()
    }


def _forms(keyword: str, said: str) -> Iterator[str]:
    if not said.startswith("only "):
        yield keyword
    yield from filter(None, (form.strip() for form in said.removeprefix("only ").split(",")))


class Texts:
    """Papers as rows of words between blanks, in which a form is looked for as it is written."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._as_written = [_row(f"{paper.title} | {paper.abstract}") for paper in papers]
        self._small = [row.lower() for row in self._as_written]

    def with_form(self, form: str) -> int:
        """Return the papers that have a form, as bits; in any case if it has no capital."""
        row = _row(form)
        rows = self._small if row == row.lower() else self._as_written
        return sum(1 << place for place, text in enumerate(rows) if row in text)


def _row(text: str) -> str:
    return f" {' '.join(_WORD.findall(text))} "
