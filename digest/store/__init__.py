"""The store: all SQL statements, as functions that take a transaction.

``Store`` opens the database and begins transactions.  For example, ``papers`` holds the statements
on papers and what was seen, ``unread`` on how far each subscriber has read, ``outbox`` on issues
and deliveries.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import Connection, PoolProxiedConnection, event

from . import leases, workers
from .engine import (
    BusyError,
    OutOfReachError,
    StoreError,
    copied_to_memory,
    may_go_on,
    open_engine,
    run_lock,
)
from .faults import reached
from .file import File, file_of, name_of
from .leases import LEASE, LONGEST_STEP, NOBODY, Worker
from .migrate import migrate, version
from .turn import (
    LostError,
    Mark,
    ReplacedError,
    Turn,
    check_version,
    count,
    mark_of,
    replaced,
    turn_of,
)

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

    def __init__(
        self, url: str, lease: timedelta = LEASE, longest_step: timedelta = LONGEST_STEP
    ) -> None:
        self._engine = open_engine(url)
        self._lease = lease
        # When the work moved last, and after how many seconds it is taken to hang.
        self._moved_at, self._patience = monotonic(), max(lease, longest_step).total_seconds()
        # SQLite has one writer at a time, and a writer that must wait sleeps longer and longer;
        # with a lock, the threads of one process continue the moment the database is free.
        self._turn = threading.Lock() if self.dialect == "sqlite" else nullcontext()
        self._file = File(path) if (path := name_of(url)) else None
        if self._file:
            event.listen(self._engine, "connect", self._file.join)
        # A session between two transactions, if there is one.
        self._at_hand: list[Connection] = []
        # The session that sees what others write, once it was asked for.
        self._watching: PoolProxiedConnection | None = None
        self._asking = threading.Lock()
        # The turn, while this process holds it, and the mark that this process counted last.
        self._held: Turn | None = None
        self._mark: Mark | None = None
        #: the jobs that this process has, and the fence of each
        self.jobs: dict[str, int] = {}
        # Held by the one thread that is at work, and whether one is.
        self._work, self._is_at_work = threading.RLock(), False
        self._working_thread: int | None = None

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
        if threading.get_ident() == self._working_thread:
            self.note_move()
        with reached(self._engine.url), self._turn:
            self._look()
            tx = self._session()
            try:
                tx.begin()
                yield tx
                tx.commit()
            except BaseException:
                tx.close()
                raise
            self._put_by(tx)

    def _session(self) -> Connection:
        """Return the session of the transaction before, or one of the pool's."""
        try:
            tx = self._at_hand.pop()
        except IndexError:  # this is the first, or another thread has it
            return self._engine.connect()
        if may_go_on(tx):
            return tx
        tx.close()  # to the pool, which asks whether it lives
        return self._engine.connect()

    def _put_by(self, tx: Connection) -> None:
        """Keep a session for the next transaction: of the pool it takes twice as long."""
        if self._at_hand:
            tx.close()
        else:
            self._at_hand.append(tx)

    @property
    def is_unseen(self) -> bool:
        """Return whether no other process ever sees what is written, so that nothing is leased."""
        return False

    @property
    def worker(self) -> Worker:
        """Return what this process takes leases as."""
        held = self._held  # read once: the thread at work may be ending
        return Worker(held.worker if held else None, self._lease)

    def note_move(self) -> None:
        """Note that the work moves; its own thread does so by each transaction.

        What this process leases is renewed only while it does: one that hangs must not hold up the
        others for ever.
        """
        self._moved_at = monotonic()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Be at work on the database, beside other processes: what this one leases is renewed.

        Within itself it does nothing.  Raises BusyError if another thread is at work, or another
        process has the database for itself, and ReplacedError as ``run_lock`` does.
        """
        if not self._work.acquire(blocking=False):
            raise BusyError("this process is at work already; try again when that has ended")
        try:
            with nullcontext() if self._is_at_work else self._working():
                yield
        finally:
            self._work.release()

    @contextmanager
    def _working(self) -> Iterator[None]:
        with self._taking_turn(is_shared=True) as turn:
            with reached(self._engine.url):
                turn.join()
            self._is_at_work, self._working_thread = True, threading.get_ident()
            try:
                with self.begin() as tx:
                    workers.join(tx, turn.worker, turn.living)
                with leases.ended_by(self._leave), self._renewing():
                    yield
            finally:
                self._is_at_work, self._working_thread = False, None
                turn.leave()

    def _leave(self) -> None:
        if (id := self.worker.id) is not None:
            with self.begin() as tx:
                workers.leave(tx, id)

    @contextmanager
    def _renewing(self) -> Iterator[None]:
        """Renew what this worker holds, three times within a lease, until the block ends.

        What could not be renewed is tried again soon: others lock rows for moments, and a living
        process must not lose its work to them.
        """
        is_over, pause = threading.Event(), self._lease.total_seconds() / 3

        def renew() -> None:
            is_renewed = True
            while not is_over.wait(pause if is_renewed else pause / 8):
                is_renewed = False
                with suppress(StoreError):
                    is_renewed = self.renew()

        thread = threading.Thread(target=renew, name="leases", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def renew(self) -> bool:
        """Prolong what this process leases, unless it hangs; return False if some is locked."""
        worker = self.worker
        if worker.id is None or monotonic() - self._moved_at > self._patience:
            return True
        with self.begin() as tx:
            workers.note_move(tx, worker.id)
            return leases.renew(tx, worker)

    def dead_workers(self, tx: Transaction, *, is_over: bool = False) -> set[int]:
        """Return the workers that hold anything and have died; only for one that is at work.

        Where it ``is_over``, this one is among them.
        """
        held, turn = leases.holders(tx), self._held
        others = held - {self.worker.id}
        dead = others - turn.living(others) if others and turn else set()
        return dead | (held - others) if is_over else dead

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Have the database alone; raises BusyError if another process is at work on it.

        Raises ReplacedError if the database is not the one that this process had before.  If it is
        not the one that the last process had, treat it as a copy that was restored.
        """
        with self._taking_turn(is_shared=False):
            yield

    @contextmanager
    def _taking_turn(self, *, is_shared: bool) -> Iterator[Turn]:
        with run_lock(self._engine, is_shared=is_shared) as held:
            turn = turn_of(held)
            with self.begin() as tx:
                self._mark = self._counted(tx, turn)
            self._remember(turn)
            self._held = turn
            try:
                yield turn
            finally:
                self._held = None
            # What was mailed is in the file, even if the log is taken away before the next turn.
            self._checkpoint("PASSIVE")

    def _remember(self, turn: Turn) -> None:
        """Leave the mark for the next process, unless one has counted further meanwhile."""
        if not self._file or self._mark is None:
            return
        # A mark that the lock file remembers must survive a power cut in the database, too.
        is_in_file = self._checkpoint("PASSIVE")
        with self.begin() as tx:
            if mark_of(tx) == self._mark:
                turn.remember(self._mark, is_in_file=is_in_file)

    def _counted(self, tx: Transaction, turn: Turn) -> Mark:
        from .backup import fence

        check_version(version(tx))
        found = mark_of(tx)
        if self._mark and found.is_behind(self._mark):
            raise replaced("the database", "an older copy, or another one, is in its place")
        if turn.remembered and found.is_behind(turn.remembered):
            fence(tx)
        return count(tx, found)

    def check_turn(self) -> None:
        """Raise LostError if a lock of ``work`` was lost or the database was replaced.

        Call it immediately before a step that cannot be undone.
        """
        self._look()
        turn, mark = self._held, self._mark
        if turn and mark:
            turn.check(mark)

    def _look(self) -> None:
        if self._file:
            self._file.check_not_replaced(self._mark)

    @property
    def dialect(self) -> str:
        """Return the kind of database: sqlite or postgresql."""
        return self._engine.dialect.name

    def data_version(self) -> object:
        """Return a value that changes with what any process writes; None where none is cheap.

        That is a file of SQLite's, as a session that only asks this sees it.
        """
        if self._file is None:
            return None
        self._look()
        with reached(self._engine.url), self._asking:
            if self._watching is None:
                self._watching = self._engine.raw_connection()
                self._watching.detach()
            [version] = self._watching.cursor().execute("PRAGMA data_version").fetchone()
        return version

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
        while self._at_hand:
            self._at_hand.pop().close()
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        self._engine.dispose()
        if self._file:
            self._file.release()


class NestedStore(Store):
    """The same database within one open transaction; each of its transactions is a savepoint."""

    def __init__(self, connection: Transaction) -> None:
        self._engine, self._connection = connection.engine, connection
        self._file = self._watching = None
        self._at_hand, self.jobs = [], {}

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Begin a savepoint: undone if the block raises, kept only if the outer one commits."""
        with self._connection.begin_nested():
            yield self._connection

    @property
    def worker(self) -> Worker:
        """Return no worker: no other process sees what is leased in an open transaction."""
        return NOBODY

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do nothing: no other process can see an open transaction."""
        yield

    def dead_workers(self, tx: Transaction, *, is_over: bool = False) -> set[int]:
        """Return none: what the dead held is free when their leases end."""
        return set()

    def note_move(self) -> None:
        """Do nothing: the outer store does, or nothing is leased."""

    def check_turn(self) -> None:
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
        # What is locked until the end of its transaction would hold up others for the whole run.
        super().__init__(engine.connect().execution_options(is_unseen=True))
        self._whole = self._connection.begin()
        if self.dialect == "postgresql":  # as long as SQLite's busy_timeout
            self._connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")

    @property
    def is_unseen(self) -> bool:
        """Return True: all of it is undone at the end."""
        return True

    def migrate(self) -> None:
        """Bring the schema of the dry run up to date."""
        migrate(self._engine, self._connection)
        self._check_home()

    def close(self) -> None:
        """Roll everything back, and close."""
        self._whole.rollback()
        self._connection.close()
        super().close()
