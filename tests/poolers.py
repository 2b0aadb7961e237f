"""A pooler as some put before PostgreSQL: one session for everybody, lent out by transaction."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import make_url

#: Requests for encryption, which come before the first message: SSL and GSSAPI.
_ENCRYPTION = (80877103, 80877104)


@contextmanager
def pooled(url: str) -> Iterator[str]:
    """The URL of the same database behind such a pooler."""
    server = _connected(url)
    pooler = _Pooler(server)
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=pooler.serve, args=[door], daemon=True).start()
        port = door.getsockname()[1]
        shared = make_url(url).set(host="127.0.0.1", port=port, query={})
        yield shared.render_as_string(False)
    server.close()


def _connected(url: str) -> socket.socket:
    address = make_url(url)
    folder = address.query.get("host") or address.host
    port = address.port or 5432
    if folder and str(folder).startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.connect(f"{folder}/.s.PGSQL.{port}")
    else:
        line = socket.create_connection((address.host or "127.0.0.1", port))
    words = ("user", address.username or "postgres", "database", address.database or "postgres")
    body = struct.pack("!i", 196608) + b"".join(f"{w}\0".encode() for w in words) + b"\0"
    line.sendall(struct.pack("!i", len(body) + 4) + body)
    return line


class _Pooler:
    """One session of a server, and the clients who take turns at it."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._turn = threading.Lock()
        self._welcome, _ = self._answers()

    def serve(self, door: socket.socket) -> None:
        """Take in whoever comes, until the door is closed."""
        with suppress(OSError):
            while True:
                client, _ = door.accept()
                threading.Thread(target=self._talk, args=[client], daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            while _code(_sized(client)) in _ENCRYPTION:
                client.sendall(b"N")
            client.sendall(self._welcome)
            while True:
                self._transaction(client)

    def _transaction(self, client: socket.socket) -> None:
        """Let one client have the session until its transaction has ended."""
        first = _message(client)
        with self._turn:
            state = b"T"
            message = first
            while state != b"I":
                if message[:1] == b"X":
                    raise EOFError
                self._server.sendall(message)
                if message[:1] in b"QS":
                    answers, state = self._answers()
                    client.sendall(answers)
                if state != b"I":
                    message = _message(client)

    def _answers(self) -> tuple[bytes, bytes]:
        """What the server says until it is ready, and whether a transaction is open then."""
        said = b""
        while True:
            message = _message(self._server)
            said += message
            if message[:1] == b"Z":
                return said, message[-1:]


def _message(line: socket.socket) -> bytes:
    return _exactly(line, 1) + _sized(line)


def _sized(line: socket.socket) -> bytes:
    head = _exactly(line, 4)
    return head + _exactly(line, struct.unpack("!i", head)[0] - 4)


def _code(startup: bytes) -> int:
    return int(struct.unpack("!i", startup[4:8])[0])


def _exactly(line: Any, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            raise EOFError
        found += piece
    return found
