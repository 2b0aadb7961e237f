"""The installation's settings, its signing secret, and the suppression list.

The secret is created when it is first needed, and never changes: tokens in mails of years ago still
unsubscribe.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from ..access.addresses import keyed_hash, mailbox_key
from . import schema
from .sql import add, chunks, put

#: The reason that earlier versions wrote for unconfirmed sign-ups; it suppresses nothing.
UNCONFIRMED = "unconfirmed"

#: The setting that holds since when the mailbox cannot be read, and why.
MAILBOX_TROUBLE = "inbox trouble"


# Built once, because building it costs more than running it, and each minute asks for several.
_SETTING = select(schema.settings.c.value).where(schema.settings.c.name == bindparam("name"))


def setting(tx: Connection, name: str) -> str | None:
    """Return the value of a setting; None if it was never written."""
    return tx.execute(_SETTING, {"name": name}).scalar()


def keep_setting(tx: Connection, name: str, value: str) -> None:
    """Write a setting."""
    put(tx, schema.settings, [{"name": name, "value": value}])


def secret(tx: Connection) -> bytes:
    """Return the signing secret, 32 random bytes; create it if there is none yet."""
    known = setting(tx, "secret")
    if known is None:
        add(tx, schema.settings, [{"name": "secret", "value": secrets.token_bytes(32).hex()}])
        known = setting(tx, "secret")
        assert known is not None
    return bytes.fromhex(known)


def mailbox(tx: Connection, address: str) -> str:
    """Return the keyed hash of an address's mailbox; all spellings have the same hash."""
    return keyed_hash(secret(tx), mailbox_key(address))


def suppress(tx: Connection, address: str, reason: str, now: datetime) -> None:
    """Add an address to the suppression list, as a keyed hash."""
    row = {"mailbox": keyed_hash(secret(tx), address), "reason": reason, "at": now}
    put(tx, schema.suppressions, [row])


def release(tx: Connection, address: str) -> int:
    """Take an address that consented again off the suppression list; return the number of rows."""
    table = schema.suppressions
    gone = delete(table).where(table.c.mailbox == keyed_hash(secret(tx), address))
    return tx.execute(gone).rowcount


def suppressed(tx: Connection, addresses: Sequence[str]) -> set[str]:
    """Return the addresses that are on the suppression list."""
    if not addresses:
        return set()
    table, key = schema.suppressions, secret(tx)
    by_hash = {keyed_hash(key, address): address for address in addresses}
    found: set[str] = set()
    for run in chunks(sorted(by_hash)):
        query = select(table.c.mailbox).where(
            table.c.mailbox.in_(run), table.c.reason != UNCONFIRMED
        )
        found.update(by_hash[each] for each in tx.execute(query).scalars())
    return found
