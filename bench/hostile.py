"""A hundred queries meant to hurt (``tests/patterns.py``) against 2,000 real papers."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from digest.match import Day
from digest.query import parse_clause
from tests.patterns import HOSTILE

from . import _corpus


def main(options: Sequence[str]) -> int:
    """Print the total and the worst five; exit 1 where the total is a second or more."""
    parser = argparse.ArgumentParser(prog="python -m bench hostile", description=__doc__)
    parser.add_argument("--papers", type=int, default=2000)
    papers = _corpus.papers(parser.parse_args(options).papers)
    day = Day(papers)
    day.bits(
        parse_clause("an index OR /a pattern/ OR author:Somebody")
    )  # indexing is not the queries'
    spent = []
    for text in HOSTILE:
        started = time.process_time()
        day.bits(parse_clause(text))
        spent.append((time.process_time() - started, text))
    total = sum(seconds for seconds, _ in spent)
    print(f"{len(HOSTILE)} queries × {len(papers):,} papers: {total:.2f} s")
    for seconds, text in sorted(spent, reverse=True)[:5]:
        print(f"  {seconds * 1000:6.1f} ms  {text[:70]}")
    return 0 if total < 1 else 1
