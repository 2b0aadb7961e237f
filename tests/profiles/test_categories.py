"""Which categories there are, and which is meant by words that people write for one."""

from __future__ import annotations

from digest.profiles.categories import (
    doubts,
    doubts_of,
    found_by,
    is_category,
    subjects_by,
    title_of,
)

from ..tables import table


@table(
    ("name", "is_one"),
    [
        ("cs.LG", True),
        ("CS.lg", True),
        ("q-bio.*", True),
        ("quant-ph", True),
        ("quant-ph.*", False),
        ("cs", False),
        ("cs.XX", False),
        ("", False),
    ],
)
def test_a_category_is_known_however_it_is_written(name: str, *, is_one: bool) -> None:
    assert is_category(name) is is_one


def test_a_category_has_arxivs_name() -> None:
    codes = ("cs.LG", "math.CA", "gr-qc", "cs")

    assert [*map(title_of, codes)] == [
        "Machine Learning", "Classical Analysis and ODEs",
        "General Relativity and Quantum Cosmology", "",
    ]  # fmt: skip


@table(
    ("words", "found"),
    [
        ("cs.cl", ["cs.CL"]),
        (" Cs.LG ", ["cs.LG"]),
        ("nlp", ["cs.CL"]),
        ("quant-ph", ["quant-ph"]),
        ("cs", ["cs"]),
        ("q-bio.*", ["q-bio"]),
        ("astrophysics", ["astro-ph"]),
        ("Biology", ["q-bio"]),
        ("number theory", ["math.NT"]),
        ("Theory  numbers", ["math.NT"]),
        ("finance science", ["cs.CE"]),
        ("language", ["cs.CL", "cs.FL", "cs.PL"]),
        ("mathematical physics", ["math-ph", "math.MP"]),
        ("superconductivty", ["cond-mat.supr-con"]),
        ("machne learning", ["cs.LG", "stat.ML"]),
        ("computer visoin", ["cs.CV"]),
        ("dataxxxes", []),
        ("sorcery", []),
        ("", []),
    ],
)
def test_a_category_is_found_by_words(words: str, found: list[str]) -> None:
    assert found_by(words) == found


@table(
    ("words", "found"),
    [
        ("genomics", ["genomics"]),
        ("Plant  Biology", ["plant biology"]),
        ("cancer", ["cancer biology"]),
        ("health policies", ["health policy"]),
        ("economic health", ["health economics"]),
        ("plants", ["plant biology"]),
        ("neurosience", ["neuroscience"]),
        ("neurosxxxce", []),
        ("", []),
    ],
)
def test_a_subject_is_found_by_words(words: str, found: list[str]) -> None:
    assert subjects_by(words) == found


@table(
    ("kind", "categories", "said"),
    [
        ("arxiv", ["cs.LG", "all", "cs.LG+stat.ML", "cs.LG quant-ph"], []),
        ("arxiv", ["cs.LG cs.XX"], [("cs.XX", "")]),
        ("arxiv", ["cs.XX+cs.LG", "zzz"], [("cs.XX", ""), ("zzz", "")]),
        ("arxiv", ["machine learning"], [("machine learning", "cs.LG or stat.ML")]),
        ("arxiv", ["cs.LG+machine"], [("machine", "cs.LG or stat.ML")]),
        ("arxiv", ["theory"], [("theory", "cs.FL or cs.GT or cs.IT")]),
        ("arxiv", ["z" * 41], [("z" * 40, "")]),
        ("biorxiv", ["plant_biology", "Plant  Biology", "all"], []),
        ("medrxiv", ["cancers+cells"], [("cancers+cells", "")]),
        ("biorxiv", ["cancers"], [("cancers", "cancer biology")]),
        ("feed", ["zzz"], []),
    ],
)
def test_a_listing_names_categories_that_its_source_has(
    kind: str, categories: list[str], said: list[tuple[str, str]]
) -> None:
    assert list(doubts_of(kind, {"categories": categories})) == [
        (f"{kind} has no category {name} that is known here", f"did you mean {near}?" * bool(near))
        for name, near in said
    ]
    assert list(doubts_of(kind, {})) == []


@table(
    ("pattern", "hint"),
    [
        ("cs.LG", None),
        ("cs.l*", None),
        ("genomics", None),
        ("Plant  Biology", None),
        ("machine learning", "write category:cs.LG or category:stat.ML"),
        ("machine learnin", "write category:cs.LG or category:stat.ML"),
        ("cs", "write category:cs.* for all of it"),
        ("cs.LG, cs.CV", "write category:(cs.LG OR cs.CV)"),
        ("cs.lg zzz", "write category:cs.* for all of cs"),
        ("cslg", "write category:cs.LG"),
        ("NLP", "write category:cs.CL"),
        ("x.CO", "did you mean astro-ph.CO or math.CO or stat.CO?"),
        ("math.LG", "did you mean cs.LG?"),
        ("cs.XX", "write category:cs.* for all of cs"),
        ("hep-th.AB", "did you mean hep-th?"),
        ("csxCV", "did you mean cs.CV?"),
        ("z" * 41, ""),
    ],
)
def test_a_pattern_that_no_category_fits_is_doubted(pattern: str, hint: str | None) -> None:
    message = f"arXiv, bioRxiv and medRxiv have no category {pattern[:40]}"

    assert list(doubts(pattern)) == ([] if hint is None else [(message, hint)])


@table("pattern", ["*", "*.*", "...", ""])
def test_a_pattern_that_every_category_fits_is_doubted(pattern: str) -> None:
    said = f"category:{pattern} matches every paper"

    assert list(doubts(pattern)) == [(said, "leave it out")]
