"""One connection and the mails that go over it, one after the other.

Where the server takes groups of commands, the next mail's envelope goes out right behind this one's
dot: a message then costs one round trip instead of four.  Still at most one dot is unanswered.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import SendError
from . import SmtpSettings
from .connection import Connection, connect
from .deadline import Deadline
from .envelope import Envelope
from .queue import MessageQueue, QueuedMessage
from .rate_limit import RateLimit
from .transaction import GONE, commands, hand_over, hear, offer, takes_groups

#: Seconds after which a silent connection is not trusted: NAT tables and relays forget it, and a
#: message would wait out its whole deadline to learn that.
_IDLE = 60.0

#: Failures here are the relay's or the account's: the next mail would fare no better.
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
        """Hand over what is in line until its end, and settle each.

        Raises SendError where there is no way in, with the mail at hand given back to the line; and
        whatever settling raises.
        """
        load, connection = line.take(), None
        while load is not None:
            load, connection = self._pass_on(line, load, connection)

    def close(self) -> None:
        """Say goodbye to the relay."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def drop(self) -> None:
        """Hang up at once."""
        if self._connection is not None:
            self._connection.drop()

    def _pass_on(
        self, line: MessageQueue, load: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Hand one load over; gives the next, with the connection if that waits for its content."""
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
        except Exception as error:  # whatever the caller's own step raised is the caller's to judge
            line.settle(load, error)
        else:
            line.settle(load, None)
        if beside.following is None:
            return line.take(), None
        return self._heard(line, beside.following, connection if beside.said else None)

    def _heard(
        self, line: MessageQueue, following: QueuedMessage, connection: Connection | None
    ) -> tuple[QueuedMessage | None, Connection | None]:
        """Read the answers to an envelope that went out beside a dot."""
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
        """Give what may go out right behind the dot: the next envelope, or nothing."""
        is_last = self._is_worn(connection, after=1)
        if following is None or is_last or not takes_groups(connection):
            return b""
        try:
            said = commands(connection, following.ready)
        except SendError:  # it will come again when it is the mail's turn
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
        """Bring the envelope to where the content may follow.

        A kept connection that turns out to be gone is replaced once: nothing was handed over yet.
        One that used up the time is not, or a slow answer would look like a relay out of reach.
        """
        self._pace.keep()
        # First, because the goodbye to a worn connection must not cost this message its time.
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
        """Whether the connection has had as many messages as it may, these included."""
        return 0 < self.settings.per_connection <= connection.sent + after


class _NextMessage:
    """Takes the next mail from the line once the dot is out, and gives its envelope.

    Not earlier: whoever makes mails begins another one where one is taken, and would be in the way
    of the commit before the dot.  Behind it there is a round trip to wait for.
    """

    def __init__(self, lane: Session, line: MessageQueue, connection: Connection) -> None:
        self._lane, self._line, self._connection = lane, line, connection
        self.following: QueuedMessage | None = None
        self.said = b""

    def __call__(self) -> bytes:
        self.following = self._line.take_now()
        self.said = self._lane.envelope_beside(self._connection, self.following)
        return self.said
