"""What is new in a listing, and whether the listing can be believed.

Decides from pairs of (paper, what is remembered of it); touches nothing, remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from ..language.text import normal_title
from ..model import Change, ChangeKind, ListingPage, Paper, SeenPaper, Snapshot, Verdict

#: A flood is more than this many new papers and more than FLOOD_FACTOR times the usual; on years of
#: real listings neither bound ever held a true day.
FLOOD_FLOOR = 50
FLOOD_FACTOR = 4
FLOOD_HISTORY = 20
#: Fewer days do not say what is usual: the first may have been read before its list had grown.
FLOOD_LEAST_HISTORY = 5

#: A source that changes its ids makes everything new again; single papers are resubmitted, but
#: never half of a day's.
FAMILIAR_SHARE = 0.5
FAMILIAR_FLOOR = 5

Pair = tuple[Paper, SeenPaper | None]


def diff(pairs: Iterable[Pair]) -> list[Change]:
    """The changes among the pairs, in their order; a paper that stands there twice counts once."""
    changes: dict[str, Change] = {}
    for paper, seen in pairs:
        change = _change(paper, seen)
        if change is not None:
            changes.setdefault(paper.key, change)
    return list(changes.values())


def _change(paper: Paper, seen: SeenPaper | None) -> Change | None:
    if seen is None:
        return Change(paper.announced, paper)
    if paper.announced is ChangeKind.WITHDRAWN and not seen.is_withdrawn:
        return Change(ChangeKind.WITHDRAWN, paper)
    detail = _revision(paper, seen)
    return Change(ChangeKind.REVISED, paper, detail) if detail else None


def _revision(paper: Paper, seen: SeenPaper) -> str:
    """What makes ``paper`` another version than the one seen, in words; empty if nothing does."""
    if not (paper.version and seen.version and paper.version > seen.version):
        return ""
    detail = f"v{seen.version} → v{paper.version}"
    if normal_title(paper.title) != normal_title(seen.title):
        detail += ", the title changed"
    return detail


@dataclass(frozen=True, slots=True)
class Tally:
    """A page in numbers: ``entries == new + revised + seen + skipped``."""

    entries: int
    new: int
    revised: int
    seen: int
    skipped: int


def tally(page: ListingPage, changes: Sequence[Change]) -> Tally:
    """Account for every entry of the page."""
    new = sum(change.kind in (ChangeKind.NEW, ChangeKind.CROSS) for change in changes)
    revised = len(changes) - new
    seen = page.entries - new - revised - page.skipped
    return Tally(page.entries, new, revised, seen, page.skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What besides the page itself tells whether to believe it."""

    day: date
    #: whether the source announces anything on this day
    is_expected: bool
    #: the listing's earlier days, as far as they were believed, newest first
    history: Sequence[Snapshot] = ()
    #: how many new papers have the title of a work that is kept under another id
    familiar: int = 0
    #: whether another listing of the same kind has brought something new today
    is_sibling_fresh: bool = False


def verdict(page: ListingPage, pairs: Sequence[Pair], known: Circumstances) -> Verdict:
    """Whether the page is what its day should have brought."""
    is_expected = known.is_expected or known.is_sibling_fresh
    if not page.entries:
        return Verdict.EMPTY if is_expected else Verdict.QUIET
    if _is_old(pairs, known.day):
        # A feed that rolls on has days without news; a day's own list has not.
        is_stale = is_expected and _is_batch_again(page, pairs, known)
        return Verdict.STALE if is_stale else Verdict.QUIET
    new = sum(seen is None for _, seen in pairs)
    if _is_flood(new, known):
        return Verdict.FLOOD
    return Verdict.PARTIAL if page.reasons else Verdict.FRESH


def _is_old(pairs: Sequence[Pair], day: date) -> bool:
    """Whether all that stands there was last seen on an earlier day, just as it is."""
    if not pairs or diff(pairs):
        return False
    return all(seen is not None and seen.last_day < day for _, seen in pairs)


def _is_batch_again(page: ListingPage, pairs: Sequence[Pair], known: Circumstances) -> bool:
    """An earlier day's list: by its own date, or because it is the last one to the entry.

    The date alone is no proof of the contrary: sources have served yesterday's list as today's.
    """
    if page.batch is None:
        return False
    return page.batch < known.day or known.is_sibling_fresh or _is_last_page(pairs, known.history)


def _is_last_page(pairs: Sequence[Pair], history: Sequence[Snapshot]) -> bool:
    days = {seen.last_day for _, seen in pairs if seen is not None}
    last = next((each for each in history if each.verdict is not Verdict.QUIET), None)
    return last is not None and days == {last.day} and len(pairs) == last.entries


def _is_flood(new: int, known: Circumstances) -> bool:
    """Far more than usual, or old works under new ids."""
    if not known.history:  # the first time everything is new
        return False
    if known.familiar >= FAMILIAR_FLOOR and known.familiar >= FAMILIAR_SHARE * new:
        return True
    usual = [day.new for day in known.history if day.entries][:FLOOD_HISTORY]
    if len(usual) < FLOOD_LEAST_HISTORY:
        return False
    return new > max(FLOOD_FLOOR, FLOOD_FACTOR * median(usual))


def newest_only(
    page: ListingPage, changes: Sequence[Change], day: date | None = None
) -> list[Change]:
    """What a listing that is read for the first time may bring: its newest day.

    A page of one day (``day``, if it was asked for) is all new; of a month's list or a feed of
    years all is remembered, and only the last day is mailed: nothing, where nothing has a date.
    """
    days = [_listed(page, change.paper, day) for change in changes]
    newest = max(filter(None, days), default=None)
    dated = zip(changes, days, strict=True)
    return [change for change, listed in dated if listed is not None and listed == newest]


def _listed(page: ListingPage, paper: Paper, day: date | None) -> date | None:
    """The day on which a page has a paper: as it says, else its batch's, else the paper's own."""
    told = [page.listed[name] for name in (paper.key, *paper.aliases) if name in page.listed]
    return max(told, default=page.batch or day or paper.published)
