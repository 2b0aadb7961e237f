"""The outbox: an issue, its sent papers and its delivery, written in one commit.

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt
       └────▶ withdrawn

Deliveries are leased many at a time, and claimed one by one right before they are sent.  Either
raises the row's fence; a holder with an older fence can write nothing more.  The claim, not the
queueing, checks whether the subscriber still wants the mail: if a pause began meanwhile, the issue
is taken back, and its papers come with the next one.  Notices (confirmations, answers)
are rows of the same table, in a queue of their own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    LargeBinary,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
    type_coerce,
    union_all,
    update,
)

from ..access.addresses import fold
from ..deliver.relays import PASSED_OVER
from ..deliver.retry import QUOTA_WINDOW
from ..errors import Meaning
from ..model import (
    Backlog,
    Delivery,
    DeliveryState,
    Issue,
    Message,
    Notice,
    Recipient,
    SubscriberState,
)
from . import leases, schema, sent_papers, settings, unread
from .compressed import compress_rows, text_in
from .editions import WHOLE, issue_of, papers_of
from .engine import NOTICE_LOCK, QUOTA_LOCK
from .leases import FREE, NOBODY, Worker
from .ready import change, first
from .schema import ISSUE
from .serialization import (
    pack_issue,
    pack_notice,
    unpack_issue,
    unpack_notice,
)
from .sql import insert_of, lock

#: The states of a delivery that has not ended.
OPEN = tuple(state for state in DeliveryState if state not in schema.ENDS)

#: The kind of an operator's notice to subscribers.
ANNOUNCEMENT = "notice"


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A claimed delivery with its content: an issue or a notice, to be rendered."""

    delivery: Delivery
    #: a message: a notice that an earlier version rendered; None if it cannot be read
    content: Issue | Notice | Message | None

    @property
    def subscriber(self) -> Recipient:
        """Return the recipient."""
        return self.delivery.subscriber


def publish(
    tx: Connection,
    issues: Sequence[tuple[Backlog, Issue, datetime]],
    numbers: Mapping[int, int],
    upto: int,
) -> dict[int, int]:
    """Write issues, each due at a time, their sent papers, the read positions and the deliveries.

    The editions of their papers must be kept already, as those of an issue; ``numbers`` has their
    numbers, by the papers' identities.  Return the issues' ids by subscriber, without those who
    have an issue for their day already: for them nothing is written.
    """
    rows, papers, contents = list[dict[str, Any]](), dict[int, set[int]](), dict[int, bytes]()
    for backlog, issue, _ in issues:
        papers[backlog.subscriber.id] = {numbers[id(paper)] for paper in issue.papers}
        row = {"subscriber_id": backlog.subscriber.id, "day": issue.day, "made_at": issue.made_at}
        has_waiting = any(section.waiting for section in issue.sections)
        # Compressed at once, for many contents together hold up the garbage collector.
        contents[backlog.subscriber.id] = compress_rows(pack_issue(issue, numbers))
        rows.append(row | {"has_waiting": has_waiting})
    if not rows:
        return {}
    ids: dict[int, int] = {id: issue for issue, id in tx.execute(_issuing(tx.dialect.name), rows)}
    new = [each for each in issues if each[0].subscriber.id in ids]
    theirs = [(backlog.subscriber.id, issue) for backlog, issue, _ in new]
    of_issues = [
        {"issue_id": ids[id], "day": issue.day, "content": contents[id]} for id, issue in theirs
    ]
    if of_issues:
        tx.execute(_KEEPING, of_issues)
    sent_papers.add(tx, [(id, papers[id], issue.day) for id, issue in theirs])
    unread.mark_read(tx, [backlog for backlog, _, _ in new], upto)
    days = [
        (backlog, {"last_at": at, "last_issue_id": ids[backlog.subscriber.id]})
        for backlog, _, at in new
    ]
    unread.mark_day(tx, days)
    _queue(tx, [(ids[id], id, issue) for id, issue in theirs])
    return ids


@cache
def _issuing(dialect: str) -> Any:
    statement = insert_of(dialect, schema.issues).on_conflict_do_nothing()
    return statement.returning(schema.issues.c.id, schema.issues.c.subscriber_id)


_QUEUING, _KEEPING = schema.deliveries.insert(), schema.issue_contents.insert()


def _queue(tx: Connection, mails: Iterable[tuple[int, int, Issue]]) -> None:
    rows = [
        {
            "issue_id": issue_id,
            "day": issue.day,
            "subscriber_id": id,
            "state": DeliveryState.QUEUED,
            "created_at": issue.made_at,
            "not_before": issue.made_at,
        }
        for issue_id, id, issue in mails
    ]
    if rows:
        tx.execute(_QUEUING, rows)


def lock_notices(tx: Connection) -> None:
    """Let no other process queue what is told once, until the transaction ends."""
    lock(tx, NOTICE_LOCK)


def queue_notice(tx: Connection, notice: Notice, subscriber_id: int | None = None) -> int:
    """Queue a notice, to be rendered when it is sent; return its id.

    A stranger has no subscriber id.
    """
    result = tx.execute(
        schema.deliveries.insert().values(
            kind=notice.kind,
            day=notice.made_at.date(),
            subscriber_id=subscriber_id,
            recipient=fold(notice.recipient),
            mailbox=settings.mailbox(tx, notice.recipient),
            data=pack_notice(notice),
            state=DeliveryState.QUEUED,
            created_at=notice.made_at,
            not_before=notice.made_at,
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


def notice(tx: Connection, id: int) -> Notice | None:
    """Return a queued or sent notice as it was queued; None if it is gone, or cannot be read."""
    table = schema.deliveries
    query = select(table.c.data).where(table.c.id == id, table.c.kind != ISSUE)
    try:
        return unpack_notice(tx.execute(query).scalar() or b"")
    except ValueError:
        return None


def notice_answered(tx: Connection, message_ids: Collection[str]) -> int | None:
    """Return the id of the newest notice with one of these Message-IDs."""
    table = schema.deliveries
    is_named = table.c.message_id.in_([id for id in message_ids if id])
    return tx.execute(select(func.max(table.c.id)).where(is_named, table.c.kind != ISSUE)).scalar()


def has_sent(tx: Connection, message_ids: Collection[str]) -> bool:
    """Return whether one of these Message-IDs is that of a mail which is still known."""
    is_named = schema.deliveries.c.message_id.in_(message_ids)
    return tx.execute(select(schema.deliveries.c.id).where(is_named).limit(1)).scalar() is not None


def notices_since(
    tx: Connection,
    address: str,
    since: datetime,
    kinds: Collection[str] = (),
    *,
    spelt: bool = False,
) -> int:
    """Count the notices queued for a mailbox since then, for all spellings of its address.

    ``kinds`` limits which notices count; if it is empty, all do.  ``spelt`` counts those alone that
    went to the address as it is spelt here.
    """
    table = schema.deliveries
    is_theirs = table.c.recipient == fold(address)  # notices of earlier versions have no mailbox
    if not spelt:
        is_theirs = or_(table.c.mailbox == settings.mailbox(tx, address), is_theirs)
    is_counted = table.c.kind.in_(kinds) if kinds else table.c.kind != ISSUE
    query = select(func.count()).where(is_theirs, is_counted, table.c.created_at > since)
    return int(tx.execute(query).scalar_one())


def last_issue_at(tx: Connection, subscriber: Recipient) -> datetime | None:
    """Return when the subscriber's newest issue was made."""
    table = schema.issues
    query = select(func.max(table.c.made_at)).where(table.c.subscriber_id == subscriber.id)
    return tx.execute(query).scalar()


def issue(tx: Connection, subscriber: Recipient, day: date) -> Issue | None:
    """Return the issue of a day as it was made, even if its papers have changed since.

    Raises TakenOutError.
    """
    table = schema.issues
    query = WHOLE.where(table.c.subscriber_id == subscriber.id, table.c.day == day)
    row = tx.execute(query).mappings().first()
    return None if row is None else issue_of(tx, row)


def count_used(
    tx: Connection, since: datetime, besides: Collection[int] = (), relays: Collection[str] = ()
) -> dict[str, int]:
    """Count, by relay, what uses a daily quota: what was or may have been sent since, or will be.

    Without the deliveries ``besides``; with several relays, also without what was leased and goes
    by none of them yet, or not at all.  Until the transaction ends no other process counts them, so
    that what it leases by the count is counted by the next.
    """
    lock(tx, QUOTA_LOCK)
    table = schema.deliveries
    is_out = table.c.state.in_([DeliveryState.SENT, DeliveryState.IN_DOUBT])
    has_no_answer = and_(table.c.state == DeliveryState.DATA_SENT, table.c.tried_at > since)
    is_used = and_(is_out, table.c.settled_at > since)
    is_in_hand = and_(table.c.state.in_(OPEN), or_(~leases.is_free(table), has_no_answer))
    if relays:
        is_in_hand &= or_(table.c.state != DeliveryState.QUEUED, table.c.relay.in_(relays))
    # In one statement: what is settled between two of them would be in neither.
    used = union_all(
        select(table.c.relay).where(is_used),
        select(table.c.relay).where(is_in_hand, table.c.id.not_in(besides)),
    ).subquery()
    query = select(used.c.relay, func.count()).group_by(used.c.relay)
    rows = tx.execute(query, {"clock": leases.clock(tx)})
    found = Counter({relay: int(number) for relay, number in rows})
    return found + Counter(relay for relay, at in _repeated(tx).values() if at > since)


#: The setting with the attempts that a relay may have taken, of mails that were sent again: which
#: relay, and when, by delivery and attempt.
_REPEATED = "sent again"


def _repeated(tx: Connection) -> dict[str, tuple[str, datetime]]:
    kept = json.loads(settings.setting(tx, _REPEATED) or "{}")
    return {key: (relay, datetime.fromisoformat(at)) for key, (relay, at) in kept.items()}


def _note_repeated(tx: Connection, key: str, relay: str, at: datetime) -> None:
    """Note that this attempt counts beside the next; the row knows of one alone."""
    lock(tx, QUOTA_LOCK)
    known = {key: (relay, at)} | _repeated(tx)
    kept = {key: each for key, each in known.items() if each[1] > at - QUOTA_WINDOW}
    text = json.dumps({key: (relay, at.isoformat()) for key, (relay, at) in kept.items()})
    settings.keep_setting(tx, _REPEATED, text)


def passed_over(tx: Connection, ids: Collection[int]) -> list[tuple[int, str, str]]:
    """Return the address of each of these deliveries, and the relay that passed it over last.

    That is, which refused it so that another may take it; an empty text if none did.
    """
    table, people = schema.deliveries, schema.subscribers
    query = (
        select(table.c.id, table.c.recipient, people.c.address, table.c.relay, table.c.meaning)
        .join(people, people.c.id == table.c.subscriber_id, isouter=True)
        .where(table.c.id.in_(ids))
        .order_by(table.c.id)
    )
    return [
        (row.id, row.address or row.recipient, row.relay if row.meaning in PASSED_OVER else "")
        for row in tx.execute(query)
    ]


def assign(tx: Connection, worker: Worker, relays: Mapping[int, str]) -> None:
    """Write by which relay each of these deliveries goes, so that it is in that one's count.

    One that another process has taken over meanwhile stays in the count of its own.
    """
    table = schema.deliveries
    # The relay that refused it is passed over by this choice, and not once more.
    meaning = case((_IS_REFUSED, ""), else_=table.c.meaning)
    is_ours = or_(leases.is_free(table), table.c.holder == worker.id)
    now = {"clock": leases.clock(tx)}
    for relay in sorted(set(relays.values())):
        ids = [id for id, each in relays.items() if each == relay]
        is_doubtful = and_(table.c.state == DeliveryState.DATA_SENT, table.c.relay != relay)
        for row in tx.execute(select(table).where(table.c.id.in_(ids), is_doubtful, is_ours), now):
            _note_repeated(tx, f"{row.id} {row.attempts}", row.relay, row.tried_at)
        theirs = update(table).where(table.c.id.in_(ids), is_ours)
        tx.execute(theirs.values(relay=relay, meaning=meaning), now)


def give_back(tx: Connection, worker: Worker, ids: Collection[int] | None = None) -> None:
    """Free what a worker has leased and does not send after all: these, or all."""
    table = schema.deliveries
    ours = update(table).where(table.c.holder == worker.id)
    if ids is None or ids:
        tx.execute((ours if ids is None else ours.where(table.c.id.in_(ids))).values(FREE))


def lease(
    tx: Connection,
    worker: Worker,
    now: datetime,
    most: int,
    *,
    after: int = 0,
    notices: bool = False,
    besides: Collection[str] = (),
) -> list[int]:
    """Lease claimable deliveries for a worker, so that no other process claims them.

    Either issues or notices, as ``due``; return their ids.  None that waits for one of the relays
    ``besides``, unless that one has refused it.
    """
    values: dict[str, Any] = {"now": now, "today": now.date(), "after": after}
    if besides:
        values["besides"] = list(besides)
    return list(leases.take(tx, _TAKING[notices, bool(besides)], worker, most=most, **values))


def due(
    tx: Connection, now: datetime, most: int = 1000, *, after: int = 0, notices: bool = False
) -> list[int]:
    """Return the ids of claimable deliveries: not settled, due, and held by no living process.

    Either issues or notices, in the order of their ids, beginning after the id ``after``.
    """
    table = schema.deliveries
    is_next = and_(schema.is_in_queue(notices=notices), table.c.id > after)
    query = select(table.c.id).where(_CLAIMABLE, is_next).order_by(table.c.id).limit(most)
    return list(tx.execute(query, _instant(tx, now)).scalars())


def has_due(tx: Connection, now: datetime) -> bool:
    """Return whether any issue or notice could be claimed."""
    return bool(due(tx, now, 1) or due(tx, now, 1, notices=True))


def _instant(tx: Connection, now: datetime) -> dict[str, Any]:
    """Return what ``_CLAIMABLE`` is bound to: what is due goes by ``now``, leases do not."""
    clock = leases.clock(tx)
    return {"now": now, "today": now.date(), "clock": clock}


def due_of_kind(tx: Connection, now: datetime, kind: str) -> list[int]:
    """Return the ids of the notices of one kind that may be claimed now."""
    table = schema.deliveries
    is_one = and_(schema.is_in_queue(notices=True), table.c.kind == kind)
    query = select(table.c.id).where(_CLAIMABLE, is_one).order_by(table.c.id)
    return list(tx.execute(query, _instant(tx, now)).scalars())


def _due() -> ColumnElement[bool]:
    table = schema.deliveries
    now, today = bindparam("now", type_=schema.UTCDateTime), bindparam("today", type_=Date)
    # A pause holds back issues that may have been sent; other issues are claimed and taken back.
    may_be_out = and_(table.c.kind == ISSUE, table.c.message_id != "")
    is_time = table.c.not_before <= now
    return and_(schema.is_open(), is_time, or_(~may_be_out, ~is_paused(today)))


def is_paused(today: BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition that a delivery's subscriber pauses on that day of UTC.

    The later of that and the issue's own counts: east of UTC a day begins before UTC's, and an
    issue of the day after a pause goes out.  West of it one in the evening before a pause may be
    held back, but none goes out in a pause.
    """
    people, own = schema.subscribers.alias(), schema.deliveries.c.day
    day = case((own > today, own), else_=today)
    return exists().where(
        people.c.id == schema.deliveries.c.subscriber_id,
        people.c.paused_from <= day,
        people.c.paused_until >= day,
    )


#: What is read of a delivery, to send it.
_READ = (
    *("id", "kind", "issue_id", "day", "subscriber_id", "recipient", "subject", "data", "state"),
    *("attempts", "fence", "holder", "tried_at", "waited", "message_id", "meaning", "relay"),
)


def _delivery_query() -> Select[Any]:
    deliveries, contents, people = schema.deliveries, schema.issue_contents, schema.subscribers
    state_columns = (people.c.state.label("membership"), people.c.reason)
    pause = (people.c.paused_from, people.c.paused_until)
    return (
        select(
            *(deliveries.c[name] for name in _READ),
            type_coerce(contents.c.content, LargeBinary).label("content"),
            people.c.address,
            people.c.format,
            *state_columns,
            *pause,
        )
        .join(
            contents,
            and_(contents.c.issue_id == deliveries.c.issue_id, contents.c.day == deliveries.c.day),
            isouter=True,
        )
        .join(people, people.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(deliveries.c.id == bindparam("its_id"))
    )


# Built once, because building them costs more than running them, and a mail needs four.
_DUE = _due()
_IS_REFUSED = schema.deliveries.c.meaning.in_(sorted(PASSED_OVER))
_IS_FOR_OTHERS = and_(
    schema.deliveries.c.relay.in_(bindparam("besides", expanding=True)), ~_IS_REFUSED
)
_TAKING = {
    (notices, has_others): leases.taking(
        schema.deliveries,
        and_(
            _DUE,
            schema.is_in_queue(notices=notices),
            schema.deliveries.c.id > bindparam("after"),
            ~_IS_FOR_OTHERS if has_others else true(),
        ),
    )
    for notices in (False, True)
    for has_others in (False, True)
}
_IS_OURS: ColumnElement[bool] = schema.deliveries.c.holder == bindparam("its_holder")
_CLAIMABLE = and_(_DUE, leases.is_free(schema.deliveries))
_DELIVERY = _delivery_query()
# State by state, each of which is a look at the end of an index.
_FIRST_DUE = union_all(
    *(
        select(func.min(schema.deliveries.c.not_before).label("first")).where(
            schema.deliveries.c.state == state
        )
        for state in OPEN
    )
).subquery()
_IS_LEFT = or_(leases.is_free(schema.deliveries), schema.deliveries.c.holder.is_(None), _IS_OURS)
_WAITING = select(func.count()).where(schema.deliveries.c.state.in_(OPEN), _IS_LEFT)
_HELD_CLAIM = update(schema.deliveries).where(
    schema.deliveries.c.id == bindparam("its_id"),
    schema.deliveries.c.fence == bindparam("its_fence"),
)


@cache
def _claiming(dialect: str) -> Select[Any]:
    is_free = leases.is_free(schema.deliveries, leases.NOW[dialect])
    return _DELIVERY.where(_DUE, or_(is_free, _IS_OURS)).with_for_update(of=schema.deliveries)


@cache
def _holding(dialect: str) -> Update:
    return leases.held_from_now(_HELD_CLAIM, dialect)


def claim(
    tx: Connection, id: int, now: datetime, worker: Worker = NOBODY, relay: str = ""
) -> ClaimedDelivery | None:
    """Claim a delivery that is free, or leased by the worker, to go by this one of several relays.

    None if another process has it, or its subscriber left or pauses.

    The returned delivery has the state in which it was found: ``DATA_SENT`` means that an earlier
    holder may have sent the mail.  Such a row keeps this state: otherwise, after a holder that dies
    before it has checked, the mail would look as if it had never been sent.
    """
    found = {"its_id": id, "now": now, "today": now.date(), "its_holder": worker.id}
    row = first(tx, _claiming(tx.dialect.name), found)
    if row is None:
        return None
    held = _delivery_of(tx, row)
    if why := _withdrawal(row, now.date()):
        if row["membership"] == SubscriberState.ACTIVE:
            unread.make_unread(tx, row["issue_id"])
        settle(tx, held.delivery, DeliveryState.WITHDRAWN, now, why)
        return None
    taken = replace(held.delivery, fence=row["fence"] + 1, attempts=row["attempts"] + 1)
    _update_held(
        tx,
        held.delivery,
        state=DeliveryState.DATA_SENT
        if held.delivery.state is DeliveryState.DATA_SENT
        else DeliveryState.CLAIMED,
        fence=taken.fence,
        attempts=taken.attempts,
        tried_at=now,
        relay=relay,  # also where it waited for another, before a change of the configuration
        **leases.holding(worker, row["holder"]),
    )
    return ClaimedDelivery(taken, held.content)


def _withdrawal(row: Mapping[Any, Any], today: date) -> str:
    """Return why a subscriber does not get this any more, or not now; empty if they do."""
    if row["kind"] not in (ISSUE, ANNOUNCEMENT):
        return ""
    if row["membership"] != SubscriberState.ACTIVE:
        return str(row["reason"] or row["membership"])
    if row["kind"] == ANNOUNCEMENT:
        return ""
    start, end = row["paused_from"], row["paused_until"]
    day = max(row["day"], today)  # as ``is_paused``
    is_paused = start is not None and end is not None and start <= day <= end
    return "paused: its papers come with the next" if is_paused else ""


def read_delivery(tx: Connection, id: int) -> ClaimedDelivery:
    """Return a delivery with its content, without claiming it."""
    return _delivery_of(tx, tx.execute(_DELIVERY, {"its_id": id}).mappings().one())


def _delivery_of(tx: Connection, row: Mapping[Any, Any]) -> ClaimedDelivery:
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
        relay=row["relay"],
    )
    return ClaimedDelivery(delivery, _content(tx, row))


def _content(tx: Connection, row: Mapping[Any, Any]) -> Issue | Notice | Message | None:
    try:
        if row["kind"] == ISSUE:
            text = text_in(row["content"] or b"")
            return unpack_issue(row["issue_id"], text, partial(papers_of, tx))
        if notice := unpack_notice(row["data"]):
            return notice
    except (LookupError, TypeError, ValueError):  # a damaged one must not block others
        return None
    return Message(
        message_id=row["message_id"],
        sender="",
        recipient=row["recipient"],
        subject=row["subject"],
        data=row["data"],
    )


def mark_data_sent(
    tx: Connection, delivery: Delivery, message_id: str, worker: Worker = NOBODY
) -> bool:
    """Write the state before SMTP's final dot; return False if the claim was lost meanwhile.

    The lease begins again, so that it covers the wait for the answer.
    """
    if delivery.state is DeliveryState.DATA_SENT and delivery.tried_at:
        key = f"{delivery.id} {delivery.attempts - 1}"
        _note_repeated(tx, key, delivery.relay, delivery.tried_at)
    sent = {"state": DeliveryState.DATA_SENT, "message_id": message_id}
    return _update_held(tx, delivery, **sent, **leases.holding(worker, worker.id))


def settle(
    tx: Connection,
    delivery: Delivery,
    state: DeliveryState,
    now: datetime,
    error: str = "",
    *,
    meaning: str = "",
) -> bool:
    """Write the final state of a delivery: sent, failed, in doubt or withdrawn."""
    ended = {"state": state, "settled_at": now, **FREE}
    return _update_held(tx, delivery, error=error, meaning=meaning, **ended)


def check_later(tx: Connection, delivery: Delivery, until: datetime, error: str) -> bool:
    """Keep the state of a delivery that may have been sent, and check again later."""
    later = {"not_before": until, **FREE}
    return _update_held(tx, delivery, error=error, meaning=Meaning.DOUBT, **later)


def requeue(
    tx: Connection,
    delivery: Delivery,
    until: datetime,
    error: str,
    *,
    meaning: str = "",
    waited: timedelta | None = None,
) -> bool:
    """Queue a delivery again, for later; ``waited``, if changed, counts towards giving up."""
    seconds = int((delivery.waited if waited is None else waited).total_seconds())
    queued = {
        "state": DeliveryState.QUEUED,
        "not_before": until,
        "waited": seconds,
        **FREE,
    }
    return _update_held(tx, delivery, error=error, meaning=meaning, **queued)


def requeue_uncounted(
    tx: Connection, delivery: Delivery, until: datetime, error: str, *, meaning: str = ""
) -> bool:
    """Queue a delivery again, for later, without counting the try, unless it may have been sent."""
    is_counted = delivery.state is DeliveryState.DATA_SENT
    untried: dict[str, Any] = {
        "attempts": delivery.attempts - (not is_counted),
        "tried_at": delivery.tried_at,
    }
    queued = {"state": DeliveryState.QUEUED, "not_before": until, **FREE}
    return _update_held(tx, delivery, error=error, meaning=meaning, **untried, **queued)


def _update_held(tx: Connection, delivery: Delivery, **values: Any) -> bool:
    """Write into a row that is held under this fence; with a ``lease``, that begins again."""
    statement = _holding(tx.dialect.name) if "lease" in values else _HELD_CLAIM
    ours = {"its_id": delivery.id, "its_fence": delivery.fence}
    return bool(change(tx, statement, {**ours, **values}))


def count_waiting(tx: Connection, worker: Worker) -> int:
    """Count the deliveries that are not settled, without those that other workers hold."""
    values = {"clock": leases.clock(tx), "its_holder": worker.id}
    return int(tx.execute(_WAITING, values).scalar_one())


def first_due(tx: Connection) -> datetime | None:
    """Return when the first of the deliveries that are not settled is due; None if none waits."""
    return tx.execute(select(func.min(_FIRST_DUE.c.first))).scalar()


def count(tx: Connection, states: Collection[DeliveryState]) -> int:
    """Count the deliveries in these states, without looking at any other."""
    table = schema.deliveries
    query = select(func.count()).where(table.c.state.in_(states))
    return int(tx.execute(query).scalar_one())


def counts(tx: Connection) -> dict[DeliveryState, int]:
    """Return the number of deliveries in each state."""
    table = schema.deliveries
    rows = tx.execute(select(table.c.state, func.count()).group_by(table.c.state))
    return {DeliveryState(state): number for state, number in rows}
