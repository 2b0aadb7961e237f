"""What is stored about profiles in files: last good texts, subscribers, listings of a paper."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, select, update

from ..access.addresses import fold
from ..model import Subscriber, SubscriberState
from . import profiles, schema, settings
from .engine import ENROL_LOCK
from .sql import chunks, lock, put

#: The stamp that migration 0017 wrote: it knew no more of a file than that its text was kept last.
_FOUND = "found"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read; with a mistake it has a stamp alone."""

    #: differs if the file does; empty: it is read again
    stamp: str
    #: of its profile; empty: nothing of it is in force
    slug: str = ""
    text: str = ""
    #: of the text, and of the rules by which it was read
    checksum: str = ""


def known(tx: Connection) -> dict[str, ReadFile]:
    """Return the files by their paths, as any process read them last, without their texts."""
    return {
        row.path: ReadFile(row.stamp, row.slug or "", checksum=row.checksum)
        for row in tx.execute(select(schema.profile_files))
    }


def keep(tx: Connection, read: Mapping[str, ReadFile], gone: Collection[str]) -> dict[str, str]:
    """Keep files by their paths as they were read, and forget those that are gone.

    Of one with a mistake the last good text stays in force.  One with the slug of another file
    is not in force; return the path of that file, by its own.
    """
    lock(tx, ENROL_LOCK)
    before = known(tx)
    touched = {*read, *gone}
    had = {path: file.slug for path, file in before.items() if path in touched}
    others = {f.slug: path for path, f in before.items() if f.slug and path not in touched}
    wanted = {
        path: file.slug or had.get(path) or slug_of(tx, path) or "" for path, file in read.items()
    }
    # Who has a slug keeps it; before there were rows of files, the first path had it.
    sure = {path: slug for path, slug in had.items() if before[path].stamp != _FOUND}
    first = sorted(read, key=lambda path: (wanted[path] != sure.get(path), path))
    holders = {path: others.setdefault(wanted[path], path) for path in first if wanted[path]}
    slugs = {path: wanted[path] if holders.get(path) == path else "" for path in read}
    _write(tx, read, gone, slugs)
    # A text that was good may be none by the rules of now.
    altered = {
        slugs[path]
        for path, file in read.items()
        if path in before and (not file.checksum or file.checksum != before[path].checksum)
    }
    for run in chunks(altered | ({*had.values()} ^ {*slugs.values()})):
        profiles.read_again(tx, schema.profiles.c.slug.in_(run))
    return {path: other for path, other in holders.items() if other != path and read[path].slug}


def _write(
    tx: Connection, read: Mapping[str, ReadFile], gone: Collection[str], slugs: Mapping[str, str]
) -> None:
    """Write the rows of files with the slugs that they have now, and their good texts."""
    table = schema.profile_files
    for run in chunks([*read, *gone]):
        tx.execute(delete(table).where(table.c.path.in_(run)))
    rows = [
        {"path": path, "stamp": file.stamp, "slug": slugs[path] or None, "checksum": file.checksum}
        for path, file in read.items()
    ]
    put(tx, table, rows)
    for path, file in read.items():
        if file.slug and slugs[path]:
            _keep_text(tx, path, file)


def _keep_text(tx: Connection, path: str, file: ReadFile) -> None:
    """Keep a good text, as another revision if it is another."""
    table = schema.profiles
    is_it = table.c.slug == file.slug
    row = tx.execute(select(table.c.path, table.c.text, table.c.revision).where(is_it)).first()
    if row is None:
        values = {"slug": file.slug, "path": path, "text": file.text}
        tx.execute(table.insert().values(values))
    elif (row.path, row.text) != (path, file.text):
        changed = update(table).where(is_it).values(path=path, text=file.text, read_by=None)
        tx.execute(changed.values(revision=row.revision + 1))


def text_of(tx: Connection, slug: str) -> str | None:
    """Return the text of a file's profile that was live when digest last ran."""
    table = schema.profiles
    query = select(table.c.text).where(table.c.slug == slug, table.c.subscriber_id.is_(None))
    return tx.execute(query).scalar() or None


def slug_of(tx: Connection, path: str) -> str | None:
    """Return the slug of a file's profile that was live when digest last ran."""
    table = schema.profiles
    is_its = and_(table.c.subscriber_id.is_(None), table.c.path == path)
    return tx.execute(select(table.c.slug).where(is_its)).scalar()


def subscriber_ids(tx: Connection, slug: str) -> list[int]:
    """Return the ids of the active subscribers of a profile; of one's own, its owner's."""
    has, people, own = schema.subscriptions, schema.subscribers, schema.profiles
    named = select(has.c.subscriber_id).where(has.c.profile == slug, has.c.is_active)
    owner = select(own.c.subscriber_id).where(own.c.slug == slug, own.c.subscriber_id.is_not(None))
    is_active = people.c.state == SubscriberState.ACTIVE
    query = select(people.c.id).where(is_active, people.c.id.in_(named.union(owner)))
    return list(tx.execute(query.order_by(people.c.id)).scalars())


def locale_of(tx: Connection, subscriber: Subscriber) -> str:
    """Return the locale in which a subscriber is written to: their own, or else their profiles'."""
    if subscriber.locale:
        return subscriber.locale
    has = schema.subscriptions
    is_theirs = and_(has.c.subscriber_id == subscriber.id, has.c.is_active, has.c.locale != "")
    query = select(has.c.locale).where(is_theirs).order_by(has.c.profile).limit(1)
    return tx.execute(query).scalar() or "en"


def followed_by(tx: Connection, subscriber: int) -> list[str]:
    """Return the slugs of the profiles that mail a subscriber, or will from the next run."""
    has, own = schema.subscriptions, schema.profiles
    theirs = select(has.c.profile).where(has.c.subscriber_id == subscriber, has.c.is_active)
    written = select(own.c.slug).where(own.c.subscriber_id == subscriber)
    return sorted({*tx.execute(theirs).scalars(), *tx.execute(written).scalars()})


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
