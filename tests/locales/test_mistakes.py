"""Each mistake and doubt can be said in the reader's language, and has no English within it."""

from __future__ import annotations

import ast
import pickle
import re
from ast import literal_eval
from collections.abc import Iterator
from copy import deepcopy

import pytest

from digest import locales
from digest.access.addresses import AddressError, checked
from digest.errors import Sentence
from digest.language import QuerySyntaxError, parse_clause
from digest.locales import said
from digest.profiles import lint

from ..extent import some
from ..modules import PACKAGE, dotted, tree_of
from ..profiles.test_broken import REFUSED
from ..readme import ROOT
from ..tables import table

#: Profiles as people break them: what was meant, a name, the text.
ROWS = [
    line.split("\t")
    for line in (ROOT / "bench" / "broken-profiles.tsv").read_text("utf-8").splitlines()[1:]
]
TEXTS = [
    *(literal_eval(row[2]) for row in some(ROWS, 60)),
    *(text for text, _ in some(REFUSED, 30)),
]

#: What is written as it is in every language: keys, operators, examples.
WRITTEN = frozenset(
    """
    a abs abstract ad al all and any arxiv astro at author authors b berlin biorxiv by category
    cond cs cv days de doe en es et europe exp false fr from graph i it j ja jane lg mat mesh ml
    limit near nl none not null or org ph profile pt query rarity re schedule score search stat
    syntax timezone title to true weekdays weight wiki com github google zh d daily new cross
    revised withdrawn web rollover nothing line weekly space
    """.split()  # noqa: SIM905
)
_WORD = re.compile(r"[A-Za-z]+")
#: the name of a character, as in U+FFFE
_CHARACTER = re.compile(r"U\+[0-9A-F]{4,6}")


def texts_in(sentence: str) -> Iterator[str]:
    """Yield what was filled in, and what is no sentence."""
    if isinstance(sentence, Sentence):
        for value in sentence.values.values():
            yield from texts_in(value) if isinstance(value, str) else ()
    else:
        yield sentence


def test_each_mistake_is_a_sentence_with_nothing_filled_in_but_what_was_written() -> None:
    found = 0
    for text in TEXTS:
        own = {*map(str.lower, _WORD.findall(text))}
        for mistake in lint(text, "mine.yaml", listings=("arxiv", "biorxiv")):
            found += 1
            for part in filter(None, (mistake.message, mistake.hint)):
                assert isinstance(part, Sentence), part
                filled = _CHARACTER.sub("", " ".join(texts_in(part)))
                words = {*_WORD.findall(filled.lower())}
                assert words <= own | WRITTEN, (str(part), words - own - WRITTEN)
    assert found > 50


#: The rooms whose mistakes a reader may see, and the calls by which they are made.
ROOMS = ("strict_yaml", "language", "profiles", "access")
FILES = ("text_file.py", "live_profiles.py", "web/editor.py")
MAKERS = {"Mistake", "mistake", "Doubt", "QuerySyntaxError", "AddressError", "_complain", "_stop"}
NAMES = frozenset(("message", "hint"))


def english_in(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where a mistake, a message or a hint is a text that nothing marks."""
    for node in ast.walk(tree):
        made: list[ast.expr] = []
        if isinstance(node, ast.Call):
            if dotted(node.func).rpartition(".")[2] in MAKERS:
                made = node.args[:-1] if len(node.args) > 4 else [*node.args]
            made += [each.value for each in node.keywords if each.arg in NAMES]
        elif isinstance(node, ast.Assign):
            targets = [each.id for each in node.targets if isinstance(each, ast.Name)]
            made = [node.value] if NAMES & {*targets} else []
        for each in made:
            either = (each.body, each.orelse) if isinstance(each, ast.IfExp) else (each,)
            if any(map(is_text, either)):
                yield each.lineno


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a text with words."""
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr) or (is_constant and " " in str(node.value))


def test_no_mistake_that_a_reader_may_see_is_made_of_an_unmarked_text() -> None:
    paths = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    paths += [PACKAGE / name for name in FILES]
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in paths
        for line in english_in(tree_of(path))
    ]
    assert found == []
    assert [*english_in(ast.parse('Mistake(1, 1, f"no {x}", "a b" if x else "")'))] == [1, 1]


def test_a_sentence_is_said_in_the_locale_in_force_whole() -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse_clause("title:(/x**/ AND y)")
    whole = Sentence("%(message)s (%(hint)s)", message=refused.value.message, hint="-")
    english = "the pattern cannot be used: bad repetition operator: ** (-)"
    assert (whole, said(whole)) == (english, english)
    with locales.use("de"):
        assert said(whole) == (
            "das Muster ist nicht verwendbar: falscher Wiederholungsoperator: ** (-)"
        )
        assert said(english) == english  # which has no template
    with locales.use("zh"):
        assert said(whole) == "模式无法使用：重复运算符有误：**（-）"


def test_numbers_are_the_locales_and_alternatives_are_joined_by_its_word() -> None:
    with pytest.raises(QuerySyntaxError) as refused:
        parse_clause("x" * 1001)
    [mistake] = lint("any: [x]\nrank: best", "mine.yaml")
    assert f"{mistake}" == "2:7: rank: expected 'score' or 'rarity'"
    with locales.use("de"):
        assert said(refused.value.message) == "zu lang: 1.001 Zeichen, höchstens 1.000"
        assert said(mistake.placed) == (
            "Zeile 2, Spalte 7: rank: erwartet wird 'score' oder 'rarity'"
        )
    with locales.use("ja"):
        assert said(mistake.placed) == "2 行 7 桁：rank：'score' または 'rarity' が必要です"


def test_a_sentence_outlives_being_copied_and_carried() -> None:
    sentence = Sentence("%(key)s: %(words)s", key="100 %", words=Sentence("text is expected"))
    for other in (deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):
        assert other == "100 %: text is expected"
        with locales.use("fr"):
            assert said(other) == "100 %\u00a0: un texte est attendu"


@table(
    ("address", "reason"),
    [
        ("ada", "eine Mailadresse muss ein @ haben"),
        ("a b@c.de", "vor dem @ stehen ungültige Zeichen: SPACE"),
        ("ada@b", "der Teil nach dem @ ist ungültig: Ihm fehlt ein Punkt"),
    ],
)
def test_why_an_address_is_none_is_said_in_the_readers_language(address: str, reason: str) -> None:
    with pytest.raises(AddressError) as refused, locales.use("de"):
        checked(address)
    with locales.use("de"):
        assert said(refused.value.sentence) == f"keine Mailadresse: {reason}"
