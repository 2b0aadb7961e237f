"""Limit what reading one message may cost, so that no message delays the others.

The cost is counted in bytes that are looked at, not in seconds: the same message has the same
result on every machine.  All code here reads in time that grows linearly with the length, so a
limit on the count is a limit on the time; ``python -m bench hostile`` measures it.
"""

from __future__ import annotations

from ...errors import InboxError

#: A person's mail is smaller; of a larger one only the beginning is read.
MAX_MESSAGE_SIZE = 1 << 20

#: Parts of a message, and how deep they may be nested; further ones are ignored.
MAX_PARTS, MAX_DEPTH = 200, 12

#: Header fields of one part, and characters of one field.
MAX_FIELDS, MAX_FIELD_LENGTH = 500, 16_384

#: Characters of a header field that is read character by character.
MAX_LIST_LENGTH = 2_000

#: Bytes of a text that are decoded, lines of it that are read, and characters of a line.
MAX_TEXT_LENGTH, MAX_LINES, MAX_LINE_LENGTH = 1 << 18, 4_000, 2_000

#: Twice what the costliest honest message of that length needs.
MAX_WORK = 16 * MAX_MESSAGE_SIZE


class UnreadableError(InboxError):
    """A message costs more to read than any honest one: it is set aside and not tried again."""


class Work:
    """The work left for one message; each function spends from it before it looks at bytes."""

    def __init__(self, most: int = MAX_WORK) -> None:
        self._left = most

    def spend(self, amount: int) -> None:
        """Subtract from the work that is left; raises UnreadableError where that is not enough."""
        self._left -= amount
        if self._left < 0:
            raise UnreadableError("it takes more work to read than any message may")
