"""What the installation remembers of itself, its secret, and whom it does not write to.

The secret is made by whoever needs it first, and never changes: tokens in mails of years ago still
unsubscribe.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ..access.addresses import mailbox_key, mark
from . import schema
from .sql import add, chunks, put

#: What earlier versions left of sign-ups that were not confirmed; it suppresses nothing.
UNCONFIRMED = "unconfirmed"

#: The setting that says since when the mailbox cannot be read, and why.
MAILBOX_TROUBLE = "inbox trouble"


def setting(tx: Connection, name: str) -> str | None:
    """What is remembered under a name."""
    table = schema.settings
    return tx.execute(select(table.c.value).where(table.c.name == name)).scalar()


def keep_setting(tx: Connection, name: str, value: str) -> None:
    """Remember something under a name."""
    put(tx, schema.settings, [{"name": name, "value": value}])


def secret(tx: Connection) -> bytes:
    """The installation's own 32 random bytes."""
    known = setting(tx, "secret")
    if known is None:
        add(tx, schema.settings, [{"name": "secret", "value": secrets.token_bytes(32).hex()}])
        known = setting(tx, "secret")
        assert known is not None
    return bytes.fromhex(known)


def mailbox(tx: Connection, address: str) -> str:
    """Return the keyed hash of an address's mailbox, the same however it is spelt."""
    return mark(secret(tx), mailbox_key(address))


def suppress(tx: Connection, address: str, reason: str, now: datetime) -> None:
    """Remember, without the address, that it is not written to."""
    row = {"mark": mark(secret(tx), address), "reason": reason, "at": now}
    put(tx, schema.suppressions, [row])


def release(tx: Connection, address: str) -> int:
    """Forget it, because its reader has said yes anew; gives the number of rows."""
    table = schema.suppressions
    gone = delete(table).where(table.c.mark == mark(secret(tx), address))
    return tx.execute(gone).rowcount


def suppression(tx: Connection, address: str) -> tuple[str, int]:
    """Return why an address is not written to, and the letters counted before; else empty, 0."""
    table = schema.suppressions
    query = select(table.c.reason, table.c.letters)
    row = tx.execute(query.where(table.c.mark == mark(secret(tx), address))).first()
    return (row.reason, row.letters) if row else ("", 0)


def suppressed(tx: Connection, addresses: Sequence[str]) -> set[str]:
    """Those of the addresses that are not written to."""
    if not addresses:
        return set()
    table, key = schema.suppressions, secret(tx)
    by_mark = {mark(key, address): address for address in addresses}
    found: set[str] = set()
    for run in chunks(sorted(by_mark)):
        query = select(table.c.mark).where(table.c.mark.in_(run), table.c.reason != UNCONFIRMED)
        found.update(by_mark[each] for each in tx.execute(query).scalars())
    return found
