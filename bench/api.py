"""Odd requests to every page: ``python -m bench api [CASES]``, 10,000 unless told."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from digest.web import subscribe
from tests.openapi import odd_requests
from tests.sites import laid_out


def main(options: Sequence[str]) -> int:
    """Ask until that many questions were asked, with another seed each round."""
    subscribe.EACH_TAKES = 0.0
    wanted = int(options[0]) if options else 10_000
    asked, broken, seed, began = 0, [], 0, time.monotonic()
    while asked < wanted:
        seed += 1
        with tempfile.TemporaryDirectory() as folder, laid_out(Path(folder)) as site:
            more, faults = odd_requests(site, cases=60, seed=seed)
        asked += more
        broken += faults
        print(f"{asked:,} requests, {len(broken)} answered by 5xx", flush=True)
    for fault in broken[:20]:
        print(fault)
    print(f"{asked:,} requests in {time.monotonic() - began:.0f} s: {len(broken)} answers of 5xx")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
