"""What as many processes cost that share nothing: the control beside ``bench/_workers.py``.

Each has a database of its own with its part of the subscribers, and all run at the same time,
against the same kind of relay.  So each pays its start, and what the cores of a machine take from
each other; what processes on one database cost more than these is what the sharing costs.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from digest.store import Store

from . import _distinct, _workers, scale
from ._sink import sink
from ._workers import Morning, Outcome


@dataclass(frozen=True, slots=True)
class Alone:
    """What came of a morning without sharing."""

    #: by the name of the process that handed them over
    mails: Counter[str]
    #: of all processes together, from their start to their end
    cpu: float

    @property
    def cpu_each(self) -> float:
        """Return the ms of CPU a mail."""
        return self.cpu / self.mails.total() * 1e3


def run(morning: Morning) -> Alone:
    """Let so many processes mail, each from a database of its own, at the same time."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = stack.enter_context(scale.empty_databases(morning.kind, morning.workers))
        log = folder / "taken.log"
        port = stack.enter_context(sink(log=log, answer=morning.answer, is_timed=True))
        for nth, url in enumerate(urls):
            _lay_out(folder, nth, url, port, morning)
        processes = _workers.let_go(stack, folder, morning)
        stores = [stack.enter_context(closing(Store(url))) for url in urls]
        _workers.follow(processes, stores, morning)
        mails = Counter(line.split()[1] for line in log.read_text().splitlines())
        return Alone(mails, sum(each.cpu for each in processes))


def _lay_out(folder: Path, nth: int, url: str, port: int, morning: Morning) -> None:
    """Let one of so many subscribers wait in the database of one process."""
    name = morning.names[nth]
    _workers.configure(folder, [name], url, port, morning)
    texts = _distinct.texts(_distinct.papers(morning.papers))
    people = islice(texts, nth, morning.subscribers, morning.workers)
    _workers.fill(folder / f"{name}.yaml", people, morning)


def start(morning: Morning) -> float:
    """Return the seconds of CPU of a process that has nothing to send, until it ends or waits."""
    nothing = replace(morning, subscribers=0, workers=1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(scale.empty_database(morning.kind))
        port = stack.enter_context(sink())
        _workers.lay_out(folder, url, port, nothing)
        [process] = _workers.let_go(stack, folder, nothing)
        process.settle()
        process.end()
        return process.cpu


def lines(
    morning: Morning, shared: Outcome, one: Outcome, alone: float, start: float
) -> Iterator[str]:
    """Say what of the CPU a mail is the sharing's, and what any two processes pay."""
    what, starts = morning.title, start * morning.workers / shared.mails.total() * 1e3
    yield (
        f"beside  {what}: as many at the same time that share nothing, each with a database of its"
        f" own: {alone:.2f} ms of CPU a mail, {alone / one.cpu_each:.2f} times one worker's"
    )
    yield (
        f"beside  {what}: what sharing costs: one database to databases of their own:"
        f" {shared.cpu_each / alone:.2f} times"
    )
    yield (
        f"beside  {what}: a start with nothing to send: {start:.2f} s of CPU,"
        f" {starts:.2f} ms a mail for all of them, {starts / morning.workers:.2f} for one"
    )
