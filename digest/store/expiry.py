"""Records that are kept for a time: deleted once that is over, which is asked in one statement."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from . import answers, inbound, signups, subscribers

# Built once, because it is asked every minute, and mostly nothing is over.
_IS_ANY_OVER = select(
    or_(
        *map(exists, (signups.OVER, signups.FORGOTTEN, inbound.OVER, answers.OVER)),
        exists(subscribers.GONE),
    )
)


def delete_expired(tx: Connection, now: datetime) -> None:
    """Delete what is over, and what was kept for those who left."""
    over = {
        "signed_up_before": now - signups.PENDING_FOR,
        "left_before": now - subscribers.START_AGAIN_WITHIN,
        "came_in_before": now - inbound.KEPT_FOR,
        "answered_before": now - answers.DOUBTED_WITHIN,
    }
    if not tx.execute(_IS_ANY_OVER, over).scalar():
        return
    signups.expire(tx, now)
    subscribers.forget_stopped(tx, now)
    inbound.delete_old(tx, now)
    answers.delete_old(tx, now)
