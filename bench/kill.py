"""Kill -9 at random moments, a real SMTP server between: what is lost, and what is repeated."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

from tests.databases import fresh_postgres, postgres_server

from ._mortal import Tally, torture

POLICIES = ("resend", "hold", "ask")


def main(arguments: Sequence[str]) -> int:
    """Run the cycles on both databases, for each policy; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    each = -(-options.kills // 6)
    kills, broken, began = 0, 0, time.monotonic()
    print("database    in_doubt  kills  mails  at the dot  lost  twice  held")
    with postgres_server() as server:
        for database, policy in product(("sqlite", "postgresql"), POLICIES):
            with _fresh(database, server) as (url, folder):
                tally = torture(url, folder, kills=each, in_doubt=policy, seed=options.seed)
            print(f"{database:<10}  {policy:<8}  {_numbers(tally)}", flush=True)
            broken += not keeps_its_word(tally, policy)
            kills += tally.kills
    print(f"{kills} kills in {time.monotonic() - began:.0f} s")
    return 1 if broken else 0


def keeps_its_word(tally: Tally, policy: str) -> bool:
    """Nothing lost; nothing twice but what was at the dot, and that only where it is asked for."""
    allowed = len(tally.at_the_dot) if policy == "resend" else 0
    return tally.lost == 0 and tally.duplicates <= allowed


def _numbers(tally: Tally) -> str:
    return (
        f"{tally.kills:>5}  {tally.expected:>5}  {len(tally.at_the_dot):>10}  "
        f"{tally.lost:>4}  {tally.duplicates:>5}  {tally.held:>4}"
    )


@contextmanager
def _fresh(database: str, server: str) -> Iterator[tuple[str, Path]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder}/digest.db"
        if database == "postgresql":
            url = stack.enter_context(fresh_postgres(server))
        yield url, folder
