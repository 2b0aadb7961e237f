"""The version, and the paths of the files that come with the program; reads none of the files.

In a wheel they are inside the package, in a checkout (also an editable install) beside it.
"""

from __future__ import annotations

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


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
