"""What can go wrong, as one tree.

    DigestError
    ├── ConfigError      the operator's file: path, line, column
    ├── ProfileError     a reader's YAML or query: every complaint with its place (also ValueError)
    ├── SourceError      a listing could not be read: listing, retry_after
    ├── SendError        a mail could not be handed over: permanent, stage
    └── InboxError       mail that came in could not be read, or handled: it stays where it is

``str(error)`` is one line.  Raised ``from`` the cause at the boundary where the cause was met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


class DigestError(Exception):
    """Something that the person running digest can do something about."""

    #: whether the same may succeed a little later, with nothing changed
    is_passing = False

    #: whether it can succeed only after a setting was changed
    is_misconfigured = False


@dataclass(frozen=True, slots=True)
class Complaint:
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

    def __init__(self, path: str, complaints: Sequence[Complaint]) -> None:
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
Stage = Literal["connect", "login", "envelope", "data", "dot"]


class SendError(DigestError):
    """A mail was not, or not surely, handed over.

    ``permanent`` means that trying again cannot help; ``stage == "dot"`` means that the server may
    have taken the message although no answer came.  ``code`` is the SMTP reply, where there is one.
    """

    def __init__(
        self, reason: str, *, permanent: bool = False, stage: Stage = "connect", code: int = 0
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.stage = stage
        self.code = code
        super().__init__(reason)


class InboxError(DigestError):
    """A mailbox could not be read, or a message not handled; it is to be offered again."""
