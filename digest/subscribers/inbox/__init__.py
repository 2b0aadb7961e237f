"""Mail that comes in: what it is, and what is done about it.

    mailbox, pipe ─▶ mime ─▶ incoming ─▶ returned (a bounce) | commands ─▶ receive ─▶ store

``mailbox`` fetches by IMAP.  ``mime`` takes a message apart within ``limits``; ``returned``,
``writing``, ``automatic`` and ``commands`` only read; ``receive`` and ``conversation`` act, through
the store and only once all is read, and answer by letters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """How to reach the mailbox that gets the digest's mail.  Times are in seconds."""

    host: str
    port: int = 993
    tls: Literal["tls", "starttls", "none"] = "tls"
    user: str
    password: str = field(repr=False)
    #: where mail comes in; it should hold nobody else's
    folder: str = "INBOX"
    #: where mail goes once it was handled, and where what nobody could read
    done: str = "digest-done"
    aside: str = "digest-aside"
    #: how long between two looks, and how long one may take in all
    every: float = 300
    timeout: float = 60
    #: a PEM file with the authority to trust instead of the system's
    ca: str = ""


@dataclass
class Mailbox:
    """A mailbox, and when it was looked into."""

    settings: MailboxSettings
    #: the uptime at which it was; None: not yet
    looked_at: float | None = None
