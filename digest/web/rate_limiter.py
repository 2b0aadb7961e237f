"""Limit how often a client may do something, counted in memory.

Keeps no address longer than it counts it, and writes none to disk.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

#: How many clients are counted at a time; the one seen longest ago is dropped.
MOST_CLIENTS = 10_000


class RateLimiter:
    """At most ``most`` turns of one client in any span of ``within``."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, now: datetime) -> bool:
        """Take a turn if one is left; return whether one was."""
        with self._lock:
            taken = self._recent(client, now)
            if len(taken) >= self._most:
                return False
            taken.append(now)
            return True

    def is_exhausted(self, client: str, now: datetime) -> bool:
        """Return whether the client has no turn left."""
        with self._lock:
            return len(self._recent(client, now)) >= self._most

    def _recent(self, client: str, now: datetime) -> deque[datetime]:
        taken = self._taken.setdefault(client, deque())
        self._taken.move_to_end(client)
        # A turn from the future was counted by a clock that was ahead; it would count for too long.
        while taken and not now - self._within < taken[0] <= now:
            taken.popleft()
        if len(self._taken) > MOST_CLIENTS:
            self._taken.popitem(last=False)
        return taken
