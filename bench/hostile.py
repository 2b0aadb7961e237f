"""What was written to hurt: queries against real papers, profiles, TeX, and mails that come in.

A hundred queries (``tests/patterns.py``) on 2,000 papers take less than a second of CPU in all; of
the mails (``bench/_mails.py``: long lines, deep and wide MIME, header floods, charset traps, markup
without end) each takes less than one.  What profiles and TeX cost is printed as ratios.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from digest.language import parse_clause
from digest.match import PaperIndex
from digest.subscribers.inbox.authentication import is_vouched_for
from digest.subscribers.inbox.commands import commands, terms
from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.limits import UnreadableError
from digest.subscribers.inbox.receive import identified, tokens_in
from tests.patterns import HOSTILE

from . import _corpus, _mails, _refusals


def main(options: Sequence[str]) -> int:
    """Print the totals, the worst five and the ratios; exit 1 where one is above its bound."""
    parser = argparse.ArgumentParser(prog="python -m bench hostile", description=__doc__)
    parser.add_argument("--papers", type=int, default=2000)
    parser.add_argument("--only", choices=["queries", "mails"])
    chosen = parser.parse_args(options)
    is_good = True
    if chosen.only != "mails":
        is_good &= _queries(chosen.papers)
        is_good &= _refused()
    if chosen.only != "queries":
        is_good &= _read_mails()
    return 0 if is_good else 1


def _queries(number: int) -> bool:
    papers = _corpus.papers(number)
    day = PaperIndex(papers)
    day.bits(
        parse_clause("an index OR /a pattern/ OR author:Somebody")
    )  # indexing is not the queries'
    spent = [(_seconds(lambda text=text: day.bits(parse_clause(text))), text) for text in HOSTILE]
    total = sum(seconds for seconds, _ in spent)
    print(f"{len(HOSTILE)} queries × {len(papers):,} papers: {total:.2f} s")
    _print_worst(spent)
    return total < 1


def _read_mails() -> bool:
    mails = list(_mails.mails())
    spent = [(_seconds(lambda data=data: understood(data)), name) for name, data in mails]
    total = sum(seconds for seconds, _ in spent)
    print(f"{len(mails)} mails, {sum(len(d) for _, d in mails):,} bytes: {total:.2f} s")
    _print_worst(spent)
    return max(spent)[0] < 1


def understood(data: bytes) -> bool:
    """Read a mail as the inbox does; False where it would be set aside."""
    identified(data)
    try:
        mail = read(data)
    except UnreadableError:
        return False
    for command in commands(mail):
        terms(command.words)
    [*tokens_in(mail, "bounce+{token}@example.org")]
    is_vouched_for(mail.message, "mx.example.org", mail.sender)
    return True


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _print_worst(spent: list[tuple[float, str]]) -> None:
    for seconds, text in sorted(spent, reverse=True)[:5]:
        print(f"  {seconds * 1000:6.1f} ms  {text[:70]}")


def _refused() -> bool:
    is_well = True
    for name, ratio, most in _refusals.told():
        print(f"{'met   ' if ratio <= most else 'MISSED'}  {name}: {ratio:.2f} (≤ {most:g})")
        is_well = is_well and ratio <= most
    return is_well
