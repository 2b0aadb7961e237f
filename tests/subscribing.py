"""Subscribers for tests: signed up, and confirmed by the address itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from digest.model import Message, Subscriber
from digest.store import Transaction, signups
from digest.store.subscribers import Consent

from .factories import TUESDAY


def subscribe(
    tx: Transaction, address: str, act: Consent, day: date = TUESDAY, **asked: Any
) -> Subscriber:
    """Sign an address up and say yes in its name."""
    signed_up = signups.sign_up(tx, address, act, **asked)
    found = signups.confirm(tx, signed_up.asked.id, act, day)
    assert found is not None
    return found


def letter(kind: str, to: str) -> Message:
    """A letter that says hello."""
    return Message(
        message_id=f"<{kind}@example.org>",
        sender="digest@example.org",
        recipient=to,
        subject="A letter",
        data=b"Subject: A letter\r\n\r\nHello.\r\n",
    )
