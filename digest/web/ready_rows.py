"""Make the rows of the newest papers ready beside the pages, before anybody asks for one.

A search or an issue that was never asked for then finds what all readers see of its papers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING

import structlog

from ..model import IssueEntry, Match, Paper
from ..render.page_rows import PaperRow
from ..store import StoreError, archive, editions
from ..store.papers import last_id
from .answers import PageRenderer
from .issue_pages import IssueRow
from .recent_papers import LENGTH

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()

#: The bytes of all rows that are made ready: some seven thousand papers.
MOST_BYTES = 32_000_000
#: Papers read at a time; the database is another's between one step and the next.
AT_A_TIME = 20
#: Seconds in which pages go first, after each paper, and how many times as long as it took; busy
#: pages make it take longer, and so wait the longer for the next one.
PAUSE, TIMES = 0.002, 4
#: Seconds until new papers are looked for.
LOOK_EVERY = 60.0


class ReadyRows:
    """The rows of the papers of the last days, newest first; a thread of a server makes them."""

    def __init__(self, app: App, pages: PageRenderer) -> None:
        self._app, self._pages = app, pages
        self._ended = threading.Event()
        self._stamp: object = None

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Make rows ready as long as the block lasts."""
        thread = threading.Thread(target=self._follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _follow(self) -> None:
        while True:
            try:
                self.make()
            except StoreError as error:
                self._stamp = None  # the next look tries again
                log.error("rows not made ready", error=f"{error}")
            except Exception:  # a template's, said once: pages make what they show themselves
                log.exception("rows not made ready")
            if self._ended.wait(LOOK_EVERY):
                return

    def make(self) -> int:
        """Make the rows of all papers ready if any have come; return the bytes that were made."""
        with self._app.store.begin() as tx:
            stamp = self._app.day, last_id(tx)
        if stamp == self._stamp:
            return 0
        self._stamp, made = stamp, 0
        for paper in self._papers():
            began = monotonic()
            size = self._pages.ready(_rows(paper))
            made += size
            # 0: an operator's own template renders each row whole.
            is_over = not size or made > MOST_BYTES
            if is_over or self._ended.wait(PAUSE + TIMES * (monotonic() - began)):
                break
        return made

    def _papers(self) -> Iterator[Paper]:
        numbers = self._numbers()
        for start in range(0, len(numbers), AT_A_TIME):
            with self._app.store.begin() as tx:
                found = editions.papers_of(tx, numbers[start : start + AT_A_TIME])
            yield from found.values()

    def _numbers(self) -> Sequence[int]:
        """Return the numbers of the newest editions of the last days' papers, newest first."""
        last = self._app.day
        with self._app.store.begin() as tx:
            by_day = archive.editions_by_day(tx, last - timedelta(days=LENGTH - 1), last)
            numbers = editions.numbers(tx, chain.from_iterable(by_day.values()))
        return sorted(numbers.values(), reverse=True)


def _rows(paper: Paper) -> tuple[PaperRow, PaperRow]:
    """Return a paper as a search shows it, and as an issue does."""
    entry = IssueEntry(match=Match(paper, 0, ()))
    return PaperRow(entry, has_quote=True), IssueRow(entry, 1, "", frozenset())
