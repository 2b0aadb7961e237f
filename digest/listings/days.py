"""Which days of a listing to read, and when to read it again.  Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from ..model import Listing, Snapshot, Verdict

#: how many days of silence of ours a dated listing is asked for afterwards
CATCH_UP = timedelta(days=14)

#: a listing that was read is read again this often, because it grows
REFRESH = timedelta(hours=1)

#: one that was not, or not believably, is tried again after this long, then twice as long
RETRY, RETRY_MOST = timedelta(minutes=10), timedelta(hours=2)

#: These say that the day has been dealt with; after the others it is asked for again.
BELIEVED = frozenset({Verdict.FRESH, Verdict.QUIET, Verdict.PARTIAL, Verdict.FLOOD})

#: Weekdays without an announcement, https://info.arxiv.org/help/availability.html.
ARXIV_HOLIDAYS = {
    date(2026, 1, 1), date(2026, 1, 19), date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7),
    date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 29), date(2026, 12, 31),
}  # fmt: skip


def is_awaited(day: date, today: Sequence[Snapshot]) -> bool:
    """Whether a listing may still bring what an issue of ``day`` should hold.

    ``today`` are its snapshots of that listing day, newest first.
    """
    return not any(snapshot.verdict in BELIEVED for snapshot in today if snapshot.day == day)


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= 5


def announces(kind: str, day: date) -> bool:
    """Whether a source of this kind is expected to have something on ``day``."""
    return not is_weekend(day) and not (kind == "arxiv" and day in ARXIV_HOLIDAYS)


def days_to_read(listing: Listing, day: date, earlier: Sequence[Snapshot]) -> list[date]:
    """The listing days to ask for on ``day``, oldest first, ``day`` itself last.

    ``earlier`` holds the snapshots of days before, newest first.  Lists grow after they were read,
    so the last ``look_back`` days are read again; days that were missed are made up for.  A listing
    that has never been read begins with ``day``, because it must not bring its back catalogue.
    """
    if not listing.is_dated or not earlier:
        return [day]
    believed = {snapshot.day for snapshot in earlier if snapshot.verdict in BELIEVED}
    first = max(min(snapshot.day for snapshot in earlier), day - CATCH_UP)
    missed = {
        missed
        for missed in (first + timedelta(days=n) for n in range((day - first).days))
        if missed not in believed and announces(listing.kind, missed)
    }
    grown = sorted(believed, reverse=True)[: listing.look_back]
    return _once_a_page(listing, [*sorted(missed | set(grown)), day])


def _once_a_page(listing: Listing, days: Iterable[date]) -> list[date]:
    """Of days that stand on one page, the last: a week's list is one page for all its days."""
    period = "" if listing.url or listing.path else listing.options.get("period")
    form = {"week": "%G-W%V", "month": "%Y-%m"}.get(str(period), "%Y-%m-%d")
    return sorted({f"{day:{form}}": day for day in days}.values())


def read_again_at(today: Sequence[Snapshot]) -> datetime | None:
    """When to read a listing again, from its snapshots of the day, newest first; None: now."""
    if not today:
        return None
    last = today[0]
    if last.verdict in BELIEVED:
        return last.taken_at + REFRESH
    failures = sum(snapshot.verdict not in BELIEVED for snapshot in today)
    pause: timedelta = min(RETRY * 2 ** min(failures - 1, 10), RETRY_MOST)
    return last.taken_at + pause
