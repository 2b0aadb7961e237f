"""Prove every regular expression of the package anew, and write the list of those proved.

usage: python -m bench expressions [--check]

``--check`` compares with the list instead of writing it; the exit code is 1 if it differs.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import digest
from digest.expressions import proved

FILE = Path(proved.__file__).with_name("shipped.py")
TEXT = '''"""Names of the package's own expressions, all proved: ``python -m bench expressions``."""

NAMES = """
{}
"""
'''


def _rows(names: list[str]) -> list[str]:
    return [" ".join(names[start : start + 3]) for start in range(0, len(names), 3)]


def listed() -> str:
    """Import every module, each expression being proved, and return the file of their names."""
    shipped, proved.shipped = proved.shipped, frozenset()
    try:
        for module in pkgutil.walk_packages(digest.__path__, "digest."):
            if ".migrations." not in module.name:
                importlib.import_module(module.name)
    finally:
        proved.shipped = shipped
    return TEXT.format("\n".join(_rows(sorted(proved.asked))))


def main(options: list[str]) -> int:
    """Write the list, or compare with it.  Raise Refused where there is no proof."""
    found = listed()
    if "--check" not in options:
        FILE.write_text(found, "ascii")
        print(f"{len(proved.asked)} expressions proved")
    elif found != FILE.read_text("ascii"):
        print("shipped.py lists others: run python -m bench expressions", file=sys.stderr)
        return 1
    return 0
