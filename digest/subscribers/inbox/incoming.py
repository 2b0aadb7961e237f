"""A message as it came: who says they wrote it, in which words, and whether a program did.

Reads hostile bytes in bounded time and raises nothing but UnreadableError; what cannot be
understood is empty.
"""

from __future__ import annotations

from dataclasses import dataclass

from .automatic import automatic
from .headers import address_in
from .limits import LONGEST, Work
from .mime import Part, parse
from .reports import Returned, returned
from .writing import own_lines, seen

__all__ = ["LONGEST", "Incoming", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message taken apart."""

    message: Part
    sender: str = ""
    id: str = ""
    subject: str = ""
    #: what the writer wrote, line by line, without what they quoted
    lines: tuple[str, ...] = ()
    #: which kind of program wrote it, or that it went to a list: never to be answered
    automatic: str = ""
    #: what it says of a mail that came back, or was complained of
    report: Returned | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether a program wrote it."""
        return bool(self.automatic)


def read(data: bytes) -> Incoming:
    """Take a message apart; raises UnreadableError where that costs more than any mail may."""
    work = Work()
    message = parse(data, work)
    report = returned(message, work)
    return Incoming(
        message=message,
        sender=address_in(message.raw("From")),
        id=seen(message.raw("Message-ID")),
        subject=seen(message.header("Subject")),
        lines=() if report else tuple(own_lines(message, work)),
        automatic=automatic(message, work),
        report=report,
    )
