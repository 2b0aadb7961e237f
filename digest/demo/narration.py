"""The demo's text at the terminal: a few lines for each morning; decides nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from .. import expressions
from ..model import Issue, Paper, Snapshot, count
from ..pipeline.runs import Report
from ..render.wording import long_day
from ..resources import command
from ..run_report import COLOURS
from .recorder import ReceivedMail

WIDTH = 80
_HEAD_END = expressions.compile(r":\s|(?<=\?)\s")
_NAMES = 20  # columns of the first field in a line


@dataclass(frozen=True, slots=True)
class RunStory:
    """What a run did, and what each subscriber got."""

    report: Report
    mails: Sequence[ReceivedMail]
    #: the folder with the mails
    outbox: Path


def opening(folder: Path) -> str:
    """Return the introduction to the demo."""
    return _filled(
        "Four mornings in March, two lists of papers, three readers. The papers are invented; what "
        "reads, matches and mails them is the real thing, without a network or an account. "
        f"All of it lies in {folder}/."
    )


def morning(story: RunStory) -> str:
    """Describe a run: what each list brought, and what each subscriber got or got only once."""
    heading = click.style(long_day(story.report.day), bold=True)
    lists = [_list(snapshot) for snapshot in story.report.snapshots]
    mails = [line for mail in story.mails for line in _mail(mail, story.outbox)]
    return "\n".join(["", heading, *lists, *mails])


def repeat(story: RunStory) -> str:
    """Describe the repeated run of the same morning."""
    new = sum(snapshot.new for snapshot in story.report.snapshots)
    mails = len(story.report.outcomes)
    heading = click.style(f"{long_day(story.report.day)}, run once more", bold=True)
    return "\n".join(["", heading, f"  {count(new, 'new paper')}, {count(mails, 'mail')}"])


def ending(folder: Path, now: datetime) -> str:
    """Return what the user can do next."""
    lines = [
        "",
        _filled(f"The mails are in {folder / 'outbox'}/, as files that any mail program opens."),
        _filled(
            f"Change a file in {folder / 'profiles'}/ and run the demo again, or see what it does:"
        ),
        f"  {command()} --config {folder / 'config.yaml'} preview --now {now:%Y-%m-%dT%H:%MZ}",
    ]
    return "\n".join(lines)


def _list(snapshot: Snapshot) -> str:
    word = _coloured(f"{snapshot.verdict.value:8}", COLOURS[snapshot.verdict])
    line = snapshot.error or f"{count(snapshot.entries, 'paper')}, {snapshot.new} new to this list"
    if snapshot.late:
        line += f"; and {snapshot.late} more from earlier days, read again"
    return _filled(line, f"  {snapshot.listing:{_NAMES}}{word}", _NAMES + 10)


def _coloured(word: str, colour: str) -> str:
    return click.style(word, dim=True) if colour == "dim" else click.style(word, fg=colour)


def _mail(mail: ReceivedMail, outbox: Path) -> Iterator[str]:
    text = _issue(mail.issue) if mail.issue else "no mail: nothing new for them"
    yield _filled(text, f"  {mail.address:{_NAMES}}", _NAMES + 2)
    if mail.issue:
        yield f"    {outbox / mail.file}"
    if mail.again:
        days = [f"{head(paper)} (mailed on {day:%A})" for paper, day in mail.again]
        yield _filled(f"not again: {'; '.join(days)}", " " * (_NAMES + 2), _NAMES + 2)


def _issue(issue: Issue) -> str:
    titles = "; ".join(head(paper) for paper in issue.papers)
    return f"{len(issue.papers)} of {count(issue.pool, 'new paper')}: {titles}"


def head(paper: Paper) -> str:
    """Return a title up to its first colon or question mark."""
    return textwrap.shorten(_HEAD_END.split(paper.title)[0], 60, placeholder="…")


def _filled(text: str, first: str = "", indent: int = 0) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
