"""Exactly one issue for each local date: every time zone, nine hours, four years.

With ``--idle`` instead: what a minute costs in which nothing is due, by the number of subscribers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import date
from itertools import islice
from zoneinfo import available_timezones

from ._due import HOURS, days, faults


def main(arguments: Sequence[str]) -> int:
    """Try them all; 1 where one date has none or two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2024, 1, 1))
    parser.add_argument("--last", type=date.fromisoformat, default=date(2027, 12, 31))
    parser.add_argument("--idle", type=int, nargs="*", metavar="SUBSCRIBERS", help="1,000 100,000")
    options = parser.parse_args(arguments)
    return _dates(options.first, options.last) if options.idle is None else _idle(options.idle)


#: CPU seconds that an idle minute may cost, however many subscribers there are.
MOST = 0.05


def _idle(sizes: Sequence[int]) -> int:
    from ._idle import databases, idle_tick

    worst = 0.0
    for size in sizes or (1_000, 100_000):
        with databases() as urls:
            for name, url in urls.items():
                spent = idle_tick(url, size)
                worst = max(worst, spent)
                print(
                    f"{name:<10}  {size:>7,} subscribers  {1000 * spent:6.1f} ms of CPU", flush=True
                )
    return 0 if worst <= MOST else 1


def _dates(first: date, last: date) -> int:
    zones = sorted(available_timezones() - {"localtime"})
    span = list(days(first, last))
    began = time.monotonic()
    found = [
        fault
        for zone in zones
        for at in HOURS
        for fault in islice(faults(zone, at, span, thorough=False), 5)
    ]
    for fault in found:
        print(f"{fault.zone} {fault.at:%H:%M} {fault.day}: {fault.what}")
    number = len(zones) * len(HOURS) * len(span)
    took = time.monotonic() - began
    print(f"{len(zones)} zones, {number:,} dates, {len(found)} faults, {took:.0f} s")
    return 1 if found else 0
