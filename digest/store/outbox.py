"""The second memory and the outbox: an issue, what it tells, and the mail it owes, in one commit.

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt

A claim raises the row's fence; whoever holds an older fence can write nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, update

from ..model import Delivery, Issue, Reader, State, Subscriber
from . import readers, schema
from .content import edition, editions_in, pack_issue, pack_paper, unpack_issue
from .editions import keep_editions, papers_of
from .sql import insert, put

#: Longer than any one message may take, so that no living claim is taken over.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with what is to be delivered."""

    delivery: Delivery
    issue: Issue
    subscriber: Subscriber


def publish(tx: Connection, reader: Reader, issue: Issue, upto: int) -> int | None:
    """The issue, the papers it tells of, how far was read, and one mail owed; gives the issue's id.

    None where this reader has an issue for the day already: then nothing is written.
    """
    row = {
        "subscriber_id": reader.subscriber.id,
        "day": issue.day,
        "made_at": issue.made_at,
        "content": pack_issue(issue),
    }
    statement = insert(tx, schema.issues).values(row).on_conflict_do_nothing()
    id = tx.execute(statement.returning(schema.issues.c.id)).scalar()
    if id is None:
        return None
    keep_editions(tx, issue.papers)
    put(tx, schema.sent, _sent_rows(reader, issue, id))
    readers.mark_read(tx, reader, upto)
    readers.mark_day(tx, reader)
    _queue(tx, id, reader.subscriber.id, issue.made_at)
    return int(id)


def _sent_rows(reader: Reader, issue: Issue, id: int) -> list[dict[str, Any]]:
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
    row = {"issue_id": issue_id, "subscriber_id": subscriber_id, "not_before": now}
    tx.execute(schema.deliveries.insert().values(state=State.QUEUED, **row))


def has_issue(tx: Connection, subscriber: Subscriber, day: date) -> bool:
    """Whether the subscriber's issue of this local day was made already."""
    table = schema.issues
    query = select(table.c.id).where(table.c.subscriber_id == subscriber.id, table.c.day == day)
    return tx.execute(query).first() is not None


def issue(tx: Connection, subscriber: Subscriber, day: date) -> Issue | None:
    """The issue as it was made, whatever became of its papers since."""
    table = schema.issues
    query = select(table).where(table.c.subscriber_id == subscriber.id, table.c.day == day)
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    return unpack_issue(row["id"], row["content"], papers_of(tx, editions_in(row["content"])))


def recover(tx: Connection, now: datetime) -> int:
    """Give back what the dead held; only for whoever runs alone.  Gives the number of rows.

    Leases need not run out first, since nobody else can be alive.
    """
    table = schema.deliveries
    held = table.c.state.in_([State.CLAIMED, State.DATA_SENT])
    return tx.execute(update(table).where(held).values(leased_until=now)).rowcount


def due(tx: Connection, now: datetime, most: int = 1000) -> list[int]:
    """The ids of what may be claimed now: queued and due, or held under a lease that ran out."""
    query = select(schema.deliveries.c.id).where(_is_claimable(now))
    rows = tx.execute(query.order_by(schema.deliveries.c.id).limit(most))
    return list(rows.scalars())


def _is_claimable(now: datetime) -> Any:
    table = schema.deliveries
    is_waiting = and_(table.c.state == State.QUEUED, table.c.not_before <= now)
    is_left = and_(table.c.state.in_([State.CLAIMED, State.DATA_SENT]), table.c.leased_until <= now)
    return or_(is_waiting, is_left)


def claim(tx: Connection, id: int, now: datetime) -> Parcel | None:
    """Take one delivery for LEASE; None where somebody else was faster.

    The delivery's state is the one it was found in: ``DATA_SENT`` says that an earlier holder may
    have handed the mail over.
    """
    table = schema.deliveries
    query = select(table.c.state).where(table.c.id == id, _is_claimable(now))
    state = tx.execute(query.with_for_update(skip_locked=True)).scalar()
    if state is None:
        return None
    tx.execute(
        update(table)
        .where(table.c.id == id)
        .values(
            state=State.CLAIMED,
            fence=table.c.fence + 1,
            attempts=table.c.attempts + 1,
            leased_until=now + LEASE,
        )
    )
    return _parcel(tx, id, State(state))


def _parcel(tx: Connection, id: int, state: State) -> Parcel:
    row = tx.execute(_parcels().where(schema.deliveries.c.id == id)).mappings().one()
    subscriber = Subscriber(id=row["subscriber_id"], address=row["address"])
    issue = unpack_issue(
        row["issue_id"], row["content"], papers_of(tx, editions_in(row["content"]))
    )
    delivery = Delivery(
        id=id,
        issue_id=row["issue_id"],
        subscriber=subscriber,
        state=state,
        message_id=row["message_id"],
        attempts=row["attempts"],
        fence=row["fence"],
    )
    return Parcel(delivery, issue, subscriber)


def _parcels() -> Select[Any]:
    owed, made, people = schema.deliveries, schema.issues, schema.subscribers
    return (
        select(owed, made.c.content, people.c.address)
        .join(made, made.c.id == owed.c.issue_id)
        .join(people, people.c.id == owed.c.subscriber_id)
    )


def mark_data_sent(tx: Connection, delivery: Delivery, message_id: str) -> bool:
    """The last commit before the final dot; False where the claim was lost meanwhile."""
    return _advance(tx, delivery, state=State.DATA_SENT, message_id=message_id)


def settle(
    tx: Connection, delivery: Delivery, state: State, now: datetime, error: str = ""
) -> bool:
    """Write how it ended: sent, failed or in doubt."""
    return _advance(tx, delivery, state=state, settled_at=now, error=error, leased_until=None)


def wait(tx: Connection, delivery: Delivery, until: datetime, error: str) -> bool:
    """Leave it as it is, perhaps handed over and perhaps not, and look again later."""
    return _advance(tx, delivery, leased_until=until, error=error)


def put_off(tx: Connection, delivery: Delivery, until: datetime, error: str) -> bool:
    """Queue it again, for later."""
    return _advance(
        tx, delivery, state=State.QUEUED, not_before=until, error=error, leased_until=None
    )


def _advance(tx: Connection, delivery: Delivery, **values: Any) -> bool:
    table = schema.deliveries
    is_ours = and_(table.c.id == delivery.id, table.c.fence == delivery.fence)
    return bool(tx.execute(update(table).where(is_ours).values(**values)).rowcount)


def counts(tx: Connection) -> dict[State, int]:
    """The number of deliveries in each state."""
    table = schema.deliveries
    rows = tx.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {State(state): number for state, number in rows}
