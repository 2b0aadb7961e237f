"""A regular expression as a small tree, made from the result of Python's own parser.

The parser's module is not public.  It is used nevertheless, because the proof must be about the
expression that runs.  An unknown node is refused, so a new kind of node can do no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from re import _parser
from typing import Any, TypeAlias

from . import characters
from .characters import Characters
from .refused import Refused

#: A repeat with a higher bound than this counts as endless.
MAX_REPEAT = 300


@dataclass(frozen=True, slots=True)
class One:
    """One character from a set."""

    allowed: Characters


@dataclass(frozen=True, slots=True)
class Assertion:
    """An anchor or a look-around; ``before`` is the set of characters that may precede it."""

    before: Characters = characters.ALL
    is_boundary: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Items one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Alternatives, of which the first that leads to a match is taken."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeat from ``least`` to ``most`` (None: endless) times; possessive never backtracks."""

    body: Node
    least: int
    most: int | None
    is_possessive: bool = False


@dataclass(frozen=True, slots=True)
class Atomic:
    """An atomic group: once matched, nothing in it is tried another way later."""

    body: Node


Node: TypeAlias = One | Assertion | Sequence | Alternatives | Repeat | Atomic


def parse(pattern: str | bytes, flags: int) -> Node:
    """Return the tree of an expression.

    Raises :class:`Refused` for a construct without a known proof.
    """
    read = _parser.parse(pattern, flags)
    return _sequence(read, read.state.flags)


def _sequence(items: Iterable[tuple[Any, Any]], flags: int) -> Node:
    nodes = tuple(_node(str(kind), value, flags) for kind, value in items)
    return nodes[0] if len(nodes) == 1 else Sequence(nodes)


def _node(kind: str, value: Any, flags: int) -> Node:
    match kind:
        case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN" | "RANGE" | "CATEGORY":
            return One(_set(kind, value, flags))
        case "AT":
            return _anchor(str(value), flags)
        case "SUBPATTERN":
            _, more, less, body = value
            return _sequence(body, (flags | more) & ~less)
        case "BRANCH":
            return Alternatives(tuple(_sequence(option, flags) for option in value[1]))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, body = value
            end = int(most) if int(most) <= MAX_REPEAT else None
            return Repeat(_sequence(body, flags), int(least), end, kind.startswith("POSS"))
        case "ATOMIC_GROUP":
            return Atomic(_sequence(value, flags))
        case "ASSERT" | "ASSERT_NOT":
            return _look_around(kind, value[0] < 0, _sequence(value[1], flags))
    raise Refused(f"{kind.lower().replace('_', ' ')}: there is no proof for it")


def _set(kind: str, value: Any, flags: int) -> Characters:
    if kind == "ANY":
        newline = characters.NONE if flags & re.DOTALL else characters.of_range(10, 10)
        return ~newline
    if kind == "NOT_LITERAL":
        return ~_members([("LITERAL", value)], flags)
    if kind != "IN":
        return _members([(kind, value)], flags)
    named = [(str(item), what) for item, what in value]
    found = _members([item for item in named if item[0] != "NEGATE"], flags)
    return ~found if named[0][0] == "NEGATE" else found


def _members(items: list[tuple[str, Any]], flags: int) -> Characters:
    found = characters.NONE
    for kind, value in items:
        if kind == "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            found |= characters.of_category(name, is_ascii=not flags & re.UNICODE)
        else:
            found |= characters.of_range(*(value if kind == "RANGE" else (value, value)))
    return found.in_any_case() if flags & re.IGNORECASE else found


def _anchor(name: str, flags: int) -> Assertion:
    if name == "AT_BEGINNING_STRING" or (name == "AT_BEGINNING" and not flags & re.MULTILINE):
        return Assertion(before=characters.NONE)
    if name == "AT_BEGINNING":
        return Assertion(before=characters.of_range(10, 10))
    return Assertion(is_boundary=name == "AT_BOUNDARY" and bool(flags & re.UNICODE))


def _look_around(kind: str, is_behind: bool, body: Node) -> Assertion:
    """Return the mark of a look-around; refuse one that is endless or has too many ways."""
    if ways(body) > 500:
        raise Refused("a look-around has no end, or too many ways")
    last = body.items[-1] if isinstance(body, Sequence) and body.items else body
    if not is_behind or not isinstance(last, One):
        return Assertion()
    if kind == "ASSERT":
        return Assertion(before=last.allowed)
    return Assertion(before=~last.allowed if last is body else characters.ALL)


def ways(node: Node) -> float:
    """Return an upper bound of the ways in which a part can match at one place, or infinity."""
    match node:
        case Sequence(items):
            return _product(ways(item) for item in items)
        case Alternatives(options):
            return sum(ways(option) for option in options)
        case Repeat(body, least, most):
            return _repeated(ways(body), least, most)
        case Atomic(body):
            return ways(body)
    return 1


def _product(numbers: Iterable[float]) -> float:
    total = 1.0
    for number in numbers:
        total *= number
    return total


def _repeated(once: float, least: int, most: int | None) -> float:
    if most is None or (once > 1 and most > 30):
        return float("inf")
    return sum(once**times for times in range(least, most + 1)) if once > 1 else most - least + 1
