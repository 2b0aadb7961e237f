"""A bounded cache for results that are needed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(dict[K, V]):
    """A mapping that computes missing values with ``find`` and holds at most ``most`` entries.

    When it is full, it drops the entries not ``worth`` keeping, or all if too few go.  It records
    nothing per look-up (no LRU), because frequent keys are soon computed again.
    """

    def __init__(
        self,
        find: Callable[[K], V],
        most: int,
        worth: Callable[[K, V], bool] | None = None,
    ) -> None:
        super().__init__()
        self._find = find
        self._most = most
        self._worth = worth

    def __missing__(self, key: K) -> V:
        return self.keep(key, self._find(key))

    def keep(self, key: K, found: V) -> V:
        """Store a value that was computed elsewhere, and return it."""
        self.evict(1)
        self[key] = found
        return found

    def evict(self, number: int) -> None:
        """Drop entries if necessary, so that ``number`` more can be stored."""
        if len(self) + number > self._most:
            worth = self._worth
            kept = {key: found for key, found in self.items() if worth and worth(key, found)}
            self.clear()
            if len(kept) + number <= self._most * 3 // 4:
                self.update(kept)
