"""Mails of real listings, where DIGEST_REAL_DATA says that they are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from digest.model import Hit, Issue, Listing, Match, Paper, Reason
from digest.render import Press
from digest.render.bibtex import bibtex
from digest.render.markdown import markdown
from digest.resources import templates_folder
from digest.sources import feed, huggingface, listing

from . import issues
from .wire import assert_wire, parts, visible

DATA = Path(os.environ.get("DIGEST_REAL_DATA", "/nonexistent"))

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="DIGEST_REAL_DATA names no folder")

WORD = re.compile(r"\b(?:train|model|learn|data|bound)\w*", re.IGNORECASE)


def days() -> Iterator[tuple[str, tuple[Paper, ...]]]:
    """Twenty days of an API, each text page, each feed."""
    for path in sorted((DATA / "hf-api").glob("*.json"))[:20]:
        day = date.fromisoformat(path.stem)
        yield path.stem, huggingface.parse(path.read_bytes(), _listing("huggingface"), day).papers
    for path in sorted((DATA / "listing-text").glob("*.txt")):
        yield path.name, listing.parse(path.read_bytes(), _listing("listing"), issues.DAY).papers
    for path in sorted((DATA / "arxiv-rss").glob("cs.*/*.xml"))[:4]:
        yield path.name, feed.parse(path.read_bytes(), _listing("feed"), issues.DAY).papers


def _listing(kind: str) -> Listing:
    return Listing(name="real", kind=kind, path="x")


def _issue(papers: tuple[Paper, ...]) -> Issue:
    entries = [issues.entry(paper) for paper in papers]
    for place, entry in enumerate(entries):
        paper = entry.match.paper
        hits = [Hit("title", *m.span()) for m in WORD.finditer(paper.title)]
        hits += [Hit("abstract", *m.span()) for m in WORD.finditer(paper.abstract)]
        reason = Reason("train* or model*", 3, tuple(hits))
        entries[place] = issues.Entry(match=Match(paper, 3, (reason,)), listings=("real",))
    return issues.issue(issues.section("Everything", entries[:20], entries[20:]))


def test_mails_of_real_days_pass_the_gate() -> None:
    press = Press([templates_folder()])
    number = 0
    for name, papers in days():
        issue = _issue(papers)
        data = press.mail(issue, issues.ALICE, issues.WITH_PAGES).data
        assert_wire(data)
        seen = visible(parts(data)[1])
        for paper in papers[:20]:
            assert " ".join(paper.title.split()) in seen, name
        number += 1
    assert number >= 20


def test_real_papers_can_be_cited_and_noted() -> None:
    for _, papers in days():
        issue = _issue(papers)
        assert bibtex(papers).count("\n}\n") == len({paper.key for paper in papers})
        assert markdown(issue, "n").count("\n### ") == len(issue.entries)
