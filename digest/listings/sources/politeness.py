"""The rate limit per host: requests at fixed intervals, shared by all hosts of one operator.

Reserves slots and returns how long to wait for them; never waits itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Takes a group of hosts and the seconds between two requests to it; returns the seconds to wait.
Pace = Callable[[str, float], float]

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


def local_pace(monotonic: Callable[[], float] = time.monotonic) -> Pace:
    """Return a rate limit that holds within one process."""
    free_at: dict[str, float] = {}
    lock = threading.Lock()

    def wait_for(group: str, gap: float) -> float:
        with lock:
            now = monotonic()
            turn = max(now, free_at.get(group, now))
            free_at[group] = turn + gap
        return turn - now

    return wait_for
