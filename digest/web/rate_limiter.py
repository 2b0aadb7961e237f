"""How often one client may do something: counted in memory for a while, then forgotten.

Keeps no address longer than it counts it, and writes none down.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

#: So many clients are counted at a time; the one that was seen longest ago makes room.
MOST_CLIENTS = 10_000


class RateLimiter:
    """At most ``most`` turns of one client in any span of ``within``."""

    def __init__(self, most: int, within: timedelta) -> None:
        self._most = most
        self._within = within
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str, now: datetime) -> bool:
        """Whether there was one left; it is taken then."""
        with self._lock:
            taken = self._recent(client, now)
            if len(taken) >= self._most:
                return False
            taken.append(now)
            return True

    def are_over(self, client: str, now: datetime) -> bool:
        """Whether none is left."""
        with self._lock:
            return len(self._recent(client, now)) >= self._most

    def _recent(self, client: str, now: datetime) -> deque[datetime]:
        taken = self._taken.setdefault(client, deque())
        self._taken.move_to_end(client)
        # What a clock that was ahead has counted would count until it has caught up.
        while taken and not now - self._within < taken[0] <= now:
            taken.popleft()
        if len(self._taken) > MOST_CLIENTS:
            self._taken.popitem(last=False)
        return taken
