"""What matching costs: microseconds a profile, memory, and the ratio to what others do.

Each figure comes from a process of its own; rounds go through all contenders in turn, and medians
are shown.  The papers are real, the profiles drawn as ``_readers`` says.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from digest.match import Day
from digest.query import unpacked
from digest.text import raw_words, stem

from . import _contenders, _corpus, _readers

MOST = 20
#: profiles that a loop is measured on, a round: they take milliseconds to a second each
_SAMPLE = {"substrings": 40, "patterns": 4}
#: where the library way holds all clauses in memory at once
_MOST_FOR_LIBRARY = 100_000


def main(options: Sequence[str]) -> int:
    """Measure and print a table."""
    asked = _parser().parse_args(options)
    if asked.measure:
        print(json.dumps(_MEASURES[asked.measure](asked)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _table(asked, Path(folder, "profiles.db"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench match", description=__doc__)
    parser.add_argument("--papers", type=_numbers, default=[50, 1500, 4000])
    parser.add_argument("--profiles", type=_numbers, default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5, help="one from 500,000 profiles on")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each size")
    for hidden in ("measure", "file"):
        parser.add_argument(f"--{hidden}", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number.replace("_", "")) for number in text.split(",")]


def _table(asked: argparse.Namespace, file: Path) -> int:
    draw = _readers.Draw(_corpus.papers(max(asked.papers)))
    _readers.kept(file, draw.rows(max(asked.profiles)))
    faults = 0
    for papers in asked.papers:
        for profiles in asked.profiles:
            result = _measured(papers, profiles, asked.rounds, file)
            faults += not result["agreed"]
            print(json.dumps(result) if asked.json else _shown(result), flush=True)
    return 1 if faults else 0


def _measured(papers: int, profiles: int, rounds: int, file: Path) -> dict[str, Any]:
    """Run all contenders on one size, round after round."""
    contenders = ["ours", "two", "rows", "substrings", "patterns"]
    if profiles <= _MOST_FOR_LIBRARY:
        contenders.append("library")
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for number in range(rounds if profiles < 500_000 else 1):
        for name in contenders:
            results[name].append(_in_a_process(name, papers, profiles, number, file))
    figures = {
        name: {
            figure: statistics.median(run[figure] for run in runs)
            for figure, value in runs[0].items()
            if isinstance(value, int | float)
        }
        for name, runs in results.items()
    }
    agreed = results["two"][0]["digest"] == results["ours"][0]["digest"]
    agreed &= all(run.get("agreed", True) for run in results.get("library", []))
    return {"papers": papers, "profiles": profiles, "agreed": agreed} | figures


def _in_a_process(name: str, papers: int, profiles: int, seed: int, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench", "match", "--measure", name, "--file", str(file)]
    command += ["--papers", str(papers), "--profiles", str(profiles), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _shown(result: dict[str, Any]) -> str:
    ours = result["ours"]["us"]
    cells = [
        f"{result['papers']:5} papers {result['profiles']:9,} profiles",
        f"{ours:6.1f} µs",
        f"{result['ours']['mb']:4.0f} MB",
        f"index {result['ours']['index_s']:.2f} s ({result['ours']['index_ratio']:.1f} x words)",
        f"matches {result['ours']['matches']:.0f}",
        f"in loop {result['substrings']['us'] / ours:5.0f} x",
        f"regex loop {result['patterns']['us'] / ours:6.0f} x",
        f"rows {ours / result['rows']['us']:.0f} x",
        f"two workers {result['two']['wall_s'] / result['ours']['wall_s']:.2f}",
    ]
    if result.get("library"):
        cells.append(f"scipy {result['library']['us'] / ours:.2f} x")
    cells.append("agreed" if result["agreed"] else "DIFFERENT ANSWERS")
    return "  ".join(cells)


def _ours(asked: argparse.Namespace) -> dict[str, Any]:
    papers = _corpus.papers(asked.papers[0])
    day, index, ratio = _indexed(papers)
    last = asked.profiles[0]
    started, began = time.process_time(), time.perf_counter()
    digest, matches = _run(day, _readers.read(Path(asked.file), 1, last))
    seconds = time.process_time() - started
    return {
        "us": seconds / last * 1e6,
        "wall_s": time.perf_counter() - began,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "index_s": index,
        "index_ratio": ratio,
        "matches": matches / last,
        "digest": digest,
    }


def _indexed(papers: Sequence[Any]) -> tuple[Day, float, float]:
    """Index a day; also give the seconds, and the ratio to finding and stemming its words."""
    started = time.process_time()
    words = {word for p in papers for text in (p.title, p.abstract) for word in raw_words(text)}
    for word in words:
        stem(word)
    plain = time.process_time() - started
    stem.cache_clear()
    started = time.process_time()
    day = Day(papers)
    day.rank(unpacked('111  \nan index\nauthor:"of everything"\ncategory:"cs.LG"'))
    seconds = time.process_time() - started
    gc.freeze()  # the index stays for good: the collector need not walk it again and again
    return day, seconds, seconds / plain


def _run(day: Day, queries: Iterator[str]) -> tuple[int, int]:
    """Rank all; give a sum over every answer by which runs can be compared, and all matches."""
    digest = matches = 0
    rank = day.rank
    for number, query in enumerate(queries):
        ranking = rank(unpacked(query), most=MOST)
        matches += ranking.count
        digest += hash((number, ranking.count, *ranking.packed))
    return digest, matches


def _two(asked: argparse.Namespace) -> dict[str, Any]:
    """Rank on two processes that share the index."""
    day, _, _ = _indexed(_corpus.papers(asked.papers[0]))
    last = asked.profiles[0]
    began = time.perf_counter()
    pipes = [
        _forked(day, asked.file, first, end)
        for first, end in ((1, last // 2), (last // 2 + 1, last))
    ]
    digests = [int(pipe.read()) for pipe in pipes]
    return {"wall_s": time.perf_counter() - began, "digest": sum(digests)}


def _forked(day: Day, file: str, first: int, last: int) -> Any:
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return os.fdopen(reading)
    queries = ((first - 1 + n, q) for n, q in enumerate(_readers.read(Path(file), first, last)))
    digest = 0
    for number, query in queries:
        ranking = day.rank(unpacked(query), most=MOST)
        digest += hash((number, ranking.count, *ranking.packed))
    os.write(writing, str(digest).encode())
    os._exit(0)


def _rows(asked: argparse.Namespace) -> dict[str, Any]:
    """Only read the packed queries."""
    started = time.process_time()
    number = sum(1 for _ in _readers.read(Path(asked.file), 1, asked.profiles[0]))
    return {"us": (time.process_time() - started) / number * 1e6}


def _looped(asked: argparse.Namespace) -> dict[str, Any]:
    """Run a loop over a few random profiles of the same table."""
    run = getattr(_contenders, asked.measure)(_corpus.papers(asked.papers[0]))
    number = _SAMPLE[asked.measure]
    ids = random.Random(asked.seed).sample(range(1, asked.profiles[0] + 1), number)
    queries = [next(_readers.read(Path(asked.file), id, id)) for id in ids]
    started = time.process_time()
    for query in queries:
        run(query)
    return {"us": (time.process_time() - started) / number * 1e6}


def _library(asked: argparse.Namespace) -> dict[str, Any]:
    try:
        from ._library import answers
    except ImportError:
        return {}
    day, _, _ = _indexed(_corpus.papers(asked.papers[0]))
    started = time.process_time()
    queries = list(_readers.read(Path(asked.file), 1, asked.profiles[0]))
    found = list(answers(day, queries, MOST))
    seconds = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rankings = (day.rank(unpacked(query), most=MOST) for query in queries)
    ours = ((ranking.count, [pair[:2] for pair in ranking.top]) for ranking in rankings)
    agreed = all(one == other for one, other in zip(found, ours, strict=True))
    return {"us": seconds / len(queries) * 1e6, "mb": memory, "agreed": agreed}


_MEASURES = {
    "ours": _ours,
    "two": _two,
    "rows": _rows,
    "substrings": _looped,
    "patterns": _looped,
    "library": _library,
}
