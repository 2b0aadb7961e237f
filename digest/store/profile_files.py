"""What is stored about profiles in files: last good texts, subscribers, listings of a paper.

Every function works in the transaction passed to it and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, select

from ..access.addresses import fold
from ..model import Profile, Subscriber, SubscriberState
from . import schema, settings
from .sql import chunks


def text_of(tx: Connection, slug: str) -> str | None:
    """Return the text of a file's profile that was live when digest last ran."""
    table = schema.profiles
    query = select(table.c.text).where(table.c.slug == slug, table.c.subscriber_id.is_(None))
    return tx.execute(query).scalar() or None


def slug_of(tx: Connection, path: str) -> str | None:
    """Return the slug of a file's profile that was live when digest last ran."""
    table = schema.profiles
    return tx.execute(select(table.c.slug).where(table.c.path == path)).scalar()


def subscriber_ids(tx: Connection, slug: str) -> list[int]:
    """Return the ids of the active subscribers of a profile."""
    has, people = schema.subscriptions, schema.subscribers
    query = (
        select(people.c.id)
        .join(has, people.c.id == has.c.subscriber_id)
        .where(has.c.profile == slug, has.c.is_active, people.c.state == SubscriberState.ACTIVE)
        .order_by(people.c.id)
    )
    return list(tx.execute(query).scalars())


def locale_of(tx: Connection, subscriber: Subscriber, profiles: Mapping[str, Profile]) -> str:
    """Return the locale in which a subscriber is written to: their own, or else their profiles'.

    ``profiles`` are in force, by slug.
    """
    if subscriber.locale:
        return subscriber.locale
    has = schema.subscriptions
    query = select(has.c.profile).where(has.c.subscriber_id == subscriber.id, has.c.is_active)
    slugs = tx.execute(query.order_by(has.c.profile)).scalars()
    return subscriber.subscriber.locale_among(profiles[slug] for slug in slugs if slug in profiles)


def followed(tx: Connection) -> set[str]:
    """Return the slugs of the profiles that have an active subscriber."""
    has, people = schema.subscriptions, schema.subscribers
    query = (
        select(has.c.profile)
        .distinct()
        .join(people, people.c.id == has.c.subscriber_id)
        .where(has.c.is_active, people.c.state == SubscriberState.ACTIVE)
    )
    return set(tx.execute(query).scalars())


def readers(tx: Connection, addresses: Iterable[str]) -> int:
    """Return how many of the addresses that a file names get its mail, or will from the next run.

    Those that have left, or that mail does not reach, are not among them.
    """
    table, named = schema.subscribers, {fold(address): address for address in addresses}
    states: dict[str, SubscriberState] = {}
    for run in chunks(sorted(named)):
        query = select(table.c.folded, table.c.state).where(table.c.folded.in_(run))
        states |= dict(tx.execute(query).all())
    gone = {folded for folded, state in states.items() if state not in _STAYING}
    erased = settings.suppressed(tx, [named[each] for each in named if each not in states])
    return len(named) - len(gone) - len(erased)


_STAYING = (SubscriberState.ACTIVE, SubscriberState.PENDING)


def listings_of(tx: Connection, key: str) -> tuple[str, ...]:
    """Return the listings in which a paper was seen."""
    table = schema.seen_papers
    query = select(table.c.listing).where(table.c.key == key).order_by(table.c.listing)
    return tuple(tx.execute(query).scalars())
