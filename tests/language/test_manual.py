"""The manual's account of the keyword language, held to what the program does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from digest.language import FIELDS, parse_clause
from digest.language.grammar import GRAMMAR
from digest.match import PaperIndex
from digest.model import Paper

MANUAL = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text("utf-8")


def rows(heading: str) -> Iterator[list[str]]:
    """Give the cells of the table under a heading, without its own two first lines."""
    section = MANUAL.split(f"### {heading}\n")[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def matches(item: str, paper: Paper) -> bool:
    return bool(PaperIndex([paper]).bits(parse_clause(item.strip("`")))[0])


def test_the_examples_find_what_the_manual_says() -> None:
    table = list(rows("Twenty examples"))

    assert len(table) == 20
    for item, found, not_found in table:
        assert matches(item, Paper(key="", title=found)), item
        assert not matches(item, Paper(key="", title=not_found)), item


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
    language = MANUAL.split("## The keyword language")[1].split("### Twenty examples")[0]

    assert [
        name for name in FIELDS if f"`{name}`" not in language and f"`{name}:" not in language
    ] == []
