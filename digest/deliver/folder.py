"""Write mails as ``.eml`` files into a folder, whole or not at all.

A file's name is derived from the Message-ID, so a repeat replaces the file and makes no second.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from .. import expressions, private_files
from ..errors import Meaning, SendError
from ..model import Message
from . import OutgoingMessage, send_each

_NOT_IN_NAME = expressions.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Folder:
    """A sender that hands over to the file system instead of a relay."""

    path: str | os.PathLike[str]

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Write the message; its rename corresponds to the final dot of SMTP."""
        target = Path(self.path) / name(mail)
        part = target.with_suffix(".part")
        try:
            private_files.make_folder(target.parent)
            _write(part, mail.data)
        except OSError as error:
            # A folder that cannot be written is like an unreachable relay: no mail is at fault.
            if error.errno in _CLOSED:
                reason = f"{target.parent}: {error.strerror}"
                raise SendError(reason, Meaning.LOGIN, setting="mail.folder") from error
            raise _refusal(target, error, Meaning.RELAY) from error
        before_dot()
        try:
            part.replace(target)
        except OSError as error:
            raise _refusal(target, error, Meaning.LATER) from error
        _settle(target.parent)

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Write the messages one after the other; see ``deliver.Sender``."""
        send_each(self, messages)

    def close(self) -> None:
        """Do nothing: no resource is held open."""


#: The setting is at fault, or the rights of what it names; a disk that is full or away is not.
_CLOSED = (errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


def name(mail: Message) -> str:
    """Return a message's file name: its day, its recipient, and a digest of its Message-ID.

    It has only letters, digits and ``.-_``, whatever the message holds.
    """
    digest = sha256(mail.message_id.encode()).hexdigest()[:12]
    recipient = _NOT_IN_NAME.sub("-", mail.recipient.replace("@", "-at-")).strip("-.")[:60]
    return "-".join(part for part in (_day(mail), recipient, digest) if part) + ".eml"


def _day(mail: Message) -> str:
    try:
        date = BytesHeaderParser().parsebytes(mail.data)["Date"]
        return parsedate_to_datetime(str(date)).date().isoformat()
    except ValueError:
        return ""


def _write(path: Path, data: bytes) -> None:
    # A mail holds the subscriber's unsubscribe link: only the owner may read the file.
    path.unlink(missing_ok=True)
    descriptor = private_files.opened(path, os.O_WRONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _settle(folder: Path) -> None:
    """Make the new name survive a power cut, if the system can sync a folder."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = f"{folder}: {error.strerror}: not surely kept"
        raise SendError(reason, Meaning.DOUBT, stage="dot") from error


def _refusal(target: Path, error: OSError, means: Meaning) -> SendError:
    reason = f"{target}: {error.strerror or error}"
    return SendError(reason, means, stage="data", setting="mail.folder")
