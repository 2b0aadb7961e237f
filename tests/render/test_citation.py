"""Papers for reference managers: what is written comes back, whoever reads it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from digest.model import Paper
from digest.render.bibtex import bibtex
from digest.render.citation import PersonName, citations, name
from digest.render.coins import citation_tags, coins
from digest.render.csl import csl
from digest.render.ris import ris
from digest.render.sanitize import shown

from .. import golden_issues, hostile
from ..factories import paper

bibtexparser = pytest.importorskip("bibtexparser", minversion="2", reason="no bibtexparser 2")

ODD = Paper(
    key="doi:10.1101/2025.01.02.631000",
    aliases=("arxiv:2503.90001",),
    title="α-Calibration of 100% {Small} Models: Cost_1 & $5 #1 ~ ^",
    abstract="We {brace} and \\slash; 50% of x_i.",
    authors=("Đặng Thị Hương", "Żółć, Michał", "Ana de la Vega", "ATLAS Collaboration", "王小明"),
    author_count=9,
    categories=("q-bio.QM",),
    url="https://example.org/a_b?c=%20d&e",
    links={"pdf": "https://example.org/a.pdf"},
    published=date(2025, 1, 2),
    comment="12 pages",
)


def parsed(text: str) -> list[dict[str, str]]:
    """What an independent reader finds in BibTeX; every entry must be sound."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert not library.comments
    return [
        {"key": entry.key, **{field.key: field.value for field in entry.fields}}
        for entry in library.entries
    ]


def unicode(tex: str) -> str:
    """As TeX sets it; three macros of its standard fonts are not in pylatexenc's list."""
    for macro, sign in (("braceleft", "\\{"), ("braceright", "\\}"), ("asciicircum", "\u2303")):
        tex = tex.replace(f"\\text{macro}{{}}", sign)
    return str(LatexNodes2Text().latex_to_text(tex)).replace("\u2303", "^")


def test_bibtex_says_everything_and_it_comes_back() -> None:
    (entry,) = parsed(bibtex([ODD]))
    assert entry["key"] == "huong2025calibration"
    assert unicode(entry["title"]) == ODD.title
    assert unicode(entry["abstract"]) == ODD.abstract
    assert unicode(entry["author"]) == (
        "Hương, Đặng Thị and Żółć, Michał and de la Vega, Ana and ATLAS Collaboration and 王小明"
        " and others"
    )
    assert entry["author"].endswith("{ATLAS Collaboration} and {王小明} and others")
    assert (entry["eprint"], entry["archiveprefix"]) == ("2503.90001", "arXiv")
    assert entry["doi"] == "10.1101/2025.01.02.631000"
    assert entry["url"] == ODD.url
    assert (entry["year"], entry["month"]) == ("2025", "jan")
    assert entry["note"] == "12 pages"


def test_a_bare_paper_is_a_sound_entry() -> None:
    (entry,) = parsed(bibtex([Paper(key="title:x", title="X")]))
    assert entry == {"key": "x", "title": "{X}"}
    assert bibtex([]) == ""


@given(st.lists(st.text(st.characters(codec=None), max_size=80), min_size=1, max_size=6))
def test_no_text_breaks_bibtex(texts: list[str]) -> None:
    papers = [
        Paper(key=f"x:{n}", title=text, abstract=text, authors=(text, text), comment=text)
        for n, text in enumerate(texts)
    ]
    entries = parsed(bibtex(papers))
    assert len(entries) == len({entry["key"] for entry in entries}) == len(texts)
    assert all(re.fullmatch(r"[a-z0-9]+", entry["key"]) for entry in entries)


def test_hostile_texts_break_no_format() -> None:
    papers = [
        replace(ODD, key=f"x:{n}", aliases=(), title=text, abstract=text, authors=(text,), url=text)
        for n, text in enumerate(hostile.TEXTS)
    ]
    assert len(parsed(bibtex(papers))) == len(papers)
    assert len(json.loads(csl(papers))) == len(papers)
    assert ris(papers).count("\r\nER  - \r\n") == len(papers)
    for citation in citations(papers):
        assert parse_qs(coins(citation))["ctx_ver"] == ["Z39.88-2004"]


def test_keys_are_unique_and_stay_what_they_are() -> None:
    papers = [replace(ODD, key=f"x:{n}") for n in range(30)]
    keys = [citation.key for citation in citations(papers)]
    assert len(set(keys)) == 30
    assert keys[:3] == [f"huong2025calibration{tail}" for tail in ("", "b", "c")]
    assert keys == [citation.key for citation in citations(papers)]


def test_a_paper_in_two_sections_is_cited_once() -> None:
    assert len(citations([ODD, ODD])) == 1


@pytest.mark.parametrize(
    ("written", "family", "given"),
    [
        ("Ada Quill", "Quill", "Ada"),
        ("Quill, Ada", "Quill", "Ada"),
        ("A. B. Quill", "Quill", "A. B."),
        ("Laurens van der Maaten", "van der Maaten", "Laurens"),
        ("van der Maaten, Laurens", "van der Maaten", "Laurens"),
        ("Sammy Quill Jr.", "Quill Jr.", "Sammy"),
        ("Sammy Quill, Jr.", "Quill Jr.", "Sammy"),
        ("Quill", "Quill", ""),
        ("王小明", "王小明", ""),
        ("ATLAS Collaboration", "ATLAS Collaboration", ""),
        ("Qwen TEAM", "Qwen TEAM", ""),
        ("Ai Sato", "Ai Sato", ""),
        ("De Winter", "Winter", "De"),
        ("José  María\nOrtega", "Ortega", "José María"),
    ],
)
def test_names_are_parted(written: str, family: str, given: str) -> None:
    assert name(written) == PersonName(family, given)


def test_ris_has_every_author_and_identifier() -> None:
    lines = ris([ODD]).split("\r\n")
    assert lines[0] == "TY  - UNPB"
    assert [line[6:] for line in lines if line.startswith("AU")] == [
        "Hương, Đặng Thị",
        "Żółć, Michał",
        "de la Vega, Ana",
        "ATLAS Collaboration",
        "王小明",
    ]
    assert "DO  - 10.1101/2025.01.02.631000" in lines
    assert "AN  - arXiv:2503.90001" in lines
    assert "DA  - 2025/01/02/" in lines
    assert lines[-2:] == ["ER  - ", ""]
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-1])


def test_csl_is_json_with_parted_names_and_a_date() -> None:
    (item,) = json.loads(csl([ODD]))
    assert item["author"][0] == {"family": "Hương", "given": "Đặng Thị"}
    assert item["author"][3] == {"literal": "ATLAS Collaboration"}
    assert item["issued"] == {"date-parts": [[2025, 1, 2]]}
    assert item["DOI"] == "10.1101/2025.01.02.631000"
    assert item["URL"] == ODD.url
    assert item["title"] == ODD.title


def test_a_paper_of_arxiv_has_the_doi_that_arxiv_gives_it() -> None:
    (citation,) = citations([replace(ODD, key="arxiv:quant-ph/0201082", aliases=())])
    assert citation.doi == "10.48550/arXiv.quant-ph/0201082"


def test_pages_tell_reference_managers() -> None:
    (citation,) = citations([ODD])
    told: dict[str, Any] = parse_qs(coins(citation))
    assert told["rft.atitle"] == [ODD.title]
    assert len(told["rft.au"]) == 5
    assert told["rft_id"] == ["info:doi/10.1101/2025.01.02.631000", ODD.url]
    tags = list(citation_tags(citation))
    assert ("citation_title", ODD.title) in tags
    assert ("citation_publication_date", "2025/01/02") in tags
    assert sum(tag == "citation_author" for tag, _ in tags) == 5


@given(st.lists(st.sampled_from([*"aZ0%+ &;/:,~_.-é第<>'", '"', "\U0001f600"])).map("".join))
def test_coins_are_quoted_as_a_form_is(title: str) -> None:
    made = citations([replace(paper(1), title=f"x{title}")])[0]

    assert parse_qs(coins(made), strict_parsing=True)["rft.atitle"] == [made.title]
    assert f"rft.atitle={quote_plus(made.title)}&" in coins(made)


def test_an_issue_cites_what_it_shows() -> None:
    issue = golden_issues.busy_day()
    entries = parsed(bibtex(issue.papers))
    assert [unicode(entry["title"]) for entry in entries] == [
        shown(paper.title) for paper in {paper.key: paper for paper in issue.papers}.values()
    ]
