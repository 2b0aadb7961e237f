"""What a run brought the readers of each profile in a file, and when their next issue is due.

So that a run that mails nothing says why.  Reads; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile

from ..model import DeliverySettings, Issue, Profile, Recipient
from ..store import unread
from .compose import Composer

#: Profiles for which it is said; the rest are counted.
MOST = 20


@dataclass(slots=True)
class _Made:
    """The issues of a run in which a profile has a section."""

    issues: int = 0
    matched: int = 0
    pool: int = 0
    elsewhere: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class IssueTally:
    """Counts, while a run builds its issues, what each profile has in them."""

    made: dict[str, _Made] = field(default_factory=dict)

    def observe(self, issue: Issue) -> None:
        """Count one issue; of a profile with several readers, the most that one of them gets."""
        for section in issue.sections:
            made = self.made.setdefault(section.profile, _Made())
            made.issues += 1
            made.matched = max(made.matched, len(section.all))
            made.pool = max(made.pool, issue.pool)
            made.elsewhere = made.elsewhere or issue.shown_elsewhere(section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What there is for the readers of one profile, and when they are mailed."""

    profile: Profile
    #: how many active subscribers get it
    readers: int
    #: whether this run made an issue of it, be it an empty one
    is_made: bool = False
    #: how many papers matched, and out of how many that were new to these readers
    matched: int = 0
    pool: int = 0
    #: where the matches are that no section of its own shows: titles of other profiles, numbers
    elsewhere: tuple[tuple[str, int], ...] = ()
    #: when the first reader's next issue is due, in that hour's zone; None: no hour is set
    next_at: datetime | None = None
    #: whether the first reader pauses today
    is_paused: bool = False
    #: whether that issue may be made now: one a day is
    may_be_now: bool = False

    @property
    def matched_elsewhere(self) -> int:
        """Return how many papers it matched that other profiles of its reader show."""
        return sum(number for _, number in self.elsewhere)


def outlooks(
    composer: Composer, profiles_in_force: Iterable[Profile], tally: IssueTally
) -> list[Outlook]:
    """Return an outlook for each of the first profiles that are files; these come first."""
    of_files = takewhile(lambda profile: profile.path, profiles_in_force)
    profiles = list(islice(of_files, MOST))
    wanted = {profile.slug for profile in profiles}
    with composer.store.begin() as tx:
        readers = [pair for pair in unread.subscribers(tx) if wanted & {*pair[0].profiles}]
    return [
        _of_issues(each, tally.made[each.slug])
        if each.slug in tally.made
        else _of_waiting(composer, each, [r for r in readers if each.slug in r[0].profiles])
        for each in profiles
    ]


def _of_issues(profile: Profile, made: _Made) -> Outlook:
    return Outlook(
        profile=profile,
        readers=made.issues,
        is_made=True,
        matched=made.matched,
        pool=made.pool,
        elsewhere=made.elsewhere,
    )


def _of_waiting(
    composer: Composer, profile: Profile, readers: Sequence[tuple[Recipient, DeliverySettings]]
) -> Outlook:
    """Return the outlook of the reader who is mailed next."""
    if not readers:
        return Outlook(profile=profile, readers=0)
    times = [(composer.next_at(*pair), pair) for pair in readers]
    next_at, first = min(times, key=lambda pair: pair[0].timestamp() if pair[0] else 0.0)
    issue = composer.as_of_now(*first)
    sections = [each for each in issue.sections if each.profile == profile.slug]
    return Outlook(
        profile=profile,
        readers=len(readers),
        matched=sum(len(each.all) for each in sections),
        pool=issue.pool,
        elsewhere=tuple(pair for each in sections for pair in issue.shown_elsewhere(each)),
        next_at=next_at,
        is_paused=composer.is_paused(*first),
        may_be_now=composer.is_unmade(*first),
    )
