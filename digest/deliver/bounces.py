"""When bounces stop a subscriber.  Pure.

A hard bounce or a complaint stops a subscriber at once; soft bounces only if they come on several
days: a full mailbox, or one bad day of a server, must not stop a subscriber.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

#: Soft bounces on this many different days within this time count as one hard bounce.
SOFT_DAYS, SOFT_WITHIN = 5, timedelta(days=10)

#: A mail that has not come back after this long has arrived; it cancels earlier soft bounces.
ARRIVED_AFTER = timedelta(days=2)


def stops(kind: str, soft: Sequence[datetime], sent: Iterable[datetime], now: datetime) -> bool:
    """Return whether a bounce of this kind stops its subscriber.

    ``soft`` are the soft bounces within SOFT_WITHIN, this one included; ``sent`` is when mails were
    sent within it.
    """
    if kind != "soft":
        return kind in ("hard", "complaint")
    arrived = max((at for at in sent if _has_arrived(at, soft, now)), default=None)
    return len({at.date() for at in soft if arrived is None or at > arrived}) >= SOFT_DAYS


def _has_arrived(sent: datetime, soft: Iterable[datetime], now: datetime) -> bool:
    is_old = sent <= now - ARRIVED_AFTER
    return is_old and not any(sent <= at <= sent + ARRIVED_AFTER for at in soft)
