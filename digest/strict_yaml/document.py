"""The data of a YAML file, and the place in the text of every key and value.

Holds the result of the strict reader; reads nothing itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from yaml.error import Mark

from .. import expressions
from ..errors import Mistake

#: A path into a document: keys of mappings and places (from 0) in lists.
Loc = tuple[str | int, ...]


#: The core schema of YAML 1.2 without octal and hexadecimal numbers, infinities and NaN: a date,
#: ``no``, ``7:00``, ``012`` and ``1_000`` are text.  https://yaml.org/spec/1.2.2/#1032-tag-resolution
_NULL = expressions.anchored(r"(?:~|null|Null|NULL)?")
_BOOL = expressions.anchored(r"true|True|TRUE|false|False|FALSE")
_INT = expressions.anchored(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = expressions.anchored(
    r"[-+]?(?:[0-9]*\.[0-9]+|[0-9]+\.?(?=[.eE]|$))(?:[eE][-+]?[0-9]{1,3})?"
)


def scalar(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted scalar."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text)
    if any(mark in text for mark in ".eE") and _FLOAT.fullmatch(text):
        number = float(text)
        return text if math.isinf(number) else number
    return text


@dataclass(frozen=True, slots=True)
class Node:
    """The place of a value, and for a scalar how it was written."""

    start: Mark
    end: Mark
    style: str | None = None
    text: str | None = None
    #: the source of the value, if it is not the file
    origin: str = ""


@dataclass(slots=True)
class Document:
    """Plain data, the mistakes found while reading it, and the places of its keys and values."""

    source: str
    data: Any = None
    complaints: list[Mistake] = field(default_factory=list)
    #: reading had to stop, so a missing key may be further down
    is_cut: bool = False
    nodes: dict[Loc, Node] = field(default_factory=dict)
    keys: dict[Loc, Mark] = field(default_factory=dict)

    def nearest(self, loc: Loc) -> Loc:
        """Return the part of ``loc`` that exists in the document, without steps that do not."""
        found: Loc = ()
        for step in loc:
            if (*found, step) in self.nodes:
                found = (*found, step)
        return found

    def place(self, loc: Loc, offset: int | None = None) -> tuple[int, int]:
        """Return line and column (from 1) of a value, or of character ``offset`` of its text."""
        node = self.nodes.get(self.nearest(loc))
        if node is None:
            return 1, 1
        if node.text is None or offset is None:
            return mark_place(node.start)
        return self.inside(node, offset)

    def key_place(self, loc: Loc) -> tuple[int, int]:
        """Return line and column (from 1) of a value's key; for a list item, of the item."""
        found = self.nearest(loc)
        return mark_place(self.keys[found]) if found in self.keys else self.place(found)

    def written(self, loc: Loc) -> str | None:
        """Return a scalar as it was written, whatever its type in YAML; None for anything else."""
        node = self.nodes.get(self.nearest(loc))
        return node.text if node else None

    def origin(self, loc: Loc) -> str:
        """Return the name of a value's source, if that is not the file; else an empty text."""
        node = self.nodes.get(self.nearest(loc))
        return node.origin if node else ""

    def put(self, loc: Loc, value: Any) -> None:
        """Replace the value at ``loc``, which must exist in the document."""
        _parent(self.data, loc)[loc[-1]] = value

    def remove(self, loc: Loc) -> None:
        """Remove the key at ``loc``, as if the document did not have it."""
        del _parent(self.data, loc)[loc[-1]]

    def override(self, loc: Loc, text: str, origin: str) -> None:
        """Put a scalar at ``loc`` as if the file had it; missing mappings on the way are created.

        Raises TypeError if a value on the way is not a mapping.
        """
        for depth in range(1, len(loc)):
            parent = _parent(self.data, loc[:depth])
            if parent.get(loc[depth - 1]) is None:
                parent[loc[depth - 1]] = {}
            self.nodes.setdefault(loc[:depth], Node(_NOWHERE, _NOWHERE, origin=origin))
        _parent(self.data, loc)[loc[-1]] = scalar(text)
        self.nodes[loc] = Node(_NOWHERE, _NOWHERE, text=text, origin=origin)

    def fill(self, loc: Loc, text: str) -> None:
        """Replace the text of a scalar of the file; the scalar keeps its place."""
        self.put(loc, scalar(text))
        self.nodes[loc] = replace(self.nodes[loc], text=text)

    def inside(self, node: Node, offset: int) -> tuple[int, int]:
        """Return line and column (from 1) of character ``offset`` of a scalar's text."""
        raw = self.source[node.start.index : node.end.index]
        at = _raw_offset(raw, node.style, offset)
        lines = raw[:at].split("\n")
        if len(lines) == 1:
            return node.start.line + 1, node.start.column + at + 1
        return node.start.line + len(lines), len(lines[-1]) + 1


def mark_place(mark: Mark) -> tuple[int, int]:
    """Return line and column as people count them, from 1."""
    return mark.line + 1, mark.column + 1


_NOWHERE = Mark("", 0, 0, 0, None, 0)


def _parent(data: Any, loc: Loc) -> Any:
    for step in loc[:-1]:
        data = data[step]
    if not isinstance(data, dict | list):
        raise TypeError(f"{loc[-2]} is not a mapping")
    return data


#: The pieces of a scalar's source, by its style; each makes a known number of characters of the
#: value.  A line fold is a space, or one character for each further line break in it.  Blanks are
#: matched all at once: one at a time, each would search for the end of the line again.
_BREAKS = r"(?:\r?\n[ \t]*)+"
_FOLD = rf"[ \t]+(?P<tail>{_BREAKS})?|(?P<fold>{_BREAKS})"
_PIECES = {
    "'": expressions.compile(rf"{_FOLD}|''|."),
    '"': expressions.compile(
        rf"(?P<none>\\\r?\n[ \t]*)|{_FOLD}"
        r"|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\.|."
    ),
    "|": expressions.compile(r"(?P<none>(?<=\n)[ \t]+)|.|\n"),
}
_PLAIN_PIECES = expressions.compile(rf"{_FOLD}|.")


def _raw_offset(raw: str, style: str | None, offset: int) -> int:
    """Return where in a scalar's source, quotes included, character ``offset`` of its value is."""
    pieces = _PIECES.get("|" if style == ">" else style or "", _PLAIN_PIECES)
    at = raw.find("\n") + 1 if style in ("|", ">") else len(style or "")
    left = offset
    for piece in pieces.finditer(raw, at):
        width = _width(piece)
        if left < width:
            return piece.start() + (left if _is_blank(piece) else 0)
        left -= width
    return max(len(raw) - len(style or ""), 0) if style in ("'", '"') else len(raw.rstrip())


def _width(piece: expressions.Match[str]) -> int:
    groups = piece.groupdict()
    if groups.get("none") is not None:
        return 0
    if fold := groups.get("tail") or groups.get("fold"):
        return max(1, fold.count("\n") - 1)
    return len(piece[0]) if _is_blank(piece) else 1


def _is_blank(piece: expressions.Match[str]) -> bool:
    return not piece[0].strip(" \t")
