"""Limit the notices that mail which comes in may cause: in an hour over all, and to each mailbox.

Anybody can write under any sender, so an answer may reach a person who never wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ...access.addresses import mailbox_key
from ...errors import InboxError
from ...store import answers, outbox
from ..requests import NOTICES_A_DAY

if TYPE_CHECKING:
    from ...app import App

#: The outcome where the hour has no notice left: the message waits, and is offered again.
NOT_NOW = "too many letters"


class NotNowError(InboxError):
    """The hour has no notice left: the message is not handled, and must be offered again."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may still be written to one address because of mail that came in."""

    address: str
    #: whether our own server says that the sender is forged
    is_doubted: bool = False
    #: whether the limit of the hour does not hold the notice back; that of the mailbox does
    is_urgent: bool = False

    def refusal(self, app: App) -> str:
        """Return why no notice may be sent; empty where one may."""
        with app.store.begin() as tx:
            since = app.now() - timedelta(hours=24)
            if outbox.notices_since(tx, self.address, since) >= NOTICES_A_DAY:
                return "too many"
            if self.is_doubted and answers.was_doubted(tx, self._mailbox(app), app.now()):
                return "doubted"
            most = 0 if self.is_urgent else app.answers_per_hour
            if most and answers.in_the_last_hour(tx, app.now()) >= most:
                return NOT_NOW
        return ""

    def note(self, app: App) -> None:
        """Count a notice to the address."""
        with app.store.begin() as tx:
            answers.record(tx, self._mailbox(app), app.now(), is_doubted=self.is_doubted)

    def _mailbox(self, app: App) -> str:
        return app.tokens.unguessable_name(f"mailbox {mailbox_key(self.address)}")
