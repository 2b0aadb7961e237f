"""The door for regular expressions: what could keep the program busy is refused at once."""

from __future__ import annotations

import sys
from random import Random

import pytest

from digest import expressions
from digest.expressions.proof import prove
from digest.expressions.tree import parse

from .. import processes
from ..backtracking import Engine, pattern, texts
from ..extent import IS_WHOLE, number
from ..readme import ROOT

#: What is known to take quadratic, cubic or exponential time on some text.
REFUSED = [
    # one loop within another, or beside one that takes the same
    r"(a+)+$",
    r"(a*)*b",
    r"([a-zA-Z]+)*$",
    r"(\w+\s?)*$",
    r"(x+x+)+y",
    r"(a|a)*b",
    r"(a|aa)+$",
    r"(a|a?)+",
    r"(.*a){12}",
    r"(.*)(.*)x",
    r"\d+\d+$",
    r"^\s+|\s+$",
    r"a*a*b",
    r"(?>(a|a)*c)",
    r"(?:(?>a*b)|a)*",
    r"(?:a?){30}a{30}",
    r"(?:.{0,200}){3}x",
    r"(?:a{1,200}b){1,200}",
    r"(?i)k+\u212a*x",
    # a search that begins again within what it has scanned
    r"\s+$",
    r"(.*)x",
    r"x.*y",
    r"<.*>",
    r"<!--.*?-->",
    r"\w+@",
    r"\S+:",
    r"[ab]{1,5000}@",
    r"\n\s*\n",
    r"(?:ab*)*c",
    r"a.*b|a",
    r"a(?:[ab]*c)?",
    # a look that has no end, and what compares with what was found before
    r"(?=a*b)x",
    r"x(?!.*y)",
    r"(a)\1",
    r"(a)?(?(1)b|c)",
    # the line between what was said and what was quoted, by which a mail stopped the program
    r"^(?:>|--\s*$|_{8,}|-{3,}.*-{3,}\s*$|\S.{0,200}[:：]\s*$)",
    # of the lists of known mistakes: an address, an HTML comment, a float, a header, a version
    r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]+))$",
    r"<!(--(?:[^-]|-[^-])*--)*>x",
    r"^(\d+\.?\d*)+$",
    r"(?:[^,]*,)*[^,]*,x",
    r"^(?:\s*\w+\s*)*$",
    r"[\s\u200c]+|[\s\u200c]+$",
]  # fmt: skip

#: What is linear, and near to one of the above.
TAKEN = [
    r"a*",
    r"\w+",
    r"\s+",
    r"a++b?",
    r"_{8,}",
    r"<[^<>]*>",
    r"(?<!\w)\w+@",
    r"\b\w+@",
    r"\b\w+\b!",
    r"(?<!\s)\s+$",
    r"\A.*x",
    r"(?m)^[^\n]*x",
    r"[a-z]+(?: [a-z]+)*",
    r"\S.{0,200}[:：]",
]


def test_an_expression_that_could_take_long_is_refused() -> None:
    for each in REFUSED:
        with pytest.raises(expressions.Refused, match=r": "):
            expressions.compile(each)


def test_an_expression_that_cannot_take_long_is_taken() -> None:
    for each in TAKEN:
        assert expressions.compile(each).pattern == each


def test_the_list_of_those_proved_before_is_of_the_packages_own_expressions() -> None:
    """As they were asked for when it was loaded; the whole form proves each anew."""
    script = "import sys; from bench.expressions import main; sys.exit(main(['--check']))"
    command = [sys.executable, *(("-P", "-c") if IS_WHOLE else ("-c",)), script]
    done = processes.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_asked_at_one_place_may_look_to_the_end() -> None:
    assert expressions.anchored(r"[^x]*x").match("abxx")

    with pytest.raises(expressions.Refused):
        expressions.compile(r"[^x]*x")


def test_the_refusal_names_the_expression_and_why() -> None:
    with pytest.raises(expressions.Refused, match=r"begin again.*: \\s\+\$"):
        expressions.compile(r"\s+$")


def test_bytes_are_expressions_too() -> None:
    assert expressions.compile(rb"[ \t]+").sub(b" ", b"a \t b") == b"a b"
    with pytest.raises(expressions.Refused):
        expressions.compile(rb"[ \t]+$")


def test_what_is_taken_takes_steps_in_proportion_to_the_text() -> None:
    """Counted, over made up expressions: twice the text takes about twice the steps, never four."""
    random = Random(13)
    taken = 0
    while taken < number(20, whole=40):
        made = pattern(random)
        try:
            prove(made, 0, is_searched=True)
        except expressions.Refused:
            continue
        taken += 1
        tree = parse(made, 0)
        for short, long in zip(texts(24), texts(48), strict=True):
            few, many = Engine(short).search(tree), Engine(long).search(tree)
            assert many <= 2.5 * few + 100, (made, short, few, many)


def test_the_counting_engine_sees_what_takes_quadratic_and_exponential_time() -> None:
    def growth(made: str, most: int = 16) -> float:
        tree = parse(made, 0)
        return Engine("a" * most).search(tree) / Engine("a" * (most // 2)).search(tree)

    assert growth("a*b") > 2.9
    assert growth("a*a*b") > 5
    assert growth("(?:a|a)*b", most=14) > 100
    assert growth("a+") < 2.1
