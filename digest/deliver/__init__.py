"""Hand a mail to the world: to an SMTP relay or to a folder of ``.eml`` files.

A sender hands over one message at a time and says plainly how far it came.  It never tries again
after the final dot, never keeps a message for later, and knows nothing of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..errors import SendError
from ..model import Mail

__all__ = ["MailSettings", "Sender", "SmtpSettings", "sender"]


class Sender(Protocol):
    """Hands over one message, or says why it could not."""

    def __call__(self, mail: Mail, *, at_the_dot: Callable[[], None]) -> None:
        """Return once the message is accepted for delivery.

        ``at_the_dot`` is called after everything but the final dot has been taken and right before
        the dot goes out: what it raises stops the message from being sent, and comes through.
        Raises SendError otherwise.  Its stage is "dot" only where the message may have been taken
        and nobody said so; a refusal in answer to the dot is at stage "data".  ``permanent`` speaks
        of this message alone, so a fault of the connection or the login never is.
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
    #: for everything up to the final dot: connecting, TLS, login, envelope and content
    timeout: float = 60
    #: for the answer to the dot, because giving up there may deliver twice; RFC 5321 §4.5.3.2.6
    #: asks for ten minutes
    patience: float = 300
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


def sender(settings: MailSettings) -> Sender:
    """Choose the sender that the operator asked for.

    Connects to nothing yet.  Raises SendError where the settings would send a password in the clear
    or name no relay.
    """
    if settings.sender == "folder":
        from .folder import Folder

        return Folder(settings.folder)
    if settings.smtp is None:
        raise SendError("mail.smtp is missing", stage="connect")
    from .smtp import Smtp

    return Smtp(settings.smtp)
