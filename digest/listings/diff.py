"""What is new in a listing.

Pure: decides from pairs of a paper and what the store remembers of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ..language.text import normal_title
from ..model import Change, ChangeKind, ListingPage, Paper, SeenPaper

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


def newest_only(
    page: ListingPage,
    changes: Sequence[Change],
    day: date | None = None,
    *,
    today: date,
    since: date | None = None,
) -> list[Change]:
    """Return the changes of the newest day of a listing that is read for the first time.

    A page of one day (``day``, if it was asked for) is new as a whole.  Of a month's list or a feed
    of years, all papers are remembered, but only those of the last day are mailed; papers without a
    date are not mailed.  A paper of an issue that is yet to come (dated after ``today``) counts as
    one of the newest day: journals date issues ahead.  Where readings have failed ``since`` a day,
    what is listed from that day on is new.
    """
    days = [_listed(page, change.paper, day) for change in changes]
    newest = max((when for when in days if when and when <= today), default=today)
    first = min(newest, since or newest)
    dated = zip(changes, days, strict=True)
    return [change for change, listed in dated if listed and listed >= first]


def _listed(page: ListingPage, paper: Paper, day: date | None) -> date | None:
    """Return the day on which a page lists a paper.

    The entry's own day counts first, then the page's batch, ``day``, and the date of publication.
    """
    announced = [page.listed[name] for name in (paper.key, *paper.aliases) if name in page.listed]
    return max(announced, default=page.batch or day or paper.published)
