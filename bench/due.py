"""Exactly one issue for each local date: every time zone, nine hours, four years."""

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
    options = parser.parse_args(arguments)
    zones = sorted(available_timezones() - {"localtime"})
    span = list(days(options.first, options.last))
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
