"""Issues of one day for subscribers no two of whom share a profile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from digest.issues.builder import IssueBuilder
from digest.model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Issue,
    Paper,
    Profile,
    Recipient,
    Snapshot,
    UnreadBatch,
    Verdict,
)
from tests import golden_issues

from . import _corpus
from ._subscribers import BROAD, Draw

#: An arXiv category's day, or a few days of a smaller one.
PAPERS = 446
#: How many of an issue's papers its mail shows whole, and how many it names.
WHOLE, NAMED = 15, 58


def papers(number: int = PAPERS) -> list[Paper]:
    """Return papers of arXiv's, each with its addresses; invented ones without DIGEST_REAL_DATA."""
    read = _corpus.papers if os.environ.get("DIGEST_REAL_DATA") else _corpus.invented
    return [
        replace(
            paper,
            url=f"https://arxiv.org/abs/{name}",
            links={"pdf": f"https://arxiv.org/pdf/{name}"},
            published=golden_issues.DAY,
        )
        for paper in read(number)
        for name in [paper.key.removeprefix("arxiv:")]
    ]


def profiles(papers: Sequence[Paper]) -> Iterator[Profile]:
    """Yield profiles without end, each with a query of its own."""
    draw = Draw(papers, shift=BROAD)
    for number in count(1):
        yield Profile(
            slug=f"profile-{number}",
            title=f"Interests, {number}",
            query=draw.query(),
            limit=NAMED,
            whole=WHOLE,
            brief=0,
        )


def issues(papers: Sequence[Paper]) -> Iterator[Issue]:
    """Yield issues without end, each of a subscriber with a profile of their own, none empty."""
    arrivals = tuple(Arrival(Change(ChangeKind.NEW, paper), "arxiv", 1) for paper in papers)
    at, day = golden_issues.MADE_AT, golden_issues.DAY
    snapshot = Snapshot(
        listing="arxiv",
        day=day,
        taken_at=at,
        verdict=Verdict.FRESH,
        entries=len(papers),
        new=len(papers),
        id=1,
    )
    builder: IssueBuilder | None = None
    for number, profile in enumerate(profiles(papers), 1):
        who = Recipient(id=number, address=f"reader{number}@example.org")
        backlog = Backlog(subscriber=who, profiles=(profile,), day=day)
        batch = UnreadBatch(backlogs=(backlog,), arrivals=arrivals, snapshots=(snapshot,), upto=1)
        builder = builder.for_batch(batch) if builder else IssueBuilder(batch)
        if not (issue := builder.issue(backlog, at)).is_empty:
            yield issue
