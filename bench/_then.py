"""The program as an earlier commit had it, in a process of its own: ``bench scale --against``."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digest.model import Paper, Profile
from tests.golden_issues import MADE_AT

from . import _distinct

_ROOT = Path(__file__).parents[1]
_FIELDS = (
    *("key", "title", "abstract", "authors", "categories"),
    *("comment", "url", "links", "published"),
)


@contextmanager
def answering(
    ref: str, papers: Sequence[Paper], wanted: Sequence[tuple[Profile, int]], number: int
) -> Iterator[tuple[Callable[[str], Any], list[Profile]]]:
    """Yield a function that lets the commit take a step: seconds of CPU, or what mails bring.

    And the profiles that are alike to it, to a number of them: of those wanted each comes with how
    many papers it matches here.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", ref], cwd=_ROOT, capture_output=True, check=True
        )
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        what = {
            "database": f"sqlite:///{folder}/day.db",
            "now": MADE_AT.isoformat(),
            "papers": [{name: getattr(paper, name) for name in _FIELDS} for paper in papers],
            "texts": [_distinct.text_of(profile, limit=15) for profile, _ in wanted],
            "matched": [matched for _, matched in wanted],
            "number": number,
        }
        with subprocess.Popen(
            [sys.executable, _ROOT / "bench" / "_old_day.py"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            _say(process, json.dumps(what, default=str))

            def ask(step: str) -> Any:
                _say(process, step)
                return json.loads(process.stdout.readline())  # type: ignore[union-attr]

            alike: list[int] = json.loads(process.stdout.readline())
            yield ask, [wanted[place][0] for place in alike]
            process.stdin.close()


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def report(
    ref: str,
    number: int,
    steps: Mapping[str, tuple[float, float]],
    content: tuple[Mapping[str, float], Mapping[str, float]],
) -> None:
    """Print ms of CPU a subscriber, then and now, and what a mail brings."""
    print(f"{number:,} subscribers{'':15}{ref[:9]:>9}   this tree")
    both = [sum(each) for each in zip(*steps.values(), strict=True)]
    for step, (then, now) in {**steps, "together": both}.items():
        ms = [each / number * 1e3 for each in (then, now)]
        print(f"  {step:25}{ms[0]:9.2f}{ms[1]:12.2f}   1 / {then / now:.2f}", flush=True)
    for name in content[0]:
        print(f"  {name:25}{content[0][name]:9.1f}{content[1][name]:12.1f}", flush=True)
