"""What digest writes is for its owner alone, whatever the umask; what is not, the doctor names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest import private_files

from . import processes
from .cli.test_cli import Workspace, workspace

__all__ = ["workspace"]


def open_to_others(folder: Path) -> list[str]:
    """The names below a folder that others can read, but for what the test itself has put there."""
    ours = [*folder.glob("digest.db*"), *folder.glob("copy*"), *(folder / "sub").rglob("*")]
    return [str(path) for path, _ in private_files.exposed(ours)]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_database_backup_lock_and_outbox_are_their_owners_alone(
    workspace: Workspace, umask: int
) -> None:
    """While it runs and after it was killed, too: what SQLite makes has the database's rights."""
    config = (workspace.folder / "config.yaml").read_text()
    workspace.write("config.yaml", config.replace("outbox/", "sub/deep/outbox/"))
    before = os.umask(umask)
    try:
        assert (
            workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z").exit_code
            == 0
        )
        assert workspace.digest("backup", str(workspace.folder / "copy.db")).exit_code == 0
        assert workspace.digest("restore", str(workspace.folder / "copy.db")).exit_code == 0
        assert left_open(workspace.folder, umask) == 9
    finally:
        os.umask(before)

    assert list((workspace.folder / "sub/deep/outbox").glob("*.eml"))
    assert (workspace.folder / "digest.db-wal").exists()
    assert open_to_others(workspace.folder) == []
    assert (workspace.folder / "sub/deep").stat().st_mode & 0o777 == private_files.FOLDER
    assert (workspace.folder / "digest.db").stat().st_mode & 0o777 == private_files.FILE


def left_open(folder: Path, umask: int) -> int:
    """Let a process die that has the database open."""
    script = (
        "import os, sys; from digest.store import Store, settings\n"
        "os.umask(int(sys.argv[2]))\n"
        "store = Store(sys.argv[1]); store.migrate()\n"
        "with store.begin() as tx: settings.secret(tx)\n"
        "os._exit(9)"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{folder}/digest.db", str(umask)]
    return processes.run(command).returncode


def test_the_doctor_names_what_others_can_read_and_changes_nothing(workspace: Workspace) -> None:
    workspace.run()
    workspace.write(".env", "SMTP_PASSWORD=secret\n").chmod(0o644)
    (workspace.folder / "digest.db").chmod(0o640)
    (workspace.folder / "outbox").chmod(0o755)
    workspace.mails[0].chmod(0o644)

    done = workspace.digest("doctor")

    assert done.exit_code == 1
    [said, remedy] = done.stdout[done.stdout.index("BAD  rights") :].splitlines()[:2]
    for named in ("digest.db (640)", "outbox (755)", ".eml (644)", ".env (644)"):
        assert named in said
    assert "secret" not in done.stdout
    assert (workspace.folder / "digest.db").stat().st_mode & 0o777 == 0o640
    subprocess.run(["sh", "-c", remedy], check=True)
    assert "ok   rights" in workspace.digest("doctor").stdout


def test_a_file_that_is_there_keeps_the_rights_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "given").mkdir(0o755)

    private_files.make_file(tmp_path / "old")
    private_files.make_folder(tmp_path / "given/new/newer")

    assert (tmp_path / "old").read_text() == "x"
    assert dict(private_files.exposed([tmp_path / "old", tmp_path / "given"])) == {
        tmp_path / "old": 0o640,
        tmp_path / "given": 0o755,
    }
    assert not list(private_files.exposed((tmp_path / "given").rglob("*")))
