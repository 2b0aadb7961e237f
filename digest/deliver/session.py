"""A session: one connection and the mails that go over it, one after the other.

With pipelining, the next mail's envelope is sent right after the dot of the current one: a message
then costs one round trip instead of four.  Still at most one dot is unanswered.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import DigestError, SendError
from ..network import Deadline
from . import SmtpSettings
from .connection import Connection, connect
from .envelope import Envelope
from .queue import MessageQueue, QueuedMessage
from .rate_limit import RateLimit
from .transaction import (
    CONNECTION_LOST,
    commands,
    hand_over,
    has_pipelining,
    read_replies,
    send_envelope,
)

#: Seconds after which an idle connection is not used again: NAT tables and relays forget it, and a
#: message would wait for its whole deadline to find that out.
_IDLE_SECONDS = 60.0

#: Stages at which the relay or the account is at fault: the next mail would fail too.
UNREACHABLE_STAGES = ("connect", "login")


class Session:
    """A connection, opened by the first mail and kept; for one thread at a time."""

    def __init__(
        self,
        settings: SmtpSettings,
        rate_limit: RateLimit,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._rate_limit = rate_limit
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._used_at = 0.0

    def send(self, envelope: Envelope, before_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        connection = self._connection_with_envelope(envelope)
        self._hand_over(connection, envelope, before_dot)

    def send_all(self, queue: MessageQueue) -> None:
        """Hand over the messages of a queue until its end, and settle each.

        Raises SendError if the relay cannot be reached, after putting the current message back into
        the queue; and whatever settling raises.
        """
        queued, connection = queue.take(), None
        while queued is not None:
            queued, connection = self._send_queued(queue, queued, connection)

    def close(self) -> None:
        """Close the connection with QUIT."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def drop(self) -> None:
        """Close the connection without QUIT."""
        if self._connection is not None:
            self._connection.drop()

    def _send_queued(
        self, queue: MessageQueue, queued: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Hand one message over; return the next, and the connection if its content may follow."""
        message, envelope = queued
        try:
            connection = connection or self._connection_with_envelope(envelope)
        except SendError as error:
            if error.stage in UNREACHABLE_STAGES:
                queue.put_back(queued)
                raise
            queue.settle(queued, error)
            return queue.take(), None
        pipelined = _NextMessage(self, queue, connection)
        try:
            self._hand_over(connection, envelope, message.before_dot, pipelined)
        except Exception as error:  # an error in the caller's step is for the caller to judge
            queue.settle(queued, error)
        else:
            queue.settle(queued, None)
        if pipelined.following is None:
            return queue.take(), None
        return self._read_replies(
            queue, pipelined.following, connection if pipelined.sent else None
        )

    def _read_replies(
        self, queue: MessageQueue, following: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Read the answers to an envelope that was sent right after a dot."""
        if connection is None or not connection.is_open:
            return following, None
        connection.until(Deadline(self.settings.timeout))
        try:
            read_replies(connection)
        except SendError as error:
            if error.code in CONNECTION_LOST or error.stage in UNREACHABLE_STAGES:
                return following, None
            queue.settle(following, error)
            return queue.take(), None
        return following, connection

    def pipelined_envelope(self, connection: Connection, following: QueuedMessage | None) -> bytes:
        """Return what may be sent right after the dot: the next envelope, or nothing."""
        is_last = self._is_used_up(connection, after=1)
        if following is None or is_last or not has_pipelining(connection):
            return b""
        try:
            commands_sent = commands(connection, following.envelope)
            return b"".join(commands_sent) if self._rate_limit.take_if_free() else b""
        # The same error will come when it is that mail's turn, and this one's dot is not answered.
        except DigestError:
            return b""

    def _hand_over(
        self,
        connection: Connection,
        envelope: Envelope,
        before_dot: Callable[[], None],
        pipelined: Callable[[], bytes] = bytes,
    ) -> None:
        connection.sent += 1
        try:
            hand_over(
                connection,
                envelope,
                before_dot,
                dot_timeout=self.settings.patience,
                pipelined=pipelined,
            )
        except SendError:
            raise
        except BaseException:
            connection.drop()
            raise
        finally:
            self._used_at = self._monotonic()

    def _connection_with_envelope(self, envelope: Envelope) -> Connection:
        """Send the envelope; return the connection, on which the content may follow.

        A kept connection that turns out to be gone is replaced once: nothing was handed over yet.
        One that used up the time is not, or a slow answer would look like an unreachable relay.
        """
        self._rate_limit.wait_for_turn()
        # Before the deadline starts, because closing a used-up connection may take time.
        kept = self._usable_connection()
        deadline = Deadline(self.settings.timeout)
        if kept is not None:
            kept.until(deadline)
            try:
                send_envelope(kept, envelope)
            except SendError as error:
                if kept.is_open or error.code not in CONNECTION_LOST or deadline.is_over():
                    raise
            else:
                return kept
        self._connection = None
        self._connection = connect(self.settings, deadline)
        self._used_at = self._monotonic()
        send_envelope(self._connection, envelope)
        return self._connection

    def _usable_connection(self) -> Connection | None:
        connection = self._connection
        if connection is not None and connection.is_open:
            is_stale = self._monotonic() - self._used_at > _IDLE_SECONDS
            if not is_stale and not self._is_used_up(connection):
                return connection
            connection.quit()
        return None

    def _is_used_up(self, connection: Connection, *, after: int = 0) -> bool:
        """Return whether the connection has had its limit of messages, with ``after`` more."""
        return 0 < self.settings.per_connection <= connection.sent + after


class _NextMessage:
    """A callback that takes the next mail once the dot is sent, and returns its envelope.

    Not earlier: when a mail is taken, the rendering thread begins another, which would delay the
    commit before the dot.  After the dot there is a round trip to wait for anyway.
    """

    def __init__(self, session: Session, queue: MessageQueue, connection: Connection) -> None:
        self._session, self._queue, self._connection = session, queue, connection
        self.following: QueuedMessage | None = None
        self.sent = b""

    def __call__(self) -> bytes:
        self.following = self._queue.take_now()
        self.sent = self._session.pipelined_envelope(self._connection, self.following)
        return self.sent
