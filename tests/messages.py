"""Mails to hand over: small, whole, and as the wire wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from digest.deliver import SmtpSettings
from digest.deliver.smtp import Smtp
from digest.model import Message

from .waits import HUNG

#: What ``mail`` made: bytes whose way is looked at, not what they say.
_HAND_MADE: set[bytes] = set()


def mail(number: int = 1, **changes: object) -> Message:
    """Make a mail that differs from others by its number."""
    lines = [
        "From: Paper digest <digest@example.org>",
        "To: alice@example.org",
        f"Subject: Papers, number {number}",
        "Date: Wed, 12 Mar 2025 07:30:00 +0000",
        f"Message-ID: <issue-{number}.alice@example.org>",
        "MIME-Version: 1.0",
        "",
        "Two papers today.",
        ".",
        "..and a line that begins with dots.",
        "",
    ]
    parts = {
        "message_id": f"<issue-{number}.alice@example.org>",
        "sender": "digest@example.org",
        "recipient": "alice@example.org",
        "subject": f"Papers, number {number}",
        "data": "\r\n".join(lines).encode(),
    }
    made = Message(**{**parts, **changes})  # type: ignore[arg-type]
    _HAND_MADE.add(made.data.rstrip())
    return made


def is_hand_made(data: bytes) -> bool:
    """Whether ``mail`` made it: then it is as plain, or as malformed, as its test needs it."""
    return data.rstrip() in _HAND_MADE


def nothing() -> None:
    """Keep no record at the dot."""


def stuffed(number: int) -> bytes:
    """Give what a mail looks like on the wire, without the dot that ends it."""
    return mail(number).data.replace(b"\r\n.", b"\r\n..")


def settings(port: int, **changes: object) -> SmtpSettings:
    plain = {"host": "127.0.0.1", "port": port, "tls": "none", "timeout": HUNG, "patience": HUNG}
    return SmtpSettings(**{**plain, **changes})  # type: ignore[arg-type]


@contextmanager
def smtp(port: int, **changes: object) -> Iterator[Smtp]:
    send = Smtp(settings(port, **changes))
    try:
        yield send
    finally:
        send.close()
