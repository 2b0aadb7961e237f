"""What is kept of profiles beside the profiles themselves: last good texts, readers, listings.

Every function works in the transaction it is given and changes nothing.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from ..model import SubscriberState
from . import schema


def text_of(tx: Connection, slug: str) -> str | None:
    """The text by which a profile of a file was live when the digest last ran."""
    table = schema.profiles
    query = select(table.c.text).where(table.c.slug == slug, table.c.subscriber_id.is_(None))
    return tx.execute(query).scalar() or None


def slug_of(tx: Connection, path: str) -> str | None:
    """The name under which the profile of a file was live when the digest last ran."""
    table = schema.profiles
    return tx.execute(select(table.c.slug).where(table.c.path == path)).scalar()


def reader_ids(tx: Connection, slug: str) -> list[int]:
    """The subscribers who get a profile."""
    has, people = schema.subscriptions, schema.subscribers
    query = (
        select(people.c.id)
        .join(has, people.c.id == has.c.subscriber_id)
        .where(has.c.profile == slug, has.c.is_active, people.c.state == SubscriberState.ACTIVE)
        .order_by(people.c.id)
    )
    return list(tx.execute(query).scalars())


def readers(tx: Connection) -> dict[str, int]:
    """Per profile's slug, how many people get it."""
    has, people = schema.subscriptions, schema.subscribers
    query = (
        select(has.c.profile, func.count())
        .join(people, people.c.id == has.c.subscriber_id)
        .where(has.c.is_active, people.c.state == SubscriberState.ACTIVE)
        .group_by(has.c.profile)
    )
    return dict(tx.execute(query).all())


def carriers(tx: Connection, key: str) -> tuple[str, ...]:
    """The listings that a paper was seen in."""
    table = schema.seen
    query = select(table.c.listing).where(table.c.key == key).order_by(table.c.listing)
    return tuple(tx.execute(query).scalars())
