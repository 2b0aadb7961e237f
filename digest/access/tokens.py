"""Signed tokens: who may do what without a password, each good for one purpose alone.

Reads no clock and logs nothing; a token is a secret.  Whether one that may be used once was used is
for the store to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from .addresses import mark


class Purpose(StrEnum):
    """What a token allows.  Each is signed with a key of its own."""

    CONFIRM = "confirm"  # say yes to a sign-up
    MANAGE = "manage"  # see and change everything of one reader's
    UNSUBSCRIBE = "unsubscribe"  # leave, and nothing else
    RETURN = "return"  # take one leaving back
    CHANGE = "change"  # say yes to one proposed change
    ISSUE = "issue"  # read one issue as a page
    FEED = "feed"  # read a reader's issues as a feed
    BOUNCE = "bounce"  # tell which mail came back


#: How long each is good; those that are not named are good for ever.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.MANAGE: timedelta(days=7),
    Purpose.CHANGE: timedelta(hours=48),
    Purpose.RETURN: timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class TokenPayload:
    """What a good token says."""

    subscriber: int
    issued_at: datetime
    #: what else was signed: the id of a sign-up, of a proposal, of an issue or of a leaving
    about: int
    #: stands for the reader's address, so that a later reader with the same id is another
    mark: str


class Tokens:
    """Makes and reads the tokens of one installation, whose secret nobody else knows."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._signers = {purpose: _signer(secret, purpose) for purpose in Purpose}

    def void(self) -> Tokens:
        """Such as look like these and allow nothing: for links that are only shown."""
        return Tokens(self.name("void").encode())

    def make(
        self, purpose: Purpose, subscriber: int, address: str, now: datetime, about: int = 0
    ) -> str:
        """A token for this reader; the same arguments give the same token."""
        values = [subscriber, self.mark(address), _seconds(now), about]
        return str(self._signers[purpose].dumps(values))

    def read(self, purpose: Purpose, token: str, now: datetime) -> TokenPayload | None:
        """What a token says; None where it is not ours, not for this purpose, or too old."""
        claim = self._claim(purpose, token)
        lifetime = LIFETIMES.get(purpose)
        if claim is None or (lifetime is not None and now - claim.issued_at > lifetime):
            return None
        return claim

    def is_expired(self, purpose: Purpose, token: str, now: datetime) -> bool:
        """Whether it would be good but for its age: then a fresh one may be mailed."""
        return self._claim(purpose, token) is not None and self.read(purpose, token, now) is None

    def mark(self, address: str) -> str:
        """What stands for an address in a token."""
        return mark(self._secret, address)[:16]

    def name(self, text: str) -> str:
        """32 hexadecimal digits that stand for a text, and that nobody else can guess."""
        return mark(self._secret, text)[:32]

    def _claim(self, purpose: Purpose, token: str) -> TokenPayload | None:
        signer = self._signers[purpose]
        try:
            values = signer.loads(token)
            # One spelling only: the last character of base64 holds bits that mean nothing.
            if signer.dumps(values) != token:
                return None
        except BadData:
            return None
        return _claim_of(values)


def _signer(secret: bytes, purpose: Purpose) -> URLSafeSerializer:
    options = {"digest_method": sha256, "key_derivation": "hmac"}
    return URLSafeSerializer(secret, salt=f"digest.{purpose}", signer_kwargs=options)


def _claim_of(values: Sequence[Any]) -> TokenPayload:
    subscriber, address, seconds, about = values
    return TokenPayload(subscriber, datetime.fromtimestamp(seconds, UTC), about, address)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def stamp(instant: datetime) -> int:
    """An instant as a whole number, for ``about``: microseconds since 1970, so that it is exact."""
    return int((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
