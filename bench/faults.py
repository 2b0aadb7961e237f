"""Die at every point of a run, on both databases, and let the next run come to its end."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product

from digest.store import Store
from tests.databases import fresh_postgres, postgres_server
from tests.mortality import Death, Sessions, World, all_points, deaths, wiped

from .kill import POLICIES

#: How mails go out: one at a time, or over several connections.
KINDS = {"single": World, "lanes": Sessions}


@dataclass
class Tally:
    """What came of many deaths."""

    deaths: int = 0
    at_the_dot: int = 0
    lost: int = 0
    twice: int = 0

    def __str__(self) -> str:
        return f"{self.deaths:>6}  {self.at_the_dot:>10}  {self.lost:>4}  {self.twice:>5}"

    def count(self, death: Death) -> None:
        """Add one."""
        taken = death.world.taken()
        self.deaths += 1
        self.at_the_dot += death.at_the_dot
        self.lost += death.world.subscribers - len(taken) - death.world.undecided()
        self.twice += taken.total() - len(taken)


def main(arguments: Sequence[str]) -> int:
    """Kill at each point, for each database, policy and way of sending; 1 where one ends badly."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    broken = 0
    print("database    in_doubt  sending  deaths  at the dot  lost  twice")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(postgres_server())
        urls = [f"sqlite:///{folder}/digest.db", stack.enter_context(fresh_postgres(server))]
        for url, policy, kind in product(urls, POLICIES, KINDS):
            store = Store(url)
            store.migrate()
            tally = _tally(store, policy, KINDS[kind])
            print(f"{url.partition(':')[0]:<10}  {policy:<8}  {kind:<7}  {tally}", flush=True)
            allowed = tally.at_the_dot if policy == "resend" else 0
            broken += tally.lost != 0 or tally.twice > allowed
            store.close()
    return 1 if broken else 0


def _tally(store: Store, policy: str, kind: type[World]) -> Tally:
    def make() -> World:
        return kind(wiped(store), policy)

    tally = Tally()
    for death in deaths(make, all_points(make())):
        tally.count(death)
    return tally
