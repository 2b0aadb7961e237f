"""One mail to be printed: whose issue, on whose letterhead, and what of it is one reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from ..model import Issue, Recipient
from . import placeholders
from .letterhead import Letterhead, Links
from .placeholders import Fragment
from .sanitize import short, untagged

#: A reader's own values in the order of ``blanks.NAMES``, for the HTML part and for the text part.
Values = tuple[Sequence[Fragment], Sequence[Fragment]]

_NOTHING = Fragment("", b"")


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """All that decides a mail's bytes; ``links`` are checked."""

    issue: Issue
    subscriber: Recipient
    letterhead: Letterhead
    links: Links
    #: how many papers the reader is told of, each counted once
    matched: int
    #: how many of them had no room in the issue before
    held: int
    #: the first three titles, as stored
    titles: tuple[str, ...]
    subject: str

    def blank(self, name: str) -> str:
        """What a shared piece holds in place of one of this reader's own values."""
        return placeholders.blank(name, self._value(name))

    def values(self) -> Values:
        """All of this reader's own values, ready for both parts."""
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


def _both(value: str) -> tuple[Fragment, Fragment]:
    if not value:
        return _NOTHING, _NOTHING
    marked, bare = str(escape(value)), untagged(value)
    html = Fragment(marked, placeholders.soft_ended(marked))
    return html, html if marked == bare else Fragment(bare, placeholders.soft_ended(bare))
