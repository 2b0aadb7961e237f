"""Keys for signatures, and what another implementation says of what they signed."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


class Key:
    """A private key in a file, and the DNS record that goes with it."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        private = (
            rsa.generate_private_key(65537, 2048)
            if kind == "rsa"
            else ed25519.Ed25519PrivateKey.generate()
        )
        path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        shape = (
            (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            if kind == "rsa"
            else (Encoding.Raw, PublicFormat.Raw)
        )
        public = b64encode(private.public_key().public_bytes(*shape))
        self.record = b"v=DKIM1; k=" + kind.encode() + b"; p=" + public

    def is_content_with(self, data: bytes) -> bool:
        def answer(name: bytes | str, timeout: int = 5) -> bytes | None:
            asked = name if isinstance(name, str) else name.decode()
            return self.record if asked == "papers._domainkey.example.org." else None

        return bool(dkim.verify(data, dnsfunc=answer))


def signed_names(data: bytes) -> set[bytes]:
    """The fields that a message's signature covers, in small letters."""
    names = re.findall(rb"\r\n h=([^;]*);", data)[0]
    return set(re.sub(rb"\s", b"", names).lower().split(b":"))
