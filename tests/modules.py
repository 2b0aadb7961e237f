"""The modules as Python reads them: parsed once for all tests that look at code.

To walk through every expression takes as long as to parse it, so tests that look for statements
walk through these alone, and those that look for a call read the files with such a text.  What is
imported is read without the rest: each process that runs tests would parse all for that alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .readme import ROOT

PACKAGE = ROOT / "digest"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Where a statement has its inner ones.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def text_of(path: Path) -> str:
    """The text of a module."""
    return path.read_text("utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """A module as Python reads it."""
    return ast.parse(text_of(path))


@cache
def statements_of(path: Path, *, with_types: bool = False) -> list[ast.AST]:
    """A module and every statement in it; what only type checkers see where it is asked for."""
    found: list[ast.AST] = [tree_of(path)]
    for node in found:
        inner = (each for name in _BLOCKS for each in getattr(node, name, ()))
        found += [each for each in inner if with_types or not _is_for_types(each)]
    return found


#: A statement that imports, and what only type checkers see.
_IMPORT = re.compile(
    r"^ *((?:from +[\w.]+ +import +(?:\([^)]*\)|[\w*, ]+)|import +\w[\w., ]*))(?: *#.*)?$",
    re.MULTILINE,
)
_FOR_TYPES = re.compile(r"^( *)if TYPE_CHECKING:\n(?:\1 .*\n|\n)+", re.MULTILINE)


@cache
def imports_of(path: Path, *, with_types: bool = False) -> list[ast.stmt]:
    """The statements of a module that import, anywhere in it."""
    text = text_of(path) if with_types else _FOR_TYPES.sub("", text_of(path))
    return ast.parse("\n".join(_IMPORT.findall(text))).body


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and dotted(node.test) == "TYPE_CHECKING"


def dotted(node: ast.AST) -> str:
    """A name with dots as it is written; nothing where it is more than that."""
    if isinstance(node, ast.Attribute):
        return f"{before}.{node.attr}" if (before := dotted(node.value)) else ""
    return node.id if isinstance(node, ast.Name) else ""


def nodes_with(text: re.Pattern[str], path: Path) -> Iterator[ast.AST]:
    """All that is in a module, if this text is in it at all."""
    return ast.walk(tree_of(path)) if text.search(text_of(path)) else iter(())
