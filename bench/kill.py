"""Kill -9 at random moments, a real SMTP server between: what is lost, and what is repeated."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.databases import fresh_postgres, postgres_server

from ._mortal import torture


def main(arguments: Sequence[str]) -> int:
    """Run the cycles on both databases, for each policy; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    policies, broken = ("resend", "hold", "ask"), 0
    each = options.kills // (2 * len(policies)) + 1
    print("database    in_doubt  kills  mails  in window  lost  twice  held")
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        for database in ("sqlite", "postgresql"):
            for policy in policies:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                url = f"sqlite:///{folder}/digest.db"
                if database == "postgresql":
                    url = stack.enter_context(fresh_postgres(server))
                tally = torture(url, folder, kills=each, in_doubt=policy, seed=options.seed)
                numbers = (
                    f"{tally.kills:>5}  {tally.expected:>5}  {tally.in_window:>9}  "
                    f"{tally.lost:>4}  {tally.duplicates:>5}  {tally.held:>4}"
                )
                print(f"{database:<10}  {policy:<8}  {numbers}", flush=True)
                allowed = tally.in_window if policy == "resend" else 0
                broken += tally.lost != 0 or tally.duplicates > allowed
    return 1 if broken else 0
