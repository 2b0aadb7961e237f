"""What is kept for a time is looked for in one statement, and found whatever of it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from digest.store import Store, expiry, schema

from ..databases import both
from ..factories import EIGHT

OLD = EIGHT - timedelta(days=400)

PERSON = {"address": "a@b", "folded": "a@b", "created_at": OLD}
#: A table: a row of it that is over, and the state of the person that it belongs to.
OVER = {
    "signups": ({"subscriber_id": 1, "mailbox": "m", "at": OLD}, {"state": "active"}),
    "subscribers": (None, {"state": "pending"}),
    "profiles": (
        {"slug": "~1.1", "path": "", "text": "any: [a]", "subscriber_id": 1},
        {"state": "stopped"},
    ),
    "inbound": ({"message_hash": "m", "at": OLD, "outcome": "bounce"}, {"state": "active"}),
    "answers": ({"mailbox": "m", "at": OLD, "is_doubted": False}, {"state": "active"}),
}


@both
@pytest.mark.parametrize("name", OVER)
def test_whatever_is_over_is_found_and_deleted(store: Store, name: str) -> None:
    row, person = OVER[name]
    table = schema.metadata.tables[name]
    with store.begin() as tx:
        tx.execute(schema.subscribers.insert().values(id=1, **PERSON, **person))
        act = {"at": OLD, "act": "unsubscribed", "wording": "", "origin": ""}
        tx.execute(schema.consents.insert().values(subscriber_id=1, **act))
        if row is not None:
            tx.execute(table.insert().values(row))
    with store.begin() as tx:
        expiry.delete_expired(tx, EIGHT)
        assert tx.execute(select(func.count()).select_from(table)).scalar() == 0


@both
def test_a_minute_in_which_nothing_is_over_asks_once(store: Store) -> None:
    asked: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    with store.begin() as tx:
        expiry.delete_expired(tx, EIGHT)
    assert len(asked) == 1
