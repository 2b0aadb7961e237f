"""The demo's folder: its files before the first morning, and the lists of each morning.

Deletes only what an earlier demo made there.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

_HERE = Path(__file__).resolve().parent
_MORNINGS = _HERE / "mornings"

#: Marks the folder as the demo's, so that no other files are ever deleted.
MARKER = ".digest-demo"
_MARKER_TEXT = """\
Made by `digest demo`.  The next one keeps config.yaml and profiles/ and makes the rest anew.
"""


def mornings() -> list[str]:
    """Return the days that are played, as ISO dates."""
    return sorted(path.name for path in _MORNINGS.iterdir())


def lay_out(folder: Path) -> None:
    """Prepare the folder for the first morning.

    Existing settings and profiles stay, so that users can change them and run the demo again.
    Raises click.UsageError if the folder is not the demo's.
    """
    if not _is_free(folder):
        raise click.UsageError(
            f"{folder} holds something that is not the demo's; choose another one with --folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
    _clear(folder)
    if not (folder / "config.yaml").exists():
        shutil.copy(_HERE / "config.yaml", folder)
    if not (folder / "profiles").exists():
        shutil.copytree(_HERE / "profiles", folder / "profiles")
        _write_schema(folder / "profiles")


def copy_lists(day: str, folder: Path) -> None:
    """Copy the lists as they are on the morning of ``day``: new lists, and grown ones."""
    shutil.copytree(_MORNINGS / day, folder / "listings", dirs_exist_ok=True)


def _is_free(folder: Path) -> bool:
    if not folder.exists():
        return True
    return folder.is_dir() and ((folder / MARKER).is_file() or not any(folder.iterdir()))


def _clear(folder: Path) -> None:
    for name in ("listings", "outbox"):
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    for file in folder.glob("digest.db*"):
        file.unlink()


def _write_schema(profiles: Path) -> None:
    """Write the JSON schema that the first line of each profile points to."""
    from ..profiles import schema

    text = json.dumps(schema(), indent=2) + "\n"
    (profiles / "profile.schema.json").write_text(text, encoding="utf-8")
