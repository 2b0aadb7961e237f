"""The rate limit per host: a gap after each request, shared by all hosts of one operator.

Says how long to wait for the next turn; never waits itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol


class Pace(Protocol):
    """A rate limit: one request to a group of hosts at a time, and a gap before the next."""

    def take(self, group: str, gap: float) -> float:
        """Take the turn if it has come, and return 0; or return the seconds until it may come."""

    def end(self, group: str, gap: float) -> None:
        """End the request that the turn was taken for; the next comes ``gap`` seconds later."""


# "no more than one request every three seconds, … a single connection at a time", over all hosts
# and machines: https://info.arxiv.org/help/api/tou.html
_GAPS = {"arxiv.org": 3.0}
#: Other hosts state no limit; a request a second is what a person who clicks would make.
_GAP = 1.0


def group_of(host: str) -> tuple[str, float]:
    """Return the group of a host, and the seconds between two requests to that group."""
    host = host.lower().rstrip(".")
    for group, gap in _GAPS.items():
        if host == group or host.endswith("." + group):
            return group, gap
    return host, _GAP


class LocalPace:
    """A rate limit that holds within one process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._free_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, group: str, gap: float) -> float:
        """Take the turn if it has come, and return 0; or return the seconds until it may come."""
        with self._lock:
            now = self._monotonic()
            if now < self._free_at.get(group, now):
                return self._free_at[group] - now
            self._free_at[group] = now + gap
            return 0

    def end(self, group: str, gap: float) -> None:
        """Let the next turn come after the gap; a client sends one request at a time by itself."""
        with self._lock:
            self._free_at[group] = self._monotonic() + gap
