"""Whether anybody still waits for what is being computed.

Long computations ask between their steps; where nothing was said, everything is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_gone: ContextVar[Callable[[], bool] | None] = ContextVar("is_gone", default=None)


class AbandonedError(Exception):
    """The client hung up: what was being computed is for nobody."""


@contextmanager
def until(is_gone: Callable[[], bool]) -> Iterator[None]:
    """Let what is computed within the block, in its threads too, end once ``is_gone`` says so."""
    token = _is_gone.set(is_gone)
    try:
        yield
    finally:
        _is_gone.reset(token)


def go_on() -> None:
    """Raise AbandonedError where nobody waits any more."""
    is_gone = _is_gone.get()
    if is_gone is not None and is_gone():
        raise AbandonedError
