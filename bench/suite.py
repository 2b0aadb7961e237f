"""The tests beside busy loops: whether they pass where other work is done, and what they cost.

What follows ``--`` is for pytest: ``python -m bench suite --busy 8 -- tests/cli/test_cli.py``.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_PR_SET_CHILD_SUBREAPER = 36
#: Never rests, but does not outlive this process either.
_LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


def main(options: Sequence[str]) -> int:
    """Run them, print what they came to and what they cost; gives pytest's exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench suite", description=__doc__)
    parser.add_argument("--busy", type=int, default=0, help="loops beside it that never rest")
    parser.add_argument("--whole", action="store_true", help="every case of what proves")
    parser.add_argument(
        "--dispatch", choices=["for", "procrastinate"], default="for",
        help="whether what tests run goes by jobs of a queue, on PostgreSQL",
    )  # fmt: skip
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    asked = parser.parse_args(options)
    _adopt_orphans()
    loops = [_started("-c", _LOOP) for _ in range(asked.busy)]
    if asked.whole:
        os.environ["DIGEST_TESTS"] = "whole"
    os.environ["DIGEST_TESTS_DISPATCH"] = asked.dispatch
    began = time.monotonic()
    tests = _started("-m", "pytest", "-q", *asked.pytest)
    try:
        code, spent = _awaited(tests)
    finally:
        for loop in loops:
            loop.kill()
    wall = time.monotonic() - began
    spent += _left_behind({loop.pid for loop in loops})
    verdict = "passed" if code == 0 else f"failed, pytest ended with {code}"
    print(
        f"{verdict}; {asked.busy} busy loops, {len(os.sched_getaffinity(0))} cores, "
        f"{wall:.0f} s on the clock, {spent:.0f} s of processor time"
    )
    return code


def _started(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *words], cwd=_ROOT)


def _awaited(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Give its exit code, and the processor's seconds for it and all that it waited for."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def _left_behind(loops: set[int]) -> float:
    """Wait for servers that outlived what started them; gives the processor's seconds for them."""
    spent = 0.0
    while True:
        try:
            pid, _, usage = os.wait3(0)
        except ChildProcessError:
            return spent
        if pid not in loops:
            spent += usage.ru_utime + usage.ru_stime


def _adopt_orphans() -> None:
    """Become the parent of processes whose own has ended, so that their time is counted."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
