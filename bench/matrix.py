"""Each stage of SMTP with each fault: two hundred mails a cell, through the outbox, none lost."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from ._cells import MAILS, cells, fresh_store, trial


def main(arguments: Sequence[str]) -> int:
    """Try every cell; 1 where one mail was lost, held up, repeated or asked for again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=MAILS, help=f"a cell (default: {MAILS})")
    parser.add_argument("--stage", help="only this one")
    options = parser.parse_args(arguments)
    chosen = [cell for cell in cells() if options.stage in (None, cell.stage.lower())]
    began, wrong = time.monotonic(), 0
    print("stage     fault     commands  at once  later  failed  twice")
    with fresh_store() as store:
        for cell in chosen:
            result = trial(cell, store, options.mails)
            print(f"{cell}  {result}", flush=True)
            wrong += bool(result.wrongs)
    took = time.monotonic() - began
    print(
        f"{len(chosen)} cells, {len(chosen) * options.mails:,} mails, {wrong} wrong, {took:.0f} s"
    )
    return 1 if wrong else 0
