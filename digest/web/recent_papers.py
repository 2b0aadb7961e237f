"""Keep the papers of the last 30 days ready for backtests, and reload them beside the pages.

Reads the store and decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog

from ..cancellation import raise_if_cancelled
from ..profiles import parse
from ..store import StoreError, papers
from ..trial.backtest import A_SECOND

if TYPE_CHECKING:
    from ..app import App
    from ..model import Profile
    from ..trial.backtest import PastDays

log = structlog.get_logger()

#: On how many days a profile is tried.
LENGTH = 30

#: Matching one word and one author builds both indexes, which is what takes long.
_WARMING = ("any: [a]", "authors: [A]")


class LoadingStage(NamedTuple):
    """The step that runs while no days are ready yet, and how many steps are done."""

    word: str
    done: int
    of: int = 3


READING = LoadingStage("reading papers", 0)
INDEXING = LoadingStage("indexing titles and abstracts", 1)
NAMING = LoadingStage("indexing authors", 2)


class RecentPapers:
    """The last days with their papers.  One thread at a time uses them; a reload runs beside it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._asked = threading.Lock()
        self._building = threading.Lock()
        self._days: PastDays | None = None
        self._stamp: object = None
        self.stage = READING

    @contextmanager
    def days(self) -> Iterator[PastDays | None]:
        """Yield the days as last loaded, to one thread at a time; None during the first load."""
        self.refresh()
        with self._asked:
            raise_if_cancelled()  # the lock may have taken long
            yield self._days

    def numbers(self, profiles: Iterable[Profile | None]) -> Iterator[int | None]:
        """Yield how many papers each profile finds.

        None for none, during the first load, and where there is more to find than a second is
        enough for.  Other pages may use the days between one profile and the next.
        """
        left = A_SECOND
        for profile in profiles:
            number = None
            with self.days() as days:
                if days and profile and (work := days.work_of(profile)) <= left:
                    number = days.found(profile).bit_count()
                    left -= work
            yield number

    def refresh(self, *, wait: bool = False) -> None:
        """Start to reload the papers if there are new ones, unless a reload is running.

        With ``wait`` reload now, in this thread.
        """
        stamp = self._now()
        if stamp == self._stamp and not wait:
            return
        if wait:
            with self._building:
                self._build(stamp)
        elif self._building.acquire(blocking=False):
            threading.Thread(target=self._build_and_release, args=[stamp], daemon=True).start()

    def _now(self) -> object:
        with self._app.store.begin() as tx:
            return self._app.day, papers.last_id(tx)

    def _build_and_release(self, stamp: object) -> None:
        try:
            self._build(stamp)
        except StoreError as error:  # the next page that needs the days tries again
            log.error("past days not read", error=f"{error}")
        except Exception:  # the pages go on with the days as last loaded
            log.exception("past days not read")
        finally:
            self._building.release()

    def _build(self, stamp: object) -> None:
        if stamp == self._stamp:
            return
        self.stage = READING
        last = self._app.day
        shown = [last - timedelta(days=ago) for ago in reversed(range(LENGTH))]
        days = self._app.past.days(shown)
        for stage, text in zip((INDEXING, NAMING), _WARMING, strict=True):
            self.stage = stage
            days.matches(parse(f"profile: x\n{text}\n", "x.yaml"), 0)
        self._days, self._stamp = days, stamp
