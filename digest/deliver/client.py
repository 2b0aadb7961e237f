"""smtplib's client with every wait and every reply bounded, and with passwords as UTF-8."""

from __future__ import annotations

import base64
import binascii
import hmac
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..network import Deadline, printable

# RFC 5321 §4.5.3.1.5 allows 512 bytes for a reply line; servers exceed that, but not by so much.
_REPLY_LINE = 8192
_REPLY_LINES = 100

#: Challenges that a server may send during one login.
_CHALLENGES = 5


class NoGreetingError(TimeoutError):
    """The server accepted the connection and sent no greeting."""


class SmtpClient(smtplib.SMTP):
    """smtplib's client, bounded: a slow or endless answer cannot hold it beyond its deadline."""

    sock: socket.socket | None
    file: Any
    user: str
    password: str
    #: whether a connection was made, even if nothing came over it
    is_reached = False

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        self.deadline = deadline
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Try each address of the host for an equal share of the time that is left."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(address[0] for *_, address in found))
        for others, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            share = self.deadline.left() / (others + 1)
            try:
                found_way = socket.create_connection((str(address), port), share)
            except OSError:
                if not others:
                    raise
            else:
                self.is_reached = True
                return found_way
        raise OSError(f"{host} has no address")

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Connect and read the greeting.  Raises NoGreetingError if only that is missing."""
        try:
            return super().connect(*args, **options)
        except TimeoutError as error:
            if self.is_reached:
                raise NoGreetingError(str(error)) from error
            raise

    def auth(
        self, mechanism: str, authobject: Any, *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """Log in by one mechanism, in UTF-8 (RFC 4616 §2); smtplib's own method accepts only ASCII.

        Raises SMTPAuthenticationError if the server refuses.
        """
        first = authobject() if initial_response_ok else None
        # By this count smtplib's method for LOGIN decides between user and password.
        self._auth_challenge_count = int(first is not None)
        words = [mechanism.upper()] + ([] if first is None else [_encoded(first) or "="])
        code, challenge_text = self.docmd("AUTH", " ".join(words))
        while code == 334 and self._auth_challenge_count < _CHALLENGES:
            self._auth_challenge_count += 1
            code, challenge_text = self.docmd(_encoded(authobject(_challenge(challenge_text))))
        if code in (235, 503):
            return code, challenge_text
        raise smtplib.SMTPAuthenticationError(code, challenge_text)

    def auth_cram_md5(self, challenge: Any = None) -> Any:
        """Answer a challenge of CRAM-MD5 (RFC 2195)."""
        if challenge is None:
            return None
        return f"{self.user} {hmac.new(self.password.encode(), challenge, 'md5').hexdigest()}"

    def send(self, s: Any) -> None:
        """Pass bytes to the kernel, within the deadline."""
        if self.sock is not None:
            self.sock.settimeout(self.deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply of bounded length within the deadline; close the connection on failure."""
        try:
            lines = list(self._reply_lines())
        except OSError:
            self.close()
            raise
        return int(lines[-1][:3]), b"\n".join(line[4:].strip() for line in lines)

    def _reply_lines(self) -> Iterator[bytes]:
        for _ in range(_REPLY_LINES):
            line = self._line()
            if not line[:3].isdigit() or line[3:4] not in (b" ", b"-", b"\r", b"\n"):
                raise smtplib.SMTPException(f"not an SMTP reply: {printable(line)[:60]!r}")
            yield line
            if line[3:4] != b"-":
                return
        raise smtplib.SMTPException("a reply that does not end")

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            waiting = self._waiting()
            line += self.file.read(waiting.find(b"\n") + 1 or len(waiting))
            if len(line) > _REPLY_LINE:
                raise smtplib.SMTPException("a reply line that does not end")
        return line

    def _waiting(self) -> bytes:
        """Return the bytes that have arrived, after one read at most; they stay in the buffer."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        self.sock.settimeout(self.deadline.left())
        waiting: bytes = self.file.peek(1)
        if not waiting:
            raise smtplib.SMTPServerDisconnected("the server hung up")
        return waiting


class SmtpTlsClient(SmtpClient):
    """The same client, under TLS from the first byte.

    Not smtplib.SMTP_SSL, which allows the whole time-out once more for the handshake.
    """

    def __init__(self, *args: Any, context: ssl.SSLContext, **options: Any) -> None:
        self.context = context
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        with closing_on_error(plain):
            plain.settimeout(self.deadline.left())
            return self.context.wrap_socket(plain, server_hostname=host)


@contextmanager
def closing_on_error(plain: socket.socket) -> Iterator[None]:
    """Close the socket if the handshake inside the block fails."""
    try:
        yield
    except BaseException:
        plain.close()
        raise


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _challenge(challenge_text: bytes) -> bytes:
    try:
        return base64.decodebytes(challenge_text)
    except binascii.Error as error:
        raise smtplib.SMTPException("a challenge that cannot be read") from error
