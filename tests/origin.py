"""A real HTTP server on loopback that answers whatever a test tells it to, byte for byte."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: Mapping[str, str]


#: A request to the pieces of an answer, head and all; the connection is closed after them.
Answer = Callable[[Request], Iterable[bytes]]


@dataclass
class Origin:
    url: str
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


@contextmanager
def origin(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Origin]:
    """Run the server; ``answer`` runs in a thread for each connection."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scheme = "https" if tls else "http"
        found = Origin(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")

        def accept() -> None:
            while not over.is_set():
                line, _ = listening.accept()
                threading.Thread(target=serve_raw, args=(line,), daemon=True).start()

        def serve_raw(raw: socket.socket) -> None:
            with suppress(OSError), _secured(raw, tls) as line:
                found.connections += 1
                request = _request(line)
                if request is None:
                    return
                found.requests.append(request)
                for piece in answer(request):
                    if over.is_set():
                        return
                    line.sendall(piece)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield found
        finally:
            over.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", listening.getsockname()[1])).close()
            accepting.join()


def _secured(line: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    if tls is None:
        return line
    try:
        return tls.wrap_socket(line, server_side=True)
    except OSError:
        line.close()
        raise


def _request(line: socket.socket) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = line.recv(65536)
        if not piece:
            return None
        head += piece
    first, *rest = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)
    }
    return Request(first.split()[1], headers)


def reply(
    body: bytes = b"", status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> list[bytes]:
    """A whole answer with its length."""
    told = {"Content-Length": str(len(body)), "Connection": "close"} | dict(headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return [f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1"), body]
