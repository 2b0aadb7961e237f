"""A message as it came: who says they wrote it, in which words, and whether a program did.

Reads hostile bytes and raises nothing; what cannot be understood is empty.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser

#: A person's mail is smaller; of a larger one the beginning tells enough.
LONGEST = 1 << 20

#: So deep and so many, a message is a trap.
MOST_PARTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message taken apart."""

    message: Message
    sender: str = ""
    id: str = ""
    subject: str = ""
    #: what the writer wrote, line by line, without what they quoted
    lines: tuple[str, ...] = ()
    #: written by a program, or to a list: never to be answered
    is_automatic: bool = False


def read(data: bytes) -> Incoming:
    """Take a message apart."""
    message = message_from_bytes(data[:LONGEST])
    return Incoming(
        message=message,
        sender=parseaddr(header(message, "From"))[1],
        id=header(message, "Message-ID").strip(),
        subject=seen(header(message, "Subject")),
        lines=tuple(_own_lines(_text(message))),
        is_automatic=_is_automatic(message),
    )


def header(message: Message, name: str) -> str:
    """A header decoded, as far as it can be."""
    value = str(message.get(name, ""))
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value


def parts(message: Message) -> Iterator[Message]:
    """All parts, but not without end."""
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return
        yield part


def content(part: Message) -> str:
    """A text part's text; bytes that mean nothing are replaced."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return payload.decode("latin-1")


def _text(message: Message) -> str:
    """What a person would read: the plain part, else the HTML one's text."""
    found: dict[str, str] = {}
    for part in parts(message):
        if part.get_content_disposition() != "attachment":
            found.setdefault(part.get_content_type(), content(part))
    plain = found.get("text/plain", "")
    return plain if plain.strip() else _as_text(found.get("text/html", ""))


_AUTOMATIC = re.compile(r"mailer-daemon@|postmaster@|no-?reply@|do-?not-?reply@", re.IGNORECASE)
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_LIST_HEADERS = ("List-Id", "List-Post", "X-Autoreply", "X-Autorespond", "X-Loop", "Feedback-ID")


def _is_automatic(message: Message) -> bool:
    """RFC 3834 §2, and what programs older than that put there."""
    submitted = header(message, "Auto-Submitted").split(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or header(message, "Precedence").strip().lower() in _PRECEDENCE
        or any(name in message for name in _LIST_HEADERS)
        or header(message, "Return-Path").strip() == "<>"
        or message.get_content_type() == "multipart/report"
        or _AUTOMATIC.search(header(message, "From")) is not None
    )


#: Where what was answered begins, whatever language the mail program speaks.
_END = re.compile(r"^(?:>|--\s*$|_{8,}|-{3,}.*-{3,}\s*$|\S.{0,200}[::]\s*$)")
#: Outlook quotes without a mark, below a block of headers: "From: …", "Von: …", "De : …".
_QUOTED_HEADER = re.compile(
    r"^\*?(?:\S{1,12}\s?[::]\*?\s.*@"
    r"|(?:From|Von|De|Da|Van|Från|Fra|Od|От|发件人|寄件者|差出人|보낸 사람)\s?[::])"
)


def _own_lines(text: str) -> Iterator[str]:
    for line in text.splitlines()[:400]:
        bare = seen(line)
        if _END.match(bare) or _QUOTED_HEADER.match(bare):
            return
        if bare:
            yield bare


def seen(line: str) -> str:
    """A line as a person sees it: without what takes no room, and with one kind of blank."""
    shown = "".join(c for c in line if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFC", shown).split())


class _Reader(HTMLParser):
    """Collects an HTML text, but for what is quoted or not shown."""

    _SKIPPED = frozenset({"blockquote", "style", "script", "head", "title"})
    _BREAKS = frozenset({"br", "hr", "p", "div", "tr", "li", "h1", "h2", "h3"})
    #: What mail programs call the beginning of what they quote, and a signature.
    _ENDS = frozenset(
        {"gmail_quote", "gmail_signature", "moz-cite-prefix", "moz-signature", "yahoo_quoted"}
        | {"protonmail_quote", "appendonsend", "divRplyFwdMsg", "OutlookMessageHeader"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipped = 0
        self._has_ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Break lines where a reader sees a break."""
        names = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        self._has_ended |= not self._ENDS.isdisjoint(names.split())
        # Where a text begins, a head has ended, whether that is said or not.
        self._skipped = 0 if tag == "body" else self._skipped + (tag in self._SKIPPED)
        if tag in self._BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Show again what follows."""
        self._skipped -= tag in self._SKIPPED and self._skipped > 0
        if tag in self._BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep a piece of text."""
        if not self._skipped and not self._has_ended:
            self.pieces.append(re.sub(r"\s+", " ", data))


def _as_text(html: str) -> str:
    reader = _Reader()
    reader.feed(html[:200_000])
    return "".join(reader.pieces)
