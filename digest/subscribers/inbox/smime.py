"""Read the text inside a signature: PGP clear-signed text (RFC 9580 §7), S/MIME signed data.

No signature is verified, because a change by mail waits for a confirmation anyway; the text is only
read, so that a signature hides no command.
"""

from __future__ import annotations

from collections.abc import Iterator

from .limits import MAX_DEPTH

#: DER of 1.2.840.113549.1.7.2, signedData, and of …1.7.1, data (RFC 5652 §4, §5).
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")

_SEQUENCE, _OID, _OCTETS, _CONTEXT_0, _END = 0x30, 0x06, 0x04, 0xA0, 0x00
_CONSTRUCTED = 0x20

#: More pieces than a message of the greatest length has.
_MOST_PIECES = 10_000


def clear(text: str) -> str:
    """Return a text without PGP's armour; any other text unchanged."""
    lines = text.lstrip().splitlines()
    if not lines or lines[0].strip() != "-----BEGIN PGP SIGNED MESSAGE-----":
        return text
    blank = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    kept = []
    for line in lines[blank + 1 :]:
        if line.startswith("-----BEGIN PGP SIGNATURE-----"):
            break
        kept.append(line[2:] if line.startswith("- ") else line)
    return "\n".join(kept)


def content(data: bytes) -> bytes:
    """Return the message inside S/MIME's opaque signed data; empty where none can be read."""
    try:
        info = _children(data, _SEQUENCE)
        signed = _children(info[1][1], _SEQUENCE) if info[0] == (_OID, _SIGNED_DATA) else []
        inside = next(list(_values(value)) for tag, value in signed if tag == _SEQUENCE)
        if inside[0] != (_OID, _DATA) or inside[1][0] != _CONTEXT_0:
            return b""
        return _octets(inside[1][1])
    except (ValueError, IndexError, StopIteration):
        return b""


def _children(data: bytes, tag: int) -> list[tuple[int, bytes]]:
    """Return the values inside the first value, which must have this tag."""
    found, value = next(_values(data))
    if found != tag:
        raise ValueError("another structure")
    return list(_values(value))


def _octets(data: bytes, depth: int = 0) -> bytes:
    """Return an octet string, whole or in pieces (X.690 §8.7)."""
    pieces = []
    for tag, value in _values(data):
        if tag == _OCTETS:
            pieces.append(value)
        elif tag == _OCTETS | _CONSTRUCTED and depth < MAX_DEPTH:
            pieces.append(_octets(value, depth + 1))
    return b"".join(pieces)


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each value in order; raises ValueError where one is cut."""
    place = 0
    for _ in range(_MOST_PIECES):
        if place >= len(data):
            return
        tag, start, length = _header(data, place)
        if length is None:
            end = _end_of_endless(data, start)
            yield tag, data[start:end]
            place = end + 2
        else:
            if start + length > len(data):
                raise ValueError("it is cut off")
            yield tag, data[start : start + length]
            place = start + length


def _header(data: bytes, place: int) -> tuple[int, int, int | None]:
    """Return tag, start of the content, and its length; None for the indefinite form."""
    if place + 2 > len(data) or data[place] & 0x1F == 0x1F:
        raise ValueError("it is cut off")
    first = data[place + 1]
    if first == 0x80:
        return data[place], place + 2, None
    if first < 0x80:
        return data[place], place + 2, first
    many = first & 0x7F
    if many > 4 or place + 2 + many > len(data):
        raise ValueError("it is cut off")
    return data[place], place + 2 + many, int.from_bytes(data[place + 2 : place + 2 + many])


def _end_of_endless(data: bytes, place: int) -> int:
    """Return the place of the two zeros that end a content of indefinite length."""
    depth = 0
    for _ in range(_MOST_PIECES):
        tag, start, length = _header(data, place)
        if (tag, length) == (_END, 0):
            if not depth:
                return place
            depth -= 1
            place = start
        elif length is None:
            depth += 1
            place = start
        else:
            place = start + length
    raise ValueError("it has too many pieces")
