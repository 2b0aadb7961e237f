"""Addresses: which are taken, and which two are one.

Asks no name server.  The part before the @ is left as it is, dots and ``+`` too: what they mean is
its server's to say.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from hashlib import sha256

import idna

#: RFC 5321 §4.5.3.1.3, less the angle brackets.
LONGEST = 254


def checked(text: str) -> str:
    """The address as it will be written to; raises ValueError, in a few words, where it is none."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"not an email address: {reason[:1].lower()}{reason[1:]}") from None
    if found.ascii_email is None or len(found.ascii_email) > LONGEST:
        raise ValueError("not an email address: it is too long")
    return found.normalized


def fold(address: str) -> str:
    """What two spellings of one address have in common: the domain small and in ASCII."""
    local, _, domain = address.strip().rpartition("@")
    domain = domain.rstrip(".").lower()
    with suppress(idna.IDNAError):  # a name such as a_b.example, which a relay may know
        domain = idna.encode(domain, uts46=True).decode("ascii") if domain else ""
    return f"{local}@{domain}"


def mark(secret: bytes, address: str) -> str:
    """What stands for an address once the address itself is gone: 64 hexadecimal digits."""
    return hmac.new(secret, fold(address).encode("utf-8", "surrogatepass"), sha256).hexdigest()
