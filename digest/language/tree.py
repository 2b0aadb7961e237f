"""The syntax tree of a query, with phrases, patterns and names as its leaves.

``str`` of a node is its canonical text, which parses to the same node again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal, TypeAlias, get_args

TextField: TypeAlias = Literal["title", "abstract", "comment", "org"]
#: the names that are allowed before a colon
FIELDS: Final = ("title", "abstract", "author", "category", "listing", "org", "comment")
TEXT_FIELDS: Final[tuple[str, ...]] = get_args(TextField)
OPERATORS: Final = ("AND", "OR", "NOT", "NEAR")


class WordMatching(StrEnum):
    """How strictly the words of a phrase are compared."""

    STEM = ""  # inflections and hyphens do not matter; a word may end in a star
    WORD = '"'  # no inflections; case and accents do not matter
    CASE = "="  # exactly as written


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row in one field; without a ``field``, in the title or in the abstract.

    The canonical text of a tree does not name the language of its words, which is the profile's,
    nor the forms in which they are not meant (each as ``words.form_of`` has it), which are the
    item's.
    """

    words: tuple[str, ...]
    field: str = ""
    form: WordMatching = WordMatching.STEM
    language: str = "en"
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = " ".join(self.words)
        if self.form is not WordMatching.STEM:
            words = f'{"=" if self.form is WordMatching.CASE else ""}"{words}"'
        return _scoped(self.field, words)


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 pattern in one field; without a ``field``, in the title or in the abstract."""

    pattern: str
    field: str = ""
    ignore_case: bool = False

    def __str__(self) -> str:
        return _scoped(self.field, f"/{self.pattern}/{'i' if self.ignore_case else ''}")


@dataclass(frozen=True, slots=True)
class Author:
    """A person's name in any order, with initials or without."""

    name: str

    def __str__(self) -> str:
        return f'author:"{self.name}"'


@dataclass(frozen=True, slots=True)
class NamePattern:
    """The whole name of a category or of a listing; a star matches any text."""

    field: Literal["category", "listing"]
    pattern: str

    def __str__(self) -> str:
        return f'{self.field}:"{self.pattern}"'


@dataclass(frozen=True, slots=True)
class Not:
    """Every paper that ``node`` does not match."""

    node: Node

    def __str__(self) -> str:
        return f"NOT {_bracketed(self.node, And, Or)}"


@dataclass(frozen=True, slots=True)
class Near:
    """Two phrases, or choices of phrases, in one field with at most ``distance`` words between."""

    left: Node
    right: Node
    distance: int

    def __str__(self) -> str:
        return f"{_bracketed(self.left, Or)} NEAR/{self.distance} {_bracketed(self.right, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more nodes."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(_bracketed(node, And, Or) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more nodes."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_bracketed(node, Or) for node in self.nodes)


Leaf: TypeAlias = Phrase | Regex | Author | NamePattern
Node: TypeAlias = Leaf | Not | Near | And | Or


def _scoped(field: str, text: str) -> str:
    return f"{field}:{text}" if field else text


def _bracketed(node: Node, *loose: type) -> str:
    return f"({node})" if isinstance(node, loose) else str(node)


def in_language(node: Node, language: str, without: tuple[str, ...] = ()) -> Node:
    """Return a tree whose plain words are in ``language``; what is quoted is in none.

    No phrase of it is found in one of the forms ``without``.
    """

    def changed(phrase: Phrase) -> Phrase:
        is_plain = phrase.form is WordMatching.STEM
        spoken = language if is_plain else phrase.language
        if spoken == phrase.language and without == phrase.without:
            return phrase  # most are
        return replace(phrase, language=spoken, without=without)

    return with_phrases(node, changed)


def with_phrases(node: Node, changed: Callable[[Phrase], Node]) -> Node:
    """Return a tree with each phrase changed."""
    match node:
        case Phrase():
            return changed(node)
        case And(nodes) | Or(nodes):
            return replace(node, nodes=tuple(with_phrases(child, changed) for child in nodes))
        case Not(child):
            return Not(with_phrases(child, changed))
        case Near(left, right, distance):
            return Near(with_phrases(left, changed), with_phrases(right, changed), distance)
        case _:
            return node


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of ``node``, from left to right."""
    match node:
        case And(nodes) | Or(nodes):
            for child in nodes:
                yield from leaves(child)
        case Near(left, right):
            yield from leaves(left)
            yield from leaves(right)
        case Not(child):
            yield from leaves(child)
        case _:
            yield node
