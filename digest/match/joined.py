"""Several field indexes as one: the papers of each come after those of the one before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import overload

from ..language import Leaf, Near, Node
from ..model import Hit, Paper
from .index import Bits, FieldIndex


class JoinedPapers(Sequence[Paper]):
    """The papers of some days, of which only those of the days that are asked for are read."""

    def __init__(self, parts: Sequence[FieldIndex], starts: Sequence[int]) -> None:
        self._parts = parts
        self._starts = starts

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, place: int) -> Paper: ...

    @overload
    def __getitem__(self, place: slice) -> list[Paper]: ...

    def __getitem__(self, place: int | slice) -> Paper | list[Paper]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]  # counted from the beginning
        number = bisect_right(self._starts, place) - 1
        return self._parts[number].papers[place - self._starts[number]]


class JoinedIndex:
    """The index of the papers of some days, of which each day was indexed by itself."""

    def __init__(self, parts: Sequence[FieldIndex]) -> None:
        self._parts = parts
        self.keys = [key for part in parts for key in part.keys]
        self._starts = [0, *accumulate(len(part.keys) for part in parts)]
        self.papers = JoinedPapers(parts, self._starts)

    def bits(self, node: Leaf | Near) -> Bits:
        """Return the papers that ``node`` matches, and those it matches in title or author."""
        return self._joined(lambda part: part.bits(node))

    def hits(self, node: Node, papers: Iterable[int]) -> list[tuple[Hit, ...]]:
        """Return, per paper, the spans of its text by which ``node`` matches it, in order."""
        return [self._hits(node, paper) for paper in papers]

    def _hits(self, node: Node, paper: int) -> tuple[Hit, ...]:
        number = bisect_right(self._starts, paper) - 1
        return self._parts[number].hits(node, [paper - self._starts[number]])[0]

    def text(self, paper: int, field: str) -> str:
        """Return the text of a paper's field; the offsets of hits refer to it."""
        number = bisect_right(self._starts, paper) - 1
        return self._parts[number].text(paper - self._starts[number], field)

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
