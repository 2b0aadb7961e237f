"""Share out what is due among several relays, each of which works in a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait


class Shares:
    """The deliveries that are due, in a queue for each relay.

    A slow relay holds up none of the others: whichever has nothing left leases for all of them.
    """

    def __init__(
        self,
        batches: Iterator[Sequence[int]],
        assign: Callable[[Sequence[int]], Mapping[int, str]],
    ) -> None:
        self._batches, self._assign = batches, assign
        self._waiting: dict[str, deque[int]] = {}
        self._lock = threading.Lock()
        #: how many no relay could take
        self.left = 0

    def of(self, relay: str) -> Iterator[int]:
        """Yield what goes by a relay, until nothing more is due."""
        while (id := self._next(relay)) is not None:
            yield id

    def _next(self, relay: str) -> int | None:
        with self._lock:
            while not (waiting := self._waiting.setdefault(relay, deque())):
                ids = next(self._batches, None)
                if ids is None:
                    return None
                relays = self._assign(ids)
                self.left += len(ids) - len(relays)
                for id, name in relays.items():
                    self._waiting.setdefault(name, deque()).append(id)
            return waiting.popleft()


def at_once(tasks: Sequence[Callable[[], object]], stop: Callable[[], object]) -> None:
    """Do these at once, each in a thread; raises the first error once all have ended.

    Where this thread is interrupted meanwhile, as by Ctrl-C, ``stop`` is to end them early.
    """
    with ThreadPoolExecutor(max(len(tasks), 1), "relay") as pool:
        try:
            begun = [pool.submit(task) for task in tasks]
            # Python misses a signal that comes just before a wait, so it waits a second at a time.
            while wait(begun, timeout=1).not_done:
                pass
        except BaseException:
            stop()
            raise
    for each in begun:
        each.result()
