"""Mails waiting for a connection: a short line between who makes them and who hands them over."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from . import OutgoingMessage
from .envelope import Envelope


class QueuedMessage(NamedTuple):
    """A mail to hand over, made ready for the wire."""

    handover: OutgoingMessage
    ready: Envelope


class MessageQueue:
    """A line of bounded length, from one thread to several."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._waiting: deque[QueuedMessage] = deque()
        self._in_hand = 0
        self._changed = threading.Condition()
        self._is_ended = False
        self._is_shut = False

    def put(self, load: QueuedMessage) -> bool:
        """Queue up, once there is room; False where nobody is left to take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_shut or len(self._waiting) < self._length)
            if not self._is_shut:
                self._waiting.append(load)
                self._changed.notify_all()
            return not self._is_shut

    def take(self) -> QueuedMessage | None:
        """Wait for the first in line; None once there will be none, nor any given back."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over())
            return self._first()

    def take_now(self) -> QueuedMessage | None:
        """Take the first in line if there is one."""
        with self._changed:
            return self._first()

    def give_back(self, load: QueuedMessage) -> None:
        """Put what was taken in vain at the head again."""
        with self._changed:
            self._in_hand -= 1
            self._waiting.appendleft(load)
            self._changed.notify_all()

    def settle(self, load: QueuedMessage, error: Exception | None) -> None:
        """Tell what became of what was taken."""
        load.handover.settle(error)
        with self._changed:
            self._in_hand -= 1
            self._changed.notify_all()

    def end(self) -> None:
        """Let nobody wait for more than is there."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def shut(self) -> list[QueuedMessage]:
        """Let nobody take or put any more; gives what is left."""
        with self._changed:
            self._is_shut = True
            left = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
            return left

    def _first(self) -> QueuedMessage | None:
        if self._is_shut or not self._waiting:
            return None
        self._in_hand += 1
        self._changed.notify_all()
        return self._waiting.popleft()

    def _is_over(self) -> bool:
        return self._is_shut or (self._is_ended and not self._in_hand)
