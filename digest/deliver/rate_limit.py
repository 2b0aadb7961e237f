"""The rate limit of messages: so many per minute, evenly spaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from . import Turns


def local_turns(monotonic: Callable[[], float] = time.monotonic) -> Turns:
    """Return turns that this process alone takes."""
    free_at = monotonic()
    lock = threading.Lock()

    def take(gap: float) -> float:
        nonlocal free_at
        with lock:
            now = monotonic()
            if now < free_at:
                return free_at - now
            free_at = now + gap
            return 0

    return take


class RateLimit:
    """A rate limit that all sessions share; 0 per minute means none."""

    def __init__(
        self, per_minute: int, turns: Turns, *, wait: Callable[[float], object] = time.sleep
    ) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._turns = turns
        self._wait = wait
        # One session waits; the others wait for it.
        self._next = threading.Lock()

    def wait_for_turn(self) -> None:
        """Wait for the next message's turn, and take it."""
        if not self._gap:
            return
        with self._next:
            while left := self._turns(self._gap):
                self._wait(left)

    def take_if_free(self) -> bool:
        """Take the next message's turn if it has come; return whether it had."""
        if not self._gap:
            return True
        if not self._next.acquire(blocking=False):
            return False
        try:
            return not self._turns(self._gap)
        finally:
            self._next.release()
