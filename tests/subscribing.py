"""Subscribers for tests: signed up, and confirmed by the address itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from digest.model import Notice, Subscriber
from digest.store import Transaction, signups
from digest.store.subscribers import Consent

from .factories import EIGHT, TUESDAY


def subscribe(
    tx: Transaction, address: str, act: Consent, day: date = TUESDAY, **asked: Any
) -> Subscriber:
    """Sign an address up and say yes in its name."""
    signed_up = signups.sign_up(tx, address, act, **asked)
    found = signups.confirm(tx, signed_up.sign_up.id, act, day)
    assert found is not None
    return found


def notice_of(kind: str, to: str, at: datetime = EIGHT) -> Notice:
    """A notice that says hello."""
    return Notice(kind=kind, recipient=to, made_at=at, values={"sentence": "Hello.", "lines": []})
