"""Write days, counts and verdicts in English words, whatever the machine's locale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ..model import DayRange, Issue, Receipt, Schedule, Verdict, Welcome, count
from .sanitize import short

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

#: What the receipt says of each verdict, after the listing's name.
_VERDICT_WORDS = {
    Verdict.FRESH: "read",
    Verdict.QUIET: "nothing announced, as expected",
    Verdict.STALE: "an earlier batch again",
    Verdict.EMPTY: "empty, which is unusual",
    Verdict.PARTIAL: "read in part",
    Verdict.FLOOD: "held back: far more new papers than ever",
    Verdict.FAILED: "could not be read",
}

#: What the masthead's line says of each incomplete listing.
_FAULT = {
    Verdict.STALE: "showed an earlier batch",
    Verdict.EMPTY: "was empty",
    Verdict.PARTIAL: "was read in part",
    Verdict.FLOOD: "is held back",
    Verdict.FAILED: "could not be read",
}

_COMPLETE = frozenset({Verdict.FRESH, Verdict.QUIET})


#: Verdicts with a meaningful number of papers.
_BELIEVED = frozenset({Verdict.FRESH, Verdict.PARTIAL})


def long_day(day: date) -> str:
    """Return a day as in "Wednesday 12 March 2025"."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Return a day as in "Wed 12 Mar"."""
    return f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def plain_day(day: date) -> str:
    """Return a day as in "12 Mar 2025", with no-break spaces."""
    return f"{day.day}\u00a0{_MONTHS[day.month - 1][:3]}\u00a0{day.year}"


def rare(found: int, papers: int) -> str:
    """Return how rare a clause is, as in "rare: in 3 of 4,000 papers"."""
    return f"rare: in {f'{found:,}' if found else 'none'} of {papers:,} papers"


def listed(names: Sequence[str]) -> str:
    """Join names as in "A, B and C"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def verdict(receipt: Receipt) -> str:
    """Return the verdict on one listing for the receipt: for a failure with reason and start."""
    sentence = _VERDICT_WORDS[receipt.verdict]
    if receipt.verdict in _BELIEVED:
        sentence += f", {_read(receipt)}"
    if receipt.batch and _names_batch(receipt):
        sentence += f", of {plain_day(receipt.batch)}"
    if receipt.error:
        sentence += f": {short(receipt.error, 120)}"
    if receipt.since:
        sentence += f"; missing since {plain_day(receipt.since)}"
    if receipt.late:
        sentence += f"; {count(receipt.late, 'late paper')} of earlier days"
    return "; ".join([sentence, *_gaps(receipt)])


def _gaps(receipt: Receipt) -> Iterator[str]:
    """Yield what is missing besides the newest day."""
    if receipt.unread:
        yield f"nothing was read of {listed([_days_from(each) for each in receipt.unread])}"
    for hole in receipt.holes:
        first, last = plain_day(hole.first), plain_day(hole.last)
        where = f"of {last}" if hole.first == hole.last else f"between {first} and {last}"
        yield f"papers {where} may be missing"
    if receipt.partial:
        yield f"read in part on {listed([plain_day(day) for day in receipt.partial])}"


def _days_from(days: DayRange) -> str:
    first, last = plain_day(days.first), plain_day(days.last)
    return first if days.first == days.last else f"{first} to {last}"


def _read(receipt: Receipt) -> str:
    """Return how many papers were read, and out of how many if not all."""
    if not receipt.skipped:
        return count(receipt.entries, "paper")
    return f"{receipt.entries - receipt.skipped:,} of {count(receipt.entries, 'paper')}"


def _names_batch(receipt: Receipt) -> bool:
    """Return whether the batch has another day than one would expect."""
    if receipt.verdict is Verdict.STALE:
        return True
    return receipt.verdict in _BELIEVED and receipt.batch != receipt.day


def is_complete(receipt: Receipt) -> bool:
    """Return whether nothing of the listing is missing."""
    has_gap = receipt.unread or receipt.holes or receipt.partial
    return receipt.verdict in _COMPLETE and not has_gap


def summary(issue: Issue) -> str:
    """Return the masthead's line: how many papers matched, and which listings are incomplete."""
    return f"{_matched(issue)}; {_looked_at(issue.receipts)}"


#: What happens on a day without papers, by the subscriber's setting.
_WITHOUT = {
    "nothing": " that has new papers for you; on another there is no mail",
    "line": ", with a line alone where there are no new papers for you",
    "weekly": " that has new papers for you; after a week without there is a line",
}


def welcome(welcome: Welcome) -> str:
    """Return what to expect of the issues after the first."""
    if welcome.is_reminder:
        return (
            "Nothing has matched since you subscribed, a week ago or longer. Shall it be wider? "
            "Fewer or shorter keywords find more: your settings show what each finds. "
            "This is said once"
        )
    return (
        f"This is your first issue. From now on one comes {_when(welcome.schedule)}"
        f"{_WITHOUT[welcome.quiet]}"
    )


def _when(schedule: Schedule | None) -> str:
    if schedule is None:
        return "on each day"
    return f"at {schedule.at:%H:%M} ({schedule.timezone}) on each {_days(schedule)}"


def _days(schedule: Schedule) -> str:
    if schedule.days == frozenset(range(7)):
        days = "day"
    elif schedule.days == frozenset(range(5)):
        days = "weekday"
    else:
        days = listed([_DAYS[day] for day in sorted(schedule.days)])
    return f"month's first {days}" if schedule.is_monthly else days


def _matched(issue: Issue) -> str:
    held = issue.held
    sentence = _matched_of(issue.pool, issue.matched - held)
    return f"{sentence}, {count(held, 'paper')} had no room the last time" if held else sentence


def _matched_of(pool: int, matched: int) -> str:
    verb = "is" if matched == 1 else "are"
    if not pool:
        return "No new papers" if not matched else f"{count(matched, 'paper')} {verb} for you"
    if pool == 1:
        return f"The one new paper {'is' if matched else 'is not'} for you"
    if not matched:
        return f"None of {count(pool, 'new paper')} is for you"
    return f"{matched:,} of {count(pool, 'new paper')} {verb} for you"


def _looked_at(receipts: Sequence[Receipt]) -> str:
    if not receipts:
        return "no listing was read"
    faults = [receipt for receipt in receipts if not is_complete(receipt)]
    if not faults:
        several = "both listings are" if len(receipts) == 2 else f"all {len(receipts)} listings are"
        return f"{several if receipts[1:] else 'the one listing is'} complete"
    sentence = [f"{short(fault.listing, 40)} {_fault(fault)}" for fault in faults[:3]]
    if more := len(faults) - 3:
        sentence += [f"{more} more {'is' if more == 1 else 'are'} incomplete"] if more > 0 else []
    return listed(sentence)


def _fault(receipt: Receipt) -> str:
    """Return in a few words why a listing is incomplete."""
    if receipt.verdict in _COMPLETE:
        return "was not read on all days" if receipt.unread else "was read in part"
    return _FAULT[receipt.verdict]


def by_title(number: int, *, is_all: bool) -> str:
    """Return the heading above the papers that are shown by title; empty without any."""
    if not number:
        return ""
    return f"{count(number, 'paper')}, by title" if is_all else f"{number:,} more, by title"


def left_out(
    number: int, waiting: int, cuts: Sequence[tuple[str, int, int]], *, has_page: bool
) -> str:
    """Return what happened to the papers that a mail does not even name.

    ``cuts`` are the clauses and listings that had too many: name, limit, how many were cut.
    """
    asked = [f"at most {limit:,} of {name}, {more:,} more matched" for name, limit, more in cuts]
    without_room = number if has_page else number - sum(more for _, _, more in cuts)
    sentences = (
        _without_room(without_room, has_page=has_page),
        f"{waiting:,} {'comes' if waiting == 1 else 'come'} first in the next issue"
        if waiting
        else "",
        f"You asked for {'; for '.join(asked)}" if asked else "",
    )
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _without_room(number: int, *, has_page: bool) -> str:
    if not number:
        return ""
    if has_page:
        return f"{number:,} more {'is' if number == 1 else 'are'} on the page"
    return f"{count(number, 'further paper')} {'has' if number == 1 else 'have'} no room"
