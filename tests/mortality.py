"""A digest that dies at a point it is told, and what is left of the world then.

A process here is an ``App`` made anew: what it held in memory is gone, as after ``kill -9``.  The
database, the pages and the mail server outlive it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import false, select, update

from digest.app import App
from digest.model import Listing, ListingPage, Message
from digest.pipeline import runs
from digest.store import Store, Transaction, leases, privacy, schema, turn

from .apps import app_of, profile
from .factories import EIGHT, TUESDAY, listing, paper
from .fakes import Clock, Newsstand, Postbox, one_by_one
from .messages import smtp
from .servers import scripted


class KilledError(BaseException):
    """The process ends here; nothing may catch this."""


class Fate:
    """Counts the points at which a process may die, and kills it at the one it is told."""

    def __init__(self, at: int = 0) -> None:
        self._at = at
        self._lock = threading.Lock()
        self.passed: list[str] = []
        #: called at each point; for who wants to see what the world is like there
        self.look: Callable[[str], object] = str

    def point(self, name: str) -> None:
        """One point of the process; whoever comes here after its death is dead, too."""
        with self._lock:
            self.passed.append(name)
            is_dead = 0 < self._at <= len(self.passed)
        if is_dead:
            raise KilledError(name)
        self.look(name)


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


def end_leases(tx: Transaction) -> None:
    """Let every lease be over, as when so much time has passed by the database's clock."""
    for table in leases.TABLES:
        tx.execute(update(table).values(leased_until=leases.clock(tx)))


class World:
    """What outlives a process: the database, the pages, the mails that went out."""

    subscribers = 2

    def __init__(self, store: Store, in_doubt: str = "resend") -> None:
        self.store = store
        self.in_doubt = in_doubt
        self.clock = Clock(EIGHT)
        self.stand = Newsstand()
        self.post = Postbox()
        self.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
        self.stand.lay_out("arxiv", TUESDAY, paper(2), paper(3))

    def taken(self) -> Counter[bytes]:
        """The mails that went out, as the mail server saw them, and how often."""
        return Counter(mail.data for mail in self.post.mails)

    @contextmanager
    def sender(self, fate: Fate) -> Iterator[Any]:
        """The way out that a process has."""

        def send(mail: Message, *, before_dot: Any) -> None:
            fate.point("before sending")
            self.post(mail, before_dot=before_dot)
            fate.point("after the server took it")

        send.send_all = partial(one_by_one, send)  # type: ignore[attr-defined]
        yield send

    def run(self, fate: Fate) -> None:
        """One process from start to end."""
        with self.sender(fate) as send:
            app = self._app(fate, send)
            runs.run(app, list(app.listings.values()))

    def settle_down(self) -> None:
        """Run processes that nobody kills until nothing is left to do."""
        self.run(Fate())
        if self.at_the_dot():
            # The mail server's log is not believed before the lease has run out.
            with self.store.begin() as tx:
                end_leases(tx)
            self.run(Fate())

    def _app(self, fate: Fate, send: Any) -> App:
        def source(listing: Listing, day: Any) -> ListingPage:
            page = self.stand(listing, day)
            fate.point("after fetching")
            return page

        subscribers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(self.subscribers)]
        return app_of(
            MortalStore(self.store, fate),  # type: ignore[arg-type]
            *subscribers,
            listings=[listing("daily"), listing("arxiv")],
            source=source,
            sender=send,
            now=self.clock,
            in_doubt=self.in_doubt,
            was_sent=self.was_sent,
        )

    def was_sent(self, message_id: str) -> bool:
        """What the mail server's log says."""
        return any(f"Message-ID: {message_id}".encode() in data for data in self.taken())

    def at_the_dot(self) -> int:
        """How many mails may be out although nobody wrote down that they are."""
        table = schema.deliveries
        with self.store.begin() as tx:
            return len(tx.execute(select(table.c.id).where(table.c.state == "data_sent")).all())

    def undecided(self) -> int:
        """How many mails wait for a person, and have not gone out."""
        table = schema.deliveries
        query = select(table.c.message_id).where(table.c.state == "in_doubt")
        with self.store.begin() as tx:
            return sum(not self.was_sent(id) for id in tx.execute(query).scalars())

    def state(self) -> dict[str, list[Any]]:
        """What was remembered, made and owed; without row numbers and counts of attempts."""
        deliveries, people = schema.deliveries, schema.subscribers
        queries = {
            "seen": select(schema.seen_papers),
            "names": select(schema.work_names),
            "papers": select(schema.papers.c.edition),
            "deliveries": select(people.c.address, deliveries.c.state).join(
                people, people.c.id == deliveries.c.subscriber_id
            ),
        }
        with self.store.begin() as tx:
            found: dict[str, list[Any]] = {"sent": [], "issues": []}
            found |= {n: list(tx.execute(query).all()) for n, query in queries.items()}
            for id, address in tx.execute(select(people.c.id, people.c.address)).all():
                theirs = privacy.export(tx, id)
                found["sent"] += [(address, each["key"]) for each in theirs["sent"]]
                found["issues"] += [(address, i["day"], i["content"]) for i in theirs["issues"]]
            return {n: sorted(map(repr, rows)) for n, rows in found.items()}

    def everything(self) -> str:
        """All that outlives a process, as one text."""
        with self.store.begin() as tx:
            rows = [tx.execute(select(table)).all() for table in schema.metadata.sorted_tables]
        return repr((rows, sorted(self.taken().items())))


class Sessions(World):
    """The same, with a real server and several connections to it at once."""

    subscribers = 4

    def __init__(self, store: Store, in_doubt: str = "resend") -> None:
        super().__init__(store, in_doubt)
        self.accepted: Counter[bytes] = Counter()

    def taken(self) -> Counter[bytes]:
        """What the server said yes to."""
        return self.accepted

    @contextmanager
    def sender(self, fate: Fate) -> Iterator[Any]:
        """Connections of its own, and a server that stops with the process."""
        server = None
        try:
            with scripted(extensions=["PIPELINING"]) as server:
                with smtp(server.port, connections=3) as send:
                    yield send
        finally:
            if server:
                self.accepted.update(server.taken)


@dataclass
class Death:
    """One that a process died, and what came of it."""

    #: which point it was
    place: str
    world: World
    at_the_dot: int


def wiped(store: Store) -> Store:
    """Forget everything but how many turns were taken, or it would look like an older copy."""
    settings = schema.settings
    with store.begin() as tx:
        for table in reversed(schema.metadata.sorted_tables):
            is_kept = settings.c.name == turn.NUMBER if table is settings else false()
            tx.execute(table.delete().where(~is_kept))
    return store


def all_points(world: World) -> list[int]:
    """Every point that a process passes which nobody kills."""
    fate = Fate()
    world.run(fate)
    return list(range(1, len(fate.passed) + 1))


def new_points(world: World) -> list[int]:
    """Those at which something has changed since the point before.

    Nothing of a process outlives it but the world: who dies at a point where the world is as it was
    at the one before leaves what was tried there.
    """
    fate, before, found = Fate(), "", [1]

    def look(name: str) -> None:
        nonlocal before
        # What has not been committed is nothing, and a database in use is not to be asked.
        if name in ("after a commit", "after the server took it"):
            now = world.everything()
            if now != before:
                found.append(len(fate.passed))
            before = now

    fate.look = look
    world.run(fate)
    return found


def deaths(make: Callable[[], World], points: Sequence[int]) -> Iterator[Death]:
    """In a new world for each point: kill a process there, and let another one come to its end."""
    for at in points:
        world = make()
        try:
            world.run(Fate(at))
        except KilledError as error:
            before_dot = world.at_the_dot()
            world.settle_down()
            yield Death(f"killed {error}, point {at}", world, before_dot)
