"""Stars and question marks in words: ``quantiz*``, ``multi*agent``, ``colo?r``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .lemmas import spelled_out
from .regex import compiled
from .spellings import both_ways
from .words import surface

#: fewest letters before a star or a question mark
SHORTEST_PREFIX = 2
#: most characters of a word with a star or a question mark inside, and most of these signs
LONGEST, MOST_SIGNS = 50, 3


def is_wild(word: str) -> bool:
    """Return whether a word has a star or a question mark; the star of ``A*`` is a sign."""
    return len(word) > SHORTEST_PREFIX and ("*" in word or "?" in word)


def head_of(word: str) -> str:
    """Return what is before the first star or question mark."""
    return word.replace("?", "*").partition("*")[0]


class Wildcard:
    """What a word with stars or question marks matches."""

    def __init__(self, word: str) -> None:
        self.head = head_of(word)
        #: a prefix has one star, at its end
        self.is_prefix = word == self.head + "*"
        heads = {surface(self.head), spelled_out(self.head)}
        #: what words begin with that match, each way to spell it
        self.heads = tuple(sorted(set().union(*map(both_ways, heads)) if self.is_prefix else heads))
        self._pattern = None if self.is_prefix else _pattern(surface(word))

    def fits(self, word: str) -> bool:
        """Return whether a folded word matches."""
        if self._pattern is None:
            return word.startswith(self.heads)
        return bool(self._pattern.fullmatch(word))


@lru_cache(maxsize=4096)
def _pattern(word: str) -> Any:
    signs = {"*": ".*", "?": ".?"}
    parts = (signs.get(char) or (char if char.isalnum() else f"\\{char}") for char in word)
    return compiled("".join(parts), ignore_case=False)
