"""The recorder of a run: what was read and which mails were sent; does not change the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from ..deliver import folder
from ..model import Issue, Listing, ListingPage, Paper, Recipient
from ..store import outbox, unread

if TYPE_CHECKING:
    from ..app import App


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """What one subscriber got in one run, and the listed papers that were mailed before."""

    address: str
    issue: Issue | None = None
    #: the name of the mail's file
    file: str = ""
    #: paper and the day on which it was mailed
    again: Sequence[tuple[Paper, date]] = ()


@dataclass
class RunRecorder:
    """A record, over all mornings, of the papers mailed to each subscriber."""

    _listed: set[str] = field(default_factory=set)
    _sent_before: dict[str, list[tuple[Paper, date]]] = field(default_factory=dict)

    def recording(self, app: App) -> App:
        """Return the same app with its reading recorded; forget what an earlier run read."""
        self._listed.clear()

        def read(listing: Listing, day: date) -> ListingPage:
            page = app.source(listing, day)
            if day == app.day:  # earlier days are read again because they may have grown
                self._listed.update(name for paper in page.papers for name in _names(paper))
            return page

        return replace(app, source=read)

    def mails(self, app: App) -> list[ReceivedMail]:
        """Return what each subscriber got on the app's day."""
        with app.store.begin() as tx:
            people = [subscriber for subscriber, _ in unread.subscribers(tx)]
            issues = [outbox.issue(tx, subscriber, app.day) for subscriber in people]
        return [self._mail(app, *pair) for pair in zip(people, issues, strict=True)]

    def _mail(self, app: App, subscriber: Recipient, issue: Issue | None) -> ReceivedMail:
        sent_before = self._sent_before.setdefault(subscriber.address, [])
        again = [(paper, day) for paper, day in sent_before if self._listed & _names(paper)]
        if issue is None:
            return ReceivedMail(subscriber.address, again=again)
        sent_before += [(paper, issue.day) for paper in issue.papers]
        # Rendering an issue again yields the same mail, and so the name of its file.
        mail = app.renderer.mail(issue, subscriber, app.letterhead)
        return ReceivedMail(subscriber.address, issue, folder.name(mail), again)


def _names(paper: Paper) -> set[str]:
    return {paper.key, *paper.aliases}
