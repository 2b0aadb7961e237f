"""A proxy on loopback, as universities have them: it passes on, and keeps what it was asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from .origin import reply


@dataclass
class Proxy:
    port: int
    #: the first line and the headers of each request
    heads: list[str] = field(default_factory=list)


@contextmanager
def proxy(to: int, *, login: str = "") -> Iterator[Proxy]:
    """Run a proxy for which every host is at port ``to`` here; ``login`` is what it asks for."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Proxy(listening.getsockname()[1])

        def accept() -> None:
            while not over.is_set():
                line, _ = listening.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

        def serve(line: socket.socket) -> None:
            with suppress(OSError), line:
                head = _head(line)
                if not head:
                    return
                found.heads.append(head.decode("latin-1"))
                if login and login not in found.heads[-1]:
                    line.sendall(b"".join(reply(status="407 Proxy Authentication Required")))
                    return
                with socket.create_connection(("127.0.0.1", to)) as beyond:
                    if head.startswith(b"CONNECT "):
                        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    else:
                        beyond.sendall(head)
                    _join(line, beyond)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield found
        finally:
            over.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", found.port)).close()
            accepting.join()


def _head(line: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = line.recv(65536)
        if not piece:
            return b""
        head += piece
    return head


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass on what comes from either side, until both have ended."""

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pass_on, args=(other, one), daemon=True)
    back.start()
    pass_on(one, other)
    back.join()
