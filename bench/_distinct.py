"""Issues of one day for subscribers no two of whom share a profile."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count, islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from digest.issues.builder import IssueBuilder
from digest.live_profiles import LiveProfiles
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
    SubscriberState,
    UnreadBatch,
    Verdict,
)
from digest.store import Store, schema
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


def profiles(papers: Sequence[Paper], shift: int = BROAD) -> Iterator[Profile]:
    """Yield profiles without end, each with a query of its own; broad, or ordinary, by the draw."""
    draw = Draw(papers, shift=shift)
    for number in count(1):
        yield Profile(
            slug=f"profile-{number}",
            title=f"Interests, {number}",
            query=draw.query(),
            limit=NAMED,
            whole=WHOLE,
            brief=0,
        )


def texts(papers: Sequence[Paper]) -> Iterator[str]:
    """Yield the texts of such profiles, as their subscribers keep them."""
    limits = {"limit": NAMED, "whole": WHOLE, "brief": 0}
    return (text_of(profile, **limits) for profile in profiles(papers))


def text_of(profile: Profile, **keys: int) -> str:
    """Return the text of a profile, with these keys."""
    parts = {
        "any": profile.query.wanted,
        "all": profile.query.required,
        "none": profile.query.excluded,
    }
    lines = [f"title: {profile.title}", *(f"{key}: {value}" for key, value in keys.items())]
    for part, clauses in parts.items():
        lines += [f"{part}:"] if clauses else []
        lines += [
            f"  - {{query: {json.dumps(clause.text)}, weight: {clause.weight}}}"
            if part != "none"
            else f"  - {json.dumps(clause.text)}"
            for clause in clauses
        ]
    return "\n".join([*lines, ""])


def sign_up(store: Store, wanted: Iterable[str]) -> None:
    """Let subscribers have signed up long ago, each with one of these texts for a profile."""
    numbered = enumerate(wanted, 1)
    # Some at a time, since what a process takes is measured.
    while some := list(islice(numbered, 500)):
        people = [_person(id) for id, _ in some]
        rows = [
            {"slug": f"~{id}.1", "path": "", "text": text, "subscriber_id": id} for id, text in some
        ]
        with store.begin() as tx:
            tx.execute(schema.subscribers.insert(), people)
            tx.execute(schema.profiles.insert(), rows)


def _person(id: int) -> dict[str, Any]:
    return {
        "id": id,
        "address": f"reader{id}@example.org",
        "folded": f"reader{id}@example.org",
        "state": SubscriberState.ACTIVE,
        "confirmed_at": golden_issues.MADE_AT - timedelta(days=300),
        "last_day": golden_issues.DAY - timedelta(days=1),
    }


def live(store: Store) -> LiveProfiles:
    """Return what a process knows of profiles when it begins; there are no files."""
    config: Any = SimpleNamespace(profiles=Path("/nowhere"), listings=["arxiv"], timezone="UTC")
    return LiveProfiles(config, store)


def issues(papers: Sequence[Paper]) -> Iterator[Issue]:
    """Yield issues without end, each of a subscriber with a profile of their own, none empty."""
    return (issue for issue, _ in made(papers, profiles(papers)))


def made(papers: Sequence[Paper], wanted: Iterable[Profile]) -> Iterator[tuple[Issue, Profile]]:
    """Yield the issues of these profiles, each with its profile, without the empty ones."""
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
    for number, profile in enumerate(wanted, 1):
        who = Recipient(id=number, address=f"reader{number}@example.org")
        backlog = Backlog(subscriber=who, profiles=(profile,), day=day)
        batch = UnreadBatch(backlogs=(backlog,), arrivals=arrivals, snapshots=(snapshot,), upto=1)
        builder = builder.for_batch(batch) if builder else IssueBuilder(batch)
        if not (issue := builder.issue(backlog, at)).is_empty:
            yield issue, profile
