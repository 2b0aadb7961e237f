"""A small invented issue with one of everything, for checking templates."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ..model import (
    ChangeKind,
    Hit,
    Issue,
    IssueEntry,
    Match,
    Paper,
    Reason,
    Receipt,
    Recipient,
    Section,
    Verdict,
    Welcome,
)
from .letterhead import Letterhead, Links

ISSUE_DAY = date(2025, 3, 12)

_FULL = Paper(
    key="arxiv:2503.99901",
    title="Tea leaves settle: a mixture of experts on sediment",
    abstract="We watch leaves settle. A mixture of experts agrees on when to drink.",
    authors=("Ada Quill", "Ben Ostler", "Cleo Marsh", "Dov Tarn"),
    categories=("cs.LG", "physics.flu-dyn"),
    url="https://example.org/abs/2503.99901",
    links={"pdf": "https://example.org/pdf/2503.99901", "code": "https://example.org/code"},
    published=ISSUE_DAY,
    upvotes=42,
    comments=3,
    organisation="Institute of Tea",
    comment="9 pages",
)
_BARE = Paper(key="title:a bare paper", title="A bare paper", author_count=7)

SUBSCRIBER = Recipient(id=1, address="reader@example.org", profiles=("tea",))


def _links(_issue: Issue, _subscriber: Recipient) -> Links:
    return Links(
        page="https://digest.example.org/issues/1",
        manage="https://digest.example.org/manage/1",
        pause="https://digest.example.org/pause/1",
        unsubscribe="https://digest.example.org/stop/1",
    )


LETTERHEAD = Letterhead(
    sender="Paper digest <digest@example.org>",
    base_url="https://digest.example.org",
    links=_links,
)

_REASONS = (
    Reason("mixture of experts", 3, (Hit("title", 20, 38), Hit("abstract", 26, 44))),
    Reason("Ada Quill", 2, (Hit("author", 0, 9),)),
)
_ENTRIES = (
    IssueEntry(
        match=Match(_FULL, 5, _REASONS),
        change=ChangeKind.REVISED,
        detail="v1 → v2",
        listings=("daily-papers",),
        also_in=("Kettles",),
    ),
    IssueEntry(match=Match(_BARE, 0, ()), listings=("daily-papers",)),
)
_RECEIPTS = tuple(
    Receipt(
        listing=f"listing-{verdict}", verdict=verdict, day=ISSUE_DAY, entries=2, new=2, matched=1
    )
    for verdict in Verdict
)

FULL = Issue(
    day=ISSUE_DAY,
    made_at=datetime(2025, 3, 12, 6, 30, tzinfo=UTC),
    sections=(Section(profile="tea", title="Tea", entries=_ENTRIES, more=_ENTRIES),),
    receipts=_RECEIPTS,
    pool=31,
    welcome=Welcome(),
)
EMPTY = Issue(day=ISSUE_DAY, made_at=FULL.made_at, sections=(), receipts=())

#: All variables that the templates of notices use.
NOTICE_VALUES = {
    "title": "the kettle is cold",
    "sentence": "Tea was not served.",
    "lines": ["monday: tea", "tuesday: none"],
    "changes": ["any: tea", "any: coffee"],
    "examples": [_FULL.title],
    "remedy": "put the kettle on",
    "problem": "this is no kettle",
    "is_in_force": True,
    "is_own": True,
    "url": "https://digest.example.org/manage/1",
    "unsubscribe": "https://digest.example.org/unsubscribe/1",
    "token": "1a2b",
    "confirm_url": "https://digest.example.org/confirm/1",
    "interests": ["tea"],
    "unnamed": 1,
    "has_before": True,
    "reads_mail": True,
    "when": "every day at 07:30 (UTC)",
}
