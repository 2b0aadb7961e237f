"""The profiles of subscribers; a change is saved only over the revision it was made from.

A change touches the profile's row alone, and leaves it ``read_by`` no rules: the next enrolment
reads those rows, and no other, and writes the subscriptions that they name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    func,
    not_,
    or_,
    select,
    update,
)

from ..errors import DigestError, Sentence
from ..model import StoredProfile, SubscriberState
from . import address_traces, due_dates, schema
from .sql import CHUNK, chunks, put

#: The most profiles of a subscriber: they are matched every day, which costs time.
MOST_PROFILES = 20


class FullError(DigestError):
    """A subscriber has the most profiles that are allowed."""

    def __init__(self) -> None:
        super().__init__(
            Sentence("%(most)s profiles are the most; remove one first", most=MOST_PROFILES)
        )


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
    return StoredProfile(slug=slug, text=text, revision=1, owner=owner)


def save_profile(tx: Connection, owner: int, slug: str, text: str, revision: int) -> StoredProfile:
    """Save a profile over the revision it was made from; its text is already checked.

    Raises ConflictError, with the stored profile, if that has another revision.
    """
    table = schema.profiles
    is_same = and_(
        table.c.slug == slug, table.c.subscriber_id == owner, table.c.revision == revision
    )
    values = {"text": text, "revision": revision + 1, "read_by": None, "compiled": ""}
    if not tx.execute(update(table).where(is_same).values(values)).rowcount:
        raise ConflictError(find(tx, owner, slug))
    return StoredProfile(slug=slug, text=text, revision=revision + 1, owner=owner)


def remove_profile(tx: Connection, owner: int, slug: str) -> int:
    """Delete a profile, and end its subscription; return the number of profiles."""
    table = schema.profiles
    is_its = and_(table.c.slug == slug, table.c.subscriber_id == owner)
    due_dates.lock_rows(tx, [owner])
    end_subscriptions(tx, is_its)
    gone = tx.execute(delete(table).where(is_its)).rowcount
    due_dates.refresh(tx, [owner])
    return gone


def end_subscriptions(tx: Connection, which: Any) -> None:
    """End the subscriptions to these profiles of subscribers; how far they have read is kept."""
    table, has = schema.profiles, schema.subscriptions
    slugs, owners = (
        select(column).where(which) for column in (table.c.slug, table.c.subscriber_id)
    )
    ended = update(has).where(has.c.subscriber_id.in_(owners), has.c.profile.in_(slugs))
    tx.execute(ended.values(is_active=False))
    paths = select(table.c.slug + ".yaml").where(which)
    tx.execute(delete(schema.broken_profiles).where(schema.broken_profiles.c.path.in_(paths)))


def read_again(tx: Connection, which: Any) -> None:
    """Let these profiles be read again, because their subscriptions may be others now."""
    tx.execute(update(schema.profiles).where(which).values(read_by=None))


def read_again_for(tx: Connection, subscriber: int, address: str) -> None:
    """Let the profiles of a subscriber who came back be read again, and the files that name them.

    A file's text that is empty named someone who was erased.
    """
    table = schema.profiles
    is_file = table.c.subscriber_id.is_(None)
    read_again(tx, or_(table.c.subscriber_id == subscriber, and_(is_file, table.c.text == "")))
    named = address_traces.rows_naming(tx, address, table.c.slug, table.c.text, is_file)
    for run in chunks(named):
        read_again(tx, table.c.slug.in_(run))


def changed(tx: Connection) -> list[StoredProfile]:
    """Return the profiles that have changed since they were enrolled, to some hundred of them."""
    return _found(tx, _CHANGED)


def read_by_others(tx: Connection, rules: str, after: str = "") -> list[StoredProfile]:
    """Return some hundred subscribers' own profiles that other rules have read, after a slug."""
    # Asked first, because to look in the order of slugs is to look at all of them; an index knows
    # the ends on every database.
    if {*tx.execute(_FIRST_AND_LAST).one()} <= {rules, None}:
        return []
    return _found(tx, _READ_BY_OTHERS, rules=rules, after=after)


def mark_enrolled(tx: Connection, read: Iterable[StoredProfile], rules: str) -> set[str]:
    """Note by which rules these profiles were read, and as what.

    Returns the slugs of those that have not changed since.
    """
    table, same = schema.profiles, set[str]()
    for each in read:
        # A slug and its revision may be those of a profile that was removed.
        is_same = and_(
            table.c.slug == each.slug,
            table.c.revision == each.revision,
            table.c.text == each.text,
        )
        values = {"read_by": rules, "compiled": each.compiled}
        if tx.execute(update(table).where(is_same).values(values)).rowcount:
            same.add(each.slug)
    return same


def in_force(tx: Connection, slugs: Collection[str]) -> list[StoredProfile]:
    """Return those of these profiles that are in force."""
    table, found = schema.profiles, list[StoredProfile]()
    for run in chunks(sorted(slugs)):
        found += _found(tx, _query(and_(table.c.slug.in_(run), _is_in_force()), table.c.slug))
    return found


def all_in_force(tx: Connection, after: StoredProfile | None) -> list[StoredProfile]:
    """Return the next profiles in force, those of files first, by their paths."""
    table = schema.profiles
    which = _is_in_force()
    if after is not None:
        is_own = table.c.subscriber_id.is_not(None)
        later = and_(table.c.path == after.path, table.c.slug > after.slug)
        if after.owner is None:
            which = and_(which, or_(is_own, table.c.path > after.path, later))
        else:
            which = and_(which, is_own, table.c.slug > after.slug)
    order = (table.c.subscriber_id.is_not(None), table.c.path, table.c.slug)
    return _found(tx, _query(which, *order))


def count_in_force(tx: Connection) -> int:
    """Count the profiles in force."""
    table, people = schema.profiles, schema.subscribers
    joined = table.outerjoin(people, people.c.id == table.c.subscriber_id)
    query = select(func.count()).select_from(joined).where(_is_in_force())
    return int(tx.execute(query).scalar_one())


def _is_in_force() -> Any:
    table, files = schema.profiles, schema.profile_files
    is_there = select(files.c.path).where(files.c.slug == table.c.slug).exists()
    return or_(_is_live(), and_(table.c.subscriber_id.is_(None), is_there))


def _is_live() -> Any:
    # A subscriber named by a file is active, even if their own sign-up was never confirmed.
    people = schema.subscribers
    return and_(people.c.state == SubscriberState.ACTIVE, people.c.confirmed_at.is_not(None))


def _found(tx: Connection, query: Select[Any], **given: str) -> list[StoredProfile]:
    found = tx.execute(query, {**given, "most": CHUNK})
    return [_profile(row, row["address"] or "") for row in found.mappings()]


def _query(which: Any, *order: Any) -> Select[Any]:
    table, people = schema.profiles, schema.subscribers
    joined = select(table, people.c.address).outerjoin(people, people.c.id == table.c.subscriber_id)
    return joined.where(which).order_by(*order).limit(bindparam("most"))


def _is_read_by_others() -> Any:
    table = schema.profiles
    rules: BindParameter[str] = bindparam("rules")
    # As two ranges, which an index finds.
    by_others = or_(table.c.read_by < rules, table.c.read_by > rules)
    return and_(by_others, table.c.subscriber_id.is_not(None))


# Built once, because they are asked every minute.
_CHANGED = _query(schema.profiles.c.read_by.is_(None), schema.profiles.c.slug)
_FIRST_AND_LAST = select(
    select(func.min(schema.profiles.c.read_by)).scalar_subquery(),
    select(func.max(schema.profiles.c.read_by)).scalar_subquery(),
)
_READ_BY_OTHERS = _query(
    and_(_is_read_by_others(), schema.profiles.c.slug > bindparam("after")), schema.profiles.c.slug
)


def broken(tx: Connection) -> dict[str, list[list[Any]]]:
    """Return what is wrong with profiles, by their paths, as it was kept.

    Subscribers' own are left out once their owner has left.
    """
    return {row.path: row.mistakes for row in tx.execute(_broken())}


@cache
def _broken() -> Select[Any]:
    table, own, people = schema.broken_profiles, schema.profiles, schema.subscribers
    owner = select(own.c.slug).join(people, people.c.id == own.c.subscriber_id)
    has_left = owner.where(_is_own(), not_(_is_live())).exists()
    return select(table).where(not_(has_left)).order_by(table.c.path)


def _is_own() -> Any:
    """Return the condition that a row of mistakes is that of this profile, a subscriber's own."""
    own = schema.profiles
    its_slug = func.replace(schema.broken_profiles.c.path, ".yaml", "")
    return and_(own.c.slug == its_slug, own.c.subscriber_id.is_not(None))


def forget_broken(tx: Connection, folder: str) -> None:
    """Forget what was wrong with what is no more: but this folder, files and subscribers' own."""
    table, files, own = schema.broken_profiles, schema.profile_files, schema.profiles
    is_file = select(files.c.path).where(files.c.path == table.c.path).exists()
    is_own = select(own.c.slug).where(_is_own()).exists()
    tx.execute(delete(table).where(table.c.path != folder, not_(is_file), not_(is_own)))


def keep_broken(tx: Connection, found: Mapping[str, list[list[Any]] | None]) -> None:
    """Keep what is wrong with profiles, by their paths; None: nothing is."""
    mended = [path for path, mistakes in found.items() if mistakes is None]
    for run in chunks(mended):
        gone = schema.broken_profiles.c.path.in_(run)
        tx.execute(delete(schema.broken_profiles).where(gone))
    rows = [{"path": path, "mistakes": each} for path, each in found.items() if each is not None]
    put(tx, schema.broken_profiles, rows)


def _free_slug(tx: Connection, owner: int) -> str:
    """Return a slug that no file's profile can have, and that its owner does not use yet."""
    table = schema.profiles
    taken = set(tx.execute(select(table.c.slug).where(table.c.subscriber_id == owner)).scalars())
    number = next(n for n in range(1, len(taken) + 2) if f"~{owner}.{n}" not in taken)
    return f"~{owner}.{number}"


def _profile(row: RowMapping, address: str = "") -> StoredProfile:
    return StoredProfile(
        slug=row["slug"],
        text=row["text"],
        revision=row["revision"],
        owner=row["subscriber_id"],
        path=row["path"],
        address=address,
        compiled=row["compiled"],
    )
