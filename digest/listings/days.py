"""Which days of a listing to read, and when to read it again.  Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

from ..model import Listing, Snapshot, Verdict

#: how far back missed days of a dated listing are read
CATCH_UP_PERIOD = timedelta(days=14)

#: how far back snapshots matter: a flood is measured by twenty listing days, with holidays between
VERDICT_HISTORY = timedelta(days=45)

#: a listing that was read is read again after this long, because it may have grown
REREAD_AFTER = timedelta(hours=1)

#: back-off for a listing that was not read, or not believed: doubled each time up to RETRY_MOST
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=10), timedelta(hours=2)

#: Verdicts that settle a day; after any other verdict the day is read again.
BELIEVED = frozenset({Verdict.FRESH, Verdict.QUIET, Verdict.PARTIAL, Verdict.FLOOD})

#: Weekdays without an announcement, https://info.arxiv.org/help/availability.html.
ARXIV_HOLIDAYS = {
    date(2026, 1, 1), date(2026, 1, 19), date(2026, 6, 19), date(2026, 7, 3), date(2026, 9, 7),
    date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 29), date(2026, 12, 31),
}  # fmt: skip


def whole_days(history: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """Yield each day as one snapshot, made from its readings, newest first.

    A day may be read many times: the last reading holds the length of the list and the verdict,
    the sum of all readings is what the day brought.
    """
    for _, readings in groupby(history, key=lambda snapshot: snapshot.day):
        day = list(readings)
        new, revised, late = (
            sum(getattr(reading, name) for reading in day) for name in ("new", "revised", "late")
        )
        yield replace(day[0], new=new, revised=revised, late=late)


def is_awaited(day: date, today: Sequence[Snapshot]) -> bool:
    """Return whether a listing may still bring papers for the issue of ``day``.

    ``today`` holds its snapshots of that listing day, newest first.
    """
    return not any(snapshot.verdict in BELIEVED for snapshot in today if snapshot.day == day)


#: Kinds that may have papers on any day, Sundays too.
ANY_DAY = frozenset({"crossref", "openreview", "pubmed"})


def is_weekend(day: date) -> bool:
    """Return whether ``day`` is a Saturday or a Sunday."""
    return day.weekday() >= 5


def announces(kind: str, day: date) -> bool:
    """Return whether a source of this kind is expected to announce papers on ``day``."""
    if kind in ANY_DAY:
        return True
    return not is_weekend(day) and not (kind == "arxiv" and day in ARXIV_HOLIDAYS)


def days_to_read(listing: Listing, day: date, earlier: Sequence[Snapshot]) -> list[date]:
    """Return the listing days to ask for on ``day``, oldest first, ``day`` itself last.

    ``earlier`` holds the snapshots of earlier days, newest first.  Lists grow after they were read,
    so the last ``look_back`` days are read again; missed days are read as well.  A listing that has
    never been read begins with ``day``, so that it does not bring its back catalogue.
    """
    if not listing.is_dated or not earlier:
        return [day]
    believed = {snapshot.day for snapshot in earlier if snapshot.verdict in BELIEVED}
    first = max(min(snapshot.day for snapshot in earlier), day - CATCH_UP_PERIOD)
    missed = {
        missed
        for missed in (first + timedelta(days=n) for n in range((day - first).days))
        if missed not in believed and announces(listing.kind, missed)
    }
    grown = sorted(believed, reverse=True)[: listing.look_back]
    return _once_a_page(listing, [*sorted(missed | set(grown)), day])


def _once_a_page(listing: Listing, days: Iterable[date]) -> list[date]:
    """Keep the last day of each page: a week's list is one page for all its days."""
    period = "" if listing.url or listing.path else listing.options.get("period")
    form = {"week": "%G-W%V", "month": "%Y-%m"}.get(str(period), "%Y-%m-%d")
    return sorted({f"{day:{form}}": day for day in days}.values())


def read_again_at(today: Sequence[Snapshot]) -> datetime | None:
    """Return when to read a listing again; None means now.

    ``today`` holds its snapshots of the day, newest first.
    """
    if not today:
        return None
    last = today[0]
    if last.verdict in BELIEVED:
        return last.taken_at + REREAD_AFTER
    failures = sum(snapshot.verdict not in BELIEVED for snapshot in today)
    pause: timedelta = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LONGEST_RETRY)
    return last.taken_at + pause
