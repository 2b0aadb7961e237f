"""The data classes of the domain: frozen, slotted, without behaviour beyond their own fields.

Those of which an issue has hundreds are frozen for the type checker alone: at run time it would
take three times as long to make one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from .language import CompiledQuery


T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen_unchecked(cls: type[T]) -> type[T]:
    """Make a data class that is quickly made; the type checker lets nothing be set in it."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


def count(number: int, noun: str, several: str = "") -> str:
    """Return a number with its noun, as in "1 paper" or "1,204 papers"."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


class ChangeKind(StrEnum):
    """The kind of change to a paper that a listing announces."""

    NEW = "new"
    CROSS = "cross"  # announced in another category first, and now in this one too
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class Verdict(StrEnum):
    """How one collection of one listing ended; ``QUIET`` and ``FAILED`` must never look alike."""

    FRESH = "fresh"  # a validated listing of its day
    QUIET = "quiet"  # nothing announced, and that is expected today
    STALE = "stale"  # an earlier day's batch again
    EMPTY = "empty"  # no papers on a day when some are expected
    PARTIAL = "partial"  # some entries could not be read; the rest were kept
    FLOOD = "flood"  # far more new papers than ever: held until the operator releases them
    FAILED = "failed"  # not read, or not believable: nothing of it is stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper, as all its sources describe it.  Texts are readable Unicode, never TeX or HTML.

    ``key`` names the work and carries no version: ``arxiv:2503.08638``, ``arxiv:quant-ph/0201082``,
    ``doi:10.1101/2025.01.02.631000``, else ``title:`` and the normalised title.
    """

    key: str
    title: str
    #: other keys of the same work, in the same form as ``key``
    aliases: tuple[str, ...] = ()
    version: int | None = None
    abstract: str = ""
    authors: tuple[str, ...] = ()
    #: the number of authors, if a source has only that (else ``len(authors)``); of a list that was
    #: cut, no one knows where, one more than it names
    author_count: int | None = None
    categories: tuple[str, ...] = ()
    #: the page to open first; absolute http(s), or empty if the source has none
    url: str = ""
    #: other pages by their kind: pdf, code, project, listed
    links: Mapping[str, str] = field(default_factory=dict)
    published: date | None = None
    updated: date | None = None
    upvotes: int | None = None
    comments: int | None = None
    organisation: str = ""
    comment: str = ""  # the authors' own remark: "12 pages, accepted at …"
    #: the kind of change that the listing announced
    announced: ChangeKind = ChangeKind.NEW
    #: a hash of the texts that the listing shows, if it is a feed
    wording: str = ""
    #: other data of the source, JSON values only
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def authors_known(self) -> int:
        """Return the number of authors, 0 if no source has it."""
        return len(self.authors) if self.author_count is None else self.author_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of papers that is watched: its address, and the kind of source that reads it."""

    name: str
    kind: str
    #: exactly one of url and path is set; both may hold ``{day}``
    url: str = ""
    path: str = ""
    #: how many earlier listing days are read again, because lists grow
    look_back: int = 3
    #: how many days back those that were missed are asked for
    catch_up: int = 30
    #: further days on which nothing is announced, besides weekends and the source's own calendar
    holidays: frozenset[date] = frozenset()
    #: whether what is read today still holds what was new yesterday, where no day can be asked for
    rolling: bool = True
    #: options for this kind of source only
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_dated(self) -> bool:
        """Return whether the list of an earlier day can be read.

        A kind of source without an address can read any day, except that trending papers, a venue
        of OpenReview and what OpenAlex finds are only known for now.
        """
        address = self.url or self.path
        if self.kind in {"openalex", "openreview"}:
            return False
        return "{day}" in address if address else self.options.get("period") != "trending"


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from the first to the last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a publisher asks for before it shows a listing; kept apart from what is shown or stored.

    It is sent to the origin of ``url`` and to no other.
    """

    url: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListingPage:
    """The papers that a source read of one listing day, whole and validated."""

    papers: tuple[Paper, ...]
    #: how many entries the listing held, by its own count if it has one; each duplicate counts
    entries: int
    #: the day that the batch itself states, if it does
    batch: date | None = None
    #: how many of the entries could not be read; the others are kept
    skipped: int = 0
    #: why they could not be read, or why the source may hold more papers than it shows
    reasons: tuple[str, ...] = ()
    #: what the receipt says although the page can be believed
    remarks: tuple[str, ...] = ()
    #: per key, the day on which a paper was listed, if the page holds several days
    listed: Mapping[str, date] = field(default_factory=dict)
    #: per address, the validator for the next request; stored only once the page is stored
    validators: Mapping[str, str] = field(default_factory=dict)
    #: the source itself counts its papers, so that none are none
    is_counted: bool = False
    #: the address of the rest of the list, if the source says that there is more
    further: str = ""
    #: the source answered "not modified": papers is empty and means nothing
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class SeenPaper:
    """The stored state of a paper in one listing."""

    key: str
    version: int | None
    title: str
    first_day: date
    last_day: date
    is_withdrawn: bool = False
    #: the paper's ``wording`` as it was shown last; "" if that was before wordings were kept
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change to one paper in one listing, found by a collection."""

    kind: ChangeKind
    paper: Paper
    #: the difference in words: "v1 → v2", "the title changed"
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
    #: new papers found by the look-back, of days that were read before
    late: int = 0
    batch: date | None = None
    error: str = ""
    #: the day since which this listing could not be read, if it could not
    since: date | None = None
    #: earlier days that were not read yet, and are asked for again
    missed: tuple[DayRange, ...] = ()
    #: earlier days that are found not to have been read, and cannot be asked for any more
    lost: tuple[DayRange, ...] = ()
    #: the day of the reading before, if papers may have come and gone since then
    hole: date | None = None
    #: read to fill the past: what it brought is for trying profiles, and is never mailed
    is_past: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a subscriber wants the issue: a local hour on some days of the week (Monday is 0)."""

    at: time = time(7, 30)
    timezone: str = "UTC"
    days: frozenset[int] = frozenset(range(7))
    #: only on the first of these days in each month
    is_monthly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A subscriber's interests, as written in one YAML file."""

    slug: str
    title: str
    query: CompiledQuery
    #: addresses that get it without subscribing
    to: tuple[str, ...] = ()
    #: names of listings; empty means all
    listings: tuple[str, ...] = ()
    #: how many papers the mail names
    limit: int = 20
    #: how many of these are shown whole, and how many after them in brief; the others by title
    whole: int = 2
    brief: int = 4
    #: per listing, how many of its papers the mail names at most
    at_most: tuple[tuple[str, int], ...] = ()
    #: papers that score less are not shown
    minimum: int = 0
    changes: frozenset[ChangeKind] = frozenset({ChangeKind.NEW, ChangeKind.CROSS})
    #: points added for each ten upvotes, 0 to leave them out
    trending: int = 0
    #: what orders the papers: score, or rarity
    rank: str = "score"
    #: without a schedule, an issue is due whenever the program runs
    schedule: Schedule | None = None
    #: what is sent when nothing matched: nothing, a line, or a line once a week
    quiet: str = "nothing"
    #: whether nothing has matched in the week since the subscriber confirmed
    is_reminder: bool = False
    #: where papers without room in the mail go: only to the issue's page (web), or also to the
    #: head of the next issue (rollover)
    overflow: str = "web"
    #: in what its readers are written to, unless they chose for themselves; empty: English
    locale: str = ""
    path: str = ""


@frozen_unchecked
class Hit:
    """A span of a paper's text that matched: half-open offsets into the field as shown.

    ``author`` is the authors joined by ``", "``, ``category`` the categories joined by a space.
    """

    field: str
    start: int
    end: int


@frozen_unchecked
class Reason:
    """One clause of a profile that a paper satisfies, and the points that it adds to the score."""

    label: str
    points: int
    hits: tuple[Hit, ...] = ()
    #: in how many of how many papers of the last days it was found, where that decided the order
    rare: tuple[int, int] | None = None


@frozen_unchecked
class Match:
    """A paper that a profile matches; ``score`` is the sum of the reasons' points.

    A paper that is only named by its title has no reasons.
    """

    paper: Paper
    score: int
    reasons: tuple[Reason, ...] = ()


@frozen_unchecked
class IssueEntry:
    """A paper as an issue shows it."""

    match: Match
    change: ChangeKind = ChangeKind.NEW
    #: "v1 → v2", "the title changed"; empty for a new paper
    detail: str = ""
    #: the listings that carried it
    listings: tuple[str, ...] = ()
    #: titles of the subscriber's other profiles that match it too
    also_in: tuple[str, ...] = ()
    #: its upvotes when the issue was made, and how many of these came since the day before
    upvotes: int | None = None
    rise: int = 0
    #: the day of the issue that had no room for it
    waited: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One profile's part of an issue."""

    profile: str
    title: str
    #: those within the profile's limit
    entries: tuple[IssueEntry, ...]
    #: further matches, beyond the limit: on the issue's page; by title in a mail without one
    more: tuple[IssueEntry, ...] = ()
    #: further matches, without room in the mail: the next issue begins with them
    waiting: tuple[IssueEntry, ...] = ()
    #: how many of the entries are shown whole, and how many after them in brief
    whole: int = 2
    brief: int = 4
    #: how many of the papers each clause brought, by its label, the most first
    counts: tuple[tuple[str, int], ...] = ()
    #: per clause or listing with too many papers: its name, its limit, how many were cut; these
    #: are the last ones of ``more``
    cuts: tuple[tuple[str, int, int], ...] = ()

    @property
    def beyond(self) -> tuple[IssueEntry, ...]:
        """Return the further matches that no clause or listing had too many of."""
        return self.more[: len(self.more) - sum(number for _, _, number in self.cuts)]

    @property
    def all(self) -> tuple[IssueEntry, ...]:
        """Return every paper of the section, the best first."""
        return self.entries + self.more + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one listing contributed to an issue, so that subscribers can trust an empty issue."""

    listing: str
    verdict: Verdict
    day: date | None
    entries: int = 0
    #: of the entries, those that could not be read or did not come
    skipped: int = 0
    new: int = 0
    #: new papers of earlier days, found by the look-back or by catching up on missed days
    late: int = 0
    matched: int = 0
    batch: date | None = None
    error: str = ""
    since: date | None = None
    #: days of which nothing was read
    unread: tuple[DayRange, ...] = ()
    #: days between which papers may have come and gone
    holes: tuple[DayRange, ...] = ()
    #: other days since the last issue that were read in part, or are held back
    partial: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a subscriber's first issue says about the following ones."""

    #: None if no hour is set, or if the subscriber's profiles have different ones
    schedule: Schedule | None = None
    #: what is sent when nothing matched: nothing, a line, or a line once a week
    quiet: str = "nothing"
    #: whether nothing has matched in the week since the subscriber confirmed
    is_reminder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Everything that one subscriber gets on one local day; frozen once published."""

    day: date
    made_at: datetime
    sections: tuple[Section, ...]
    receipts: tuple[Receipt, ...]
    #: number of distinct papers that were considered and are new to the subscriber; of those that
    #: an earlier issue was made from, only what a younger profile matches
    pool: int = 0
    #: only in a subscriber's first issue
    welcome: Welcome | None = None
    #: in what the program itself says in it
    locale: str = "en"
    id: int | None = None

    @property
    def entries(self) -> tuple[IssueEntry, ...]:
        """Return the papers within the limits, in the order of the mail."""
        return tuple(entry for section in self.sections for entry in section.entries)

    @property
    def papers(self) -> tuple[Paper, ...]:
        """Return every paper of the issue: within the limits, beyond them, or waiting."""
        return tuple([entry.match.paper for section in self.sections for entry in section.all])

    @property
    def matched(self) -> int:
        """Return how many papers matched, each counted once."""
        return len({entry.match.paper.key for each in self.sections for entry in each.all})

    @property
    def held(self) -> int:
        """Return how many of the matched papers had no room in the issue before."""
        return len({e.match.paper.key for each in self.sections for e in each.all if e.waited})

    def shown_elsewhere(self, section: Section) -> tuple[tuple[str, int], ...]:
        """Return under which profiles the matches of a section without papers are: titles, numbers.

        A paper is shown once, so what a section matched may all be in others.
        """
        if section.all:
            return ()
        others = ((s.title, entry) for s in self.sections for entry in s.all)
        counts = Counter(title for title, entry in others if section.title in entry.also_in)
        return tuple(counts.items())

    @property
    def is_empty(self) -> bool:
        """Return whether no paper matched."""
        return not any(section.all for section in self.sections)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber's row knows of one of their profiles without reading it."""

    #: the profile's slug
    profile: str
    #: the profile's own; None: the operator's hour counts
    schedule: Schedule | None = None
    #: empty: all
    listings: tuple[str, ...] = ()
    #: empty: the profile names none
    locale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The recipient of issues: an address and its profiles."""

    id: int
    address: str
    profiles: tuple[str, ...] = ()
    #: html (with a text part) or text alone
    format: str = "html"
    #: the subscriber's own, as they chose it; empty if the profiles decide
    locale: str = ""
    #: of each profile, where they are needed
    subscriptions: tuple[Subscription, ...] = ()

    def locale_among(self, profiles: Iterable[Profile | Subscription]) -> str:
        """Return the locale that the subscriber chose, or else the first that a profile names."""
        named = (self.locale, *(profile.locale for profile in profiles))
        return next(filter(None, named), "en")


class SubscriberState(StrEnum):
    """Whether a subscriber gets issues.

    A pending one becomes active by confirming (double opt-in), or because a profile's ``to`` names
    the address: the operator consents for them.
    """

    PENDING = "pending"
    ACTIVE = "active"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """The delivery settings of a subscriber: what decides when an issue is due."""

    #: the local day of the last issue, made or found to be empty, and the time when it was
    last_day: date | None = None
    last_at: datetime | None = None
    #: the subscriber's own schedule; None if the profiles decide
    schedule: Schedule | None = None
    #: no issue is made from the first to the last of these days, both included
    paused_from: date | None = None
    paused_until: date | None = None
    #: the subscriber's own values, as in a profile; None if the profiles decide
    quiet: str | None = None
    overflow: str | None = None
    #: when the address itself confirmed; None where the operator's file named it
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person who gets mail, as stored; they may have signed up themselves."""

    id: int
    address: str
    state: SubscriberState
    #: why the subscription stopped: unsubscribed, bounced, complained
    reason: str = ""
    settings: DeliverySettings = DeliverySettings()
    format: str = "html"
    #: in what the program writes to them; empty if their profiles decide
    locale: str = ""
    created_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def subscriber(self) -> Recipient:
        """Return the subscriber as the recipient of mails."""
        return Recipient(id=self.id, address=self.address, format=self.format, locale=self.locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """A profile as it is kept in the store: a subscriber's own, or the last good text of a file."""

    slug: str
    text: str
    #: grows with each change; a save names the revision that it is based on
    revision: int
    #: the subscriber; None: it is a file's
    owner: int | None
    #: the file; empty for a subscriber's own
    path: str = ""
    #: the owner's, where it is needed
    address: str = ""
    #: of a subscriber's own, what it was read as; empty: it is read from its text
    compiled: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A change as it is stored: the listing that it is from, and the snapshot that found it."""

    change: Change
    listing: str
    snapshot: int


@dataclass(frozen=True, slots=True)
class SentPaper:
    """A record that a subscriber was mailed a paper: the edition, and the day of the issue."""

    edition: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """A subscriber with everything that decides what is unread for each profile."""

    subscriber: Recipient
    profiles: tuple[Profile, ...]
    day: date
    #: per profile slug, the last snapshot that was considered
    since: Mapping[str, int] = field(default_factory=dict)
    #: per paper key, the paper as this subscriber was mailed it
    sent: Mapping[str, SentPaper] = field(default_factory=dict)
    #: per profile slug, the papers without room in the last issue, promised for the next one
    waiting: Mapping[str, tuple[IssueEntry, ...]] = field(default_factory=dict)
    #: the day of the last issue, and when it was made
    last_issue: date | None = None
    last_issue_at: datetime | None = None

    @property
    def locale(self) -> str:
        """Return the locale in which the subscriber is written to."""
        return self.subscriber.locale_among(self.profiles)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadBatch:
    """A batch of subscribers and every change that any of them has not been sent."""

    backlogs: tuple[Backlog, ...]
    arrivals: tuple[Arrival, ...]
    #: the newest collection of each watched listing
    snapshots: tuple[Snapshot, ...]
    #: collections since the oldest of the last issues that leave a gap, the oldest first
    troubled: tuple[Snapshot, ...] = ()
    #: the last snapshot in ``arrivals``
    upto: int
    #: per paper key, the edition in ``arrivals``
    editions: Mapping[str, str] = field(default_factory=dict)
    #: per paper key, the last count of its upvotes, and its increase since the day before
    votes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is transmitted: CRLF line ends, every line at most 998 bytes."""

    message_id: str
    sender: str  # the envelope's, a bare address
    recipient: str
    subject: str
    data: bytes
    #: the same as Markdown for the channel of ``sender: chat``, in posts of the size that it takes
    posts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A mail that is no issue, as it is queued: what its template shows, not yet rendered."""

    kind: str
    recipient: str
    made_at: datetime
    #: JSON values, by their names in the template
    values: Mapping[str, Any] = field(default_factory=dict)
    #: the Message-ID that it replies to; empty: none
    answers: str = ""
    #: in what it is written
    locale: str = "en"


class DeliveryState(StrEnum):
    """The state of a delivery; after ``DATA_SENT`` only the server's reply settles the outcome."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DATA_SENT = "data_sent"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"  # not sent, because the subscriber left while it was queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mail to send, as an outbox row: it ensures "exactly once".  A notice has no issue."""

    id: int
    issue_id: int | None
    subscriber: Recipient
    state: DeliveryState
    message_id: str
    attempts: int = 0
    #: grows with each claim; a worker that has lost its claim can write nothing more
    fence: int = 0
    #: issue, or the kind of notice
    kind: str = "issue"
    #: when it was last tried, before this claim
    tried_at: datetime | None = None
    #: how much of the time between attempts counts towards the limit for giving up
    waited: timedelta = timedelta(0)
    #: the result of the last attempt, as an ``errors.Meaning``; empty: no attempt, or no error
    meaning: str = ""
    #: of several relays that by which it was tried last, or is to go now
    relay: str = ""
