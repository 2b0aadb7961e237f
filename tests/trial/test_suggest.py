"""Terms for a profile, learned from papers that were liked or not wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from digest.model import Arrival, Change, ChangeKind, Paper
from digest.profiles import parse
from digest.trial.backtest import PastDays
from digest.trial.suggest import MAX_SUGGESTIONS, Suggestion, _distinct, suggest

DAY = date(2026, 3, 2)


def paper(number: int, title: str) -> Paper:
    return Paper(key=f"arxiv:{number}", title=title)


def days_of(papers: Sequence[Paper]) -> PastDays:
    """Those papers and two hundred on other matters, all of one day."""
    others = [paper(1000 + n, f"Matter {n} of the archive") for n in range(200)]
    came = [(DAY, Arrival(Change(ChangeKind.NEW, each), "daily", 1)) for each in (*papers, *others)]
    return PastDays([DAY], [DAY], came)


def terms(text: str, papers: Sequence[Paper], liked: Sequence[Paper], part: str) -> list[str]:
    found = suggest(parse(text, "x.yaml"), days_of(papers), liked, ())
    return [each.term for each in found if each.part == part]


PAPERS = [
    paper(1, "Glow worms by night"),
    paper(2, "Glow worms by day"),
    paper(3, "Moss in a forest of glow worms"),
    paper(4, "A forest without end"),
]


def test_papers_that_were_missed_name_the_terms() -> None:
    assert "glow worms" in terms("any: [moss]\n", PAPERS, PAPERS[:3], "any")


def test_where_none_was_missed_a_term_must_bring_further_papers() -> None:
    found = terms("any: ['glow worms']\n", PAPERS, PAPERS[:3], "any")

    assert "forest" in found
    assert not {"glow", "worms", "glow worms"} & set(found)


def test_a_paper_that_was_liked_and_saved_counts_once() -> None:
    once = suggest(parse("any: [moss]\n", "x.yaml"), days_of(PAPERS), PAPERS[:2], ())
    twice = suggest(parse("any: [moss]\n", "x.yaml"), days_of(PAPERS), PAPERS[:2] * 2, ())

    assert once == twice != []


def suggestion(term: str, *numbers: int) -> Suggestion:
    papers = tuple(paper(number, "x") for number in numbers)
    return Suggestion(part="any", term=term, width=1, share=0.1, papers=papers, beside=0)


def test_a_term_like_better_ones_must_have_a_paper_that_none_of_them_has() -> None:
    first, second = suggestion("glow worms", 1), suggestion("night worms", 2)

    assert _distinct([first, second, suggestion("worms", 1, 2)]) == [first, second]
    assert len(_distinct([first, second, suggestion("worms", 1, 2, 3)])) == 3
    assert len(_distinct([first, second, suggestion("forest", 1, 2)])) == 3


def test_only_so_many_terms_are_suggested() -> None:
    several = [suggestion(f"term{number}", 1) for number in range(20)]

    assert _distinct(several) == several[:MAX_SUGGESTIONS]
    assert MAX_SUGGESTIONS == 8
