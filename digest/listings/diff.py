"""What is new in a listing, and whether the listing can be believed.

Pure: decides from pairs of a paper and what the store remembers of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from ..language.text import normal_title
from ..model import Change, ChangeKind, ListingPage, Paper, SeenPaper, Snapshot, Verdict

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

Pair = tuple[Paper, SeenPaper | None]


def diff(pairs: Iterable[Pair]) -> list[Change]:
    """Return the changes among the pairs, in their order; a paper that occurs twice counts once."""
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
    """Describe how ``paper`` differs from the one seen; return "" if it is no newer version."""
    if paper.version and seen.version:
        detail = f"v{seen.version} → v{paper.version}" if paper.version > seen.version else ""
    else:
        # arXiv has versions, even where a listing does not say them.
        has_versions = any(name.startswith("arxiv:") for name in (paper.key, *paper.aliases))
        is_known = bool(paper.wording and seen.wording) and not has_versions
        is_reworded = is_known and paper.wording != seen.wording
        detail = "the text changed" if is_reworded else ""
    if detail and normal_title(paper.title) != normal_title(seen.title):
        return f"{detail}, the title changed" if paper.version else "the title changed"
    return detail


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a page: ``entries == new + revised + seen + skipped``."""

    entries: int
    new: int
    revised: int
    seen: int
    skipped: int


def tally(page: ListingPage, changes: Sequence[Change]) -> Tally:
    """Count every entry of the page as new, revised, seen or skipped."""
    new = sum(change.kind in (ChangeKind.NEW, ChangeKind.CROSS) for change in changes)
    revised = len(changes) - new
    seen = page.entries - new - revised - page.skipped
    return Tally(page.entries, new, revised, seen, page.skipped)


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


def verdict(page: ListingPage, pairs: Sequence[Pair], known: Circumstances) -> Verdict:
    """Judge whether the page is what its day should have brought."""
    is_expected = known.is_expected or known.is_sibling_fresh
    if not page.entries:
        return Verdict.EMPTY if is_expected else Verdict.QUIET
    if _is_old(pairs, known.day):
        # A rolling feed has days without new papers; a list of one day never has.
        is_stale = is_expected and _is_batch_again(page, pairs, known)
        return Verdict.STALE if is_stale else Verdict.QUIET
    new = sum(seen is None for _, seen in pairs)
    if _is_flood(new, known):
        return Verdict.FLOOD
    return Verdict.PARTIAL if page.reasons else Verdict.FRESH


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
    return new > max(FLOOD_FLOOR, FLOOD_FACTOR * median(usual))


def newest_only(
    page: ListingPage, changes: Sequence[Change], day: date | None = None, *, today: date
) -> list[Change]:
    """Return the changes of the newest day of a listing that is read for the first time.

    A page of one day (``day``, if it was asked for) is new as a whole.  Of a month's list or a feed
    of years, all papers are remembered, but only those of the last day are mailed; papers without a
    date are not mailed.  A paper of an issue that is yet to come (dated after ``today``) counts as
    one of the newest day: journals date issues ahead.
    """
    days = [_listed(page, change.paper, day) for change in changes]
    newest = max((when for when in days if when and when <= today), default=today)
    dated = zip(changes, days, strict=True)
    return [change for change, listed in dated if listed and (listed == newest or listed > today)]


def _listed(page: ListingPage, paper: Paper, day: date | None) -> date | None:
    """Return the day on which a page lists a paper.

    The entry's own day counts first, then the page's batch, ``day``, and the date of publication.
    """
    told = [page.listed[name] for name in (paper.key, *paper.aliases) if name in page.listed]
    return max(told, default=page.batch or day or paper.published)
