"""What can go wrong, as one tree.

    DigestError
    ├── ConfigError      the operator's file: path, line, column
    ├── ProfileError     a reader's YAML or query: every complaint with its place (also ValueError)
    ├── SourceError      a listing could not be read: listing, retry_after
    ├── SendError        a mail could not be handed over: meaning, stage, setting
    └── InboxError       mail that came in could not be read, or handled: it stays where it is

``str(error)`` is one line.  Raised ``from`` the cause at the boundary where the cause was met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class DigestError(Exception):
    """Something that the person running digest can do something about."""

    #: whether the same may succeed a little later, with nothing changed
    is_passing = False

    #: whether it can succeed only after a setting was changed
    is_misconfigured = False


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a text: where it is (1-based line and column), what it is, how to mend it."""

    line: int
    column: int
    message: str
    #: a "did you mean", empty where there is none
    hint: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        kind = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.line}:{self.column}: {kind}{self.message}{hint}"


class PlacedError(DigestError):
    """Mistakes in a file; ``str`` gives a line each: ``file:line:column: message``."""

    def __init__(self, path: str, complaints: Sequence[Mistake]) -> None:
        self.path = path
        self.complaints = tuple(complaints)
        super().__init__("\n".join(f"{path}:{complaint}" for complaint in self.complaints))


class ConfigError(PlacedError):
    """The operator's configuration cannot be used."""


class ProfileError(PlacedError, ValueError):
    """A profile cannot be used; the last good one stays live."""


class SourceError(DigestError):
    """A listing could not be read, so nothing of it may be remembered.

    ``retry_after`` is in seconds, where the source named it.  ``is_absent`` says that there is
    nothing at its place (yet), which is no fault on a day without a list.
    """

    def __init__(
        self,
        listing: str,
        reason: str,
        *,
        retry_after: float | None = None,
        is_absent: bool = False,
    ) -> None:
        self.listing = listing
        self.reason = reason
        self.retry_after = retry_after
        self.is_absent = is_absent
        super().__init__(f"{listing}: {reason}")


#: How far a message had come: before ``data`` nothing was accepted; at ``dot`` nobody can know.
#: ``mail`` is the answer to the sender's address, ``rcpt`` to the subscriber's.
Stage = Literal["connect", "login", "mail", "rcpt", "data", "dot"]


class Meaning(StrEnum):
    """Whose trouble it is that a mail was not handed over, and so what has to be done."""

    DOUBT = "doubt"  # the message may be there: ask, hold, or send the same once more
    RELAY = "relay"  # the server cannot be used now: stop, no mail has failed
    LOGIN = "login"  # the server does not let us in as we are set up: stop, tell the operator
    SENDER = "sender"  # our own address, domain or reputation is refused: tell the operator
    SLOWER = "slower"  # too many or too fast: carry on later with everything
    PAUSED = "paused"  # not tried at all, because its domain refused too often: carry on later
    LATER = "later"  # not now, for this message: try again with growing pauses
    ADDRESS = "address"  # the address is no good: a hard bounce
    MESSAGE = "message"  # this message, for good
    BROKEN = "broken"  # it could not be made, or a step of ours failed beside it


#: The set-up is at fault, not a mail: none fails for it, and all go out once it is mended.
OF_THE_SET_UP = frozenset({Meaning.LOGIN, Meaning.SENDER})


class SendError(DigestError):
    """A mail was not, or not surely, handed over.

    ``meaning`` is worked out once, where the answer was read, and decides all that follows.
    ``stage == "dot"`` means that the server may have taken the message although no answer came.
    ``code`` is the SMTP reply, where there is one.  ``setting`` names what the operator has to look
    at, as the configuration calls it, where the set-up is at fault; ``str`` then begins with it.
    """

    def __init__(
        self,
        reason: str,
        meaning: Meaning,
        *,
        stage: Stage = "connect",
        code: int = 0,
        setting: str = "",
    ) -> None:
        self.reason = reason
        self.meaning = meaning
        self.stage = stage
        self.code = code
        self.setting = setting
        super().__init__(f"{setting}: {reason}" if setting else reason)

    @property
    def is_permanent(self) -> bool:
        """Whether trying this message again cannot help."""
        return self.meaning in (Meaning.ADDRESS, Meaning.MESSAGE)


class InboxError(DigestError):
    """A mailbox could not be read, or a message not handled; it is to be offered again."""
