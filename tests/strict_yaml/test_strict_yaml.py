from __future__ import annotations

from typing import ClassVar

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from digest.strict_yaml import MOST_COMPLAINTS, Caps, load
from digest.strict_yaml.document import scalar

from ..hostile import ANY
from ..hostile_yaml import HOSTILE

CAPS = Caps(size=16 * 1024, nodes=1500, scalar=2000)

#: text → what it means; the comment says what YAML 1.1 makes of it
SCALARS = [
    ("", None),
    ("~", None),
    ("null", None),
    ("true", True),
    ("False", False),
    ("no", "no"),  # False
    ("on", "on"),  # True
    ("7:00", "7:00"),  # 420
    ("1_000", "1_000"),  # 1000
    ("012", "012"),  # 10
    ("0x1F", "0x1F"),  # 31
    ("2024-03-12", "2024-03-12"),  # a date
    ("=", "="),  # an error
    (".inf", ".inf"),  # infinity
    ("1e999", "1e999"),  # infinity
    ("9" * 19, "9" * 19),  # a number that JSON readers get wrong
    ("0", 0),
    ("-12", -12),
    ("1.50", 1.5),
    ("-.5", -0.5),
    ("1e5", 1e5),
    ("1.", 1.0),
    ("1.2.3", "1.2.3"),
    ("e5", "e5"),
    (".", "."),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_only_null_truth_and_numbers_are_not_text(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_what_is_quoted_stays_text() -> None:
    assert load('["3", \'true\', "null"]', CAPS).data == ["3", "true", "null"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_with_few_complaints(name: str) -> None:
    text, _ = HOSTILE[name]
    document = load(text, CAPS)
    assert len(document.complaints) <= MOST_COMPLAINTS


def test_a_nest_is_refused_before_the_scanner_has_looked_far_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []
    scan = yaml.SafeLoader.fetch_flow_collection_start
    monkeypatch.setattr(
        yaml.SafeLoader,
        "fetch_flow_collection_start",
        lambda loader, token: (opened.append(token), scan(loader, token)),
    )
    load("[" * 16_000, CAPS)
    assert len(opened) <= 7


def test_every_key_and_value_has_its_place() -> None:
    document = load("a: 1\nb:\n  - x\n  - {c: y}\n", CAPS)
    assert document.place(("a",)) == (1, 4)
    assert document.place(("b", 0)) == (3, 5)
    assert document.key_place(("b", 1, "c")) == (4, 6)
    assert document.place(("b", 1, "c")) == (4, 9)


def test_a_path_that_leads_nowhere_ends_at_the_last_place_it_reaches() -> None:
    document = load("a:\n  b: text\n", CAPS)
    assert document.place(("a", "missing")) == (2, 3)
    assert document.place(("a", "b", "inside", 3)) == (2, 6)


def test_the_second_of_two_equal_keys_is_dropped_with_its_places() -> None:
    document = load("a: {b: 1}\na: {b: 2}\n", CAPS)
    assert document.data == {"a": {"b": 1}}
    assert document.place(("a", "b")) == (1, 8)
    assert [str(each) for each in document.complaints] == [
        "2:1: a stands here twice, first in line 1 (keep one of them)"
    ]


#: the text, the offset into the value of its only item, where that character stands
OFFSETS = [
    ("- abc def", 4, (1, 7)),
    ("- 'it''s so'", 5, (1, 10)),
    ('- "caf\\u00e9 bar"', 5, (1, 14)),
    ('- "a\\"b c"', 4, (1, 9)),
    ("- abc\n  def ghi", 8, (2, 7)),
    ("- abc\n\n  def", 4, (3, 3)),
    ('- "abc\n   def"', 4, (2, 4)),
    ('- "abc\\\n   def"', 3, (2, 4)),
    ("- |\n  abc\n  def\n", 4, (3, 3)),
    ("- >-\n  abc\n  def\n", 5, (3, 4)),
    ("- abc", 3, (1, 6)),
    ("- 'abc'", 99, (1, 7)),
]


@pytest.mark.parametrize(("text", "offset", "place"), OFFSETS)
def test_a_character_of_a_value_is_found_in_the_file(
    text: str, offset: int, place: tuple[int, int]
) -> None:
    assert load(text, CAPS).place((0,), offset) == place


@given(st.text("ab 'é\"\\\n", min_size=1), st.data())
def test_a_character_of_a_quoted_value_is_the_one_that_is_found(
    text: str, data: st.DataObject
) -> None:
    source = "- '" + text.replace("\n", " ").replace("'", "''") + "'"
    document = load(source, CAPS)
    offset = data.draw(st.integers(0, len(document.data[0]) - 1))
    line, column = document.place((0,), offset)
    assert (line, source[column - 1]) == (1, document.data[0][offset])


@given(st.text(ANY, max_size=300))
def test_any_text_is_read_or_refused_with_a_place_in_it(text: str) -> None:
    document = load(text, CAPS)
    lines = len(text.splitlines()) + 1
    assert all(1 <= each.line <= lines and each.column >= 1 for each in document.complaints)


yaml_like = st.text("ab:-#[]{}&*!|>'\"%@?,\n \t~1.<é\x07\ud800", max_size=200)


@given(yaml_like)
def test_what_is_accepted_is_what_any_yaml_parser_finds(text: str) -> None:
    document = load(text, CAPS)
    if document.complaints:
        return

    class Plain(yaml.SafeLoader):
        yaml_implicit_resolvers: ClassVar[dict[str, list[object]]] = {}

    def as_text(value: object) -> object:
        if isinstance(value, dict):
            return {key: as_text(each) for key, each in value.items()}
        return [as_text(each) for each in value] if isinstance(value, list) else str(value)

    def unresolved(value: object, loc: tuple[str | int, ...] = ()) -> object:
        if isinstance(value, dict):
            return {key: unresolved(each, (*loc, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [unresolved(each, (*loc, place)) for place, each in enumerate(value)]
        return document.written(loc) if document.nodes else str(value)

    assert unresolved(document.data) == as_text(yaml.load(text, Plain))
