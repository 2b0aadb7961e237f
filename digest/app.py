"""The composition root: the one place that builds a running digest from a configuration."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog

from .access import links
from .access.tokens import Tokens
from .config import Config
from .deliver import MailSettings, Sender, sender
from .deliver.breaker import BreakingSender
from .deliver.dkim import signing
from .deliver.mail_log import mail_log
from .deliver.relays import AnyRelay, Route
from .errors import ConfigError, DigestError, ProfileError, SendError, SourceError
from .issues import schedule
from .listings.sources import source
from .live_profiles import LiveProfiles
from .model import Listing, ListingPage, Profile, Schedule, Subscriber
from .past_papers import PastPapers, folder_of
from .pipeline.alarms import Tick, Watch
from .pipeline.collect import Collector
from .pipeline.compose import Composer
from .pipeline.deliver import Deliverer
from .render import Letterhead, MailRenderer, NoticeRenderer, PostRenderer, check
from .resources import templates_folder
from .store import DryRunStore, Store, Transaction, inbound, settings
from .store.leases import LONGEST_STEP
from .store.paces import StoredPace, StoredSlots, StoredTurns
from .store.post_progress import StoredProgress
from .subscribers.inbox import Mailbox

if TYPE_CHECKING:
    from .listings.sources.http import Client

log = structlog.get_logger()

_Step = TypeVar("_Step", Collector, Composer, Deliverer, Watch)


def clock() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


def uptime() -> float:
    """Return seconds that no change of the clock affects, with sleep if the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class App:
    """What was chosen, from which each step gets what it needs; tests replace its fields."""

    store: Store
    listings: Mapping[str, Listing]
    live_profiles: LiveProfiles
    #: the papers of past days, indexed
    past: PastPapers
    #: reads one day of a listing
    source: Callable[[Listing, date], ListingPage]
    renderer: MailRenderer
    notices: NoticeRenderer
    letterhead: Letterhead
    sender: Sender
    #: makes the tokens for actions without a password, from the signing secret
    tokens: Tokens
    now: Callable[[], datetime] = clock
    #: seconds that do not depend on the clock's setting
    uptime: Callable[[], float] = uptime
    #: the clock and the uptime at the last tick of the service
    last_tick: Tick | None = None
    #: whether this process has enrolled before
    has_enrolled: bool = False
    #: validators for the next requests, by address; shared with the client, which sees additions
    validators: dict[str, str] = field(default_factory=dict)
    #: the folders of the templates, the operator's first
    template_folders: Sequence[Path] = ()
    #: why the operator's templates are not used; empty: they are used, or there are none
    template_fault: str = ""
    #: the listing day; None: today
    fixed_day: date | None = None
    #: the operator's time zone
    timezone: str = "UTC"
    #: for profiles that name none; None: their issues are due at every run
    schedule: Schedule | None = None
    #: how long a scheduled issue waits for late listings; needs the service, which runs each minute
    wait: timedelta = timedelta(0)
    #: the address that alarms are mailed to; empty: no alarms
    operator: str = ""
    #: for a message that may or may not have been accepted: resend, hold or ask
    in_doubt: str = "resend"
    #: asks the mail log about a Message-ID; None if the log does not say
    was_sent: Callable[[str], bool | None] = lambda message_id: None
    #: the envelope sender, with ``{token}`` for each message; empty: the sender's address
    bounces: str = ""
    #: the IMAP mailbox for incoming mail; None: mail comes by a pipe, or not at all
    mailbox: Mailbox | None = None
    #: the mail server with trusted Authentication-Results; empty: none
    authserv: str = ""
    #: rate limit: notices in an hour in answer to incoming mail, over all; 0: no limit
    answers_per_hour: int = 100
    #: the folder that mails are written into; empty: they go to a relay
    mail_folder: str = ""
    #: renders posts for the channel of ``sender: chat``; None: mails are sent
    posts: PostRenderer | None = None
    #: daily quota: mails in 24 hours; 0: no limit
    per_day: int = 0
    #: several relays, each with its sender, by name; empty: all mails go by ``sender``
    routes: Mapping[str, Route] = field(default_factory=dict)
    #: how long what is settled is kept; None: for ever
    keep: timedelta | None = None
    #: once set, no further mail is begun: open deliveries wait for the next process
    stop: threading.Event = field(default_factory=threading.Event)
    #: where a setting is written, to go before what is said of it
    place_of: Callable[[str], str] = lambda setting: ""
    #: reports trouble to the person at the terminal, one line each
    report_trouble: Callable[[str], object] = log.warning

    @property
    def proof_letterhead(self) -> Letterhead:
        """Return the letterhead for previews: its links allow nothing.

        The links are as long as real ones, so that the layout is the same.
        """
        sent_on = self.letterhead
        ways = links.links(sent_on.base_url, self.tokens.powerless(), sent_on.address)
        return replace(sent_on, links=ways)

    @property
    def day(self) -> date:
        """Return the listing day that is collected."""
        return self.fixed_day or schedule.local_day(self.now(), self.timezone)

    def pause_left(self, subscriber: Subscriber) -> date | None:
        """Return the last day of a subscriber's pause; None if there is none, or it is over."""
        return schedule.pause_left(subscriber.settings, self.now(), self.timezone)

    def reads_mail(self, tx: Transaction) -> bool:
        """Return whether answers to our mails reach us: by the mailbox, or as others have."""
        return self.mailbox is not None or inbound.has_come(tx)

    def page_of(self, subscriber: Subscriber) -> str:
        """Return a new link to the subscriber's own page; empty without web pages."""
        base = self.letterhead.base_url
        return links.manage(base, self.tokens, subscriber.subscriber, self.now()) if base else ""

    @property
    def collector(self) -> Collector:
        """Return the step that collects, on the listing day of now."""
        return self._with_needs(Collector)

    @property
    def composer(self) -> Composer:
        """Return the step that composes, on the listing day of now."""
        return self._with_needs(Composer)

    @property
    def deliverer(self) -> Deliverer:
        """Return the step that delivers."""
        return self._with_needs(Deliverer)

    @property
    def watch(self) -> Watch:
        """Return the watch over what lasts, on the listing day of now."""
        return self._with_needs(Watch)

    def _with_needs(self, step: type[_Step]) -> _Step:
        """Return a step with all that its fields name; they have the same names here."""
        return step(**{need.name: getattr(self, need.name) for need in fields(step)})

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Return the profiles in force, by slug; each is loaded when it is asked for."""
        return self.live_profiles.profiles

    @property
    def load_profiles(self) -> Callable[[Collection[str]], Mapping[str, Profile]]:
        """Return what loads the profiles of a batch."""
        return self.live_profiles.load

    @property
    def enrol_profiles(self) -> Callable[[date, date], object]:
        """Return what stores the subscribers that changed profiles name."""
        return self.live_profiles.enrol

    @property
    def problems(self) -> Sequence[ProfileError]:
        """Return the problems of the broken profiles."""
        return self.live_profiles.problems


@contextmanager
def opened(
    config: Config,
    *,
    now: datetime | None = None,
    day: date | None = None,
    schedule: Schedule | None = None,
    wait: timedelta = timedelta(0),
    is_rehearsal: bool = False,
    report_trouble: Callable[[str], object] = log.warning,
) -> Iterator[App]:
    """Open the digest that the configuration describes; close it at the end of the block.

    ``now`` stops the clock, ``day`` chooses the listing day; a rehearsal (dry run) stores nothing.
    Raises ConfigError and StoreError.
    """

    def read_clock() -> datetime:
        return now or clock()

    store = DryRunStore(config.database) if is_rehearsal else _store(config)
    try:
        store.migrate()
        folders, renderer, fault = _templates(config, report_trouble)
        # ``collect`` fills it.
        validators: dict[str, str] = {}
        tokens = _tokens(store)
        tls = _tls(config)
        pace = None if is_rehearsal else StoredPace(store)
        routes = _routes(config, store, lambda: app.stop.is_set())
        client = cache(lambda: _client(config, read_clock, validators, tls, pace))
        app = App(
            store=store,
            listings=config.listings,
            live_profiles=LiveProfiles(config, store, _channel(config), clock),
            past=PastPapers(
                store, None if is_rehearsal else folder_of(config.database), report_trouble
            ),
            source=lambda listing, on: _page(listing, on, client()),
            renderer=renderer,
            notices=NoticeRenderer(folders),
            letterhead=_letterhead(config, tokens),
            tokens=tokens,
            sender=AnyRelay(routes.values())
            if routes
            else _sender(config, config.mail.settings, store, lambda: app.stop.is_set()),
            routes=routes,
            now=read_clock,
            validators=validators,
            template_folders=folders,
            template_fault=fault,
            fixed_day=day,
            timezone=config.timezone,
            schedule=schedule,
            wait=wait,
            operator=config.fetch.contact,
            in_doubt=config.mail.in_doubt,
            was_sent=mail_log(config.mail.ask),
            bounces=config.mail.bounces,
            mailbox=Mailbox(config.inbox) if config.inbox else None,
            authserv=config.mail.authserv,
            answers_per_hour=config.mail.answers_per_hour,
            mail_folder=_mail_folder(config),
            posts=PostRenderer(size) if (size := config.mail.settings.post_size) else None,
            per_day=config.mail.settings.per_day,
            keep=timedelta(days=config.keep) if config.keep else None,
            place_of=config.place_of,
            report_trouble=report_trouble,
        )
        app.live_profiles.read()
        try:
            yield app
        finally:
            app.sender.close()
    finally:
        store.close()


def _store(config: Config) -> Store:
    lease, longest = timedelta(seconds=config.lease), config.mail.settings.longest_wait
    return Store(config.database, lease, max(LONGEST_STEP, timedelta(seconds=longest)))


def _page(listing: Listing, on: date, client: Client) -> ListingPage:
    """Read one day of a listing; raises SourceError, also where its kind cannot be loaded."""
    try:
        read = source(listing.kind)
    except ValueError as error:
        raise SourceError(listing.name, str(error)) from error
    return read(listing, on, client)


def _channel(config: Config) -> str:
    is_chat = config.mail.settings.sender == "chat"
    return parseaddr(config.mail.from_)[1] if is_chat else ""


def _mail_folder(config: Config) -> str:
    return config.mail.settings.folder if config.mail.settings.sender == "folder" else ""


def _routes(config: Config, store: Store, is_over: Callable[[], bool]) -> dict[str, Route]:
    """Return several relays, each with a sender of its own; empty if there is one at the most."""
    settings = config.mail.settings
    relays = settings.relays.values() if settings.sender == "smtp" else ()
    return {
        each.name: Route(
            each,
            _sender(
                config,
                replace(settings, smtp=each.smtp, relays={}),
                store,
                is_over,
                section=each.section,
            ),
        )
        for each in relays
    }


def _sender(
    config: Config,
    settings: MailSettings,
    store: Store,
    is_over: Callable[[], bool],
    *,
    section: str = "mail.smtp",
) -> Sender:
    """Return the sender: DKIM signing, then the circuit breaker, then the transport."""
    turns = slots = None
    if smtp := settings.smtp:
        turns = StoredTurns(store, smtp.account, is_over)
        slots = StoredSlots(store, smtp.account, smtp.connections_in_all, is_over)
    try:
        way = BreakingSender(sender(settings, StoredProgress(store), turns, slots))
    except SendError as error:
        setting = error.setting.replace("mail.smtp", section)
        raise config.error(setting or "mail", error.reason) from error
    key = config.mail.dkim
    if key is None or settings.sender == "chat":
        return way
    try:
        return signing(way, domain=key.domain, selector=key.selector, key=key.key)
    except DigestError as error:
        raise config.error("mail.dkim.key", str(error)) from error


def _templates(
    config: Config, report_trouble: Callable[[str], object]
) -> tuple[list[Path], MailRenderer, str]:
    """Return the template folders, their renderer, and why the operator's are not used.

    The operator's templates come before the package's; if they are broken, only the package's are
    used.
    """
    ours = templates_folder()
    if config.templates:
        folders = [config.templates, ours]
        try:
            if not config.templates.is_dir():
                raise config.error("templates", f"{config.templates}: no such folder")
            return folders, check(folders), ""
        except ConfigError as error:
            report_trouble(
                f"{error}; until it is mended, mails and pages use the package's templates"
            )
            return [ours], MailRenderer([ours]), str(error)
    return [ours], MailRenderer([ours]), ""


def _tokens(store: Store) -> Tokens:
    with store.begin() as tx:
        return Tokens(settings.secret(tx))


def _letterhead(config: Config, tokens: Tokens) -> Letterhead:
    base_url = config.web.base_url
    return Letterhead(
        sender=config.mail.from_,
        base_url=base_url,
        links=links.links(base_url, tokens, parseaddr(config.mail.from_)[1]),
        imprint=config.mail.imprint,
        key=tokens.unguessable_name("message-id").encode(),
    )


def _client(
    config: Config,
    now: Callable[[], datetime],
    validators: Mapping[str, str],
    tls: ssl.SSLContext | None,
    pace: StoredPace | None,
) -> Client:
    # Loaded when a listing is read: most commands read none, and the library takes a while.
    from .listings.sources.http import Client

    return Client(
        contact=config.fetch.contact,
        now=now,
        roots=config.roots,
        allow_hosts=config.fetch.allow_hosts,
        validators=validators,
        credentials=config.credentials,
        proxy=config.fetch.proxy,
        tls=tls,
        pace=pace,
    )


def _tls(config: Config) -> ssl.SSLContext | None:
    """Return what the client trusts besides the system's authorities; None: nothing."""
    if not config.fetch.ca:
        return None
    from .listings.sources.http import trusting

    try:
        return trusting(config.fetch.ca)
    except OSError as error:
        reason = "no PEM file" if isinstance(error, ssl.SSLError) else error.strerror
        raise config.error("fetch.ca", f"{config.fetch.ca}: {reason}") from error
