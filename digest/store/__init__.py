"""The store: all SQL statements, as functions that take a transaction.

``Store`` opens the database and begins transactions.  For example, ``papers`` holds the statements
on papers and what was seen, ``unread`` on how far each subscriber has read, ``outbox`` on issues
and deliveries.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, event

from .engine import (
    BusyError,
    OutOfReachError,
    StoreError,
    copied_to_memory,
    open_engine,
    run_lock,
)
from .faults import reached
from .file import File, file_of, name_of
from .migrate import migrate
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
    """A database.  Safe to share between threads; a transaction is not."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        # SQLite has one writer at a time, and a writer that must wait sleeps longer and longer;
        # with a lock, the threads of one process continue the moment the database is free.
        self._turn = threading.Lock() if self.dialect == "sqlite" else nullcontext()
        self._file = File(path) if (path := name_of(url)) else None
        if self._file:
            event.listen(self._engine, "connect", self._file.join)
        # The turn, while this process holds it, and the mark that this process counted last.
        self._held: Turn | None = None
        self._mark: Mark | None = None

    def migrate(self) -> None:
        """Bring the schema up to date, and detect a restored copy; raises StoreError."""
        if self._file:
            self._file.prepare()
        self._look()
        migrate(self._engine)
        self._look()
        self._check_home()

    def _check_home(self) -> None:
        from .backup import check_home

        if self.dialect == "postgresql":
            with self.begin() as tx:
                check_home(tx)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a transaction: committed after the block, rolled back if the block raises."""
        with reached(self._engine.url), self._turn:
            self._look()
            with self._engine.begin() as tx:
                yield tx

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Hold the lock of runs; raises BusyError if another run holds it.

        Raises ReplacedError if the database is not the one that this process had before.  If it is
        not the one that the last process had, treat it as a copy that was restored.
        """
        with run_lock(self._engine) as held:
            turn = turn_of(held)
            with self.begin() as tx:
                self._mark = self._counted(tx, turn)
            # A mark that the lock file remembers must survive a power cut in the database, too.
            turn.remember(self._mark, is_in_file=self._checkpoint("PASSIVE"))
            self._held = turn
            try:
                yield
            finally:
                self._held = None
            # What was mailed is in the file, even if the log is taken away before the next turn.
            self._checkpoint("PASSIVE")

    def _counted(self, tx: Transaction, turn: Turn) -> Mark:
        from .backup import fence

        found = mark_of(tx)
        if self._mark and found.is_behind(self._mark):
            raise replaced("the database", "an older copy, or another one, is in its place")
        if turn.remembered and found.is_behind(turn.remembered):
            fence(tx)
        return count(tx, found)

    def check_run_lock(self) -> None:
        """Raise LostError if the lock of ``run_lock`` was lost or the database was replaced.

        Call it immediately before a step that cannot be undone.
        """
        self._look()
        if self._held and self._mark:
            self._held.check(self._mark)

    def _look(self) -> None:
        if self._file:
            self._file.check_not_replaced(self._mark)

    @property
    def dialect(self) -> str:
        """Return the kind of database: sqlite or postgresql."""
        return self._engine.dialect.name

    def vacuum_into(self, file: Path) -> None:
        """Write a consistent copy of an SQLite database into a new file."""
        with closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM INTO ?", (str(file),))

    def scrub(self) -> None:
        """Remove erased data from an SQLite database's write-ahead log."""
        self._checkpoint("TRUNCATE")

    def _checkpoint(self, how: str) -> bool:
        """Write an SQLite database's log into its file; return whether all of it is there.

        Do nothing on PostgreSQL.
        """
        if self.dialect != "sqlite":
            return True
        with (
            reached(self._engine.url),
            closing(self._engine.raw_connection()) as connection,
        ):
            checkpoint = connection.cursor().execute(f"PRAGMA wal_checkpoint({how})")
            [(_, in_log, in_file)] = checkpoint.fetchall()
        return bool(in_log == in_file)

    def hindrances(self) -> list[Hindrance]:
        """Return the settings of the database server that hinder digest, each with a remedy."""
        from .server import hindrances

        with reached(self._engine.url):
            return hindrances(self._engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        if self._file:
            self._file.release()


class NestedStore(Store):
    """The same database within one open transaction; each of its transactions is a savepoint."""

    def __init__(self, connection: Transaction) -> None:
        self._engine, self._connection = connection.engine, connection
        self._file = None

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a savepoint: undone if the block raises, kept only if the outer one commits."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Do nothing: no other process can see an open transaction."""
        yield

    def check_run_lock(self) -> None:
        """Do nothing: the outer store holds the lock, or needs none."""


class DryRunStore(NestedStore):
    """A store for dry runs: it can be written like the real one, and keeps nothing at the end.

    SQLite is copied into memory, so that no other process waits for a dry run; on PostgreSQL one
    transaction is kept open and rolled back.
    """

    def __init__(self, url: str) -> None:
        engine = open_engine(url)
        if path := name_of(url):
            File(path).check()
        if engine.dialect.name == "sqlite":
            engine = copied_to_memory(engine)
        super().__init__(engine.connect())
        self._whole = self._connection.begin()

    def migrate(self) -> None:
        """Bring the schema of the dry run up to date."""
        migrate(self._engine, self._connection)
        self._check_home()

    def close(self) -> None:
        """Roll everything back, and close."""
        self._whole.rollback()
        self._connection.close()
        super().close()
