"""Circuit breakers: pause a domain, or the whole relay, after too many refusals in a row.

A domain that is down must not slow down every run, and a relay that refuses everything must not
fail the delivery to every subscriber.  After a pause one mail is sent as a probe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..errors import Meaning, SendError
from ..model import Message
from . import OutgoingMessage, Sender

#: Refusals in a row until the first pause; seconds of the first and of the longest pause, each of
#: which is twice as long as the one before.
LIMIT, PAUSE, LONGEST = 20, 300.0, 4 * 3600.0

#: Meanings that count against a domain; others concern one address, one message, or no domain.
_OF_A_DOMAIN = frozenset({Meaning.LATER, Meaning.SLOWER, Meaning.SENDER})

#: Meanings that do not count: they end a run by themselves, or are no refusals.
_OF_NOTHING = frozenset({Meaning.RELAY, Meaning.LOGIN, Meaning.DOUBT})


@dataclass
class CircuitBreaker:
    """A breaker that admits all until ``limit`` failures in a row, then a probe after a pause."""

    limit: int = LIMIT
    failures: int = 0
    shut_until: float = 0.0
    is_probing: bool = False

    def admits(self, now: float) -> bool:
        """Return whether one more may be tried; after a pause only one, until it is noted."""
        if self.failures < self.limit:
            return True
        if self.is_probing or now < self.shut_until:
            return False
        self.is_probing = True
        return True

    def note(self, now: float, *, has_failed: bool) -> None:
        """Count an outcome."""
        self.failures = self.failures + 1 if has_failed else 0
        self.is_probing = False
        if self.failures >= self.limit:
            pauses = min(self.failures - self.limit, 10)
            self.shut_until = now + min(PAUSE * 2**pauses, LONGEST)


class BreakingSender:
    """A sender with circuit breakers, which hands over to another sender what they admit."""

    def __init__(
        self,
        send: Sender,
        *,
        limit: int = LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.send = send
        self._limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._relay = CircuitBreaker(limit)
        self._domains: dict[str, CircuitBreaker] = {}

    def __call__(self, mail: Message, *, at_the_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``.

        Raises SendError for a paused domain (PAUSED, stage "rcpt") or relay (RELAY, "connect").
        """
        self._enter(mail)
        try:
            self.send(mail, at_the_dot=at_the_dot)
        except Exception as error:
            self._note(mail, error)
            raise
        self._note(mail, None)

    def send_all(self, handovers: Iterable[OutgoingMessage]) -> None:
        """Hand many over; see ``deliver.Sender``."""
        self.send.send_all(self._admitted(handovers))

    def close(self) -> None:
        """Close the inner sender."""
        self.send.close()

    def _admitted(self, handovers: Iterable[OutgoingMessage]) -> Iterator[OutgoingMessage]:
        for handover in handovers:
            try:
                self._enter(handover.mail)
            except SendError as error:
                handover.settle(error)
                if error.stage == "connect":
                    raise
            else:
                yield self._noting(handover)

    def _noting(self, handover: OutgoingMessage) -> OutgoingMessage:
        def settle(error: Exception | None) -> None:
            self._note(handover.mail, error)
            handover.settle(error)

        return replace(handover, settle=settle)

    def _enter(self, mail: Message) -> None:
        domain = _domain(mail)
        with self._lock:
            now = self._monotonic()
            if not self._fuse(domain).admits(now):
                reason = f"{domain}: paused after {self._fuse(domain).failures} refusals in a row"
                raise SendError(reason, Meaning.PAUSED, stage="rcpt")
            if not self._relay.admits(now):
                self._fuse(domain).is_probing = False
                reason = f"the relay: paused after {self._relay.failures} refusals in a row"
                raise SendError(reason, Meaning.RELAY, stage="connect")

    def _note(self, mail: Message, error: Exception | None) -> None:
        sense = error.meaning if isinstance(error, SendError) else None
        with self._lock:
            now = self._monotonic()
            fuse = self._fuse(_domain(mail))
            if error is not None and (sense is None or sense in _OF_NOTHING):
                fuse.is_probing = self._relay.is_probing = False
                return
            self._relay.note(now, has_failed=error is not None)
            # A domain that refuses a single address does answer: that is no failure of the domain.
            fuse.note(now, has_failed=sense in _OF_A_DOMAIN)

    def _fuse(self, domain: str) -> CircuitBreaker:
        return self._domains.setdefault(domain, CircuitBreaker(self._limit))


def _domain(mail: Message) -> str:
    return mail.recipient.rpartition("@")[2].lower()
