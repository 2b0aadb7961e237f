"""Whether a listing can be believed: the verdict on what was read, or not read, of one day.

Pure: decides from the page, what the store remembers of its papers, and the snapshots before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

from ..errors import SourceError
from ..model import Listing, ListingPage, Snapshot, Verdict
from .days import BELIEVED, announces
from .diff import Pair, diff

#: A flood has more than this many new papers and more than FLOOD_FACTOR times the median; in years
#: of real listings neither bound ever held back a genuine day.
FLOOD_FLOOR = 50
FLOOD_FACTOR = 4
FLOOD_HISTORY = 20
#: With fewer days the median is not reliable: the first day may have been read before its list had
#: grown.
FLOOD_LEAST_HISTORY = 5

#: A source that changes its ids makes every paper look new.  Single papers are resubmitted under
#: new ids, but never half of a day's papers.
FAMILIAR_SHARE = 0.5
FAMILIAR_FLOOR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The facts besides the page itself that decide whether to believe it."""

    day: date
    #: whether the source announces anything on this day
    is_expected: bool
    #: snapshots of the listing's earlier days that were believed, newest first
    history: Sequence[Snapshot] = ()
    #: how many new papers have the title of a work that is stored under another id
    familiar: int = 0
    #: whether another listing of the same kind has brought something new today
    is_sibling_fresh: bool = False
    #: whether papers may have come and gone since the last reading
    has_hole: bool = False
    #: how many days' papers may be new: more than one after days on which nothing was read
    days: int = 1


def verdict(page: ListingPage, pairs: Sequence[Pair], known: Circumstances) -> Verdict:
    """Judge whether the page is what its day should have brought."""
    is_expected = known.is_expected or known.is_sibling_fresh
    if not page.entries:
        return Verdict.EMPTY if is_expected and not page.is_counted else Verdict.QUIET
    if _is_old(pairs, known.day):
        # A rolling feed has days without new papers; a list of one day never has.
        is_stale = is_expected and _is_batch_again(page, pairs, known)
        return Verdict.STALE if is_stale else Verdict.QUIET
    new = sum(seen is None for _, seen in pairs)
    if _is_flood(new, known):
        return Verdict.FLOOD
    return Verdict.PARTIAL if page.reasons or known.has_hole else Verdict.FRESH


def _is_old(pairs: Sequence[Pair], day: date) -> bool:
    """Return whether every paper was last seen on an earlier day and has not changed since."""
    if not pairs or diff(pairs):
        return False
    return all(seen is not None and seen.last_day < day for _, seen in pairs)


def _is_batch_again(page: ListingPage, pairs: Sequence[Pair], known: Circumstances) -> bool:
    """Return whether the page is an earlier day's list, by its date or by its entries.

    The date alone does not prove that a list is new: sources have served yesterday's list as
    today's.
    """
    if page.batch is None:
        return False
    return page.batch < known.day or known.is_sibling_fresh or _is_last_page(pairs, known.history)


def _is_last_page(pairs: Sequence[Pair], history: Sequence[Snapshot]) -> bool:
    days = {seen.last_day for _, seen in pairs if seen is not None}
    last = next((each for each in history if each.verdict is not Verdict.QUIET), None)
    return last is not None and days == {last.day} and len(pairs) == last.entries


def _is_flood(new: int, known: Circumstances) -> bool:
    """Return whether there are far more new papers than usual, or old works under new ids."""
    if not known.history:  # the first time everything is new
        return False
    if known.familiar >= FAMILIAR_FLOOR and known.familiar >= FAMILIAR_SHARE * new:
        return True
    usual = [day.new for day in known.history if day.entries][:FLOOD_HISTORY]
    if len(usual) < FLOOD_LEAST_HISTORY:
        return False
    return new > max(FLOOD_FLOOR, FLOOD_FACTOR * median(usual)) * known.days


def of_error(error: SourceError, listing: Listing, day: date) -> Verdict:
    """Judge a day that was not read; a file that is missing on a Sunday is no failure."""
    is_quiet = error.is_absent and not announces(listing, day)
    return Verdict.QUIET if is_quiet else Verdict.FAILED


def unchanged(snapshot: Snapshot, history: Sequence[Snapshot], is_expected: bool) -> Snapshot:
    """Return the receipt for "not modified": the last page again, with nothing new in it.

    ``history`` holds the snapshots up to this day, newest first.
    """
    last = next((s for s in history if s.verdict in BELIEVED), snapshot)
    if last.day == snapshot.day:
        judgement = last.verdict
    elif is_expected and not last.entries:
        judgement = Verdict.EMPTY
    else:
        judgement = Verdict.STALE if is_expected and last.batch is not None else Verdict.QUIET
    return replace(
        snapshot,
        verdict=judgement,
        entries=last.entries,
        seen=last.entries - last.skipped,
        skipped=last.skipped,
        batch=last.batch,
    )


def with_absence(snapshot: Snapshot, history: Sequence[Snapshot]) -> Snapshot:
    """Return the receipt with the first day of its listing's absence, unless it is believed."""
    if snapshot.verdict in BELIEVED:
        return snapshot
    since = snapshot.day
    for earlier in history:
        if earlier.verdict in BELIEVED:
            break
        since = min(since, earlier.day)
    return replace(snapshot, since=since)


def brought_something(snapshot: Snapshot, day: date) -> bool:
    """Return whether the listing brought new papers on this day."""
    return snapshot.day == day and snapshot.verdict is Verdict.FRESH and snapshot.new > 0
