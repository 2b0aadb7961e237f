"""Killed anywhere and run again, a digest ends where one that was not killed ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from digest import pipeline
from digest.app import App
from digest.model import Listing, Mail, Page
from digest.store import Store, Transaction, schema

from .apps import ALICE, BOB, app_of, profile
from .factories import TUESDAY, listing, paper
from .fakes import Newsstand, Postbox, one_by_one


class KilledError(BaseException):
    """The process ends here; nothing may catch this."""


class Fate:
    """Counts the points at which a process may die, and kills it at the one it is told."""

    def __init__(self, at: int = 0) -> None:
        self._at = at
        self.passed: list[str] = []

    def point(self, name: str) -> None:
        """One point of the process."""
        self.passed.append(name)
        if len(self.passed) == self._at:
            raise KilledError(name)


class MortalStore:
    """The store, with a point before and after each transaction and one before its commit."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store = store
        self._fate = fate

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction that may never be."""
        self._fate.point("before a transaction")
        with self._store.begin() as tx:
            yield tx
            self._fate.point("before a commit")
        self._fate.point("after a commit")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class World:
    """What outlives a process: the database, the pages, the mails that went out."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stand = Newsstand()
        self.post = Postbox()
        self.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
        self.stand.lay_out("arxiv", TUESDAY, paper(2), paper(3))

    def app(self, fate: Fate) -> App:
        """A new process."""

        def source(listing: Listing, day: Any) -> Page:
            page = self.stand(listing, day)
            fate.point("after fetching")
            return page

        def send(mail: Mail, *, at_the_dot: Any) -> None:
            fate.point("before sending")
            self.post(mail, at_the_dot=at_the_dot)
            fate.point("after the server took it")

        send.close = lambda: None  # type: ignore[attr-defined]
        send.send_all = partial(one_by_one, send)  # type: ignore[attr-defined]
        return app_of(
            MortalStore(self.store, fate),  # type: ignore[arg-type]
            profile("alice"),
            profile("bob", to=BOB, any="[sparse]"),
            listings=[listing("daily"), listing("arxiv")],
            source=source,
            send=send,
        )

    def run(self, fate: Fate) -> None:
        """One process from start to end."""
        app = self.app(fate)
        pipeline.run(app, list(app.listings.values()))

    def state(self) -> dict[str, list[Any]]:
        """What was remembered, made and owed; without row numbers and counts of attempts."""
        deliveries, issues = schema.deliveries, schema.issues
        people = schema.subscribers
        queries = {
            "seen": select(schema.seen),
            "names": select(schema.identities),
            "papers": select(schema.papers.c.edition),
            "sent": select(people.c.address, schema.sent.c.key).join(
                people, people.c.id == schema.sent.c.subscriber_id
            ),
            "issues": select(people.c.address, issues.c.day, issues.c.content).join(
                people, people.c.id == issues.c.subscriber_id
            ),
            "deliveries": select(people.c.address, deliveries.c.state).join(
                people, people.c.id == deliveries.c.subscriber_id
            ),
        }
        with self.store.begin() as tx:
            return {n: sorted(map(repr, tx.execute(q).all())) for n, q in queries.items()}

    def letters(self) -> set[tuple[str, bytes]]:
        """The different mails that went out."""
        return {(mail.recipient, mail.data) for mail in self.post.mails}


def wiped(store: Store) -> Store:
    """Forget everything."""
    with store.begin() as tx:
        for table in reversed(schema.metadata.sorted_tables):
            tx.execute(table.delete())
    return store


def is_after_the_dot(passed: list[str]) -> bool:
    """Whether a process that died here may have handed over a mail it did not note as sent."""
    since_sending = (
        passed[len(passed) - passed[::-1].index("before sending") :]
        if ("before sending" in passed)
        else []
    )
    settled = (
        "after the server took it" in since_sending and since_sending.count("after a commit") > 1
    )
    return bool(since_sending) and not settled


def test_killed_at_any_point_and_run_again_it_ends_in_the_same_state(store: Store) -> None:
    whole = World(store)
    unharmed = Fate()
    whole.run(unharmed)
    expected, letters = whole.state(), whole.letters()
    assert {recipient for recipient, _ in letters} == {ALICE, BOB}

    for at, name in enumerate(unharmed.passed, start=1):
        world = World(wiped(store))
        with pytest.raises(KilledError):
            world.run(Fate(at))
        world.run(Fate())

        assert world.state() == expected, f"killed {name}, point {at}"
        assert world.letters() == letters, f"killed {name}, point {at}"
        # Only from the dot to the row that says "sent" can nobody know: one mail at most.
        assert len(world.post.mails) - len(letters) <= is_after_the_dot(unharmed.passed[:at])


def test_a_second_death_changes_nothing_either(store: Store) -> None:
    whole = World(store)
    unharmed = Fate()
    whole.run(unharmed)
    expected = whole.state()

    for at in range(1, len(unharmed.passed), 7):
        world = World(wiped(store))
        for death in (at, at // 2 + 1):
            try:
                world.run(Fate(death))
            except KilledError:
                continue
        world.run(Fate())

        assert world.state() == expected
