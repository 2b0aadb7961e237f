"""``digest worker``, where it cannot work; what it does: ``tests/service/test_dispatch.py``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main


@pytest.mark.parametrize(
    ("words", "options", "code", "expected"),
    [
        ("", [], 78, "dispatch: digest worker needs dispatch: procrastinate"),
        (
            "dispatch: procrastinate\ndatabase: sqlite:///digest.db\n",
            [],
            78,
            "dispatch: procrastinate needs a database of PostgreSQL",
        ),
        ("dispatch: redis\n", [], 78, "dispatch:"),
        ("", ["--only", "compose,mail"], 2, "--only: mail: none of collect, compose, deliver"),
    ],
)
def test_a_worker_that_cannot_work_says_why(
    tmp_path: Path, words: str, options: list[str], code: int, expected: str
) -> None:
    """No database is opened before."""
    base = "listings: {daily: {kind: huggingface}}\nmail: {from: digest@example.org}\n"
    (tmp_path / "config.yaml").write_text(base + words)
    command = ["--config", str(tmp_path / "config.yaml"), "worker", *options]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, expected in done.stderr) == (code, True)
