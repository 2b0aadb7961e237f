"""Mails a second through one relay: ours, ours without its outbox, and smtplib."""

from __future__ import annotations

import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace

from digest.app import App
from digest.deliver import OutgoingMessage, SmtpSettings
from digest.deliver.smtp import Smtp
from digest.model import DeliveryState, Issue, Message, Recipient
from digest.pipeline import runs
from digest.store import Store, outbox
from tests.apps import app_of, profile
from tests.factories import TUESDAY, listing, paper
from tests.messages import mail

#: Gets ready for these mails, and gives what hands them over.
Way = Callable[[int, Sequence[Message]], AbstractContextManager[Callable[[], object]]]


def mails(number: int, size: int) -> list[Message]:
    """So many mails of about so many bytes, each to somebody else."""
    line = b"Two papers today, and one more tomorrow, and so on, for many days to come.\r\n"
    body = line * (size // len(line))
    return [
        replace(one, data=one.data + body)
        for one in (mail(n, recipient=f"r{n}@example.org") for n in range(number))
    ]


def rate(way: Way, port: int, owed: Sequence[Message]) -> float:
    """Mails a second, from the first connection to the last answer."""
    with way(port, owed) as send:
        began = time.perf_counter()
        send()
        return len(owed) / (time.perf_counter() - began)


@contextmanager
def by_smtplib(port: int, owed: Sequence[Message]) -> Iterator[Callable[[], object]]:
    """One connection, one mail after the other."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            for one in owed:
                client.sendmail(one.sender, [one.recipient], one.data)

    yield send


def without_outbox(connections: int) -> Way:
    """Our sender alone: nothing is written down."""

    @contextmanager
    def way(port: int, owed: Sequence[Message]) -> Iterator[Callable[[], object]]:
        with closing(_sender(port, connections)) as smtp:
            yield lambda: smtp.send_all(OutgoingMessage(one, int, _raise) for one in owed)

    return way


def with_outbox(connections: int) -> Way:
    """As the service does it: each mail claimed, noted before its dot, and settled."""

    @contextmanager
    def way(port: int, owed: Sequence[Message]) -> Iterator[Callable[[], object]]:
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(Store(f"sqlite:///{folder}/digest.db")) as store,
            closing(_sender(port, connections)) as smtp,
        ):
            app = _owing(store, owed)
            app.sender = smtp
            yield lambda: app.deliverer.deliver_all()
            with store.begin() as tx:
                assert outbox.counts(tx) == {DeliveryState.SENT: len(owed)}

    return way


def _owing(store: Store, owed: Sequence[Message]) -> App:
    """A digest that has made an issue for each of these; its renderer has printed them already."""
    store.migrate()
    subscribers = [profile(f"r{n}", to=one.recipient) for n, one in enumerate(owed)]
    app = app_of(store, *subscribers, listings=[listing()])
    app.source.lay_out("daily", TUESDAY, *map(paper, range(20)))  # type: ignore[attr-defined]
    runs.run(app, list(app.listings.values()), hands_over=False)
    app.renderer = _Printed({one.recipient: one for one in owed})  # type: ignore[assignment]
    return app


@dataclass
class _Printed:
    mails: dict[str, Message]

    def mail(self, issue: Issue, subscriber: Recipient, letterhead: object) -> Message:
        """The one that was made for this subscriber."""
        return self.mails[subscriber.address]


def _sender(port: int, connections: int) -> Smtp:
    return Smtp(SmtpSettings(host="127.0.0.1", port=port, tls="none", connections=connections))


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
