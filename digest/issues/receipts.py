"""What an issue says of each listing: how its newest day went, and what is missing since.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from ..model import Backlog, DayRange, Receipt, Snapshot, UnreadBatch, Verdict


def receipts(unread: UnreadBatch, backlog: Backlog, matched: dict[str, int]) -> tuple[Receipt, ...]:
    """Return the receipts of the listings in ``matched``, which has their numbers of matches.

    A subscriber is told once of what was lost: in the first issue after it was found out.
    """
    told = backlog.last_issue_at
    troubled = [each for each in unread.troubled if told and each.taken_at > told]
    return tuple(
        _receipt(
            snapshot,
            [each for each in troubled if each.listing == snapshot.listing],
            matched[snapshot.listing],
        )
        for snapshot in unread.snapshots
        if snapshot.listing in matched
    )


def _receipt(snapshot: Snapshot, troubled: list[Snapshot], matched: int) -> Receipt:
    several = [snapshot, *troubled]
    lost = (days for each in several for days in each.lost)
    unread = _before(snapshot.since, [*snapshot.missed, *lost])
    holes = (DayRange(each.hole, each.day) for each in several if each.hole)
    partial = (each.day for each in troubled if _is_partial(each) and each.day != snapshot.day)
    return Receipt(
        listing=snapshot.listing,
        verdict=snapshot.verdict,
        day=snapshot.day,
        entries=snapshot.entries,
        skipped=snapshot.skipped,
        new=snapshot.new,
        late=snapshot.late,
        matched=matched,
        batch=snapshot.batch,
        error=snapshot.error,
        since=snapshot.since,
        unread=_in_order(unread),
        holes=_in_order(holes),
        partial=tuple(sorted(set(partial))),
    )


def _is_partial(snapshot: Snapshot) -> bool:
    return snapshot.verdict in (Verdict.PARTIAL, Verdict.FLOOD) and snapshot.hole is None


def _before(since: date | None, days: Iterable[DayRange]) -> Iterator[DayRange]:
    """Leave out the days since when the listing has been missing: the receipt says so."""
    for each in days:
        if since is None or each.last < since:
            yield each
        elif each.first < since:
            yield replace(each, last=since - timedelta(days=1))


def _in_order(days: Iterable[DayRange]) -> tuple[DayRange, ...]:
    return tuple(sorted(set(days), key=lambda each: (each.first, each.last)))
