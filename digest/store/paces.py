"""Paces: when a source's hosts may be asked again, or a relay be handed the next message.

Also for how long a relay is left alone that refuses everything, and its connections.  One row for
all processes on a database, read and taken in one statement on the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, TextClause, bindparam, text

from ..errors import Meaning, SendError
from . import jobs
from .faults import StoreError

if TYPE_CHECKING:
    from . import Store

#: For how many seconds a request has its hosts for itself, unless it ends before: longer than any
#: takes.  What a process that died had is free after that.
LONGEST_REQUEST = 60.0

#: Seconds after which one that waits for a relay looks whether its process is to end.
LONGEST_LOOK = 1.0

_SECONDS = {
    "postgresql": "extract(epoch FROM clock_timestamp())",
    "sqlite": "(julianday('now') - 2440587.5) * 86400.0",
}

# One that is further away than any pace was taken before the database's clock was set back.
_TAKE = """
    INSERT INTO paces (name, free_at) VALUES (:name, {now} + :gap)
    ON CONFLICT (name) DO UPDATE SET free_at = {now} + :gap
    WHERE paces.free_at <= {now} OR paces.free_at > {now} + :longest
    RETURNING free_at
"""
_LEFT = "SELECT free_at - {now} FROM paces WHERE name = :name"
_PAUSE = """
    INSERT INTO paces (name, free_at) VALUES (:name, {now} + :gap)
    ON CONFLICT (name) DO UPDATE SET free_at = {now} + :gap
"""
_PAUSED = """
    SELECT name FROM paces WHERE name IN :names AND free_at > {now} AND free_at <= {now} + :gap
"""
_END = "UPDATE paces SET free_at = {now} + :gap WHERE name = :name"


@cache
def _statement(words: str, dialect: str) -> TextClause:
    return text(words.format(now=_SECONDS[dialect]))


def take(tx: Connection, name: str, gap: float) -> float:
    """Take the next turn if it has come; the one after it comes ``gap`` seconds later.

    Return 0, or the seconds until it may come, and then nothing is taken.
    """
    dialect, longest = tx.dialect.name, max(gap, LONGEST_REQUEST)
    values = {"name": name, "gap": gap, "longest": longest}
    if tx.execute(_statement(_TAKE, dialect), values).first() is not None:
        return 0
    left = tx.execute(_statement(_LEFT, dialect), {"name": name}).scalar_one()
    return max(float(left), 0.001)


def end(tx: Connection, name: str, gap: float) -> None:
    """Let the next turn come ``gap`` seconds from now, because what this one was for has ended."""
    tx.execute(_statement(_END, tx.dialect.name), {"name": name, "gap": gap})


#: For how many seconds all processes leave a relay alone that refused every message.
LONGEST_PAUSE = 300.0

_PAUSE_OF = "{}: left alone"


def pause(tx: Connection, account: str) -> None:
    """Let all processes leave a relay alone that is down, or refuses every message of ours."""
    values = {"name": _PAUSE_OF.format(account), "gap": LONGEST_PAUSE}
    tx.execute(_statement(_PAUSE, tx.dialect.name), values)


def paused(tx: Connection, accounts: Collection[str]) -> set[str]:
    """Return those of the relays that are left alone now."""
    names = {_PAUSE_OF.format(each): each for each in accounts}
    query = _statement(_PAUSED, tx.dialect.name).bindparams(bindparam("names", expanding=True))
    found = tx.execute(query, {"names": list(names), "gap": LONGEST_PAUSE}).scalars()
    return {names[each] for each in found}


@dataclass(frozen=True, slots=True)
class StoredPace:
    """The rate limit of hosts that all processes on a database share.

    Also one request at a time: the next turn comes ``gap`` seconds after the end of this one's.
    """

    store: Store

    def take(self, group: str, gap: float) -> float:
        """Take the turn if it has come, and return 0; or return the seconds until it may come."""
        self.store.note_move()
        with self.store.begin() as tx:
            return take(tx, group, max(gap, LONGEST_REQUEST))

    def end(self, group: str, gap: float) -> None:
        """End the request that the turn was taken for."""
        with suppress(StoreError), self.store.begin() as tx:
            end(tx, group, gap)


@dataclass(frozen=True, slots=True)
class StoredTurns:
    """The turns of a relay's messages, which all processes on a database share."""

    store: Store
    #: of the relay's account
    name: str
    #: whether this process is to end
    is_over: Callable[[], bool] = bool

    def __call__(self, gap: float) -> float:
        """Take the turn if it has come, and return 0; or return the seconds until the next look.

        Raises SendError if this process is to end: a turn may be a minute away.
        """
        _go_on(self.store, self.is_over)
        with self.store.begin() as tx:
            return min(take(tx, self.name, gap), LONGEST_LOOK)


@dataclass(frozen=True, slots=True)
class StoredSlots:
    """The connections to a relay that all processes on a database may have open together.

    Each is a job: one of a process that died is free for the others.
    """

    store: Store
    #: of the relay's account
    name: str
    #: how many there are
    number: int
    #: whether this process is to end
    is_over: Callable[[], bool] = bool

    @contextmanager
    def __call__(self) -> Iterator[bool]:
        """Have one of them during the block, if one is free; yield whether it was.

        Raises SendError if this process is to end.
        """
        _go_on(self.store, self.is_over)
        names = [f"{self.name} connection {each}" for each in range(self.number)]
        with jobs.held(self.store, names, most=1) as ours:
            yield bool(ours)


def _go_on(store: Store, is_over: Callable[[], bool]) -> None:
    """Note that waiting is a move; raises SendError if this process is to end."""
    if is_over():
        reason = "this process ends; what waits for its turn goes with a later one"
        raise SendError(reason, Meaning.PAUSED)
    store.note_move()
