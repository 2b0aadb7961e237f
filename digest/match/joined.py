"""Several field indexes as one: the papers of each come after those of the one before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from ..language import Leaf, Near, Node
from ..model import Hit, Paper
from .index import Bits, FieldIndex


class JoinedIndex:
    """The index of the papers of some days, of which each day was indexed by itself."""

    def __init__(self, parts: Sequence[FieldIndex]) -> None:
        self._parts = parts
        self._starts = [0, *accumulate(len(part.papers) for part in parts)]
        self.papers: list[Paper] = [paper for part in parts for paper in part.papers]

    def bits(self, node: Leaf | Near) -> Bits:
        """Return the papers that ``node`` matches, and those it matches in title or author."""
        return self._joined(lambda part: part.bits(node))

    def hits(self, node: Node, paper: int) -> tuple[Hit, ...]:
        """Return the spans of a paper's text by which ``node`` matches it, in reading order."""
        number = bisect_right(self._starts, paper) - 1
        return self._parts[number].hits(node, paper - self._starts[number])

    def by_words(self, field: str, phrase: str) -> Bits:
        """Return the papers that hold a plain phrase, and those that hold it in the title."""
        return self._joined(lambda part: part.by_words(field, phrase))

    def by_questions(self, questions: str) -> Bits:
        """Return the papers of every author that ``people.questions`` of a name may mean."""
        return self._joined(lambda part: part.by_questions(questions))

    def by_category(self, pattern: str) -> Bits:
        """Return the papers of a category; ``pattern`` is in small letters."""
        return self._joined(lambda part: part.by_category(pattern))

    def forms(self, node: Node) -> dict[str, int]:
        """Return the words by which the phrases of ``node`` are found, each with its papers."""
        found: dict[str, int] = {}
        for start, part in zip(self._starts, self._parts, strict=False):
            for form, papers in part.forms(node).items():
                found[form] = found.get(form, 0) | papers << start
        return found

    def _joined(self, find: Callable[[FieldIndex], Bits]) -> Bits:
        both = strong = 0
        for start, part in zip(self._starts, self._parts, strict=False):
            bits, high = find(part)
            both |= bits << start
            strong |= high << start
        return both, strong
