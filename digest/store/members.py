"""Readers who look after themselves: signing up, saying yes, pausing, changing, leaving.

Every function works in the transaction it is given and writes down what was agreed to; none of them
sends anything.  Nobody becomes active here but by ``confirm``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, func, select, update

from ..address import checked, fold
from ..model import Member, Membership, Schedule
from . import marks, own, privacy, readers, schema, shelf
from .content import pack_schedule
from .sql import add

#: How often an address may be asked whether it meant it, until it has said yes.
ASK_AGAIN_AFTER, ASK_AT_MOST = timedelta(hours=24), 3

#: A sign-up that nobody confirms is forgotten.
PENDING_FOR = timedelta(days=7)

#: Letters that ask somebody who may know nothing of us.
QUESTIONS = ("confirm", "already")

REASONS = frozenset({"unsubscribed", "bounced", "complained"})
FORMATS = frozenset({"html", "text"})
QUIET = frozenset({"nothing", "line", "weekly"})
OVERFLOW = frozenset({"web", "rollover"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A request of a reader's, as it is written down: when, seeing which words, from where."""

    now: datetime
    wording: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """What a sign-up came to."""

    member: Member
    #: the letter to send now: confirm, already (to who is active); empty: none, asked often enough
    letter: str


def find(tx: Connection, address: str) -> Member | None:
    """The reader with this address, however it is spelt."""
    row = tx.execute(_members().where(schema.subscribers.c.folded == fold(address)))
    return _member(row.mappings().first())


def member(tx: Connection, id: int) -> Member | None:
    """The reader with this id."""
    row = tx.execute(_members().where(schema.subscribers.c.id == id))
    return _member(row.mappings().first())


def all_members(tx: Connection) -> Iterator[Member]:
    """Everyone who is known, in the order in which they came."""
    for row in tx.execute(_members().order_by(schema.subscribers.c.id)).mappings():
        found = _member(row)
        assert found is not None
        yield found


def sign_up(
    tx: Connection, address: str, act: Act, *, profile: str = "", schedule: Schedule | None = None
) -> SignedUp:
    """Somebody wants issues for this address; nothing happens until the address itself says yes.

    ``profile`` is the checked text of a first profile; of several sign-ups the last one counts.
    Whoever is active stays as they are.  Raises ValueError where it is no address.
    """
    found = find(tx, checked(address)) or _new(tx, checked(address), act)
    _lock(tx, found.id)
    if found.state is not Membership.ACTIVE:
        _set(tx, found.id, state=Membership.PENDING, reason="", created_at=act.now)
        if schedule is not None:
            _set(tx, found.id, schedule=pack_schedule(schedule))
        if profile:
            own.replace_all(tx, found.id, profile)
    note(tx, found.id, "signed up", act)
    kind = "already" if found.state is Membership.ACTIVE else "confirm"
    return SignedUp(member=_again(tx, found.id), letter=kind if _may_ask(tx, found, act) else "")


def _lock(tx: Connection, id: int) -> None:
    """Let sign-ups for one address take turns, so that it is asked no more often than it may."""
    tx.execute(
        select(schema.subscribers.c.id).where(schema.subscribers.c.id == id).with_for_update()
    )


def _new(tx: Connection, address: str, act: Act) -> Member:
    row = {
        "address": address,
        "folded": fold(address),
        "state": Membership.PENDING,
        "created_at": act.now,
    }
    add(tx, schema.subscribers, [row])
    found = find(tx, address)
    assert found is not None
    return found


def _may_ask(tx: Connection, found: Member, act: Act) -> bool:
    table = schema.deliveries
    query = select(table.c.created_at).where(
        table.c.recipient == fold(found.address), table.c.kind.in_(QUESTIONS)
    )
    asked = list(tx.execute(query).scalars())
    if any(at > act.now - ASK_AGAIN_AFTER for at in asked):
        return False
    _, before = marks.suppression(tx, found.address)
    since = found.confirmed_at
    asked_since = [at for at in asked if since is None or at > since]
    return before + len(asked_since) < ASK_AT_MOST


def confirm(tx: Connection, id: int, asked_at: datetime, act: Act, day: date) -> bool:
    """The address itself says yes to the sign-up of ``asked_at``; False where there is none.

    From now on there are issues, beginning with the listing ``day``.
    """
    found = member(tx, id)
    if found is None or found.state is not Membership.PENDING or found.created_at != asked_at:
        return False
    _set(tx, id, state=Membership.ACTIVE, confirmed_at=act.now)
    _set(tx, id, last_day=None, last_at=None, paused_from=None, paused_until=None)
    marks.release(tx, found.address)
    _forgive(tx, id)
    _begin_with(tx, id, day)
    note(tx, id, "confirmed", act)
    own.touch(tx)
    return True


def _forgive(tx: Connection, id: int) -> None:
    """Whoever answered a mail gets mail: what came back before says nothing any more."""
    table = schema.bounces
    tx.execute(delete(table).where(table.c.subscriber_id == id, table.c.kind == "soft"))


def _begin_with(tx: Connection, id: int, day: date) -> None:
    """Let a reader who was away begin anew: what was collected in between is not made up for."""
    table = schema.subscriptions
    since = shelf.last_id(tx, before=day)
    older = and_(table.c.subscriber_id == id, table.c.since < since)
    tx.execute(update(table).where(older).values(since=since))


def stop(tx: Connection, id: int, reason: str, act: Act) -> int:
    """No issue any more, and none that is queued; gives how many rows that changed: 1 or 0."""
    found = member(tx, id)
    if reason not in REASONS:
        raise ValueError(f"not a reason to stop: {reason}")
    if found is None or found.state is Membership.STOPPED:
        return 0
    _set(tx, id, state=Membership.STOPPED, reason=reason)
    marks.suppress(tx, found.address, reason, act.now)
    note(tx, id, reason, act)
    own.touch(tx)
    return 1


def pause(tx: Connection, id: int, until: date, act: Act, *, beginning: date | None = None) -> None:
    """No issue until the day ``until`` is over; then one with all that came in between."""
    _set(tx, id, paused_from=beginning or date.min, paused_until=until)
    note(tx, id, "paused", act)


def resume(tx: Connection, id: int, act: Act) -> None:
    """Issues again, from now on."""
    _set(tx, id, paused_from=None, paused_until=None)
    note(tx, id, "resumed", act)


def set_schedule(tx: Connection, id: int, schedule: Schedule | None, act: Act) -> None:
    """The reader's own hour and days; None leaves it to the profiles."""
    _set(tx, id, schedule=pack_schedule(schedule))
    note(tx, id, "changed", act)


def set_format(tx: Connection, id: int, format: str, act: Act) -> None:
    """HTML with a text part, or text alone; raises ValueError for anything else."""
    _choose(tx, id, "format", format, FORMATS)
    note(tx, id, "changed", act)


def set_quiet(tx: Connection, id: int, quiet: str, act: Act) -> None:
    """What is sent when nothing matched: nothing, a line, or a line once a week.

    Empty leaves it to the profiles, here and for ``overflow``.
    """
    _choose(tx, id, "quiet", quiet or None, QUIET | {None})
    note(tx, id, "changed", act)


def set_overflow(tx: Connection, id: int, overflow: str, act: Act) -> None:
    """Where that is which has no room in a mail: on its page, or also first in the next issue."""
    _choose(tx, id, "overflow", overflow or None, OVERFLOW | {None})
    note(tx, id, "changed", act)


def _choose(
    tx: Connection, id: int, column: str, value: str | None, values: Collection[str | None]
) -> None:
    if value not in values:
        known = ", ".join(sorted(filter(None, values)))
        raise ValueError(f"{column}: one of {known} is expected")
    _set(tx, id, **{column: value})


def note(tx: Connection, id: int, act: str, by: Act) -> None:
    """Write down what was agreed to, asked for or taken back."""
    row = {
        "subscriber_id": id,
        "at": by.now,
        "act": act,
        "wording": by.wording,
        "origin": by.origin,
    }
    tx.execute(schema.consents.insert().values(row))


def propose(tx: Connection, id: int, content: dict[str, Any], now: datetime) -> int:
    """Keep what a reader asked for until they confirm it; gives the proposal's id."""
    row = {"subscriber_id": id, "at": now, "content": content}
    result = tx.execute(schema.proposals.insert().values(row))
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


def proposed(tx: Connection, proposal: int, id: int) -> dict[str, Any] | None:
    """What was proposed, where it is still open; takes nothing."""
    table = schema.proposals
    is_open = and_(table.c.id == proposal, table.c.subscriber_id == id, table.c.done_at.is_(None))
    content: dict[str, Any] | None = tx.execute(select(table.c.content).where(is_open)).scalar()
    return content


def accept(tx: Connection, proposal: int, id: int, now: datetime) -> dict[str, Any] | None:
    """Take what was proposed, once; None where there is nothing to take."""
    table = schema.proposals
    is_open = and_(table.c.id == proposal, table.c.subscriber_id == id, table.c.done_at.is_(None))
    taken = update(table).where(is_open).values(done_at=now).returning(table.c.content)
    content: dict[str, Any] | None = tx.execute(taken).scalar()
    return content


def expire_pending(tx: Connection, now: datetime) -> int:
    """Forget sign-ups that nobody confirmed; gives how many.

    Only how often an address was asked outlives it, under a keyed hash.
    """
    table = schema.subscribers
    is_old = and_(table.c.state == Membership.PENDING, table.c.created_at <= now - PENDING_FOR)
    gone = list(tx.execute(_members().where(is_old)).mappings())
    for row in gone:
        reason, before = marks.suppression(tx, row["address"])
        letters = before + privacy.letters_to(tx, row["folded"], QUESTIONS)
        privacy.erase(tx, row["id"])
        marks.suppress(tx, row["address"], reason or marks.UNCONFIRMED, now, letters)
    return len(gone)


def counts(tx: Connection) -> dict[Membership, int]:
    """The number of readers in each state."""
    table = schema.subscribers
    rows = tx.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {Membership(state): number for state, number in rows}


def _members() -> Any:
    return select(schema.subscribers)


def _member(row: RowMapping | None) -> Member | None:
    if row is None:
        return None
    return Member(
        id=row["id"],
        address=row["address"],
        state=Membership(row["state"]),
        reason=row["reason"],
        standing=readers.standing(row),
        format=row["format"],
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
    )


def _again(tx: Connection, id: int) -> Member:
    found = member(tx, id)
    assert found is not None
    return found


def _set(tx: Connection, id: int, **values: Any) -> None:
    table = schema.subscribers
    tx.execute(update(table).where(table.c.id == id).values(**values))
