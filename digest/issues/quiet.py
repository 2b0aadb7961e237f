"""What a subscriber gets on a quiet day, on which nothing matched.  Pure."""

from __future__ import annotations

from datetime import timedelta

from ..model import Backlog, DeliverySettings, Schedule, Welcome

#: From the most mail to the least: of several profiles, the one that asks for most decides.
_QUIET = ("line", "weekly", "nothing")

#: How long after an issue a quiet day is mailed to a subscriber who wants that weekly.
WEEK = timedelta(days=7)


def choice(backlog: Backlog, settings: DeliverySettings) -> str:
    """Return what is wished for a quiet day: line, weekly or nothing."""
    choices = {settings.quiet} if settings.quiet else {p.quiet for p in backlog.profiles}
    return next(word for word in _QUIET if word in choices)


def is_mailed(backlog: Backlog, settings: DeliverySettings) -> bool:
    """Return whether an issue without papers is mailed too."""
    if is_reminder(backlog, settings):
        return True
    wanted = choice(backlog, settings)
    if wanted == "weekly":
        return backlog.last_issue is None or backlog.day - backlog.last_issue >= WEEK
    return wanted == "line"


def is_reminder(backlog: Backlog, settings: DeliverySettings) -> bool:
    """Return whether nothing has matched since the subscriber confirmed, a week ago or longer.

    The issue that says so is their first, so that it is said once.
    """
    began = settings.confirmed_at
    return backlog.last_issue is None and began is not None and backlog.day - began.date() >= WEEK


def welcome(
    backlog: Backlog,
    settings: DeliverySettings,
    default: Schedule | None,
    *,
    is_empty: bool = False,
) -> Welcome | None:
    """Return what a first issue says of the following ones; None for any other issue."""
    if backlog.last_issue is not None:
        return None
    wanted = {settings.schedule or profile.schedule or default for profile in backlog.profiles}
    [schedule] = wanted if len(wanted) == 1 else [None]
    return Welcome(
        schedule=schedule,
        quiet=choice(backlog, settings),
        is_reminder=is_empty and is_reminder(backlog, settings),
    )
