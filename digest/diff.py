"""What is new in a listing, and whether the listing can be believed.

Decides from pairs of (paper, what is remembered of it); touches nothing, remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from .model import Change, Kind, Page, Paper, Seen, Snapshot, Verdict
from .text import normal_title

#: A flood is more than this many new papers and more than FLOOD_FACTOR times the usual; on years of
#: real listings neither bound ever held a true day.
FLOOD_FLOOR = 50
FLOOD_FACTOR = 4
FLOOD_HISTORY = 20

Pair = tuple[Paper, Seen | None]


def diff(pairs: Iterable[Pair]) -> list[Change]:
    """The changes among the pairs, in their order; a paper that stands there twice counts once."""
    changes: dict[str, Change] = {}
    for paper, seen in pairs:
        change = _change(paper, seen)
        if change is not None:
            changes.setdefault(paper.key, change)
    return list(changes.values())


def _change(paper: Paper, seen: Seen | None) -> Change | None:
    if seen is None:
        return Change(paper.announced, paper)
    if paper.announced is Kind.WITHDRAWN and not seen.is_withdrawn:
        return Change(Kind.WITHDRAWN, paper)
    detail = _revision(paper, seen)
    return Change(Kind.REVISED, paper, detail) if detail else None


def _revision(paper: Paper, seen: Seen) -> str:
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


def tally(page: Page, changes: Sequence[Change]) -> Tally:
    """Account for every entry of the page."""
    new = sum(change.kind in (Kind.NEW, Kind.CROSS) for change in changes)
    revised = len(changes) - new
    skipped = len(page.skipped)
    return Tally(page.entries, new, revised, page.entries - new - revised - skipped, skipped)


def verdict(
    page: Page, pairs: Sequence[Pair], day: date, history: Sequence[Snapshot], *, is_expected: bool
) -> Verdict:
    """Whether the page is what ``day`` should have brought.

    ``history`` holds the listing's believed snapshots of earlier days, newest first;
    ``is_expected`` says whether the source announces anything on this day.
    """
    if not page.entries:
        return Verdict.EMPTY if is_expected else Verdict.QUIET
    if _is_stale(page, pairs, day):
        return Verdict.STALE if is_expected else Verdict.QUIET
    if _is_flood(sum(seen is None for _, seen in pairs), history):
        return Verdict.FLOOD
    return Verdict.PARTIAL if page.skipped else Verdict.FRESH


def _is_stale(page: Page, pairs: Sequence[Pair], day: date) -> bool:
    """An earlier batch again: it says so itself, or every paper was last seen on an earlier day."""
    remembered = [seen for _, seen in pairs if seen is not None]
    if len(remembered) < len(pairs) or not remembered:
        return False
    if page.batch is not None and page.batch >= day:
        return False
    return all(seen.last_day < day for seen in remembered)


def _is_flood(new: int, history: Sequence[Snapshot]) -> bool:
    if not history:  # the first time everything is new
        return False
    usual = median(snapshot.new for snapshot in history[:FLOOD_HISTORY])
    return new > max(FLOOD_FLOOR, FLOOD_FACTOR * usual)


def newest_only(page: Page, changes: Sequence[Change]) -> list[Change]:
    """What a listing that is read for the first time may bring: its newest day.

    A page of one day is all new; a feed of months is remembered, and only its last day is mailed.
    """
    dates = [change.paper.published for change in changes if change.paper.published]
    if page.batch is not None or not dates:
        return list(changes)
    return [change for change in changes if change.paper.published == max(dates)]
