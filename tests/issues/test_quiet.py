"""What a day without papers brings."""

from __future__ import annotations

from datetime import date, time, timedelta

from digest.issues import quiet
from digest.model import Backlog, DeliverySettings, Recipient, Schedule

from ..apps import profile
from ..factories import EIGHT, TUESDAY
from ..tables import table

READER = Recipient(id=1, address="alice@example.org")


def backlog(*wishes: str, last: date | None = None) -> Backlog:
    several = tuple(profile(f"p{n}", quiet=wish) for n, wish in enumerate(wishes))
    return Backlog(subscriber=READER, profiles=several, day=TUESDAY, last_issue=last)


@table(
    ("own", "wishes", "expected"),
    [
        (None, ["nothing", "nothing"], "nothing"),
        (None, ["nothing", "weekly"], "weekly"),
        (None, ["weekly", "line", "nothing"], "line"),
        ("nothing", ["line"], "nothing"),
        ("line", ["nothing"], "line"),
    ],
)
def test_a_subscribers_own_wish_decides_and_else_the_profile_that_asks_for_most(
    own: str | None, wishes: list[str], expected: str
) -> None:
    assert quiet.choice(backlog(*wishes), DeliverySettings(quiet=own)) == expected


@table(
    ("wish", "days", "is_mailed"),
    [
        ("nothing", None, False),
        ("line", 1, True),
        ("weekly", None, True),
        ("weekly", 6, False),
        ("weekly", 7, True),
    ],
)
def test_a_quiet_day_is_mailed_as_its_subscriber_wishes(
    wish: str, days: int | None, is_mailed: bool
) -> None:
    last = None if days is None else TUESDAY - timedelta(days=days)

    assert quiet.is_mailed(backlog(wish, last=last), DeliverySettings()) is is_mailed


@table(
    ("began", "last", "is_reminded"),
    [(6, None, False), (7, None, True), (40, None, True), (40, 3, False), (None, None, False)],
)
def test_who_confirmed_a_week_ago_and_had_nothing_is_told_so_once(
    began: int | None, last: int | None, is_reminded: bool
) -> None:
    confirmed = None if began is None else EIGHT - timedelta(days=began)
    known = backlog("nothing", last=None if last is None else TUESDAY - timedelta(days=last))
    settings = DeliverySettings(confirmed_at=confirmed)

    assert quiet.is_mailed(known, settings) is is_reminded
    said = quiet.welcome(known, settings, None, is_empty=True)
    assert (said is not None and said.is_reminder) is is_reminded


def test_only_a_first_issue_says_when_the_next_ones_come() -> None:
    hour, other = Schedule(time(7, 30)), Schedule(time(20))
    first, later = backlog("line", "line"), backlog("line", last=TUESDAY)

    said = quiet.welcome(first, DeliverySettings(), hour)
    assert said is not None
    assert (said.schedule, said.quiet) == (hour, "line")
    own = quiet.welcome(first, DeliverySettings(schedule=other), hour)
    assert own is not None
    assert own.schedule == other
    assert quiet.welcome(later, DeliverySettings(), hour) is None
