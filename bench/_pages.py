"""How many pages a second 50 clients get, of this tree and of an earlier commit."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import NamedTuple

from ._corpus import papers

BEFORE = "e11d205"
ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "bench" / "_visited.py"
CLIENTS, SECONDS, TURNS = 50, 2.0, 2
#: Issues that are looked at; the subscribers' first ones come on days with few papers.
ISSUES, SKIPPED = 600, 300
DAY = "/archive/2026-03-19"
#: What is asked for, and how many times as many a second as of the earlier commit there are to be.
GOALS: Mapping[str, float] = {
    "an empty answer": 1,
    "a day": 5,
    "the archive": 5,
    "one search": 5,
    "searches never asked": 5,
    "issues never seen": 5,
    "issues seen before": 5,
}


class Served(NamedTuple):
    """A tree that is served: its process, its port, and the paths of issues."""

    process: int
    port: int
    issues: list[str]


def searches() -> list[str]:
    """Return searches for one or two words that titles have, none of them twice."""
    draw = random.Random(1)
    titles = [re.findall(r"[a-z]{3,}", paper.title.lower()) for paper in papers(4_500)]
    asked = [draw.sample(words, draw.choice((1, 2))) for words in titles if len(words) > 1]
    return list(dict.fromkeys("/search?q=" + "+".join(words) for words in asked))


@contextmanager
def serving(tree: Path) -> Iterator[Served]:
    """Serve the site of a tree."""
    with subprocess.Popen(
        [sys.executable, SCRIPT],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}"},
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        port, mailed = int(server.stdout.readline()), json.loads(server.stdout.readline())
        yield Served(
            server.pid, port, [_led(port, path) for path in mailed[SKIPPED : SKIPPED + ISSUES]]
        )
        server.kill()


def _led(port: int, path: str) -> str:
    """Return the path that a mail's address leads to."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", path)
    return line.getresponse().headers.get("Location", path)


@contextmanager
def earlier() -> Iterator[Path]:
    """Yield a tree of the earlier commit."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", BEFORE], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        yield Path(folder)


class Speed(NamedTuple):
    """How many whole answers a second the clients got, and how long the server computed each."""

    rate: float
    ms: float


def speed(tree: Served, paths: Iterable[str]) -> Speed:
    """Ask for paths until they end."""
    taking, done, rest = threading.Lock(), [0] * CLIENTS, iter(paths)

    def one(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", tree.port, timeout=600)
        while True:
            with taking:
                path = next(rest, None)
            if path is None:
                return
            line.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = line.getresponse()
            answer.read()
            assert answer.status in (200, 304), (path, answer.status)
            done[number] += 1

    began, before = time.monotonic(), cpu(tree.process)
    clients = [threading.Thread(target=one, args=(number,)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took, computed = time.monotonic() - began, cpu(tree.process) - before
    return Speed(sum(done) / took, computed / sum(done))


def for_a_while(paths: Iterable[str]) -> Iterator[str]:
    """Yield paths for some seconds."""
    until = time.monotonic() + SECONDS
    for path in paths:
        if time.monotonic() > until:
            return
        yield path


def turns(issues: list[str], searches: list[str]) -> Iterator[dict[str, Iterable[str]]]:
    """Yield what is asked in each turn, by its kind; no search and no new issue comes twice."""
    never, each = iter(searches), len(issues) // TURNS
    for turn in range(TURNS):
        fresh = issues[each * turn : each * (turn + 1)]
        paths = {
            "an empty answer": cycle(["/healthz"]),
            "a day": cycle([DAY]),
            "the archive": cycle(["/archive"]),
            "one search": cycle(["/search?q=training"]),
            "searches never asked": never,
            "issues seen before": cycle(fresh),
        }
        yield {"issues never seen": fresh, **{k: for_a_while(v) for k, v in paths.items()}}


def measured(trees: Sequence[Served]) -> list[dict[str, Speed]]:
    """Return the median speeds of each tree, by what is asked; trees are asked by turns."""
    speeds: list[dict[str, list[Speed]]] = [defaultdict(list) for _ in trees]
    asked_for = searches()
    for asked in zip(*[turns(tree.issues, asked_for) for tree in trees], strict=True):
        for kind in GOALS:
            for tree, paths, found in zip(trees, asked, speeds, strict=True):
                found[kind].append(speed(tree, paths[kind]))
    return [
        {kind: Speed(*map(median, zip(*several, strict=True))) for kind, several in each.items()}
        for each in speeds
    ]


def cpu(process: int) -> float:
    """Return the milliseconds that a process has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def size(port: int, path: str) -> int:
    """Return the bytes of an answer's body as they are sent."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", path, headers={"Accept-Encoding": "gzip"})
    return len(line.getresponse().read())


def compare() -> bool:
    """Measure both trees, and say how they do; return whether every goal is reached."""
    with earlier() as tree, serving(tree) as old, serving(ROOT) as new:
        before, after = measured([old, new])
        bytes_of_day = size(old.port, DAY), size(new.port, DAY)
    print(f"{CLIENTS} clients: pages a second, and ms of the server's CPU, of {BEFORE} and of now")
    for kind, goal in GOALS.items():
        (old_rate, old_ms), (new_rate, new_ms) = before[kind], after[kind]
        told = f"at least {goal}{'' if new_rate >= goal * old_rate else ': missed'}"
        print(
            f"{kind:>22}: {old_rate:6.0f} {new_rate:6.0f}, {new_rate / old_rate:5.1f} x ({told});"
            f" {old_ms:6.2f} {new_ms:6.2f}, {old_ms / new_ms:5.1f} x"
        )
    print("bytes of a day: {:,}, {:,}".format(*bytes_of_day))
    return all(after[kind].rate >= goal * before[kind].rate for kind, goal in GOALS.items())
