"""Looks at everything that mail needs in order to leave, and names a remedy for what is wrong.

Changes nothing and sends nothing: it connects to the relay, logs in, asks whether mail may come
from our address, takes that back, and says goodbye.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .errors import DigestError, InboxError, SendError
from .model import State
from .store import ledger, marks, outbox, shelf

if TYPE_CHECKING:
    from .app import App
    from .config import Config, Dkim

#: Less than this and a morning's papers may not fit.
ROOM = 200 * 1024 * 1024

#: A clock that is behind what is written down by more than this was set wrongly.
BEHIND = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_good: bool
    found: str
    #: what to do; for records to publish also where nothing is wrong
    remedy: str = ""

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return asdict(self)


def examine(app: App, config: Config) -> list[Finding]:
    """Look at everything, the broken things too."""
    return [
        Finding("configuration", True, str(config.path)),
        _profiles(app),
        _templates(app, config),
        _database(app),
        _clock(app),
        _disk(config),
        _waiting(app),
        _relay(app, config),
        _inbox(config),
        _web(config),
        *_names(app, config),
    ]


def _profiles(app: App) -> Finding:
    if not app.problems:
        return Finding("profiles", True, f"{len(app.profiles)} are live")
    first = str(app.problems[0]).splitlines()[0]
    return Finding("profiles", False, first, "mend the file; its last good text is in force")


def _templates(app: App, config: Config) -> Finding:
    if app.template_fault:
        remedy = "mend it; until then mails and pages use the package's templates"
        return Finding("templates", False, app.template_fault, remedy)
    return Finding("templates", True, str(config.templates or "those of the package"))


def _database(app: App) -> Finding:
    with app.store.begin() as tx:
        is_keyed = bool(marks.secret(tx))
    return Finding("database", is_keyed, f"{app.store.dialect}, can be written")


def _clock(app: App) -> Finding:
    with app.store.begin() as tx:
        newest = max(
            (s.taken_at for name in app.listings for s in shelf.snapshots(tx, name)[:1]),
            default=app.now(),
        )
    is_good = app.now() > newest - BEHIND
    found = f"it is {app.now():%Y-%m-%d %H:%M} UTC"
    remedy = "" if is_good else f"set it: something was written down at {newest:%Y-%m-%d %H:%M}"
    return Finding("clock", is_good, found, remedy)


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.path.parent).free
    remedy = "" if free > ROOM else f"make room: at least {ROOM >> 20} MB should be free"
    return Finding("disk", free > ROOM, f"{free >> 20} MB are free", remedy)


def _waiting(app: App) -> Finding:
    with app.store.begin() as tx:
        counts = outbox.counts(tx)
        kept_back = len(ledger.of_the_set_up(tx))
    doubtful = counts.get(State.IN_DOUBT, 0)
    said = ", ".join(f"{number} {state.value}" for state, number in sorted(counts.items()))
    remedies = []
    if kept_back:
        why = f"{kept_back} were refused for the set-up's fault"
        remedies.append(f"{why}: once it is mended, digest outbox retry --all")
    if doubtful:
        remedies.append("decide with: digest outbox list --state in_doubt")
    return Finding("outbox", not remedies, said or "empty", "; ".join(remedies))


def _relay(app: App, config: Config) -> Finding:
    smtp = config.mail.settings.smtp
    if config.mail.settings.sender == "folder" or smtp is None:
        return Finding("mail", True, f"is written into {config.mail.settings.folder}")
    from .deliver.connection import connect
    from .deliver.deadline import Deadline
    from .deliver.transaction import ask_for_sender

    sender = app.return_path(f"<doctor@{app.letterhead.domain}>")
    try:
        connection = connect(smtp, Deadline(smtp.timeout))
        try:
            ask_for_sender(connection, sender)
        finally:
            connection.quit()
    except SendError as error:
        remedy = f"check {error.setting or 'mail.smtp: host, port, tls, user, password'}"
        return Finding("mail", False, str(error), remedy)
    place = f"{smtp.host}:{smtp.port} lets us in ({smtp.tls})"
    return Finding("mail", True, f"{place} and takes mail from {sender}")


def _inbox(config: Config) -> Finding:
    if config.inbox is None:
        return Finding("inbox", True, "mail comes in by a pipe: digest inbox < message")
    from .inbox.mailbox import opened

    place = f"{config.inbox.host}:{config.inbox.port}"
    try:
        with opened(config.inbox) as box:
            number = len(box.uids())
    except InboxError as error:
        return Finding("inbox", False, str(error), "check inbox: host, port, tls, user, password")
    return Finding("inbox", True, f"{place} lets us in ({config.inbox.tls}); {number} wait")


def _web(config: Config) -> Finding:
    base = config.web.base_url
    if not base:
        return Finding("web", True, "no base_url: mails link to no page")
    is_good = base.startswith("https://")
    remedy = "" if is_good else "put TLS before it: one-click unsubscription needs https://"
    return Finding("web", is_good, base, remedy)


def _names(app: App, config: Config) -> Iterator[Finding]:
    """The DNS records that receivers ask for; publishing them is the operator's."""
    domain = app.letterhead.domain
    smtp = config.mail.settings.smtp
    if config.mail.settings.sender == "folder" or smtp is None:
        return
    yield Finding("SPF", True, "publish", f'{domain}. TXT "v=spf1 a:{smtp.host} ~all"')
    dkim = config.mail.dkim
    if dkim is not None:
        yield _dkim(dkim)
    dmarc = f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:{app.letterhead.address}"'
    yield Finding("DMARC", True, "publish", dmarc)


def _dkim(dkim: Dkim) -> Finding:
    from .deliver.dkim import record

    try:
        text = record(dkim.key)
    except DigestError as error:
        return Finding("DKIM", False, str(error), "check mail.dkim.key")
    # A record is made of strings of at most 255 bytes (RFC 1035 §3.3), which verifiers join.
    strings = " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
    name = f"{dkim.selector}._domainkey.{dkim.domain}."
    return Finding("DKIM", True, "publish", f"{name} TXT {strings}")
