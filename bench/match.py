"""What matching costs: microseconds a profile, memory, and the ratio to what others do.

Each figure comes from a process of its own; rounds go through all contenders in turn, and medians
are shown.  The papers are real (the folder that DIGEST_REAL_DATA names holds ``arxiv-days/``), the
profiles drawn as ``_subscribers`` says.  ``--short`` tries everything once on few invented papers,
in one process.
"""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from digest.past_papers import is_compiled

from . import _corpus, _goals, _measures, _subscribers

#: from so many profiles on, one round tells enough, and the library way holds too much
_MANY = 500_000
_SIZES = (1_000, 10_000, 100_000, 1_000_000)
#: measured once, at one size: profiles that match more, the plain definition, the day's index
_BROAD_AT = _DEFINED_AT = (1_500, 100_000)

Results = dict[tuple[int, int], dict[str, Any]]


def main(options: Sequence[str]) -> int:
    """Measure, print a table, and say which goals are met."""
    asked = _parser().parse_args(options)
    if asked.measure:
        job = _measures.Job(
            Path(asked.folder), asked.papers[0], asked.profiles[0], asked.seed, asked.table
        )
        print(json.dumps(getattr(_measures, asked.measure)(job)))
        return 0
    if asked.short:
        asked.papers, asked.profiles, asked.rounds = [40], [200], 1
    if not asked.json:
        print(f"matching is {'compiled' if is_compiled() else 'plain Python'}")
    with tempfile.TemporaryDirectory() as folder:
        _lay_out(Path(folder), asked)
        results = _measured(Path(folder), asked)
    for line in _goals.told(results) if not asked.json else ():
        print(line)
    return 0 if all(result["agreed"] for result in results.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench match", description=__doc__)
    parser.add_argument("--papers", type=_numbers, default=[50, 1500, 4000])
    parser.add_argument("--profiles", type=_numbers, default=[*_SIZES])
    parser.add_argument("--rounds", type=int, default=5, help="one from 500,000 profiles on")
    parser.add_argument("--short", action="store_true", help="in two seconds, on invented papers")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each size")
    for hidden in ("measure", "folder"):
        parser.add_argument(f"--{hidden}", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--table", default="default", help=argparse.SUPPRESS)
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number.replace("_", "")) for number in text.split(",")]


def _lay_out(folder: Path, asked: argparse.Namespace) -> None:
    """Write the papers and the tables of profiles that the measuring processes read."""
    most = max(asked.papers)
    papers = _corpus.invented(most) if asked.short else _corpus.papers(most)
    for number in asked.papers:
        Path(folder, f"{number}.papers").write_bytes(pickle.dumps(papers[:number]))
    draw = _subscribers.Draw(papers)
    _subscribers.kept(folder / "default.db", draw.queries(max(asked.profiles)))
    if _is_asked(asked, _BROAD_AT):
        broad = _subscribers.Draw(papers, shift=_subscribers.BROAD)
        _subscribers.kept(folder / "broad.db", broad.queries(_BROAD_AT[1]))


def _is_asked(asked: argparse.Namespace, size: tuple[int, int]) -> bool:
    return size[0] in asked.papers and size[1] in asked.profiles


def _measured(folder: Path, asked: argparse.Namespace) -> Results:
    results: Results = {}
    for papers in asked.papers:
        for profiles in asked.profiles:
            jobs = _measures.Job(folder, papers, profiles)
            result = _at_one_size(jobs, asked)
            results[papers, profiles] = result
            print(json.dumps(result) if asked.json else _shown(result), flush=True)
    return results


def _at_one_size(job: _measures.Job, asked: argparse.Namespace) -> dict[str, Any]:
    """Run all contenders, round after round."""
    contenders = ["ours", "two", "rows", "substrings", "lowered", "patterns"]
    rounds = asked.rounds if job.profiles < _MANY else 1
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for seed in range(rounds):
        for name in contenders:
            runs[name].append(_measured_by(asked, name, job._replace(seed=seed)))
    for name, one in _once(job, asked):
        runs[name] = [one]
    figures = {name: dict(_medians(several)) for name, several in runs.items()}
    agreed = figures["two"]["answers"] == figures["ours"]["answers"]
    agreed &= not any(run.get("differences", 0) for several in runs.values() for run in several)
    sizes = {"papers": job.papers, "profiles": job.profiles}
    return {**sizes, "compiled": is_compiled(), "agreed": agreed} | figures


def _once(job: _measures.Job, asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    size = job.papers, job.profiles
    if job.profiles < _MANY and _measures.has("scipy"):
        yield "library", _measured_by(asked, "library", job)
    if job.profiles >= _MANY and _measures.has("numba"):
        yield "kernel", _measured_by(asked, "kernel", job)
    if size == _BROAD_AT:
        yield "broad", _measured_by(asked, "ours", job._replace(table="broad"))
    if size == _DEFINED_AT or asked.short:
        yield "definition", _measured_by(asked, "definition", job)
        yield "issues", _measured_by(asked, "issues", job)
        yield "mail", _measured_by(asked, "mail", job)
    if job.profiles == min(asked.profiles):
        yield "index", _measured_by(asked, "index", job)


def _medians(runs: Sequence[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    for figure in runs[0]:
        values = [run[figure] for run in runs]
        yield figure, statistics.median(values) if len(set(values)) > 1 else values[0]


def _measured_by(asked: argparse.Namespace, name: str, job: _measures.Job) -> dict[str, Any]:
    if asked.short:
        tried: dict[str, Any] = getattr(_measures, name)(job)
        return tried
    command = [sys.executable, "-m", "bench", "match", "--measure", name, "--table", job.table]
    command += ["--folder", str(job.folder), "--papers", str(job.papers)]
    command += ["--profiles", str(job.profiles), "--seed", str(job.seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _shown(result: dict[str, Any]) -> str:
    ours = result["ours"]
    cells = [
        f"{result['papers']:5} papers {result['profiles']:9,} profiles",
        f"{ours['us']:6.1f} µs",
        f"{ours['mb']:4.0f} MB",
        f"matches {ours['matches']:4.0f}",
        f"in loop {result['substrings']['us'] / ours['us']:5.0f} x",
        f"kindest {result['lowered']['us'] / ours['us']:5.0f} x",
        f"regex loop {result['patterns']['us'] / ours['us']:6.0f} x",
        f"scipy {result['library']['us'] / ours['us']:.1f} x" if "library" in result else "",
        f"kernel ÷ {ours['us'] / result['kernel']['us']:.1f}" if "kernel" in result else "",
        f"rows {ours['us'] / result['rows']['us']:5.1f} x",
        f"two workers {result['two']['wall_s'] / ours['wall_s']:.2f}",
        f"an issue {result['issues']['ms']:.1f} ms" if "issues" in result else "",
        "agreed" if result["agreed"] else "DIFFERENT ANSWERS",
    ]
    return "  ".join(filter(None, cells))
