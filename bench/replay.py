"""All recorded listings again, through a server that speaks their publishers' addresses."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import structlog

from digest.model import Verdict
from digest.store import Store
from tests import drills
from tests.generators import month
from tests.indexes import indexes
from tests.replays import Outcome, all_scenes, replay


def main(arguments: Sequence[str]) -> int:
    """Play every scene and drill on a store of its own; 1 where one is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    options = parser.parse_args(arguments)
    if not (data := os.environ.get("DIGEST_REAL_DATA")):
        sys.exit("set DIGEST_REAL_DATA to a folder of recorded listings")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    broken = 0
    for scene in [*all_scenes(Path(data)), indexes(), month()]:
        if options.only in scene.name:
            with tempfile.TemporaryDirectory() as folder:
                began = time.monotonic()
                outcome = replay(scene, _empty(), Path(folder))
                _show(outcome, time.monotonic() - began)
                broken += not outcome.is_whole
    if options.only in "drills":
        broken += _drill(Path(data))
    return 1 if broken else 0


def _drill(data: Path) -> int:
    """A hundred changes of ids and as many bursts after real days; a year of announcements."""
    began = time.monotonic()
    days = drills.real_days(data)
    real, _, _ = drills.collected(_empty(), days)
    false = drills.verdicts_of(real)[Verdict.FLOOD]
    held = drills.held(*drills.collected(_empty(), days[:30]), days[:30], times=100)[Verdict.FLOOD]
    print(
        f"floods ({time.monotonic() - began:.0f} s): {false} real days held, {held} of 200 others"
    )
    began = time.monotonic()
    odd = drills.announcements(_empty(), date(2026, 1, 1), 365)
    print(f"a year of announcements ({time.monotonic() - began:.0f} s): {len(odd)} odd", *odd[:20])
    return int(bool(false or odd or held != 200))


def _empty() -> Store:
    store = Store("sqlite://")
    store.migrate()
    return store


def _show(outcome: Outcome, took: float) -> None:
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(outcome.verdicts.items()))
    statuses = ", ".join(f"{n} × {status}" for status, n in sorted(outcome.statuses.items()))
    print(f"{outcome.scene} ({took:.0f} s)")
    print(
        f"  {outcome.papers:,} papers, {len(outcome.lost)} lost, {len(outcome.twice)} mailed twice"
    )
    print(f"  {sum(outcome.verdicts.values())} readings: {verdicts}")
    print(f"  answers: {statuses}")
    for line in outcome.odd:
        print(f"  ODD {line}")
    for key in sorted(outcome.lost)[:10]:
        print(f"  LOST {key}")
    sys.stdout.flush()
