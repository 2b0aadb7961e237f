"""What a subscriber gets on a quiet day, on which nothing matched.  Pure."""

from __future__ import annotations

from datetime import timedelta

from ..model import Backlog, DeliverySettings, Schedule, Welcome

#: From the most mail to the least: of several profiles, the one that asks for most decides.
_QUIET = ("line", "weekly", "nothing")

#: How long after an issue a quiet day is mailed to a subscriber who wants that weekly.
WEEK = timedelta(days=7)


def choice(reader: Backlog, standing: DeliverySettings) -> str:
    """Return what is wished for a quiet day: line, weekly or nothing."""
    wishes = {standing.quiet} if standing.quiet else {p.quiet for p in reader.profiles}
    return next(word for word in _QUIET if word in wishes)


def is_mailed(reader: Backlog, standing: DeliverySettings) -> bool:
    """Return whether an issue without papers is mailed too."""
    wish = choice(reader, standing)
    if wish == "weekly":
        return reader.last_issue is None or reader.day - reader.last_issue >= WEEK
    return wish == "line"


def welcome(
    reader: Backlog, standing: DeliverySettings, default: Schedule | None
) -> Welcome | None:
    """Return what a first issue says of the following ones; None for any other issue."""
    if reader.last_issue is not None:
        return None
    wanted = {standing.schedule or profile.schedule or default for profile in reader.profiles}
    [schedule] = wanted if len(wanted) == 1 else [None]
    return Welcome(schedule=schedule, quiet=choice(reader, standing))
