"""What sending takes, with a round trip of 20 ms: beside smtplib, and beside rss2email.

Contenders take turns; of each the best round counts, for whatever else a machine does only slows.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ._job import ITEMS, Job, digest, installed_rss2email, rss2email
from ._sink import sink
from ._speed import Way, by_smtplib, mails, rate, with_outbox, without_outbox

#: Times smtplib on one connection, part of the throughput, times rss2email: what is asked of ours.
FASTER, BOOKKEEPING, JOB = 3.0, 0.10, 1.5

#: How many connections are measured.
CONNECTIONS = (1, 2, 4)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and give 1 where a figure falls short."""
    options = _options(arguments)
    short = _speed(options)
    if not options.no_job:
        short += _job(options)
    return 1 if short else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=200)
    parser.add_argument("--size", type=int, default=84_000, help="bytes of a mail")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds of a round trip")
    parser.add_argument("--no-job", action="store_true", help="leave rss2email alone")
    return parser.parse_args(arguments)


def _speed(options: argparse.Namespace) -> int:
    ways: dict[str, Way] = {"smtplib, 1 connection": by_smtplib}
    for n in CONNECTIONS:
        ways[f"ours, {n}, no outbox"] = without_outbox(n)
        ways[f"ours, {n}"] = with_outbox(n)
    best = fastest(ways, options.mails, options.size, options.delay, options.rounds)
    base = best["smtplib, 1 connection"]
    for name, found in best.items():
        print(f"{name:<24} {found:>7.1f} mails/s  {found / base:>5.1f} x", flush=True)
    short = sum(best[f"ours, {n}"] < FASTER * base for n in CONNECTIONS)
    for n in CONNECTIONS:
        part = 1 - best[f"ours, {n}"] / best[f"ours, {n}, no outbox"]
        print(f"the outbox takes {part:.1%} of {n}")
        short += part > BOOKKEEPING
    return short


def fastest(
    ways: dict[str, Way], number: int, size: int, delay: float, rounds: int
) -> dict[str, float]:
    """Mails a second of each way's best round."""
    owed, best = mails(number, size), dict.fromkeys(ways, 0.0)
    with sink(delay) as port:
        for _ in range(rounds):
            for name, way in ways.items():
                best[name] = max(best[name], rate(way, port, owed))
    return best


def _job(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        program = installed_rss2email(Path(folder))
        if program is None:
            print("rss2email: SKIPPED, it cannot be installed here")
            return 0
        theirs = _measured("rss2email", options, lambda *where: rss2email(program, *where))
    ours = _measured("digest", options, digest)
    print(f"{ITEMS} items: {theirs[0] / ours[0]:.1f} x rss2email")
    return (theirs[0] < JOB * ours[0]) + (ours[1] > 3 * 4)


def _measured(
    name: str, options: argparse.Namespace, make: Callable[[Path, int, Path], Job]
) -> tuple[float, int]:
    """Give the seconds of one run, and the duplicates of one that was killed three times."""
    with _laid_out(make, options.delay) as job:
        seconds = job.run()
        assert len(job.taken()) == ITEMS
    with _laid_out(make, options.delay) as job:
        for _ in range(3):
            job.run_killed(ITEMS // 4)
        job.run()
        taken = job.taken()
    lost, twice = ITEMS - len(taken), taken.total() - len(taken)
    print(
        f"{name:<10} {seconds:>6.1f} s; after three kills: {lost} lost, {twice} twice", flush=True
    )
    return seconds, twice


@contextmanager
def _laid_out(make: Callable[[Path, int, Path], Job], delay: float) -> Iterator[Job]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "taken.log")
        with sink(delay, log) as port:
            yield make(Path(folder), port, log)
