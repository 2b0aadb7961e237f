"""Subscribers: add, begin, pause, change, stop, start again.

Every function works in the transaction passed to it and records consent; none of them sends
anything.  Only its own confirmation makes an address active: see ``signups``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from .. import locales
from ..access.addresses import fold
from ..model import DeliveryState, Schedule, Subscriber, SubscriberState
from . import due_dates, papers, profiles, schema, settings, unread
from .engine import ENROL_LOCK
from .serialization import pack_schedule
from .sql import add, lock

#: For this long after leaving, a subscriber can start again with the same profiles and settings.
START_AGAIN_WITHIN = timedelta(days=30)

REASONS = frozenset({"unsubscribed", "bounced", "complained"})
FORMATS = frozenset({"html", "text"})
QUIET = frozenset({"nothing", "line", "weekly"})
OVERFLOW = frozenset({"web", "rollover"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The record of a subscriber's request: when, which wording was shown, and from where."""

    now: datetime
    wording: str = ""
    origin: str = ""


def find(tx: Connection, address: str) -> Subscriber | None:
    """Return the subscriber with this address, in any of its spellings."""
    row = tx.execute(_query().where(schema.subscribers.c.folded == fold(address)))
    return _subscriber(row.mappings().first())


def by_id(tx: Connection, id: int) -> Subscriber | None:
    """Return the subscriber with this id."""
    row = tx.execute(_BY_ID, {"id": id})
    return _subscriber(row.mappings().first())


def active(tx: Connection) -> list[Subscriber]:
    """Return all active subscribers, in the order in which they came."""
    rows = tx.execute(
        _query()
        .where(schema.subscribers.c.state == SubscriberState.ACTIVE)
        .order_by(schema.subscribers.c.id)
    )
    return [found for row in rows.mappings() if (found := _subscriber(row))]


def add_pending(tx: Connection, address: str, now: datetime) -> Subscriber:
    """Add a pending subscriber, who gets no issues before confirming."""
    row = {
        "address": address,
        "folded": fold(address),
        "state": SubscriberState.PENDING,
        "created_at": now,
    }
    add(tx, schema.subscribers, [row])
    found = find(tx, address)
    assert found is not None
    return found


def lock_subscriber(tx: Connection, id: int) -> Subscriber:
    """Lock the subscriber with this id against other changes, and return it."""
    table = schema.subscribers
    tx.execute(select(table.c.id).where(table.c.id == id).with_for_update())
    found = by_id(tx, id)
    assert found is not None
    return found


def activate(
    tx: Connection,
    found: Subscriber,
    now: datetime,
    day: date,
    schedule: Schedule | None,
    locale: str = "",
) -> None:
    """Activate a subscriber who confirmed; issues begin with the listing ``day``.

    A subscriber who is active already, because a file names them, counts as confirmed since their
    last issue, so that papers waiting there still come.
    """
    if found.state is SubscriberState.ACTIVE:
        since = found.confirmed_at or found.settings.last_at or now
        _update(tx, found.id, confirmed_at=since)
        profiles.read_again(tx, schema.profiles.c.subscriber_id == found.id)
        return
    fresh = dict.fromkeys(("last_day", "last_at", "paused_from", "paused_until"))
    own: dict[str, Any] = {} if schedule is None else {"schedule": pack_schedule(schedule)}
    own |= {"locale": locale} if locale else {}
    _update(tx, found.id, state=SubscriberState.ACTIVE, reason="", confirmed_at=now, **fresh, **own)
    settings.release(tx, found.address)
    profiles.read_again_for(tx, found.id, found.address)
    _delete_soft_bounces(tx, found.id)
    _skip_backlog(tx, found.id, day)


def _delete_soft_bounces(tx: Connection, id: int) -> None:
    """Delete earlier soft bounces: mail does arrive, because the subscriber answered one."""
    table = schema.bounces
    tx.execute(delete(table).where(table.c.subscriber_id == id, table.c.kind == "soft"))


def _skip_backlog(tx: Connection, id: int, day: date) -> None:
    """Skip the backlog of a subscriber who was away: start again at ``day``."""
    table = schema.subscriptions
    since = papers.last_id(tx, before=day)
    older = and_(table.c.subscriber_id == id, table.c.since < since)
    tx.execute(update(table).where(older).values(since=since))


def stop(tx: Connection, id: int, reason: str, consent: Consent) -> int:
    """Stop all issues; the outbox withdraws its own when claimed.  Return 1, or 0 if unchanged."""
    found = by_id(tx, id)
    if reason not in REASONS:
        raise ValueError(f"not a reason to stop: {reason}")
    if found is None or found.state is SubscriberState.STOPPED:
        return 0
    _update(tx, id, state=SubscriberState.STOPPED, reason=reason)
    settings.suppress(tx, found.address, reason, consent.now)
    # Confirming an earlier sign-up must not undo this stop.
    tx.execute(delete(schema.signups).where(schema.signups.c.subscriber_id == id))
    record_consent(tx, id, reason, consent)
    return 1


def stopped(tx: Connection, found: Subscriber, now: datetime) -> int:
    """Return the stop that a subscriber can still undo; 0 if there is none, or it is too old.

    The number is the id of its row in ``consents``.
    """
    id, at = _last_stop(tx, found)
    return 0 if at is None or now - at > START_AGAIN_WITHIN else id


def stopped_at(tx: Connection, found: Subscriber) -> datetime | None:
    """Return when a stopped subscriber was stopped; None for any other."""
    return _last_stop(tx, found)[1]


def _last_stop(tx: Connection, found: Subscriber) -> tuple[int, datetime | None]:
    table = schema.consents
    query = (
        select(table.c.id, table.c.at)
        .where(table.c.subscriber_id == found.id, table.c.act.in_(REASONS))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    # An address that never got an issue cannot start again: a stranger may have typed it.
    was_subscribed = found.confirmed_at or found.settings.last_day
    row = (
        tx.execute(query).first()
        if found.state is SubscriberState.STOPPED and was_subscribed
        else None
    )
    return (row.id, row.at) if row else (0, None)


def start_again(tx: Connection, id: int, consent: Consent) -> bool:
    """Undo a stop: all is as before, and papers from in between come with the next issue.

    Return False if there is no stop to undo.
    """
    found = lock_subscriber(tx, id)
    stop = stopped(tx, found, consent.now)
    if not stop:
        return False
    _update(tx, id, state=SubscriberState.ACTIVE, reason="")
    settings.release(tx, found.address)
    _delete_soft_bounces(tx, id)
    _take_back(tx, id, stop)
    record_consent(tx, id, "started again", consent)
    profiles.read_again(tx, schema.profiles.c.subscriber_id == id)
    return True


def _gone(since: ColumnElement[datetime]) -> Select[int]:
    """Select those who left before then and still have profiles or feedback here."""
    people, consents = schema.subscribers, schema.consents
    own, opinions = schema.profiles, schema.feedback
    ended = exists().where(consents.c.subscriber_id == people.c.id, consents.c.act.in_(REASONS))
    is_late = and_(ended, ~ended.where(consents.c.at >= since))
    has_any = or_(*(exists().where(c.subscriber_id == people.c.id) for c in (own.c, opinions.c)))
    is_stopped = people.c.state == SubscriberState.STOPPED
    return select(people.c.id).where(is_stopped, is_late, has_any)


# Built once, because it is asked every minute.
GONE = _gone(bindparam("left_before", type_=schema.UTCDateTime)).limit(1)


def forget_stopped(tx: Connection, now: datetime) -> int:
    """Delete the profiles and the feedback of those who can no longer start again.

    Return the number of rows.  What proves a consent, and what was sent, stays.
    """
    since, rows = now - START_AGAIN_WITHIN, 0
    if tx.execute(GONE, {"left_before": since}).first() is None:
        return 0
    gone = _gone(literal(since, schema.UTCDateTime))
    lock(tx, ENROL_LOCK)
    profiles.end_subscriptions(tx, schema.profiles.c.subscriber_id.in_(gone))
    for table in (schema.profiles, schema.feedback):
        rows += tx.execute(delete(table).where(table.c.subscriber_id.in_(gone))).rowcount
    return rows


def _take_back(tx: Connection, id: int, stop: int) -> None:
    """Make the papers of issues that the stop withdrew unread again."""
    deliveries, consents = schema.deliveries, schema.consents
    since = select(consents.c.at).where(consents.c.id == stop).scalar_subquery()
    held = select(deliveries.c.issue_id).where(
        deliveries.c.subscriber_id == id,
        deliveries.c.issue_id.is_not(None),
        deliveries.c.state == DeliveryState.WITHDRAWN,
        deliveries.c.settled_at >= since,
    )
    for issue in tx.execute(held).scalars().all():
        unread.make_unread(tx, issue)


def pause(
    tx: Connection, id: int, until: date, consent: Consent, *, beginning: date | None = None
) -> None:
    """Pause issues until the day ``until`` is over; the next one has all papers from in between."""
    _update(tx, id, paused_from=beginning or date.min, paused_until=until)
    record_consent(tx, id, "paused", consent)


def resume(tx: Connection, id: int, consent: Consent) -> None:
    """End a pause now."""
    _update(tx, id, paused_from=None, paused_until=None)
    record_consent(tx, id, "resumed", consent)


def set_schedule(tx: Connection, id: int, schedule: Schedule | None, consent: Consent) -> None:
    """Set the subscriber's own hour and days; with None the profiles decide."""
    _update(tx, id, schedule=pack_schedule(schedule))
    record_consent(tx, id, "changed", consent)


def set_format(tx: Connection, id: int, format: str, consent: Consent) -> None:
    """Set the format: html (with a text part) or text; raises ValueError for anything else."""
    _set_choice(tx, id, "format", format, FORMATS)
    record_consent(tx, id, "changed", consent)


def set_locale(tx: Connection, id: int, locale: str, consent: Consent) -> None:
    """Set what the subscriber is written to in; raises ValueError for what is no locale."""
    _set_choice(tx, id, "locale", locale, {*locales.NAMES})
    record_consent(tx, id, "changed", consent)


def set_quiet(tx: Connection, id: int, quiet: str, consent: Consent) -> None:
    """Set what is sent when nothing matched: nothing, a line, or a line once a week.

    With an empty string the profiles decide, here and in ``set_overflow``.
    """
    _set_choice(tx, id, "quiet", quiet or None, QUIET | {None})
    record_consent(tx, id, "changed", consent)


def set_overflow(tx: Connection, id: int, overflow: str, consent: Consent) -> None:
    """Set where papers go that do not fit into a mail: its page, or also the next issue's start."""
    _set_choice(tx, id, "overflow", overflow or None, OVERFLOW | {None})
    record_consent(tx, id, "changed", consent)


def _set_choice(
    tx: Connection, id: int, column: str, value: str | None, values: Collection[str | None]
) -> None:
    if value not in values:
        known = ", ".join(sorted(filter(None, values)))
        raise ValueError(f"{column}: one of {known} is expected")
    _update(tx, id, **{column: value})


def record_consent(tx: Connection, id: int, action: str, consent: Consent) -> None:
    """Record what a subscriber agreed to, asked for or took back."""
    row = {
        "subscriber_id": id,
        "at": consent.now,
        "act": action,
        "wording": consent.wording,
        "origin": consent.origin,
    }
    tx.execute(schema.consents.insert().values(row))


def propose(tx: Connection, id: int, content: dict[str, Any], now: datetime) -> int:
    """Store a change that a subscriber asked for, until it is confirmed; return its id."""
    row = {"subscriber_id": id, "at": now, "content": content}
    result = tx.execute(schema.proposals.insert().values(row))
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


def proposed(tx: Connection, proposal: int, id: int) -> dict[str, Any] | None:
    """Return a proposed change if it is still open; it stays open."""
    table = schema.proposals
    is_open = and_(table.c.id == proposal, table.c.subscriber_id == id, table.c.done_at.is_(None))
    content: dict[str, Any] | None = tx.execute(select(table.c.content).where(is_open)).scalar()
    return content


def accept(tx: Connection, proposal: int, id: int, now: datetime) -> dict[str, Any] | None:
    """Close a proposed change and return it, once; return None if it is not open."""
    table = schema.proposals
    is_open = and_(table.c.id == proposal, table.c.subscriber_id == id, table.c.done_at.is_(None))
    taken = update(table).where(is_open).values(done_at=now).returning(table.c.content)
    content: dict[str, Any] | None = tx.execute(taken).scalar()
    return content


def counts(tx: Connection) -> dict[SubscriberState, int]:
    """Return the number of subscribers in each state."""
    table = schema.subscribers
    rows = tx.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {SubscriberState(state): number for state, number in rows}


def _query() -> Any:
    return select(schema.subscribers)


#: Made once, because most pages ask for it.
_BY_ID = _query().where(schema.subscribers.c.id == bindparam("id"))


def _subscriber(row: RowMapping | None) -> Subscriber | None:
    if row is None:
        return None
    return Subscriber(
        id=row["id"],
        address=row["address"],
        state=SubscriberState(row["state"]),
        reason=row["reason"],
        settings=due_dates.delivery_settings(row),
        format=row["format"],
        locale=row["locale"] or "",
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
    )


def _update(tx: Connection, id: int, **values: Any) -> None:
    table = schema.subscribers
    tx.execute(update(table).where(table.c.id == id).values(**values))
    due_dates.refresh(tx, [id])
