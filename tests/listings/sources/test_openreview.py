"""What OpenReview is asked for, how far back, and on which day a paper came to a venue."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.errors import SourceError
from digest.listings.sources.openreview import API, parse, read
from digest.model import Listing

from ...factories import known
from ...tables import table
from ...world import World, own_places

DAY = date(2025, 10, 3)
VENUE = Listing(name="iclr", kind="openreview", options={"venue": "ICLR.cc/2026/Conference"})


def address(start: int) -> str:
    venue = "content.venueid=ICLR.cc/2026/Conference"
    return f"{API}?{venue}&sort=tmdate:desc&limit=500&offset={start}"


def at(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), UTC).timestamp() * 1000)


def note(number: int, changed: date = DAY, **dates: date) -> dict[str, Any]:
    told = {"tcdate": at(changed), "tmdate": at(changed)} | {n: at(d) for n, d in dates.items()}
    return {"id": f"n{number}", "content": {"title": {"value": f"Current {number}"}}} | told


def notes(*found: dict[str, Any], count: object = None) -> bytes:
    return json.dumps({"notes": found, "count": len(found) if count is None else count}).encode()


def test_a_venue_is_read_back_for_a_month_and_no_further() -> None:
    recent = [note(n) for n in range(500)]
    older = [note(500), note(501, date(2025, 8, 1))]
    world = World({address(0): notes(*recent, count=900), address(500): notes(*older, count=900)})

    page = read(VENUE, DAY, world)

    assert (page.entries, len(page.papers), page.reasons) == (502, 502, ())
    assert world.asked == [address(0), address(500)]
    assert page.is_counted


def test_a_venue_is_read_on_after_what_was_changed_a_month_ago() -> None:
    """The third of October is thirty days after the second of September, and that is recent."""
    worlds = [
        World({address(0): notes(note(0, changed), count=2), address(1): notes(note(1), count=2)})
        for changed in (date(2025, 9, 2), date(2025, 9, 1))
    ]

    assert [read(VENUE, DAY, world).entries for world in worlds] == [2, 1]


def test_a_list_that_ends_too_early_is_told() -> None:
    world = World({address(0): notes(note(1), count=3), address(1): notes(count=3)})
    page = read(VENUE, DAY, world)
    assert (page.entries, page.skipped) == (3, 2)
    assert page.reasons == ("2 of 3 papers of the venue did not come",)


@table(
    ("dates", "expected"),
    [
        ({}, DAY),
        ({"tcdate": date(2025, 9, 1)}, date(2025, 9, 1)),
        ({"tcdate": date(2025, 9, 1), "odate": date(2025, 9, 20)}, date(2025, 9, 20)),
        ({"tcdate": date(2025, 9, 1), "pdate": date(2025, 10, 1)}, date(2025, 10, 1)),
        ({"pdate": date(2026, 4, 23)}, DAY),
    ],
)
def test_a_paper_is_listed_when_it_was_made_public_or_accepted(
    dates: dict[str, date], expected: date
) -> None:
    page = parse(notes(note(1, **dates)), VENUE, DAY)
    assert list(page.listed.values()) == [expected]


@pytest.mark.parametrize("moment", [True, "2025", 10**17, None])
def test_a_moment_that_is_none_is_no_day(moment: object) -> None:
    one = note(1) | {"tcdate": moment, "tmdate": moment}
    assert parse(notes(one), VENUE, DAY).listed == {}


def test_a_token_goes_with_every_request_and_a_complaint_is_told() -> None:
    known = Listing(name="l", kind="openreview", options={**VENUE.options, "token": "t"})
    world = World({address(0): b'{"message": "Challenge verification is required"}'})
    with pytest.raises(SourceError, match="reports: Challenge verification is required"):
        read(known, DAY, world)
    assert world.headers == [{"Authorization": "Bearer t"}]


def test_a_listing_without_a_venue_says_what_it_needs() -> None:
    with pytest.raises(SourceError, match="needs a venue"):
        read(Listing(name="l", kind="openreview"), DAY, World())


def test_each_field_of_a_note_is_read_in_both_versions_of_the_api() -> None:
    new = {
        "id": "n1", "forum": "f1", "pdate": at(date(2025, 9, 1)), "odate": at(date(2025, 9, 2)),
        "tcdate": at(date(2025, 9, 3)), "mdate": at(date(2025, 9, 4)), "tmdate": at(DAY),
        "content": {
            "title": {"value": "Of tides"}, "abstract": {"value": "Kelp."},
            "authors": {"value": ["Ada Petrel", 3, "Bo Lind"]}, "keywords": {"value": ["kelp"]},
            "pdf": {"value": "/pdf/1.pdf"}, "venue": {"value": "Tides 2025"},
            "TL;DR": {"value": "Short."},
        },
    }  # fmt: skip
    old = {
        "id": "n2", "odate": at(date(2025, 9, 2)), "tcdate": at(date(2025, 12, 3)),
        "tmdate": at(date(2025, 9, 5)),
        "content": {
            "title": "Old form", "abstract": 3, "authors": "x", "TLDR": "A", "TL;DR": "B",
            "pdf": "https://a.example/x.pdf",
        },
    }  # fmt: skip
    odd = {"id": "n3", "content": {"title": "T"}, "pdate": True, "tcdate": 10**17}
    found = parse(notes(new, old, odd, {"content": {"title": "U"}}), VENUE, DAY)

    assert (found.entries, found.reasons) == (4, ("entry 4: no id",))
    assert found.listed == {"title:oftides": date(2025, 9, 3), "title:oldform": DAY}
    assert [*map(known, found.papers)] == [
        {
            "key": "title:oftides", "title": "Of tides", "abstract": "Kelp.",
            "authors": ("Ada Petrel", "Bo Lind"), "categories": ("kelp",),
            "url": "https://openreview.net/forum?id=f1",
            "links": {"pdf": "https://openreview.net/pdf/1.pdf"},
            "published": date(2025, 9, 1), "updated": date(2025, 9, 4),
            "extra": {"journal": "Tides 2025", "summary": "Short."},
        },
        {
            "key": "title:oldform", "title": "Old form",
            "url": "https://openreview.net/forum?id=n2",
            "links": {"pdf": "https://a.example/x.pdf"}, "published": date(2025, 9, 2),
            "updated": date(2025, 9, 5), "extra": {"summary": "A"},
        },
        {"key": "title:t", "title": "T", "url": "https://openreview.net/forum?id=n3"},
    ]  # fmt: skip


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "openreview") == ["https://a.example/2025-10-03", "a.txt"]
