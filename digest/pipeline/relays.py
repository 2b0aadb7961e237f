"""Share out what is due among several relays, each of which works in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait


class Shares:
    """What is due, of which each relay takes its own and leaves the others theirs.

    So a process holds no more for a slow relay than that one sends next; the rest is for any.
    One relay at a time leases and leaves: what it has in hand for a moment is not due for another,
    which would end, and wait for the first one's mails.
    """

    def __init__(self, assign: Callable[[str, Sequence[int]], Mapping[int, str]]) -> None:
        self._assign = assign
        self._lock = threading.Lock()
        self._ended: set[str] = set()
        #: how many no relay could take
        self.left = 0
        #: whether any was left to another relay
        self.are_handed_on = False

    def of(self, relay: str, batches: Iterable[Sequence[int]]) -> Iterator[int]:
        """Yield what goes by a relay of what it leases, until nothing more is due.

        Also until one that has ended already is to have more, for which all must begin again.
        """
        leased, is_last = iter(batches), False
        try:
            while not is_last:
                with self._lock:
                    ids = next(leased, None)
                    if ids is None:
                        return
                    relays = self._assign(relay, ids)
                    others = set(relays.values()) - {relay}
                    self.left += len(ids) - len(relays)
                    self.are_handed_on |= bool(others)
                    is_last = bool(others & self._ended)
                yield from (id for id, name in relays.items() if name == relay)
        finally:
            with self._lock:
                self._ended.add(relay)


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
