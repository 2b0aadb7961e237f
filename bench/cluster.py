"""Processes of one installation on PostgreSQL, killed, stopped and cut off: what is lost or twice.

Three of ``digest serve``, which tick, and four of ``digest worker``, with clocks ten minutes apart,
mail the day's issue to so many subscribers, morning after morning, until all has befallen them that
was to: SIGKILL, SIGSTOP for longer than the lease of two seconds and SIGCONT, SIGTERM, sessions
that the server ends, and a restart of the server.  Each is started again when it has ended.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from tests.databases import fresh_postgres, own_server

from ._fleet import LEASE, Fleet, Member, Tally, fake_clocks, forget, lay_out
from ._mortal import sink

#: Seconds by which the clocks of three and of four processes are wrong.
SERVING, WORKING = (-300, 0, 300), (-300, -100, 100, 300)
#: Seconds for which nothing moves before a morning is given up.
PATIENCE = 600
#: What three of four are waited for with: that the process has something in hand.
AT_WORK = " at work"
#: Seconds from a mail to the relay's yes: as many are at the dot.
ANSWER = 0.02
#: Seconds from one blow to the next, on average, where the work moves more slowly than is asked.
APART = 1.2
#: As many are looked at of what is left, for one that can happen now.
AHEAD = 3
#: Seconds from one line that says how far it is to the next.
LINES_APART = 30
#: As many processes as may be stopped at once.
MOST_STOPPED = 3


def members() -> list[Member]:
    """Return those of a cluster."""
    serving = [Member(("serve", "--no-web"), seconds) for seconds in SERVING]
    return serving + [Member(("worker",), seconds) for seconds in WORKING]


def main(arguments: Sequence[str]) -> int:
    """Run mornings until all has happened; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m bench cluster", description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--stops", type=int, default=10)
    parser.add_argument("--ends", type=int, default=0, help="by SIGTERM, as of a rolling restart")
    parser.add_argument("--subscribers", type=int, default=200, help="each morning")
    parser.add_argument(
        "--every", type=int, default=4, help="issues and mails between two, on average"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    began, chance = monotonic(), random.Random(options.seed)
    tally, mornings, left = Tally(), 0, plan(options.kills, options.stops, options.ends, chance)
    with own_server() as server:
        is_faked = fake_clocks()
        print(
            "clocks: ten minutes apart"
            if is_faked
            else "clocks: all the same: libfaketime (Debian: faketime) is missing or idle"
        )
        while left and not (tally.missed or tally.lost):
            mornings += 1
            with ExitStack() as stack:
                make = partial(morning, members(), left, chance, options.every, is_faked=is_faked)
                url = stack.enter_context(fresh_postgres(server.get_uri()))
                make(server, url, options.subscribers, tally)
            print(f"{mornings:>8}  {monotonic() - began:6.0f} s  {line(tally)}", flush=True)
    return verdict(tally)


def plan(kills: int, stops: int, ends: int, chance: random.Random) -> list[str]:
    """Return what is to happen, the last first: also a cut for each four, and one restart."""
    events = ["cut"] * -(-(kills + stops) // 4)
    for name, number in (("kill", kills), ("stop", stops), ("end", ends)):
        events += [name + AT_WORK * bool(turn % 4) for turn in range(number)]
    chance.shuffle(events)
    events.insert(len(events) // 2, "restart")
    return events


def morning(
    fleet_members: Sequence[Member],
    left: list[str],
    chance: random.Random,
    every: int,
    server: Any,
    url: str,
    subscribers: int,
    tally: Tally,
    *,
    is_faked: bool = False,
    dispatch: str = "procrastinate",
) -> None:
    """Let a fleet mail one issue to each, and let happen what is left to, until it has."""
    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "relay.log") as (relay, port):
        relay.delay = ANSWER
        lay_out(Path(folder), url, port, subscribers, dispatch=dispatch)
        fleet = Fleet(Path(folder), url, fleet_members, tally, is_faked=is_faked)
        fleet.start()
        try:
            happen = partial(happens, fleet, chance, server)
            besiege(fleet, left, every, subscribers, chance, happen)
        finally:
            fleet.end()
        fleet.count(subscribers, relay)
        forget(url)
        if tally.tracebacks or tally.unexplained or tally.missed or tally.lost:
            print(Path(folder, "said.txt").read_text())


def besiege(
    fleet: Fleet,
    left: list[Any],
    every: int,
    subscribers: int,
    chance: random.Random,
    happens: Callable[[Any], bool],
) -> None:
    """Let one thing after the other happen until each has their mail and nothing is open.

    Each waits for so many issues made and mails sent since the last, or for one of them and some
    time; for a time alone only where nothing moves.  On a slow machine it would else hit processes
    that have only begun, over and over.
    """
    pace, said_at, never = Pace(every, chance), monotonic(), Event()
    while not fleet.is_done(subscribers):
        never.wait(0.1)
        now = monotonic()
        fleet.wake(at=now)
        fleet.start()
        pace.note(fleet.moves(), now)
        if now - pace.moved_at > PATIENCE:
            fleet.tally.given_up += 1
            return
        if pace.is_due(now) and (event := _next(left, happens)) is not None:
            left.remove(event)
            pace.begin(now)
        if now - said_at > LINES_APART:
            said_at = now
            print(
                f"{pace.moved:>8} of {2 * subscribers} issues and mails, {len(left)} left",
                flush=True,
            )


def _next(left: Sequence[Any], happens: Callable[[Any], bool]) -> Any:
    """Let the first of what comes next happen that can now, and return it; None if none can."""
    ahead = dict.fromkeys(left[: -AHEAD - 1 : -1])
    return next((each for each in ahead if happens(each)), None)


class Pace:
    """When the next blow is due, by how the work moves."""

    def __init__(self, every: int, chance: random.Random) -> None:
        self._every, self._chance = every, chance
        #: how many issues and mails there are, and since when
        self.moved, self.moved_at = 0, monotonic()
        self._moved_then, self._next_at = 0, 0
        self._soonest = self._latest = inf

    def note(self, moved: int, now: float) -> None:
        """Note how many issues and mails there are now."""
        if moved != self.moved:
            self.moved, self.moved_at = moved, now

    def begin(self, now: float) -> None:
        """Wait for the next, from now on."""
        self._moved_then = self.moved
        self._next_at = self.moved + self._chance.randint(1, 2 * self._every - 1)
        self._soonest = now + self._chance.uniform(0, 2 * APART)
        self._latest = now + 10 * APART

    def is_due(self, now: float) -> bool:
        """Return whether the next may come."""
        has_moved = self.moved > self._moved_then
        return (
            self.moved >= self._next_at
            or (has_moved and now >= self._soonest)
            or now >= self._latest
        )


def happens(fleet: Fleet, chance: random.Random, server: Any, event: str) -> bool:
    """Let one thing happen, to a process that is chosen by chance; False if there is none."""
    running = [each for each in fleet.members if each.process.poll() is None]
    if event.endswith(AT_WORK):
        running = [each for each in running if fleet.held(each)]
    going = [each for each in running if each.blow is None and not each.is_ending]
    if event == "restart":
        forget(fleet.url)
        server.stop()
        server.start()
        fleet.tally.done[event] += 1
    elif event == "cut":
        fleet.cut()
    elif event.startswith("kill") and running:
        fleet.kill(chance.choice(running))
    elif event.startswith("end") and going:
        fleet.end_one(chance.choice(going))
    elif (
        event.startswith("stop")
        and going
        and sum(each.blow is not None for each in fleet.members) < MOST_STOPPED
    ):
        fleet.stop(chance.choice(going), LEASE + chance.uniform(0.5, 2))
    else:
        return False
    return True


def line(tally: Tally) -> str:
    """Return what was counted until now."""
    done = tally.done
    return (
        f"{done['kill']} kills, {done['stop']} stops, {done['end']} ends, {done['cut']} cuts,"
        f" {done['restart']} restarts;"
        f" {tally.mails} mails: {tally.lost} lost, {tally.missed} missed,"
        f" {tally.twice} twice, {tally.at_the_dot} at the dot"
    )


def verdict(tally: Tally) -> int:
    """Print what it came to; 1 where a promise is broken."""
    waits = sorted(tally.waits)
    rows = [
        *sorted(tally.done.items()),
        ("mails", tally.mails),
        ("lost", tally.lost),
        ("missed", tally.missed),
        ("twice", tally.twice),
        ("at the dot when another took them over", tally.at_the_dot),
        ("twice without that, or unknown", tally.unexplained),
        ("rows that were held and then another's", len(waits)),
        ("seconds until then, median", round(statistics.median(waits or [0]), 2)),
        ("seconds until then, longest", round(max(waits, default=0), 2)),
        *((f"of {name}", round(wait, 2)) for name, wait in sorted(tally.longest.items())),
        ("seconds of a lease that were left, longest", round(tally.left, 2)),
        ("mornings given up, for nothing moved", tally.given_up),
        ("tracebacks", tally.tracebacks),
        ("exit codes of those that ended", dict(sorted(tally.codes.items()))),
    ]
    for name, value in rows:
        print(f"{name:<44} {value}")
    for said, number in tally.said.most_common(12):
        print(f"{number:>6} × {said}")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {'kept' if tally.is_kept() else 'BROKEN'}")
    return 0 if tally.is_kept() else 1
