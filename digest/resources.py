"""The version, and the paths of the files that come with the program; reads none of the files.

In a wheel they are inside the package, in a checkout (also an editable install) beside it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

#: Read by the build, too: see pyproject.toml.
VERSION = "0.1.0"

_PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """Return the folder with ``mail/`` and ``web/``."""
    return _shipped("templates")


def example_config() -> Path:
    """Return the path of the example configuration."""
    return _shipped("config.example.yaml")


def program() -> Path:
    """Return the path of the program: beside its interpreter, or else as it was called."""
    beside = Path(sys.executable).with_name("digest")
    return beside if beside.is_file() else Path(sys.argv[0]).absolute()


def command() -> str:
    """Return how a shell calls the program: by name, as it was called, or by its path."""
    if shutil.which("digest"):
        return "digest"
    return sys.argv[0] if Path(sys.argv[0]).is_file() else str(program())


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
