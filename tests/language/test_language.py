"""The keyword language: what is read, what is refused, and that writing it out loses nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given

from digest.language import (
    And,
    Author,
    Clause,
    CompiledQuery,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    QuerySyntaxError,
    Regex,
    WordMatching,
    packed,
    parse_clause,
    unpacked,
)

from ..queries import nodes

A, B, C = Phrase(("a1",)), Phrase(("b1",)), Phrase(("c1",))

READ = [
    ("mixture of experts", Phrase(("mixture", "of", "experts"))),
    ("text-to-image", Phrase(("text", "to", "image"))),
    ("in-context learning", Phrase(("in-context", "learning"))),
    ("quantiz*", Phrase(("quantiz*",))),
    ("graph neural net*", Phrase(("graph", "neural", "net*"))),
    ('"fine tuning"', Phrase(("fine", "tuning"), form=WordMatching.WORD)),
    ("“fine tuning”", Phrase(("fine", "tuning"), form=WordMatching.WORD)),
    ("»fine tuning«", Phrase(("fine", "tuning"), form=WordMatching.WORD)),
    ("‹fine tuning›", Phrase(("fine", "tuning"), form=WordMatching.WORD)),
    ("=RAG", Phrase(("RAG",), form=WordMatching.CASE)),
    ('"=RAG"', Phrase(("RAG",), form=WordMatching.CASE)),
    ("=Big Bird", Phrase(("Big", "Bird"), form=WordMatching.CASE)),
    ("title:pruning", Phrase(("pruning",), "title")),
    ("Title: network pruning", Phrase(("network", "pruning"), "title")),
    ("title:(a1 OR abstract:b1)", Or((Phrase(("a1",), "title"), Phrase(("b1",), "abstract")))),
    ('org:"Deep Mind"', Phrase(("Deep", "Mind"), "org", WordMatching.WORD)),
    ("author:Dan Alistarh", Author("Dan Alistarh")),
    ('author:"Alistarh, D."', Author("Alistarh, D.")),
    ("author:(Ann Lee OR Bo Li)", Or((Author("Ann Lee"), Author("Bo Li")))),
    ("category:q-bio.*", NamePattern("category", "q-bio.*")),
    ("listing:daily-papers", NamePattern("listing", "daily-papers")),
    ("/(a|b)+c/i", Regex("(a|b)+c", "", ignore_case=True)),
    ("comment:/\\d+ pages/", Regex("\\d+ pages", "comment")),
    ("a1 AND b1 OR c1", Or((And((A, B)), C))),
    ("a1 AND (b1 OR c1)", And((A, Or((B, C))))),
    ("NOT a1 AND b1", And((Not(A), B))),
    ("NOT (a1 AND b1)", Not(And((A, B)))),
    ("a1 AND NOT NOT b1", And((A, Not(Not(B))))),
    ("((a1) OR (b1 OR c1))", Or((A, B, C))),
    ("a1 NEAR/5 b1", Near(A, B, 5)),
    ("(a1 OR b1) NEAR/0 c1", Near(Or((A, B)), C, 0)),
    ("NOT a1 NEAR/2 b1", Not(Near(A, B, 2))),
    (r"$\mathcal{N}=4$ theory", Phrase(("N", "4", "theory"))),
    ("C++ and C#", Phrase(("C++", "and", "C#"))),
    ("10:30", Phrase(("10", "30"))),
    ("Attention: all you need", Phrase(("Attention", "all", "you", "need"))),
    ("L1/L2 loss", Phrase(("L1", "L2", "loss"))),
    ("大模型", Phrase(("大", "模", "型"))),
    ('"A* search"', Phrase(("A*", "search"), form=WordMatching.WORD)),
    ("A* search", Phrase(("A*", "search"))),
    ("f(x)", Phrase(("f", "x"))),
    ("optim$ cost", Phrase(("optim*", "cost"))),
    ("it costs US$ 5", Phrase(("it", "costs", "US", "5"))),
    ("O(n log n) OR V(D)J", Or((Phrase(("O", "n", "log", "n")), Phrase(("V", "D", "J"))))),
    ("state of the art (SOTA)", Phrase(("state", "of", "the", "art", "SOTA"))),
    ('"language model*"', Phrase(("language", "model*"), form=WordMatching.WORD)),
    ("colo?r AND multi*agent", And((Phrase(("colo?r",)), Phrase(("multi*agent",))))),
    ("self-supervis* learning", Phrase(("self-supervis*", "learning"))),
    ("open-world robust~", Phrase(("open-world", "robust~"))),
    ("A.I. in the U.S.", Phrase(("A.I.", "in", "the", "U.S."))),
    ("1,000 genomes", Phrase(("1,000", "genomes"))),
    ("arXiv:2509.01234", Phrase(("arXiv", "2509.01234"))),
    ("android or iOS", Phrase(("android", "or", "iOS"))),
]


@pytest.mark.parametrize(("text", "node"), READ)
def test_a_query_reads_as_it_is_meant(text: str, node: Node) -> None:
    assert parse_clause(text) == node


REFUSED = [
    ("", 1, "nothing to search for", "name a word, or remove the item"),
    ("?!", 1, "nothing to search for: no letter and no digit", "name a word, or remove the item"),
    ("tilte:foo", 1, "there is no field 'tilte:'", "did you mean title:?"),
    ("a1 AND abstact: foo", 8, "there is no field 'abstact:'", "did you mean abstract:?"),
    ("foo:bar", 1, "there is no field 'foo:'", 'quote it: "foo:bar"'),
    (
        "foo AND", 5, "something to search for is missing after 'AND'", "add a word, or remove AND"
    ),
    (
        "AND foo", 1, "expected something to search for before AND", "add a word, or remove AND"
    ),
    (
        "a1 OR OR b1", 7, "expected something to search for before OR", "add a word, or remove OR"
    ),
    ("foo NOT bar", 5, "expected AND or OR before NOT", "write AND NOT"),
    ("(foo OR bar", 1, "this bracket is not closed", "add a )"),
    ("foo)", 4, "this bracket closes nothing", "remove it, or quote it"),
    ("()", 2, "something to search for is missing before ')'", "add a word, or remove them"),
    ('a1 OR "foo', 7, "this quote is not closed", 'add a ", or remove it'),
    ("foo and (bar)", 9, "expected AND or OR before (", "operators are written in capitals: AND"),
    (
        "(TS=(a1 OR b1))", 5, "expected AND or OR before (",
        "leave out TS=: titles and abstracts are searched",
    ),
    ("f(a1 OR b1)", 2, "expected AND or OR before (", "quote a bracket that is part of the words"),
    ("graph -5", 7, "'-' excludes nothing", "write NOT 5"),
    ("a1 NEAR b1", 4, "NEAR needs a distance", "write NEAR/5"),
    ("a1 NEAR/3 b1 NEAR/2 c1", 14, "NEAR joins two things only", "use AND for the others"),
    ("a1 NEAR/3 title:b1", 4, "NEAR joins words of one field", "use AND"),
    ("a* search", 1, "too short a prefix: two letters at least", 'quote the star: "a*"'),
    ("ab*c*d*e*", 1, "too long a pattern: 50 letters and 3 stars at most", ""),
    ("*foo", 1, "a '*' must end a word", r"write /foo\b/i for any beginning"),
    ("*foo*", 1, "a '*' must end a word", "write /foo/i for any beginning"),
    ("f?o", 1, "too short a prefix: two letters at least", r"write /\bf.?o/i"),
    ("*", 1, "a '*' must end a word", 'name a word, or quote it: "A* search"'),
    ("author:Ali*", 8, "author: takes no '*'", "initials are understood: D. Doe"),
    ("category:/x/", 10, "category: takes no pattern", "use a star"),
    (
        "title:", 1, "something to search for is missing after 'title:'",
        "add a word, or remove title:",
    ),
    ("(" * 21 + "a1" + ")" * 21, 21, "too deep: 20 brackets and 20 NOTs at most", ""),
    ("NOT " * 21 + "a1", 81, "too deep: 20 brackets and 20 NOTs at most", ""),
    ("x" * 1001, 1000, "too long: 1,001 characters, at most 1,000", "use several items"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message", "hint"), REFUSED)
def test_a_mistake_is_named_with_its_column(
    text: str, column: int, message: str, hint: str
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_clause(text)

    assert (caught.value.column, caught.value.message, caught.value.hint) == (column, message, hint)


BAD_PATTERNS = [
    ("/(/", "cannot be used: missing ): ("),
    (r"/(?=a)b/", "invalid perl operator"),
    (r"/(a)\1/", "invalid escape sequence"),
    ("/a*/", "it matches the empty text"),
    ("/[^q]{200}/", "it is too costly"),
    (r"/\pL{900}/", "pattern too large"),
]


@pytest.mark.parametrize(("text", "reason"), BAD_PATTERNS)
def test_a_pattern_that_cannot_be_used_is_refused_when_it_is_written(
    text: str, reason: str
) -> None:
    with pytest.raises(QuerySyntaxError, match="the pattern cannot be used") as caught:
        parse_clause(f"title:{text}")

    assert reason in caught.value.message
    assert caught.value.column == 7


@given(nodes)
def test_what_is_written_out_reads_the_same(node: Node) -> None:
    assert parse_clause(str(node)) == node


def test_a_packed_query_ranks_as_the_query_does() -> None:
    def clause(text: str, weight: int = 1) -> Clause:
        return Clause(text, text, weight, parse_clause(text))

    query = CompiledQuery(
        wanted=(clause("a1 OR b1", 9), clause("c1")),
        required=(clause("title:b1", 2),),
        excluded=(clause("author:Lee"),),
    )

    for some in (
        query,
        CompiledQuery(wanted=query.wanted),
        CompiledQuery(required=query.required),
        CompiledQuery(),
    ):
        assert unpacked(packed(some)) == some.plan


def test_plain_items_load_no_parser() -> None:
    program = (
        "import sys; from digest.language import parse_clause\n"
        "for item in ('mixture of experts', 'net*', '=RAG', 'title:x1', 'author:\"Lee, A.\"'):\n"
        "    parse_clause(item)\n"
        "print([name for name in ('lark', 're2', 'pylatexenc') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr
