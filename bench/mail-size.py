# ruff: noqa: N999  (the command is called so)
"""``python -m bench mail-size``: how long a mail is, for 1, 5, 28 and 467 matches.

Of invented papers, half of them with a summary of two lines, and of real days, where
DIGEST_REAL_DATA names a folder.  Heights in pixels as Chromium draws it, the bytes of the HTML part
as encoded, and lines and words of the text part; 28 matches may have 5,800 pixels on a phone and
250 lines.  ``--against GITREF`` measures the mail of an earlier commit beside ours.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from digest.access.links import links
from digest.access.tokens import Tokens
from digest.issues.builder import IssueBuilder
from digest.model import Arrival, Backlog, Change, ChangeKind, Issue, Paper, Profile, UnreadBatch
from digest.profiles import parse
from digest.render import Letterhead, MailRenderer
from digest.render.placeholders import encoded
from digest.resources import templates_folder
from tests import golden_issues, real_days
from tests.chromium import Chromium, program

MATCHES = (1, 5, 28, 467)
WIDTHS = (360, 600)
#: Of a mail with 28 matches, on a phone and in the text part.
TALLEST, MOST_LINES = 5_800, 250

INVENTED = (
    parse(
        "title: Small and fast\nany: [mixture of experts, prun*, quantiz*, training]", "fast.yaml"
    ),
    parse("title: Doubt\nany: [calibrat*, number, answer]", "doubt.yaml"),
)
REAL = (
    parse("title: Agents and tools\nany: [agent, tool use, planning, reasoning]", "agents.yaml"),
    parse("title: Image and video\nany: [diffusion, video, image generation]", "video.yaml"),
)
SUMMARY = (
    "Tokens return to their last expert unless another wins clearly, which saves a third of the "
    "exchange between machines at equal loss."
)
LETTERHEAD = Letterhead(
    sender="Paper digest <digest@example.org>",
    base_url="https://papers.example.org",
    links=links("https://papers.example.org", Tokens(b"bench" * 8)),
)


def main(argv: list[str]) -> int:
    """Prints a row for each number of matches."""
    parser = argparse.ArgumentParser(prog="python -m bench mail-size", description=__doc__)
    parser.add_argument("--against", metavar="GITREF", help="an earlier commit")
    ref = parser.parse_args(argv).against
    is_long = False
    if program() is None:
        print("skipped: chromium is not installed")
        return 0
    if ref:
        print(f"{ref}:", flush=True)
        _earlier(ref)
        print("\nthis tree:")
    print("| papers | matches | at 360 | at 600 | HTML, bytes | text, lines | words |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    days = sorted((real_days.DATA / "hf-api").glob("*.json"), reverse=True)
    real = [paper for day in days for paper in real_days.of_day(day)]
    with Chromium(program() or "") as browser:
        for kind, papers, profiles in (("invented", _invented(), INVENTED), ("real", real, REAL)):
            for matches in MATCHES if papers else ():
                figures = _figures(browser, _issue(papers, profiles, matches))
                print(f"| {kind} | {' | '.join(f'{each:,}' for each in figures)} |", flush=True)
                is_long |= matches == 28 and (figures[1] > TALLEST or figures[4] > MOST_LINES)
    return is_long


def _invented() -> list[Paper]:
    """The dozen invented papers, again and again under other titles."""
    return [
        replace(
            paper,
            key=f"{paper.key}-{number}",
            title=f"{paper.title}, {number}" if number > 12 else paper.title,
            extra={"summary": SUMMARY, "summary_by": "a model"} if number % 2 else {},
        )
        for number in range(1, 700)
        for paper in [golden_issues.papers()[number % 12]]
    ]


def _figures(browser: Chromium, issue: Issue) -> tuple[int, ...]:
    """Matches, heights at the two widths, bytes of the HTML part, lines and words of the text."""
    renderer = MailRenderer([templates_folder()])
    html = renderer.html(issue, golden_issues.ALICE, LETTERHEAD)
    text = renderer.text(issue, golden_issues.ALICE, LETTERHEAD)
    heights = []
    for width in WIDTHS:
        browser.show(html, width=width)
        heights.append(browser.height())
    lines, words = len(text.splitlines()), len(text.split())
    return issue.matched, *heights, len(encoded(html)), lines, words


def _issue(papers: Sequence[Paper], profiles: tuple[Profile, ...], matches: int) -> Issue:
    """The issue of the shortest row of papers that has so many matches."""
    keys = {paper.key for paper in _built(papers, profiles).papers}
    places = [place for place, paper in enumerate(papers) if paper.key in keys]
    return _built(papers[: places[min(matches, len(places)) - 1] + 1], profiles)


def _built(papers: Sequence[Paper], profiles: tuple[Profile, ...]) -> Issue:
    backlog = Backlog(subscriber=golden_issues.ALICE, profiles=profiles, day=golden_issues.DAY)
    several = {paper.key: paper for paper in papers}.values()
    arrivals = tuple(Arrival(Change(ChangeKind.NEW, paper), "daily-papers", 1) for paper in several)
    unread = UnreadBatch(backlogs=(backlog,), arrivals=arrivals, snapshots=(), upto=1)
    issue = IssueBuilder(unread).issue(backlog, golden_issues.MADE_AT)
    return replace(issue, id=4_711, receipts=golden_issues.ALL_COMPLETE)


def _earlier(ref: str) -> None:
    root = Path(__file__).parents[1]
    archive = subprocess.run(["git", "archive", ref], cwd=root, capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        for own in ("bench/mail-size.py", "tests/real_days.py"):
            shutil.copy(root / own, Path(folder) / own)
        command = [sys.executable, "-m", "bench", "mail-size"]
        environment = {**os.environ, "PYTHONPATH": folder}
        subprocess.run(
            command, cwd=folder, env=environment, check=False
        )  # an earlier mail is longer
