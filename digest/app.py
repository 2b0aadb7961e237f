"""The one place where concrete things are chosen: a configuration becomes a running digest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

import structlog

from .access import links
from .access.tokens import Tokens
from .config import Config
from .deliver import Sender, sender
from .deliver.breaker import BreakingSender
from .deliver.dkim import signing
from .deliver.mail_log import oracle
from .errors import ConfigError, DigestError, Mistake, ProfileError, SendError
from .issues import schedule
from .listings.sources import source
from .listings.sources.http import Client
from .live_profiles import LiveProfiles
from .model import Listing, ListingPage, Profile, Schedule
from .render import Letterhead, MailRenderer, NoticeRenderer, check
from .resources import templates_folder
from .store import DryRunStore, Store, papers, settings
from .subscribers.inbox import Mailbox

log = structlog.get_logger()


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def uptime() -> float:
    """Seconds that nobody can set, sleep included where the system counts it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class App:
    """Everything that a step needs; what a test replaces, it replaces here."""

    store: Store
    listings: Mapping[str, Listing]
    library: LiveProfiles
    #: reads one day of a listing
    source: Callable[[Listing, date], ListingPage]
    press: MailRenderer
    letters: NoticeRenderer
    letterhead: Letterhead
    send: Sender
    #: signs what readers may do without a password; of the installation's own secret
    tokens: Tokens
    now: Callable[[], datetime] = clock
    #: seconds that go on whatever the clock is set to
    uptime: Callable[[], float] = uptime
    #: the clock and the uptime at the last tick of the service
    last_tick: tuple[datetime, float] | None = None
    #: per address, what to ask with next time; the client sees it grow
    validators: dict[str, str] = field(default_factory=dict)
    #: where the press's templates come from, the operator's first
    template_folders: Sequence[Path] = ()
    #: why the operator's templates are not in use; empty: they are, or there are none
    template_fault: str = ""
    #: the listing day; today where it is not set
    fixed_day: date | None = None
    #: the operator's
    timezone: str = "UTC"
    #: for readers whose profiles name none; without it they are due whenever somebody runs
    schedule: Schedule | None = None
    #: how long an issue that has an hour waits for listings that have not brought their day; only
    #: what comes back every minute can wait
    wait: timedelta = timedelta(0)
    #: who hears of trouble by mail; empty: nobody
    operator: str = ""
    #: what becomes of a mail whose acceptance nobody confirmed: resend, hold or ask
    in_doubt: str = "resend"
    #: asks the mail server's log about a Message-ID; None where it cannot tell
    was_sent: Callable[[str], bool | None] = lambda message_id: None
    #: where mails come back to, ``{token}`` in it names which; empty: the sender's own address
    bounces: str = ""
    #: where mail comes in by IMAP; None: by a pipe, or not at all
    mailbox: Mailbox | None = None
    #: which mail server's Authentication-Results are believed; empty: none's
    authserv: str = ""
    #: how many letters mail that comes in may cause in an hour, over all; 0: no limit
    answers_per_hour: int = 100
    #: how many mails may go out in 24 hours; 0: no limit
    per_day: int = 0
    #: once it is set, no further mail is begun: what is owed waits for the next process
    stop: threading.Event = field(default_factory=threading.Event)
    #: trouble that the person at the terminal should hear of, one line each
    complain: Callable[[str], object] = log.warning

    @property
    def proof_letterhead(self) -> Letterhead:
        """The letterhead of mails that are only shown: nobody can act for a reader by their links.

        They are as long as the reader's own, so that all else stands where it will stand.
        """
        sent_on = self.letterhead
        ways = links.links(sent_on.base_url, self.tokens.void(), sent_on.address)
        return replace(sent_on, links=ways)

    @property
    def day(self) -> date:
        """The listing day that is collected."""
        return self.fixed_day or schedule.local_day(self.now(), self.timezone)

    def return_path(self, message_id: str) -> str:
        """The envelope sender of a mail: its Message-ID, which nobody can guess, is in it."""
        token = message_id.strip("<>").partition("@")[0]
        return self.bounces.replace("{token}", token) or self.letterhead.address

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles that are live, by slug."""
        return self.library.profiles

    @property
    def problems(self) -> Sequence[ProfileError]:
        """What is wrong with profiles that are broken."""
        return self.library.problems


@contextmanager
def opened(
    config: Config,
    *,
    now: datetime | None = None,
    day: date | None = None,
    schedule: Schedule | None = None,
    wait: timedelta = timedelta(0),
    is_rehearsal: bool = False,
    complain: Callable[[str], object] = log.warning,
) -> Iterator[App]:
    """The digest that the configuration describes; closed at the end of the block.

    ``now`` stops the clock, ``day`` chooses the listing day; a rehearsal keeps nothing.  Raises
    ConfigError and StoreError.
    """

    def tell_time() -> datetime:
        return now or clock()

    store = (DryRunStore if is_rehearsal else Store)(config.database)
    try:
        store.migrate()
        folders, press, fault = _templates(config, complain)
        validators = _validators(store)
        tokens = _tokens(store)
        with _client(config, tell_time, validators) as client:
            app = App(
                store=store,
                listings=config.listings,
                library=LiveProfiles(config, store),
                source=lambda listing, on: source(listing.kind)(listing, on, client),
                press=press,
                letters=NoticeRenderer(folders),
                letterhead=_letterhead(config, tokens),
                tokens=tokens,
                send=_sender(config),
                now=tell_time,
                validators=validators,
                template_folders=folders,
                template_fault=fault,
                fixed_day=day,
                timezone=config.timezone,
                schedule=schedule,
                wait=wait,
                operator=config.fetch.contact,
                in_doubt=config.mail.in_doubt,
                was_sent=oracle(config.mail.ask),
                bounces=config.mail.bounces,
                mailbox=Mailbox(config.inbox) if config.inbox else None,
                authserv=config.mail.authserv,
                answers_per_hour=config.mail.answers_per_hour,
                per_day=config.mail.settings.per_day,
                complain=complain,
            )
            app.library.read()
            try:
                yield app
            finally:
                app.send.close()
    finally:
        store.close()


def _sender(config: Config) -> Sender:
    """The way out: whatever is handed over is signed first; what fails again and again rests."""
    try:
        way = BreakingSender(sender(config.mail.settings))
    except SendError as error:
        raise ConfigError(str(config.path), [Mistake(1, 1, str(error))]) from error
    key = config.mail.dkim
    if key is None:
        return way
    try:
        return signing(way, domain=key.domain, selector=key.selector, key=key.key)
    except DigestError as error:
        raise ConfigError(str(config.path), [Mistake(1, 1, f"mail.dkim: {error}")]) from error


def _templates(
    config: Config, complain: Callable[[str], object]
) -> tuple[list[Path], MailRenderer, str]:
    """The operator's templates before ours, once tried; where one is broken, ours, and why."""
    ours = templates_folder()
    if config.templates:
        folders = [config.templates, ours]
        try:
            return folders, check(folders), ""
        except ConfigError as error:
            complain(f"{error}; until it is mended, mails and pages use the package's templates")
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
        key=tokens.name("message-id").encode(),
    )


def _validators(store: Store) -> dict[str, str]:
    with store.begin() as tx:
        return papers.validators(tx)


def _client(config: Config, now: Callable[[], datetime], validators: Mapping[str, str]) -> Client:
    return Client(
        contact=config.fetch.contact,
        now=now,
        roots=config.roots,
        allow_hosts=config.fetch.allow_hosts,
        validators=validators,
    )
