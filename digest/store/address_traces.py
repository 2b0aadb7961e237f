"""Whether bytes that are kept name an address, whatever they are encoded in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

#: How the @ is written, in return paths and links too.
_SIGNS = ("@", "=", "=40", "%40")


def names(address: str, *kept: bytes) -> bool:
    """Whether one of these texts or messages names the address, in whatever case."""
    wanted = {address.lower().replace("@", sign) for sign in _SIGNS}
    pieces = set(_in_base64(address))
    return any(
        any(each in text.lower() for text in _texts(data) for each in wanted)
        or any(piece in data for piece in pieces)
        for data in kept
    )


def _texts(data: bytes) -> Iterator[str]:
    yield data.decode("latin-1")
    for part in message_from_bytes(data).walk():
        yield from (_decoded(str(value)) for value in part.values())
        yield from _contents(part)


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value


def _contents(part: Message) -> Iterator[str]:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError):
        return
    if isinstance(payload, bytes):
        yield payload.decode("latin-1")
        # Two bytes a letter, in either order, as UTF-16 has it.
        yield payload.replace(b"\0", b"").decode("latin-1")


def _in_base64(address: str) -> Iterator[bytes]:
    """What base64 makes of it, wherever it begins; but for the ends, which depend on neighbours."""
    for spelling in {address, address.lower(), address.upper()}:
        for before in range(3):
            code = b64encode(b"\0" * before + spelling.encode())
            yield code[(0, 2, 3)[before] : -4]
