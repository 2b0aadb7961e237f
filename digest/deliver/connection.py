"""Connect to the relay and log in, through yagmail, with every wait and every reply bounded.

yagmail handles the configuration, the credentials and the open smtplib connection.  Its ``send`` is
never called: it logs in again for each message, retries after the final dot, and sends the HTML
source as the text part.
"""

from __future__ import annotations

import functools
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import yagmail

from ..errors import Meaning, SendError, Stage
from ..network import Deadline, is_loopback, of_password, plainly, printable
from ..oauth import login_text, token_of
from . import SmtpSettings, advice
from .client import SmtpClient, SmtpTlsClient
from .replies import TLS, Reply, refusal

#: seconds for QUIT, on which nothing depends
_FAREWELL = 2.0


class Connection:
    """An open connection to the relay, greeted and logged in."""

    def __init__(self, client: SmtpClient) -> None:
        self._client = client
        self.sent = 0

    @property
    def is_open(self) -> bool:
        """Return whether the socket is open; the other end may be gone all the same."""
        return self._client.sock is not None

    def offers(self, extension: str) -> str | None:
        """Return the parameters with which EHLO offered an extension, None if it did not."""
        if not self._client.has_extn(extension):
            return None
        return str(self._client.esmtp_features[extension.lower()])

    def until(self, deadline: Deadline) -> None:
        """Set the deadline of all that is sent and read from now on."""
        self._client.deadline = deadline

    def write(self, data: bytes) -> None:
        """Pass bytes to the kernel.  Raises OSError unless all of them were taken."""
        self._client.send(data)

    def reply(self) -> Reply:
        """Read the next reply.  Raises OSError if none comes or if it cannot be understood."""
        code, text = self._client.getreply()
        return Reply(code, printable(text))

    def quit(self) -> None:
        """Send QUIT if the server still answers, wait only briefly, and close."""
        self.until(Deadline(_FAREWELL))
        with suppress(OSError):
            self._client.docmd("QUIT")
        self.drop()

    def drop(self) -> None:
        """Close without QUIT, because nothing sent now may complete what was begun."""
        self._client.close()


def connect(settings: SmtpSettings, deadline: Deadline) -> Connection:
    """Connect, start TLS, greet and log in.

    Raises SendError at stage "connect" or "login": the relay is at fault (RELAY) or the set-up
    (LOGIN).
    """
    refuse_plain_password(settings)
    if found := of_password(settings.password, "mail.smtp.password"):
        raise SendError(found.what_to_do, Meaning.LOGIN, stage="login", setting=found.setting)
    yag = _yag(settings, deadline)
    try:
        with trouble(yag, settings):
            yag.login()
            yag.smtp.ehlo_or_helo_if_needed()
            if settings.oauth2:
                yag.stage = "login"
                _log_in_by_token(yag.smtp, settings.oauth2, deadline)
    except SendError:
        if yag.smtp is not None:
            yag.smtp.close()
        raise
    finally:
        # yagmail would send QUIT when it is garbage-collected, while the connection is in use.
        yag.is_closed = True
    # The dot is a packet of its own: Nagle's algorithm would delay it by a round trip.
    yag.smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(yag.smtp)


def _log_in_by_token(client: smtplib.SMTP, path: str, deadline: Deadline) -> None:
    text = login_text(*token_of(path, deadline))

    def answer(challenge: bytes | None = None) -> str:
        # A challenge holds the reason of a refusal, and wants an empty answer before the 535.
        return "" if challenge is not None else text

    client.auth("XOAUTH2", answer)


def refuse_plain_password(settings: SmtpSettings) -> None:
    """Raise SendError if the settings would send a password in the clear to another machine."""
    has_secret = bool(settings.user or settings.oauth2)
    if has_secret and settings.tls == "none" and not is_loopback(settings.host):
        reason = f"refusing to send the password to {settings.host} without TLS"
        raise SendError(reason, Meaning.LOGIN, stage="login", setting=TLS)


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
        reason = f"{settings.ca}: {error.strerror}"
        raise SendError(reason, Meaning.LOGIN, setting="mail.smtp.ca") from error


def _own_name() -> str:
    # smtplib would ask the DNS for this machine's full name, and wait for it without a bound.
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


class _Yag(yagmail.SMTP):  # type: ignore[misc]  # yagmail ships no types
    """yagmail's client with bounded connections and without a prompt for the password."""

    deadline: Deadline
    stage: Stage = "connect"
    smtp: Any

    @property
    def connection(self) -> Callable[..., SmtpClient]:
        return functools.partial(SmtpTlsClient if self.ssl else SmtpClient, deadline=self.deadline)

    def handle_password(self, user: str, password: str) -> str:
        """Record that the login begins, and return the password without a prompt."""
        self.stage = "login"
        return password


@contextmanager
def trouble(yag: _Yag, settings: SmtpSettings) -> Iterator[None]:
    """Turn any failure to connect or log in into a SendError with the stage that was reached."""
    place = f"{settings.host}:{settings.port}"
    try:
        yield
    except smtplib.SMTPResponseException as error:
        answer = Reply(error.smtp_code, printable(error.smtp_error))
        raise refusal(answer, yag.stage, place) from error
    # A name that cannot be looked up is a ValueError.
    except (OSError, ValueError) as error:
        raise _connection_error(f"{place}: {plainly(error)}", yag.stage, settings, error) from error


def _connection_error(
    reason: str, stage: Stage, settings: SmtpSettings, error: Exception
) -> SendError:
    """Return the error of a failed connection: LOGIN if a setting is at fault, else RELAY."""
    found = advice.failure_advice(settings, error)
    if found is None:
        again = "tried again; if it stays so, check mail.smtp.host and mail.smtp.port"
        return SendError(f"{reason}: {again}", Meaning.RELAY, stage=stage)
    explained = f"{reason}: {found.what_to_do}" if found.what_to_do else reason
    return SendError(explained, Meaning.LOGIN, stage=stage, setting=found.setting)
