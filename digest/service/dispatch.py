"""Share the steps among workers on many machines, by jobs in a queue that wake them at once.

    tick, once a minute ──▶ a job for whatever the rows say is due ──▶ a step ──▶ what is due now

The rows are the truth and a job is a hint: it names no row, claims what is due when it runs, and is
derived from the rows again at the end of each job, for the steps after it, and by the next tick.
So a job that is lost, stuck or doubled costs a minute and nothing else.  The engine is
Procrastinate, with tables of its own in a schema of its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import structlog

from ..errors import DigestError
from ..pipeline import runs, vacuum
from ..pipeline.runs import Report
from ..store import ReplacedError, Transaction, due_dates, job_tables, outbox, settings
from ..subscribers.inbox import mailbox
from .loop import MOMENT, SHUTDOWN_SECONDS, stopping_on, waiting_line
from .tick import queue_alarms, read_profiles

if TYPE_CHECKING:
    import procrastinate

    from ..app import App

log = structlog.get_logger()

#: What a worker may be told to do only; the tick is for any worker.
KINDS = ("collect", "compose", "deliver", "inbox")

#: So many jobs of a kind wait at the most; each is for about so many issues, or so many mails: few,
#: so that no worker is idle while others have hundreds.
SLOTS, ISSUES, MAILS = 16, 500, 50

#: Seconds that the queue is waited for, and until another attempt where it cannot be used.
PAUSE = 5.0

_TICK = "tick"

#: The setting with since when issues wait for listings to be read; empty: they do not.
_WAITING = "issues wait since"


def due_jobs(app: App, after: str = _TICK) -> Iterator[str]:
    """Yield the name of each job that the rows say is due: its kind, and a listing or a slot.

    Only those of a kind that comes ``after`` this one: what a step leaves, because another process
    has it or a quota is used up, waits for the next tick, and is not asked for without a pause.
    An issue waits for the listings that are due to be read, for ten minutes at the most.
    """
    kinds = list(STEPS)[list(STEPS).index(after) + 1 :]
    if not kinds:
        return
    unread = [each.name for each in app.collector.due_listings()]
    now = app.now()
    with app.store.begin() as tx:
        waits = _waits(tx, now, unread)
        issues = 0 if waits else due_dates.count_due(tx, now, SLOTS * ISSUES)
        mails = len(outbox.due(tx, now, SLOTS * MAILS))
        mails += len(outbox.due(tx, now, MAILS, notices=True))
    found: dict[str, Iterable[object]] = {
        "inbox": range(app.mailbox is not None),
        "collect": unread,
        "compose": range(-(-issues // ISSUES)),
        "deliver": range(min(SLOTS, -(-mails // MAILS))),
    }
    yield from (f"{kind} {place}" for kind in kinds for place in found[kind])


def _waits(tx: Transaction, now: datetime, unread: Collection[str]) -> bool:
    """Return whether issues wait for listings, however long they have been due themselves.

    Made beside the reading they would be empty, and the next would come a day later.  Since when
    they wait is a setting, which all workers share.
    """
    kept = settings.setting(tx, _WAITING)
    since = datetime.fromisoformat(kept) if kept else None
    if not unread:
        since = None
    elif since is None or abs(now - since) >= 2 * runs.LONGEST_WAIT:  # of an earlier reading
        since = now
    if (written := since.isoformat() if since else "") != (kept or ""):
        settings.keep_setting(tx, _WAITING, written)
    return since is not None and abs(now - since) < runs.LONGEST_WAIT


def _collect(app: App, name: str) -> None:
    runs.collect_if_free(app, app.listings[name])


def _compose(app: App, _slot: str) -> Report:
    return Report(app.day, issues=runs.compose_only(app))


def _deliver(app: App, _slot: str) -> Report:
    return runs.send_only(app)


def _empty_inbox(app: App, _: str) -> None:
    with app.store.work():
        mailbox.empty_if_due(app)


def _tick(app: App, _: str) -> Report:
    """Do once a minute what no step does: store who subscribes, vacuum, look for trouble."""
    with app.store.work():
        runs.prepare(app)
        vacuum.step_of_tick(app)
    queue_alarms(app)
    return Report(app.day)


#: In the order in which one brings work for the next.
STEPS: dict[str, Callable[[App, str], Report | None]] = {
    _TICK: _tick,
    "inbox": _empty_inbox,
    "collect": _collect,
    "compose": _compose,
    "deliver": _deliver,
}


class Dispatcher:
    """The queue, and the digests of this process that do its jobs, one job each at a time.

    ``announce`` hears of each job that may have made an issue, sent a mail, or changed what is due.
    """

    def __init__(
        self,
        apps: Sequence[App],
        database: str,
        stop: threading.Event,
        announce: Callable[[App, Report], object] = lambda app, done: None,
    ) -> None:
        self._apps = apps
        self._announce = announce
        self._free: SimpleQueue[App] = SimpleQueue()
        for app in apps:
            app.stop = stop
            self._free.put(app)
        self._stop = stop
        #: why this process may not go on
        self.gone: DigestError | None = None
        self._database = database
        self.queue = _queue(database)
        for kind in STEPS:
            self.queue.task(name=kind, queue=kind)(self._job)
        tick = self.queue.tasks[_TICK]
        self.queue.periodic(cron="* * * * *", queueing_lock=_TICK)(tick)

    def _job(self, timestamp: int = 0, *, place: str = "", kind: str = _TICK) -> None:
        """Do one job, and defer what is due then."""
        app = self._free.get()
        try:
            self._do(app, kind, place)
        finally:
            self._free.put(app)

    def _do(self, app: App, kind: str, place: str) -> None:
        from procrastinate.exceptions import ProcrastinateException

        try:
            read_profiles(app)
            done = STEPS[kind](app, place)
            if not self._stop.is_set():
                self.defer(due_jobs(app, kind))
            if kind == _TICK:
                with app.store.begin() as tx:
                    job_tables.prune(tx)
            if done is not None:
                self._announce(app, done)
        except ReplacedError as error:
            self.gone = error
            self._stop.set()
        except DigestError as error:  # the next tick tries again
            app.report_trouble(str(error))
        except ProcrastinateException as error:  # the queue is away: the rows are there
            app.report_trouble(job_tables.said_of(error, self._database))
        except Exception:  # a job that failed must not end the worker
            log.exception("job failed", job=f"{kind} {place}")

    def defer(self, names: Iterable[str]) -> None:
        """Queue these jobs, each unless it waits already."""
        from procrastinate.exceptions import AlreadyEnqueued

        for priority, name in enumerate(names):
            kind, _, place = name.partition(" ")
            job = self.queue.configure_task(kind, queueing_lock=name, priority=-priority)
            with suppress(AlreadyEnqueued):
                job.defer(kind=kind, place=place)

    def run(self, only: Collection[str] = KINDS, *, waits: bool = True) -> None:
        """Do jobs until ``stop`` is set, or without ``waits`` until there is none."""
        asyncio.run(self._run([_TICK, *only], waits=waits))

    def _hear(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say in a line what the engine lost without a word: that a job was done, in a cut session.

        What it left is done by another, or deleted.
        """
        from procrastinate.exceptions import ProcrastinateException

        error = context.get("exception")
        if isinstance(error, ProcrastinateException):
            self._apps[0].report_trouble(job_tables.said_of(error, self._database))
        else:
            loop.default_exception_handler(context)

    async def _run(self, queues: Collection[str], *, waits: bool) -> None:
        asyncio.get_running_loop().set_exception_handler(self._hear)
        with stopping_on(self._stop):
            while not self._stop.is_set():
                try:
                    await self._work(queues, waits=waits)
                    why = "dispatch: the queue was cut off; it is opened again"
                except Exception as error:  # the queue is away: the rows are not, or will be back
                    why = job_tables.said_of(error, self._database)
                else:
                    if not waits:
                        return
                if not self._stop.is_set():
                    self._apps[0].report_trouble(why)
                    await asyncio.to_thread(self._stop.wait, PAUSE)

    async def _work(self, queues: Collection[str], *, waits: bool) -> None:
        """Do jobs until the end; the engine also ends by itself, where it loses the queue."""
        working = asyncio.create_task(self._do_jobs(queues, waits=waits))
        stopping = asyncio.create_task(asyncio.to_thread(self._await_stop, working))
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            done, _ = await asyncio.wait([working], timeout=MOMENT)
            if not done:
                log.warning(waiting_line(SHUTDOWN_SECONDS))
                done, _ = await asyncio.wait([working], timeout=SHUTDOWN_SECONDS - MOMENT)
            if not done:
                log.error("the running jobs did not end in time", seconds=SHUTDOWN_SECONDS)
                os._exit(128 + signal.SIGTERM)
        with suppress(asyncio.CancelledError):
            await working

    async def _do_jobs(self, queues: Collection[str], *, waits: bool) -> None:
        try:
            await self.queue.open_async()
            if waits:  # what the one before left, if it was killed, is not for the next minute
                await asyncio.to_thread(self.defer, [_TICK])
            # Nothing of a job is kept once it is over, so that no table grows.
            await self.queue.run_worker_async(
                queues=queues,
                concurrency=len(self._apps),
                wait=waits,
                delete_jobs="always",
                install_signal_handlers=False,
            )
        finally:  # also of what is open by half
            await self.queue.close_async()

    def _await_stop(self, working: asyncio.Task[Any]) -> None:
        while not self._stop.wait(0.5) and not working.done():
            pass


def _queue(database: str) -> procrastinate.App:
    """Return the queue beside a database of PostgreSQL, with its tables."""
    import procrastinate
    from procrastinate.schema import SchemaManager

    for name in ("procrastinate", "psycopg"):  # what they say at length is said in a line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    job_tables.prepare(database, SchemaManager.get_schema(), version("procrastinate"))
    connector = procrastinate.PsycopgConnector(
        conninfo=job_tables.address(database),
        kwargs={"options": f"-c search_path={job_tables.SCHEMA}"},
        min_size=1,
        max_size=4,
        timeout=PAUSE,
    )
    return procrastinate.App(connector=connector)
