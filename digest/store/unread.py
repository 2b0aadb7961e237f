"""Who gets issues, how far each subscriber has read, and which papers are unread."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from ..access.addresses import fold
from ..model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    DeliverySettings,
    IssueEntry,
    Profile,
    Recipient,
    SentPaper,
    SubscriberState,
    Subscription,
    UnreadBatch,
)
from . import due_dates, leases, schema, search, sent_papers, settings
from . import papers as stored_papers
from .editions import WHOLE, issue_of, names, names_of, newest_editions
from .engine import ENROL_LOCK
from .serialization import pack_schedule, unpack_schedule
from .sql import add, chunks, lock, put


def enrol(tx: Connection, profiles: Mapping[str, Profile | None], day: date, today: date) -> None:
    """Make the subscriptions to these profiles, by slug, those that they name; None: none.

    A new subscription begins with the listing ``day``: it gets no older papers.  A new subscriber's
    first issue is the one of ``today``.  A subscription that its profile does not name any more
    becomes inactive, and keeps how far it has read.  An address on the suppression list is not
    added.
    """
    live = [profile for profile in profiles.values() if profile is not None]
    addresses = {fold(to): to for profile in live for to in profile.to}
    _add_subscribers(tx, addresses, today - timedelta(days=1))
    welcomed = _welcome(tx, addresses)
    ids = _ids(tx, list(addresses))
    named = {(fold(to), profile.slug): profile for profile in live for to in profile.to}
    wanted = {
        (ids[to], slug): _of_profile(profile) for (to, slug), profile in named.items() if to in ids
    }
    due_dates.refresh(tx, [*_subscribe(tx, list(profiles), wanted, day), *welcomed])


def lock_subscribers(tx: Connection, profiles: Mapping[str, Profile | None]) -> None:
    """Lock the subscribers that these profiles have, by slug, or had, or will have.

    Before the profiles, as it is done for one who comes, leaves or returns.
    """
    lock(tx, ENROL_LOCK)
    has, own = schema.subscriptions, schema.profiles
    named = {fold(to) for profile in profiles.values() if profile for to in profile.to}
    ids = {*_ids(tx, sorted(named)).values()}
    for run in chunks(profiles):
        ids |= {*tx.execute(select(has.c.subscriber_id).where(has.c.profile.in_(run))).scalars()}
        owners = select(own.c.subscriber_id).where(own.c.slug.in_(run))
        ids |= {*tx.execute(owners.where(own.c.subscriber_id.is_not(None))).scalars()}
    due_dates.lock_rows(tx, ids)


def _of_profile(profile: Profile) -> dict[str, Any]:
    """Return what a subscription keeps of its profile."""
    return {
        "schedule": pack_schedule(profile.schedule),
        "listings": list(profile.listings) or None,
        "locale": profile.locale or None,
    }


def _add_subscribers(tx: Connection, addresses: Mapping[str, str], last_day: date) -> None:
    known = _ids(tx, list(addresses))
    fresh = [folded for folded in sorted(addresses) if folded not in known]
    erased = settings.suppressed(tx, [addresses[folded] for folded in fresh])
    rows = [
        {"address": addresses[folded], "folded": folded, "last_day": last_day}
        for folded in fresh
        if addresses[folded] not in erased
    ]
    add(tx, schema.subscribers, rows)


def _welcome(tx: Connection, addresses: Iterable[str]) -> list[int]:
    """Activate pending subscribers named in a profile's ``to``: the operator consents for them.

    Return their ids.
    """
    table = schema.subscribers
    is_pending = table.c.state == SubscriberState.PENDING
    ids: list[int] = []
    for run in chunks(sorted(addresses)):
        named = update(table).where(is_pending, table.c.folded.in_(run)).returning(table.c.id)
        ids.extend(tx.execute(named.values(state=SubscriberState.ACTIVE)).scalars())
    return ids


def _subscribe(
    tx: Connection,
    slugs: Sequence[str],
    wanted: Mapping[tuple[int, str], dict[str, Any]],
    day: date,
) -> set[int]:
    """Update the subscriptions to these profiles to those ``wanted``.

    Write only differences; return the ids of the subscribers who have one.
    """
    table, known = schema.subscriptions, dict[tuple[int, str], dict[str, Any] | None]()
    for run in chunks(slugs):
        for row in tx.execute(select(table).where(table.c.profile.in_(run))).mappings():
            kept = {name: row[name] for name in ("schedule", "listings", "locale")}
            known[row["subscriber_id"], row["profile"]] = kept if row["is_active"] else None
    gone = sorted(pair for pair, kept in known.items() if kept is not None and pair not in wanted)
    fresh = sorted(wanted.keys() - known.keys())
    changed = [pair for pair in sorted(wanted) if pair in known and known[pair] != wanted[pair]]
    ids = {id for id, _ in (*gone, *changed, *fresh)}
    due_dates.lock_rows(tx, ids)
    for pair in gone:
        _set_subscription(tx, pair, is_active=False)
    for pair in changed:
        _set_subscription(tx, pair, is_active=True, **wanted[pair])
    since = stored_papers.last_id(tx, before=day) if fresh else 0
    rows = [{"subscriber_id": p[0], "profile": p[1], "since": since, **wanted[p]} for p in fresh]
    add(tx, table, rows)
    return ids


def _set_subscription(tx: Connection, pair: tuple[int, str], **values: Any) -> None:
    table = schema.subscriptions
    one = and_(table.c.subscriber_id == pair[0], table.c.profile == pair[1])
    tx.execute(update(table).where(one).values(**values))


def _ids(tx: Connection, folded: Sequence[str]) -> dict[str, int]:
    table = schema.subscribers
    ids: dict[str, int] = {}
    for run in chunks(folded):
        rows = tx.execute(select(table.c.folded, table.c.id).where(table.c.folded.in_(run)))
        ids.update((address, id) for address, id in rows)
    return ids


def due_ids(
    tx: Connection,
    now: datetime,
    today: date | None = None,
    *,
    after: int = 0,
    most: int = 2**31 - 1,
    are_free: bool = False,
) -> list[int]:
    """Return the subscribers for whom an issue may be due by ``now``, in the order of their ids.

    ``today``, if given, is the day that is due at any time by a profile without an hour.  At most
    so many after an id; with ``are_free`` without those that another process has.
    """
    people, has = schema.subscribers, schema.subscriptions.alias()
    is_due = people.c.due_at <= now
    if today is not None:
        has_no_hour = exists().where(
            has.c.subscriber_id == people.c.id, has.c.is_active, has.c.schedule.is_(None)
        )
        is_new = or_(people.c.last_day.is_(None), people.c.last_day < today)
        is_due = or_(is_due, and_(people.c.schedule.is_(None), is_new, has_no_hour))
    is_left = leases.is_free(people, leases.NOW[tx.dialect.name]) if are_free else true()
    is_active = people.c.state == SubscriberState.ACTIVE
    query = select(people.c.id).where(is_active, is_due, is_left, people.c.id > after)
    return list(tx.execute(query.order_by(people.c.id).limit(most)).scalars())


def subscribers(
    tx: Connection, ids: Collection[int] | None = None
) -> Iterator[tuple[Recipient, DeliverySettings]]:
    """Yield the active subscribers with an active subscription, and their delivery settings.

    All of them, or those of these ids.
    """
    people, has = schema.subscribers, schema.subscriptions
    query = (
        select(people, has.c.profile, *_KEPT)
        .join(has, and_(has.c.subscriber_id == people.c.id, has.c.is_active))
        .where(people.c.state == SubscriberState.ACTIVE)
        .where(true() if ids is None else people.c.id.in_(ids))
        .order_by(people.c.id, has.c.profile)
    )
    found: dict[int, tuple[RowMapping, list[Subscription]]] = {}
    for row in tx.execute(query).mappings():
        found.setdefault(row["id"], (row, []))[1].append(_subscription(row))
    for row, kept in found.values():
        subscriber = Recipient(
            id=row["id"],
            address=row["address"],
            profiles=tuple(each.profile for each in kept),
            format=row["format"],
            locale=row["locale"] or "",
            subscriptions=tuple(kept),
        )
        yield subscriber, due_dates.delivery_settings(row)


_KEPT = [
    schema.subscriptions.c[name].label(f"its_{name}") for name in ("schedule", "listings", "locale")
]


def _subscription(row: RowMapping) -> Subscription:
    return Subscription(
        row["profile"],
        unpack_schedule(row["its_schedule"]),
        tuple(row["its_listings"] or ()),
        row["its_locale"] or "",
    )


def unread(
    tx: Connection,
    due: Sequence[tuple[Recipient, date]],
    profiles: Mapping[str, Profile],
    listings: Sequence[str],
) -> UnreadBatch:
    """Return all that these subscribers have not read, each for the local day that is due."""
    since = _since(tx, [subscriber.id for subscriber, _ in due])
    oldest = min((n for read in since.values() for n in read.values()), default=0)
    upto = stored_papers.last_id(tx)
    arrivals, editions = _arrivals(tx, oldest, upto)
    ids = [subscriber.id for subscriber, _ in due]
    sent, last, waiting = _sent(tx, ids, editions), _last_issues(tx, ids), _waiting(tx, ids)
    oldest_at = min((at for _, at in last.values()), default=None)
    backlogs = tuple(
        Backlog(
            subscriber=subscriber,
            profiles=tuple(profiles[slug] for slug in subscriber.profiles if slug in profiles),
            day=day,
            since=since.get(subscriber.id, {}),
            sent=sent.get(subscriber.id, {}),
            waiting=waiting.get(subscriber.id, {}),
            last_issue=last[subscriber.id][0] if subscriber.id in last else None,
            last_issue_at=last[subscriber.id][1] if subscriber.id in last else None,
        )
        for subscriber, day in due
    )
    return UnreadBatch(
        backlogs=backlogs,
        arrivals=arrivals,
        snapshots=stored_papers.newest(tx, listings),
        troubled=stored_papers.troubled(tx, listings, since=oldest_at) if oldest_at else (),
        upto=upto,
        editions=editions,
        votes=search.counted(tx, editions),
    )


def _since(tx: Connection, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    table = schema.subscriptions
    since: dict[int, dict[str, int]] = {}
    for run in chunks(ids):
        for row in tx.execute(select(table).where(table.c.subscriber_id.in_(run))).mappings():
            since.setdefault(row["subscriber_id"], {})[row["profile"]] = row["since"]
    return since


def _arrivals(tx: Connection, after: int, upto: int) -> tuple[tuple[Arrival, ...], dict[str, str]]:
    changes, snapshots = schema.changes, schema.snapshots
    query = (
        select(changes)
        .join(snapshots, snapshots.c.id == changes.c.snapshot_id)
        .where(changes.c.snapshot_id > after, changes.c.snapshot_id <= upto)
        .where(~snapshots.c.is_held, ~snapshots.c.is_past)
        .order_by(changes.c.id)
    )
    rows = tx.execute(query).mappings().all()
    papers = newest_editions(tx, {row["key"] for row in rows})
    arrivals = tuple(
        Arrival(
            Change(ChangeKind(row["kind"]), papers[row["key"]][1], row["detail"]),
            row["listing"],
            row["snapshot_id"],
        )
        for row in rows
    )
    return arrivals, {key: edition for key, (edition, _) in papers.items()}


def _sent(
    tx: Connection, ids: Sequence[int], keys: Iterable[str]
) -> dict[int, dict[str, SentPaper]]:
    """Return the papers with these keys that the subscribers were sent, each as it was last."""
    names, sent = names_of(tx, keys), dict[int, dict[str, SentPaper]]()
    for id, days in sent_papers.among(tx, ids, names).items():
        for number, day in sorted(days.items(), key=lambda pair: (pair[1], pair[0])):
            key, edition = names[number]
            sent.setdefault(id, {})[key] = SentPaper(edition, day)
    return sent


def _last_issues(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[date, datetime]]:
    """Return the day of each subscriber's last issue, and when it was made."""
    table, people = schema.issues, schema.subscribers
    columns = (table.c.subscriber_id, table.c.day, table.c.made_at)
    query = select(*columns).join(people, people.c.last_issue_id == table.c.id)
    last: dict[int, tuple[date, datetime]] = {}
    for run in chunks(ids):
        theirs = query.where(people.c.id.in_(run))
        last.update((id, (day, at)) for id, day, at in tx.execute(theirs))
    return last


def _waiting(tx: Connection, ids: Sequence[int]) -> dict[int, dict[str, tuple[IssueEntry, ...]]]:
    """Return the papers that wait since each subscriber's last issue.

    A subscriber who left and confirmed again since that issue has none.
    """
    table, people = schema.issues, schema.subscribers
    query = (
        WHOLE.join(people, people.c.last_issue_id == table.c.id)
        .where(table.c.has_waiting)
        .where(table.c.made_at >= func.coalesce(people.c.confirmed_at, table.c.made_at))
    )
    promised: dict[int, dict[str, tuple[IssueEntry, ...]]] = {}
    for run in chunks(ids):
        for row in tx.execute(query.where(people.c.id.in_(run))).mappings():
            issue = issue_of(tx, row)
            promised[row["subscriber_id"]] = {s.profile: s.waiting for s in issue.sections}
    return promised


def unread_by(tx: Connection, profile: Profile, listings: Sequence[str], day: date) -> UnreadBatch:
    """Return what the profile's first subscriber has not read; if nothing, the newest day again.

    The profile's author wants to see how changed words match today's papers, also after today's
    issue was made.
    """
    subscriber = _first_subscriber(tx, profile)
    unseen = unread(tx, [(subscriber, day)], {profile.slug: profile}, listings)
    if any(arrival.snapshot > _last_snapshot_read(unseen, profile) for arrival in unseen.arrivals):
        return unseen
    newest = max((s.day for s in stored_papers.newest(tx, listings)), default=day)
    since = stored_papers.last_id(tx, before=newest)
    arrivals, editions = _arrivals(tx, since, unseen.upto)
    backlog = replace(unseen.backlogs[0], since={profile.slug: since}, sent={})
    return replace(unseen, backlogs=(backlog,), arrivals=arrivals, editions=editions)


def _first_subscriber(tx: Connection, profile: Profile) -> Recipient:
    address = next(iter(profile.to), "")
    id = _ids(tx, [fold(address)]).get(fold(address), 0)
    return Recipient(id=id, address=address, profiles=(profile.slug,))


def _last_snapshot_read(unread: UnreadBatch, profile: Profile) -> int:
    return unread.backlogs[0].since.get(profile.slug, unread.upto)


def mark_read(tx: Connection, backlogs: Iterable[Backlog], upto: int) -> None:
    """Store how far the profiles of these subscribers have read."""
    rows = [
        {"subscriber_id": backlog.subscriber.id, "profile": profile.slug, "since": upto}
        for backlog in backlogs
        for profile in backlog.profiles
    ]
    put(tx, schema.subscriptions, rows)


#: What is set is what the rows hold.
_DAY = update(schema.subscribers).where(schema.subscribers.c.id == bindparam("its_id"))


def mark_day(tx: Connection, done: Iterable[tuple[Backlog, Mapping[str, Any]]]) -> None:
    """Store that the local day of these subscribers is done, each with the same further columns."""
    rows = [
        {"its_id": backlog.subscriber.id, "last_day": backlog.day, **values}
        for backlog, values in done
    ]
    if rows:
        tx.execute(_DAY, rows)
        due_dates.refresh(tx, [row["its_id"] for row in rows])


def make_unread(tx: Connection, issue: int) -> None:
    """Make the papers of an issue that was never sent unread again, for the next issue.

    Papers that did not match then may match now, if the subscriber has changed a profile since.
    Those that a later issue has, too, stay sent.
    """
    table, subscriptions = schema.issues, schema.subscriptions
    query = select(table.c.subscriber_id, table.c.day).where(table.c.id == issue)
    if (found := tx.execute(query).first()) is None:
        return
    id, day = found
    gone = _sent_last_on(tx, id, day)
    if not gone:
        return
    sent_papers.forget(tx, id, gone)
    is_theirs = subscriptions.c.subscriber_id == id
    upto = tx.execute(select(func.max(subscriptions.c.since)).where(is_theirs)).scalar() or 0
    before = _first_snapshots(tx, sorted(set(gone.values())), upto) - 1
    is_read = subscriptions.c.since > before
    tx.execute(update(subscriptions).where(is_theirs, is_read).values(since=before))


def _sent_last_on(tx: Connection, id: int, day: date) -> dict[int, str]:
    """Return all editions of what a subscriber was sent on a day and not since, with their keys."""
    days = sent_papers.of(tx, id)
    theirs = names(tx, (number for number, sent_on in days.items() if sent_on == day))
    editions = names_of(tx, {key for key, _ in theirs.values()})
    later = {key for number, (key, _) in editions.items() if days.get(number, day) > day}
    return {number: key for number, (key, _) in editions.items() if key not in later}


def _first_snapshots(tx: Connection, keys: Sequence[str], upto: int) -> int:
    """Return the earliest of the snapshots in which these papers last changed, up to ``upto``."""
    changes = schema.changes
    query = select(func.max(changes.c.snapshot_id)).where(changes.c.snapshot_id <= upto)
    last = [
        snapshot
        for run in chunks(keys)
        for snapshot in tx.execute(
            query.where(changes.c.key.in_(run)).group_by(changes.c.key)
        ).scalars()
    ]
    return min(last, default=upto + 1)
