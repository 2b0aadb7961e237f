"""Fetch mail from the mailbox by IMAP: each message is handled once, then moved away.

A message is moved only after its effect is committed.  After a crash in between, the next look
finds the message again; the store knows it, so it is only moved.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any

from ...errors import InboxError
from ...network import Advice, Deadline, is_not_tls, of_certificate, of_password, plainly
from ...oauth import token_of
from ...store import jobs
from ...store import settings as stored_settings
from . import MailboxSettings
from .allowance import NotNowError
from .limits import MAX_MESSAGE_SIZE
from .receive import QUARANTINED, receive_once

if TYPE_CHECKING:
    from ...app import App

#: The job of emptying it, which one process does at a time.
JOB = "inbox"

#: How many messages one look handles; the others wait for the next look.
MESSAGES_PER_LOOK = 200


def empty_if_due(app: App) -> None:
    """Empty the mailbox if a look is due and no other process is at it; report any trouble."""
    mailbox = app.mailbox
    if mailbox is None:
        return
    up = app.uptime()
    if mailbox.looked_at is not None and up < mailbox.looked_at + mailbox.settings.every:
        return
    mailbox.looked_at = up
    with jobs.held(app.store, [JOB]) as ours:
        if ours:
            _empty_and_note(app, mailbox.settings)


def _empty_and_note(app: App, settings: MailboxSettings) -> None:
    try:
        empty(app, settings)
    except InboxError as error:
        app.report_trouble(f"inbox: {app.place_of(error.setting)}{error}")
        _note(app, f"{app.now().isoformat()} {error}")
    else:
        _note(app, "")


def _note(app: App, trouble: str) -> None:
    """Store the first trouble since the last good look; delete it after a good one."""
    with app.store.begin() as tx:
        if bool(stored_settings.setting(tx, stored_settings.MAILBOX_TROUBLE)) != bool(trouble):
            stored_settings.keep_setting(tx, stored_settings.MAILBOX_TROUBLE, trouble)


def empty(app: App, settings: MailboxSettings) -> list[str]:
    """Handle and move all messages in the folder; return the outcome of each in a word.

    A message that raises stays for the next look; after a few tries it is set aside.  One that
    waits for a notice stays too, and comes after new messages, so that a flood hides none.  Raises
    InboxError where the mailbox cannot be read.
    """
    outcomes = []
    with opened(settings) as mailbox:
        waiting = app.mailbox.waiting if app.mailbox is not None else set()
        uids = mailbox.uids()
        waiting.intersection_update(uids)
        for uid in sorted(uids, key=waiting.__contains__)[:MESSAGES_PER_LOOK]:
            data = _data(mailbox, uid)
            if data is None:
                continue
            try:
                outcome = receive_once(app, data)
            except NotNowError as error:
                if not waiting:
                    app.report_trouble(f"inbox: {error}")
                waiting.add(uid)
                continue
            except InboxError as error:
                app.report_trouble(f"inbox: {error}")
                continue
            waiting.discard(uid)
            mailbox.move(uid, settings.aside if outcome in QUARANTINED else settings.done)
            outcomes.append(outcome)
    return outcomes


@contextmanager
def opened(settings: MailboxSettings) -> Iterator[Any]:
    """Open a session with the folder selected and the others created; raises InboxError.

    The time-out limits each wait, and all of them together.
    """
    from imap_tools import ImapToolsError

    if found := of_password(settings.password, "inbox.password"):
        raise InboxError(found.what_to_do, setting=found.setting)
    place = f"{settings.host}:{settings.port}"
    try:
        session = _connected(settings)
        # A server that sends byte by byte answers each wait in time, but never finishes.
        limit = Timer(settings.timeout, _hang_up, (session.client.sock,))
        limit.daemon = True
        limit.start()
        try:
            _log_in(session, settings)
            yield session
            session.logout()
        finally:
            limit.cancel()
            with suppress(OSError):
                session.client.shutdown()
    # imaplib raises many kinds of errors, also for answers that it cannot read.
    except (OSError, ImapToolsError, _protocol_error(), ValueError) as error:
        raise _trouble(place, settings, error) from error


def _trouble(place: str, settings: MailboxSettings, error: Exception) -> InboxError:
    """Return the error of a failed session, with the setting at fault if one is."""
    found = _at_fault(settings, error)
    reason = f"{place}: {plainly(error)}"
    if found is None:
        return InboxError(reason)
    explained = f"{reason}: {found.what_to_do}" if found.what_to_do else reason
    return InboxError(explained, setting=found.setting)


def _at_fault(settings: MailboxSettings, error: Exception) -> Advice | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return of_certificate(error, "inbox")
    if is_not_tls(error):
        return Advice("inbox.tls", "this port does not begin with TLS: set it to starttls")
    if isinstance(error, UnicodeError):
        return Advice("inbox.host", "no name that the network knows")
    if settings.oauth2 and (isinstance(error, ValueError) or "AUTHENTICAT" in str(error)):
        return Advice("inbox.oauth2", "")
    if "AUTHENTICATIONFAILED" in str(error):  # RFC 5530
        return Advice("inbox.password", f"it is not the password of {settings.user}")
    return None


def _hang_up(line: socket.socket) -> None:
    """Shut the connection down to wake the thread that reads; close() would wait for it."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _protocol_error() -> type[Exception]:
    import imaplib

    return imaplib.IMAP4.error


def _connected(settings: MailboxSettings) -> Any:
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted

    where = {"host": settings.host, "port": settings.port, "timeout": settings.timeout}
    if settings.tls == "none":
        return MailBoxUnencrypted(**where)
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except OSError as error:
        raise InboxError(f"{settings.ca}: {plainly(error)}", setting="inbox.ca") from error
    kind = MailBox if settings.tls == "tls" else MailBoxStartTls
    return kind(**where, ssl_context=context)


def _log_in(session: Any, settings: MailboxSettings) -> None:
    if settings.oauth2:
        user, token = token_of(settings.oauth2, Deadline(settings.timeout))
        session.xoauth2(user, token, initial_folder=None)
    else:
        _log_in_by_password(session, settings)
    # Some servers announce MOVE only after the login.
    session.client.capabilities = tuple(
        session.client.capability()[1][0].decode("ascii").upper().split()
    )
    for folder in (settings.done, settings.aside):
        if not session.folder.exists(folder):
            session.folder.create(folder)
    session.folder.set(settings.folder)


def _log_in_by_password(session: Any, settings: MailboxSettings) -> None:
    is_ascii = f"{settings.user}{settings.password}".isascii()
    # LOGIN carries only ASCII (RFC 3501 §6.2.3); what is beyond it goes by AUTHENTICATE PLAIN.
    log_in = session.login if is_ascii else session.login_utf8
    log_in(settings.user, settings.password, initial_folder=None)


def _data(session: Any, uid: str) -> bytes | None:
    """Return a message's bytes, LONGEST of them at most; None where it is gone."""
    _, found = session.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_MESSAGE_SIZE}>)")
    return next((bytes(part[1]) for part in found if isinstance(part, tuple)), None)
