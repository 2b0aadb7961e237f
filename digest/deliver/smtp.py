"""Send mails through one relay, one at a time or many over several connections at once.

Connections are opened by the first mails and kept.  The outcome of a message is reported as soon as
it is known, in the thread that learned it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from ..errors import SendError
from ..model import Message
from . import OutgoingMessage, SmtpSettings
from .connection import refuse_plain_password
from .envelope import envelope_of
from .queue import MessageQueue, QueuedMessage
from .rate_limit import RateLimit
from .session import Session


class Smtp:
    """A sender with ``settings.connections`` connections; a single mail takes the first."""

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        refuse_plain_password(settings)
        pace = RateLimit(settings.per_minute, monotonic=monotonic, wait=wait)
        self._lanes = [
            Session(settings, pace, monotonic=monotonic) for _ in range(settings.connections)
        ]

    def __call__(self, mail: Message, *, at_the_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        ready = envelope_of(mail)
        try:
            self._lanes[0].send(ready, at_the_dot)
        except SendError:
            raise
        except BaseException:
            self._lanes[0].drop()
            raise

    def send_all(self, handovers: Iterable[OutgoingMessage]) -> None:
        """Hand many messages over; see ``deliver.Sender``."""
        _SessionPool(self._lanes).send_all(handovers)

    def close(self) -> None:
        """Close the connections with QUIT."""
        for lane in self._lanes:
            lane.close()


class _SessionPool:
    """The sessions at work on one queue, each in a thread."""

    def __init__(self, lanes: list[Session]) -> None:
        # Enough that no session waits for the next mail, few enough that no claim grows old.
        self._line = MessageQueue(2 * len(lanes))
        self._lock = threading.Lock()
        self._at_work = len(lanes)
        self._no_way_in: SendError | None = None
        self._fault: BaseException | None = None
        self._threads = [threading.Thread(target=self._work, args=[lane]) for lane in lanes]

    def send_all(self, handovers: Iterable[OutgoingMessage]) -> None:
        for thread in self._threads:
            thread.start()
        try:
            self._feed(handovers)
        except BaseException:
            self._line.shut()
            raise
        finally:
            self._line.end()
            for thread in self._threads:
                thread.join()
        if self._fault or self._no_way_in:
            raise self._fault or self._no_way_in  # type: ignore[misc]

    def _feed(self, handovers: Iterable[OutgoingMessage]) -> None:
        for handover in handovers:
            try:
                load = QueuedMessage(handover, envelope_of(handover.mail))
            except SendError as error:
                handover.settle(error)
                continue
            if not self._line.put(load):
                if self._no_way_in:
                    handover.settle(self._no_way_in)
                return

    def _work(self, lane: Session) -> None:
        try:
            try:
                lane.send_all(self._line)
            except SendError as error:
                self._lose(error)
        except BaseException as error:  # raised again in ``send_all``
            lane.drop()
            self._fault = error
            self._line.shut()

    def _lose(self, error: SendError) -> None:
        """Continue with the other sessions, or end if this was the last."""
        with self._lock:
            self._at_work -= 1
            if self._at_work:
                return
            self._no_way_in = error
        for load in self._line.shut():
            load.handover.settle(error)
