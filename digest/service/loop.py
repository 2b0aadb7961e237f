"""Call one function again and again, until a signal says stop.

APScheduler only ticks: when an issue is due is data, computed elsewhere.  So a missed tick costs
nothing, and a restart, a suspended laptop or a jumping clock needs no catching up.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import structlog

log = structlog.get_logger()

#: Seconds for the tick that is running when the signal comes: enough for the message at hand, and
#: less than service managers wait before they kill.
GRACE = 30.0

#: How long an issue whose hour has come waits for listings that are late.
WAIT = timedelta(hours=2)

_JOB = "tick"


def serve(
    tick: Callable[[], object],
    *,
    every: float = 60,
    stop: threading.Event | None = None,
    grace: float = GRACE,
    leave: Callable[[int], object] = os._exit,
) -> None:
    """Call ``tick`` at once and then every so many seconds, never twice at a time.

    A tick that raises is logged, and the next one comes.  Returns once ``stop`` is set, or SIGTERM
    or SIGINT came, and the running tick has ended.  One that does not end within ``grace`` seconds,
    or until a second signal, is left as a crash would leave it: ``leave`` gets the exit status.
    """
    stop = stop or threading.Event()
    running = threading.Lock()
    scheduler = _scheduler(_guarded(tick, running, stop), every)
    with _stopping_on(stop, (signal.SIGTERM, signal.SIGINT), leave):
        scheduler.start()
        while not stop.wait(every):
            mend(scheduler.get_job(_JOB), datetime.now(UTC), every)
        scheduler.pause()
        if running.acquire(timeout=grace):
            running.release()
        else:
            log.error("the running tick did not end in time", seconds=grace)
            leave(128 + signal.SIGTERM)
        scheduler.shutdown(wait=False)


def mend(job: Any, now: datetime, every: float) -> None:
    """Bring the next tick back from the future, where the clock has been set back.

    APScheduler would wait until the clock has caught up with what it had planned.
    """
    if job.next_run_time - now > timedelta(seconds=2 * every):
        job.modify(next_run_time=now)


def _scheduler(tick: Callable[[], None], every: float) -> Any:
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    # A line for each minute, and one for each that a long tick takes, would hide everything else.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    scheduler.add_job(
        tick,
        "interval",
        id=_JOB,
        seconds=every,
        next_run_time=datetime.now(UTC),
        coalesce=True,
        # The default of one second drops ticks after a laptop's sleep or a slow start.
        misfire_grace_time=None,
        max_instances=1,
    )
    return scheduler


def _guarded(
    tick: Callable[[], object], running: threading.Lock, stop: threading.Event
) -> Callable[[], None]:
    def run() -> None:
        with running:
            # One that was already on its way when the signal came does not begin.
            if stop.is_set():
                return
            try:
                tick()
            except Exception:  # the next tick is due whatever became of this one
                log.exception("tick failed")

    return run


@contextmanager
def _stopping_on(
    stop: threading.Event, signals: Iterable[int], leave: Callable[[int], object]
) -> Iterator[None]:
    """Let the first signal set ``stop`` and the second one end everything."""

    def hear(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            leave(128 + number)
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, hear) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
