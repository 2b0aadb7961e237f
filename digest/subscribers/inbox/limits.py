"""What reading one message may cost, so that no message holds up the others.

Counted in bytes that are looked at, not in seconds: the same message has the same fate on every
machine.  All that is read here is read in time that grows as its length does, so a bound on the
count is a bound on the time; ``python -m bench hostile`` measures it.
"""

from __future__ import annotations

from ...errors import InboxError

#: A person's mail is smaller; of a larger one the beginning is enough.
LONGEST = 1 << 20

#: So many parts and so deep; what is beyond is not looked at.
MOST_PARTS, DEEPEST = 200, 12

#: Header fields of one part, and characters of one field.
MOST_FIELDS, LONGEST_FIELD = 500, 16_384

#: Characters of a header field that is taken apart character by character.
LONGEST_LIST = 2_000

#: Bytes of one text that are decoded, lines of it that are read, and characters of a line.
LONGEST_TEXT, MOST_LINES, LONGEST_LINE = 1 << 18, 4_000, 2_000

#: What the most careful reading of an honest message of that length needs, twice.
MOST_WORK = 16 * LONGEST


class UnreadableError(InboxError):
    """A message costs more to read than any honest one: it is set aside, and not tried again."""


class Work:
    """The account of one message: every reader spends from it before it looks at bytes."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self._left = most

    def spend(self, amount: int) -> None:
        """Take from what is left; raises UnreadableError where that is not enough."""
        self._left -= amount
        if self._left < 0:
            raise UnreadableError("it takes more work to read than any message may")
