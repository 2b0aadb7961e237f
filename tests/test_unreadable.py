"""Files and folders that the account of digest may not read: each is named in one line."""

from __future__ import annotations

import subprocess

import pytest

from . import processes
from .cli.test_cli import Workspace, workspace

__all__ = ["workspace"]


def typed(workspace: Workspace, *words: str) -> subprocess.CompletedProcess[str]:
    """What a command says to an account that may not read everything."""
    command = [*processes.POWERLESS, "--config", "config.yaml", *words]
    return processes.run(command, cwd=workspace.folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("closed", "words", "line"),
    [
        (
            "profiles",
            ("run", "--now", "2026-03-11T12:00Z"),
            "{folder}/profiles: the folder cannot be read: permission denied "
            "(let digest's account in: chmod u+rx {folder}/profiles)",
        ),
        (".env", ("run",), ".env: permission denied"),
    ],
)
def test_what_may_not_be_read_is_named_in_one_line(
    workspace: Workspace, closed: str, words: tuple[str, ...], line: str
) -> None:
    workspace.run()
    workspace.write(".env", "A=b\n")
    before = workspace.folder.joinpath(closed).stat().st_mode
    workspace.folder.joinpath(closed).chmod(0)
    try:
        done = typed(workspace, *words)
    finally:
        workspace.folder.joinpath(closed).chmod(before)

    assert (done.returncode, done.stderr) == (78, line.format(folder=workspace.folder) + "\n")
