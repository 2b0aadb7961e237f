"""What an index keeps on disk: rows of numbers that need no reading, and values read when needed.

A pickle of an index holds both out of band (PEP 574): its reader may hand them in as parts of one
large piece of memory.
"""

from __future__ import annotations

import pickle
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, count
from pickle import PickleBuffer
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")

#: whole numbers from 0 on: an array, or a part of a file in memory
Row: TypeAlias = "array[int] | memoryview[int]"

_PROTOCOL = 5
_CODEC = "utf-8", "surrogatepass"


def row_of(values: Iterable[int], highest: int) -> array[int]:
    """Return numbers up to ``highest`` as a row, in 2, 4 or 8 bytes each."""
    return array("H" if highest < 1 << 16 else "I" if highest < 1 << 32 else "Q", values)


def stored(row: Row) -> tuple[str, PickleBuffer]:
    """Return a row as it is pickled."""
    view = memoryview(row)
    return view.format, PickleBuffer(view.cast("B"))


def restored(kept: tuple[str, Any]) -> Row:
    """Return a row from its pickle, without copying it."""
    code, data = kept
    return memoryview(data).cast(code)  # type: ignore[call-overload, no-any-return]


class Groups:
    """The places of each number in a row."""

    def __init__(self, numbers: Iterable[int], size: int) -> None:
        places: list[list[int]] = [[] for _ in range(size)]
        deque(map(list.append, map(places.__getitem__, numbers), count()), maxlen=0)
        ends = [*accumulate(map(len, places), initial=0)]
        self._ends: Row = row_of(ends, ends[-1])
        self._places: Row = row_of(chain.from_iterable(places), ends[-1])

    def __getstate__(self) -> tuple[Any, Any]:
        return stored(self._ends), stored(self._places)

    def __setstate__(self, state: tuple[Any, Any]) -> None:
        self._ends, self._places = map(restored, state)

    def __getitem__(self, number: int) -> Row:
        return self._places[self._ends[number] : self._ends[number + 1]]

    def between(self, first: int, end: int) -> Row:
        """Return the places of the numbers from ``first`` to before ``end``, number by number."""
        return self._places[self._ends[first] : self._ends[end]]

    def count(self, number: int) -> int:
        """Return how many places a number has."""
        return self._ends[number + 1] - self._ends[number]

    def of(self, numbers: Sequence[int]) -> Row:
        """Return the places of any of these numbers."""
        if len(numbers) == 1:
            return self[numbers[0]]
        return array("I", sorted(chain.from_iterable(map(self.__getitem__, numbers))))


class Texts:
    """Texts as one text of UTF-8, a line each, of which only those asked for are decoded."""

    def __init__(self, texts: Iterable[str]) -> None:
        texts = [*texts]
        #: the texts that are several lines themselves, by number: in ``lines`` each is one
        self._broken = {number: text for number, text in enumerate(texts) if "\n" in text}
        data = "\n".join(text.replace("\n", " ") for text in texts).encode(*_CODEC)
        lengths = map(len, data.split(b"\n")) if texts else ()
        ends = [at + number for number, at in enumerate(accumulate(lengths))]
        self.lines: Row = memoryview(data)
        #: where each line ends in them
        self.ends: Row = row_of(ends, len(data))

    def __getstate__(self) -> tuple[Any, ...]:
        return self._broken, stored(self.lines), stored(self.ends)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._broken, *rows = state
        self.lines, self.ends = map(restored, rows)

    def __getitem__(self, number: int) -> str:
        if number in self._broken:
            return self._broken[number]
        start = self.ends[number - 1] + 1 if number else 0
        return str(self.lines[start : self.ends[number]], *_CODEC)


class Unread(Generic[T]):
    """A value that is read from its pickle when it is first asked for."""

    def __init__(self, value: T) -> None:
        self._value: T | None = value
        self._data: Any = None

    def __getstate__(self) -> PickleBuffer:
        return PickleBuffer(pickle.dumps(self.value, _PROTOCOL))

    def __setstate__(self, data: Any) -> None:
        self._value, self._data = None, data

    @property
    def value(self) -> T:
        """Return the value."""
        if self._data is not None:
            self._value, self._data = pickle.loads(self._data), None  # noqa: S301 (who reads the
            # index has seen its signature)
        return self._value  # type: ignore[return-value]
