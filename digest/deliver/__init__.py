"""Send mail: to an SMTP relay, into a folder of ``.eml`` files, or to a channel of a chat.

A sender hands over messages and reports how far each came.  It never retries after the final dot,
never keeps a message for later, and does not know the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ..errors import Meaning, SendError
from ..model import Message
from .chat_services import service_of

__all__ = [
    "MailSettings",
    "OutgoingMessage",
    "PostProgress",
    "Relay",
    "Sender",
    "SmtpSettings",
    "send_each",
    "sender",
]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A mail to be sent, with callbacks for the moment before its dot and for its outcome.

    ``settle`` gets None if the mail was accepted, the SendError if it was not, or the exception
    that ``before_dot`` raised.  Both may be called from another thread than the caller's.
    """

    mail: Message
    before_dot: Callable[[], None]
    settle: Callable[[Exception | None], None]


class Sender(Protocol):
    """A callable that hands over messages, or raises the reason why it could not."""

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Return once the message is accepted for delivery.

        ``before_dot`` is called once the server has everything but the final dot, right before the
        dot is sent: an exception from it stops the message from being sent, and is raised again.
        Raises SendError if the message is not accepted; its meaning says which side is at fault.
        Its stage is "dot" only if the message may have been accepted although no answer came; a
        refusal in answer to the dot has stage "data".
        """

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Hand over many messages, several at once if possible, and settle each.

        Takes no more from the iterable than it can soon send.  Raises SendError at stage "connect"
        or "login" if the relay cannot be reached, once no message is in progress: those already
        taken are settled with the same error.  An exception from ``settle`` is raised again.
        """

    def close(self) -> None:
        """Close the connections; the next message opens what it needs again."""


class PostProgress(Protocol):
    """How many posts of an issue are out, by its Message-ID: after a crash the others follow."""

    def posted(self, message_id: str) -> int:
        """Return how many of its posts the channel has."""

    def keep(self, message_id: str, number: int) -> None:
        """Remember that the channel has this many; 0: forget it, for the issue is over."""


class Turns(Protocol):
    """The turns in which a relay is handed messages."""

    def __call__(self, gap: float) -> float:
        """Take the next turn if it has come; the one after it comes ``gap`` seconds later.

        Return 0, or the seconds until it may come, and then nothing is taken.
        """


class Slots(Protocol):
    """The connections to a relay that all processes together may have open."""

    def __call__(self) -> AbstractContextManager[bool]:
        """Have one of them during the block, if one is free; say whether it was."""


def send_each(send: Sender, messages: Iterable[OutgoingMessage]) -> None:
    """Hand messages over one after the other, and settle each."""
    for message in messages:
        try:
            send(message.mail, before_dot=message.before_dot)
        except Exception as error:  # an error in the caller's step is for the caller to judge
            message.settle(error)
        else:
            message.settle(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the relay.  Times are total seconds: they bound a message, not a single read."""

    host: str
    port: int = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    #: empty: no login with a password
    user: str = ""
    password: str = field(default="", repr=False)
    #: a JSON file with a refresh token of Google's or Microsoft's, instead of a password
    oauth2: str = ""
    #: for everything up to the final dot: connecting, TLS, login, envelope and content
    timeout: float = 60
    #: for the answer to the dot, because giving up there may deliver twice; RFC 5321 §4.5.3.2.6
    #: asks for ten minutes
    patience: float = 300
    #: connections open at once, in this process and in all of them; 0: no limit of the latter
    connections: int = 1
    connections_in_all: int = 0
    #: messages per connection before it is replaced, and per minute over all; 0: no limit
    per_connection: int = 0
    per_minute: int = 0
    #: messages in 24 hours; the outbox counts them, because a sender keeps no record
    per_day: int = 0
    #: a PEM file with the certificate authority to trust instead of the system's
    ca: str = ""
    #: name for EHLO, if the name of this machine is not acceptable
    helo: str = ""

    @property
    def account(self) -> str:
        """Return the name under which all processes count what the relay's account is handed."""
        return f"relay {self.user}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One of several relays, and which mails it takes."""

    name: str
    smtp: SmtpSettings
    #: its share of the mails that no relay takes by their domain; 0: none of these
    weight: int = 1
    #: the domains that it takes mails to, with those below them; in lower case and in ASCII
    domains: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """Return what the configuration calls its settings."""
        return f"mail.relays.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mails are sent: through a relay or several, into a folder or to a channel."""

    sender: Literal["folder", "smtp", "chat"]
    folder: str = ""
    #: the only relay, or several by their names
    smtp: SmtpSettings | None = None
    relays: Mapping[str, Relay] = field(default_factory=dict)
    #: the channel of ``sender: chat``, as an address of Apprise's, which holds its secrets
    chat: str = field(default="", repr=False)

    @property
    def servers(self) -> dict[str, SmtpSettings]:
        """Return the relays in use, each under what the configuration calls its settings."""
        if self.sender != "smtp":
            return {}
        several = {each.section: each.smtp for each in self.relays.values()}
        return several or ({"mail.smtp": self.smtp} if self.smtp else {})

    @property
    def per_day(self) -> int:
        """Return how many mails may be sent in 24 hours, by all relays together; 0: no limit."""
        limits = [each.per_day for each in self.servers.values()]
        return sum(limits) if all(limits) else 0

    @property
    def longest_wait(self) -> float:
        """Return the seconds that one message may take at the most; 0: they are few."""
        return max((each.timeout + each.patience for each in self.servers.values()), default=0)

    @property
    def post_size(self) -> int:
        """Return how long a post to the channel may be, in UTF-16 units; 0: mails are sent."""
        service = service_of(self.chat) if self.sender == "chat" else None
        return service.size if service else 0


def sender(
    settings: MailSettings,
    progress: PostProgress | None = None,
    turns: Turns | None = None,
    slots: Slots | None = None,
) -> Sender:
    """Return the sender that the operator configured; ``progress`` is kept of an issue's posts.

    By ``turns`` the rate limit of the only relay holds over all processes, not in this one alone;
    by ``slots`` its connections are counted over all.
    Connects to nothing yet.  Raises SendError if the settings would send a password in the clear
    or name no relay.
    """
    if settings.sender == "folder":
        from .folder import Folder

        return Folder(settings.folder)
    if settings.sender == "chat":
        from .chat import Chat
        from .poster import Poster

        assert progress is not None, "posts are counted"
        return Chat(Poster(settings.chat), progress)
    if settings.smtp is None:
        raise SendError("no relay is named", Meaning.LOGIN, setting="mail.smtp")
    from .smtp import Smtp

    return Smtp(settings.smtp, turns=turns, slots=slots)
