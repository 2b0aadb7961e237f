"""Write header lines on any Python: folded, encoded, safe from header injection.

Does not use ``email.policy``: with a hostile title Python 3.11.7 writes further headers
(CVE-2024-6923).
"""

from __future__ import annotations

import base64
from email.utils import parseaddr
from functools import lru_cache

from .. import expressions
from ..errors import Meaning, SendError
from .sanitize import short

#: Characters after which a subject is cut, whatever the template wrote.
_SUBJECT_LIMIT = 250
_LABEL = "[A-Za-z0-9-]{1,63}"
_ADDRESS = expressions.compile(
    rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*"
)
# A line with an encoded word may have 76 characters (RFC 2047): "Subject: " takes nine, the frame
# of base64 twelve.
_CHUNK_BYTES = 39


@lru_cache(maxsize=1024)
def line(name: str, value: str) -> bytes:
    """Return one header with an ASCII value, folded to 76 columns where it has spaces."""
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > 76 and lines[-1].strip() != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


@lru_cache(maxsize=1024)
def text(value: str) -> str:
    """Return any text as an unstructured header value in ASCII, cut to a sensible length.

    ``=?`` is split, so that software that decodes twice finds nothing to decode.
    """
    value = short(value, _SUBJECT_LIMIT).replace("=?", "= ?")
    is_plain = value.isascii() and value.isprintable() and max(map(len, value.split(" "))) <= 60
    return value if is_plain else " ".join(_encoded_words(value))


def mailbox(name: str, address: str) -> str:
    """Return ``Name <address>`` in ASCII, the name quoted or encoded as needed."""
    name = short(name, 120).replace("=?", "= ?")
    if not name:
        return address
    if not name.isascii():
        return f"{' '.join(_encoded_words(name))} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


@lru_cache(maxsize=1024)
def bare_address(text: str) -> str:
    """Return the address alone, its domain in ASCII.

    Raises SendError (permanent) if it is not an address that every server accepts.
    """
    address = parseaddr(text)[1] if "<" in text else text.strip()
    local, _, domain = address.rpartition("@")
    try:
        ready = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError:
        ready = ""
    if not _ADDRESS.fullmatch(ready):
        raise SendError(f"not an address: {short(text, 80)!r}", Meaning.MESSAGE, stage="rcpt")
    return ready


def _encoded_words(value: str) -> list[str]:
    data, chunks = value.encode("utf-8"), list[bytes]()
    while data:
        end = _CHUNK_BYTES
        while len(data) > end and data[end] & 0xC0 == 0x80:  # not inside a character
            end -= 1
        chunks.append(data[:end])
        data = data[end:]
    return [f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in chunks]
