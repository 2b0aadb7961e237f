"""The exceptions of digest, as one tree.

    DigestError
    ├── ConfigError      the operator's file: path, line, column
    ├── ProfileError     a profile's YAML or query: every mistake with its place (also ValueError)
    ├── SourceError      a listing could not be read: listing, retry_after
    ├── SendError        a message could not be sent: meaning, stage, setting
    └── InboxError       inbound mail could not be read, or handled: it stays in the mailbox

``str(error)`` is one line (PlacedError: one per mistake).  Raised ``from`` the cause, at the
boundary where the cause occurred.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Literal, Self, TypeAlias


class DigestError(Exception):
    """An error that the operator can do something about."""

    #: whether a retry may succeed a little later, with nothing changed
    is_passing = False

    #: whether a retry can succeed only after a setting was changed
    is_misconfigured = False

    @property
    def words(self) -> str:
        """Return what it says; a Sentence where readers may see it."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, Sentence) else f"{self}"


def as_template(text: str) -> str:
    """Mark the template of a Sentence, so that it is translated; return it as it is."""
    return text


class Sentence(str):
    """A sentence in English that ``locales.said`` can say in another language.

    Made of a template, in which ``%(name)s`` is replaced by a value: a text as it is, a number with
    separators, a Sentence in the language of the whole.
    """

    template: str
    values: dict[str, str | int]

    def __new__(cls, template: str, /, **values: str | int) -> Self:
        """Fill a template in."""
        written = {
            name: f"{value:,}" if isinstance(value, int) else value
            for name, value in values.items()
        }
        self = super().__new__(cls, template % written)
        self.template, self.values = template, values
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str | int]]:
        """Return what a copy is made of."""
        return (self.template,), self.values

    def changed(self, change: Callable[[str], str]) -> dict[str, str | int]:
        """Return the values with each text changed, of which some may be Sentences."""
        return {
            name: change(value) if isinstance(value, str) else value
            for name, value in self.values.items()
        }


#: How to correct a mistake; empty where that is not known.
Hint: TypeAlias = Sentence | Literal[""]


def either(words: Sequence[str]) -> str:
    """Join words of which one is meant: "a or b or c"; of more than one it is a Sentence."""
    return reduce(lambda some, last: Sentence("%(some)s or %(last)s", some=some, last=last), words)


def write(text: str) -> Sentence:
    """Return the hint to write this."""
    return Sentence("write %(text)s", text=text)


def meant(words: str) -> Sentence:
    """Return a hint with what was probably meant."""
    return Sentence("did you mean %(words)s?", words=words)


def of_library(said: str, known: Collection[str]) -> str:
    """Return what a library says, a reason and perhaps, behind a colon, what it quotes.

    It is a Sentence if the reason is among those known, of which each is a template.
    """
    reason, colon, quoted = said.partition(": ")
    if reason not in known:
        return said
    named = Sentence(reason)
    return Sentence("%(key)s: %(words)s", key=named, words=quoted) if colon else named


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a text: its line and column (from 1), the message, how to correct it.

    Line 0: it is in no line of the file, which cannot be read, say.  What a reader may see is a
    Sentence; of the operator's own files it is said in English alone.
    """

    line: int
    column: int
    message: str
    #: a hint such as "did you mean …?", or empty
    hint: str = ""
    #: a note is no fault
    severity: Literal["error", "warning", "note"] = "error"
    #: the variable of the environment that is at fault instead of the file, or empty
    variable: str = ""

    @property
    def sentence(self) -> str:
        """Return the message with its hint; a Sentence if the message is one."""
        if not self.hint:
            return self.message
        return Sentence("%(message)s (%(hint)s)", message=self.message, hint=self.hint)

    @property
    def placed(self) -> str:
        """Return the message with its hint, behind its place in words if it has one."""
        if not self.line:
            return self.sentence
        return Sentence(
            "line %(line)s, column %(column)s: %(mistake)s",
            line=str(self.line),
            column=str(self.column),
            mistake=self.sentence,
        )

    def __str__(self) -> str:
        kind = "" if self.severity == "error" else f"{self.severity}: "
        place = f"{self.line}:{self.column}: " if self.line else ""
        place = f"{self.variable}: " if self.variable else place
        return f"{place}{kind}{self.sentence}"

    def in_file(self, path: str) -> str:
        """Return ``path:line:column: message``; the path alone, or none, where it says no more."""
        if self.variable:
            return str(self)
        return f"{path}:{self}" if self.line else f"{path}: {self}"


class PlacedError(DigestError):
    """Mistakes in a file; ``str`` has one line for each, as ``Mistake.in_file`` returns it."""

    is_misconfigured = True

    def __init__(self, path: str, complaints: Sequence[Mistake]) -> None:
        self.path = path
        self.complaints = tuple(complaints)
        super().__init__("\n".join(complaint.in_file(path) for complaint in self.complaints))


class ConfigError(PlacedError):
    """The operator's configuration cannot be used."""


class ProfileError(PlacedError, ValueError):
    """A profile cannot be used; the last good one stays live."""

    @property
    def words(self) -> str:
        """Return the first mistake with its place, without the file."""
        return self.complaints[0].placed


class SourceError(DigestError):
    """A listing could not be read, so nothing of it may be stored.

    ``retry_after`` is in seconds, if the source named it.  ``is_absent`` means that its address
    holds nothing (yet), which is no fault on a day without a list.
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


#: The SMTP step that failed.  Before ``data`` the server has accepted nothing; at ``dot`` it is
#: unknown whether it has.  ``mail`` is the reply to the sender's address, ``rcpt`` to the
#: subscriber's.
Stage = Literal["connect", "login", "mail", "rcpt", "data", "dot"]


class Meaning(StrEnum):
    """Why a message was not sent, and so what to do next."""

    DOUBT = "doubt"  # the server may have the message: ask the mail log, hold, or send it once more
    RELAY = "relay"  # the server cannot be used now: stop, no message has failed
    LOGIN = "login"  # the server refuses our login or set-up: stop, alert the operator
    SENDER = "sender"  # our own address, domain or reputation is refused: alert the operator
    SLOWER = "slower"  # too many or too fast: rate limit, continue later with everything
    PAUSED = "paused"  # not tried: its domain refused too often, or we are to end: continue later
    LATER = "later"  # a temporary refusal of this message: try again, with back-off
    ADDRESS = "address"  # the address is refused for good: a hard bounce
    MESSAGE = "message"  # this message is refused for good
    BROKEN = "broken"  # the message could not be made, or an internal step beside it failed


#: The set-up is at fault, not a message: none fails for it, and all are sent once it is corrected.
OF_THE_SET_UP = frozenset({Meaning.LOGIN, Meaning.SENDER})

#: No message has failed, and the same may be accepted later.
_PASSING = frozenset({Meaning.RELAY, Meaning.SLOWER, Meaning.PAUSED, Meaning.LATER})


class SendError(DigestError):
    """A message was not sent, or it is uncertain whether it was.

    ``meaning`` is determined once, where the reply was read, and decides all that follows.
    ``stage == "dot"`` means that the server may have accepted the message although no reply came.
    ``code`` is the code of the SMTP reply, if any.  If the set-up is at fault, ``setting`` is the
    name of the setting to check, as the configuration calls it; ``str`` then begins with it.
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
        self.is_misconfigured = meaning in OF_THE_SET_UP
        self.is_passing = meaning in _PASSING
        super().__init__(f"{setting}: {reason}" if setting else reason)

    @property
    def is_permanent(self) -> bool:
        """Return whether another attempt with this message cannot help."""
        return self.meaning in (Meaning.ADDRESS, Meaning.MESSAGE)


class InboxError(DigestError):
    """A mailbox could not be read, or a message not handled; it must be offered again.

    If the set-up is at fault, ``setting`` is the name of the setting; ``str`` begins with it.
    """

    def __init__(self, reason: str, *, setting: str = "") -> None:
        self.reason = reason
        self.setting = setting
        self.is_misconfigured = bool(setting)
        super().__init__(f"{setting}: {reason}" if setting else reason)
