"""Hand a mail to the world: to an SMTP relay or to a folder of ``.eml`` files.

A sender hands over one message at a time and says plainly how far it came.  It never tries again
after the final dot, never keeps a message for later, and knows nothing of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..errors import Meaning, SendError
from ..model import Message

__all__ = ["MailSettings", "OutgoingMessage", "Sender", "SmtpSettings", "sender"]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A mail among many: what is to happen before its dot, and once it is known what became of it.

    ``settle`` gets None where the mail was accepted, the SendError where it was not, or whatever
    ``at_the_dot`` raised.  Both may be called from another thread than the one that asked.
    """

    mail: Message
    at_the_dot: Callable[[], None]
    settle: Callable[[Exception | None], None]


class Sender(Protocol):
    """Hands over messages, or says why it could not."""

    def __call__(self, mail: Message, *, at_the_dot: Callable[[], None]) -> None:
        """Return once the message is accepted for delivery.

        ``at_the_dot`` is called after everything but the final dot has been taken and right before
        the dot goes out: what it raises stops the message from being sent, and comes through.
        Raises SendError otherwise, whose meaning says whose trouble it is.  Its stage is "dot" only
        where the message may have been taken and no answer said so; a refusal in answer to the dot
        is at stage "data".
        """

    def send_all(self, handovers: Iterable[OutgoingMessage]) -> None:
        """Hand over many messages, several at once where that is possible, and settle each.

        Takes no more from the iterable than it can soon send.  Raises SendError at stage "connect"
        or "login", once nothing is under way any more, where there is no way to the relay: what was
        taken is settled with the same error.  What ``settle`` raises ends it all and comes through.
        """

    def close(self) -> None:
        """Leave politely; the next message opens whatever it needs again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the relay.  Times are in seconds and total: they bound a message, not a read."""

    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    #: without a user nobody logs in
    user: str = ""
    password: str = field(default="", repr=False)
    #: a JSON file with Google's client and refresh token, instead of a password
    oauth2: str = ""
    #: for everything up to the final dot: connecting, TLS, login, envelope and content
    timeout: float = 60
    #: for the answer to the dot, because giving up there may deliver twice; RFC 5321 §4.5.3.2.6
    #: asks for ten minutes
    patience: float = 300
    #: how many may be open at once
    connections: int = 1
    #: messages over one connection before it is replaced, and a minute over all; 0: no limit
    per_connection: int = 0
    per_minute: int = 0
    #: messages in 24 hours; whoever keeps the outbox counts them, for a sender forgets
    per_day: int = 0
    #: a PEM file with the authority to trust instead of the system's
    ca: str = ""
    #: how to greet, where the name of this machine will not do
    helo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """Which way mails leave."""

    sender: Literal["folder", "smtp"]
    folder: str = ""
    smtp: SmtpSettings | None = None

    @property
    def per_day(self) -> int:
        """How many mails may leave in 24 hours; 0: no limit."""
        return self.smtp.per_day if self.smtp and self.sender == "smtp" else 0


def sender(settings: MailSettings) -> Sender:
    """Choose the sender that the operator asked for.

    Connects to nothing yet.  Raises SendError where the settings would send a password in the clear
    or name no relay.
    """
    if settings.sender == "folder":
        from .folder import Folder

        return Folder(settings.folder)
    if settings.smtp is None:
        raise SendError("no relay is named", Meaning.LOGIN, setting="mail.smtp")
    from .smtp import Smtp

    return Smtp(settings.smtp)
