"""What was found out once, and is asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(dict[K, V]):
    """A mapping that finds out what it does not know; it holds ``most`` entries at the most.

    When it is full it forgets what is not ``worth`` keeping, and all if that is too little: what is
    asked for often is soon known again, and nothing need be noted of each question.
    """

    def __init__(
        self,
        find: Callable[[K], V],
        most: int,
        worth: Callable[[K, V], bool] = lambda key, found: False,
    ) -> None:
        super().__init__()
        self._find = find
        self._most = most
        self._worth = worth

    def __missing__(self, key: K) -> V:
        return self.keep(key, self._find(key))

    def keep(self, key: K, found: V) -> V:
        """Remember what was found out elsewhere; gives it."""
        self.make_room(1)
        self[key] = found
        return found

    def make_room(self, number: int) -> None:
        """See to it that so many more can be remembered."""
        if len(self) + number > self._most:
            kept = {key: found for key, found in self.items() if self._worth(key, found)}
            self.clear()
            if len(kept) + number <= self._most * 3 // 4:
                self.update(kept)
