"""Read a message: its sender, the lines they wrote, and whether a program wrote it.

Reads hostile bytes in bounded time and raises nothing but UnreadableError; fields that cannot be
understood are empty.
"""

from __future__ import annotations

from dataclasses import dataclass

from .automatic import automatic
from .headers import address_in
from .limits import MAX_MESSAGE_SIZE, Work
from .mime import Part, parse
from .reply_text import own_lines, seen
from .reports import Returned, returned

__all__ = ["MAX_MESSAGE_SIZE", "Incoming", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message taken apart."""

    message: Part
    sender: str = ""
    id: str = ""
    #: the Message-IDs that it says it replies to, a few of them
    answers: tuple[str, ...] = ()
    subject: str = ""
    #: the writer's own lines, without what they quoted
    lines: tuple[str, ...] = ()
    #: the kind of program that wrote it, or that it went to a list: never answered
    automatic: str = ""
    #: what it reports about a mail of ours that came back or caused a complaint
    report: Returned | None = None


def read(data: bytes) -> Incoming:
    """Read a message; raises UnreadableError where that costs more than any mail may."""
    work = Work()
    message = parse(data, work)
    report = returned(message, work)
    return Incoming(
        message=message,
        sender=address_in(message.raw("From")),
        id=seen(message.raw("Message-ID")),
        answers=_answered(message),
        subject=seen(message.header("Subject")),
        lines=() if report and not report.is_doubtful else tuple(own_lines(message, work)),
        automatic=automatic(message, work),
        report=report,
    )


#: How many Message-IDs of a mail are looked up, and how long one may be.
_MOST_ANSWERED, _LONGEST_ID = 8, 250


def _answered(message: Part) -> tuple[str, ...]:
    """Return the Message-IDs in the fields of a reply: the one replied to, and the last others."""
    named = [
        id
        for field in ("In-Reply-To", "References")
        for id in message.raw(field).split()[-_MOST_ANSWERED:]
    ]
    return tuple(id for id in named if id[:1] + id[-1:] == "<>" and len(id) <= _LONGEST_ID)
