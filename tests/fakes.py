"""Small real stand-ins at the points where digest may be extended: a source, a sender, a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from functools import lru_cache

from digest.deliver import OutgoingMessage
from digest.deliver.replies import Reply, refusal
from digest.errors import Meaning, SendError, SourceError, Stage
from digest.model import Listing, ListingPage, Message, Paper

from .wire import assert_gate, parsed


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def forward(self, **span: float) -> None:
        """Move by days, hours, minutes."""
        self._now += timedelta(**span)


class Newsstand:
    """A source of the pages that are laid out on it, per listing and day."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, date], ListingPage | SourceError] = {}
        self.asked: list[tuple[str, date]] = []

    def lay_out(self, listing: str, day: date, *papers: Paper) -> None:
        """Put a page of these papers there."""
        self.pages[listing, day] = ListingPage(papers, entries=len(papers), batch=day)

    def put(self, listing: str, day: date, page: ListingPage) -> None:
        """Put this page there."""
        self.pages[listing, day] = page

    def break_down(self, listing: str, day: date, reason: str = "no answer") -> None:
        """Let it fail."""
        self.pages[listing, day] = SourceError(listing, reason)

    def __call__(self, listing: Listing, day: date) -> ListingPage:
        self.asked.append((listing.name, day))
        page = self.pages.get((listing.name, day), SourceError(listing.name, "no such page"))
        if isinstance(page, SourceError):
            raise page
        return page


def one_by_one(send: Callable[..., None], messages: Iterable[OutgoingMessage]) -> None:
    """Hand over many mails by a function that takes one."""
    for message in messages:
        try:
            send(message.mail, before_dot=message.before_dot)
        except Exception as error:
            message.settle(error)
            if isinstance(error, SendError) and error.stage in ("connect", "login"):
                raise
        else:
            message.settle(None)


def refused(said: str, stage: Stage = "rcpt") -> SendError:
    """What a server's answer to a command makes of a mail, as in ``550 5.1.1 no such user``."""
    code, _, text = said.partition(" ")
    return refusal(Reply(int(code), text), stage)


#: The relay cannot be reached; it took a mail, perhaps, and no answer came.
AWAY = SendError("connection refused", Meaning.RELAY)
LOST = SendError("the connection broke", Meaning.DOUBT, stage="dot")


class Postbox:
    """A sender that keeps the mails, and fails when it is told to."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.tried = 0
        self._failures: list[tuple[SendError, bool]] = []

    def fail_next(self, error: SendError, *, but_take_it: bool = False) -> None:
        """Refuse the next mail, or take it and answer nothing sensible."""
        self._failures.append((error, but_take_it))

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        self.tried += 1
        assert_gate(mail.data)
        error, is_taken = self._failures.pop(0) if self._failures else (None, True)
        if error is None or error.stage == "dot":
            before_dot()
        if is_taken:
            self.mails.append(mail)
        if error is not None:
            raise error

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """One after the other, until there is no way to the relay."""
        one_by_one(self, messages)

    def close(self) -> None:
        """Nothing is open."""

    def to(self, address: str) -> list[EmailMessage]:
        """The messages that this address has got, parsed."""
        return [parsed(mail.data) for mail in self.mails if mail.recipient == address]

    def text_to(self, address: str) -> str:
        """All that this address can read."""
        return " ".join(self.texts_to(address))

    def texts_to(self, address: str) -> list[str]:
        """The text of each mail as one line, without the marks around matched words."""
        texts = (_text_of(mail.data) for mail in self.mails if mail.recipient == address)
        return [text for text in texts if text is not None]


@lru_cache(500)
def _text_of(data: bytes) -> str | None:
    part = parsed(data).get_body(("plain",))
    return None if part is None else " ".join(part.get_content().replace("*", "").split())
