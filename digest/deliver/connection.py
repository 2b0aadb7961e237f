"""Reach the relay and log in, through yagmail, with every wait bounded and every reply measured.

yagmail brings the configuration, the credentials and the live smtplib connection.  Its ``send`` is
never called: it logs in afresh for each message, tries again after the final dot, and sends the
HTML source as the text part.
"""

from __future__ import annotations

import functools
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

import yagmail

from ..errors import SendError, Stage
from . import SmtpSettings, oauth
from .deadline import Deadline
from .replies import Reply

# RFC 5321 §4.5.3.1.5 allows a reply line 512 bytes; servers exceed that, none honestly by so much.
_REPLY_LINE = 8192
_REPLY_LINES = 100

#: seconds for a farewell that nobody depends on
_FAREWELL = 2.0


class Connection:
    """A live session with the relay, greeted and logged in."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self.sent = 0

    @property
    def is_open(self) -> bool:
        """Whether a socket is left; the other end may be gone all the same."""
        return self._client.sock is not None

    def offers(self, extension: str) -> str | None:
        """Give the parameters with which EHLO offered an extension, None where it did not."""
        if not self._client.has_extn(extension):
            return None
        return str(self._client.esmtp_features[extension.lower()])

    def until(self, deadline: Deadline) -> None:
        """Let whatever is said and heard from now on be over by then."""
        self._client.deadline = deadline

    def write(self, data: bytes) -> None:
        """Hand bytes to the kernel.  Raises OSError unless every one of them was taken."""
        self._client.send(data)

    def reply(self) -> Reply:
        """Read the next reply.  Raises OSError where none comes or none can be understood."""
        code, text = self._client.getreply()
        return Reply(code, _printable(text))

    def quit(self) -> None:
        """Say goodbye if there is anybody to say it to; never wait long for it."""
        self.until(Deadline(_FAREWELL))
        with suppress(OSError):
            self._client.docmd("QUIT")
        self.drop()

    def drop(self) -> None:
        """Hang up without a word: what has begun must not be completed by anything said now."""
        self._client.close()


def connect(settings: SmtpSettings, deadline: Deadline) -> Connection:
    """Open a session: connect, TLS, greet, log in.

    Raises SendError at stage "connect" or "login"; never permanent, for the fault is no message's.
    """
    refuse_plain_password(settings)
    yag = _yag(settings, deadline)
    try:
        with trouble(yag):
            yag.login()
            yag.smtp.ehlo_or_helo_if_needed()
            if settings.oauth2:
                yag.stage = "login"
                oauth.log_in(yag.smtp, settings.oauth2, deadline)
    except SendError:
        if yag.smtp is not None:
            yag.smtp.close()
        raise
    finally:
        # yagmail would say QUIT when it is collected, whoever holds the connection by then.
        yag.is_closed = True
    # The dot follows the content as a packet of its own: Nagle would hold it back for a round trip.
    yag.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(yag.smtp)


def refuse_plain_password(settings: SmtpSettings) -> None:
    """Raise SendError where the settings would send a password in the clear to another machine."""
    has_secret = bool(settings.user or settings.oauth2)
    if has_secret and settings.tls == "none" and not _is_loopback(settings.host):
        reason = f"refusing to send the password to {settings.host} without TLS"
        raise SendError(reason, stage="login")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _yag(settings: SmtpSettings, deadline: Deadline) -> _Yag:
    is_tls = settings.tls == "tls"
    context = _context(settings)
    yag = _Yag(
        # A mapping, because yagmail turns a bare name such as "apikey" into apikey@gmail.com.
        user={settings.user: settings.user},
        password=settings.password,
        host=settings.host,
        port=settings.port,
        smtp_ssl=is_tls,
        smtp_starttls={"context": context} if settings.tls == "starttls" else False,
        # yagmail's own OAuth2 login leaves out TLS and reads no answer.
        smtp_skip_login=bool(settings.oauth2) or not settings.user,
        soft_email_validation=False,
        timeout=settings.timeout,
        local_hostname=settings.helo or _own_name(),
        **({"context": context} if is_tls else {}),
    )
    yag.deadline = deadline
    yag.set_logging(None)
    return yag


def _context(settings: SmtpSettings) -> ssl.SSLContext | None:
    if settings.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca or None)
    except OSError as error:
        raise SendError(f"{settings.ca}: {error.strerror}", stage="connect") from error


def _own_name() -> str:
    # smtplib would ask the DNS for this machine's full name, and wait for it without a bound.
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


class _Yag(yagmail.SMTP):  # type: ignore[misc]  # yagmail ships no types
    """yagmail's client, opening bounded connections and never asking anybody for a password."""

    deadline: Deadline
    stage: Stage = "connect"
    smtp: Any

    @property
    def connection(self) -> Callable[..., _Client]:
        return functools.partial(_TlsClient if self.ssl else _Client, deadline=self.deadline)

    def handle_password(self, user: str, password: str) -> str:
        """Note that the login begins."""
        self.stage = "login"
        return password


class _Client(smtplib.SMTP):
    """smtplib's client, but a server that drips or babbles cannot hold it beyond its deadline."""

    sock: socket.socket | None
    file: Any

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        self.deadline = deadline
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Try each address of the host for an equal share of what is left, not for ever each."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(address[0] for *_, address in found))
        for others, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            share = self.deadline.left() / (others + 1)
            try:
                return socket.create_connection((str(address), port), share)
            except OSError:
                if not others:
                    raise
        raise OSError(f"{host} has no address")

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.deadline.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
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
                raise smtplib.SMTPException(f"not an SMTP reply: {_printable(line)[:60]!r}")
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
        """Give what has arrived, after one read at most; it stays to be read."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            self.file = self.sock.makefile("rb")
        self.sock.settimeout(self.deadline.left())
        waiting: bytes = self.file.peek(1)
        if not waiting:
            raise smtplib.SMTPServerDisconnected("the server hung up")
        return waiting


class _TlsClient(_Client):
    """The same, under TLS from the first byte.

    Not smtplib.SMTP_SSL, which gives the handshake the whole time-out once more.
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
    """Let no socket outlive a failed handshake."""
    try:
        yield
    except BaseException:
        plain.close()
        raise


@contextmanager
def trouble(yag: _Yag) -> Iterator[None]:
    """Turn whatever goes wrong on the way in into a SendError at the stage that was reached."""
    place = f"{yag.host}:{yag.port}"
    try:
        yield
    except smtplib.SMTPResponseException as error:
        text = f"{error.smtp_code} {_printable(error.smtp_error)}"
        raise SendError(f"{place}: {text}", stage=yag.stage, code=error.smtp_code) from error
    # A name that cannot be looked up and a password that is not ASCII are ValueErrors.
    except (OSError, ValueError) as error:
        raise SendError(f"{place}: {plainly(error)}", stage=yag.stage) from error


def plainly(error: Exception) -> str:
    """Say on one line what an exception means, and nothing of what a password holds."""
    if isinstance(error, UnicodeError):
        return "only ASCII can be used here"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = _printable(str(error)).rstrip(".")
    is_word = text[1:2].islower()
    return (text[:1].lower() + text[1:] if is_word else text) or type(error).__name__


def _printable(text: bytes | str) -> str:
    """One line of what a server said: no control characters, and not without end."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in decoded).split())
    return line if len(line) <= 200 else line[:199] + "…"
