"""Sign mails with DKIM (RFC 6376, RFC 8463), for operators with a relay that does not.

A signature holds no time, so the same mail gets the same signature on every retry.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from .. import expressions
from ..errors import DigestError
from ..model import Message
from . import OutgoingMessage, Sender

_FOLD = expressions.compile(rb"\r\n(?=[ \t])")
_BLANKS = expressions.compile(rb"[ \t]+")

#: What is signed.  RFC 8058 §4 wants both List-Unsubscribe fields in it.
_FIELDS = (
    b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted",
)  # fmt: skip

#: Named once more than they occur, so that none can be added afterwards (RFC 6376 §8.15).
_CLOSED = (b"from", b"to", b"subject", b"date")


@dataclass(frozen=True, slots=True)
class Signing:
    """A sender that signs each mail and hands it over to another sender."""

    sender: Sender
    sign: Callable[[bytes], bytes]

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Hand the signed mail over; see ``deliver.Sender``."""
        self.sender(self.signed(mail), before_dot=before_dot)

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Hand the signed mails over; see ``deliver.Sender``."""
        self.sender.send_all(replace(each, mail=self.signed(each.mail)) for each in messages)

    def signed(self, mail: Message) -> Message:
        """Return the same mail with its signature in front."""
        return replace(mail, data=self.sign(mail.data) + mail.data)

    def close(self) -> None:
        """Close the inner sender."""
        self.sender.close()


def signing(send: Sender, *, domain: str, selector: str, key: str | os.PathLike[str]) -> Signing:
    """Return a sender that signs with the key in a PEM file: RSA of 1024 bits or more, or Ed25519.

    Raises DigestError if the key cannot be used.
    """
    signing_key = _key(Path(key))
    return Signing(send, lambda data: header(data, domain, selector, signing_key))


def record(key: str | os.PathLike[str]) -> str:
    """Return the text of the DNS record for verifying this key's signatures (§3.6.1).

    Raises DigestError if the key cannot be used.
    """
    signing_key = _key(Path(key))
    kind = signing_key.algorithm.removesuffix("-sha256")
    return f"v=DKIM1; k={kind}; p={b64encode(signing_key.public).decode()}"


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key: DKIM's name of the algorithm, the signing function, the published key."""

    algorithm: str
    sign: Callable[[bytes], bytes]
    public: bytes


def header(data: bytes, domain: str, selector: str, key: Key) -> bytes:
    """Return the DKIM-Signature field, with its line end, to be put in front of a message.

    Head and body are canonicalised "relaxed" (RFC 6376 §3.4).
    """
    head, _, body = data.partition(b"\r\n\r\n")
    fields = _fields(head)
    names = _signed_names(fields)
    unsigned = (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n"
        f" h={_folded(names)};\r\n"
        f" bh={b64encode(sha256(relaxed_body(body)).digest()).decode()};\r\n b="
    ).encode()
    signature = b64encode(key.sign(_to_sign(fields, names, unsigned)))
    lines = [signature[start : start + 72] for start in range(0, len(signature), 72)]
    return unsigned + b"\r\n ".join(lines) + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """Canonicalise a body: one space per run, none at a line end, no empty lines at the end."""
    body = body.replace(b"\t", b" ")
    # Halving the runs until there are none is ten times as fast as a regular expression.
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b"\r\n")
    return body + b"\r\n" if body else b""


def _to_sign(
    fields: Sequence[tuple[bytes, bytes]], names: Sequence[bytes], unsigned: bytes
) -> bytes:
    """Return what the signature covers: the named fields from the last one up, then itself."""
    left = list(fields)
    lines = []
    for name in names:
        at = next((i for i in reversed(range(len(left))) if left[i][0] == name), None)
        if at is not None:
            lines.append(b":".join(left.pop(at)))
    signature = _fields(unsigned)[0]
    return b"\r\n".join([*lines, b":".join(signature)])


def _signed_names(fields: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
    present = [name for name, _ in fields]
    return [name for name in _FIELDS for _ in range(present.count(name) + (name in _CLOSED))]


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Canonicalise a head: names in lower case, values unfolded, one space per run."""
    unfolded = _FOLD.sub(b"", head)
    pairs = (line.partition(b":") for line in unfolded.split(b"\r\n") if line)
    return [(name.strip().lower(), _BLANKS.sub(b" ", value).strip()) for name, _, value in pairs]


def _folded(names: Sequence[bytes]) -> str:
    """Join the names in lines of reasonable length; spaces around the colons mean nothing."""
    text = b":".join(names).decode()
    middle = text.find(":", len(text) // 2)
    return f"{text[: middle + 1]}\r\n  {text[middle + 1 :]}" if len(text) > 70 else text


def _key(path: Path) -> Key:
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            PublicFormat,
            load_pem_private_key,
        )
    except ImportError as error:
        raise DigestError('signing needs more: pip install "papers-digest[dkim]"') from error
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise DigestError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, TypeError) as error:
        raise DigestError(f"{path}: not a private key without a password") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        # RFC 8463 §3: the hash is signed, not the text.
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Key("ed25519-sha256", lambda data: key.sign(sha256(data).digest()), raw)
    # RFC 8301 §3.2: verifiers must not accept shorter ones.
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 1024:
        raise DigestError(f"{path}: not an RSA key of 1024 bits or more, nor an Ed25519 one")
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key("rsa-sha256", lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256()), der)
