"""Write days, counts and verdicts in the words of the locale in force, never the machine's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from .. import locales
from ..locales import gettext, gettext_noop, listed, ngettext
from ..model import DayRange, Issue, Receipt, Schedule, Verdict, Welcome
from .sanitize import short

#: What the receipt says of each verdict, after the listing's name.
_VERDICT_WORDS = {
    Verdict.FRESH: gettext_noop("read"),
    Verdict.QUIET: gettext_noop("nothing announced, as expected"),
    Verdict.STALE: gettext_noop("an earlier batch again"),
    Verdict.EMPTY: gettext_noop("empty, which is unusual"),
    Verdict.PARTIAL: gettext_noop("read in part"),
    Verdict.FLOOD: gettext_noop("held back: far more new papers than ever"),
    Verdict.FAILED: gettext_noop("could not be read"),
}

#: What the masthead's line says of each incomplete listing.
_FAULT = {
    Verdict.STALE: gettext_noop("%(listing)s showed an earlier batch"),
    Verdict.EMPTY: gettext_noop("%(listing)s was empty"),
    Verdict.PARTIAL: gettext_noop("%(listing)s was read in part"),
    Verdict.FLOOD: gettext_noop("%(listing)s is held back"),
    Verdict.FAILED: gettext_noop("%(listing)s could not be read"),
}

_COMPLETE = frozenset({Verdict.FRESH, Verdict.QUIET})


#: Verdicts with a meaningful number of papers.
_BELIEVED = frozenset({Verdict.FRESH, Verdict.PARTIAL})


# Each pattern of CLDR is a message: its translation is the pattern of another locale.


def long_day(day: date) -> str:
    """Return a day as in "Wednesday 12 March 2025"."""
    return locales.dated(day, gettext("EEEE d MMMM y"))


def weekday_and_day(day: date) -> str:
    """Return a day as in "Wednesday 12 March"."""
    return locales.dated(day, gettext("EEEE d MMMM"))


def short_day(day: date) -> str:
    """Return a day as in "Wed 12 Mar"."""
    return locales.dated(day, gettext("EEE d MMM"))


def plain_day(day: date, year: int = 0) -> str:
    """Return a day as in "12 Mar 2025", with no-break spaces; one of ``year`` without its year."""
    pattern = gettext("d\u00a0MMM") if day.year == year else gettext("d\u00a0MMM\u00a0y")
    return locales.dated(day, pattern)


def rare(found: int, papers: int) -> str:
    """Return how rare a clause is, as in "rare: in 3 of 4,000 papers"."""
    if not found:
        return gettext("rare: in none of %(papers)s papers", papers=papers)
    return gettext("rare: in %(found)s of %(papers)s papers", found=found, papers=papers)


def papers(number: int) -> str:
    """Return a number of papers, as in "1 paper" or "1,204 papers"."""
    return ngettext("%(number)s paper", "%(number)s papers", number)


def further_interests(number: int) -> str:
    """Return the name of interests of which only the papers are counted."""
    return ngettext("%(number)s further interest", "%(number)s further interests", number)


def further_listings(number: int) -> str:
    """Return the name of listings that share a row."""
    return ngettext("%(number)s further listing", "%(number)s further listings", number)


def for_you(number: int) -> str:
    """Return a subject's first words: how many papers there are."""
    if not number:
        return gettext("Nothing new for you")
    return ngettext("%(number)s for you", "%(number)s for you", number)


def verdict_word(verdict: Verdict) -> str:
    """Return how the collection of a listing ended, in a few words."""
    return gettext(_VERDICT_WORDS[verdict])


def verdict(receipt: Receipt) -> str:
    """Return the verdict on one listing for the receipt: for a failure with reason and start."""
    sentence = verdict_word(receipt.verdict)
    if receipt.verdict in _BELIEVED:
        sentence += gettext(", ") + _read(receipt)
    if receipt.batch and _names_batch(receipt):
        sentence += gettext(", of %(day)s", day=plain_day(receipt.batch))
    if receipt.error:
        sentence += gettext(": ") + short(receipt.error, 120)
    if receipt.since:
        sentence += gettext("; missing since %(day)s", day=plain_day(receipt.since))
    if receipt.late:
        sentence += ngettext(
            "; %(number)s late paper of earlier days",
            "; %(number)s late papers of earlier days",
            receipt.late,
        )
    return gettext("; ").join([sentence, *_gaps(receipt)])


def _gaps(receipt: Receipt) -> Iterator[str]:
    """Yield what is missing besides the newest day."""
    if receipt.unread:
        days = listed([_days_from(each) for each in receipt.unread])
        yield gettext("nothing was read of %(days)s", days=days)
    for hole in receipt.holes:
        first, last = plain_day(hole.first), plain_day(hole.last)
        if hole.first == hole.last:
            yield gettext("papers of %(day)s may be missing", day=last)
        else:
            yield gettext(
                "papers between %(first)s and %(last)s may be missing", first=first, last=last
            )
    if receipt.partial:
        days = listed([plain_day(day) for day in receipt.partial])
        yield gettext("read in part on %(days)s", days=days)


def _days_from(days: DayRange) -> str:
    first, last = plain_day(days.first), plain_day(days.last)
    if days.first == days.last:
        return first
    return gettext("%(first)s to %(last)s", first=first, last=last)


def _read(receipt: Receipt) -> str:
    """Return how many papers were read, and out of how many if not all."""
    if not receipt.skipped:
        return papers(receipt.entries)
    return ngettext(
        "%(read)s of %(number)s paper",
        "%(read)s of %(number)s papers",
        receipt.entries,
        read=receipt.entries - receipt.skipped,
    )


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
    return gettext(
        "%(matched)s; %(listings)s", matched=_matched(issue), listings=_looked_at(issue.receipts)
    )


#: What to expect, by what the subscriber wishes for a day without papers.
_EXPECT = {
    "nothing": gettext_noop(
        "This is your first issue. From now on one comes %(when)s that has new papers for you; "
        "on another there is no mail"
    ),
    "line": gettext_noop(
        "This is your first issue. From now on one comes %(when)s, "
        "with a line alone where there are no new papers for you"
    ),
    "weekly": gettext_noop(
        "This is your first issue. From now on one comes %(when)s that has new papers for you; "
        "after a week without there is a line"
    ),
}


def welcome(welcome: Welcome) -> str:
    """Return what to expect of the issues after the first."""
    if welcome.is_reminder:
        return gettext(
            "Nothing has matched since you subscribed, a week ago or longer. Shall it be wider? "
            "Fewer or shorter keywords find more: your settings show what each finds. "
            "This is said once"
        )
    return gettext(_EXPECT[welcome.quiet], when=_when(welcome.schedule))


def _when(schedule: Schedule | None) -> str:
    if schedule is None:
        return gettext("on each day")
    hour = f"{schedule.at:%H:%M}"
    return gettext(
        "at %(hour)s (%(timezone)s) %(days)s",
        hour=hour,
        timezone=schedule.timezone,
        days=_days(schedule),
    )


def _days(schedule: Schedule) -> str:
    is_monthly = schedule.is_monthly
    if schedule.days == frozenset(range(7)):
        return gettext("on each month's first day") if is_monthly else gettext("on each day")
    if schedule.days == frozenset(range(5)):
        if is_monthly:
            return gettext("on each month's first weekday")
        return gettext("on each weekday")
    days = listed([locales.weekday(day) for day in sorted(schedule.days)])
    if is_monthly:
        return gettext("on each month's first %(days)s", days=days)
    return gettext("on each %(days)s", days=days)


def _matched(issue: Issue) -> str:
    held = issue.held
    sentence = _matched_of(issue.pool, issue.matched - held)
    if not held:
        return sentence
    return ngettext(
        "%(matched)s, %(number)s paper had no room the last time",
        "%(matched)s, %(number)s papers had no room the last time",
        held,
        matched=sentence,
    )


def _matched_of(pool: int, matched: int) -> str:
    if not pool and not matched:
        return gettext("No new papers")
    if not pool:
        return ngettext("%(number)s paper is for you", "%(number)s papers are for you", matched)
    if pool == 1 and matched:
        return gettext("The one new paper is for you")
    if pool == 1:
        return gettext("The one new paper is not for you")
    if not matched:
        return gettext("None of %(pool)s new papers is for you", pool=pool)
    return ngettext(
        "%(number)s of %(pool)s new papers is for you",
        "%(number)s of %(pool)s new papers are for you",
        matched,
        pool=pool,
    )


def _looked_at(receipts: Sequence[Receipt]) -> str:
    faults = [receipt for receipt in receipts if not is_complete(receipt)]
    if not faults:
        return _all_complete(len(receipts))
    sentences = [_fault(fault) for fault in faults[:3]]
    if (more := len(faults) - 3) > 0:
        sentences.append(
            ngettext("%(number)s more is incomplete", "%(number)s more are incomplete", more)
        )
    return listed(sentences)


def _all_complete(listings: int) -> str:
    if not listings:
        return gettext("no listing was read")
    if listings == 1:
        return gettext("the one listing is complete")
    if listings == 2:
        return gettext("both listings are complete")
    return gettext("all %(number)s listings are complete", number=listings)


def _fault(receipt: Receipt) -> str:
    """Return in a few words that a listing is incomplete, and why."""
    if receipt.verdict not in _COMPLETE:
        text = _FAULT[receipt.verdict]
    elif receipt.unread:
        text = gettext_noop("%(listing)s was not read on all days")
    else:
        text = gettext_noop("%(listing)s was read in part")
    return gettext(text, listing=short(receipt.listing, 40))


def by_title(number: int, *, is_all: bool) -> str:
    """Return the heading above the papers that are shown by title; empty without any."""
    if not number:
        return ""
    if is_all:
        return ngettext("%(number)s paper, by title", "%(number)s papers, by title", number)
    return ngettext("%(number)s more, by title", "%(number)s more, by title", number)


def left_out(
    number: int, waiting: int, cuts: Sequence[tuple[str, int, int]], *, has_page: bool
) -> str:
    """Return what happened to the papers that a mail does not even name.

    ``cuts`` are the clauses and listings that had too many: name, limit, how many were cut.
    """
    without_room = number if has_page else number - sum(more for _, _, more in cuts)
    sentences = (
        _without_room(without_room, has_page=has_page),
        _waiting(waiting),
        _asked(cuts),
    )
    return " ".join(filter(None, sentences))


def _waiting(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(number)s comes first in the next issue.",
        "%(number)s come first in the next issue.",
        number,
    )


def _asked(cuts: Sequence[tuple[str, int, int]]) -> str:
    asked = [
        gettext(
            "at most %(limit)s of %(name)s, %(more)s more matched",
            limit=limit,
            name=name,
            more=more,
        )
        for name, limit, more in cuts
    ]
    if not asked:
        return ""
    return " ".join(
        (
            gettext("You asked for %(limits)s.", limits=gettext("; for ").join(asked)),
            gettext("What another keyword or listing brings too may be shown all the same."),
        )
    )


def _without_room(number: int, *, has_page: bool) -> str:
    if not number:
        return ""
    if has_page:
        return ngettext(
            "%(number)s more is on the page.", "%(number)s more are on the page.", number
        )
    return ngettext(
        "%(number)s further paper has no room.",
        "%(number)s further papers have no room.",
        number,
    )
