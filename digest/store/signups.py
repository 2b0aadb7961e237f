"""Sign-ups (double opt-in): kept until the address confirms, and deleted after a week.

    asked for ─▶ named in a notice ─▶ confirmed
        └──────────────┴────────────▶ expired, or withdrawn when the subscriber leaves

Anybody may sign up any address, so a sign-up changes nothing of a subscriber before it is
confirmed; then it is added to what they have.  The link of any notice to an address confirms any
sign-up of that address, and of no other: that two spellings are one mailbox is a rule of thumb,
good enough for limits but not for a consent.  All spellings of one mailbox share its one notice a
day; only the plain spelling has another for itself, so that no stranger can use up the owner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    select,
    update,
)

from ..access.addresses import checked, fold, mailbox_key
from ..model import Schedule, Subscriber, SubscriberState
from . import outbox, privacy, profiles, schema, settings, subscribers
from .serialization import pack_schedule, unpack_schedule
from .sql import lock
from .subscribers import Consent

#: A mailbox is asked to confirm once in this time, no matter how often it is signed up.
ASK_AGAIN_AFTER = timedelta(hours=24)

#: A sign-up is deleted after this long.
PENDING_FOR = timedelta(days=7)

#: Of the sign-ups that no notice names, only this many are kept per address: the newest.
MOST_UNNAMED = 5

#: Kinds of notices that ask to confirm, perhaps a person who has never heard of us.
CONFIRMATION_KINDS = ("confirm", "already")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A sign-up of an address: the profile and the schedule that were asked for, and when."""

    id: int
    subscriber: int
    #: as it is used for mail
    address: str
    at: datetime
    #: the checked text of a profile; empty if there is none
    profile: str
    schedule: Schedule | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """The result of a sign-up."""

    subscriber: Subscriber
    sign_up: SignUp
    #: the notice to send now: confirm, already (to an active subscriber); empty: none today
    notice: str


def sign_up(
    tx: Connection,
    address: str,
    consent: Consent,
    *,
    profile: str = "",
    schedule: Schedule | None = None,
    locale: str = "",
) -> SignedUp:
    """Store a sign-up until the address confirms it.

    ``profile`` is the checked text of a first profile, ``locale`` that of the one who asks, empty
    if it is not known.  Raises ValueError for an invalid address.
    """
    written = checked(address)
    mailbox = settings.mailbox(tx, written)
    # Sign-ups of one mailbox run one at a time, so that it is not asked too often.
    lock(tx, int(mailbox[:15], 16))
    found = subscribers.find(tx, written) or subscribers.add_pending(tx, written, consent.now)
    may_ask = _may_ask_to_confirm(tx, written, consent.now - ASK_AGAIN_AFTER)
    row = {
        "subscriber_id": found.id,
        "mailbox": mailbox,
        "profile": profile,
        "schedule": pack_schedule(schedule),
        "locale": locale or None,
    }
    id = _store(tx, row, consent, is_named=may_ask)
    if found.state is SubscriberState.PENDING:
        subscribers.record_consent(tx, found.id, "signed up", consent)
    kind = "already" if found.state is SubscriberState.ACTIVE else "confirm"
    [asked] = [each for each in sign_ups_of(tx, found) if each.id == id]
    return SignedUp(subscriber=found, sign_up=asked, notice=kind if may_ask else "")


def _may_ask_to_confirm(tx: Connection, address: str, since: datetime) -> bool:
    """Return whether the address may be asked to confirm: its mailbox was not asked since then.

    The plain spelling may be asked although others were, once.
    """
    is_plain = fold(address) == mailbox_key(address)
    return not outbox.notices_since(tx, address, since, CONFIRMATION_KINDS, spelt=is_plain)


def _store(tx: Connection, row: dict[str, object], consent: Consent, *, is_named: bool) -> int:
    """Store a sign-up, or renew one that is open and asks for the same; return its id."""
    table = schema.signups
    values = {"at": consent.now, "wording": consent.wording, "origin": consent.origin}
    is_theirs = and_(table.c.subscriber_id == row["subscriber_id"], table.c.confirmed_at.is_(None))
    for waiting in tx.execute(select(table).where(is_theirs)).mappings():
        if (waiting["profile"], waiting["schedule"]) == (row["profile"], row["schedule"]):
            values |= {"is_named": is_named or waiting["is_named"], "locale": row["locale"]}
            tx.execute(update(table).where(table.c.id == waiting["id"]).values(values))
            return int(waiting["id"])
    result = tx.execute(table.insert().values(row | values | {"is_named": is_named}))
    _drop_surplus(tx, is_theirs)
    return int(result.inserted_primary_key[0])  # type: ignore[index]  # an INSERT has one


def _drop_surplus(tx: Connection, is_theirs: ColumnElement[bool]) -> None:
    """Delete the oldest sign-ups that no notice names: no link leads to them alone."""
    table = schema.signups
    is_unnamed = and_(is_theirs, ~table.c.is_named)
    newest = select(table.c.id).where(is_unnamed).order_by(table.c.at.desc(), table.c.id.desc())
    surplus = list(tx.execute(newest.offset(MOST_UNNAMED)).scalars())
    if surplus:
        tx.execute(delete(table).where(table.c.id.in_(surplus)))


def sign_ups_of(tx: Connection, subscriber: Subscriber) -> list[SignUp]:
    """Return the sign-ups of this subscriber's address, confirmed or not, newest first."""
    table, people = schema.signups, schema.subscribers
    query = (
        select(table, people.c.address)
        .join(people, people.c.id == table.c.subscriber_id)
        .where(table.c.subscriber_id == subscriber.id)
        .order_by(table.c.at.desc(), table.c.id.desc())
    )
    return [_signup(row) for row in tx.execute(query).mappings()]


def _signup(row: RowMapping) -> SignUp:
    return SignUp(
        id=row["id"],
        subscriber=row["subscriber_id"],
        address=row["address"],
        at=row["at"],
        profile=row["profile"],
        schedule=unpack_schedule(row["schedule"]),
        is_confirmed=row["confirmed_at"] is not None,
    )


def confirm(tx: Connection, id: int, consent: Consent, day: date) -> Subscriber | None:
    """Confirm a sign-up, once; return the subscriber, or None if it is not open.

    A subscriber who is not active begins with the listing ``day``; for an active one only the
    profile is added.  Raises FullError if they have too many profiles.
    """
    table = schema.signups
    is_open = and_(table.c.id == id, table.c.confirmed_at.is_(None))
    taken = update(table).where(is_open).values(confirmed_at=consent.now).returning(table)
    row = tx.execute(taken).mappings().first()
    if row is None:
        return None
    found = subscribers.lock_subscriber(tx, row["subscriber_id"])
    if (
        found.state is not SubscriberState.PENDING
    ):  # for others the sign-up was not recorded when it was made
        asked = Consent(now=row["at"], wording=row["wording"], origin=row["origin"])
        subscribers.record_consent(tx, found.id, "signed up", asked)
    subscribers.record_consent(tx, found.id, "confirmed", consent)
    subscribers.activate(
        tx, found, consent.now, day, unpack_schedule(row["schedule"]), row["locale"] or ""
    )
    if row["profile"] not in ("", *(stored.text for stored in profiles.owned_by(tx, found.id))):
        profiles.add_profile(tx, found.id, row["profile"])
    return subscribers.by_id(tx, found.id)


#: The sign-ups that are over.
_SINCE = bindparam("signed_up_before", type_=schema.UTCDateTime)
OVER = select(schema.signups.c.id).where(schema.signups.c.at <= _SINCE)


def _forgotten() -> Select[int]:
    table, people = schema.signups, schema.subscribers
    has_none = ~exists().where(table.c.subscriber_id == people.c.id)
    is_old = people.c.created_at <= _SINCE
    is_pending = people.c.state == SubscriberState.PENDING
    return select(people.c.id).where(is_pending, is_old, has_none)


#: Pending subscribers without any; built once, because it is asked every minute.
FORGOTTEN = _forgotten()


def expire(tx: Connection, now: datetime) -> int:
    """Delete sign-ups after a week, and old pending subscribers without any.

    Return the number of deleted subscribers.
    """
    table, cutoff = schema.signups, now - PENDING_FOR
    tx.execute(delete(table).where(table.c.at <= cutoff))
    gone: Sequence[int] = tx.execute(FORGOTTEN, {"signed_up_before": cutoff}).scalars().all()
    for id in gone:
        privacy.erase(tx, id)
    return len(gone)
