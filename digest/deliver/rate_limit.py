"""The rate limit of messages: so many per minute, evenly spaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimit:
    """A rate limit that all sessions share; 0 per minute means none."""

    def __init__(
        self,
        per_minute: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._step = 60 / per_minute if per_minute else 0.0
        self._monotonic = monotonic
        self._wait = wait
        self._free_at = monotonic()
        self._lock = threading.Lock()

    def wait_for_turn(self) -> None:
        """Wait for the next message's turn, and take it."""
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._free_at)
            self._free_at = turn + self._step
        if turn > now:
            self._wait(turn - now)

    def take_if_free(self) -> bool:
        """Take the next message's turn if it has come; return whether it had."""
        with self._lock:
            now = self._monotonic()
            if now < self._free_at:
                return False
            self._free_at = now + self._step
            return True
