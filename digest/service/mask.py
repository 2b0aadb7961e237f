"""The mask of stderr: an ellipsis replaces the local part of every address.

A log outlives an erasure, so it may only hold the domain of an address.  Messages, log records,
warnings, tracebacks of any thread: everything that is written to ``sys.stderr`` is masked.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

#: The at sign, as it is written and as it is in a URL.
_SIGNS = ("@", "%40")

#: Characters of a local part besides letters and digits; the backslash is for escapes.
_IN_LOCAL = frozenset(".!#$%&'*+/=?^_`{|}~-\\")

#: Length of the name in our own Message-IDs: they look like addresses, but identify no person.
_NAME = 32
_HEX = frozenset("0123456789abcdef")


def masked(text: str, domain: str = "") -> str:
    """Return the text with an ellipsis for the local part of every address; reads it only twice.

    What looks like a Message-ID of ours stays where it is at our own ``domain``: at any other it
    may be an address.
    """
    for sign in _SIGNS:
        text = _masked(text, sign, f"{domain}>" if domain else "")
    return text


def _masked(text: str, sign: str, ours: str) -> str:
    head, *rest = text.split(sign)
    pieces = [head]
    for after in rest:
        is_ours = ours and after.startswith(ours) and _is_name(pieces[-1])
        if not is_ours and (after[:1].isalnum() or after[:1] == "["):
            pieces[-1] = _without_local(pieces[-1])
        pieces.append(after)
    return sign.join(pieces)


def _is_name(before: str) -> bool:
    return before[-_NAME - 1 : -_NAME] == "<" and _HEX.issuperset(before[-_NAME:])


def _without_local(before: str) -> str:
    start = len(before)
    if before.endswith('"'):
        start = max(before.rfind('"', 0, -1), 0)
    while start and _is_local(before[start - 1]):
        start -= 1
    return f"{before[:start]}…" if start < len(before) else before


def _is_local(char: str) -> bool:
    return char.isalnum() or char in _IN_LOCAL or (char > "\x7f" and not char.isspace())


class _Masked:
    """A text stream that masks each line; it has no ``buffer``, which would bypass the mask."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._begun = ""
        #: the domain of our own Message-IDs; empty: not known yet
        self.domain = ""

    def write(self, text: str) -> int:
        """Write the complete lines, and keep the beginning of the next line."""
        with self._lock:
            lines, end, begun = (self._begun + text).rpartition("\n")
            self._begun = begun
            if end:
                self._stream.write(masked(lines + end, self.domain))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write the lines one after the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write the incomplete line, too, and flush the stream."""
        with self._lock:
            begun, self._begun = self._begun, ""
            if begun:
                self._stream.write(masked(begun, self.domain))
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        if name in ("buffer", "detach", "reconfigure"):
            raise AttributeError(name)
        return getattr(self._stream, name)


def mask_stderr() -> None:
    """Send all further output of this process to stderr through the mask."""
    if sys.stderr is not None and not isinstance(sys.stderr, _Masked):
        sys.stderr = _Masked(sys.stderr)


def show_message_ids(domain: str) -> None:
    """Leave the Message-IDs of ours at this domain as they are; does nothing without the mask."""
    if isinstance(sys.stderr, _Masked):
        sys.stderr.domain = domain
