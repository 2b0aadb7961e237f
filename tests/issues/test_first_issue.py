"""A subscriber's first issue says what to expect of those to come; the second does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from digest.model import Schedule, Welcome
from digest.pipeline import runs
from digest.render import MailRenderer, wording
from digest.resources import templates_folder
from digest.store import Store

from .. import golden_issues
from ..apps import ALICE, app_of, profile
from ..factories import TUESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox
from ..tables import table

FIRST = "This is your first issue"
HALF_PAST_SEVEN = Schedule(at=time(7, 30), timezone="Europe/Berlin", days=frozenset(range(5)))


def test_the_first_issue_alone_tells_what_to_expect(store: Store) -> None:
    app = app_of(store, profile(), listings=[listing()])
    stand: Newsstand = app.source  # type: ignore[assignment]
    post: Postbox = app.sender  # type: ignore[assignment]
    clock: Clock = app.now  # type: ignore[assignment]
    for number in (1, 2):
        stand.lay_out("daily", TUESDAY + timedelta(days=number - 1), paper(number))
        runs.run(app, list(app.listings.values()))
        clock.forward(days=1)

    first, second = post.texts_to(ALICE)
    assert FIRST in first
    assert FIRST not in second
    assert FIRST in post.to(ALICE)[0].get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_who_had_issues_before_reads_no_welcome_beside_one_who_reads_the_same() -> None:
    renderer = MailRenderer([templates_folder()])
    told = [
        renderer.mail(
            replace(golden_issues.busy_day(), welcome=welcome),
            golden_issues.ALICE,
            golden_issues.PLAIN,
        ).data
        for welcome in (None, Welcome(), Welcome(schedule=HALF_PAST_SEVEN), None)
    ]

    assert [FIRST.encode() in data for data in told] == [False, True, True, False]
    assert told[1] != told[2]
    assert told[0] == told[3]


@table(
    ("welcome", "told"),
    [
        (Welcome(is_reminder=True), "Nothing has matched since you subscribed, a week ago"),
        (Welcome(), "on each day that has new papers for you; on another there is no mail"),
        (
            Welcome(schedule=HALF_PAST_SEVEN, quiet="line"),
            "at 07:30 (Europe/Berlin) on each weekday, with a line alone where there are no new",
        ),
        (
            Welcome(schedule=Schedule(days=frozenset({0, 3})), quiet="weekly"),
            "at 07:30 (UTC) on each Monday and Thursday that has new papers for you; after a week",
        ),
        (
            Welcome(schedule=Schedule(days=frozenset({4}), is_monthly=True)),
            "at 07:30 (UTC) on each month's first Friday that has new papers",
        ),
    ],
)
def test_what_to_expect_follows_the_subscribers_choices(welcome: Welcome, told: str) -> None:
    assert told in wording.welcome(welcome)
