"""What the service tells its operator, and what it forgets."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from digest.app import App
from digest.cli.terminal import DailyTroubleReporter
from digest.service.tick import tick
from digest.store import Store, subscribers
from digest.store.subscribers import Consent
from digest.subscribers import requests

from ..apps import ALICE, app_of
from ..extent import number
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import LOST, Clock, Newsstand, Postbox, refused

OPERATOR = "operator@example.org"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def app(store: Store, said: list[str]) -> App:
    return app_of(store, listings=[listing()], operator=OPERATOR, report_trouble=said.append)


def forward(app: App, **span: float) -> None:
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(**span)
    tick(app)


def notices(app: App) -> list[str]:
    post: Postbox = app.sender  # type: ignore[assignment]
    return [str(message["Subject"]) for message in post.to(OPERATOR)]


def lay_out(app: App, day: date, *numbers: int) -> None:
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", day, *(paper(n) for n in numbers))


def test_a_quiet_service_tells_its_operator_nothing(app: App, said: list[str]) -> None:
    lay_out(app, TUESDAY, 1)
    forward(app)
    forward(app, minutes=5)

    assert (said, notices(app)) == ([], [])


def test_mail_that_is_late_is_told_of_once_a_day(app: App, said: list[str]) -> None:
    lay_out(app, TUESDAY, 1)
    post: Postbox = app.sender  # type: ignore[assignment]
    for _ in range(60):
        post.fail_next(refused("451 later"))
    for _ in range(number(4, whole=8)):
        forward(app, hours=number(2, whole=1))

    assert sum("mail is late" in line for line in said) == 1


def test_a_listing_that_cannot_be_read_for_a_day_is_told_of(app: App, said: list[str]) -> None:
    forward(app)
    assert notices(app) == []
    forward(app, days=1)
    forward(app, minutes=30)

    assert notices(app) == ["Paper digest: a listing cannot be read"]
    assert any("digest listing status" in line for line in said)


def test_mails_in_doubt_are_told_of(store: Store, said: list[str]) -> None:
    fields = {"operator": OPERATOR, "report_trouble": said.append, "in_doubt": "hold"}
    app = app_of(store, listings=[listing()], **fields)
    lay_out(app, TUESDAY, 1)
    post: Postbox = app.sender  # type: ignore[assignment]
    post.fail_next(LOST, but_take_it=True)
    forward(app)
    forward(app, minutes=1)

    assert notices(app) == ["Paper digest: mails wait for your word"]


def test_a_sign_up_that_no_one_confirmed_is_forgotten_by_the_service(app: App) -> None:
    requests.sign_up(app, "new@example.org", Consent(now=EIGHT))
    forward(app, days=7, minutes=1)

    with app.store.begin() as tx:
        assert subscribers.find(tx, "new@example.org") is None


def test_nothing_is_done_while_the_clock_says_1970(app: App, said: list[str]) -> None:
    lay_out(app, TUESDAY, 1)
    forward(app)
    stand: Newsstand = app.source  # type: ignore[assignment]
    post: Postbox = app.sender  # type: ignore[assignment]
    asked, mailed = list(stand.asked), len(post.to(ALICE))
    app.now = Clock(EIGHT - timedelta(days=20000))

    for _ in range(3):
        forward(app, minutes=1)
    assert (stand.asked, len(post.to(ALICE))) == (asked, mailed)
    assert any("the clock says 1971" in line for line in said)
    assert notices(app) == ["Paper digest: the clock is wrong, or was"]


def test_a_clock_that_was_set_back_for_two_hours_changes_nothing(app: App) -> None:
    lay_out(app, TUESDAY, 1)
    forward(app)
    forward(app, hours=-2)

    post: Postbox = app.sender  # type: ignore[assignment]
    assert len(post.mails) == 1


@pytest.mark.parametrize(("jump", "told"), [(9, "forward by 9"), (-9, "back by 9"), (4, "")])
def test_a_clock_that_was_set_is_told_of(app: App, said: list[str], jump: int, told: str) -> None:
    passed = itertools.count(0, 60)
    app.uptime = lambda: float(next(passed))
    lay_out(app, TUESDAY, 1)
    forward(app)
    forward(app, minutes=1)
    assert said == []

    forward(app, minutes=1 + jump)
    forward(app, minutes=1)
    assert [told in line for line in said] == ([True] if told else [])
    assert len(notices(app)) == bool(told)


def test_a_machine_that_slept_has_a_right_clock(app: App, said: list[str]) -> None:
    """What is counted goes on while it sleeps."""
    passed = [0.0]
    app.uptime = lambda: passed[0]
    lay_out(app, TUESDAY, 1)
    forward(app)
    passed[0] = 8 * 3600.0
    forward(app, hours=8)

    assert said == []


def test_a_service_says_the_same_trouble_once_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    passed = [0.0]
    reporter = DailyTroubleReporter(elapsed=lambda: passed[0])
    for minutes in (0, 1, 2, 60, 24 * 60 + 1):
        passed[0] = minutes * 60
        reporter.trouble("mail: 500 have gone out within 24 hours; the others wait")
        reporter.trouble(f"something else at {minutes}")

    lines = capsys.readouterr().err.splitlines()
    assert sum("500 have gone out" in line for line in lines) == 2
    assert len(lines) == 7
