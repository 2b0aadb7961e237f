"""Days of real listings, where DIGEST_REAL_DATA names a folder that holds some."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from digest.listings.sources import feed, huggingface, listing
from digest.model import Hit, Issue, Listing, Match, Paper, Reason

from . import golden_issues
from .extent import number

DATA = Path(os.environ.get("DIGEST_REAL_DATA", "/nonexistent"))

WORD = re.compile(r"\b(?:train|model|learn|data|bound)\w*", re.IGNORECASE)


def days() -> Iterator[tuple[str, tuple[Paper, ...]]]:
    """Some days of an API, each text page, some feeds; or twenty days and four feeds."""
    for path in sorted((DATA / "hf-api").glob("*.json"))[: number(4, whole=20)]:
        yield path.stem, of_day(path)
    for path in sorted((DATA / "listing-text").glob("*.txt")):
        yield (
            path.name,
            listing.parse(path.read_bytes(), _listing("listing"), golden_issues.DAY).papers,
        )
    for path in sorted((DATA / "arxiv-rss").glob("cs.*/*.xml"))[: number(1, whole=4)]:
        yield path.name, feed.parse(path.read_bytes(), _listing("feed"), golden_issues.DAY).papers


def of_day(path: Path) -> tuple[Paper, ...]:
    """The papers of one day of the API."""
    day = date.fromisoformat(path.stem)
    return huggingface.parse(path.read_bytes(), _listing("huggingface"), day).papers


def _listing(kind: str) -> Listing:
    return Listing(name="real", kind=kind, path="x")


def issue_of(papers: tuple[Paper, ...]) -> Issue:
    """All of a day's papers, the first twenty whole and the others by title."""
    entries = [golden_issues.entry(paper) for paper in papers]
    for place, entry in enumerate(entries):
        paper = entry.match.paper
        hits = [Hit("title", *m.span()) for m in WORD.finditer(paper.title)]
        hits += [Hit("abstract", *m.span()) for m in WORD.finditer(paper.abstract)]
        reason = Reason("train* or model*", 3, tuple(hits))
        entries[place] = golden_issues.IssueEntry(
            match=Match(paper, 3, (reason,)), listings=("real",)
        )
    return golden_issues.issue(golden_issues.section("Everything", entries[:20], entries[20:]))
