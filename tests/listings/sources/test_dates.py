"""Dates as sources and people write them; what can be read in two ways is no date."""

from __future__ import annotations

from datetime import date

from digest.listings.sources.dates import date_of, is_told

from ...tables import table

THIRD = date(2025, 10, 3)


@table(
    "text",
    [
        "2025-10-03",
        "Published: 2025-10-03",
        "2025/10/3",
        "2025年10月3日",
        "03.10.2025",
        "3 October 2025",
        "October 3, 2025",
        "Oct. 3rd, 2025",
        "Freitag, 3. Okt. 2025",
        "03/Oct/2025",
        "3 de octubre de 2025",
        "3 lokakuuta 2025",
    ],
)
def test_a_date_is_read_in_each_form_that_says_which_number_is_the_month(text: str) -> None:
    assert date_of(text) == THIRD


@table(
    ("text", "day"),
    [
        ("10/03/2025", None),
        ("3-10-2025", None),
        ("12/11/2025", None),
        ("13/10/2025", date(2025, 10, 13)),
        ("10/13/2025", date(2025, 10, 13)),
        ("10/10/2025", date(2025, 10, 10)),
        ("2025–10–13", date(2025, 10, 13)),
        ("x" * 65 + " 3 October 2025", THIRD),
        ("x" * 66 + " 3 October 2025", None),
        ("0001-01-01T00:00:00", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
    ],
)
def test_a_date_of_slashes_is_one_only_if_it_has_one_meaning(text: str, day: date | None) -> None:
    assert date_of(text) == day


@table(
    ("text", "day"),
    [
        # English comes first: this is not November in Finnish
        ("3 mar 2025", date(2025, 3, 3)),
        ("3 marraskuuta 2025", date(2025, 11, 3)),
        # June or July
        ("3 jui 2025", None),
        ("3 foo 2025", None),
        ("2025", None),
        ("2025-10", None),
    ],
)
def test_a_month_is_known_by_a_beginning_that_is_no_other_months(
    text: str, day: date | None
) -> None:
    assert date_of(text) == day


@table(
    ("text", "is_in_it"),
    [
        ("3 October 2025", True),
        ("Fri, 03 Oct 25", True),
        ("October 2025", False),
        ("3 October", False),
        ("2025 " + "x " * 37 + "3", True),
        ("2025 " + "x " * 37 + " 3", False),
        ("03/10/2025", False),
        ("2025-03-33", False),
    ],
)
def test_a_guess_needs_its_day_and_its_year_in_the_text(text: str, *, is_in_it: bool) -> None:
    assert is_told(text, THIRD) is is_in_it
