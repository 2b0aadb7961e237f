"""The loop of the service: calls one function repeatedly, until a signal stops it.

APScheduler only ticks; when an issue is due is computed from data elsewhere.  So a missed tick
costs nothing, and a restart, a suspended laptop or a jumping clock needs no catching up.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import structlog

log = structlog.get_logger()

#: Seconds that a running tick gets after the signal: enough for the current message, and less than
#: service managers wait before they kill the process.
SHUTDOWN_SECONDS = 30.0

#: Seconds after the signal before it is said what is waited for: mostly all is over by then.
MOMENT = 2.0

#: How long a scheduled issue waits for late listings.
WAIT = timedelta(hours=2)

_JOB = "tick"


def serve(
    tick: Callable[[], object],
    *,
    every: float = 60,
    stop: threading.Event | None = None,
    shutdown_seconds: float = SHUTDOWN_SECONDS,
    leave: Callable[[int], object] = os._exit,
) -> None:
    """Call ``tick`` at once and then every ``every`` seconds, never twice at a time.

    A tick that raises is logged, and the next tick still comes.  Returns once ``stop`` is set, or
    SIGTERM or SIGINT came, and the running tick has ended.  A tick that does not end within
    ``shutdown_seconds`` seconds, or before a second signal, is abandoned as in a crash: ``leave``
    gets the exit status.
    """
    stop = stop or threading.Event()
    running = threading.Lock()
    scheduler = _scheduler(_guarded(tick, running, stop), every)
    with stopping_on(stop, leave):
        scheduler.start()
        while not stop.wait(every):
            bring_tick_forward(scheduler.get_job(_JOB), datetime.now(UTC), every)
        scheduler.pause()
        if not _ends(running, shutdown_seconds):
            log.error("the running tick did not end in time", seconds=shutdown_seconds)
            leave(128 + signal.SIGTERM)
        scheduler.shutdown(wait=False)


def _ends(running: threading.Lock, seconds: float) -> bool:
    """Wait so long for the running tick, and say so after a moment; return whether it has ended."""
    has_ended = running.acquire(timeout=min(MOMENT, seconds))
    if not has_ended:
        log.warning(waiting_line(seconds))
        has_ended = running.acquire(timeout=max(seconds - MOMENT, 0))
    if has_ended:
        running.release()
    return has_ended


def waiting_line(seconds: float) -> str:
    """Return what is said where the end waits for a relay that does not answer."""
    return (
        f"waiting for what is in hand, as the relay's answer to a mail, at most {seconds:.0f} s;"
        " killed before that, the mail is in doubt"
    )


def bring_tick_forward(job: Any, now: datetime, every: float) -> None:
    """Bring the next tick forward if the clock has been set back.

    Otherwise APScheduler waits until the clock reaches the time that it had planned.
    """
    if job.next_run_time - now > timedelta(seconds=2 * every):
        job.modify(next_run_time=now)


def _scheduler(tick: Callable[[], None], every: float) -> Any:
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    # A log line for every tick, and for every tick delayed by a long one, would hide the others.
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
            # A tick that was already scheduled when the signal came does not begin.
            if stop.is_set():
                return
            try:
                tick()
            except Exception:  # a failed tick must not end the loop
                log.exception("tick failed")

    return run


@contextmanager
def stopping_on(stop: threading.Event, leave: Callable[[int], object] = os._exit) -> Iterator[None]:
    """Set ``stop`` at the first SIGTERM or SIGINT, and leave with its status at the second."""

    def hear(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            leave(128 + number)
        stop.set()

    with hearing(hear, signal.SIGTERM, signal.SIGINT):
        yield


@contextmanager
def hearing(
    hear: Callable[[int, FrameType | None], object], *numbers: signal.Signals
) -> Iterator[None]:
    """Let a function hear of these signals, but in a thread that hears of none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
