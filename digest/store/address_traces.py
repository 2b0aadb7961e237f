"""Find an address in stored texts, and in messages, whatever their encoding (for erasure)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from sqlalchemy import Column, Connection, func, select

from ..access.addresses import fold

#: Spellings of the @, also in return paths and links.
_SIGNS = ("@", "=", "=40", "%40")


def rows_naming(
    tx: Connection, address: str, key: Column[Any], column: Column[Any], *which: Any
) -> list[Any]:
    """Return the keys of those of these rows whose text in a column contains the address."""
    local = address.rpartition("@")[0]
    # SQLite has only ASCII's small letters.
    about = f"{local if local.isascii() else ''}@".lower()
    may_name = func.lower(column).contains(about, autoescape=True)
    query = select(key, column).where(*which, may_name)
    wanted = {each.lower() for each in spellings(address)}
    return [found for found, text in tx.execute(query) if any(w in text.lower() for w in wanted)]


def spellings(address: str) -> set[str]:
    """Return an address as it is written, and with its domain as the name servers have it."""
    return {address, fold(address)}


def contains_address(address: str, *stored_texts: bytes) -> bool:
    """Return whether one of these texts or messages contains the address, in any case."""
    wanted = {address.lower().replace("@", sign) for sign in _SIGNS}
    pieces = set(_in_base64(address))
    return any(
        any(each in text.lower() for text in _texts(data) for each in wanted)
        or any(piece in data for piece in pieces)
        for data in stored_texts
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
        # UTF-16 has two bytes per character, in either order.
        yield payload.replace(b"\0", b"").decode("latin-1")


def _in_base64(address: str) -> Iterator[bytes]:
    """Yield the address in base64 at each offset, without the ends, which depend on neighbours."""
    for spelling in {address, address.lower(), address.upper()}:
        for before in range(3):
            code = b64encode(b"\0" * before + spelling.encode())
            yield code[(0, 2, 3)[before] : -4]
