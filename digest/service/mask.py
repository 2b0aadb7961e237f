"""The one door of standard error: addresses are masked in all that is said through it.

A log outlives an erasure, so it tells of an address only the domain.  Talk, log records, warnings,
tracebacks of any thread: whatever is written to ``sys.stderr`` goes through here.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

#: Where an address is told apart, as it is written and as it is in a URL.
_SIGNS = ("@", "%40")

#: What may be in a local part beside letters and digits; a backslash is an escape's.
_IN_LOCAL = frozenset(".!#$%&'*+/=?^_`{|}~-\\")

#: How long the name of a message of ours is: it has the form of an address, and names nobody.
_NAME = 32
_HEX = frozenset("0123456789abcdef")


def masked(text: str) -> str:
    """Return the text with an ellipsis for the local part of every address; reads it but twice."""
    for sign in _SIGNS:
        text = _masked(text, sign)
    return text


def _masked(text: str, sign: str) -> str:
    head, *rest = text.split(sign)
    said = [head]
    for after in rest:
        if after[:1].isalnum() or after[:1] == "[":
            said[-1] = _without_local(said[-1])
        said.append(after)
    return sign.join(said)


def _without_local(before: str) -> str:
    if before[-_NAME - 1 : -_NAME] == "<" and _HEX.issuperset(before[-_NAME:]):
        return before
    start = len(before)
    if before.endswith('"'):
        start = max(before.rfind('"', 0, -1), 0)
    while start and _is_local(before[start - 1]):
        start -= 1
    return f"{before[:start]}…" if start < len(before) else before


def _is_local(char: str) -> bool:
    return char.isalnum() or char in _IN_LOCAL or (char > "\x7f" and not char.isspace())


class _Masked:
    """A text stream that masks each line; it has no ``buffer``, by which one could go round it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._begun = ""

    def write(self, text: str) -> int:
        """Write the lines that are whole, and keep the beginning of the next."""
        with self._lock:
            lines, end, begun = (self._begun + text).rpartition("\n")
            self._begun = begun
            if end:
                self._stream.write(masked(lines + end))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write them one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what was begun, too."""
        with self._lock:
            begun, self._begun = self._begun, ""
            if begun:
                self._stream.write(masked(begun))
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        if name in ("buffer", "detach", "reconfigure"):
            raise AttributeError(name)
        return getattr(self._stream, name)


def mask_stderr() -> None:
    """Let all that this process says from now on go through the mask."""
    if sys.stderr is not None and not isinstance(sys.stderr, _Masked):
        sys.stderr = _Masked(sys.stderr)
