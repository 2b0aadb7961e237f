"""Four processes that read one host and send by one relay: whether they keep its pace together.

Four collectors ask a host of arXiv's, which is on loopback, three times each: no request may begin
less than three seconds after the answer to the one before.  Then four of ``digest send`` share a
relay with ``per_minute`` and ``per_day``: it may be handed no more mails than these allow.  On
SQLite and on PostgreSQL.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from time import monotonic

from digest.app import opened
from digest.config import load
from digest.pipeline import runs
from tests import processes
from tests.origin import origin, reply
from tests.service.test_serve import digest
from tests.waits import HUNG

from ._fleet import lay_out
from ._mortal import sink
from .scale import empty_database

#: Seconds between two requests to arXiv, as it asks for.
GAP = 3.0
PER_MINUTE, PER_DAY, MAILS = 120, 40, 60
#: Seconds by which a clock that counts in thousandths may be off; and by which the relay may see
#: the first mail later than its turn was taken, on a busy machine.
SLACK, LATE = 0.01, 1.0

#: A process that asks a host so often; its database, and the port that is arXiv's, are arguments.
_COLLECT = """
import sys
from contextlib import closing
from datetime import UTC, datetime
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from digest.listings.sources.http import Client
from digest.store import Store
from digest.store.paces import StoredPace
from tests.store.test_paces import Faraway
url, port, times = sys.argv[1:]
with closing(Store(url)) as store:
    client = Client(
        contact="", now=lambda: datetime.now(UTC), tls=SSLContext(PROTOCOL_TLS_CLIENT),
        resolve=lambda host, port: ["93.184.215.14"], sockets=Faraway({80: int(port)}),
        pace=StoredPace(store),
    )
    for _ in range(int(times)):
        client.fetch("http://rss.arxiv.org/rss", listing="daily")
"""


def main(arguments: Sequence[str]) -> int:
    """Let them, and say what the host and the relay saw; 1 where a budget was not kept."""
    parser = argparse.ArgumentParser(prog="python -m bench budgets", description=__doc__)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--requests", type=int, default=3, help="of each process")
    options = parser.parse_args(arguments)
    kept = []
    for kind, name in {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.items():
        with empty_database(kind) as url, tempfile.TemporaryDirectory() as folder:
            kept.append(_sends(Path(folder), name, url, options.processes))
            kept.append(_collects(name, url, options.processes, options.requests))
    return 0 if all(kept) else 1


def _collects(name: str, url: str, number: int, times: int) -> bool:
    """Return whether a host was asked no sooner than it allows."""
    seen: list[tuple[float, float]] = []

    def answer(_: object) -> Iterator[bytes]:
        began = monotonic()
        yield from reply(b"papers")
        seen.append((began, monotonic()))

    with origin(answer) as served:
        words = [sys.executable, "-c", _COLLECT, url, served.url.rpartition(":")[2], str(times)]
        _all_end([processes.Popen(words) for _ in range(number)])
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(sorted(seen))]
    print(f"{name}: {number} processes, {len(seen)} requests, {min(gaps):.2f} s apart at the least")
    return len(seen) == number * times and min(gaps) >= GAP - SLACK


def _sends(folder: Path, name: str, url: str, number: int) -> bool:
    """Return whether a relay was handed no more than it takes in a minute, and in a day."""
    with _timed(folder) as (port, times):
        lay_out(folder, url, port, MAILS, dispatch="for")
        budget = f"per_minute: {PER_MINUTE}, per_day: {PER_DAY}, port:"
        config = folder / "config.yaml"
        config.write_text(config.read_text().replace("port:", budget))
        with opened(load(config, {})) as app:
            runs.run(app, list(app.listings.values()), hands_over=False, early=True)
        _all_end([processes.Popen(digest(folder, "send"), stdout=-3) for _ in range(number)])
    took = max(times) - min(times)
    print(f"{name}: {number} processes, {len(times)} mails of {MAILS} in {took:.2f} s")
    return len(times) == PER_DAY and took >= (PER_DAY - 1) * 60 / PER_MINUTE - LATE


@contextmanager
def _timed(folder: Path) -> Iterator[tuple[int, list[float]]]:
    """Run a relay; yield its port, and when it took each mail."""
    times: list[float] = []
    with sink(folder / "relay.log") as (relay, port):

        def note() -> None:
            times.append(monotonic())
            relay.calls_after = 1

        relay.calls_after, relay.call = 1, note
        yield port, times


def _all_end(begun: Sequence[processes.Popen]) -> None:
    for each in begun:
        if each.wait(HUNG) not in (0, 75):
            raise RuntimeError(f"{each.args}: ended with {each.returncode}")
