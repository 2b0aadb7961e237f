"""Which days of a listing to read, and when to read it again.  Reads no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from ..model import Listing, Snapshot, Verdict
from . import holidays

#: how far back snapshots matter: a flood is measured by twenty listing days, with holidays between
VERDICT_HISTORY = timedelta(days=45)

#: a listing that was read is read again after this long, because it may have grown
REREAD_AFTER = timedelta(hours=1)

#: back-off for a listing that was not read, or not believed: doubled each time up to RETRY_MOST
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=10), timedelta(hours=2)

#: Verdicts that settle a day; after any other verdict the day is read again.
BELIEVED = frozenset({Verdict.FRESH, Verdict.QUIET, Verdict.PARTIAL, Verdict.FLOOD})

#: Kinds whose source has lists of weekends, too.
_EVERY_DAY = frozenset({"biorxiv", "medrxiv"})

#: Kinds that may have papers on any day, Sundays too.
ANY_DAY = frozenset({"crossref", "openalex", "openreview", "pubmed"})


#: ``period`` of a list whose page holds many days → how the days of one page are written
_PAGES = {"week": "%G-W%V", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered of a listing's readings."""

    #: the listing day of the first reading; None: it was never read
    first: date | None = None
    #: the newest day's last reading that was believed
    last: Snapshot | None = None
    #: the days that were believed, at least as far back as missed days are asked for
    believed: Set[date] = frozenset()


def whole_days(history: Iterable[Snapshot]) -> Iterator[Snapshot]:
    """Yield each day as one snapshot, made from its readings, newest first.

    A day may be read many times: the last reading holds the length of the list and the verdict,
    the sum of all readings is what the day brought, and what one of them missed stays missing.
    """
    for _, readings in groupby(history, key=lambda snapshot: snapshot.day):
        day = list(readings)
        new, revised, late = (
            sum(getattr(reading, name) for reading in day) for name in ("new", "revised", "late")
        )
        hole = min((reading.hole for reading in day if reading.hole), default=None)
        is_whole = hole is None or day[0].verdict not in (Verdict.FRESH, Verdict.QUIET)
        yield replace(
            day[0],
            new=new,
            revised=revised,
            late=late,
            hole=hole,
            lost=tuple(dict.fromkeys(each for reading in day for each in reading.lost)),
            verdict=day[0].verdict if is_whole else Verdict.PARTIAL,
        )


def is_awaited(day: date, today: Sequence[Snapshot]) -> bool:
    """Return whether a listing may still bring papers for the issue of ``day``.

    ``today`` holds its snapshots of that listing day, newest first.
    """
    return not any(snapshot.verdict in BELIEVED for snapshot in today if snapshot.day == day)


def is_weekend(day: date) -> bool:
    """Return whether ``day`` is a Saturday or a Sunday."""
    return day.weekday() >= 5


def announces(listing: Listing, day: date) -> bool:
    """Return whether the listing is expected to announce papers on ``day``."""
    if day in listing.holidays:
        return False
    if listing.kind in ANY_DAY:
        return True
    return not is_weekend(day) and not (listing.kind == "arxiv" and holidays.rests(day))


def may_announce(listing: Listing, day: date) -> bool:
    """Return whether to ask for ``day``, if it was missed: it may have a list, expected or not."""
    if day in listing.holidays:
        return False
    has_weekends = listing.kind in _EVERY_DAY | ANY_DAY and not (listing.url or listing.path)
    return has_weekends or not is_weekend(day)


def days_to_read(listing: Listing, day: date, past: Past) -> list[date]:
    """Return the listing days to ask for on ``day``, oldest first, ``day`` itself last.

    Lists grow after they were read, so the last ``look_back`` days are read again; days that were
    missed are read as far back as ``catch_up`` says.  A listing that has never been read begins
    with ``day``, so that it does not bring its back catalogue.
    """
    if not listing.is_dated or past.first is None:
        return [day]
    missed = [each for each in unread_days(listing, day, past) if each >= _catch_up(listing, day)]
    believed = sorted((each for each in past.believed if each < day), reverse=True)
    days = sorted({*missed, *believed[: listing.look_back], day})
    # A page that holds several days is asked for once, for the last of them.
    return sorted({page_of(listing, each): each for each in days}.values())


def unread_days(listing: Listing, day: date, past: Past) -> list[date]:
    """Return the days before ``day`` of which a dated listing was not read, oldest first.

    They are looked for as far back as missed days are asked for, and since the last reading.
    """
    if past.first is None:
        return []
    start = max(past.first, _catch_up(listing, day))
    after_last = past.last.day + timedelta(days=1) if past.last else past.first
    read: dict[str, date] = {}
    for each in sorted(past.believed):
        read[page_of(listing, each)] = each
    return [
        each
        for each in days_between(min(start, after_last), day)
        if may_announce(listing, each) and read.get(page_of(listing, each), date.min) < each
    ]


def past_days(listing: Listing, day: date, number: int, past: Past) -> list[date]:
    """Return which of the ``number`` days before ``day`` to read to fill the past, oldest first.

    Days since the first reading are none of them: those that were missed are caught up on, and
    mailed.
    """
    if not listing.is_dated:
        return []
    days = days_between(day - timedelta(days=number), past.first or day)
    wanted = [each for each in days if may_announce(listing, each) and each not in past.believed]
    return sorted({page_of(listing, each): each for each in wanted}.values())


def _catch_up(listing: Listing, day: date) -> date:
    """Return the first of the days that are asked for if they were missed."""
    return day - timedelta(days=listing.catch_up)


def days_between(first: date, end: date) -> list[date]:
    """Return the days from ``first`` to the one before ``end``."""
    return [first + timedelta(days=n) for n in range((end - first).days)]


def page_of(listing: Listing, day: date) -> str:
    """Return what page has the list of ``day``: a week's list is one page for all its days."""
    period = "" if listing.url or listing.path else listing.options.get("period")
    return f"{day:{_PAGES.get(str(period), '%Y-%m-%d')}}"


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
