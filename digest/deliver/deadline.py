"""A deadline that several waits share."""

from __future__ import annotations

import time


class Deadline:
    """A moment by which something must end, however many waits it consists of."""

    def __init__(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Return whether no time is left."""
        return time.monotonic() >= self.ends

    def left(self) -> float:
        """Return the seconds that remain; raises TimeoutError once there are none."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left
