"""Count the open connections by client, so that one client cannot keep the others out.

A connection without a complete request is worth less than a new one: where all places are taken,
the oldest such connection is closed.
"""

from __future__ import annotations

import resource
from typing import Protocol

#: The most connections that are held; fewer where the system allows few open files.
MAX_CONNECTIONS = 800


class ClientConnection(Protocol):
    """What a crowd needs to know of a connection."""

    @property
    def is_idle(self) -> bool:
        """Return whether no complete request of it waits for an answer."""

    def hang_up(self) -> None:
        """Close the connection at once."""


class Crowd:
    """At most ``most`` connections in all, and ``most_of_one`` of one client."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._by_client: dict[str, dict[ClientConnection, None]] = {}
        self._number = 0

    def __len__(self) -> int:
        return self._number

    def enter(self, client: str, connection: ClientConnection, *, is_proxy: bool = False) -> bool:
        """Add a connection, and close an idle one for it if needed; return False if none is idle.

        A proxy speaks for many clients, so that only the limit for all applies to it.
        """
        of_client = self._by_client.get(client, {})
        if not is_proxy and len(of_client) >= self._most_of_one:
            is_admitted = self._let_go(client)
        elif self._number >= self._most:
            largest = sorted(self._by_client, key=lambda c: len(self._by_client[c]), reverse=True)
            is_admitted = any(map(self._let_go, largest))
        else:
            is_admitted = True
        if is_admitted:
            self._by_client.setdefault(client, {})[connection] = None
            self._number += 1
        return is_admitted

    def leave(self, client: str, connection: ClientConnection) -> None:
        """Forget a connection that has ended; an unknown one is ignored."""
        of_client = self._by_client.get(client, {})
        if connection in of_client:
            del of_client[connection]
            self._number -= 1
        if not of_client:
            self._by_client.pop(client, None)

    def _let_go(self, client: str) -> bool:
        oldest = next((c for c in self._by_client.get(client, ()) if c.is_idle), None)
        if oldest is None:
            return False
        self.leave(client, oldest)
        oldest.hang_up()
        return True


def crowd() -> Crowd:
    """Return an empty crowd for half of the open files allowed; one client gets half of that."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = (
        MAX_CONNECTIONS
        if files == resource.RLIM_INFINITY
        else max(2, min(MAX_CONNECTIONS, files // 2))
    )
    return Crowd(most, most // 2)
