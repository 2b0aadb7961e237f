"""The second memory and the outbox: an issue, what it tells, and the mail it owes, in one commit.

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt
       └────▶ withdrawn

A claim raises the row's fence; whoever holds an older fence can write nothing more.  Whether the
reader still wants the mail is asked in the claim, not when it was queued: an issue that a pause
met in the queue is taken back, and its papers come with the next.  Letters (confirmations, answers)
wait in the same table, and in a line of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from ..access.addresses import fold
from ..errors import Meaning
from ..model import Backlog, Delivery, DeliveryState, Issue, Message, Recipient, SubscriberState
from . import schema, settings, unread
from .editions import contents_of, keep_editions
from .serialization import edition, editions_in, pack_issue, pack_paper, unpack_issue
from .sql import insert, put

#: Longer than any one message may take, so that no living claim is taken over.
LEASE = timedelta(minutes=10)

#: The kind of every delivery that is no letter.
ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A claimed delivery with what is to be delivered: an issue to be rendered, or a letter."""

    delivery: Delivery
    #: None where what was kept of the issue cannot be read
    content: Issue | Message | None

    @property
    def subscriber(self) -> Recipient:
        """Whom it is for."""
        return self.delivery.subscriber


def publish(
    tx: Connection, reader: Backlog, issue: Issue, upto: int, due_at: datetime | None = None
) -> int | None:
    """The issue, the papers it tells of, how far was read, and one mail owed; gives the issue's id.

    None where this reader has an issue for the day already: then nothing is written.
    """
    row = {
        "subscriber_id": reader.subscriber.id,
        "day": issue.day,
        "made_at": issue.made_at,
        "content": pack_issue(issue),
        "has_waiting": any(section.waiting for section in issue.sections),
    }
    statement = insert(tx, schema.issues).values(row).on_conflict_do_nothing()
    id = tx.execute(statement.returning(schema.issues.c.id)).scalar()
    if id is None:
        return None
    keep_editions(tx, issue.papers)
    put(tx, schema.sent, _sent_rows(reader, issue, id))
    unread.mark_read(tx, reader, upto)
    unread.mark_day(tx, reader, due_at or issue.made_at)
    _queue(tx, id, reader.subscriber.id, issue.made_at)
    return int(id)


def _sent_rows(reader: Backlog, issue: Issue, id: int) -> list[dict[str, Any]]:
    rows = {
        paper.key: {
            "subscriber_id": reader.subscriber.id,
            "key": paper.key,
            "edition": edition(pack_paper(paper)),
            "issue_id": id,
        }
        for paper in issue.papers
    }
    return [rows[key] for key in sorted(rows)]


def _queue(tx: Connection, issue_id: int, subscriber_id: int, now: datetime) -> None:
    row = {"issue_id": issue_id, "subscriber_id": subscriber_id}
    tx.execute(
        schema.deliveries.insert().values(
            state=DeliveryState.QUEUED, created_at=now, not_before=now, **row
        )
    )


def queue_notice(
    tx: Connection, letter: Message, kind: str, now: datetime, subscriber_id: int | None = None
) -> int:
    """Owe one letter, as it will go over the wire; a stranger's belongs to no subscriber."""
    result = tx.execute(
        schema.deliveries.insert().values(
            kind=kind,
            subscriber_id=subscriber_id,
            recipient=fold(letter.recipient),
            mailbox=settings.mailbox(tx, letter.recipient),
            subject=letter.subject,
            data=letter.data,
            message_id=letter.message_id,
            state=DeliveryState.QUEUED,
            created_at=now,
            not_before=now,
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


def notices_since(
    tx: Connection, address: str, since: datetime, kinds: Collection[str] = ()
) -> int:
    """Count the letters that a mailbox was owed since then, however its address is spelt.

    ``kinds`` are those to count; without any all are.
    """
    table = schema.deliveries
    # Letters of earlier versions have no mailbox.
    is_theirs = or_(
        table.c.mailbox == settings.mailbox(tx, address), table.c.recipient == fold(address)
    )
    is_counted = table.c.kind.in_(kinds) if kinds else table.c.kind != ISSUE
    query = select(func.count()).where(is_theirs, is_counted, table.c.created_at > since)
    return int(tx.execute(query).scalar_one())


def last_issue_at(tx: Connection, subscriber: Recipient) -> datetime | None:
    """When the subscriber's newest issue was made."""
    table = schema.issues
    query = select(func.max(table.c.made_at)).where(table.c.subscriber_id == subscriber.id)
    return tx.execute(query).scalar()


def issue(tx: Connection, subscriber: Recipient, day: date) -> Issue | None:
    """The issue as it was made, whatever became of its papers since."""
    table = schema.issues
    query = select(table).where(table.c.subscriber_id == subscriber.id, table.c.day == day)
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    return unpack_issue(row["id"], row["content"], contents_of(tx, editions_in(row["content"])))


def handed_over(tx: Connection, since: datetime) -> int:
    """How many mails have gone out, or may have, since then."""
    table = schema.deliveries
    is_out = table.c.state.in_([DeliveryState.SENT, DeliveryState.IN_DOUBT])
    query = select(func.count()).where(is_out, table.c.settled_at > since)
    return int(tx.execute(query).scalar_one())


def recover(tx: Connection, now: datetime, states: Iterable[DeliveryState]) -> int:
    """Give back what the dead held in these states; only for whoever runs alone.

    Leases need not run out first, since nobody else can be alive.  Gives the number of rows.
    """
    table = schema.deliveries
    held = table.c.state.in_(states)
    return tx.execute(update(table).where(held).values(leased_until=now)).rowcount


def due(
    tx: Connection, now: datetime, most: int = 1000, *, after: int = 0, letters: bool = False
) -> list[int]:
    """The ids of what may be claimed now: queued and due, or held under a lease that ran out.

    Either issues or letters, in the order of their ids, from the one behind ``after``.
    """
    table = schema.deliveries
    in_line = table.c.kind != ISSUE if letters else table.c.kind == ISSUE
    query = select(table.c.id).where(_CLAIMABLE, in_line, table.c.id > after)
    query = query.order_by(table.c.id).limit(most)
    return list(tx.execute(query, {"now": now, "today": now.date()}).scalars())


def due_of_kind(tx: Connection, now: datetime, kind: str) -> list[int]:
    """Return the ids of the letters of one kind that may be claimed now."""
    table = schema.deliveries
    query = select(table.c.id).where(_CLAIMABLE, table.c.kind == kind).order_by(table.c.id)
    return list(tx.execute(query, {"now": now, "today": now.date()}).scalars())


def _claimable() -> ColumnElement[bool]:
    table = schema.deliveries
    now, today = bindparam("now", type_=schema.UTCDateTime), bindparam("today", type_=Date)
    is_waiting = table.c.state == DeliveryState.QUEUED
    is_left = and_(
        table.c.state.in_([DeliveryState.CLAIMED, DeliveryState.DATA_SENT]),
        table.c.leased_until <= now,
    )
    # Who pauses gets nothing; but what was never at the dot is claimed in order to be taken back.
    may_be_out = and_(table.c.kind == ISSUE, table.c.message_id != "")
    is_time = table.c.not_before <= now
    return and_(is_time, or_(is_waiting, is_left), or_(~may_be_out, ~is_paused(today)))


def is_paused(today: date | BindParameter[date]) -> ColumnElement[bool]:
    """Whether a delivery's subscriber pauses on that day."""
    people = schema.subscribers.alias()
    return exists().where(
        people.c.id == schema.deliveries.c.subscriber_id,
        people.c.paused_from <= today,
        people.c.paused_until >= today,
    )


def _parcels() -> Select[Any]:
    owed, made, people = schema.deliveries, schema.issues, schema.subscribers
    standing = (people.c.state.label("membership"), people.c.reason)
    pause = (people.c.paused_from, people.c.paused_until)
    return (
        select(owed, made.c.content, people.c.address, people.c.format, *standing, *pause)
        .join(made, made.c.id == owed.c.issue_id, isouter=True)
        .join(people, people.c.id == owed.c.subscriber_id, isouter=True)
        .where(owed.c.id == bindparam("its_id"))
    )


# Made once, because making them costs more than running them, and a mail needs four.
_CLAIMABLE = _claimable()
_PARCEL = _parcels()
_CLAIM = _PARCEL.where(_CLAIMABLE).with_for_update(skip_locked=True, of=schema.deliveries)
_OURS = update(schema.deliveries).where(
    schema.deliveries.c.id == bindparam("its_id"),
    schema.deliveries.c.fence == bindparam("its_fence"),
)


def claim(tx: Connection, id: int, now: datetime) -> ClaimedDelivery | None:
    """Take one delivery for LEASE; None where somebody was faster, or its reader left or pauses.

    The delivery's state is the one it was found in: ``DATA_SENT`` says that an earlier holder may
    have handed the mail over.  Of such a row that stays written down, or a holder who dies before
    it has asked would leave a mail that looks as if it had never gone out.
    """
    found = {"its_id": id, "now": now, "today": now.date()}
    row = tx.execute(_CLAIM, found).mappings().first()
    if row is None:
        return None
    held = _parcel(tx, row)
    if row["kind"] == ISSUE and (why := _withdrawal(row, now.date())):
        if row["membership"] == SubscriberState.ACTIVE:
            unread.take_back(tx, row["issue_id"])
        settle(tx, held.delivery, DeliveryState.WITHDRAWN, now, why)
        return None
    taken = replace(held.delivery, fence=row["fence"] + 1, attempts=row["attempts"] + 1)
    _advance(
        tx,
        held.delivery,
        state=DeliveryState.DATA_SENT
        if held.delivery.state is DeliveryState.DATA_SENT
        else DeliveryState.CLAIMED,
        fence=taken.fence,
        attempts=taken.attempts,
        tried_at=now,
        leased_until=now + LEASE,
    )
    return replace(held, delivery=taken)


def _withdrawal(row: RowMapping, today: date) -> str:
    """Why a reader does not get issues, any more or for a while; empty where they do."""
    if row["membership"] != SubscriberState.ACTIVE:
        return str(row["reason"] or row["membership"])
    start, end = row["paused_from"], row["paused_until"]
    is_paused = start is not None and end is not None and start <= today <= end
    return "paused: its papers come with the next" if is_paused else ""


def parcel(tx: Connection, id: int) -> ClaimedDelivery:
    """A delivery with its content, to be looked at; nothing is claimed."""
    return _parcel(tx, tx.execute(_PARCEL, {"its_id": id}).mappings().one())


def _parcel(tx: Connection, row: RowMapping) -> ClaimedDelivery:
    subscriber = Recipient(
        id=row["subscriber_id"] or 0,
        address=row["address"] or row["recipient"],
        format=row["format"] or "html",
    )
    delivery = Delivery(
        id=row["id"],
        issue_id=row["issue_id"],
        subscriber=subscriber,
        state=DeliveryState(row["state"]),
        message_id=row["message_id"],
        attempts=row["attempts"],
        fence=row["fence"],
        kind=row["kind"],
        tried_at=row["tried_at"],
        waited=timedelta(seconds=row["waited"]),
        meaning=row["meaning"],
    )
    return ClaimedDelivery(delivery, _content(tx, row))


def _content(tx: Connection, row: RowMapping) -> Issue | Message | None:
    if row["kind"] == ISSUE:
        try:
            papers = contents_of(tx, editions_in(row["content"]))
            return unpack_issue(row["issue_id"], row["content"], papers)
        except (LookupError, TypeError, ValueError):  # one that is damaged holds up no other
            return None
    return Message(
        message_id=row["message_id"],
        sender="",
        recipient=row["recipient"],
        subject=row["subject"],
        data=row["data"],
    )


def mark_data_sent(tx: Connection, delivery: Delivery, message_id: str) -> bool:
    """The last commit before the final dot; False where the claim was lost meanwhile."""
    return _advance(tx, delivery, state=DeliveryState.DATA_SENT, message_id=message_id)


def settle(
    tx: Connection,
    delivery: Delivery,
    state: DeliveryState,
    now: datetime,
    error: str = "",
    *,
    meaning: str = "",
) -> bool:
    """Write how it ended: sent, failed or in doubt."""
    ended = {"state": state, "settled_at": now, "leased_until": None}
    return _advance(tx, delivery, error=error, meaning=meaning, **ended)


def wait(tx: Connection, delivery: Delivery, until: datetime, error: str) -> bool:
    """Leave it as it is, perhaps handed over and perhaps not, and look again later."""
    held = {"not_before": until, "leased_until": until}
    return _advance(tx, delivery, error=error, meaning=Meaning.DOUBT, **held)


def put_off(
    tx: Connection,
    delivery: Delivery,
    until: datetime,
    error: str,
    *,
    meaning: str = "",
    waited: timedelta | None = None,
) -> bool:
    """Queue it again, for later; ``waited`` counts towards giving it up, where it changes."""
    seconds = int((delivery.waited if waited is None else waited).total_seconds())
    owed = {
        "state": DeliveryState.QUEUED,
        "not_before": until,
        "leased_until": None,
        "waited": seconds,
    }
    return _advance(tx, delivery, error=error, meaning=meaning, **owed)


def give_back(
    tx: Connection, delivery: Delivery, until: datetime, error: str, *, meaning: str = ""
) -> bool:
    """Queue it again, for later, and do not count the try; unless it may have been sent."""
    is_counted = delivery.state is DeliveryState.DATA_SENT
    untried = {"attempts": delivery.attempts - (not is_counted), "tried_at": delivery.tried_at}
    owed = {"state": DeliveryState.QUEUED, "not_before": until, "leased_until": None}
    return _advance(tx, delivery, error=error, meaning=meaning, **untried, **owed)


def _advance(tx: Connection, delivery: Delivery, **values: Any) -> bool:
    ours = {"its_id": delivery.id, "its_fence": delivery.fence}
    return bool(tx.execute(_OURS, {**ours, **values}).rowcount)


def counts(tx: Connection) -> dict[DeliveryState, int]:
    """The number of deliveries in each state."""
    table = schema.deliveries
    rows = tx.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {DeliveryState(state): number for state, number in rows}
