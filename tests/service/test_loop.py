"""The ticks: at once, again and again, one at a time, until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from digest.service.loop import bring_tick_forward, serve

from ..tables import table

FAST = 0.01


@dataclass
class Ticks:
    """Counts its calls, and stops the service after some."""

    stop_after: int
    stop: threading.Event = field(default_factory=threading.Event)
    count: int = 0
    at_once: int = 0
    most_at_once: int = 0
    what: Callable[[int], object] = lambda number: None

    def __call__(self) -> None:
        self.count += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.what(self.count)
        finally:
            self.at_once -= 1
            if self.count >= self.stop_after:
                self.stop.set()


def no_leaving(status: int) -> None:
    raise AssertionError(f"left with {status}")


def test_the_first_tick_comes_at_once() -> None:
    ticks = Ticks(stop_after=1)
    serve(ticks, every=3600, stop=ticks.stop, leave=no_leaving)
    assert ticks.count == 1


def test_ticks_come_again_and_again() -> None:
    ticks = Ticks(stop_after=4)
    serve(ticks, every=FAST, stop=ticks.stop, leave=no_leaving)
    assert ticks.count == 4


def test_a_tick_that_raises_is_logged_and_the_next_one_comes() -> None:
    def fail(number: int) -> None:
        if number <= 2:
            raise OSError("the disk is full")

    ticks = Ticks(stop_after=4, what=fail)
    with capture_logs() as logs:
        serve(ticks, every=FAST, stop=ticks.stop, leave=no_leaving)
    assert ticks.count == 4
    assert [line["event"] for line in logs] == ["tick failed"] * 2


def test_a_tick_longer_than_the_period_is_not_overlapped() -> None:
    ticks = Ticks(stop_after=3, what=lambda number: threading.Event().wait(5 * FAST))
    serve(ticks, every=FAST, stop=ticks.stop, leave=no_leaving)
    assert (ticks.count, ticks.most_at_once) == (3, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_running_tick_end_and_no_other_begin(number: signal.Signals) -> None:
    ended = []

    def work(count: int) -> None:
        os.kill(os.getpid(), number)
        threading.Event().wait(10 * FAST)
        ended.append(count)

    before = signal.getsignal(number)
    serve(Ticks(stop_after=99, what=work), every=FAST, leave=no_leaving)
    assert ended == [1]
    assert signal.getsignal(number) is before


def test_a_tick_that_does_not_end_is_left_when_the_grace_is_over() -> None:
    stop, over, left = threading.Event(), threading.Event(), []

    def work() -> None:
        stop.set()
        over.wait()

    def leave(status: int) -> None:
        left.append(status)
        over.set()

    with capture_logs() as logs:
        serve(work, every=FAST, stop=stop, shutdown_seconds=FAST, leave=leave)
    assert left == [143]
    assert "the relay's answer to a mail, at most 0 s; killed before" in logs[0]["event"]
    assert "did not end" in logs[1]["event"]


def test_a_second_signal_ends_it_at_once() -> None:
    over, left = threading.Event(), []

    def work() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        over.wait()

    def leave(status: int) -> None:
        left.append(status)
        over.set()

    serve(work, every=FAST, leave=leave)
    assert left in ([128 + signal.SIGINT], [128 + signal.SIGTERM])


@table(("ahead", "is_mended"), [(0, False), (60, False), (120, False), (121, True), (7200, True)])
def test_a_tick_planned_by_a_clock_that_was_set_back_is_brought_back(
    ahead: int, is_mended: bool
) -> None:
    now = datetime(2025, 3, 12, 7, 30, tzinfo=UTC)
    job = Job(now + timedelta(seconds=ahead))
    bring_tick_forward(job, now, 60)
    assert (job.next_run_time == now) is (is_mended or ahead == 0)


@dataclass
class Job:
    """As much of APScheduler's job as is read and written."""

    next_run_time: datetime

    def modify(self, *, next_run_time: datetime) -> None:
        self.next_run_time = next_run_time


def test_in_a_thread_it_works_without_signals() -> None:
    ticks = Ticks(stop_after=2)
    thread = threading.Thread(target=lambda: serve(ticks, every=FAST, stop=ticks.stop))
    thread.start()
    thread.join()
    assert ticks.count == 2


def test_apscheduler_is_loaded_only_by_who_serves() -> None:
    code = "import sys, digest.service.loop; sys.exit('apscheduler' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
