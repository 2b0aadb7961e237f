"""The tables: one schema for SQLite and PostgreSQL, created by the Alembic migrations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    false,
    text,
    true,
)
from sqlalchemy.types import TypeEngine

from ..model import DeliveryState
from .compressed import compress, expand

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """An instant, stored in UTC, because SQLite drops the zone; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Convert to UTC; raises ValueError for a naive value."""
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the instant with its zone, UTC."""
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Json(TypeDecorator[Any]):
    """A document; on PostgreSQL in its binary form."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the dialect's own type, which is loaded only where it is used."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(self.impl_instance)
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))


class Compressed(TypeDecorator[Any]):
    """A document that nothing in it is asked for by; {} if what is stored is damaged."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> bytes:
        """Return the bytes of the document, which may be compressed already."""
        return value if isinstance(value, bytes) else compress(value)

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        """Return the document; None if there is none."""
        try:
            return None if value is None else expand(bytes(value))
        except ValueError:  # one that is damaged must not block others
            return {}


# SQLite numbers rows automatically only if the column type is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def _lease() -> tuple[Column[Any], ...]:
    """Return the columns of what processes lease from one another: see ``leases``."""
    return (
        Column("fence", Integer, nullable=False, server_default="0"),  # rises with each lease
        Column("leased_until", UTCDateTime),  # by the database's clock; null: it is free
        Column("holder", Integer),  # the worker; null: none, or one that is not known
    )


def _index_of_holders(table: str) -> Index:
    # On PostgreSQL, too, these are all that it holds, as the migration has it; to say so here would
    # load that dialect with every command.
    return Index(f"ix_{table}_holder", "holder", sqlite_where=text("holder IS NOT NULL"))


#: Editions of papers: a change of text adds a row, so that old issues stay as they were.
papers = Table(
    "papers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("edition", String(32), nullable=False, unique=True),  # a hash of the content
    Column("key", Text, nullable=False, index=True),
    Column("content", Json, nullable=False),
    # whether an issue shows it; true for all of before this was noted
    Column("is_issued", Boolean, nullable=False, server_default=true()),
)

#: Every name of a work, and the key that the work is stored under.
work_names = Table(
    "work_names",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
)

#: What was collected, per listing: the first of the two memories.
seen_papers = Table(
    "seen_papers",
    metadata,
    Column("listing", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer),
    Column("title", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False, server_default=false()),
    Column("wording", Text, nullable=False, server_default=""),
)

#: One row per collection, whatever its verdict: the receipt.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("listing", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("taken_at", UTCDateTime, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("entries", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("revised", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("late", Integer, nullable=False),
    Column("batch", Date),
    Column("error", Text, nullable=False),
    Column("since", Date),
    Column("missed", Json),  # ranges of days: [["2026-01-08", "2026-01-12"]]; null: none
    Column("lost", Json),
    Column("hole", Date),
    Column("is_past", Boolean, nullable=False, server_default=false()),
    Column("is_held", Boolean, nullable=False, server_default=false()),
    Index("ix_snapshots_listing_day", "listing", "day"),
)

#: What a snapshot brought: papers that are new, cross-listed, revised or withdrawn.
changes = Table(
    "changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("snapshot_id", Id, ForeignKey("snapshots.id"), nullable=False, index=True),
    Column("listing", Text, nullable=False),
    Column("key", Text, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("detail", Text, nullable=False),
)

#: HTTP validators, for "not modified" answers; only from listings that were believed.
validators = Table(
    "validators",
    metadata,
    Column("address", Text, primary_key=True),
    Column("validator", Text, nullable=False),
    Column("kept_at", UTCDateTime),  # null: before this was kept
)

#: Subscribers: those that profile files name, and those who subscribed themselves.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", Text, nullable=False),  # as it was written
    Column("folded", Text, nullable=False, unique=True),  # equal for the same address
    Column("state", String(16), nullable=False, server_default="active"),
    Column("reason", String(16), nullable=False, server_default=""),  # why it stopped
    Column("created_at", UTCDateTime),
    Column("confirmed_at", UTCDateTime),
    # the last local day that has an issue or was found to be empty, and when that was done
    Column("last_day", Date),
    Column("last_at", UTCDateTime),
    Column("schedule", Json),  # the subscriber's own; null: the profiles decide
    Column("paused_from", Date),
    Column("paused_until", Date),  # the last day without an issue
    Column("format", String(8), nullable=False, server_default="html"),
    Column("quiet", String(8)),  # the subscriber's own; null: the profiles decide
    Column("overflow", String(8)),  # likewise
    Column("locale", String(8)),  # likewise
    Column("last_issue_id", Id),  # the newest issue; null: there is none
    # no issue is due before; null: none ever is.  ``due_dates`` computes it from the rest
    Column("due_at", UTCDateTime),
    *_lease(),
    Index("ix_subscribers_state_due_at", "state", "due_at"),
    _index_of_holders("subscribers"),
)

#: Profiles: of a file its last good text, used while the file is broken; or a subscriber's own.
profiles = Table(
    "profiles",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("path", Text, nullable=False),  # empty for a subscriber's own
    Column("text", Text, nullable=False),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), index=True),  # null for a file
    Column("revision", Integer, nullable=False, server_default="1"),
    # by which rules its subscriptions were written; null: it has changed since
    Column("read_by", String(16), index=True),
    # what the text was read as; it begins with a checksum of all that this depends on
    Column("compiled", Text, nullable=False, server_default=""),
)

#: The files of profiles that there are, as they were read last.
profile_files = Table(
    "profile_files",
    metadata,
    Column("path", Text, primary_key=True),
    Column("stamp", Text, nullable=False),  # differs if the file does; empty: it is read again
    Column("slug", Text, unique=True),  # the profile in force; null: nothing of it is
    Column("checksum", String(16), nullable=False),  # of the text, and of what it was read by
)

#: What is wrong with profiles; a subscriber's own has its slug for a path, with .yaml.
broken_profiles = Table(
    "broken_profiles",
    metadata,
    Column("path", Text, primary_key=True),
    Column("mistakes", Json, nullable=False),
)

#: The profiles of each subscriber, and how far each pair has read.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True),
    Column("profile", Text, primary_key=True, index=True),
    Column("since", Id, nullable=False),  # the last snapshot considered
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("schedule", Json),  # the profile's; null: it has none, and the operator's hour counts
    Column("listings", Json),  # the profile's; null: all
    Column("locale", String(8)),  # the profile's
)

#: What subscribers agreed to, asked for and took back; rows are added and never changed.
consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("act", String(16), nullable=False),
    Column("wording", Text, nullable=False),  # the text that the subscriber was shown
    Column("origin", Text, nullable=False),  # where the request came from
)

#: Sign-ups, made by anybody for an address, until the address confirms; kept for a week.
signups = Table(
    "signups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("mailbox", String(64), nullable=False, index=True),  # a keyed hash of all spellings
    Column("at", UTCDateTime, nullable=False),
    Column("profile", Text, nullable=False, server_default=""),
    Column("schedule", Json),
    Column("wording", Text, nullable=False, server_default=""),  # shown to the one who asked
    Column("origin", Text, nullable=False, server_default=""),  # where that came from
    # whether a notice names it, with a link
    Column("is_named", Boolean, nullable=False, server_default=false()),
    Column("confirmed_at", UTCDateTime),
    Column("locale", String(8)),  # of the one who asked; null: not known
)

#: Changes that a subscriber asked for, until they are confirmed.
proposals = Table(
    "proposals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("content", Json, nullable=False),
    Column("done_at", UTCDateTime),
)

#: The suppression list, as keyed hashes of addresses, which outlive an erasure.
suppressions = Table(
    "suppressions",
    metadata,
    Column("mailbox", String(64), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("notices", Integer, nullable=False, server_default="0"),  # no longer counted
)

#: Mails that came back.
bounces = Table(
    "bounces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False, index=True),
    Column("at", UTCDateTime, nullable=False),
    Column("kind", String(16), nullable=False),  # hard, soft, delayed, neither or complaint
    Column("detail", Text, nullable=False),
)

#: Inbound messages, each under a keyed hash, so that none is handled twice.
inbound = Table(
    "inbound",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_hash", String(64), nullable=False, unique=True),
    Column("at", UTCDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),  # failed ones
    Column("outcome", String(32), nullable=False, server_default=""),  # empty: not handled yet
    Column("error", Text, nullable=False, server_default=""),
    Column("data", LargeBinary),  # of a message that could not be handled
)

#: Notices that answer inbound mail, each under a keyed hash of the recipient's mailbox.
answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UTCDateTime, nullable=False, index=True),
    Column("mailbox", String(64), nullable=False),
    # whether our own mail server did not authenticate the sender of that mail
    Column("is_doubted", Boolean, nullable=False),
)

#: The installation's settings, by name.
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: One issue per subscriber and local day.
issues = Table(
    "issues",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
    # whether it has papers that wait for the next issue
    Column("has_waiting", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("subscriber_id", "day"),
    # For those that refer to an issue by its day, too, as ``months`` needs it.
    Index("ix_issues_id_day", "id", "day", unique=True),
)


def _of_an_issue() -> ForeignKeyConstraint:
    """Refer to an issue and its day: where that is mended, the day here is, too."""
    return ForeignKeyConstraint(
        ["issue_id", "day"], ["issues.id", "issues.day"], onupdate="CASCADE"
    )


#: What is in an issue; no row: it was taken out, see ``retention``.  PostgreSQL has it by months,
#: with indexes for keys: pg_restore --clean fails with a partition's constraints.
issue_contents = Table(
    "issue_contents",
    metadata,
    Column("day", Date, primary_key=True),
    Column("issue_id", Id, primary_key=True, autoincrement=False),
    Column("content", Compressed, nullable=False),  # names each paper by its number
    Index("ix_issue_contents_day_issue_id", "day", "issue_id", unique=True),
    _of_an_issue(),
)

#: Sent papers: what a subscriber was mailed, kept for ever; the second of the two memories.  A row
#: has those of some thousand numbers, see ``sent_papers``.
sent = Table(
    "sent",
    metadata,
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True),
    Column("span", Integer, primary_key=True, autoincrement=False),
    Column("papers", LargeBinary, nullable=False),
)

#: The states in which a delivery ends, and the kind of every one that is no notice.
ENDS = (
    *(DeliveryState.SENT, DeliveryState.FAILED),
    *(DeliveryState.IN_DOUBT, DeliveryState.WITHDRAWN),
)
ISSUE = "issue"


def _index_of_open(name: str, which: str) -> Index:
    """Find those that have not ended, however many have; on PostgreSQL as ``_index_of_holders``."""
    ends = ", ".join(f"'{state}'" for state in ENDS)
    is_open = text(f"state NOT IN ({ends}) AND {which}")
    return Index(f"ix_deliveries_open_{name}", "id", sqlite_where=is_open)


#: The outbox: one row per delivery, of an issue or a notice.  PostgreSQL has it by months, so that
#: there a number is unique with its day only, by an index; but the numbers are counted.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False, server_default="issue"),
    Column("issue_id", Id),  # null for a notice
    Column("day", Date, nullable=False),  # the issue's; of a notice the one on which it was made
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), index=True),  # null: a stranger
    Column("recipient", Text, nullable=False, server_default="", index=True),  # folded, of a notice
    # a keyed hash of the recipient's mailbox, the same for all spellings
    Column("mailbox", String(64), nullable=False, server_default="", index=True),
    Column("subject", Text, nullable=False, server_default=""),  # of a rendered notice
    Column("data", LargeBinary),  # a notice as JSON; of earlier versions, as it is sent by SMTP
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    *_lease(),
    Column("created_at", UTCDateTime, nullable=False),
    Column("not_before", UTCDateTime, nullable=False),
    Column("tried_at", UTCDateTime),  # for the last time
    Column("waited", Integer, nullable=False, server_default="0"),  # seconds, towards giving up
    Column("message_id", Text, nullable=False, server_default="", index=True),
    Column("error", Text, nullable=False, server_default=""),
    Column("meaning", String(16), nullable=False, server_default=""),  # of the error: its cause
    Column("settled_at", UTCDateTime),
    Column("relay", String(64), nullable=False, server_default=""),  # of several: its name
    # One of an issue to a subscriber: an issue has one day.
    Index(
        "ix_deliveries_issue_id_day_subscriber_id",
        *("issue_id", "day", "subscriber_id"),
        unique=True,
    ),
    _of_an_issue(),
    Index("ix_deliveries_state_not_before", "state", "not_before"),
    Index("ix_deliveries_settled_at", "settled_at"),
    _index_of_holders("deliveries"),
    _index_of_open("issues", "kind = 'issue'"),
    _index_of_open("notices", "kind != 'issue'"),
)


def is_open() -> ColumnElement[bool]:
    """Return the condition that a delivery has not ended, as the indexes of those have it.

    With the states written out, for a database uses such an index only where it sees in the
    statement itself that no other row is asked for.  And with those of an end: SQLite would look
    for each of the others by an index of all rows, and sort what it finds.
    """
    ends: BindParameter[Any] = bindparam(None, ENDS, expanding=True, literal_execute=True)
    return deliveries.c.state.not_in(ends)


def is_in_queue(*, notices: bool) -> ColumnElement[bool]:
    """Return the condition that a delivery is a notice, or is of an issue; written out likewise."""
    issue: BindParameter[str] = bindparam(None, ISSUE, literal_execute=True)
    return deliveries.c.kind != issue if notices else deliveries.c.kind == issue


#: Jobs that one process does at a time, such as reading a listing.
jobs = Table("jobs", metadata, Column("name", Text, primary_key=True), *_lease())

#: The processes that are at work; a row may outlive its process until another begins its work.
workers = Table(
    "workers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),  # machine and process
    # by the database's clock: since when, and when it last renewed its leases
    Column("began_at", UTCDateTime, nullable=False),
    Column("moved_at", UTCDateTime, nullable=False),
)

#: When a source's hosts may be asked again, or a relay be handed the next message.
paces = Table(
    "paces",
    metadata,
    Column("name", Text, primary_key=True),
    Column("free_at", Double, nullable=False),  # seconds since 1970, by the database's clock
)

#: How many upvotes a paper had on a day; the last count of the day is kept.
votes = Table(
    "votes",
    metadata,
    Column("key", Text, primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("upvotes", Integer, nullable=False),
)

#: Feedback of subscribers on papers: like, less or save.
feedback = Table(
    "feedback",
    metadata,
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("at", UTCDateTime, nullable=False),
)
