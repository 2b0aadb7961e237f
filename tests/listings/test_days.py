"""Which days of a listing are read, and when it is read again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from digest.listings.days import (
    BELIEVED,
    Past,
    announces,
    days_to_read,
    is_awaited,
    may_announce,
    past_days,
    read_again_at,
    whole_days,
)
from digest.model import DayRange, Listing, Snapshot, Verdict

from ..factories import EIGHT, THURSDAY, TUESDAY, WEDNESDAY, listing, snapshot
from ..tables import table


def past(*earlier: Snapshot) -> Past:
    """What is remembered of these readings, given newest first."""
    believed = [each for each in earlier if each.verdict in BELIEVED]
    return Past(
        first=min((each.day for each in earlier), default=None),
        last=believed[0] if believed else None,
        believed={each.day for each in believed},
    )


def test_nothing_is_announced_at_weekends_and_on_arxivs_holidays() -> None:
    assert announces(Listing(name="arxiv", kind="arxiv"), date(2026, 11, 25))
    assert not announces(Listing(name="arxiv", kind="arxiv"), date(2026, 11, 26))
    assert announces(Listing(name="hf", kind="huggingface"), date(2026, 11, 26))
    assert not announces(Listing(name="hf", kind="huggingface"), date(2026, 11, 28))


@pytest.mark.parametrize("kind", ["crossref", "openalex", "openreview", "pubmed"])
def test_what_is_asked_of_an_index_may_come_on_any_day(kind: str) -> None:
    """So that a Sunday on which no one ran the program is made up for."""
    index = Listing(name="index", kind=kind)
    assert all(announces(index, date(2026, 11, day)) for day in range(22, 30))


# ── which days of a listing are read ──


def test_a_listing_that_was_never_read_begins_today() -> None:
    assert days_to_read(listing(), TUESDAY, past()) == [TUESDAY]


def test_the_last_days_are_read_again_because_lists_grow() -> None:
    earlier = past(snapshot(WEDNESDAY), snapshot(TUESDAY))

    assert days_to_read(listing(), THURSDAY, earlier) == [TUESDAY, WEDNESDAY, THURSDAY]
    assert days_to_read(listing(look_back=1), THURSDAY, earlier) == [WEDNESDAY, THURSDAY]
    assert days_to_read(listing(look_back=0), THURSDAY, earlier) == [THURSDAY]


def test_a_day_that_failed_is_made_up_for_even_without_looking_back() -> None:
    earlier = past(snapshot(WEDNESDAY, verdict=Verdict.FAILED), snapshot(TUESDAY))

    assert days_to_read(listing(look_back=0), THURSDAY, earlier) == [WEDNESDAY, THURSDAY]


def test_days_on_which_no_one_ran_the_program_are_made_up_for_but_weekends_are_not() -> None:
    friday = date(2026, 3, 13)
    earlier = past(snapshot(TUESDAY))

    days = days_to_read(listing(look_back=0), friday + timedelta(days=3), earlier)

    assert days == [WEDNESDAY, THURSDAY, friday, friday + timedelta(days=3)]


@pytest.mark.parametrize(("catch_up", "first"), [(30, 30), (3, 27), (0, 30)])
def test_an_absence_of_months_is_made_up_for_as_far_back_as_is_wished(
    catch_up: int, first: int
) -> None:
    month = 9 if catch_up == 30 else 10
    watched = listing(look_back=0, catch_up=catch_up)

    days = days_to_read(watched, date(2026, 10, 30), past(snapshot(TUESDAY)))

    assert (days[0], days[-1]) == (date(2026, month, first), date(2026, 10, 30))
    assert [each for each in days if each.weekday() > 4] == []


def test_preprint_servers_are_asked_for_missed_weekends_too() -> None:
    friday = past(snapshot(date(2026, 3, 13)))
    plants = Listing(name="plants", kind="biorxiv", look_back=0)

    assert days_to_read(plants, date(2026, 3, 16), friday) == [
        date(2026, 3, day) for day in (14, 15, 16)
    ]


def test_a_listing_without_a_day_in_its_address_has_only_today() -> None:
    assert days_to_read(listing(path="today.txt"), THURSDAY, past(snapshot(TUESDAY))) == [THURSDAY]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("day", [date(2026, 3, 27), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]),
        ("week", [date(2026, 3, 27), date(2026, 4, 1)]),
        ("month", [date(2026, 3, 31), date(2026, 4, 1)]),
    ],
)
def test_a_page_that_holds_many_days_is_asked_for_once(period: str, expected: list[date]) -> None:
    earlier = past(*(snapshot(date(2026, 3, day)) for day in (31, 30, 27)))
    daily = listing(kind="huggingface", path="", options={"period": period})

    assert days_to_read(daily, date(2026, 4, 1), earlier) == expected


@table(
    ("verdicts", "minutes"),
    [
        ([Verdict.FRESH], 60),
        ([Verdict.FAILED], 10),
        ([Verdict.EMPTY, Verdict.FAILED], 20),
        ([Verdict.STALE] * 3, 40),
        ([Verdict.FAILED] * 9, 120),
        ([Verdict.FRESH, Verdict.FAILED], 60),
    ],
)
def test_what_was_not_believed_is_tried_again_with_growing_pauses(
    verdicts: list[Verdict], minutes: int
) -> None:
    today = [snapshot(verdict=verdict) for verdict in verdicts]

    assert read_again_at(today) == EIGHT + timedelta(minutes=minutes)


def test_a_listing_not_yet_read_today_is_read_at_once() -> None:
    assert read_again_at([]) is None


def test_a_day_that_was_read_often_is_one_with_all_that_it_brought() -> None:
    last = snapshot(WEDNESDAY, entries=9, new=1, late=2, verdict=Verdict.PARTIAL)
    first = snapshot(WEDNESDAY, entries=8, new=7, revised=1)

    found = list(whole_days([last, first, snapshot(TUESDAY, new=4)]))

    assert [(each.day, each.new, each.revised, each.late) for each in found] == [
        (WEDNESDAY, 8, 1, 2),
        (TUESDAY, 4, 0, 0),
    ]
    assert (found[0].entries, found[0].verdict) == (9, Verdict.PARTIAL)


@table("verdict", Verdict)
def test_an_issue_waits_for_a_list_that_cannot_be_believed_yet(verdict: Verdict) -> None:
    known = {Verdict.FRESH, Verdict.QUIET, Verdict.PARTIAL, Verdict.FLOOD}

    assert is_awaited(TUESDAY, [snapshot(TUESDAY, verdict=verdict)]) is (verdict not in known)
    assert is_awaited(WEDNESDAY, [snapshot(TUESDAY, verdict=verdict)])


@table(
    ("verdict", "hole", "whole"),
    [
        (Verdict.FRESH, True, Verdict.PARTIAL),
        (Verdict.QUIET, True, Verdict.PARTIAL),
        (Verdict.FLOOD, True, Verdict.FLOOD),
        (Verdict.FRESH, False, Verdict.FRESH),
    ],
)
def test_what_one_reading_of_a_day_missed_stays_missing(
    verdict: Verdict, hole: bool, whole: Verdict
) -> None:
    one, two = DayRange(TUESDAY, TUESDAY), DayRange(WEDNESDAY, WEDNESDAY)
    last = snapshot(THURSDAY, verdict=verdict, lost=(one,), hole=WEDNESDAY if hole else None)
    first = snapshot(
        THURSDAY, verdict=Verdict.EMPTY, lost=(two, one), hole=TUESDAY if hole else None
    )

    [day] = whole_days([last, first])
    assert (day.verdict, day.lost) == (whole, (one, two))
    assert day.hole == (TUESDAY if hole else None)


@table("kind", ["arxiv", "pubmed"])
def test_a_holiday_of_a_listing_has_no_list(kind: str) -> None:
    own = Listing(name="l", kind=kind, holidays=frozenset({TUESDAY}))

    assert [announces(own, TUESDAY), may_announce(own, TUESDAY)] == [False, False]
    assert [announces(own, WEDNESDAY), may_announce(own, WEDNESDAY)] == [True, True]


def test_a_day_that_is_read_after_later_ones_looks_back_from_itself() -> None:
    later = past(snapshot(THURSDAY), snapshot(TUESDAY))

    assert days_to_read(listing(catch_up=0), WEDNESDAY, later) == [TUESDAY, WEDNESDAY]


@table(
    ("fields", "remembered", "days"),
    [
        ({}, Past(), [11, 12, 13, 16]),
        ({}, Past(believed={date(2026, 3, 12)}), [11, 13, 16]),
        ({}, Past(first=date(2026, 3, 13)), [11, 12]),
        ({"path": "today.txt"}, Past(), []),
        ({"kind": "huggingface", "path": "", "options": {"period": "week"}}, Past(), [13, 16]),
    ],
)
def test_the_past_is_filled_up_to_the_first_reading(
    fields: dict[str, Any], remembered: Past, days: list[int]
) -> None:
    found = past_days(listing(**fields), date(2026, 3, 17), 6, remembered)

    assert [each.day for each in found] == days
