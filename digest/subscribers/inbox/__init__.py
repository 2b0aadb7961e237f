"""Handle mail that comes in: read what it is, then act on it.

    mailbox, pipe ─▶ mime ─▶ incoming ─▶ reports (a bounce) | commands ─▶ receive ─▶ store

``mailbox`` fetches by IMAP.  ``mime`` takes a message apart within ``limits``; ``reports``,
``writing``, ``automatic`` and ``commands`` only read; ``receive`` and ``conversation`` act, through
the store and only once all is read, and answer by notices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """The settings of the mailbox that gets the digest's mail.  Times are in seconds."""

    host: str
    port: int = 993
    tls: Literal["tls", "starttls", "none"] = "tls"
    user: str
    password: str = field(default="", repr=False)
    #: a JSON file with a refresh token of Google's or Microsoft's, instead of a password
    oauth2: str = ""
    #: the folder that mail comes into; it should hold no other mail
    folder: str = "INBOX"
    #: the folders for mail that was handled, and for mail that could not be read
    done: str = "digest-done"
    aside: str = "digest-aside"
    #: the time between two looks, and the longest time that one look may take in all
    every: float = 300
    timeout: float = 60
    #: a PEM file with the authority to trust instead of the system's
    ca: str = ""


@dataclass
class Mailbox:
    """A mailbox, and when it was last looked at."""

    settings: MailboxSettings
    #: the uptime of the last look; None: not yet
    looked_at: float | None = None
    #: the messages that wait for a notice of the next hour, by their UID
    waiting: set[str] = field(default_factory=set)
