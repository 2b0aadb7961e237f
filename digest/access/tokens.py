"""Signed tokens: each allows one purpose without a password.

Reads no clock and logs nothing, because a token is a secret.  The store knows whether a single-use
token was used.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from .addresses import keyed_hash

#: Characters of a code before the issue's number; and digits of a number, as a database keeps it.
_CODE_LENGTH, _LONGEST_NUMBER = 22, 15


class Purpose(StrEnum):
    """What a token allows.  Each purpose is signed with a key of its own."""

    CONFIRM = "confirm"  # confirm a sign-up
    MANAGE = "manage"  # see and change everything of one subscriber
    UNSUBSCRIBE = "unsubscribe"  # unsubscribe, and nothing else
    RETURN = "return"  # take back one unsubscription
    CHANGE = "change"  # confirm one proposed change
    ISSUE = "issue"  # read one issue as a page
    FEED = "feed"  # read a subscriber's issues as a feed


#: How long a token is valid; a purpose that is not listed never expires.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.MANAGE: timedelta(days=7),
    Purpose.CHANGE: timedelta(hours=48),
    Purpose.RETURN: timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class TokenPayload:
    """The content of a valid token."""

    subscriber: int
    issued_at: datetime
    #: the id of a sign-up, a proposal, an issue or an unsubscription
    about: int
    #: identifies the address: a later subscriber with the same id has another one
    address_hash: str


class Tokens:
    """Makes and reads the tokens of one installation, signed with its secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._signers = {purpose: _signer(secret, purpose) for purpose in Purpose}

    def powerless(self) -> Tokens:
        """Return an instance with tokens of the same form that allow nothing, for previews."""
        return Tokens(self.unguessable_name("void").encode())

    def make(
        self, purpose: Purpose, subscriber: int, address: str, now: datetime, about: int = 0
    ) -> str:
        """Make a token for a subscriber; the same arguments make the same token."""
        values = [subscriber, self.address_hash(address), _seconds(now), about]
        return str(self._signers[purpose].dumps(values))

    def code(
        self, purpose: Purpose, issue: int, subscriber: int, address: str, made_at: datetime
    ) -> str:
        """Make the short code that allows one purpose to the subscriber of a stored issue.

        It is 128 bits of a keyed hash, 22 characters, and the issue's number; what a token says
        about itself, the issue's row says of a code.
        """
        about = f"{purpose} {issue} {subscriber} {self.address_hash(address)} {_seconds(made_at)}"
        return self._code_name(about) + f"{issue:x}"

    def notice_code(self, number: int, address: str, made_at: datetime) -> str:
        """Make the short code for the tokens of the notice with this number in the outbox.

        It allows what they allow, as long as they do, and ends in a digit.
        """
        about = f"notice {number} {self.address_hash(address)} {_seconds(made_at)}"
        return self._code_name(about) + str(number)

    def read(self, purpose: Purpose, token: str, now: datetime) -> TokenPayload | None:
        """Return a token's content; None if it is not ours, not for this purpose, or expired."""
        claim = self._claim(purpose, token)
        lifetime = LIFETIMES.get(purpose)
        if claim is None or (lifetime is not None and now - claim.issued_at > lifetime):
            return None
        return claim

    def is_expired(self, purpose: Purpose, token: str, now: datetime) -> bool:
        """Return whether a token is valid except for its age: then a fresh one may be mailed."""
        return self._claim(purpose, token) is not None and self.read(purpose, token, now) is None

    def is_ours(self, purpose: Purpose, token: str) -> bool:
        """Return whether a token is valid for the purpose, however old it is."""
        return self._claim(purpose, token) is not None

    def address_hash(self, address: str) -> str:
        """Return what identifies an address in a token: 16 hexadecimal digits."""
        return keyed_hash(self._secret, address)[:16]

    def unguessable_name(self, text: str) -> str:
        """Return 32 hexadecimal digits for a text, which cannot be guessed without the secret."""
        return keyed_hash(self._secret, text)[:32]

    def _code_name(self, about: str) -> str:
        """Return 128 bits of a keyed hash, in 22 characters."""
        name = hmac.new(self._secret, f"code {about}".encode(), sha256).digest()[:16]
        return urlsafe_b64encode(name).decode("ascii").rstrip("=")

    def _claim(self, purpose: Purpose, token: str) -> TokenPayload | None:
        signer = self._signers[purpose]
        try:
            values = signer.loads(token)
            # Only one spelling is valid: the last character of base64 holds unused bits.
            if signer.dumps(values) != token:
                return None
        except BadData:
            return None
        return _claim_of(values)


def issue_of_code(code: str) -> int | None:
    """Return the number of the issue that a code is about; None if it is no code."""
    number = code[_CODE_LENGTH:]
    if not code.isascii() or not 0 < len(number) <= _LONGEST_NUMBER:
        return None
    try:
        found = int(number, 16)
    except ValueError:
        return None
    # Only one spelling is valid, and no issue has a number below zero.
    return found if found >= 0 and number == f"{found:x}" else None


def notice_of_code(code: str) -> int | None:
    """Return the number of the notice that a code is about; None if it is no code."""
    number = code[_CODE_LENGTH:]
    is_number = number.isascii() and number.isdecimal() and number[0] != "0"
    return int(number) if is_number and len(number) <= _LONGEST_NUMBER else None


def _signer(secret: bytes, purpose: Purpose) -> URLSafeSerializer:
    options = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(secret, salt=f"digest.{purpose}", signer_kwargs=options)


def _claim_of(values: Sequence[Any]) -> TokenPayload:
    subscriber, address, seconds, about = values
    return TokenPayload(subscriber, datetime.fromtimestamp(seconds, UTC), about, address)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def stamp(instant: datetime) -> int:
    """Return an instant in microseconds since 1970, for ``about``: an exact whole number."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
