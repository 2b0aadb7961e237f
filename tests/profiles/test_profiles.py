from __future__ import annotations

import re
import subprocess
import sys
from datetime import time
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.model import ChangeKind, Schedule
from digest.profiles import READING, SCHEMA_LINE, lint, loaded, parse, read, schema, slug_of
from digest.profiles.lint import Doubt

from ..hostile import ANY
from ..hostile_yaml import HOSTILE
from ..tables import table

DATA = Path(__file__).parents[1] / "data" / "profiles"
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "profile-file.md"
GOOD = sorted((DATA / "good").glob("*.yaml"))
BAD = sorted((DATA / "bad").glob("*.yaml"))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_profile_causes_the_complaints_in_its_first_comment(file: Path) -> None:
    text = file.read_text()
    # An expectation that ends in … leaves the words to the keyword language.
    expected = re.findall(r"^# (\d+:\d+: .*)$", text, re.M)
    found = [str(complaint) for complaint in lint(text, file.name)]
    assert len(found) == len(expected)
    for complaint, words in zip(found, expected, strict=True):
        assert complaint.startswith(words[:-1]) if words.endswith(": …") else complaint == words
    with pytest.raises(ProfileError) as error:
        parse(text, "reader.yaml")
    assert str(error.value) == "\n".join(f"reader.yaml:{complaint}" for complaint in found)


def test_seven_mistakes_give_seven_lines() -> None:
    text = (DATA / "bad" / "seven-mistakes.yaml").read_text()
    with pytest.raises(ProfileError) as error:
        parse(text, "seven-mistakes.yaml")
    assert len(str(error.value).splitlines()) == 7


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_profile_gives_no_complaint(file: Path) -> None:
    assert lint(file.read_text(), file.name) == []


def test_a_profile_is_read_as_it_is_written() -> None:
    profile = parse((DATA / "good" / "efficient-training.yaml").read_text(), "a/b.yaml")
    assert profile.slug == "efficient-training"
    assert profile.title == "Efficient training"
    assert profile.listings == ("daily-papers", "arxiv-cs")
    assert [(clause.label, clause.weight) for clause in profile.query.wanted] == [
        ("mixture of experts", 1),
        ("quantiz*", 1),
        ("=RAG", 1),
        ("=MoE", 1),
        ("Sparsity", 2),
        ("Dan Alistarh", 1),
        ("Alistarh, D.", 1),
    ]
    assert profile.query.required == ()
    assert [clause.text for clause in profile.query.excluded] == ["survey", "category:q-bio.*"]
    assert profile.schedule == Schedule(time(7, 30), "Europe/Berlin", frozenset(range(5)))
    assert profile.path == "a/b.yaml"


def test_what_yaml_takes_for_something_else_is_the_text_that_was_written() -> None:
    text = (DATA / "good" / "text-stays-text.yaml").read_text()
    profile = parse(text.replace('"', ""), "text-stays-text.yaml")
    assert profile == parse(text, "text-stays-text.yaml")
    assert ", ".join(clause.text for clause in profile.query.wanted) == (
        "no, on, 3, 1.50, true, null, 2024-03-12, 012, 1_000, 0x1F, 7:00, 1e5, category:q-bio.*"
    )
    assert profile.title == "2025"
    assert profile.query.excluded[0].label == "sparse AND vision"
    assert profile.schedule == Schedule(time(7, 30), "UTC", frozenset(range(6)))


#: What YAML may write in several ways, and take for something else.
WRITTEN = """\
profile: sample
title: >-
  folded
  text
minimum: 1
limit: 30
at_most: {daily: 3, arxiv-cs: 10}
changes: [new, revised]
any:
  - plain words  # and a comment
  - "title:\\"in quotes\\""
  - {query: 'it''s', weight: 3, label: 1.50, without: [no, 012]}
  - 2024-03-12
  - no
all: [1_000 OR 1e5, "\\u00e9t\\xe9"]
none:
  - |
    a text
    of lines
authors: [Dan Alistarh]
schedule: {at: 7:00, days: [mon, fri]}
quiet:
"""
#: What these texts, and the good ones, are read as, by the number of the form in which it is kept.
READINGS = {1: "ed53600ac15d6139"}


def test_what_is_kept_of_a_text_has_another_number_when_it_is_read_otherwise() -> None:
    texts = [WRITTEN, *(file.read_text(encoding="utf-8") for file in GOOD)]
    kept = "\n".join(read(text, "r.yaml").compiled for text in texts)
    message = "raise READING, and write the new hash under the new number"
    assert blake2b(kept.encode(), digest_size=8).hexdigest() == READINGS.get(READING), message
    for text in texts:
        assert_compiled_is_the_same(text, "r.yaml")


def test_the_least_profile_is_one_line() -> None:
    profile = parse("any: [sparse attention]", "Sparse & Co.yaml")
    assert profile.slug == "sparse-co"
    assert profile.title == "Sparse co"
    assert profile.limit == 20
    assert profile.changes == {ChangeKind.NEW, ChangeKind.CROSS}
    assert profile.schedule is None


@pytest.mark.parametrize("text", ["authors: [Dan Alistarh]", "all: [sparse]"])
def test_authors_or_all_alone_are_enough(text: str) -> None:
    parse(text, "reader.yaml")


def test_one_address_needs_no_list() -> None:
    assert parse("to: Reader@Example.ORG\nany: [a]", "r.yaml").to == ("Reader@example.org",)
    assert parse("to: [a@example.org, b@example.org]\nany: [a]", "r.yaml").to == (
        "a@example.org",
        "b@example.org",
    )


def test_a_schedule_without_a_zone_is_in_the_operators() -> None:
    profile = parse("any: [a]\nschedule: {days: sun}", "r.yaml", timezone="Asia/Tokyo")
    assert profile.schedule == Schedule(time(7, 30), "Asia/Tokyo", frozenset({6}))


def test_a_listing_that_does_not_exist_is_refused_where_the_names_are_known() -> None:
    text = "any: [a]\nlistings: [arxiv-cs, daily-paper]"
    assert parse(text, "r.yaml").listings == ("arxiv-cs", "daily-paper")
    with pytest.raises(ProfileError) as error:
        parse(text, "r.yaml", listings=["arxiv-cs", "daily-papers"])
    assert str(error.value) == (
        "r.yaml:2:22: unknown listing daily-paper (did you mean daily-papers?)"
    )


def test_a_name_that_gives_no_slug_needs_a_key() -> None:
    with pytest.raises(ProfileError, match="yaml:1:1: profile is missing"):
        parse("any: [a]", "论文.yaml")
    with pytest.raises(ProfileError, match="yaml:1:1: profile is missing"):
        parse("any: [a]\nprofile:", "论文.yaml")
    assert parse("any: [a]\nprofile: papers", "论文.yaml").slug == "papers"


@pytest.mark.parametrize("zone", ["Europe", "../../etc/passwd", "/etc/localtime", "\u00fc"])
def test_a_zone_that_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(ProfileError, match="unknown time zone"):
        parse(f"any: [a]\nschedule: {{timezone: '{zone}'}}", "r.yaml")


@pytest.mark.parametrize("item", ["=RAG", "title:(a OR b)", "category:q-bio.*", "/a+b/", "C++"])
def test_the_language_needs_quotes_only_where_yaml_does(item: str) -> None:
    bare, quoted = (parse(f"any:\n- {each}", "r.yaml").query for each in (item, f"'{item}'"))
    assert bare == quoted


#: a profile and the warnings about it
DOUBTS = [
    ("any: [a b, c, a b]", ["1:15: warning: the same as a b further up (remove one of the two)"]),
    (
        "authors: [D. Alistarh, D. Alistarh]",
        ["1:24: warning: the same as D. Alistarh further up (remove one of the two)"],
    ),
    (
        "any: [graph networks, Graph-Network, '\"graph network\"', net*, net]",
        ["1:23: warning: the same as graph networks further up (remove one of the two)"],
    ),
    (
        "any: [x, surveys]\nnone: [survey]",
        ["1:10: warning: can never match: none excludes the same (remove one of the two)"],
    ),
    (
        "any: [x, b]\nnone: [b]",
        ["1:10: warning: can never match: none excludes the same (remove one of the two)"],
    ),
    (
        "all: [b]\nnone: [b]",
        ["1:7: warning: can never match: none excludes the same (remove one of the two)"],
    ),
    (
        "any: [x, b]\nall: [b]",
        ["1:10: warning: narrows nothing down: all asks for the same (remove one of the two)"],
    ),
    (
        "any: [{query: x AND NOT x}]",
        ["1:15: warning: can never match: it contradicts itself (remove one of the two)"],
    ),
    (
        "any: [x, (y AND NOT y) OR (b AND NOT b)]",
        ["1:10: warning: can never match: it contradicts itself (remove one of the two)"],
    ),
    ("any: [x OR NOT x]", ["1:7: warning: matches every paper (remove it)"]),
    (
        "any: [NOT x]",
        ["1:7: warning: matches almost every paper (put it under none, without NOT)"],
    ),
    (
        "any: [pruning or sparsity]",
        ["1:15: warning: or is a word like any other here (write OR in capitals for one of two)"],
    ),
    *(
        (
            f"any: [x]\nschedule: {{timezone: Etc/GMT{sign}2}}",
            [
                f"2:22: warning: Etc/GMT{sign}2 is {side} of Greenwich, whatever its sign looks"
                " like (write a place, as in Europe/Berlin)"
            ],
        )
        for sign, side in (("+", "west"), ("-", "east"))
    ),
    ("any: [x]\nschedule: {timezone: Etc/GMT}", []),
    (
        "any: [x]\nschedule: {timezone: MST}",
        ["2:22: warning: MST is never summer time (write America/Denver)"],
    ),
    (
        "any: [{query: x, weight: 2}]\nall: [z1]\nauthors: [Jo Berg]\nminimum: 13",
        [
            "4:10: warning: no paper scores more than 12 here, so none is shown"
            " (write minimum: 12 at most)"
        ],
    ),
    ("any: [x, z1]\nminimum: 6", []),
    ("any: [x, z1]\nminimum: 7\ntrending: 1", []),
    (
        "authors: [Berg, Mary, Li, Jo]",
        [
            "1:11: warning: 4 people, each with one name"
            ' (write "Berg, Mary" in quotes if these are one)'
        ],
    ),
    ("authors:\n  - Berg\n  - Mary\n  - Li\n  - Jo", []),
    (
        "all:\n  - x\n  - {query: mapping, without: [mappings, maping]}",
        [
            "3:42: warning: maping is no form of mapping, so nothing is dropped"
            " (did you mean mapping?)"
        ],
    ),
    ("any: [listing:saved]", []),
    ("any: [listing:daily*]", ['1:7: warning: can never match: no listing is listing:"daily*"']),
]


@pytest.mark.parametrize(("text", "warnings"), DOUBTS)
def test_what_can_hardly_be_meant_is_a_warning(text: str, warnings: list[str]) -> None:
    assert [str(each) for each in lint(text, "r.yaml", listings=["saved"])] == warnings
    parse(text, "r.yaml")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_profile_is_refused_with_a_reason(name: str) -> None:
    text, words = HOSTILE[name]
    found = lint(text, "r.yaml")
    assert any(words in str(each) for each in found)
    with pytest.raises(ProfileError):
        parse(text, "r.yaml")


KEYS = list(schema()["properties"])
scalars = st.text(ANY, max_size=20) | st.sampled_from(
    ["3", "true", "~", "[", "]", "{a: b}", "'x", '"\\x"', "&a", "*a", "!t", "<<", "(a", "a AND"]
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
)
profiles = st.lists(
    st.tuples(st.sampled_from([*KEYS, "limti", "<<"]), values).map(": ".join), max_size=6
).map("\n".join)


def assert_compiled_is_the_same(text: str, name: str) -> None:
    """Check that a profile is loaded from its compiled form as it is read from its text."""
    found = read(text, name, timezone="Asia/Tokyo")
    again = loaded(found.compiled, name, timezone="Asia/Tokyo")
    assert again == found.profile
    # What a query looks up is compared by itself, for it is no part of being equal.
    assert again.query.plan == found.profile.query.plan
    assert [again.at_most, again.changes] == [found.profile.at_most, found.profile.changes]


@given(profiles | st.text(ANY, max_size=300))
def test_whatever_is_written_is_a_profile_or_a_profile_error(text: str) -> None:
    found = lint(text, "r.yaml")
    assert found == sorted(found, key=lambda each: (each.line, each.column))
    if all(each.severity == "warning" for each in found):
        assert_compiled_is_the_same(text, "r.yaml")
        return
    with pytest.raises(ProfileError) as error:
        parse(text, "r.yaml")
    assert list(error.value.complaints) == found


@given(st.text(ANY, max_size=100))
def test_a_slug_is_empty_or_one_that_a_profile_may_have(text: str) -> None:
    slug = slug_of(text)
    assert slug == slug_of(slug)
    if slug:
        assert parse(f"profile: '{slug}'\nany: [a]", "r.yaml").slug == slug


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("limit", 1, 500),
        ("whole", 0, 500),
        ("brief", 0, 500),
        ("minimum", 0, 10_000),
        ("trending", 0, 100),
    ],
)
def test_a_number_has_a_least_and_a_most(key: str, least: int, most: int) -> None:
    refused = [
        number
        for number in (least - 1, least, most, most + 1)
        if is_refused(f"any: [a]\n{key}: {number}")
    ]

    assert refused == [least - 1, most + 1]


def is_refused(text: str) -> bool:
    return any(each.severity == "error" for each in lint(text, "r.yaml"))


@pytest.mark.parametrize(
    ("key", "item", "most"),
    [("to", "a{}@a.example", 50), ("listings", "l{}", 100)],
)
def test_a_list_has_a_most(key: str, item: str, most: int) -> None:
    items = [item.format(n) for n in range(most + 1)]
    refused = [
        is_refused(f"{key}: [{', '.join(several)}]\nall: [a]") for several in (items[:-1], items)
    ]

    assert refused == [False, True]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("at_most: {dayly: 3}", "3:18: unknown listing dayly (did you mean daily?)"),
        ("at_most: {daily: 0}", "3:18: daily: at least 1 is expected"),
        ("at_most: {daily: 501}", "3:18: daily: at most 500 is expected"),
        ("at_most: 3", "3:10: at_most: a mapping (key: value) is expected"),
        ("any: [{query: a, at_mots: 2}]", "did you mean at_most?"),
        ("any: [{query: a, at_most: x}]", "a whole number is expected"),
    ],
)
def test_a_mistake_in_a_cap_is_named_with_its_place(line: str, told: str) -> None:
    text = f"profile: r\nauthors: [A B]\n{line}"
    [mistake] = lint(text, "r.yaml", listings=["daily"])
    assert told in str(mistake)


def test_the_schema_knows_every_key_and_explains_it() -> None:
    properties = schema()["properties"]
    assert list(properties) == [
        "profile", "title", "to", "listings", "any", "all", "none", "authors", "language",
        "limit", "whole", "brief", "at_most", "minimum", "changes", "trending", "rank",
        "schedule", "quiet", "overflow", "locale",
    ]  # fmt: skip
    assert all(each["description"] for each in properties.values())
    hour = properties["schedule"]["properties"]["at"]["pattern"]
    assert [re.search(hour, each) is not None for each in ("07:30", "7:05", "24:00")] == [1, 1, 0]
    assert schema()["additionalProperties"] is False
    assert SCHEMA_LINE.endswith("profile.schema.json")


def test_the_documentation_explains_every_key_and_no_other() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z_.]+)` \|", text, re.M)
    properties = schema()["properties"]
    inner = [f"schedule.{key}" for key in properties["schedule"]["properties"]]
    clause = ["query", "weight", "label", "at_most", "without"]
    assert sorted(explained) == sorted([*properties, *inner, *clause])


def test_the_profiles_in_the_documentation_are_good() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.S)
    assert examples
    for example in examples:
        assert lint(example, "example.yaml") == []
        assert_compiled_is_the_same(example, "example.yaml")


def test_the_mistakes_in_the_documentation_are_the_ones_that_are_said() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    profile, said = re.findall(r"```yaml-with-mistakes\n(.*?)```\n.*?```\n(.*?)```", text, re.S)[0]
    found = [f"sparse.yaml:{complaint}" for complaint in lint(profile, "sparse.yaml")]
    assert said.splitlines() == found


def test_a_profile_is_checked_without_the_libraries_that_take_long_to_load() -> None:
    code = (
        "import sys; from digest.profiles import lint; lint('any: [a, title:(b OR c)]', 'r.yaml');"
        "print(sorted({'pydantic', 'sqlalchemy', 'httpx2', 'fastapi'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("part", "index", "place"),
    [
        ("wanted", 0, "1:8"),
        ("wanted", 1, "1:11"),
        ("wanted", 2, "2:11"),
        ("required", 0, "3:7"),
        ("excluded", 0, "4:8"),
    ],
)
def test_what_a_judge_doubts_is_said_at_its_place(part: str, index: int, place: str) -> None:
    text = "any: [mm, nn]\nauthors: [Jo Berg]\nall: [oo]\nnone: [pp]"
    doubt = Doubt(part, index, "is rare\n", "look", 1 if index == 0 and part == "wanted" else None)

    assert [*map(str, lint(text, "r.yaml", judge=lambda _: [doubt]))] == [
        f"{place}: warning: is rare (look)"
    ]


@table(
    ("text", "slug"),
    [
        ("Sparse & Co.", "sparse-co"),
        ("_a_b-c_", "a_b-c"),
        ("a" * 65, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
        ("论文", ""),
    ],
)
def test_a_slug_has_small_letters_and_sixty_four_of_them(text: str, slug: str) -> None:
    assert slug_of(text) == slug


def test_what_a_profile_does_not_say_has_a_default() -> None:
    least = parse("any: [a]", "r.yaml")
    numbers = least.limit, least.whole, least.brief, least.minimum, least.trending
    assert numbers == (20, 2, 4, 0, 0)
    assert (least.at_most, least.rank, least.quiet) == ((), "score", "nothing")
    assert (least.overflow, least.locale) == ("web", "")
    [clause] = parse("any: ['a   b ']\nto: [x@a.example, x@a.example]", "r.yaml").query.wanted

    assert (clause.text, clause.label, clause.weight, clause.at_most) == ("a   b", "a b", 1, 0)
    [form] = parse("any: [{query: map, without: [maps, MAPS]}]", "r.yaml").query.wanted
    assert form.term == parse("any: [{query: map, without: maps}]", "r.yaml").query.wanted[0].term
    with pytest.raises(ProfileError, match=r"1:12: unknown listing x{40}$"):
        parse(f"listings: [{'x' * 41}]\nany: [a]", "r.yaml", listings=["daily"])
