"""Random queries, for laws that hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from digest.query import And, Author, Form, Leaf, Name, Near, Node, Not, Or, Phrase, Regex

#: few words, so that random queries hit random papers
WORDS = (
    "rag", "RAG", "LLM", "LLMs", "fine", "tuning", "finetuning", "tuned", "graph", "graphs", "net",
    "network", "in", "painting", "inpainting", "of", "the", "Gödel", "3", "D", "3D", "大", "模",
)  # fmt: skip
FIELDS = ("", "", "", "title", "abstract", "comment", "org")

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple)
fields = st.sampled_from(FIELDS)


@st.composite
def stemmed(draw: st.DrawFn) -> Phrase:
    row = draw(words)
    if len(row[-1]) > 1 and draw(st.integers(0, 5)) == 0:
        row = (*row[:-1], row[-1] + "*")
    elif draw(st.integers(0, 9)) == 0:
        row = (*row, draw(st.sampled_from(("in-painting", "of-graph", "on-net"))))
    return Phrase(row, draw(fields))


exact = st.builds(Phrase, words, fields, st.sampled_from((Form.WORD, Form.CASE)))
patterns = st.sampled_from((r"[Gg]raph", r"\bnets?\b", r"^rag", "D$", r"(fine|in).tun", r"a\/b"))
regexes = st.builds(
    Regex, patterns, st.sampled_from(("", "title", "abstract", "author", "comment")), st.booleans()
)
names = st.sampled_from(
    (
        "Ann Lee",
        "Lee, A.",
        "A. Lee",
        "Lee Ann",
        "Lee",
        "van der Berg, Jo",
        "J. van der Berg",
        "Bo Li",
    )
)
authors = st.builds(Author, names)
categories = st.builds(
    Name, st.just("category"), st.sampled_from(("cs.LG", "cs.*", "*", "q-bio.*", "*.lg", "c*.*g"))
)
listings = st.builds(Name, st.just("listing"), st.sampled_from(("daily", "arxiv-*", "other")))
leaves: st.SearchStrategy[Leaf] = st.one_of(
    stemmed(), stemmed(), exact, regexes, authors, categories, listings
)


@st.composite
def nears(draw: st.DrawFn) -> Near:
    field = draw(fields)
    phrases = st.builds(Phrase, words, st.just(field))
    choices = st.lists(phrases, min_size=2, max_size=2).map(lambda nodes: Or(tuple(nodes)))
    sides = st.one_of(phrases, phrases, choices)
    return Near(draw(sides), draw(sides), draw(st.integers(0, 4)))


def _joined(kind: type[And] | type[Or], nodes: list[Node]) -> Node:
    """Join as the parser does: brackets that change nothing are not kept."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, kind) else (node,)
    return kind(tuple(flat))


def _composed(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        several.map(lambda nodes: _joined(And, nodes)),
        several.map(lambda nodes: _joined(Or, nodes)),
        parts.map(Not),
    )


nodes: st.SearchStrategy[Node] = st.recursive(
    st.one_of(leaves, leaves, nears()), _composed, max_leaves=6
)
