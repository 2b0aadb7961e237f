"""One mail to render: issue, letterhead, and the values that belong to one subscriber only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model import Issue, Recipient
from . import placeholders
from .letterhead import Letterhead, Links
from .mail_template import escaped
from .sanitize import short, untagged

#: A subscriber's own values in the order of ``placeholders.NAMES``, encoded: for the HTML part, for
#: the text part.
Values = tuple[Sequence[bytes], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """Everything that decides a mail's bytes; ``links`` are already checked."""

    issue: Issue
    subscriber: Recipient
    letterhead: Letterhead
    links: Links
    #: number of papers in the issue, each counted once
    matched: int
    #: number of them that did not fit into the previous issue
    held: int
    #: the first three titles, as stored
    titles: tuple[str, ...]
    subject: str

    def blank(self, name: str) -> str:
        """Return the placeholder that a shared piece holds for one of the subscriber's values."""
        return placeholders.placeholder(name, self._value(name))

    def values(self) -> Values:
        """Return the subscriber's own values, encoded for both parts."""
        html, text = [], []
        for name in placeholders.NAMES:
            marked, bare = _both(self._value(name))
            html.append(marked)
            text.append(bare)
        return html, text

    def _value(self, name: str) -> str:
        if name == "address":
            return short(self.subscriber.address, 120)
        return str(getattr(self.links, name))


def _both(value: str) -> tuple[bytes, bytes]:
    if not value:
        return b"", b""
    marked, bare = escaped(value), untagged(value)
    html = placeholders.soft_ended(marked)
    return html, html if marked == bare else placeholders.soft_ended(bare)
