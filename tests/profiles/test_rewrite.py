from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.profiles import SCHEMA_LINE, parse, read
from digest.profiles.rewrite import (
    Answers,
    new,
    with_keyword,
    without_form,
    without_keyword,
    written,
)
from digest.strict_yaml import load

from ..strict_yaml.test_strict_yaml import CAPS

GOOD = sorted((Path(__file__).parents[1] / "data" / "profiles" / "good").glob("*.yaml"))

#: a text, and the same with "new one" among any
ADDITIONS = {
    "a list in brackets": ("any: [a, b]  # c\n", "any: [a, b, new one]  # c\n"),
    "a list over two lines": ("any: [a, # why\n  b]", "any: [a, # why\n  b, new one]"),
    "mappings in brackets": ("any: [{query: a}]", "any: [{query: a}, new one]"),
    "an empty list": ("any: []\nall: [x]\n", "any: [new one]\nall: [x]\n"),
    "nothing behind the key": ("any:\nall: [x]\n", "any: [new one]\nall: [x]\n"),
    "no such key": ("all: [x]", "all: [x]\nany:\n  - new one"),
    "no such key, then a comment": (
        "all: [x] # y\n# z\n",
        "all: [x] # y\nany:\n  - new one\n# z\n",
    ),
    "braces around all": ("{all: [x]}", "{any: [new one], all: [x]}"),
    "one a line": (
        "any:\n  - a # why\n\n  # of b\n  - b\n\n# then\nnone: [x]\n",
        "any:\n  - a # why\n\n  # of b\n  - b\n  - new one\n\n# then\nnone: [x]\n",
    ),
    "dashes below the key": ("any:\n- a\n# c\nall: [x]\n", "any:\n- a\n- new one\n# c\nall: [x]\n"),
    "a mapping below its dash": (
        "any:\n  -\n    query: a\n    weight: 2\n",
        "any:\n  -\n    query: a\n    weight: 2\n  - new one\n",
    ),
    "a text of its own lines": (
        "any:\n  - |\n    a\n\n# c\nall: [x]\n",
        "any:\n  - |\n    a\n  - new one\n\n# c\nall: [x]\n",
    ),
    "line ends of Windows": (
        "any:\r\n  - a\r\nlimit: 3\r\n",
        "any:\r\n  - a\r\n  - new one\r\nlimit: 3\r\n",
    ),
    "a mark at the start": ("\ufeffany: [a]", "\ufeffany: [a, new one]"),
    "an indent of everything": ("  any:\n    - a\n", "  any:\n    - a\n    - new one\n"),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_a_keyword_is_added_and_everything_else_stays(name: str) -> None:
    before, after = ADDITIONS[name]
    assert with_keyword(before, "new one") == after
    assert with_keyword(after, "new one") == after


#: a text with "out" among any, and the same without
REMOVALS = {
    "the first in brackets": ("any: [out, b]", "any: [b]"),
    "one in the middle": ("any: [a, 'out', b]", "any: [a, b]"),
    "the last in brackets": ("any: [a, out]", "any: [a]"),
    "the last behind a comment": ("any: [a, # why a\n  out]", "any: [a, # why a\n  ]"),
    "one before a comment": ("any: [out, # why\n  b]", "any: [ # why\n  b]"),
    "all in brackets": ("any: [out,]\nall: [x]", "any: []\nall: [x]"),
    "a line": ("any:\n  - a\n  - out # why\n  # of b\n  - b\n", "any:\n  - a\n  # of b\n  - b\n"),
    "the last line": ("any:\n  - a\n  - out", "any:\n  - a\n"),
    "the only line": ("any: # c\n  - out\nall: [x]\n", "any: [] # c\nall: [x]\n"),
    "a mapping": ("any:\n  - {query: out, weight: 2}\n  - b\n", "any:\n  - b\n"),
    "a mapping below its dash": (
        "any:\n  -\n    query: out\n    weight: 2\n  - b\n",
        "any:\n  - b\n",
    ),
    "a text of its own lines": ("any:\n  - |\n    out\n  - b\n", "any:\n  - b\n"),
}


@pytest.mark.parametrize("name", REMOVALS)
def test_a_keyword_is_taken_out_and_everything_else_stays(name: str) -> None:
    before, after = REMOVALS[name]
    assert without_keyword(before, "out") == after
    assert without_keyword(after, "out") == after


def test_the_last_thing_looked_for_cannot_be_taken_out() -> None:
    with pytest.raises(ProfileError, match="nothing is looked for"):
        without_keyword("any: [out]", "out")


def test_a_keyword_that_is_no_query_is_not_added() -> None:
    with pytest.raises(ProfileError, match=r"reader\.yaml:1:"):
        with_keyword("any: [a]", "title:(b", "reader.yaml")


def test_a_profile_that_is_no_good_is_not_changed() -> None:
    with pytest.raises(ProfileError):
        with_keyword("any: [a", "b")


#: a text with "out" among any, and the same without its form "outs"
FORMS = {
    "a line": (
        "any:\n  - out  # why\n  - b\n",
        "any:\n  - {query: out, without: [outs]}  # why\n  - b\n",
    ),
    "in brackets": ("any: ['out', b]", "any: [{query: out, without: [outs]}, b]"),
    "braces": (
        "any:\n  - {query: out, weight: 2} # w\n",
        "any:\n  - {query: out, without: [outs], weight: 2} # w\n",
    ),
    "a comma behind it": (
        "any:\n  - {weight: 2, query: out,}\n",
        "any:\n  - {weight: 2, query: out, without: [outs],}\n",
    ),
    "a mapping of its own lines": (
        "any:\n  - query: out  # c\n    weight: 2\n",
        "any:\n  - query: out  # c\n    without: [outs]\n    weight: 2\n",
    ),
    "a further form": (
        "any: [{query: out, without: [o]}]",
        "any: [{query: out, without: [o, outs]}]",
    ),
    "one form without brackets": (
        "any: [{query: out, without: o, weight: 2}]",
        "any: [{query: out, without: [o, outs], weight: 2}]",
    ),
    "forms one a line": (
        "any:\n  - query: out\n    without:  # f\n      - o # o\n  - b\n",
        "any:\n  - query: out\n    without:  # f\n      - o # o\n      - outs\n  - b\n",
    ),
    "no form yet": ("any: [{query: out, without: []}]", "any: [{query: out, without: [outs]}]"),
    "nothing behind the key": (
        "any:\n  - query: out\n    without:\n  - b\n",
        "any:\n  - query: out\n    without: [outs]\n  - b\n",
    ),
    "a text of its own lines": (
        "any:\n  - |\n    out\n\n# c\nall: [x]\n",
        "any:\n  - {query: out, without: [outs]}\n\n# c\nall: [x]\n",
    ),
    "line ends of Windows": (
        "any:\r\n  - query: out\r\n    weight: 2\r\n",
        "any:\r\n  - query: out\r\n    without: [outs]\r\n    weight: 2\r\n",
    ),
    "a mark at the start": ("\ufeffany: [out]", "\ufeffany: [{query: out, without: [outs]}]"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_dropped_and_everything_else_stays(name: str) -> None:
    before, after = FORMS[name]
    assert without_form(read(before, "r.yaml"), "any", "out", "outs") == after
    assert without_form(read(after, "r.yaml"), "any", "out", "outs") == after
    assert without_form(read(before, "r.yaml"), "none", "out", "outs") == before


keywords = st.text("ab Zé:#-\"'[]{},*&!?=/()\\|>%@`3_.", min_size=1, max_size=20)


@given(st.sampled_from([before for before, _ in ADDITIONS.values()]), keywords)
def test_what_was_added_can_be_taken_out_again(text: str, keyword: str) -> None:
    keyword = " ".join(keyword.split())
    before = parse(text, "r.yaml")
    assume(keyword not in [clause.text for clause in before.query.wanted])
    try:
        changed = with_keyword(text, keyword)
    except ProfileError:
        return
    wanted = [clause.text for clause in parse(changed, "r.yaml").query.wanted]
    assert wanted == [*(clause.text for clause in before.query.wanted), keyword]
    again = without_keyword(changed, keyword)
    assert parse(again, "r.yaml") == before


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_real_profile_is_the_same_again(file: Path) -> None:
    text = file.read_text()
    assert without_keyword(with_keyword(text, "new: one"), "new: one") == text


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_a_scalar_is_read_as_it_was_written_wherever_it_stands(text: str) -> None:
    text = " ".join(text.split())
    for source in (
        f"- {written(text)}",
        f"[{written(text)}, {written(text)}]",
        f"- {written(text)} # c",
    ):
        document = load(source, CAPS)
        if not document.complaints:
            assert document.data[0] == text


ANSWERS = Answers(
    profile="efficient-training",
    title="Efficient: training",
    to=("reader@example.org",),
    listings=("daily-papers",),
    any=("mixture of experts", '"exactly this"', "=RAG", "no", "3", "title:(a OR b)"),
    none=("survey", "category:q-bio.*"),
    authors=("Dan Alistarh", "Alistarh, D."),
    limit=7,
    at="06:45",
    timezone="Europe/Berlin",
    days="weekdays",
)


def test_a_new_profile_says_what_was_answered() -> None:
    text = new(ANSWERS)
    profile = parse(text, "x.yaml")
    assert text.startswith(SCHEMA_LINE + "\n")
    assert profile.slug == ANSWERS.profile
    assert profile.title == ANSWERS.title
    assert profile.to == ANSWERS.to
    assert profile.listings == ANSWERS.listings
    assert tuple(clause.text for clause in profile.query.wanted[:6]) == ANSWERS.any
    assert tuple(clause.label for clause in profile.query.wanted[6:]) == ANSWERS.authors
    assert tuple(clause.text for clause in profile.query.excluded) == ANSWERS.none
    assert profile.limit == 7
    assert profile.schedule is not None
    assert profile.schedule.at.isoformat("minutes") == "06:45"
    assert profile.schedule.days == frozenset(range(5))


def test_a_new_profile_may_say_little() -> None:
    profile = parse(new(Answers(profile="p", any=("sparse",))), "p.yaml")
    assert (profile.title, profile.listings, profile.schedule) == ("p", (), None)


def test_a_new_profile_takes_keywords_in_the_place_meant_for_them() -> None:
    text = with_keyword(new(ANSWERS), "sparse attention")
    assert "  - title:(a OR b)\n  - sparse attention\n\n" in text


@pytest.mark.parametrize(
    "answers",
    [
        Answers(profile="No slug", any=("a",)),
        Answers(profile="p"),
        Answers(profile="p", any=("(",)),
    ],
)
def test_answers_that_make_no_profile_are_refused(answers: Answers) -> None:
    with pytest.raises(ProfileError):
        new(answers)


def test_a_new_profile_has_only_what_was_answered_and_twenty_papers() -> None:
    little = new(Answers(profile="p", any=("a",), at="07:30"))

    assert "limit: 20 " in little
    assert 'schedule: {at: "07:30", days: daily}\n' in little
    assert "all" not in [line.partition(":")[0] for line in little.splitlines()]
    more = new(Answers(profile="p", all=("b",), at="07:30", timezone="Asia/Tokyo"))
    assert "all:\n  - b\n" in more
    assert "timezone: Asia/Tokyo, days: daily}" in more
