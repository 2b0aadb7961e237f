"""Errors of a disk, made by a system call tracer: what was acknowledged is there afterwards."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from digest.store import Store

from .. import processes
from ..extent import some
from ..require import missing, need

#: Commits one row after the other, goes on after what is refused, and says of each what became.
FILL = """
import sys
from digest.store import OutOfReachError, Store, settings
store = Store(sys.argv[1])
for number in range(80):
    try:
        with store.begin() as tx:
            settings.keep_setting(tx, f"row {number}", "x" * 60_000)
    except OutOfReachError:
        print("refused", number)
    else:
        print("kept", number)
"""


def traced(folder: Path, calls: str, error: str, turns: str) -> list[str]:
    """What FILL says while these calls fail at these turns."""
    url = f"sqlite:///{folder}/digest.db"
    inject = f"inject={calls}:error={error}:when={turns}"
    tracer = [
        need("strace"),
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={calls}",
        "-e",
        inject,
    ]
    done = processes.run(
        [*tracer, sys.executable, "-c", FILL, url],
        capture_output=True,
        text=True,
        check=False,
    )
    if "PTRACE" in done.stderr:
        missing("strace", "no process may be traced here")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def kept(folder: Path) -> set[str]:
    """The rows that are there, in a database that is whole."""
    with closing(sqlite3.connect(folder / "digest.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = database.execute("SELECT name FROM settings WHERE name LIKE 'row %'").fetchall()
    return {name for (name,) in found}


@pytest.mark.parametrize("error", some(["EIO", "ENOSPC", "EROFS"], 1))
def test_a_write_that_fails_refuses_its_commit_and_the_next_ones_are_kept(
    lite: Store, tmp_path: Path, error: str
) -> None:
    """Every 301st write fails: within a commit, between two pages, at a checkpoint."""
    lite.close()
    said = traced(tmp_path, "pwrite64", error, "3+301")

    acknowledged = {line.replace("kept", "row") for line in said if line.startswith("kept")}
    refused = [int(line.split()[1]) for line in said if line.startswith("refused")]
    assert len(refused) > 3
    assert max(map(int, re.findall(r"kept (\d+)", "\n".join(said)))) > max(refused)
    assert acknowledged <= kept(tmp_path)


def test_a_sync_that_fails_loses_nothing_that_was_acknowledged(lite: Store, tmp_path: Path) -> None:
    lite.close()
    said = traced(tmp_path, "fsync,fdatasync", "EIO", "1+2")

    acknowledged = {line.replace("kept", "row") for line in said if line.startswith("kept")}
    assert len(acknowledged) > 40
    assert acknowledged <= kept(tmp_path)
