"""A day of an earlier commit, for ``python -m bench scale --against``: the code as it was then.

Run in a copy of that commit, whose modules have other names than ours: what is imported here is
there and not in this tree.  The first line of the input is what to measure, as JSON: papers as
dictionaries, texts of profiles, how many papers each matches in our tree, how many profiles to take
of those that match as many here, but for three, the database's address and when it is.  The places
of those that are taken are the first line of the output.  Each further line of the input is a step,
which is answered by a line of JSON: seconds of CPU, or what the mails bring.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from digest.diff import diff
from digest.handover import deliver_all
from digest.issue import Desk
from digest.library import Library
from digest.profile import parse

from digest import compose as composing
from digest.model import (
    Arrival,
    Change,
    Kind,
    Listing,
    Paper,
    Reader,
    Snapshot,
    Subscriber,
    Unread,
    Verdict,
)
from digest.store import Store, outbox, schema, shelf
from tests.apps import app_of
from tests.fakes import Clock
from tests.issues import WITH_PAGES


class _Relay:
    """A relay that takes every mail and keeps none."""

    mails = bytes = 0

    def send_all(self, handovers: Any) -> None:
        for each in handovers:
            each.at_the_dot()
            self.mails += 1
            self.bytes += len(each.mail.data)
            each.settle(None)


def main() -> None:
    """Answer the steps."""
    what = json.loads(sys.stdin.readline())
    store, relay, now = Store(what["database"]), _Relay(), datetime.fromisoformat(what["now"])
    store.migrate()
    app = app_of(
        store,
        listings=[Listing(name="arxiv", kind="arxiv")],
        send=relay,
        now=Clock(now),
        letterhead=WITH_PAGES,
    )
    papers = [_paper(each) for each in what["papers"]]
    desks: list[Desk] = []
    counted = zip(what["texts"], what["matched"], strict=True)
    alike = (
        n
        for n, (text, most) in enumerate(counted)
        if abs(_matched(text, desks, papers) - most) <= 3
    )
    taken = list(islice(alike, what["number"]))
    print(json.dumps(taken), flush=True)
    _sign_up(store, [what["texts"][place] for place in taken], now)
    config: Any = SimpleNamespace(profiles=Path("/nowhere"), listings=["arxiv"], timezone="UTC")
    app.library = Library(config, store)
    app.library.read()
    gc.collect()
    gc.freeze()  # as in this tree
    steps = {
        "compose": lambda: composing.compose(app, composing.due_batches(app)),
        "deliver": lambda: deliver_all(app),
    }
    with store.alone():
        composing.enrol(app)
        _collect(app, papers)
        for line in sys.stdin:
            step = line.strip()
            answer = _cpu(steps[step]) if step in steps else _content(app, relay)
            print(json.dumps(answer), flush=True)


def _paper(kept: dict[str, Any]) -> Paper:
    kept = {name: tuple(each) if isinstance(each, list) else each for name, each in kept.items()}
    return Paper(**{**kept, "published": date.fromisoformat(kept["published"])})


def _matched(text: str, desks: list[Desk], papers: list[Paper]) -> int:
    """Return how many of the papers a profile matches; ``desks`` keeps them indexed."""
    who = Subscriber(id=1, address="reader@example.org")
    reader = Reader(subscriber=who, profiles=(parse(text, "it.yaml"),), day=date(2025, 3, 12))
    arrivals = tuple(Arrival(Change(Kind.NEW, each), "arxiv", 1) for each in papers)
    unread = Unread(readers=(reader,), arrivals=arrivals, snapshots=(), upto=1)
    desks[:] = [desks[0].turned_to(unread) if desks else Desk(unread)]
    return desks[0].issue(reader, datetime(2025, 3, 12)).matched  # noqa: DTZ001


def _sign_up(store: Store, texts: list[str], now: datetime) -> None:
    with store.begin() as tx:
        for id, text in enumerate(texts, 1):
            address = f"reader{id}@example.org"
            tx.execute(
                schema.subscribers.insert().values(
                    id=id,
                    address=address,
                    folded=address,
                    confirmed_at=now - timedelta(days=300),
                    last_day=now.date() - timedelta(days=1),
                )
            )
            row = {"slug": f"~{id}.1", "path": "", "text": text, "subscriber_id": id}
            tx.execute(schema.profiles.insert().values(row))


def _collect(app: Any, papers: list[Paper]) -> None:
    snapshot = Snapshot(
        listing="arxiv",
        day=app.day,
        taken_at=app.now(),
        verdict=Verdict.FRESH,
        entries=len(papers),
        new=len(papers),
    )
    with app.store.begin() as tx:
        pairs = shelf.pair_with_seen(tx, "arxiv", papers)
        shelf.keep(tx, snapshot, pairs, diff(pairs))


def _content(app: Any, relay: _Relay) -> dict[str, Any]:
    """Return what the mails bring, by those of the first subscribers."""
    spans, number = [], min(relay.mails, 300)
    for id in range(1, number + 1):
        with app.store.begin() as tx:
            parcel = outbox.parcel(tx, id)
        spans += app.press.layout(parcel.content, parcel.subscriber, app.letterhead).spans
    return {
        "mails": relay.mails,
        "whole papers": sum(len(span.whole) for span in spans) / number,
        "titles": sum(len(span.named) for span in spans) / number,
        "kB": relay.bytes / relay.mails / 1e3,
    }


def _cpu(step: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    step()
    return time.process_time() - started


if __name__ == "__main__":
    main()
