"""How long a test waits: for as long as it takes, but not for ever.

Nothing in the suite may depend on how fast the machine is.  What may hang is bounded once for all
tests by ``faulthandler_timeout`` in pyproject.toml; where a call insists on a bound of its own, or
the settings under test do, it gets HUNG.
"""

from __future__ import annotations

from collections.abc import Iterator

#: Seconds after which something hangs and is not slow, on any machine.
HUNG = 600


def limits(first: float = 0.25) -> Iterator[float]:
    """Yield time-outs to try one after the other, in seconds, until one is long enough.

    For a test whose peer falls silent at some step: a slow machine may need more than the first
    of them for the healthy steps before it.  Ends with the first that is longer than HUNG.
    """
    seconds = first
    while seconds < HUNG:
        yield seconds
        seconds *= 8
    yield seconds
