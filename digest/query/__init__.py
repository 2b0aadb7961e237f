"""The keyword language: what a reader writes → a tree → the same text again.

Knows no papers: ``match`` decides what a tree means for a day's papers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from ..text import SMALL_WORDS, raw_words, readable

TextField: TypeAlias = Literal["title", "abstract", "comment", "org"]
#: every name that may stand before a colon
FIELDS: Final = ("title", "abstract", "author", "category", "listing", "org", "comment")
TEXT_FIELDS: Final[tuple[str, ...]] = get_args(TextField)
OPERATORS: Final = ("AND", "OR", "NOT", "NEAR")

#: characters in one query
LONGEST = 1000
#: brackets within brackets, and NOTs before them
DEEPEST = 20


class QuerySyntaxError(ValueError):
    """A query that cannot be read: where (``column`` counts from 1), what is wrong, a way out."""

    def __init__(self, message: str, column: int = 1, hint: str = "") -> None:
        self.message = message
        self.column = column
        self.hint = hint
        super().__init__(f"{column}: {message}" + (f" ({hint})" if hint else ""))


class Form(StrEnum):
    """How strictly the words of a phrase are compared."""

    STEM = ""  # inflections and hyphens do not matter; a word may end in a star
    WORD = '"'  # the words themselves; case and accents do not matter
    CASE = "="  # as written


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row in one field; without a ``field``, in the title or in the abstract."""

    words: tuple[str, ...]
    field: str = ""
    form: Form = Form.STEM

    def __str__(self) -> str:
        words = " ".join(self.words)
        if self.form is not Form.STEM:
            words = f'{"=" if self.form is Form.CASE else ""}"{words}"'
        return _scoped(self.field, words)


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern of RE2's in one field; without a ``field``, in the title or in the abstract."""

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
class Name:
    """The whole name of a category or of a listing; a star stands for anything."""

    field: Literal["category", "listing"]
    pattern: str

    def __str__(self) -> str:
        return f'{self.field}:"{self.pattern}"'


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever ``node`` does not match."""

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
    """All of two or more."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(_bracketed(node, And, Or) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """One of two or more."""

    nodes: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(_bracketed(node, Or) for node in self.nodes)


Leaf: TypeAlias = Phrase | Regex | Author | Name
Node: TypeAlias = Leaf | Not | Near | And | Or


def _scoped(field: str, text: str) -> str:
    return f"{field}:{text}" if field else text


def _bracketed(node: Node, *loose: type) -> str:
    return f"({node})" if isinstance(node, loose) else str(node)


def leaves(node: Node) -> Iterator[Leaf]:
    """Give the leaves of ``node``, from left to right."""
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


@dataclass(frozen=True, slots=True)
class Clause:
    """One item of a profile: as its reader wrote it, what the mail calls it, what it is worth."""

    text: str
    label: str
    weight: int
    node: Node
    #: the node in canonical writing
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", str(self.node))


class Plan(NamedTuple):
    """What ranking needs of a query: the clauses' keys, and the weights of the first two kinds."""

    wanted: Sequence[str]
    weights: tuple[int, ...] = ()
    required: Sequence[str] = ()
    required_weights: tuple[int, ...] = ()
    excluded: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """What a profile asks for.

    A paper matches when no excluded clause matches, every required one does, and so does one of
    the wanted, where there are any.  A query that wants and requires nothing matches nothing.
    """

    wanted: tuple[Clause, ...] = ()
    required: tuple[Clause, ...] = ()
    excluded: tuple[Clause, ...] = ()
    plan: Plan = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        plan = Plan(
            tuple(clause.key for clause in self.wanted),
            tuple(clause.weight for clause in self.wanted),
            tuple(clause.key for clause in self.required),
            tuple(clause.weight for clause in self.required),
            tuple(clause.key for clause in self.excluded),
        )
        object.__setattr__(self, "plan", plan)

    @property
    def is_empty(self) -> bool:
        """Whether no paper can match, because nothing is asked for."""
        return not (self.wanted or self.required)


def packed(query: Query) -> str:
    """Write a query for tables of very many: a line of marks, then one key a line.

    The marks are the weights of the wanted clauses, a blank, those of the required ones, a blank,
    and a dash for each excluded one.
    """
    plan = query.plan
    weights = ["".join(map(str, part)) for part in (plan.weights, plan.required_weights)]
    marks = f"{weights[0]} {weights[1]} {'-' * len(plan.excluded)}"
    return "\n".join([marks, *plan.wanted, *plan.required, *plan.excluded])


def unpacked(row: str) -> Plan:
    """Read what ``packed`` wrote, as far as ranking needs it."""
    marks, *keys = row.split("\n")
    if marks.endswith("  "):  # wanted clauses alone
        return Plan(keys, _weights(marks[:-2]))
    wanted, required, _ = marks.split(" ")
    one = len(wanted)
    two = one + len(required)
    return Plan(keys[:one], _weights(wanted), keys[one:two], _weights(required), keys[two:])


@lru_cache(maxsize=65_536)
def _weights(marks: str) -> tuple[int, ...]:
    return tuple(map(int, marks))


# An item without operators, brackets or patterns needs no grammar, and most items are such.
_SIMPLE = re.compile(
    rf"\s*(?:(?P<field>{'|'.join(FIELDS)}):\s*)?(?P<cased>=(?=[^\s=]))?"
    r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"():=/-][^"():]*))\s*',
    re.I,
)
_OPERATOR = re.compile(r"(?:^|\s)(?:AND|OR|NOT|NEAR(?:/\d*)?)(?=\s|$)|\s[=/-](?=\S)|\s(?:&&|\|)")
# TeX's dots hold a quotation mark.  Marks repeated to the same length keep the columns right.
_UMLAUT = re.compile(r"\\\"\{?([A-Za-z])\}?")
_QUOTES = str.maketrans("“”„‟＂", '"""""')


def parse_clause(text: str) -> Node:
    """Read one item of a profile.

    Raises QuerySyntaxError with the column of the mistake.
    """
    if len(text) > LONGEST:
        raise QuerySyntaxError(
            f"too long: {len(text):,} characters, at most {LONGEST:,}", LONGEST, "use several items"
        )
    if not text.strip():
        raise QuerySyntaxError("nothing to search for")
    text = _UMLAUT.sub(_without_quote, text.translate(_QUOTES))
    simple = _SIMPLE.fullmatch(text)
    if simple and not _OPERATOR.search(simple["bare"] or ""):
        return _simple(simple)
    from .grammar import parse

    return parse(text)


_PHRASE = re.compile(r"(?:(title|abstract|comment|org):)?([a-z0-9]+(?: [a-z0-9]+)*)")
_COMPOSITE = re.compile(r"[(/]|\b(?:AND|NOT|NEAR)\b")


def alternatives(key: str) -> Sequence[str]:
    """Give the keys that a choice of leaves consists of; nothing where it is not plainly one."""
    if " OR " not in key or _COMPOSITE.search(key):
        return ()
    parts = key.split(" OR ")
    return parts if all(part.count('"') in (0, 2) for part in parts) else ()


def plain_words(key: str) -> tuple[str, list[str]] | None:
    """Give the field and the words of a key that is a plain phrase."""
    found = _PHRASE.fullmatch(key)
    return (found[1] or "", found[2].split(" ")) if found else None


def read_key(key: str) -> Node:
    """Read what ``str`` of a node wrote, the common shapes without a parser."""
    if plain := plain_words(key):
        return Phrase(tuple(plain[1]), plain[0])
    if key.startswith('author:"') and key.endswith('"') and key.count('"') == 2:
        return Author(key[8:-1])
    return parse_clause(key)


def _without_quote(found: re.Match[str]) -> str:
    return found[1] + "\u0308" * (len(found[0]) - 1)


def _simple(found: re.Match[str]) -> Node:
    part = "bare" if found["quoted"] is None else "quoted"
    form = Form.CASE if found["cased"] else Form.STEM if part == "bare" else Form.WORD
    return leaf(found[part].rstrip(), found.start(part) + 1, (found["field"] or "").lower(), form)


def leaf(text: str, column: int, field: str, form: Form) -> Leaf:
    """Make of some words what they mean in ``field``; ``column`` is where they begin.

    Raises QuerySyntaxError.
    """
    if form is Form.CASE and field in ("author", "category", "listing"):
        raise QuerySyntaxError(f"{field}: takes no '='", column, f"write {field}:{text}")
    if field == "author":
        if "*" in text:
            raise QuerySyntaxError(
                "author: takes no '*'", column, "initials are understood: D. Doe"
            )
        if not raw_words(text):
            raise QuerySyntaxError("no name after 'author:'", column)
        return Author(" ".join(text.split()))
    if field in ("category", "listing"):
        if not text.strip():
            raise QuerySyntaxError(f"no name after '{field}:'", column)
        return Name("category" if field == "category" else "listing", " ".join(text.split()))
    if form is not Form.STEM and text.startswith("="):
        form, text = Form.CASE, text[1:]
    return Phrase(tuple(_words(text, column, form)), field, form)


_SHORTEST_PREFIX = 2


def _words(text: str, column: int, form: Form) -> list[str]:
    """List the words of a phrase, each prefix with its star."""
    if re.search(r"\\|\$[^$]+\$|[_^]\{", text):
        text = readable(text)
    text = unicodedata.normalize("NFC", text)
    if form is not Form.STEM:
        words = raw_words(text)
    elif "*" in text:
        words = _with_stars(text, column)
    else:
        words = _compounds(text) if "-" in text else raw_words(text)
    if not words:
        raise QuerySyntaxError("nothing to search for: no letter and no digit", column)
    # In capitals these would read as operators when written out again.
    return [word.lower() if form is Form.STEM and word in OPERATORS else word for word in words]


_COMPOUND = re.compile(r"(?<![\w-])([^\W_]+)-([^\W_]+)(?![\w-])")


def _compounds(text: str) -> list[str]:
    """List words, "in-context" as one: without its hyphen it is another thing than "in context"."""
    words: list[str] = []
    at = 0
    for found in _COMPOUND.finditer(text):
        if (found[1].lower() in SMALL_WORDS) != (found[2].lower() in SMALL_WORDS):
            words += [*raw_words(text[at : found.start()]), found[0]]
            at = found.end()
    return words + raw_words(text[at:])


def _with_stars(text: str, column: int) -> list[str]:
    words: list[str] = []
    for place, piece in enumerate(pieces := text.split("*")):
        found = raw_words(piece)
        is_prefix = place < len(pieces) - 1
        if is_prefix and not (found and piece.endswith(found[-1])):
            raise QuerySyntaxError("a '*' must end a word", column, 'quote it: "A* search"')
        if is_prefix and len(found[-1]) < _SHORTEST_PREFIX:
            hint = f'quote the star: "{text}"'
            raise QuerySyntaxError("too short a prefix: two letters at least", column, hint)
        words += [*found[:-1], found[-1] + "*"] if is_prefix else found
    return words
