"""The report of a run: a small table for a person, or JSON for a program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from .listings import days, gaps
from .model import DayRange, DeliveryState, Listing, Snapshot, Verdict, count
from .pipeline.outlook import Outlook
from .pipeline.runs import FilledPast, Report
from .render.wording import short_day
from .store import Store, papers

if TYPE_CHECKING:
    from rich.console import Console

#: The colours of verdicts; a colour only ever accompanies its word.
COLOURS = {
    Verdict.FRESH: "green",
    Verdict.QUIET: "dim",
    Verdict.STALE: "yellow",
    Verdict.EMPTY: "yellow",
    Verdict.PARTIAL: "yellow",
    Verdict.FLOOD: "magenta",
    Verdict.FAILED: "red",
}
STATUS_PERIOD = timedelta(days=14)


def has_failed(done: Report) -> bool:
    """Return whether a listing or a mail failed."""
    return (
        any(s.verdict is Verdict.FAILED for s in done.snapshots)
        or DeliveryState.FAILED in done.outcomes
    )


def as_json(done: Report, outlooks: Iterable[Outlook] = ()) -> dict[str, Any]:
    """Return the document that ``--json`` prints."""
    return {
        "day": done.day.isoformat(),
        "listings": [listing_json(snapshot) for snapshot in done.snapshots],
        "past": [asdict(filled) for filled in done.past],
        "issues": done.issues or 0,
        "deliveries": {
            "queued": done.waiting,
            "sent": done.outcomes.count(DeliveryState.SENT),
            "failed": done.outcomes.count(DeliveryState.FAILED),
            "in_doubt": done.outcomes.count(DeliveryState.IN_DOUBT),
        },
        "profiles": [outlook_json(outlook) for outlook in outlooks],
    }


def outlook_json(outlook: Outlook) -> dict[str, Any]:
    """Return one profile's outlook as JSON values."""
    return {
        "profile": outlook.profile.slug,
        "readers": outlook.readers,
        "made": outlook.is_made,
        "matched": outlook.matched,
        "elsewhere": outlook.matched_elsewhere,
        "new": outlook.pool,
        "next": outlook.next_at.isoformat() if outlook.next_at else None,
    }


def listing_json(snapshot: Snapshot) -> dict[str, Any]:
    """Return one listing's verdict and counts as JSON values."""
    return {
        "name": snapshot.listing,
        "verdict": snapshot.verdict.value,
        "entries": snapshot.entries,
        "new": snapshot.new,
        "revised": snapshot.revised,
        "seen": snapshot.seen,
        "skipped": snapshot.skipped,
        "late": snapshot.late,
        "error": snapshot.error or None,
        "missed": _pairs(snapshot.missed),
        "lost": _pairs(snapshot.lost),
        "hole": _pair(DayRange(snapshot.hole, snapshot.day)) if snapshot.hole else None,
    }


def _pairs(several: Iterable[DayRange]) -> list[list[str]]:
    return [_pair(each) for each in several]


def _pair(days: DayRange) -> list[str]:
    return [str(days.first), str(days.last)]


def _gaps(row: dict[str, Any]) -> Iterator[str]:
    """Yield what a listing's receipt, as JSON values, leaves open: a line each."""
    if row["missed"]:
        yield f"not read yet, and asked for again: {', '.join(map(_from_to, row['missed']))}"
    if row["lost"]:
        yield f"not read, and too late to ask for: {', '.join(map(_from_to, row['lost']))}"
    if row["hole"]:
        missing = "papers between {} and {} may be missing".format(*row["hole"])
        yield f"{missing} (not if each list replaces the last: then say rolling: false)"


def _from_to(days: list[str]) -> str:
    first, last = days
    return first if first == last else f"{first} to {last}"


def show(
    done: Report, outlooks: Sequence[Outlook] = (), *, where: str = "", is_rehearsal: bool = False
) -> None:
    """Print the report for a person, on stdout; ``where`` is the folder that mails end in."""
    console = _console()
    if done.snapshots:
        console.print(_receipts(done))
    # Below the table, because a reason in a narrow column cannot be read.
    for line in faults(done):
        _print(console, line)
    for filled in done.past:
        _print(console, f"{filled.listing}: {_filled(filled)}")
    failed = {each.listing for each in done.snapshots if each.verdict is Verdict.FAILED}
    read = {each.listing for each in done.snapshots} - failed
    if outlooks:
        console.print()
    for outlook in outlooks:
        is_cut_off = bool(failed) and read.isdisjoint(outlook.profile.listings or read)
        line = _outlook(outlook, is_rehearsal, is_cut_off)
        _print(console, f"{outlook.profile.title}: {line}")
    _print(console, summary(done, where, is_rehearsal=is_rehearsal))


def _print(console: Console, line: str) -> None:
    """Print a line in as many as it takes; a path stays whole."""
    folded = textwrap.fill(
        line,
        console.width,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    console.print(folded, markup=False, highlight=False, soft_wrap=True)


def faults(done: Report) -> Iterator[str]:
    """Yield a line for each listing that was not read, or not whole."""
    for snapshot in done.snapshots:
        for line in filter(None, (snapshot.error, *_gaps(listing_json(snapshot)))):
            yield f"{snapshot.listing}: {line}"


def _outlook(outlook: Outlook, is_rehearsal: bool, is_cut_off: bool) -> str:
    """Return what a profile's readers got, or what they wait for, or why there is nothing."""
    if not outlook.readers:
        return _without_readers(outlook)
    if not outlook.matched:
        then = "" if outlook.is_made else f"; {_next(outlook)}"
        if outlook.elsewhere:
            return f"{_elsewhere(outlook)}{then}"
        if not outlook.pool:
            none = "its listings could not be read" if is_cut_off else "no paper is new"
            return f"{none}{then}"
        return f"nothing matched {count(outlook.pool, 'new paper')}{then}"
    if outlook.is_made:
        mail = "would be in the mail" if is_rehearsal else "in the mail"
        found = f"{outlook.matched:,} of {count(outlook.pool, 'new paper')}"
        return f"{found}, {mail} to {count(outlook.readers, 'reader')}"
    wait = "waits" if outlook.matched == 1 else "wait"
    return f"{count(outlook.matched, 'paper')} {wait}; {_next(outlook)}"


def _elsewhere(outlook: Outlook) -> str:
    """Return how many papers a profile matched that other profiles of its reader show."""
    titles = ", ".join(title for title, _ in outlook.elsewhere)
    return f"{outlook.matched_elsewhere:,} matched, under {titles}"


def _without_readers(outlook: Outlook) -> str:
    if outlook.profile.to:
        return "nobody to mail: the addresses in to: have left, or mail to them came back"
    return f"nobody to mail: add to: with an address in {PurePath(outlook.profile.path).name}"


def _next(outlook: Outlook) -> str:
    """Return when the next mail goes, and how to have it now where that brings any."""
    if outlook.is_paused:
        return "its reader pauses"
    if outlook.next_at is None:
        return "today's issue is made, the next comes with the first run of tomorrow"
    is_offered = outlook.may_be_now and (outlook.matched or outlook.elsewhere)
    now = " (or now: digest run --now-anyway)" if is_offered else ""
    return f"the next mail goes {hour(outlook.next_at)}{now}"


def hour(at: datetime) -> str:
    """Return an hour with its day and its zone, as in "Thu 12 Mar, 07:30 Europe/Berlin"."""
    return f"{short_day(at.date())}, {at:%H:%M} {at.tzinfo}"


def _filled(past: FilledPast) -> str:
    """Return what filling the past of a listing came to."""
    if not past.is_dated:
        return "the source has no earlier days"
    if not past.wanted:
        return "the earlier days were read before"
    read = f"{count(past.papers, 'paper')} of {count(past.read, 'earlier day')}, none is mailed"
    missing = past.wanted - past.read
    return f"{read}; {count(missing, 'day')} could not be read" if missing else read


def _console() -> Console:
    from rich.console import Console

    return Console()


def _receipts(done: Report) -> Any:
    table = _table("listing", "verdict", "entries", "new", "revised", "seen", "late")
    for s in done.snapshots:
        verdict = f"[{COLOURS[s.verdict]}]{s.verdict.value}[/]"
        numbers = [str(n) for n in (s.entries, s.new, s.revised, s.seen, s.late)]
        table.add_row(_escaped(s.listing), verdict, *numbers)
    return table


def _table(*columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        is_number = name in ("entries", "new", "revised", "seen", "late")
        side: Any = "right" if is_number else "left"
        table.add_column(name, justify=side, overflow="fold")
    return table


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def summary(done: Report, where: str = "", *, is_rehearsal: bool = False) -> str:
    """Return in one line what became of issues and mails."""
    if is_rehearsal:
        return f"{count(done.issues or 0, 'issue')} would be mailed; nothing was kept or sent"
    if done.issues is None:
        return f"{count(sum(s.new + s.late for s in done.snapshots), 'new paper')} kept"
    return ", ".join([f"{count(done.issues, 'issue')} made", *_mails(done, where)])


def job_summary(done: Report, where: str = "") -> str:
    """Return in one line what a job did, which makes issues or hands over mails, not both."""
    if done.issues:
        return f"{count(done.issues, 'issue')} made"
    return ", ".join(_mails(done, where))


def _mails(done: Report, where: str) -> list[str]:
    """Return what became of the mails, and how many wait."""
    sent = done.outcomes.count(DeliveryState.SENT)
    parts = [f"{count(sent, 'mail')} sent"]
    if sent and where:
        parts[-1] += f" into the folder {where}"
    numbers = (
        (done.outcomes.count(state), state)
        for state in (DeliveryState.FAILED, DeliveryState.IN_DOUBT)
    )
    parts += [f"{number} {state.value.replace('_', ' ')}" for number, state in numbers if number]
    if done.waiting:
        at = f"at {done.next_try:%Y-%m-%d %H:%M} UTC" if done.next_try else "with the next run"
        parts.append(f"{done.waiting} waiting (tried again {at})")
    return parts


def history(store: Store, listings: Iterable[Listing], day: date) -> list[dict[str, Any]]:
    """Return the last reading of each of the 14 days until ``day``, per listing, newest first.

    ``unread`` are the days among them on which papers could have been announced and nothing was
    read.
    """
    rows = []
    for listing in listings:
        first = day - STATUS_PERIOD + timedelta(days=1)
        with store.begin() as tx:
            receipts = papers.snapshots(tx, listing.name, since=first)
            past = papers.past(tx, listing.name, since=first)
        whole = [{"day": str(s.day), **listing_json(s)} for s in days.whole_days(receipts)]
        read = {receipt.day for receipt in receipts}
        begun = days.days_between(max(first, past.first), day) if past.first else []
        unread = {each for each in begun if days.announces(listing, each)} - read
        ranges = _pairs(gaps.ranges(listing, unread))
        rows.append({"name": listing.name, "days": whole, "unread": ranges})
    return rows


def show_history(history: list[dict[str, Any]]) -> None:
    """Print one row for each listing and day."""
    table = _table("listing", "day", "verdict", "entries", "new", "late", "")
    for listing in history:
        for row in listing["days"]:
            verdict = f"[{COLOURS[Verdict(row['verdict'])]}]{row['verdict']}[/]"
            numbers = [str(row[name]) for name in ("entries", "new", "late")]
            table.add_row(
                _escaped(listing["name"]),
                row["day"],
                verdict,
                *numbers,
                _escaped("; ".join(filter(None, (row["error"], *_gaps(row))))),
            )
        for unread in listing["unread"]:
            table.add_row(
                _escaped(listing["name"]), unread[0], "not read", "", "", "", _until(*unread)
            )
        if not listing["days"]:
            table.add_row(
                _escaped(listing["name"]), "", "not read in these 14 days", "", "", "", ""
            )
    _console().print(table)


def _until(first: str, last: str) -> str:
    return "" if first == last else f"until {last}"
