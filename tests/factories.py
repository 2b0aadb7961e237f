"""Nouns with sane defaults, so that a test says only what it is about."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from digest.listings.identity import title_name
from digest.model import ChangeKind, Listing, ListingPage, Paper, Snapshot, Verdict

TUESDAY = date(2026, 3, 10)
WEDNESDAY = date(2026, 3, 11)
THURSDAY = date(2026, 3, 12)
EIGHT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def paper(number: int | str = 1, **fields: Any) -> Paper:
    """A paper named by its number: 7 is arxiv:2603.00007."""
    id = f"{number:05d}" if isinstance(number, int) else number
    title = fields.pop("title", f"Paper {id} on sparse training")
    values = {
        "key": f"arxiv:2603.{id}",
        "title": title,
        "aliases": (title_name(title),),
        "abstract": f"We study sparse training in the case {id}.",
        "authors": ("Ada Byron", "Carl Bosch"),
        "url": f"https://example.org/abs/2603.{id}",
        "version": 1,
    }
    return Paper(**{**values, **fields})


def page(*papers: Paper, day: date | None = TUESDAY) -> ListingPage:
    """A page of one day that holds these papers."""
    return ListingPage(papers, entries=len(papers), batch=day)


def listing(name: str = "daily", **fields: Any) -> Listing:
    """A listing with an address for each day."""
    values = {"kind": "listing", "path": "daily/{day}.txt"}
    return Listing(name=name, **{**values, **fields})


def snapshot(day: date = TUESDAY, **fields: Any) -> Snapshot:
    """A receipt of one reading."""
    values = {"listing": "daily", "taken_at": EIGHT, "verdict": Verdict.FRESH}
    return Snapshot(day=day, **{**values, **fields})


def known(paper: Paper) -> dict[str, object]:
    """Return the fields of a paper that are not empty, but its aliases and its wording's hash."""
    values = {each.name: getattr(paper, each.name) for each in fields(paper)}
    empty = (None, "", (), {}, ChangeKind.NEW)
    return {
        name: value
        for name, value in values.items()
        if value not in empty and name not in ("aliases", "wording")
    }
