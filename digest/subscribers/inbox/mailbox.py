"""The mailbox that mail comes into, over IMAP: each message is handled once, then moved away.

A message is moved only after what it asked for is committed.  Whoever dies in between finds it
again at the next look, and the store knows it: then it is moved, and nothing else is done.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Any

from ...errors import InboxError
from ...store import settings as stored_settings
from . import MailboxSettings
from .limits import LONGEST
from .receive import SET_ASIDE, receive_once

if TYPE_CHECKING:
    from ...app import App

#: So many messages at one look; the others wait for the next.
MOST = 200


def look(app: App) -> None:
    """Empty the mailbox where it is time to; what goes wrong is told, and stops nothing else."""
    box = app.mailbox
    if box is None:
        return
    up = app.uptime()
    if box.looked_at is not None and up < box.looked_at + box.settings.every:
        return
    box.looked_at = up
    try:
        empty(app, box.settings)
    except InboxError as error:
        app.complain(f"inbox: {error}")
        _note(app, f"{app.now().isoformat()} {error}")
    else:
        _note(app, "")


def _note(app: App, trouble: str) -> None:
    """Remember since when there is trouble."""
    with app.store.begin() as tx:
        if bool(stored_settings.setting(tx, stored_settings.MAILBOX_TROUBLE)) != bool(trouble):
            stored_settings.keep_setting(tx, stored_settings.MAILBOX_TROUBLE, trouble)


def empty(app: App, settings: MailboxSettings) -> list[str]:
    """Handle what is in the folder and move it away; gives in a word what each was taken for.

    A message that raises stays for the next look, and after a few of them is set aside.  Raises
    InboxError where the mailbox cannot be read.
    """
    outcomes = []
    with opened(settings) as box:
        for uid in box.uids()[:MOST]:
            data = _data(box, uid)
            if data is None:
                continue
            try:
                outcome = receive_once(app, data)
            except InboxError as error:
                app.complain(f"inbox: {error}")
                continue
            box.move(uid, settings.aside if outcome in SET_ASIDE else settings.done)
            outcomes.append(outcome)
    return outcomes


@contextmanager
def opened(settings: MailboxSettings) -> Iterator[Any]:
    """A session with the folder selected and the others made; raises InboxError.

    Each wait is bounded by the time-out, and so are all of them together.
    """
    from imap_tools import ImapToolsError

    place = f"{settings.host}:{settings.port}"
    try:
        box = _connected(settings)
        # A server that drips answers each wait in time, and never comes to an end.
        limit = Timer(settings.timeout, _hang_up, (box.client.sock,))
        limit.daemon = True
        limit.start()
        try:
            _log_in(box, settings)
            yield box
            box.logout()
        finally:
            limit.cancel()
            with suppress(OSError):
                box.client.shutdown()
    # imaplib's own errors, and what it raises for answers that are none, are many.
    except (OSError, ImapToolsError, _protocol_error(), ValueError) as error:
        raise InboxError(f"{place}: {_plainly(error)}") from error


def _hang_up(line: socket.socket) -> None:
    """Wake up whoever waits for an answer; not by closing, which would wait for them."""
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
    context = ssl.create_default_context(cafile=settings.ca or None)
    kind = MailBox if settings.tls == "tls" else MailBoxStartTls
    return kind(**where, ssl_context=context)


def _log_in(box: Any, settings: MailboxSettings) -> None:
    box.login(settings.user, settings.password, initial_folder=None)
    # Some servers tell only now that they can move.
    box.client.capabilities = tuple(box.client.capability()[1][0].decode("ascii").upper().split())
    for folder in (settings.done, settings.aside):
        if not box.folder.exists(folder):
            box.folder.create(folder)
    box.folder.set(settings.folder)


def _data(box: Any, uid: str) -> bytes | None:
    """A message's bytes, or as many as are read of any; None where it is gone."""
    _, found = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST}>)")
    return next((bytes(part[1]) for part in found if isinstance(part, tuple)), None)


def _plainly(error: Exception) -> str:
    """One line of what went wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
