"""Cancellation of long computations after the client has disconnected.

Long computations call ``raise_if_cancelled`` between their steps; outside ``cancel_when`` they are
never cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_gone: ContextVar[Callable[[], bool] | None] = ContextVar("is_gone", default=None)


class AbandonedError(Exception):
    """The client has disconnected: the result is no longer needed."""


@contextmanager
def cancel_when(is_gone: Callable[[], bool]) -> Iterator[None]:
    """Cancel what is computed within the block, in its threads too, once ``is_gone`` is true."""
    token = _is_gone.set(is_gone)
    try:
        yield
    finally:
        _is_gone.reset(token)


def raise_if_cancelled() -> None:
    """Raise AbandonedError if the result is no longer needed."""
    is_gone = _is_gone.get()
    if is_gone is not None and is_gone():
        raise AbandonedError
