"""The nouns.  Frozen, slotted, and free of behaviour beyond what their fields imply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .language import CompiledQuery


class ChangeKind(StrEnum):
    """What a listing says happened to a paper."""

    NEW = "new"
    CROSS = "cross"  # announced elsewhere first, and now in this category too
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """How one collection of one listing ended; ``QUIET`` and ``FAILED`` must never look alike."""

    FRESH = "fresh"  # a validated listing of its day
    QUIET = "quiet"  # nothing announced, and that is expected today
    STALE = "stale"  # an earlier day's batch again
    EMPTY = "empty"  # nothing there on a day when something should be
    PARTIAL = "partial"  # some entries could not be read; the rest were kept
    FLOOD = "flood"  # far more new papers than ever: held until the operator releases it
    FAILED = "failed"  # not read, or not believable: nothing of it is remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A work, as the sources together describe it.  Texts are readable Unicode, never TeX or HTML.

    ``key`` names the work and carries no version: ``arxiv:2503.08638``, ``arxiv:quant-ph/0201082``,
    ``doi:10.1101/2025.01.02.631000``, else ``title:`` and the normalised title.
    """

    key: str
    title: str
    #: further names of the same work, in the same form as ``key``
    aliases: tuple[str, ...] = ()
    version: int | None = None
    abstract: str = ""
    authors: tuple[str, ...] = ()
    #: how many there are, where a source tells only that (else ``len(authors)``)
    author_count: int | None = None
    categories: tuple[str, ...] = ()
    #: the page to open first; absolute http(s), or empty where the source gives none
    url: str = ""
    #: further pages by what they are: pdf, code, project, listed
    links: Mapping[str, str] = field(default_factory=dict)
    published: date | None = None
    updated: date | None = None
    upvotes: int | None = None
    comments: int | None = None
    organisation: str = ""
    comment: str = ""  # the authors' own remark: "12 pages, accepted at …"
    #: what the listing announced of it
    announced: ChangeKind = ChangeKind.NEW
    #: whatever else a source knows, JSON values only
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def authors_known(self) -> int:
        """The number of authors, 0 where no source tells."""
        return len(self.authors) if self.author_count is None else self.author_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of papers that is watched: where it is, and which kind of source reads it."""

    name: str
    kind: str
    #: exactly one of url and path is set; both may hold ``{day}``
    url: str = ""
    path: str = ""
    #: how many earlier listing days are read again, because lists grow
    look_back: int = 3
    #: what only this kind of source understands
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_dated(self) -> bool:
        """Whether an earlier day can be asked for.

        A kind that needs no address knows where any day is; but what is trending is trending now.
        """
        address = self.url or self.path
        return "{day}" in address if address else self.options.get("period") != "trending"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """What a source read of one listing day, whole and validated."""

    papers: tuple[Paper, ...]
    #: how many entries the listing held, by its own count where it gives one; duplicates counted
    #: once each time they stand there
    entries: int
    #: the day that the batch says of itself, where it does
    batch: date | None = None
    #: how many of the entries were not read; the others stand
    skipped: int = 0
    #: why they were not, or why there may be more than the source tells
    reasons: tuple[str, ...] = ()
    #: per key, the day on which a paper was listed, where the page holds several days
    listed: Mapping[str, date] = field(default_factory=dict)
    #: per address, what to ask with next time; stored only once the page is remembered
    validators: Mapping[str, str] = field(default_factory=dict)
    #: where the rest of the list is, if the source says that there is more
    further: str = ""
    #: the source answered "not modified": papers is empty and means nothing
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class SeenPaper:
    """What the store remembers of a paper in one listing."""

    key: str
    version: int | None
    title: str
    first_day: date
    last_day: date
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a collection found to have happened to one paper in one listing."""

    kind: ChangeKind
    paper: Paper
    #: what is different, in words: "v1 → v2", "the title changed"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The receipt of one collection of one listing."""

    listing: str
    day: date
    taken_at: datetime
    verdict: Verdict
    entries: int = 0
    new: int = 0
    revised: int = 0
    seen: int = 0
    #: of the entries, those that could not be read or did not come
    skipped: int = 0
    #: new papers that the look-back brought, of days that were read before
    late: int = 0
    batch: date | None = None
    error: str = ""
    #: since when this listing has not been read, where it has not
    since: date | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a reader wants the issue: a local hour on some days of the week (Monday is 0)."""

    at: time = time(7, 30)
    timezone: str = "UTC"
    days: frozenset[int] = frozenset(range(7))
    #: only on the first of these days in each month
    is_monthly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A reader's interests, as written in one YAML file."""

    slug: str
    title: str
    query: CompiledQuery
    #: addresses that get it without subscribing
    to: tuple[str, ...] = ()
    #: names of listings; empty means all
    listings: tuple[str, ...] = ()
    #: how many papers are shown whole
    limit: int = 20
    #: papers that score less are not shown
    minimum: int = 0
    changes: frozenset[ChangeKind] = frozenset({ChangeKind.NEW, ChangeKind.CROSS})
    #: points added for each ten upvotes, 0 to leave them out
    trending: int = 0
    #: without one, an issue is due whenever somebody runs the program
    schedule: Schedule | None = None
    #: what is sent when nothing matched: nothing, a line, or a line once a week
    quiet: str = "nothing"
    #: where that is which has no room in a mail: on its page alone (web), or also at the head of
    #: the next issue (rollover)
    overflow: str = "web"
    path: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A span of a paper's text that matched: half-open offsets into the field as shown.

    ``author`` is the authors joined by ``", "``, ``category`` the categories joined by a space.
    """

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One clause of a profile that a paper satisfies, and what it adds to the score."""

    label: str
    points: int
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A paper that a profile wants; ``score`` is the sum of the reasons' points.

    No reasons are given of what is named by its title alone.
    """

    paper: Paper
    score: int
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEntry:
    """A paper as it stands in an issue."""

    match: Match
    change: ChangeKind = ChangeKind.NEW
    #: "v1 → v2", "the title changed"; empty for a new paper
    detail: str = ""
    #: the listings that carried it
    listings: tuple[str, ...] = ()
    #: titles of the reader's other profiles that wanted it too
    also_in: tuple[str, ...] = ()
    #: how many upvotes it had when the issue was made, and how many of them since the day before
    upvotes: int | None = None
    rise: int = 0
    #: the day of the issue in which it had no room
    waited: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One profile's part of an issue."""

    profile: str
    title: str
    entries: tuple[IssueEntry, ...]
    #: matched too, beyond the profile's limit: named by title alone
    more: tuple[IssueEntry, ...] = ()
    #: matched too, and has no room in the mail: the next issue begins with them
    waiting: tuple[IssueEntry, ...] = ()

    @property
    def all(self) -> tuple[IssueEntry, ...]:
        """Every paper of the section, the best first."""
        return self.entries + self.more + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one listing contributed to an issue, so that an empty morning can be believed."""

    listing: str
    verdict: Verdict
    day: date | None
    entries: int = 0
    #: of the entries, those that could not be read or did not come
    skipped: int = 0
    new: int = 0
    #: new papers of earlier days, which looking back or making up for missed days has brought
    late: int = 0
    matched: int = 0
    batch: date | None = None
    error: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a first issue tells of those to come."""

    #: None where no hour was asked for, or where the reader's profiles ask for several
    schedule: Schedule | None = None
    #: what is sent when nothing matched: nothing, a line, or a line once a week
    quiet: str = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Everything one reader gets on one local day; frozen once published."""

    day: date
    made_at: datetime
    sections: tuple[Section, ...]
    receipts: tuple[Receipt, ...]
    #: distinct new papers that were looked at
    pool: int = 0
    #: in a reader's first issue
    welcome: Welcome | None = None
    id: int | None = None

    @property
    def entries(self) -> tuple[IssueEntry, ...]:
        """The papers shown whole, in the order of the mail."""
        return tuple(entry for section in self.sections for entry in section.entries)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Every paper of the issue: shown whole, named, or waiting for the next one."""
        return tuple(entry.match.paper for section in self.sections for entry in section.all)

    @property
    def matched(self) -> int:
        """How many papers there are for the reader, each counted once."""
        return len({paper.key for paper in self.papers})

    @property
    def held(self) -> int:
        """How many of them had no room in the issue before."""
        entries = (entry for section in self.sections for entry in section.all)
        return len({entry.match.paper.key for entry in entries if entry.waited})

    @property
    def is_empty(self) -> bool:
        """Whether no paper matched."""
        return not self.papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Someone who gets issues: an address, and the profiles that speak for it."""

    id: int
    address: str
    profiles: tuple[str, ...] = ()
    #: html (with a text part) or text alone
    format: str = "html"


class SubscriberState(StrEnum):
    """Whether somebody gets issues.  Only a person's own yes leads from pending to active."""

    PENDING = "pending"
    ACTIVE = "active"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """What of a reader decides when an issue is due."""

    #: the last local day whose issue was made, or found to be empty, and when that was
    last_day: date | None = None
    last_at: datetime | None = None
    #: the reader's own; None where the profiles decide
    schedule: Schedule | None = None
    #: no issue is made from the first to the last of these days, both included
    paused_from: date | None = None
    paused_until: date | None = None
    #: the reader's own, as in a profile; None where the profiles decide
    quiet: str | None = None
    overflow: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A reader as the store knows them, who may have subscribed themselves."""

    id: int
    address: str
    state: SubscriberState
    #: why it stopped: unsubscribed, bounced, complained
    reason: str = ""
    standing: DeliverySettings = DeliverySettings()
    format: str = "html"
    created_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def subscriber(self) -> Recipient:
        """The same, as mails know them."""
        return Recipient(id=self.id, address=self.address, format=self.format)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """A profile that its reader keeps in the store."""

    slug: str
    text: str
    #: grows with each change; who saves names the one they began with
    revision: int
    owner: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A change as the shelf holds it: where it was listed, and with which snapshot it came."""

    change: Change
    listing: str
    snapshot: int


@dataclass(frozen=True, slots=True)
class SentPaper:
    """That a reader was mailed a paper: which edition, and with which day's issue."""

    edition: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """A subscriber with what decides what is unread: how far each profile has read."""

    subscriber: Recipient
    profiles: tuple[Profile, ...]
    day: date
    #: per profile slug, the last snapshot that was considered
    since: Mapping[str, int] = field(default_factory=dict)
    #: per paper key, what this reader was mailed
    sent: Mapping[str, SentPaper] = field(default_factory=dict)
    #: per profile slug, what had no room in the last issue and was promised for the next
    waiting: Mapping[str, tuple[IssueEntry, ...]] = field(default_factory=dict)
    #: the day of the last issue
    last_issue: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadBatch:
    """A batch of readers and all that any of them has not read."""

    readers: tuple[Backlog, ...]
    arrivals: tuple[Arrival, ...]
    #: the newest collection of each watched listing
    snapshots: tuple[Snapshot, ...]
    #: the last snapshot that stands in ``arrivals``
    upto: int
    #: per paper key, the edition that stands in ``arrivals``
    editions: Mapping[str, str] = field(default_factory=dict)
    #: per paper key, the last count of its upvotes, and how many more that is than the day before
    votes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it goes over the wire: CRLF line ends, every line at most 998 bytes."""

    message_id: str
    sender: str  # the envelope's, a bare address
    recipient: str
    subject: str
    data: bytes


class DeliveryState(StrEnum):
    """How far a delivery has come.  After ``DATA_SENT`` only an answer tells what happened."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DATA_SENT = "data_sent"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"  # its reader left while it was queued: not sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail owed: the row that makes "once" true.  A letter belongs to no issue."""

    id: int
    issue_id: int | None
    subscriber: Recipient
    state: DeliveryState
    message_id: str
    attempts: int = 0
    #: grows with each claim; a worker whose claim was taken over can write nothing more
    fence: int = 0
    #: issue, or what kind of letter it is
    kind: str = "issue"
    #: when it was tried last, before it was claimed this time
    tried_at: datetime | None = None
    #: how much of the time between its tries counts towards giving it up
    waited: timedelta = timedelta(0)
    #: what the last try came to, as ``errors.Meaning`` has it; empty: there was none, or no error
    meaning: str = ""
