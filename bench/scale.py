"""``python -m bench scale``: CPU of a subscriber, step by step, each with a profile of their own.

One process, one day of papers, a store in a file and a relay that takes every mail at once: what is
left is our own work.  ``print`` is rendering alone, of mails that were claimed already, again; the
same code runs inside ``deliver``.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from digest.app import App
from digest.deliver import OutgoingMessage
from digest.listings.diff import diff
from digest.model import Listing, Snapshot, Verdict
from digest.render import MailRenderer
from digest.resources import templates_folder
from digest.store import Store, outbox, papers
from tests.apps import app_of
from tests.fakes import Clock
from tests.golden_issues import MADE_AT, WITH_PAGES

from . import _distinct


class _Relay:
    """A relay that takes every mail and keeps none."""

    def __init__(self) -> None:
        self.mails = self.bytes = 0

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        for message in messages:
            message.before_dot()
            self.mails += 1
            self.bytes += len(message.mail.data)
            message.settle(None)

    def close(self) -> None:
        """Nothing is open."""


def main(argv: Sequence[str]) -> int:
    """Print the CPU of each step for each number of subscribers."""
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--database", help="an empty database of PostgreSQL; else SQLite")
    options = parser.parse_args(argv)
    print("subscribers   enrol  compose  deliver    print   ms of CPU each;  mails   kB each")
    for number in options.subscribers:
        with tempfile.TemporaryDirectory() as folder:
            _measure(number, options.database or f"sqlite:///{folder}/digest.db")
    return 0


def _measure(number: int, database: str) -> None:
    store, relay = Store(database), _Relay()
    store.migrate()
    app = _app(store, relay, number)
    composer, deliverer = app.composer, app.deliverer
    with store.work():
        enrol = _cpu(composer.enrol)
        _collect(app)
        compose = _cpu(lambda: composer.compose(composer.due_batches()))
        deliver = _cpu(deliverer.deliver_all)
    print_ = _printed(app, min(relay.mails, 300))
    each = [step / number * 1e3 for step in (enrol, compose, deliver)]
    print(f"{number:11,}", *(f"{step:8.2f}" for step in (*each, print_ * 1e3)), end="")
    print(f"{relay.mails:24,} {relay.bytes / max(relay.mails, 1) / 1e3:9.1f}")
    store.close()


def _app(store: Store, relay: _Relay, number: int) -> App:
    days = _distinct.papers()
    named = [
        replace(profile, to=(f"reader{place}@example.org",))
        for place, profile in enumerate(islice(_distinct.profiles(days), number))
    ]
    listing = Listing(name="arxiv", kind="arxiv")
    edges = {"sender": relay, "now": Clock(MADE_AT), "letterhead": WITH_PAGES}
    return app_of(store, *named, listings=[listing], **edges)


def _collect(app: App) -> None:
    """Store a day's papers as one reading of a listing."""
    day = _distinct.papers()
    snapshot = Snapshot(
        listing="arxiv",
        day=app.day,
        taken_at=MADE_AT,
        verdict=Verdict.FRESH,
        entries=len(day),
        new=len(day),
    )
    with app.store.begin() as tx:
        pairs = papers.pair_with_seen(tx, "arxiv", day)
        papers.store_collection(tx, snapshot, pairs, diff(pairs))


def _printed(app: App, number: int) -> float:
    """Return the seconds that rendering one mail takes, by a renderer that has not seen it."""
    deliverer = replace(app.deliverer, renderer=MailRenderer([templates_folder()]))
    with app.store.begin() as tx:
        claimed = [outbox.read_delivery(tx, id) for id in range(1, number + 1)]
    return _cpu(lambda: [deliverer.message_with_path(each) for each in claimed]) / number


def _cpu(step: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    step()
    return time.process_time() - started
