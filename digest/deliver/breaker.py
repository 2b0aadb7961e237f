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
FAILURE_LIMIT, FIRST_PAUSE, LONGEST_PAUSE = 20, 300.0, 4 * 3600.0

#: Meanings that count against a domain; others concern one address, one message, or no domain.
_DOMAIN_FAILURES = frozenset({Meaning.LATER, Meaning.SLOWER, Meaning.SENDER})

#: Meanings that do not count: they end a run by themselves, or are no refusals.
_UNCOUNTED = frozenset({Meaning.RELAY, Meaning.LOGIN, Meaning.DOUBT})


@dataclass
class CircuitBreaker:
    """A breaker that admits all until ``limit`` failures in a row, then a probe after a pause."""

    limit: int = FAILURE_LIMIT
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
            self.shut_until = now + min(FIRST_PAUSE * 2**pauses, LONGEST_PAUSE)


class BreakingSender:
    """A sender with circuit breakers, which hands over to another sender what they admit."""

    def __init__(
        self,
        sender: Sender,
        *,
        limit: int = FAILURE_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sender = sender
        self._limit = limit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._relay = CircuitBreaker(limit)
        self._domains: dict[str, CircuitBreaker] = {}

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``.

        Raises SendError for a paused domain (PAUSED, stage "rcpt") or relay (RELAY, "connect").
        """
        self._enter(mail)
        try:
            self.sender(mail, before_dot=before_dot)
        except Exception as error:
            self._note(mail, error)
            raise
        self._note(mail, None)

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Hand many over; see ``deliver.Sender``."""
        self.sender.send_all(self._admitted(messages))

    def close(self) -> None:
        """Close the inner sender."""
        self.sender.close()

    def _admitted(self, messages: Iterable[OutgoingMessage]) -> Iterator[OutgoingMessage]:
        for message in messages:
            try:
                self._enter(message.mail)
            except SendError as error:
                message.settle(error)
                if error.stage == "connect":
                    raise
            else:
                yield self._noting(message)

    def _noting(self, message: OutgoingMessage) -> OutgoingMessage:
        def settle(error: Exception | None) -> None:
            self._note(message.mail, error)
            message.settle(error)

        return replace(message, settle=settle)

    def _enter(self, mail: Message) -> None:
        domain = _domain(mail)
        with self._lock:
            now = self._monotonic()
            if not self._breaker(domain).admits(now):
                reason = (
                    f"{domain}: paused after {self._breaker(domain).failures} refusals in a row"
                )
                raise SendError(reason, Meaning.PAUSED, stage="rcpt")
            if not self._relay.admits(now):
                self._breaker(domain).is_probing = False
                reason = f"the relay: paused after {self._relay.failures} refusals in a row"
                raise SendError(reason, Meaning.RELAY, stage="connect")

    def _note(self, mail: Message, error: Exception | None) -> None:
        meaning = error.meaning if isinstance(error, SendError) else None
        with self._lock:
            now = self._monotonic()
            breaker = self._breaker(_domain(mail))
            if error is not None and (meaning is None or meaning in _UNCOUNTED):
                breaker.is_probing = self._relay.is_probing = False
                return
            self._relay.note(now, has_failed=error is not None)
            # A domain that refuses a single address does answer: that is no failure of the domain.
            breaker.note(now, has_failed=meaning in _DOMAIN_FAILURES)

    def _breaker(self, domain: str) -> CircuitBreaker:
        return self._domains.setdefault(domain, CircuitBreaker(self._limit))


def _domain(mail: Message) -> str:
    return mail.recipient.rpartition("@")[2].lower()
