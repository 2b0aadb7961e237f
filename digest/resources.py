"""Where the files that come with the program are; reads none of them.

In a wheel they lie inside the package, in a checkout (also an editable install) beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """The folder with ``mail/`` and ``web/``."""
    return _shipped("templates")


def example_config() -> Path:
    """The configuration that a beginner copies."""
    return _shipped("config.example.yaml")


def _shipped(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name
