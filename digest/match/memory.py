"""What was found out once, and is asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(dict[K, V]):
    """A mapping that finds out what it does not know; it holds ``most`` entries at the most.

    When it is full it begins anew: what is asked for often is soon known again, and nothing need be
    noted of each question.
    """

    def __init__(self, find: Callable[[K], V], most: int) -> None:
        super().__init__()
        self._find = find
        self._most = most

    def __missing__(self, key: K) -> V:
        return self.keep(key, self._find(key))

    def keep(self, key: K, found: V) -> V:
        """Remember what was found out elsewhere; gives it."""
        if len(self) >= self._most:
            self.clear()
        self[key] = found
        return found
