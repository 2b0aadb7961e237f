"""A month of a large listing: how long ``profile test``, ``check`` and ``suggest`` take.

Real papers (the folder that DIGEST_REAL_DATA names holds ``arxiv-days/``), repeated under other
ids and titles until they are as many as arXiv's cs in 30 days; each command is a process of its
own, run before there is an index on disk and then twice with it.  The exit code is 1 if the second
or the third run of one takes three seconds or more.  ``--short``: few invented papers, no goal.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree

from digest.listings.diff import diff
from digest.listings.identity import title_name
from digest.model import Paper, Snapshot, Verdict
from digest.store import Store
from digest.store import papers as stored_papers

from . import _corpus

PAPERS, DAYS, REAL = 20_000, 30, 4_000
GOAL = 3.0
LAST = date(2026, 3, 10)
CONFIG = """\
database: sqlite:///digest.db
profiles: .
listings: {cs: {kind: listing, path: "{day}.txt"}}
mail: {from: "Papers <digest@example.org>"}
"""
PROFILE = """\
profile: slam
title: SLAM
any:
  - SLAM
  - mapping
  - "localization AND NOT protein"
  - loop closure
  - "gaussian splat*"
  - /\\bLiDAR\\b/
  - visual odometry
all: [robot* OR camera OR vision]
none: [survey]
authors: [Davide Scaramuzza]
"""


def main(options: Sequence[str]) -> int:
    """Print the seconds of each command, first and later, and the ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench month", description=__doc__)
    parser.add_argument("--papers", type=int, default=PAPERS)
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args(options)
    real = _corpus.invented(60) if asked.short else _corpus.papers(REAL)
    number = 60 if asked.short else asked.papers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        liked = _lay_out(folder, real, number)
        print(f"{number:,} papers of {DAYS} days; seconds of a process (of CPU)")
        slowest = max(_measured(folder, *command) for command in _commands(liked))
        kept = [each.stat() for each in (folder / "digest.db.papers").iterdir()]
        print(f"index on disk: {sum(each.st_size for each in kept) / 1e6:.0f} MB", end=", ")
        print(f"{len(kept)} files, modes {sorted({oct(each.st_mode)[-3:] for each in kept})}")
    return int(slowest >= GOAL and not asked.short)


def _commands(liked: Sequence[str]) -> list[list[str]]:
    likes = [option for key in liked for option in ("--like", key)]
    return [["test"], ["check"], ["suggest", *likes]]


def _measured(folder: Path, name: str, *options: str) -> float:
    """Run one command without an index and then with it; return the slower of the later times."""
    rmtree(folder / "digest.db.papers", ignore_errors=True)
    (first, cpu), *later = [_seconds(folder, name, *options) for _ in range(3)]
    slower, its_cpu = max(later)
    print(
        f"{name:8} first {first:6.2f} ({cpu:.2f})   then {slower:5.2f} ({its_cpu:.2f})"
        f"   {first / slower:4.1f} times as fast",
        flush=True,
    )
    return slower


def _seconds(folder: Path, name: str, *options: str) -> tuple[float, float]:
    began, before = time.perf_counter(), os.times()
    command = [
        sys.executable,
        "-c",
        "from digest.cli import main; main()",
        "--config",
        "config.yaml",
        "profile",
        name,
    ]
    done = subprocess.run(
        [*command, "slam.yaml", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    spent = os.times()
    cpu = (
        spent.children_user - before.children_user + spent.children_system - before.children_system
    )
    return time.perf_counter() - began, cpu


def _lay_out(folder: Path, real: Sequence[Paper], number: int) -> list[str]:
    """Store the papers day by day; return the keys of some that might be liked."""
    Path(folder, "config.yaml").write_text(CONFIG, "utf-8")
    Path(folder, "slam.yaml").write_text(PROFILE, "utf-8")
    papers = [_again(real[place % len(real)], place // len(real), place) for place in range(number)]
    store = Store(f"sqlite:///{folder / 'digest.db'}")
    store.migrate()
    for ago in range(DAYS):
        several = papers[ago::DAYS]
        day = LAST - timedelta(days=ago)
        taken_at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        receipt = Snapshot(
            listing="cs", day=day, taken_at=taken_at, verdict=Verdict.FRESH, entries=len(several)
        )
        with store.begin() as tx:
            pairs = stored_papers.pair_with_seen(tx, "cs", several)
            stored_papers.store_collection(tx, receipt, pairs, diff(pairs))
    store.close()
    return [paper.key for paper in papers if "robot" in paper.title.lower()][:20] or [papers[0].key]


def _again(paper: Paper, times: int, place: int) -> Paper:
    title = f"{paper.title}, part {times}" if times else paper.title
    return replace(paper, key=f"arxiv:2603.{place:05}", title=title, aliases=(title_name(title),))
