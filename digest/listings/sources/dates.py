"""Dates as sources write them: ISO 8601, RFC 5322, and the ways of programs and people.

A date that can be read in two ways (10/03/2025) is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import cache

from ... import expressions
from ...language.words import fold

# Month names, January first: English, German, French, Spanish, Italian, Portuguese, Dutch, Finnish,
# Swedish, Danish, Polish, Czech, Turkish, Russian.
_MONTHS = """
    january february march april may june july august september october november december
    januar februar märz april mai juni juli august september oktober november dezember
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
    januari februari maart april mei juni juli augustus september oktober november december
    tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta
    lokakuuta marraskuuta joulukuuta
    januari februari mars april maj juni juli augusti september oktober november december
    januar februar marts april maj juni juli august september oktober november december
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada
    grudnia
    ledna února března dubna května června července srpna září října listopadu prosince
    ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
    января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
_SHORTEST = 3
_YEAR = "(?P<year>(?:19|20)[0-9]{2})"
_YEAR_FIRST = expressions.anchored(
    rf"\D{{0,12}}{_YEAR}\s?(?P<sign>[-/.年년])\s?(?P<month>[0-9]{{1,2}})\s?[-/.月월]\s?"
    r"(?P<day>[0-9]{1,2})(?![0-9])"
)
_YEAR_LAST = expressions.anchored(
    rf"\D{{0,12}}(?P<one>[0-9]{{1,2}})(?P<sign>[/.-])\s?(?P<two>[0-9]{{1,2}})[/.-]\s?{_YEAR}(?![0-9])"
)
_DAY_AND_NAME = expressions.compile(
    rf"(?<![0-9])(?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th|er|º)?[ /-](?:(?:de|of) )?"
    rf"(?P<name>[^\W\d_]{{3,12}})\.?,?[ /-](?:(?:de|of) )?{_YEAR}(?![0-9])"
)
_NAME_AND_DAY = expressions.compile(
    rf"(?P<name>[^\W\d_]{{3,12}})\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}(?![0-9])"
)
_YEAR_AND_NAME = expressions.compile(
    rf"{_YEAR} (?P<name>[^\W\d_]{{3,12}})\.? (?P<day>[0-9]{{1,2}})(?![0-9])"
)
# Some journals write only a year or a month for a date.
# What programs write that know no date, and what would be read as 2001.
_NEVER = expressions.compile(r"(?<![0-9:+-])0001(?![0-9])")
_NO_DAY = expressions.anchored(r"[0-9]{4}(?:[-/][0-9]{1,2})?")
_NUMBER = expressions.compile(r"[0-9]+")


def date_of(text: object) -> date | None:
    """Read a date as its source writes it, in the source's own time zone."""
    if not isinstance(text, str):
        return None
    # Python's datetime has no leap seconds.
    text = " ".join(text[:80].split()).replace(":60", ":59").replace("–", "-")
    if _NO_DAY.fullmatch(text) or _NEVER.search(text):
        return None
    return next(_readings(text), None)


def is_told(text: str, guess: date) -> bool:
    """Return whether the numbers of a text hold the day and the year of what a parser made of it.

    A day in numbers alone is not: of slashes the parser only guessed which number is the month, and
    a year first that could not be read is no day of the calendar (2026-02-30).
    """
    if _YEAR_FIRST.match(text) or _YEAR_LAST.match(text) or _NEVER.search(text):
        return False
    numbers = {int(number) for number in _NUMBER.findall(text[:80])}
    years = {guess.year, guess.year % 100}
    return guess.day in numbers and bool(years & numbers)


def _readings(text: str) -> Iterator[date]:
    """Yield the date in each form that the text has, the surest first."""
    for read in (_iso, _by_numbers, _by_name, _mailed):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            if found := read(text):
                yield found


def _iso(text: str) -> date:
    return datetime.fromisoformat(text).date()


def _mailed(text: str) -> date | None:
    return None if _YEAR_LAST.match(text) else parsedate_to_datetime(text).date()


def _by_numbers(text: str) -> date | None:
    if found := _YEAR_FIRST.match(text):
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    found = _YEAR_LAST.match(text)
    if not found:
        return None
    one, two = int(found["one"]), int(found["two"])
    if found["sign"] == "." or one > 12:
        return date(int(found["year"]), two, one)
    return date(int(found["year"]), one, two) if two > 12 or one == two else None


def _by_name(text: str) -> date | None:
    for form in (_DAY_AND_NAME, _NAME_AND_DAY, _YEAR_AND_NAME):
        for found in form.finditer(text):
            if month := _months().get(fold(found["name"])):
                return date(int(found["year"]), month, int(found["day"]))
    return None


@cache
def _months() -> dict[str, int]:
    """Return the month of each name and of each beginning that is no other month's."""
    meant: defaultdict[str, set[int]] = defaultdict(set)
    words = [fold(word) for word in _MONTHS.split()]
    for place, word in enumerate(words):
        for length in range(_SHORTEST, len(word) + 1):
            meant[word[:length]].add(place % 12 + 1)
    sure = {name: min(months) for name, months in meant.items() if len(months) == 1}
    whole = {word: place % 12 + 1 for place, word in reversed(list(enumerate(words)))}
    # English comes first: "mar" is March, although "marraskuu" is November.
    english = {word[:_SHORTEST]: place + 1 for place, word in enumerate(words[:12])}
    return sure | whole | english
