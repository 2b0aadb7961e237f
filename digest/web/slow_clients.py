"""Limit how long a client may hold a connection, and how many connections it may hold.

uvicorn waits for ever for the end of a request's head, and for a client that does not read; for
bodies the guard has a limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from .client import Network, client_key, is_proxy
from .connections import Crowd

#: Seconds within which the whole head of a request must have come.
HEAD_WITHIN = 15.0

#: Seconds within which a client must have read enough of an answer for more to be written.
READ_WITHIN = 60.0


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with deadlines for a request's head and for reading."""

    def __init__(
        self, *args: Any, crowd: Crowd, proxies: Collection[Network] = (), **named: Any
    ) -> None:
        super().__init__(*args, **named)
        self._crowd = crowd
        self._proxies = proxies
        self._peer = ""
        self._head: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Return whether no complete request waits for an answer."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body

    def hang_up(self) -> None:
        """Close at once, whatever has not been read or written."""
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """Start the deadline for the head, if the crowd has room; else close."""
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        self._peer = client_key(peer)
        if self._crowd.enter(self._peer, self, is_proxy=is_proxy(peer, self._proxies)):
            self._await_head()
        else:
            self.hang_up()

    def data_received(self, data: bytes) -> None:
        """Start the deadline again with the first byte of a further request."""
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head = _cancelled(self._head)

    def pause_writing(self) -> None:
        """Start the deadline for a client that does not read."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """Stop the deadline: the client reads."""
        self._reading = _cancelled(self._reading)
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection without further requests, also where its last answer is not read."""
        super().timeout_keep_alive_handler()
        self._await_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the crowd and stop all deadlines."""
        self._crowd.leave(self._peer, self)
        self._head, self._reading = _cancelled(self._head), _cancelled(self._reading)
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _await_reading(self) -> None:
        _cancelled(self._reading)
        self._reading = self.loop.call_later(READ_WITHIN, self.hang_up)

    def _give_up(self) -> None:
        self._head = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
            self._await_reading()


def _cancelled(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
