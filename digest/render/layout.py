"""Fit an issue into a mail: decide what is shown whole, in brief, by title, or only counted.

Works with sizes from the caller; renders nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import NamedTuple

from ..model import Issue, IssueEntry, Section

#: Bytes for titles, once papers have to be cut; the rest is for papers with more than their title.
_TITLES_SHARE = 12_000

Size = Callable[[IssueEntry], int]


@dataclass(frozen=True, slots=True)
class Span:
    """One section as it fits into a mail."""

    section: Section
    whole: tuple[IssueEntry, ...]
    brief: tuple[IssueEntry, ...]
    titles: tuple[IssueEntry, ...]
    left_out: tuple[IssueEntry, ...]

    @property
    def shown(self) -> tuple[IssueEntry, ...]:
        """Return the entries that the mail names, in its order."""
        return self.whole + self.brief + self.titles


@dataclass(frozen=True, slots=True)
class Layout:
    """An issue as it fits into a mail; every entry of it is in exactly one place."""

    spans: tuple[Span, ...]

    @property
    def left_out(self) -> tuple[IssueEntry, ...]:
        """Return the entries that the mail does not even name."""
        return tuple(entry for span in self.spans for entry in span.left_out)


class Sizes(NamedTuple):
    """The functions that return an entry's bytes: shown whole, in brief, by title."""

    whole: Size
    brief: Size
    title: Size


def graded(issue: Issue, *, has_page: bool) -> Layout:
    """Return the layout as the profiles wish it: the best whole, the next in brief, then titles.

    What is beyond their limits is left to the issue's page; without one the mail has it by title.
    """
    return Layout(tuple(_graded(section, has_page=has_page) for section in issue.sections))


def gathered(issue: Issue, kept: int, title: str) -> Issue:
    """Return an issue with its first sections, the papers of the others counted below a title."""
    others = issue.sections[kept:]
    more = tuple(entry for section in others for entry in section.entries + section.more)
    waiting = tuple(entry for section in others for entry in section.waiting)
    rest = Section(profile="", title=title, entries=(), more=more, waiting=waiting)
    return replace(issue, sections=(*issue.sections[:kept], rest))


def _graded(section: Section, *, has_page: bool) -> Span:
    entries, named = section.entries, () if has_page else section.beyond
    titles = section.whole + section.brief
    return Span(
        section,
        whole=entries[: section.whole],
        brief=entries[section.whole : titles],
        titles=entries[titles:] + named,
        left_out=section.more[len(named) :],
    )


def lay_out(wished: Layout, space: int, sizes: Sizes) -> Layout:
    """Fit a layout into ``space`` bytes: by rank over all sections, first in detail, then titles.

    The caller reserves the bytes for headings and for the notes on what is left out.
    """
    reserved = min(_TITLES_SHARE, space // 4)
    whole = {id(entry) for span in wished.spans for entry in span.whole}
    detailed, used = _fitting(
        _by_rank(span.whole + span.brief for span in wished.spans),
        space - reserved,
        lambda entry: (sizes.whole if id(entry) in whole else sizes.brief)(entry),
    )
    rest = [_without(span.shown, detailed) for span in wished.spans]
    titled, _ = _fitting(_by_rank(rest), space - used, sizes.title)
    return Layout(
        tuple(
            Span(
                span.section,
                whole=_only(span.whole, detailed),
                brief=_only(span.brief, detailed),
                titles=_only(others, titled),
                left_out=_without(others, titled) + span.left_out,
            )
            for span, others in zip(wished.spans, rest, strict=True)
        )
    )


def _by_rank(columns: Iterable[tuple[IssueEntry, ...]]) -> Iterable[IssueEntry]:
    """Return the first of each section, then the second of each: no section crowds out another."""
    return (entry for row in zip_longest(*columns) for entry in row if entry is not None)


def _fitting(entries: Iterable[IssueEntry], space: int, size: Size) -> tuple[set[int], int]:
    """Return the ids of the entries before the first that does not fit, and their bytes."""
    fitting: set[int] = set()
    used = 0
    for entry in entries:
        used += size(entry)
        if used > space:
            return fitting, used - size(entry)
        fitting.add(id(entry))
    return fitting, used


def _only(entries: tuple[IssueEntry, ...], chosen: set[int]) -> tuple[IssueEntry, ...]:
    return tuple(entry for entry in entries if id(entry) in chosen)


def _without(entries: tuple[IssueEntry, ...], chosen: set[int]) -> tuple[IssueEntry, ...]:
    return tuple(entry for entry in entries if id(entry) not in chosen)
