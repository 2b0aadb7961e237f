"""Send mails through one relay, one at a time or many over several connections at once.

Connections are opened by the first mails and kept.  The outcome of a message is reported as soon as
it is known, in the thread that learned it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext

from ..errors import Meaning, SendError
from ..model import Message
from . import OutgoingMessage, Slots, SmtpSettings, Turns
from .connection import refuse_plain_password
from .envelope import Envelope, envelope_of
from .queue import MessageQueue, QueuedMessage
from .rate_limit import RateLimit, local_turns
from .session import Session

#: Seconds between two looks whether another process has closed one of the connections of all.
_LOOK_EVERY = 1.0

#: So many looks before a single mail is given up: its caller waits, and with it all other work.
_MOST_LOOKS = 30


class Smtp:
    """A sender with ``settings.connections`` connections; a single mail takes the first."""

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        turns: Turns | None = None,
        slots: Slots | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        refuse_plain_password(settings)
        self._slots, self._wait = slots if settings.connections_in_all else None, wait
        rate_limit = RateLimit(settings.per_minute, turns or local_turns(monotonic), wait=wait)
        self._sessions = [
            Session(settings, rate_limit, monotonic=monotonic) for _ in range(settings.connections)
        ]

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        envelope, session = envelope_of(mail), self._sessions[0]
        for _ in range(_MOST_LOOKS):
            with _slot(session, self._slots) as is_ours:
                if is_ours:
                    return _send(session, envelope, before_dot)
            self._wait(_LOOK_EVERY)
        setting = "mail.smtp.connections_in_all"
        reason = f"all connections that {setting} allows are in use; try again later"
        raise SendError(reason, Meaning.RELAY, stage="connect", setting=setting)

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Hand many messages over; see ``deliver.Sender``."""
        _SessionPool(self._sessions, self._slots).send_all(messages)

    def close(self) -> None:
        """Close the connections with QUIT."""
        for session in self._sessions:
            session.close()


def _send(session: Session, envelope: Envelope, before_dot: Callable[[], None]) -> None:
    try:
        session.send(envelope, before_dot)
    except SendError:
        raise
    except BaseException:
        session.drop()
        raise


@contextmanager
def _slot(session: Session, slots: Slots | None) -> Iterator[bool]:
    """Let a session have one of the connections of all processes; yield whether one was free.

    It is closed after the block, for one that is kept open would be missing elsewhere.
    """
    with slots() if slots else nullcontext(enter_result=True) as is_ours:
        try:
            yield is_ours
        finally:
            if slots and is_ours:
                session.close()


class _SessionPool:
    """The sessions at work on one queue, each in a thread."""

    def __init__(self, sessions: list[Session], slots: Slots | None) -> None:
        # Enough that no session waits for the next mail, few enough that no claim grows old.
        self._queue = MessageQueue(2 * len(sessions))
        self._sessions, self._slots = sessions, slots
        self._lock = threading.Lock()
        self._at_work = len(sessions)
        self._unreachable: SendError | None = None
        self._fault: BaseException | None = None

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        # Not threads of our own: where Ctrl-C interrupts a join, Python takes them for ended.
        with ThreadPoolExecutor(len(self._sessions), "session") as pool:
            try:
                working = [pool.submit(self._work, session) for session in self._sessions]
                self._feed(messages)
                self._queue.end()
                # As in ``pipeline.relays.at_once``: a signal may be missed just before a wait.
                while wait(working, timeout=1).not_done:
                    pass
            except BaseException:
                self._queue.shut()  # the mails in hand get their answers
                raise
        if self._fault or self._unreachable:
            raise self._fault or self._unreachable  # type: ignore[misc]

    def _feed(self, messages: Iterable[OutgoingMessage]) -> None:
        for message in messages:
            try:
                queued = QueuedMessage(message, envelope_of(message.mail))
            except SendError as error:
                message.settle(error)
                continue
            if not self._queue.put(queued):
                if self._unreachable:
                    message.settle(self._unreachable)
                return

    def _work(self, session: Session) -> None:
        try:
            try:
                self._send_queued(session)
            except SendError as error:
                self._lose_session(error)
        except BaseException as error:  # raised again in ``send_all``
            session.drop()
            self._fault = error
            self._queue.shut()

    def _send_queued(self, session: Session) -> None:
        """Send what is queued, once there is a connection to be had; else what others leave."""
        is_over = False
        while not is_over:
            with _slot(session, self._slots) as is_ours:
                if is_ours:
                    session.send_all(self._queue)
            is_over = is_ours or self._queue.wait_for_end(_LOOK_EVERY)

    def _lose_session(self, error: SendError) -> None:
        """Continue with the other sessions, or end if this was the last."""
        with self._lock:
            self._at_work -= 1
            if self._at_work:
                return
            self._unreachable = error
        for queued in self._queue.shut():
            queued.message.settle(error)
