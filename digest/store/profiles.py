"""The profiles of subscribers; a change is saved only over the revision it was made from."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Integer, Text, and_, cast, delete, func, select, update

from ..errors import DigestError
from ..model import StoredProfile, SubscriberState
from . import schema, settings
from .sql import insert

#: The setting with the version of the live profiles; it changes whenever they may have changed.
_VERSION = "profiles"

#: The most profiles of a subscriber: they are matched every day, which costs time.
MOST_PROFILES = 20


class FullError(DigestError):
    """A subscriber has the most profiles that are allowed."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_PROFILES} profiles are the most; remove one first")


class ConflictError(DigestError):
    """The profile was saved or removed meanwhile; ``current`` is what is stored now, or None."""

    def __init__(self, current: StoredProfile | None) -> None:
        self.current = current
        super().__init__("the profile was changed meanwhile; nothing was saved")


def owned_by(tx: Connection, owner: int) -> list[StoredProfile]:
    """Return a subscriber's own profiles, in the order of their slugs."""
    table = schema.profiles
    query = select(table).where(table.c.subscriber_id == owner).order_by(table.c.slug)
    return [_profile(row) for row in tx.execute(query).mappings()]


def find(tx: Connection, owner: int, slug: str) -> StoredProfile | None:
    """Return one of a subscriber's own profiles; None if there is none with this slug."""
    table = schema.profiles
    query = select(table).where(table.c.slug == slug, table.c.subscriber_id == owner)
    row = tx.execute(query).mappings().first()
    return _profile(row) if row else None


def add_profile(tx: Connection, owner: int, text: str) -> StoredProfile:
    """Add a profile to a subscriber; its text is already checked.

    Raises FullError if the subscriber has MOST_PROFILES already.
    """
    if len(owned_by(tx, owner)) >= MOST_PROFILES:
        raise FullError
    slug = _free_slug(tx, owner)
    row = {"slug": slug, "path": "", "text": text, "subscriber_id": owner, "revision": 1}
    tx.execute(schema.profiles.insert().values(row))
    change_version(tx)
    return StoredProfile(slug=slug, text=text, revision=1, owner=owner)


def save_profile(tx: Connection, owner: int, slug: str, text: str, revision: int) -> StoredProfile:
    """Save a profile over the revision it was made from; its text is already checked.

    Raises ConflictError, with the stored profile, if that has another revision.
    """
    table = schema.profiles
    is_same = and_(
        table.c.slug == slug, table.c.subscriber_id == owner, table.c.revision == revision
    )
    values = {"text": text, "revision": revision + 1}
    if not tx.execute(update(table).where(is_same).values(values)).rowcount:
        raise ConflictError(find(tx, owner, slug))
    change_version(tx)
    return StoredProfile(slug=slug, text=text, revision=revision + 1, owner=owner)


def remove_profile(tx: Connection, owner: int, slug: str) -> int:
    """Delete a profile; return the number of rows."""
    table = schema.profiles
    is_its = and_(table.c.slug == slug, table.c.subscriber_id == owner)
    gone = tx.execute(delete(table).where(is_its)).rowcount
    change_version(tx)
    return gone


def all_live(tx: Connection) -> Iterator[tuple[StoredProfile, str]]:
    """Yield the profiles of all active, confirmed subscribers, each with its owner's address."""
    table, people = schema.profiles, schema.subscribers
    query = (
        select(table, people.c.address)
        .join(people, people.c.id == table.c.subscriber_id)
        # A subscriber named by a file is active, even if their own sign-up was never confirmed.
        .where(people.c.state == SubscriberState.ACTIVE, people.c.confirmed_at.is_not(None))
        .order_by(table.c.slug)
    )
    for row in tx.execute(query).mappings():
        yield _profile(row), row["address"]


def version(tx: Connection) -> str:
    """Return the version of the live profiles; it changes whenever they may have changed."""
    return settings.setting(tx, _VERSION) or "0"


def change_version(tx: Connection) -> None:
    """Change the version, because the live profiles may have changed.

    Call it after the change: all changes wait for its one row.  The database counts, so that two
    changes at once make two versions, and a reader in between misses neither.
    """
    value = schema.settings.c.value
    first = insert(tx, schema.settings).values(name=_VERSION, value="1")
    grown = cast(cast(value, Integer) + 1, Text)
    tx.execute(first.on_conflict_do_update(index_elements=["name"], set_={"value": grown}))


def _free_slug(tx: Connection, owner: int) -> str:
    """Return a slug that no file's profile can have, and that its owner does not use yet."""
    table = schema.profiles
    taken = set(tx.execute(select(table.c.slug).where(table.c.subscriber_id == owner)).scalars())
    number = next(n for n in range(1, len(taken) + 2) if f"~{owner}.{n}" not in taken)
    return f"~{owner}.{number}"


def count(tx: Connection) -> int:
    """Count the profiles of all subscribers, without those of files."""
    table = schema.profiles
    query = select(func.count()).where(table.c.subscriber_id.is_not(None))
    return int(tx.execute(query).scalar_one())


def _profile(row: object) -> StoredProfile:
    return StoredProfile(
        slug=row["slug"],  # type: ignore[index]  # a row of the table
        text=row["text"],  # type: ignore[index]
        revision=row["revision"],  # type: ignore[index]
        owner=row["subscriber_id"],  # type: ignore[index]
    )
