"""Doubts about a query that can be found without papers.

Looks at trees; knows nothing of files and places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .. import expressions
from ..language import (
    And,
    Clause,
    CompiledQuery,
    Leaf,
    NamePattern,
    Node,
    Not,
    Or,
    Phrase,
    WordMatching,
    leaves,
)
from ..language.compiled import asked
from ..language.lemmas import meant

# Signs of words that are not looked up as they are inflected.
_SIGNS = frozenset("*?~^")
_BLANKS = expressions.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about one clause: the subscriber can hardly have meant it as it is written."""

    #: wanted, required or excluded
    part: str
    index: int
    message: str
    hint: str = ""


def doubts(query: CompiledQuery, listings: Collection[str] | None = None) -> Iterator[Doubt]:
    """Yield every doubt; ``listings`` are the names that the profile watches, if known."""
    parts = {"wanted": query.wanted, "required": query.required, "excluded": query.excluded}
    for part, clauses in parts.items():
        yield from _repeated(part, clauses)
        for index, clause in enumerate(clauses):
            for message, hint in _doubts_of(clause.node, listings):
                yield Doubt(part, index, message, hint)
    yield from _at_odds(parts)


def _repeated(part: str, clauses: tuple[Clause, ...]) -> Iterator[Doubt]:
    first: dict[str, Clause] = {}
    for index, clause in enumerate(clauses):
        other = first.setdefault(_sense(clause), clause)
        if other is not clause:
            yield Doubt(part, index, f"the same as {_shown(other.label)} further up")


def _sense(clause: Clause) -> str:
    """Return a text that is equal for clauses with one meaning, as for a phrase and its plural."""
    node = clause.node
    if isinstance(node, Phrase) and node.form is WordMatching.STEM:
        return f"{node.field}:{' '.join(_sense_of(word, node.language) for word in asked(node))}"
    return clause.term


def _sense_of(word: str, language: str) -> str:
    if not _SIGNS.isdisjoint(word):
        return word
    return " ".join("/".join(meant(part, language)) for part in word.split("-"))


def _at_odds(parts: Mapping[str, tuple[Clause, ...]]) -> Iterator[Doubt]:
    """Yield doubts about a clause that is in two parts, so that it has no effect in one of them."""
    excluded = {_sense(clause) for clause in parts["excluded"]}
    required = {_sense(clause) for clause in parts["required"]}
    for part in ("wanted", "required"):
        for index, clause in enumerate(parts[part]):
            if _sense(clause) in excluded:
                yield Doubt(part, index, "can never match: none excludes the same")
    for index, clause in enumerate(parts["wanted"]):
        if _sense(clause) in required:
            yield Doubt("wanted", index, "narrows nothing down: all asks for the same")


def _doubts_of(node: Node, listings: Collection[str] | None) -> Iterator[tuple[str, str]]:
    if is_impossible(node):
        yield "can never match: it contradicts itself", ""
    elif is_certain(node):
        yield "matches every paper", ""
    elif isinstance(node, Not):
        yield "matches almost every paper", "put it under none, without NOT"
    if isinstance(node, Phrase) and node.form is WordMatching.STEM and "or" in node.words:
        yield "or is a word like any other here", "write OR in capitals for one of two"
    for leaf in leaves(node):
        if listings is not None and _is_unknown_listing(leaf, listings):
            yield f"can never match: no listing is {_shown(str(leaf))}", ""


def _is_unknown_listing(leaf: Leaf, listings: Collection[str]) -> bool:
    if not isinstance(leaf, NamePattern) or leaf.field != "listing":
        return False
    return not any(fnmatchcase(name.lower(), leaf.pattern.lower()) for name in listings)


def is_impossible(node: Node) -> bool:
    """Return whether a tree contradicts itself, as far as its written form shows it."""
    match node:
        case And(nodes):
            return any(is_impossible(each) for each in nodes) or _holds_both(nodes)
        case Or(nodes):
            return all(is_impossible(each) for each in nodes)
        case Not(child):
            return is_certain(child)
    return False


def is_certain(node: Node) -> bool:
    """Return whether a tree matches every paper, as far as its written form shows it."""
    match node:
        case Or(nodes):
            return any(is_certain(each) for each in nodes) or _holds_both(nodes)
        case And(nodes):
            return all(is_certain(each) for each in nodes)
        case Not(child):
            return is_impossible(child)
    return False


def _holds_both(nodes: tuple[Node, ...]) -> bool:
    """Return whether ``nodes`` contain a node and also its negation."""
    written = {str(node) for node in nodes}
    return any(isinstance(node, Not) and str(node.node) in written for node in nodes)


def _shown(text: str) -> str:
    text = _BLANKS.sub(" ", text)
    return text if len(text) <= 40 else f"{text[:40]}…"
