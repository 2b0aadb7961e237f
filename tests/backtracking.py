"""A backtracking engine that counts: what Python's does, told by steps instead of by time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from digest.expressions import characters
from digest.expressions.tree import Alternatives, Assertion, Atomic, Node, One, Repeat, Sequence

ALPHABET = "ab,"
_SETS = {notice: characters.of_range(ord(notice), ord(notice)) for notice in ALPHABET}


class Engine:
    """Search one text for every match of an expression; ``steps`` says what that took."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.steps = 0

    def search(self, tree: Node) -> int:
        """Find every match, as ``finditer`` does, and return the steps."""
        at = 0
        while at <= len(self.text):
            end = next(self._ends(tree, at), None)
            at = at + 1 if end is None or end == at else end
        return self.steps

    def _is_in(self, at: int, found: characters.Characters) -> bool:
        return 0 <= at < len(self.text) and found.overlaps(_SETS[self.text[at]])

    def _ends(self, node: Node, at: int) -> Iterator[int]:
        """Give every place where the part can end, in the order in which they are tried."""
        self.steps += 1
        match node:
            case One(allowed):
                if self._is_in(at, allowed):
                    yield at + 1
            case Assertion(before):
                if at == 0 or self._is_in(at - 1, before):
                    yield at
            case Sequence(items):
                yield from self._in_turn(items, at)
            case Alternatives(options):
                for option in options:
                    yield from self._ends(option, at)
            case Repeat(is_possessive=True) | Atomic():
                inside = self._repeated(node, at, 0) if isinstance(node, Repeat) else None
                first = next(inside or self._ends(node.body, at), None)
                yield from () if first is None else (first,)
            case Repeat():
                yield from self._repeated(node, at, 0)

    def _in_turn(self, items: tuple[Node, ...], at: int) -> Iterator[int]:
        if not items:
            yield at
            return
        for end in self._ends(items[0], at):
            yield from self._in_turn(items[1:], end)

    def _repeated(self, node: Repeat, at: int, times: int) -> Iterator[int]:
        if node.most is None or times < node.most:
            for end in self._ends(node.body, at):
                if end > at:
                    yield from self._repeated(node, end, times + 1)
        if times >= node.least:
            yield at


def pattern(random: Random, depth: int = 2) -> str:
    """Make up an expression over the letters of ``ALPHABET``."""
    pieces = [random.choice(["", "", "", "(?<!a)", "(?<![ab])", "^"])] if depth == 2 else []
    for _ in range(random.randint(1, 3)):
        inside = random.choice(["a", "b", ",", "[ab]", "[b,]", "[^,]", "."])
        if depth and random.random() < 0.4:
            inner = pattern(random, depth - 1)
            other = f"|{pattern(random, depth - 1)}" if random.random() < 0.4 else ""
            inside = f"({random.choice(['?:', '?:', '?>'])}{inner}{other})"
        pieces.append(inside + random.choice(["", "", "*", "+", "?", "{0,2}", "*+", "{2}", "{2,}"]))
    return "".join(pieces)


def texts(length: int) -> Iterator[str]:
    """Give texts on which a bad expression takes long: a few letters many times, and an end."""
    for unit in ("a", "b", ",", "ab", "a,", "b,", "aab", "ab,", "aab,", "abb,"):
        for end in ("", "a", "b", ","):
            yield (unit * length)[:length] + end
