"""The doctor: checks everything that mail delivery needs, and names a remedy for each fault.

Changes nothing and sends nothing: it connects to the relay, logs in, asks whether the relay accepts
mail from our address (MAIL FROM, then RSET), and quits; and it asks the DNS.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..access import links
from ..config.named import missing
from ..deliver.relays import called
from ..errors import (
    ConfigError,
    InboxError,
    Meaning,
    SendError,
)
from ..model import DeliveryState, Verdict, count
from ..pipeline import clock
from ..private_files import exposed
from ..store import Store, StoreError, file_of, inbound, outbox, outbox_admin, papers, settings
from .findings import Finding
from .mail_records import records

if TYPE_CHECKING:
    from ..app import App
    from ..config import Config
    from ..deliver import SmtpSettings
    from ..live_profiles import LiveProfiles

#: Bytes; with less free space the papers of a morning may not fit.
LEAST_FREE_SPACE = 200 * 1024 * 1024


def examine(app: App, config: Config, trouble: StoreError | None = None) -> list[Finding]:
    """Run all checks, even if some of them fail.

    ``trouble`` is why the database is out of reach: then the checks that need it are left out.
    """
    return [
        *_configuration(config, app.template_fault),
        _profiles(app.live_profiles, has_database=trouble is None),
        _templates(app.template_fault, config),
        *(
            [_out_of_reach("database", trouble)]
            if trouble
            else _remembered(app.store, app.listings, app.now())
        ),
        _disk(config),
        _rights(config),
        *relays(config, links.return_path(app.bounces, "<doctor@>") or app.letterhead.address),
        _inbox(config, app, has_database=trouble is None),
        _web(config),
        *records(app.letterhead, config),
    ]


def _configuration(config: Config, known: str) -> Iterator[Finding]:
    """Check that what the settings name is there, but for a fault that is known already."""
    mistakes = [each for each in missing(config) if each.in_file(str(config.path)) != known]
    if not any(each.severity == "error" for each in mistakes):
        yield Finding("configuration", True, str(config.path))
    for each in mistakes:
        error = ConfigError(str(config.path), [each])
        is_fine = each.severity != "error"
        yield Finding("configuration", is_fine, str(error), "", None if is_fine else error)


def _listings(store: Store, names: Collection[str]) -> Iterator[Finding]:
    """Say how each listing was read last; none is asked now."""
    with store.begin() as tx:
        newest = papers.newest(tx, names)
    failed = [each for each in newest if each.verdict is Verdict.FAILED]
    for each in failed:
        remedy = "digest run reads it again; digest listing status shows its last days"
        yield Finding("listings", False, f"{each.listing}: on {each.day}: {each.error}", remedy)
    if not failed:
        read = f"of {count(len(names), 'listing')} {len(newest)} read before, without a fault"
        known = read if newest else f"{count(len(names), 'listing')}, not read yet"
        yield Finding("listings", True, f"{known}; none is asked now: digest run does that")


def _remembered(store: Store, names: Collection[str], now: datetime) -> Iterator[Finding]:
    """Check what the database holds; an error of the database is a finding, too."""
    looks: dict[str, Callable[[], Iterable[Finding]]] = {
        "database": lambda: [_database(store)],
        "server": lambda: _server(store),
        "clock": lambda: [_clock(store, now)],
        "listings": lambda: _listings(store, names),
        "outbox": lambda: [_waiting(store)],
    }
    for what, look in looks.items():
        try:
            yield from look()
        except StoreError as error:
            yield _out_of_reach(what, error)


def _out_of_reach(what: str, trouble: StoreError) -> Finding:
    found, _, remedy = str(trouble).partition("; ")
    return Finding(what, False, found, remedy, trouble)


def _profiles(live: LiveProfiles, *, has_database: bool) -> Finding:
    if not live.problems:
        return Finding("profiles", True, f"{len(live.profiles)} live")
    first = live.problems[0]
    last = "its last good version" if first.path in live.kept() else "nothing of it"
    remedy = f"mend it; {last} is in force" if has_database else "mend it"
    return Finding("profiles", False, str(first).splitlines()[0], remedy, first)


def _templates(fault: str, config: Config) -> Finding:
    if fault:
        remedy = "mend it; until then mails and pages use the package's templates"
        trouble = ConfigError(fault, ())
        return Finding("templates", False, fault, remedy, trouble)
    return Finding("templates", True, str(config.templates or "those of the package"))


def _database(store: Store) -> Finding:
    with store.begin() as tx:
        is_keyed = bool(settings.secret(tx))
    return Finding("database", is_keyed, f"{store.dialect}, can be written")


def _server(store: Store) -> Iterator[Finding]:
    for hindrance in store.hindrances():
        yield Finding("server", False, hindrance.found, hindrance.remedy)


def _clock(store: Store, now: datetime) -> Finding:
    with store.begin() as tx:
        error = clock.clock_error(tx, now)
    if error is not None:
        return Finding("clock", False, error.sentence, clock.REMEDY)
    return Finding("clock", True, f"it is {now:%Y-%m-%d %H:%M} UTC")


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.path.parent).free
    remedy = (
        ""
        if free > LEAST_FREE_SPACE
        else f"make room: at least {LEAST_FREE_SPACE >> 20} MB should be free"
    )
    return Finding("disk", free > LEAST_FREE_SPACE, f"{free >> 20} MB are free", remedy)


def _rights(config: Config) -> Finding:
    """Check whether others on this machine can read files with addresses, links or passwords."""
    database = file_of(config.database)
    found = list(exposed(_private(config, database)))
    if not found:
        return Finding("rights", True, "database, outbox and .env are their owner's alone")
    named = ", ".join(f"{path} ({mode:03o})" for path, mode in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    remedy = "; ".join(dict.fromkeys(_closing(path, database) for path, _ in found))
    return Finding("rights", False, f"others may read {named}{more}", remedy)


def _private(config: Config, database: Path | None) -> Iterator[Path]:
    """Yield the private files that digest writes, and the files of secrets that it reads."""
    yield from sorted({(place / ".env").absolute() for place in (config.path.parent, Path())})
    logins = (*config.mail.settings.servers.values(), config.inbox)
    yield from sorted({Path(each.oauth2) for each in logins if each and each.oauth2})
    folder = Path(config.mail.settings.folder)
    if config.mail.settings.sender == "folder" and folder.is_dir():
        yield folder
        yield from sorted(folder.glob("*.eml"))
    if database is not None:
        yield from sorted(database.parent.glob(f"{escape(database.name)}*"))


def _closing(path: Path, database: Path | None) -> str:
    """Return the command that closes a path to others; files that belong together share one."""
    if path.suffix == ".eml":
        return f"chmod 600 {shlex.quote(str(path.parent))}/*.eml"
    if database is not None and path.name.startswith(database.name):
        return f"chmod 600 {shlex.quote(str(database))}*"
    return f"chmod {'700' if path.is_dir() else '600'} {shlex.quote(str(path))}"


def _waiting(store: Store) -> Finding:
    with store.begin() as tx:
        counts = outbox.counts(tx)
        has_waiting = len(outbox_admin.of_the_set_up(tx))
    doubtful = counts.get(DeliveryState.IN_DOUBT, 0)
    states = ", ".join(f"{number} {state.value}" for state, number in sorted(counts.items()))
    remedies = []
    if has_waiting:
        why = f"refused for the set-up's fault: {count(has_waiting, 'mail')}"
        remedies.append(f"{why}; once it is mended, digest outbox retry --all")
    if doubtful:
        remedies.append("decide with: digest outbox list --state in_doubt")
    return Finding("outbox", not remedies, states or "empty", "; ".join(remedies))


#: What to do about a refusal that names no setting; about others: look at the relay's settings.
_REMEDIES = {
    Meaning.SLOWER: "wait; lower mail.smtp.per_minute or mail.smtp.per_day if it comes again",
    Meaning.LATER: "wait: nothing is lost, and it is tried again",
}


def _remedy(error: SendError) -> str:
    if error.setting:
        return f"check {error.setting}"
    return _REMEDIES.get(error.meaning, "check mail.smtp: host, port, tls, user, password")


def _not_asked(config: Config, what: str, place: str, setting: str) -> Finding:
    """Return the finding of a server that was not asked, for want of a password."""
    remedy = "set it in the environment, or in .env beside the configuration"
    why = config.missing[setting]
    trouble = config.error(setting, why)
    return Finding(what, False, f"{place} was not asked: {why}", remedy, trouble)


def _refused(config: Config, what: str, error: SendError | InboxError, remedy: str) -> Finding:
    return Finding(what, False, f"{config.place_of(error.setting)}{error}", remedy, error)


def relays(config: Config, sender: str) -> Iterator[Finding]:
    """Check that each relay lets us in and takes mail from an address."""
    settings = config.mail.settings
    if settings.sender == "chat":
        yield _channel(config)
    elif not settings.servers:
        yield Finding("mail", True, f"is written into {settings.folder}")
    for section, smtp in settings.servers.items():
        yield _relay(config, section, smtp, sender)


def _relay(config: Config, section: str, smtp: SmtpSettings, sender: str) -> Finding:
    what = section if config.mail.settings.relays else "mail"
    if f"{section}.password" in config.missing:
        return _not_asked(config, what, f"{smtp.host}:{smtp.port}", f"{section}.password")
    from ..deliver.connection import connect
    from ..deliver.transaction import ask_for_sender
    from ..network import Deadline

    try:
        connection = connect(smtp, Deadline(smtp.timeout))
        try:
            ask_for_sender(connection, sender)
        finally:
            connection.quit()
    except SendError as error:
        error = called(error, section)
        return _refused(config, what, error, _remedy(error).replace("mail.smtp", section))
    place = f"{smtp.host}:{smtp.port} lets us in ({smtp.tls})"
    return Finding(what, True, f"{place} and takes mail from {sender}")


def _channel(config: Config) -> Finding:
    """Check that the channel's address can be read; whether it is good only a post would say."""
    if "mail.chat" in config.missing:
        return _not_asked(config, "mail", "the channel", "mail.chat")
    from ..deliver.poster import Poster

    poster = Poster(config.mail.settings.chat)
    try:
        poster.open()
    except SendError as error:
        return _refused(config, "mail", error, _remedy(error))
    finally:
        poster.close()
    return Finding("mail", True, f"is posted to a channel: {poster.name}, not tried")


def _inbox(config: Config, app: App, *, has_database: bool) -> Finding:
    if config.inbox is None:
        return _pipe(app, has_database=has_database)
    if "inbox.password" in config.missing:
        return _not_asked(config, "inbox", config.inbox.host, "inbox.password")
    from ..subscribers.inbox.mailbox import opened

    place = f"{config.inbox.host}:{config.inbox.port}"
    try:
        with opened(config.inbox) as settings:
            number = len(settings.uids())
    except InboxError as error:
        remedy = "" if error.setting else "check inbox: host, port, tls, user, password"
        return _refused(config, "inbox", error, remedy)
    found = f"{place} lets us in ({config.inbox.tls}); {count(number, 'message')} in it"
    return Finding("inbox", True, found)


def _pipe(app: App, *, has_database: bool) -> Finding:
    """Return whether a mail has ever come by a pipe, and who reads the mails otherwise."""
    remedy = "set inbox, or let the mail server pipe what comes to that address into digest inbox"
    if not has_database:
        return Finding("inbox", True, "no inbox is set: mail comes in by a pipe, or not at all")
    with app.store.begin() as tx:
        if inbound.has_come(tx):
            return Finding("inbox", True, "no inbox is set; mail has come in by a pipe")
    address = app.letterhead.address
    found = f"no mail has come in yet: answers and bounces to {address} are not read here"
    if not app.letterhead.base_url:
        found += "; without pages readers leave by a mail to it, so a person must read them"
    return Finding("inbox", True, found, remedy)


def _web(config: Config) -> Finding:
    base = config.web.base_url
    if not base:
        return Finding("web", True, "no base_url: mails link to no page")
    if config.mail.settings.sender == "chat":
        waits = f"{base}: who signs up cannot confirm, for mail.sender: chat mails no one"
        return Finding("web", False, waits, "mail.sender: smtp, or no web.base_url")
    is_good = base.startswith("https://")
    remedy = "" if is_good else "put TLS before it: one-click unsubscription needs https://"
    return Finding("web", is_good, base, remedy)
