"""Terms for a profile, learned from papers that were liked or not wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from digest.errors import DigestError
from digest.model import Arrival, Change, ChangeKind, Paper
from digest.profiles import parse
from digest.trial.backtest import PastDays
from digest.trial.references import cited_in
from digest.trial.suggest import MAX_SUGGESTIONS, Suggestion, _distinct, suggest
from digest.trial.terms import candidates

DAY = date(2026, 3, 2)


def paper(number: int, title: str) -> Paper:
    return Paper(key=f"arxiv:{number}", title=title)


def days_of(papers: Sequence[Paper]) -> PastDays:
    """Those papers and two hundred on other matters, all of one day."""
    others = [paper(1000 + n, f"Matter {n} of the archive") for n in range(200)]
    came = [(DAY, Arrival(Change(ChangeKind.NEW, each), "daily", 1)) for each in (*papers, *others)]
    return PastDays.of([DAY], [DAY], came)


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


LIBRARY = [
    paper(1, "KV cache compression with 3D layouts"),
    paper(2, "Compressing a KV cache"),
    paper(3, "KV caches, and CT scans of lungs"),
    paper(4, "A CT scan in the loop: graph-based RL"),
    paper(5, "CT-scan denoising, the RL way"),
    paper(6, "ON MIXTURE OF EXPERTS IN US HOSPITALS"),
    paper(7, "A mixture of experts for 3D objects"),
]


def test_a_term_is_named_once_whatever_its_form_and_never_a_part_of_it() -> None:
    found = candidates(LIBRARY, 100)

    assert {"KV cache", "mixture of experts", "RL", "3D"} <= set(found)
    assert "KV caches" not in found
    assert len({"CT scan", "CT scans", "CT-scan"} & set(found)) == 1
    assert not {"KV", "cache", "scan", "mixture", "experts", "US", "us"} & set(found)
    assert not {term for term in found if {"in", "a", "the", "based"} & {*term.split()[-1:]}}
    assert not {term for term in found if {"with", "by", "way the"} & {*term.split()}}


def test_terms_of_a_library_are_grouped_by_their_papers() -> None:
    found = suggest(parse("any: [moss]\n", "x.yaml"), days_of(LIBRARY), LIBRARY, ())
    groups = [each.group for each in found]

    assert groups == sorted(groups, key=groups.index)
    assert {each.term: each.group for each in found}["KV cache"] == "KV cache"
    assert all(each.document()["group"] in {other.term for other in found} for each in found)


def test_a_library_may_be_of_csl_json() -> None:
    (known,) = cited_in(
        '[{"title": "Glow <i>worms</i>", "abstract": "By night.", "DOI": "10.1000/182",'
        ' "author": [{"family": "Berg", "given": "Jo"}, {"literal": "X"}]}, {"type": "note"}, 3]',
        "x.json",
    )

    assert (known.key, known.authors) == ("doi:10.1000/182", ("Jo Berg",))
    assert cited_in("@misc{a, title={Moss}}", "x.bib")[0].title == "Moss"
    for broken in ("[1,", "[" * 100_000):
        with pytest.raises(DigestError, match=r"^x\.json:\d+:\d+: not JSON"):
            cited_in(broken, "x.json")


def test_only_so_many_terms_are_suggested() -> None:
    several = [suggestion(f"term{number}", 1) for number in range(20)]

    assert _distinct(several) == several[:MAX_SUGGESTIONS]
    assert MAX_SUGGESTIONS == 8
