"""arXiv's days without a list."""

from __future__ import annotations

from datetime import date

import pytest

from digest.listings.holidays import rests

from ..tables import table

#: Holidays as arXiv wrote them down, and one ad hoc (14 June 2023), which no rule can know.
WRITTEN = {
    2023: "01-16 06-19 07-04 09-04 11-23 12-25 12-27",
    2025: "01-01 01-20 06-19 07-06 09-01 11-27",
    2026: "01-01 01-19 06-19 07-03 09-07 11-26 12-25 12-29 12-31",
}


@pytest.mark.parametrize("year", WRITTEN)
def test_the_rule_knows_the_holidays_that_arxiv_wrote_down(year: int) -> None:
    days = [date.fromisoformat(f"{year}-{day}") for day in WRITTEN[year].split()]

    # Sunday 6 July 2025: the evening on which Friday's holiday is made up for.
    assert [day for day in days if not rests(day) and day.weekday() < 5] == []


@table(
    ("holiday", "without_list"),
    [
        # Recorded: Monday's list came, Tuesday's did not.
        (date(2025, 9, 1), date(2025, 9, 2)),
        (date(2025, 7, 4), date(2025, 7, 7)),
        (date(2026, 12, 31), date(2027, 1, 1)),
        (date(2027, 7, 5), date(2027, 7, 6)),
        (date(2027, 11, 25), date(2027, 11, 26)),
        (date(2027, 12, 31), date(2028, 1, 3)),
    ],
)
def test_the_evening_of_a_holiday_brings_no_list_for_the_next_weekday(
    holiday: date, without_list: date
) -> None:
    assert rests(holiday)
    assert rests(without_list)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2026, "01-19 01-20 06-19 06-22 07-03 07-06 09-07 09-08 11-26 11-27"),
        (2027, "01-04 01-18 01-19 06-18 06-21 07-05 07-06 09-06 09-07 11-25 11-26"),
    ],
)
def test_few_weekdays_of_a_year_are_without_a_list(year: int, expected: str) -> None:
    start, end = date(year, 1, 3).toordinal(), date(year, 12, 23).toordinal()
    days = [date.fromordinal(number) for number in range(start, end)]
    found = [f"{day:%m-%d}" for day in days if rests(day) and day.weekday() < 5]

    assert " ".join(found) == expected


@table("day", [23, 24, 25, 28, 29, 30, 31])
def test_around_christmas_every_day_may_be_without_a_list(day: int) -> None:
    assert rests(date(2026, 12, day)) is (day > 23)
