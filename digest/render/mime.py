"""Assemble a message (RFC 5322, 2045) from headers and encoded parts.

Done by hand because ``EmailMessage`` breaks long List-Unsubscribe addresses, writes headers
out of hostile titles on Python 3.11.7, and takes sixty times as long.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from .. import locales
from ..model import Issue, Notice
from . import header
from .letterhead import Letterhead, Links, name_and_address


def token(issue: Issue, address: str, key: bytes = b"") -> str:
    """Return the token of this issue for this subscriber: the same on every retry and process.

    It cannot be guessed without the ``key``, so a bounce that names it is a bounce of that mail.
    """
    return _token(issue.made_at, f"{issue.day.isoformat()}\n{address}", key)


def notice_token(notice: Notice, number: int, key: bytes = b"") -> str:
    """Return the token of the notice with this ``number`` in the outbox, with the same promise."""
    return _token(notice.made_at, f"{notice.kind} {number}\n{notice.recipient}", key)


def _token(at: datetime, name: str, key: bytes) -> str:
    named = f"{at.astimezone(UTC).isoformat()}\n{name}"
    return hashlib.sha256(key + named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def message_id(token: str, letterhead: Letterhead) -> str:
    """Return the Message-ID for a token."""
    return f"<{token}@{letterhead.domain}>"


def headers(
    issue: Issue, subject: str, recipient: str, letterhead: Letterhead, links: Links, token: str
) -> list[tuple[str, str]]:
    """Return every header of an issue's mail except those of its parts; values are ASCII."""
    sender = header.bare_address(letterhead.sender)
    return [
        ("From", header.mailbox(name_and_address(letterhead.sender)[0], sender)),
        ("To", recipient),
        ("Subject", header.text(subject)),
        ("Date", _date(issue.made_at)),
        ("Message-ID", message_id(token, letterhead)),
        *language_headers(),
        *bulk_headers(letterhead, links.unsubscribe, links.mailto or letterhead.mail_to_stop),
    ]


def language_headers() -> list[tuple[str, str]]:
    """Return the header that names the language (RFC 3282); English mails have none."""
    return [("Content-Language", locales.tag())] if locales.current() != locales.ENGLISH else []


def bulk_headers(letterhead: Letterhead, unsubscribe: str, mailto: str) -> list[tuple[str, str]]:
    """Return the headers of a mail to many: the list, and the ways out of it (RFC 2369, 8058)."""
    ways_out = ", ".join(f"<{way}>" for way in (unsubscribe, mailto) if way)
    found = [
        ("List-Id", f"<digest.{letterhead.domain}>"),
        ("List-Unsubscribe", ways_out),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
    ]
    if unsubscribe.startswith("https://"):
        found.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return found


def assembled(headers: list[tuple[str, str]], text: bytes, html: bytes, boundary: str) -> bytes:
    """Return a whole message; both parts are quoted-printable and end with a newline.

    A boundary that holds ``=_`` cannot occur in quoted-printable text.
    """
    top = b"".join(header.line(name, value) for name, value in headers)
    delimiter = boundary.encode("ascii")
    return b"".join(
        (
            top,
            b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n",
            b' boundary="' + delimiter + b'"\r\n\r\n',
            *(b"--" + delimiter + b"\r\n" + _PLAIN, text),
            *(b"\r\n--" + delimiter + b"\r\n" + _HTML, html),
            b"\r\n--" + delimiter + b"--\r\n",
        )
    )


def assembled_text(headers: list[tuple[str, str]], text: bytes) -> bytes:
    """Return a whole message of one plain text part, quoted-printable, ending with a newline."""
    top = b"".join(header.line(name, value) for name, value in headers)
    return top + b"MIME-Version: 1.0\r\n" + _PLAIN + text


@lru_cache(maxsize=64)
def _date(made_at: datetime) -> str:
    return format_datetime(made_at.astimezone(UTC))


_PLAIN = (
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
_HTML = _PLAIN.replace(b"text/plain", b"text/html")
