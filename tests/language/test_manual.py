"""The manual's account of the keyword language, held to what the program does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from digest.language import FIELDS, parse_clause
from digest.language.grammar import GRAMMAR
from digest.match import PaperIndex
from digest.model import Paper
from digest.profiles import lint

DOCS = Path(__file__).parents[2] / "docs"
INTRODUCTION = (DOCS / "profiles.md").read_text("utf-8")
MANUAL = (DOCS / "profile-file.md").read_text("utf-8")


def rows(heading: str, text: str = MANUAL) -> Iterator[list[str]]:
    """Give the cells of the table under a heading, without its own two first lines."""
    section = re.split(rf"^##+ {heading}\n", text, flags=re.M)[1].split("\n##")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def matches(item: str, paper: Paper) -> bool:
    return bool(PaperIndex([paper]).bits(parse_clause(item.strip("`")))[0])


def test_the_examples_find_what_the_manual_says() -> None:
    table = list(rows("Twenty examples", INTRODUCTION))
    further = list(rows("Further examples"))

    assert (len(table), len(further)) == (20, 18)
    for item, found, not_found in (*table, *further):
        assert matches(item, Paper(key="", title=found)), item
        assert not matches(item, Paper(key="", title=not_found)), item


#: what the introduction says in its sentences: an item, what it finds, what it does not
SAID = """
    heart failure: heart failure: a heart, a failure; mitochondrion: mitochondria: x;
    divide: divided: division; criterion: criteria: critical; tumour: tumor: x;
    oestrogen: estrogen: x; Schrödinger: Schroedinger: x; X-ray: xray: x;
    local: local: localization; gene: genes: genetic; staining: staining: stained;
    stain: staining: stair;
    screening: screenings: a screen; modeling: modelling: models; PET: PET: a pet;
    AIDS: AIDS: hearing aids; WHO: WHO: who; mri: MRI: x; tumor OR lesion: a lesion: x;
    biopsy AND lung: a lung, by biopsy: a lung; cortex AND NOT mouse: cortex: cortex of a mouse;
    immun*: immunity: x; robust~: robustness: rubber; "dark matter halo": dark matter halo: dark
    matter halos; =Wnt: Wnt: WNT; "stem cell": stem cell: stem cells;
    (lung OR liver) AND biopsy: liver biopsy: biopsy
"""


def test_the_sentences_of_the_introduction_are_true() -> None:
    for entry in " ".join(SAID.split()).split("; "):
        item, found, not_found = entry.split(": ")
        assert item.split()[0].strip('("') in INTRODUCTION
        assert matches(item, Paper(key="", title=found)), item
        assert not matches(item, Paper(key="", title=not_found)), item


def test_the_introduction_is_read_in_five_minutes_and_its_profiles_are_good() -> None:
    profiles = re.findall(r"```yaml\n(.*?)```", INTRODUCTION, re.S)

    assert len(INTRODUCTION.split()) <= 1_200
    assert len(profiles) == 2
    for text in profiles:
        assert lint(text, "mine.yaml") == []
    for item, *_ in (row[::-1] for row in rows("When you want more, or less", INTRODUCTION)):
        assert lint(f"any: ['{item.strip('`')}']", "mine.yaml") == [], item


def test_the_habits_from_elsewhere_are_read_as_the_manual_says() -> None:
    for _, foreign, ours in rows("Habits from elsewhere"):
        assert parse_clause(foreign.strip("`")) == parse_clause(ours.strip("`")), foreign


def test_the_people_are_found_under_each_of_their_names() -> None:
    for item, names in rows("People, categories, listings"):
        for name in names.split(";"):
            assert matches(item, Paper(key="", title="", authors=(name.strip(),))), (item, name)


def test_the_manual_shows_the_grammar_itself() -> None:
    assert f"```lark\n{GRAMMAR.strip()}\n```" in MANUAL


def test_the_manual_names_every_field() -> None:
    language = MANUAL.split("## The keyword language")[1].split("### Habits from elsewhere")[0]

    assert [
        name for name in FIELDS if f"`{name}`" not in language and f"`{name}:" not in language
    ] == []
