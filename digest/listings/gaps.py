"""What of a listing was not read: days that were missed, and holes in feeds that roll on.  Pure.

A list that can be asked for by its day misses no day for ever, as far back as it is asked for.  A
feed that rolls on misses nothing as long as each reading shows some paper of the one before.  Of
batches, each of which replaces the one before, every day that was not read is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ..model import DayRange, Listing, ListingPage, Snapshot
from .days import Past, announces, days_between, may_announce, unread_days
from .diff import Pair, diff


def missed(listing: Listing, day: date, past: Past) -> tuple[DayRange, ...]:
    """Return the days of a dated listing that are still to be read, and are asked for again."""
    return _asked_for(listing, day, past, is_again=True)


def given_up(listing: Listing, day: date, past: Past) -> tuple[DayRange, ...]:
    """Return the days since the last reading for which it is too late to ask."""
    return _asked_for(listing, day, past, is_again=False)


def _asked_for(listing: Listing, day: date, past: Past, *, is_again: bool) -> tuple[DayRange, ...]:
    if not listing.is_dated:
        return ()
    first = day - timedelta(days=listing.catch_up)
    days = [each for each in unread_days(listing, day, past) if (each >= first) is is_again]
    return ranges(listing, days)


def lost_batches(
    listing: Listing, page: ListingPage, day: date, last: Snapshot | None
) -> tuple[DayRange, ...]:
    """Return the days between this batch and the last one that was read, if each replaces one."""
    if listing.is_dated or last is None or is_rolling(listing, page) or _is_ranking(listing):
        return ()
    after = (last.batch or last.day) + timedelta(days=1)
    days = [each for each in days_between(after, _batch(page) or day) if announces(listing, each)]
    return ranges(listing, days)


def hole(pairs: Sequence[Pair], last: Snapshot | None, shown: date | None) -> date | None:
    """Return the day since which papers may have come and gone in a feed that rolls on.

    ``shown`` is the newest day on which the listing's papers were last seen.  A paper that was on
    the feed then, or an older one that has not changed, proves that nothing newer is gone; one
    that changed may have come back to the top.
    """
    if last is None or shown is None or all(seen for _, seen in pairs):
        return None
    changed = {change.paper.key for change in diff(pairs)}
    is_joined = any(
        seen is not None and (seen.last_day >= shown or paper.key not in changed)
        for paper, seen in pairs
    )
    return None if is_joined else last.day


def is_rolling(listing: Listing, page: ListingPage) -> bool:
    """Return whether a reading should still hold something of the one before."""
    if listing.is_dated or _is_ranking(listing) or not listing.rolling:
        return False
    return "arxiv.org/" not in listing.url and _batch(page) is None


def _is_ranking(listing: Listing) -> bool:
    """Return whether the list has the best of all times, of which none is ever missed."""
    return listing.options.get("period") == "trending" or "sort=trending" in listing.url


def _batch(page: ListingPage) -> date | None:
    """Return the only day that the page says it is of."""
    listed = set(page.listed.values())
    return page.batch or (listed.pop() if len(listed) == 1 else None)


def ranges(listing: Listing, days: Iterable[date]) -> tuple[DayRange, ...]:
    """Return days as ranges; days without a list, such as weekends, part none."""
    found: list[DayRange] = []
    for day in sorted(days):
        between = days_between(found[-1].last + timedelta(days=1), day) if found else [day]
        if found and not any(may_announce(listing, each) for each in between):
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return tuple(found)
