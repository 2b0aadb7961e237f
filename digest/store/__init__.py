"""Every SQL statement, and nothing that decides.

``Store`` opens the database and gives out transactions; the statements are functions of one:
``papers`` (and what was seen), ``unread`` (how far each subscriber has read), ``outbox`` (issues,
mails).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from .engine import (
    BusyError,
    OutOfReachError,
    StoreError,
    alone,
    copied_to_memory,
    migrate,
    open_engine,
)
from .faults import reached
from .file import File, file_of
from .turn import LostError, Mark, ReplacedError, Turn, count, mark_of, replaced, turn_of

if TYPE_CHECKING:
    from .server import Hindrance

__all__ = [
    "BusyError",
    "DryRunStore",
    "LostError",
    "NestedStore",
    "OutOfReachError",
    "ReplacedError",
    "Store",
    "StoreError",
    "Transaction",
    "file_of",
]

Transaction = Connection


class Store:
    """One database.  Safe to share between threads; a transaction is not."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        # SQLite has one writer at a time, and whoever finds it taken sleeps for longer and longer;
        # threads of one process can be told the moment it is free.
        self._turn = threading.Lock() if self.dialect == "sqlite" else nullcontext()
        self._file = File(path) if (path := file_of(url)) else None
        # Whose turn it is while this process has it, and what it counted last.
        self._held: Turn | None = None
        self._mark: Mark | None = None

    def migrate(self) -> None:
        """Bring the schema up to date, and notice a copy that was put back; raises StoreError."""
        if self._file:
            self._file.prepare()
        self._look()
        migrate(self._engine)
        self._look()
        self._mind_the_home()

    def _mind_the_home(self) -> None:
        from .backup import mind_the_home

        if self.dialect == "postgresql":
            with self.begin() as tx:
                mind_the_home(tx)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A transaction: committed at the end of the block, rolled back if the block raises."""
        with reached(self._engine.url), self._turn:
            self._look()
            with self._engine.begin() as tx:
                yield tx

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the place at which runs take turns; raises BusyError where it is taken.

        Raises ReplacedError where the database is not the one that this process had before.  One
        that is not what the last process had is treated as a copy that was put back.
        """
        with alone(self._engine) as held:
            turn = turn_of(held)
            with self.begin() as tx:
                self._mark = self._counted(tx, turn)
            # What the lock's file remembers must outlive a power cut in the database, too.
            self._checkpoint("PASSIVE")
            turn.remember(self._mark)
            self._held = turn
            try:
                yield
            finally:
                self._held = None

    def _counted(self, tx: Transaction, turn: Turn) -> Mark:
        from .backup import fence

        found = mark_of(tx)
        if self._mark and found.is_behind(self._mark):
            raise replaced("the database", "an older copy, or another one, is in its place")
        if turn.remembered and found.is_behind(turn.remembered):
            fence(tx)
        return count(tx, found)

    def still_alone(self) -> None:
        """Raise LostError unless what cannot be undone may be done now, as with ``alone``.

        For the moment before: the lock may have been cut, the database exchanged.
        """
        self._look()
        if self._held and self._mark:
            self._held.check(self._mark)

    def _look(self) -> None:
        if self._file:
            self._file.look(self._mark)

    @property
    def dialect(self) -> str:
        """Which database it is: sqlite or postgresql."""
        return self._engine.dialect.name

    def vacuum_into(self, file: Path) -> None:
        """Write a consistent copy of an SQLite database into a new file."""
        with closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM INTO ?", (str(file),))

    def scrub(self) -> None:
        """Leave nothing of what was erased in an SQLite database's log."""
        self._checkpoint("TRUNCATE")

    def _checkpoint(self, how: str) -> None:
        """Write what an SQLite database's log holds into its file; nothing on PostgreSQL."""
        if self.dialect == "sqlite":
            with (
                reached(self._engine.url),
                closing(self._engine.raw_connection()) as connection,
            ):
                connection.cursor().execute(f"PRAGMA wal_checkpoint({how})").fetchall()

    def hindrances(self) -> list[Hindrance]:
        """Settings of the database's server that will bite, each with a remedy."""
        from .server import hindrances

        with reached(self._engine.url):
            return hindrances(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        if self._file:
            self._file.release()


class NestedStore(Store):
    """The same database within one transaction, of which each of its own is a part."""

    def __init__(self, connection: Transaction) -> None:
        self._engine, self._connection = connection.engine, connection
        self._file = None

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """A part: undone by itself where the block raises, kept only with the whole."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else can see what is done here."""
        yield

    def still_alone(self) -> None:
        """Do nothing: the whole has its own turn, or needs none."""


class DryRunStore(NestedStore):
    """A database that can be written like the real one and forgets all of it at the end.

    SQLite is copied into memory, so that nobody waits for a rehearsal; PostgreSQL keeps one
    transaction open and takes it back.
    """

    def __init__(self, url: str) -> None:
        engine = open_engine(url)
        if engine.dialect.name == "sqlite":
            engine = copied_to_memory(engine)
        super().__init__(engine.connect())
        self._whole = self._connection.begin()

    def migrate(self) -> None:
        """Bring what is rehearsed on up to date."""
        migrate(self._engine, self._connection)
        self._mind_the_home()

    def close(self) -> None:
        """Take everything back."""
        self._whole.rollback()
        self._connection.close()
        super().close()
