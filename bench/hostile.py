"""What was written to hurt: a hundred queries against 2,000 real papers, profiles, and TeX."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from digest.match import Day
from digest.query import parse_clause
from tests.patterns import HOSTILE

from . import _corpus, _refusals


def main(options: Sequence[str]) -> int:
    """Print the total, the worst five and the ratios; exit 1 where one is above its bound."""
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
    is_well = total < 1
    for name, ratio, most in _refusals.told():
        print(f"{'met   ' if ratio <= most else 'MISSED'}  {name}: {ratio:.2f} (≤ {most:g})")
        is_well = is_well and ratio <= most
    return 0 if is_well else 1
