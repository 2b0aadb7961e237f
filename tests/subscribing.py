"""Subscribers for tests: signed up, and confirmed by the address itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from digest.model import Mail, Member
from digest.store import Transaction, signups
from digest.store.members import Act

from .factories import TUESDAY


def subscribe(tx: Transaction, address: str, act: Act, day: date = TUESDAY, **asked: Any) -> Member:
    """Sign an address up and say yes in its name."""
    signed_up = signups.sign_up(tx, address, act, **asked)
    found = signups.confirm(tx, signed_up.asked.id, act, day)
    assert found is not None
    return found


def letter(kind: str, to: str) -> Mail:
    """A letter that says hello."""
    return Mail(
        message_id=f"<{kind}@example.org>",
        sender="digest@example.org",
        recipient=to,
        subject="A letter",
        data=b"Subject: A letter\r\n\r\nHello.\r\n",
    )
