"""Which papers wait for the next issue, because the mail has no room for them.

Decided once and stored with the issue, so that each paper is in one mail, whatever happens to the
process or the templates in between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date

from ..model import DeliverySettings, Issue, IssueEntry, Profile, Section


def rolling(profiles: Iterable[Profile], settings: DeliverySettings) -> frozenset[str]:
    """Return the profiles with papers that wait; the subscriber's own choice comes first."""
    return frozenset(
        each.slug for each in profiles if (settings.overflow or each.overflow) == "rollover"
    )


def fitted(
    issue: Issue, profiles: Collection[str], shown: Callable[[Issue], Collection[int]]
) -> Issue:
    """Return the issue with everything held back that a mail of it would not name.

    ``shown`` lays an issue out and returns the identities of the entries that it names; that is
    asked again until nothing more has to wait, because each issue has another layout.
    """
    held = hold_back(issue, profiles, lambda entry: True)
    while True:
        named = shown(held)
        again = hold_back(held, profiles, lambda entry, named=named: id(entry) in named)  # type: ignore[misc]
        if again is held:
            return held
        held = again


def hold_back(issue: Issue, profiles: Collection[str], fits: Callable[[IssueEntry], bool]) -> Issue:
    """Return the issue with the papers of these profiles held back that the mail has no room for.

    A paper waits only once: if it has no room the second time either, it is named in the mail and
    shown on the page.  Return the same issue if nothing has to wait.
    """
    sections = tuple(
        _holding_back(section, issue.day, fits) if section.profile in profiles else section
        for section in issue.sections
    )
    is_same = all(a is b for a, b in zip(sections, issue.sections, strict=True))
    return issue if is_same else replace(issue, sections=sections)


def _holding_back(section: Section, day: date, fits: Callable[[IssueEntry], bool]) -> Section:
    cut = [entry for entry in section.entries if not entry.waited and not fits(entry)]
    beyond = [entry for entry in section.beyond if not entry.waited]
    if not cut and not beyond:
        return section
    held = {id(entry) for entry in (*cut, *beyond)}
    return replace(
        section,
        entries=tuple(entry for entry in section.entries if id(entry) not in held),
        more=tuple(entry for entry in section.more if id(entry) not in held),
        waiting=(
            *(replace(entry, waited=day) for entry in (*cut, *beyond)),
            *section.waiting,
        ),
    )
