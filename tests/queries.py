"""Random queries, for laws that hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from digest.language import (
    And,
    Author,
    Leaf,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    WordMatching,
    parse_clause,
)

#: few words, so that random queries hit random papers
WORDS = (
    "rag", "RAG", "LLM", "LLMs", "fine", "tuning", "finetuning", "tuned", "graph", "graphs", "net",
    "network", "in", "painting", "inpainting", "of", "the", "Gödel", "3", "D", "3D", "大", "模",
    "criteria", "axes", "axis", "SLAM", "data", "bases", "database", "open", "world", "beta", "US",
)  # fmt: skip
#: the same words as people type them, and words that only some scripts or signs make
SPELLINGS = (
    r"G\"odel", "Go\u0308del", "Godel", "\ufb01ne-tuning", "fine-tuned", "ＮＥＴ", "GPT-4", "GPT4",
    "C++", "N=4", r"$\mathcal{N}=4$", r"\emph{graph}", "大模", "模型", "大模型",
    "criterion", "slam", "SLAMs", "Goedel", "open-world", "openworld", "β", "TGF-β", "1,000",
    "GPT-4β", "GPT4-beta", "TGF-β3", "TGFβ3",
    "U.S.", "us", "A*", "data base", "4.5", "RAGs", "colours", "colorful", "tuning's",
)  # fmt: skip
#: items as people write them
WRITTEN = (
    r"G\"odel", "Godel", "=Gödel", "\ufb01ne-tuning", "fine-tuned", "ＮＥＴ", "GPT-4", "=GPT-4",
    '="GPT 4"', "C++", r"$\mathcal{N}=4$", '"N=4"', r"\emph{graph}", "大模型",
    "title:(net* OR 模型)", "fine-tuning NEAR/3 graph", "(大 OR net) NEAR/2 (rag OR 型)",
    "graph OR tuning OR rag OR net",
    "abstract:fine* AND NOT (graph OR =RAG)", "NOT title:of", r"/\bLLMs?\b/ OR title:/^[A-Z]/",
    "(in-painting OR inpainting) AND (category:cs.* OR author:Lee)", "author:Lee AND NOT 大",
    "SLAM", "US", "RAG OR SLAM", "criteri*", "data bas*", "openw*", "op*n", "open-wor*", "tuning~",
    "open-world graph", "data base", "TGF-beta", "=SLAM", '"graph net*"', "=RA*", "1000 graphs",
    "A.I.", "GPT-4.5", "colo?r*", "behaviour of graphs", "Goedel net", "axis of graph", "A* graph",
    "NOT (listing:daily AND NOT category:cs.LG)", 'author:(Lee OR "van der Berg, J.") OR org:graph',
)  # fmt: skip
FIELDS = ("", "", "", "title", "abstract", "comment", "org")

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(tuple)
fields = st.sampled_from(FIELDS)


_in_hundred = st.integers(0, 99)
_compounds = st.sampled_from(("in-painting", "of-graph", "on-net", "open-world", "tune~", "op*n"))
_series = st.sampled_from((("GPT-4", "beta"), ("TGF-β", "3"), ("TGF-beta", "GPT-4", "β")))


@st.composite
def stemmed(draw: st.DrawFn) -> Phrase:
    row, chance = draw(words), draw(_in_hundred)
    if len(row[-1]) > 1 and chance < 17:
        row = (*row[:-1], row[-1] + "*")
    elif chance >= 90:
        row = (*row, draw(_compounds))
    elif chance >= 80:
        row = (*row, *draw(_series))
    return Phrase(row, draw(fields))


exact = st.builds(Phrase, words, fields, st.sampled_from((WordMatching.WORD, WordMatching.CASE)))
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
    NamePattern,
    st.just("category"),
    st.sampled_from(("cs.LG", "cs.*", "*", "q-bio.*", "*.lg", "c*.*g")),
)
listings = st.builds(
    NamePattern, st.just("listing"), st.sampled_from(("daily", "arxiv-*", "other"))
)
written = st.sampled_from(WRITTEN).map(parse_clause)
leaves: st.SearchStrategy[Leaf] = st.one_of(
    stemmed(), stemmed(), exact, regexes, authors, categories, listings
)


def _near(
    field: str, left: list[tuple[str, ...]], right: list[tuple[str, ...]], distance: int
) -> Near:
    def side(rows: list[tuple[str, ...]]) -> Node:
        phrases = tuple(Phrase(row, field) for row in rows)
        return Or(phrases) if len(phrases) > 1 else phrases[0]

    return Near(side(left), side(right), distance)


_sides = st.lists(words, min_size=1, max_size=2)
nears = st.builds(_near, fields, _sides, _sides, st.integers(0, 4))


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
    st.one_of(leaves, leaves, nears, written), _composed, max_leaves=6
)
