"""Prepare a message for SMTP: a checked envelope and dot-stuffed content.

Refuses what could smuggle a second message or a second recipient.  Repairs nothing, because a
repaired message would no longer be the one that was signed, stored and shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import expressions
from ..access.addresses import LONGEST_LOCAL, MAX_LENGTH, fold
from ..errors import Meaning, SendError
from ..model import Message
from .replies import SENDER

#: RFC 5321 §4.5.3.1.6 allows 1,000 bytes with the line end
_LINE = 998

# A dot-atom, and a domain or an address in brackets; quoted local parts are legal but not in use.
_ADDRESS = expressions.anchored(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])"
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a transaction needs: two ASCII addresses, dot-stuffed content without the final dot."""

    sender: str
    recipient: str
    content: bytes
    #: bytes of the message itself, as the SIZE extension counts them
    size: int
    is_ascii: bool


def envelope_of(mail: Message) -> Envelope:
    """Return the envelope of a message.

    Raises SendError for an invalid address: the operator's own (SENDER, stage "mail") or the
    recipient's (MESSAGE, stage "rcpt"); and for content (MESSAGE, stage "mail") with a bare CR or
    LF, a NUL, a line of more than 998 bytes, or no line end at its end.
    """
    _check(mail.data)
    return Envelope(
        sender=sender_address(mail.sender),
        recipient=ascii_address(mail.recipient),
        content=stuffed(mail.data),
        size=len(mail.data),
        is_ascii=mail.data.isascii(),
    )


def sender_address(address: str) -> str:
    """Return our own address as a server without SMTPUTF8 accepts it.

    Raises SendError (SENDER) if it has no such form.
    """
    try:
        return ascii_address(address)
    except SendError as error:
        raise SendError(error.reason, Meaning.SENDER, stage="mail", setting=SENDER) from error


def ascii_address(address: str) -> str:
    """Return the address for servers without SMTPUTF8, with an international domain encoded.

    Raises SendError if it has no such form, or if the text is not one plain address.
    """
    plain = address if address.isascii() else fold(address)
    local = plain.rpartition("@")[0]
    if not _ADDRESS.fullmatch(plain) or len(local) > LONGEST_LOCAL or len(plain) > MAX_LENGTH:
        raise SendError(f"not an address: {address!a}", Meaning.MESSAGE, stage="rcpt")
    return plain


def stuffed(data: bytes) -> bytes:
    """Double each dot that begins a line (RFC 5321 §4.5.2)."""
    content = data.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content


def _check(data: bytes) -> None:
    ends = data.count(b"\r\n")
    if data.count(b"\n") != ends or data.count(b"\r") != ends or b"\0" in data:
        raise _poison("has a bare CR, a bare LF or a NUL")
    if not data.endswith(b"\r\n"):
        raise _poison("does not end with a line's end")
    if max(map(len, data.split(b"\r\n"))) > _LINE:
        raise _poison(f"has a line of more than {_LINE} bytes")


def _poison(what: str) -> SendError:
    return SendError(f"the message {what}", Meaning.MESSAGE, stage="mail")
