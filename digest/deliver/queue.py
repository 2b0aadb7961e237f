"""A short queue of mails between the thread that makes them and the sessions that send them."""

from __future__ import annotations

import threading
from collections import deque
from typing import NamedTuple

from . import OutgoingMessage
from .envelope import Envelope


class QueuedMessage(NamedTuple):
    """A message to send, with its envelope."""

    message: OutgoingMessage
    envelope: Envelope


class MessageQueue:
    """A bounded queue from one thread to several."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._waiting: deque[QueuedMessage] = deque()
        self._in_hand = 0
        self._changed = threading.Condition()
        self._is_ended = False
        self._is_shut = False

    def put(self, queued: QueuedMessage) -> bool:
        """Add a message once there is room; return False if the queue was shut."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_shut or len(self._waiting) < self._length)
            if not self._is_shut:
                self._waiting.append(queued)
                self._changed.notify_all()
            return not self._is_shut

    def take(self) -> QueuedMessage | None:
        """Wait for the first message; return None once there will be none, nor one put back."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over())
            return self._first()

    def wait_for_end(self, seconds: float) -> bool:
        """Wait for the end of the queue, at most so long; return whether it has come."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._is_over() and not self._waiting, timeout=seconds
            )

    def take_now(self) -> QueuedMessage | None:
        """Return the first message, or None if there is none now."""
        with self._changed:
            return self._first()

    def put_back(self, queued: QueuedMessage) -> None:
        """Put a message that was taken but not sent back at the head."""
        with self._changed:
            self._in_hand -= 1
            self._waiting.appendleft(queued)
            self._changed.notify_all()

    def settle(self, queued: QueuedMessage, error: Exception | None) -> None:
        """Report the outcome of a message that was taken."""
        queued.message.settle(error)
        with self._changed:
            self._in_hand -= 1
            self._changed.notify_all()

    def end(self) -> None:
        """Declare that no more messages will be added."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def shut(self) -> list[QueuedMessage]:
        """Refuse any further ``take`` or ``put``; return the messages that are left."""
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
