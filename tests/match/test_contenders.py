"""The engine beside other ways to do the same, on invented papers."""

from __future__ import annotations

import sys

from .. import processes
from ..readme import ROOT


def test_the_bench_runs_and_its_contenders_agree() -> None:
    """The short form of ``python -m bench match``: few profiles on invented papers."""
    script = "import sys; from bench.match import main; sys.exit(main(['--short']))"
    done = processes.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "agreed" in done.stdout
