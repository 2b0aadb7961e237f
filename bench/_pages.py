"""How many public pages a second 50 clients get, of this tree and of an earlier commit."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path

BEFORE = "e11d205"
ROOT = Path(__file__).parent.parent
CLIENTS, SECONDS = 50, 4.0
#: Run in the tree that is measured: its own site with real papers, its port told on a line.
SERVE = (
    "import types; from bench.web import serve; "
    "serve(types.SimpleNamespace(send=lambda told: print(told[0], flush=True)))"
)
DAY = "/archive/2026-03-09"
#: Words of searches; each address is new, so that no page of it is kept.
WORDS = ("model", "training", "graph", "language", "vision", "policy", "robust", "data")


def never_asked() -> Iterator[str]:
    """Yield searches of which none is asked twice."""
    numbers = count()
    for word in cycle(WORDS):
        yield f"/search?q={word}&place={next(numbers)}"


@contextmanager
def serving(tree: Path) -> Iterator[int]:
    """Serve the site of a tree, and yield its port."""
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.kill()


@contextmanager
def earlier() -> Iterator[Path]:
    """Yield a tree of the earlier commit."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", BEFORE], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


def rate(port: int, paths: Iterator[str], **headers: str) -> float:
    """Return the whole answers a second that the clients got."""
    taking, done, until = threading.Lock(), [0] * CLIENTS, time.monotonic() + SECONDS

    def one(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        while time.monotonic() < until:
            with taking:
                path = next(paths)
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status in (200, 304), (path, answer.status)
            done[number] += 1

    began = time.monotonic()
    clients = [threading.Thread(target=one, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return sum(done) / (time.monotonic() - began)


def rates(port: int) -> dict[str, float]:
    """Return the pages a second, by what is asked; every browser takes gzip."""
    kinds = {
        "an empty answer": cycle(["/healthz"]),
        "a day": cycle([DAY]),
        "the archive": cycle(["/archive"]),
        "one search": cycle(["/search?q=training"]),
        "searches never asked": never_asked(),
    }
    return {name: rate(port, paths, **{"Accept-Encoding": "gzip"}) for name, paths in kinds.items()}


def size(port: int, path: str) -> int:
    """Return the bytes of an answer's body as they are sent."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", path, headers={"Accept-Encoding": "gzip"})
    return len(line.getresponse().read())


def compare() -> None:
    """Measure both trees, one after the other, and tell."""
    with earlier() as tree, serving(tree) as port:
        before, day = rates(port), size(port, DAY)
    with serving(ROOT) as port:
        after, less = rates(port), size(port, DAY)
    print(f"{CLIENTS} clients, pages a second: commit {BEFORE}, now")
    for name, old in before.items():
        print(f"{name:>22}: {old:6.0f} {after[name]:6.0f}, {after[name] / old:5.1f} x")
    print(f"bytes of a day: {day:,}, {less:,}")
