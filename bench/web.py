"""Live preview and lint under load: ``python -m bench web``, with DIGEST_REAL_DATA.

A server process with 30 days of real papers; a second process that asks without pause; this one
asks one thing after the other and tells the 95th percentile, and how many times an empty page of
the same server in the same run that is.  At last 200 clients ask for the heaviest page, and this
one whether the server lives.  Before all that, 50 clients get public pages and pages of issues as
fast as they can, of this tree and of an earlier commit; with ``--pages`` that is all, and the exit
code is 1 where a goal is missed.
"""

from __future__ import annotations

import http.client
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from digest.listings.diff import diff
from digest.model import Snapshot, Verdict
from digest.store import papers as stored_papers
from tests.factories import EIGHT, TUESDAY
from tests.sites import HERE, SPARSE, laid_out

from ._corpus import papers
from ._pages import compare

PAPERS, DAYS, ROUNDS = 4_500, 30, 200
#: Clients who ask for the heaviest page at once.
CROWD = 200
#: Texts that nobody has asked before, so that nothing is remembered.
WORDS = (
    *("network", "language", "graph", "robust", "vision"),
    *("policy", "quantum", "speech", "causal", "video"),
)


def text(number: int) -> str:
    """A profile as somebody types it, another one each time."""
    words = f"{WORDS[number % 10]} {WORDS[number // 10 % 10]}"
    return SPARSE.replace("quantiz*", words)


def serve(channel: Any) -> None:
    """Lay out a site with real papers, say where it is, serve."""
    from digest.web.server import listen

    with tempfile.TemporaryDirectory() as folder, laid_out(Path(folder)) as site:
        several = papers(PAPERS)
        each = PAPERS // DAYS
        for day in range(DAYS):
            when = TUESDAY - timedelta(days=day)
            receipt = Snapshot(
                listing="daily", day=when, taken_at=EIGHT, verdict=Verdict.FRESH, entries=each
            )
            with site.app.store.begin() as tx:
                pairs = stored_papers.pair_with_seen(
                    tx, "daily", several[each * day : each * (day + 1)]
                )
                stored_papers.store_collection(tx, receipt, pairs, diff(pairs))
        running = listen(site.app, host="127.0.0.1", port=0)
        began = time.monotonic()
        running.site.recent_papers.refresh(wait=True)
        channel.send((running.socket.getsockname()[1], time.monotonic() - began))
        running.run()


def ask(line: http.client.HTTPConnection, path: str, **form: str) -> float:
    """Seconds until the whole answer was there."""
    began = time.perf_counter()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST" if form else "GET", path, urlencode(form) or None, kind if form else {})
    answer = line.getresponse()
    answer.read()
    assert answer.status == 200, (path, answer.status)
    return time.perf_counter() - began


def load(port: int) -> None:
    """Read and search without pause."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        for path in ("/archive/2026-03-09", "/search?q=training", f"{HERE}/profiles/sparse"):
            ask(line, path)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return quantiles(times, n=20)[-1] * 1000


def measured(port: int) -> dict[str, list[float]]:
    """Each thing asked in turn, so that all of them see the same weather."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    at = f"{HERE}/profiles/sparse"
    times: dict[str, list[float]] = {"empty": [], "lint": [], "live": []}
    for number in range(ROUNDS):
        times["empty"].append(ask(line, "/healthz"))
        times["lint"].append(ask(line, f"{at}/lint", text=text(number)))
        times["live"].append(ask(line, f"{at}/live", text=text(number)))
    return times


def heaviest(port: int) -> str:
    """The page that takes longest."""
    at = f"{HERE}/profiles/sparse"
    pages = ("/", "/archive/2026-03-09", "/search?q=training", HERE, at, f"{at}/mail", "/trending")
    line = http.client.HTTPConnection("127.0.0.1", port)
    return max(pages, key=lambda page: min(ask(line, page) for _ in range(3)))


def crowd(port: int, page: str, clients: int, begun: Any) -> None:
    """So many clients who ask for one page without pause, each on a connection of its own."""

    def one() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        while True:
            ask(line, page)

    for _ in range(clients):
        threading.Thread(target=one, daemon=True).start()
    begun.set()
    threading.Event().wait()


def crowded(port: int, spawn: Any) -> None:
    """Tell how long it takes to hear that it lives while 200 clients ask for the heaviest page."""
    page = heaviest(port)
    probes = ("/healthz", "/readyz")

    def probed() -> dict[str, list[float]]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        return {probe: [ask(line, probe) for _ in range(ROUNDS)] for probe in probes}

    calm, begun = probed(), spawn.Event()
    one = min(ask(http.client.HTTPConnection("127.0.0.1", port), page) for _ in range(3))
    others = spawn.Process(target=crowd, args=(port, page, CROWD, begun), daemon=True)
    others.start()
    begun.wait()
    loaded = probed()
    others.kill()
    print(f"{CROWD} clients on {page}, {one * 1000:.0f} ms each")
    for probe in probes:
        value = p95(loaded[probe])
        print(
            f"{probe:>10}: p95 {value:6.1f} ms, {value / p95(calm[probe]):5.1f} x alone, "
            f"{value / (one * 1000 * CROWD):.3f} x the time of the whole crowd's pages"
        )


def main(options: Sequence[str]) -> int:
    """Measure without and with load, and tell; with ``--pages`` the public pages alone."""
    is_fast = compare()
    if "--pages" in options:
        return 0 if is_fast else 1
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    theirs.close()  # a server that dies at once is then noticed
    port, took = ours.recv()
    print(f"{PAPERS:,} papers of {DAYS} days made ready in {took:.1f} s")
    calm = measured(port)
    other = spawn.Process(target=load, args=(port,), daemon=True)
    other.start()
    loaded = measured(port)
    other.kill()
    for name, times in (("alone", calm), ("under load", loaded)):
        empty = p95(times["empty"])
        for what in ("lint", "live"):
            value = p95(times[what])
            print(f"{name:>10}  {what}: p95 {value:6.1f} ms, {value / empty:5.1f} x an empty page")
    crowded(port, spawn)
    server.kill()
    return 0
