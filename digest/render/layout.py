"""Fit an issue into a mail: decide what is shown whole, named by title, or only counted.

Works with sizes from the caller; renders nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest

from ..model import Issue, IssueEntry, Section

#: Bytes for papers shown by title only, once papers have to be cut; the rest is for whole papers.
_TITLES_SHARE = 12_000

Size = Callable[[IssueEntry], int]


@dataclass(frozen=True, slots=True)
class Span:
    """One section as it fits into a mail."""

    section: Section
    whole: tuple[IssueEntry, ...]
    named: tuple[IssueEntry, ...]
    left_out: tuple[IssueEntry, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """An issue as it fits into a mail; every entry of it is in exactly one place."""

    spans: tuple[Span, ...]

    @property
    def left_out(self) -> tuple[IssueEntry, ...]:
        """Return the entries that the mail does not even name."""
        return tuple(entry for span in self.spans for entry in span.left_out)


def whole(issue: Issue) -> Layout:
    """Return the layout of an issue that fits completely."""
    return Layout(tuple(Span(s, s.entries, s.more, ()) for s in issue.sections))


def lay_out(issue: Issue, space: int, *, whole: Size, named: Size) -> Layout:
    """Fit the issue into ``space`` bytes: whole papers by rank over all sections, then titles.

    The caller reserves the bytes for headings and for the notes on what is left out.
    """
    reserved = min(_TITLES_SHARE, space // 4)
    shown, used = _fitting(_by_rank(s.entries for s in issue.sections), space - reserved, whole)
    rest = [_without(s.entries, shown) + s.more for s in issue.sections]
    titled, _ = _fitting(_by_rank(rest), space - used, named)
    return Layout(
        tuple(
            Span(
                section,
                whole=_only(section.entries, shown),
                named=_only(others, titled),
                left_out=_without(others, titled),
            )
            for section, others in zip(issue.sections, rest, strict=True)
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
