"""A session: one connection and the mails that go over it, one after the other.

With pipelining, the next mail's envelope is sent right after the dot of the current one: a message
then costs one round trip instead of four.  Still at most one dot is unanswered.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import SendError
from ..network import Deadline
from . import SmtpSettings
from .connection import Connection, connect
from .envelope import Envelope
from .queue import MessageQueue, QueuedMessage
from .rate_limit import RateLimit
from .transaction import GONE, commands, hand_over, hear, offer, takes_groups

#: Seconds after which an idle connection is not used again: NAT tables and relays forget it, and a
#: message would wait for its whole deadline to find that out.
_IDLE = 60.0

#: Stages at which the relay or the account is at fault: the next mail would fail too.
NO_WAY_IN = ("connect", "login")


class Session:
    """A connection, opened by the first mail and kept; for one thread at a time."""

    def __init__(
        self,
        settings: SmtpSettings,
        pace: RateLimit,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._pace = pace
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._used_at = 0.0

    def send(self, ready: Envelope, at_the_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        connection = self._offered(ready)
        self._hand_over(connection, ready, at_the_dot)

    def send_all(self, line: MessageQueue) -> None:
        """Hand over the messages of a queue until its end, and settle each.

        Raises SendError if the relay cannot be reached, after putting the current message back into
        the queue; and whatever settling raises.
        """
        load, connection = line.take(), None
        while load is not None:
            load, connection = self._pass_on(line, load, connection)

    def close(self) -> None:
        """Close the connection with QUIT."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def drop(self) -> None:
        """Close the connection without QUIT."""
        if self._connection is not None:
            self._connection.drop()

    def _pass_on(
        self, line: MessageQueue, load: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Hand one message over; return the next, and the connection if its content may follow."""
        handover, ready = load
        try:
            connection = connection or self._offered(ready)
        except SendError as error:
            if error.stage in NO_WAY_IN:
                line.give_back(load)
                raise
            line.settle(load, error)
            return line.take(), None
        beside = _NextMessage(self, line, connection)
        try:
            self._hand_over(connection, ready, handover.at_the_dot, beside)
        except Exception as error:  # an error in the caller's step is for the caller to judge
            line.settle(load, error)
        else:
            line.settle(load, None)
        if beside.following is None:
            return line.take(), None
        return self._heard(line, beside.following, connection if beside.said else None)

    def _heard(
        self, line: MessageQueue, following: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Read the answers to an envelope that was sent right after a dot."""
        if connection is None or not connection.is_open:
            return following, None
        connection.until(Deadline(self.settings.timeout))
        try:
            hear(connection)
        except SendError as error:
            if error.code in GONE or error.stage in NO_WAY_IN:
                return following, None
            line.settle(following, error)
            return line.take(), None
        return following, connection

    def envelope_beside(self, connection: Connection, following: QueuedMessage | None) -> bytes:
        """Return what may be sent right after the dot: the next envelope, or nothing."""
        is_last = self._is_worn(connection, after=1)
        if following is None or is_last or not takes_groups(connection):
            return b""
        try:
            said = commands(connection, following.ready)
        except SendError:  # the same error will come when it is the mail's turn
            return b""
        return b"".join(said) if self._pace.take_now() else b""

    def _hand_over(
        self,
        connection: Connection,
        ready: Envelope,
        at_the_dot: Callable[[], None],
        beside: Callable[[], bytes] = bytes,
    ) -> None:
        connection.sent += 1
        try:
            hand_over(connection, ready, at_the_dot, patience=self.settings.patience, beside=beside)
        except SendError:
            raise
        except BaseException:
            connection.drop()
            raise
        finally:
            self._used_at = self._monotonic()

    def _offered(self, ready: Envelope) -> Connection:
        """Send the envelope; return the connection, on which the content may follow.

        A kept connection that turns out to be gone is replaced once: nothing was handed over yet.
        One that used up the time is not, or a slow answer would look like an unreachable relay.
        """
        self._pace.keep()
        # Before the deadline starts, because closing a used-up connection may take time.
        kept = self._kept()
        deadline = Deadline(self.settings.timeout)
        if kept is not None:
            kept.until(deadline)
            try:
                offer(kept, ready)
            except SendError as error:
                if kept.is_open or error.code not in GONE or deadline.is_over():
                    raise
            else:
                return kept
        self._connection = None
        self._connection = connect(self.settings, deadline)
        self._used_at = self._monotonic()
        offer(self._connection, ready)
        return self._connection

    def _kept(self) -> Connection | None:
        connection = self._connection
        if connection is not None and connection.is_open:
            is_stale = self._monotonic() - self._used_at > _IDLE
            if not is_stale and not self._is_worn(connection):
                return connection
            connection.quit()
        return None

    def _is_worn(self, connection: Connection, *, after: int = 0) -> bool:
        """Return whether the connection has had its limit of messages, with ``after`` more."""
        return 0 < self.settings.per_connection <= connection.sent + after


class _NextMessage:
    """A callback that takes the next mail once the dot is sent, and returns its envelope.

    Not earlier: when a mail is taken, the rendering thread begins another, which would delay the
    commit before the dot.  After the dot there is a round trip to wait for anyway.
    """

    def __init__(self, lane: Session, line: MessageQueue, connection: Connection) -> None:
        self._lane, self._line, self._connection = lane, line, connection
        self.following: QueuedMessage | None = None
        self.said = b""

    def __call__(self) -> bytes:
        self.following = self._line.take_now()
        self.said = self._lane.envelope_beside(self._connection, self.following)
        return self.said
