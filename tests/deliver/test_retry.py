"""When a mail is tried again, and when it is given up: tries count, and sleep does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from digest.app import App
from digest.deliver import retry
from digest.deliver.retry import (
    UNTRIED,
    Ending,
    Retry,
    after_doubt,
    after_fault,
    after_refusal,
    next_try,
)
from digest.errors import Meaning, SendError
from digest.model import Delivery, DeliveryState, Message, Recipient
from digest.pipeline import runs
from digest.store import Store, outbox_admin

from ..apps import app_of, profile
from ..extent import IS_WHOLE, number
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import AWAY, Clock, Newsstand, Postbox, one_by_one, refused
from ..messages import smtp
from ..servers import scripted
from ..tables import table

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# ── the policy ──


def tries(gap: Callable[[timedelta], timedelta]) -> list[timedelta]:
    """The time between the tries of a mail that is refused until it is given up."""
    gaps: list[timedelta] = []
    again = next_try(timedelta(0), None)
    while again is not None:
        gaps.append(gap(again.pause))
        again = next_try(again.waited, gaps[-1])
        assert len(gaps) < 1000
    return gaps


def test_a_machine_that_is_always_awake_tries_24_times_in_73_hours() -> None:
    gaps = tries(lambda pause: pause)

    assert gaps[:7] == [n * MINUTE for n in (5, 10, 20, 40, 80, 160, 240)]
    assert set(gaps[6:]) == {4 * HOUR}
    assert (len(gaps) + 1, sum(gaps, timedelta(0))) == (24, timedelta(hours=73, minutes=15))


@pytest.mark.parametrize(("every", "number"), [(6 * HOUR, 20), (DAY, 20), (7 * DAY, 20)])
def test_a_program_that_runs_rarely_tries_20_times(every: timedelta, number: int) -> None:
    assert len(tries(lambda _: every)) + 1 == number


def test_one_that_runs_each_hour_tries_as_if_it_were_awake() -> None:
    gaps = tries(lambda pause: -(-pause // HOUR) * HOUR)

    assert gaps[:4] == [HOUR, 2 * HOUR, 4 * HOUR, 4 * HOUR]
    assert len(gaps) + 1 == 21


@pytest.mark.parametrize("asleep", [timedelta(hours=73), 7 * DAY, 30 * DAY, 365 * DAY])
def test_a_sleep_counts_as_the_longest_pause_and_the_pauses_begin_again(asleep: timedelta) -> None:
    assert next_try(timedelta(0), asleep) == Retry(5 * MINUTE, 4 * HOUR)
    assert next_try(70 * HOUR, asleep) is None
    assert next_try(timedelta(0), 5 * HOUR) == Retry(4 * HOUR, 4 * HOUR)
    assert next_try(timedelta(0), 5 * HOUR + MINUTE) == Retry(5 * MINUTE, 4 * HOUR)
    assert next_try(68 * HOUR, asleep) == Retry(5 * MINUTE, 72 * HOUR)


@pytest.mark.parametrize(("waited", "is_over"), [(71 * HOUR, False), (71 * HOUR + MINUTE, True)])
def test_a_mail_is_given_up_after_72_hours_of_tries(waited: timedelta, is_over: bool) -> None:
    assert (next_try(waited, HOUR) is None) is is_over


def refused_by(means: Meaning, stage: str = "rcpt") -> SendError:
    return SendError("no", means, stage=stage)  # type: ignore[arg-type]


def delivery(**fields: Any) -> Delivery:
    """A delivery that was tried an hour ago."""
    values = {"state": DeliveryState.CLAIMED, "tried_at": EIGHT - HOUR, "attempts": 2, **fields}
    recipient = Recipient(id=1, address="alice@example.org")
    return Delivery(id=1, issue_id=1, subscriber=recipient, message_id="<a@b>", **values)


AGAIN = Ending(DeliveryState.QUEUED, 2 * HOUR)


@table(
    ("error", "expected"),
    [
        (refused_by(Meaning.RELAY), UNTRIED),
        (refused_by(Meaning.LOGIN), UNTRIED),
        (refused_by(Meaning.SLOWER), UNTRIED),
        (refused_by(Meaning.PAUSED), UNTRIED),
        (refused_by(Meaning.SENDER, "mail"), UNTRIED),
        (refused_by(Meaning.SENDER), AGAIN),
        (refused_by(Meaning.LATER, "mail"), AGAIN),
        (refused_by(Meaning.LATER), Ending(DeliveryState.QUEUED, 2 * HOUR, HOUR)),
        (refused_by(Meaning.ADDRESS), Ending(DeliveryState.FAILED)),
        (refused_by(Meaning.MESSAGE), Ending(DeliveryState.FAILED)),
    ],
)
def test_what_becomes_of_a_mail_follows_from_its_meaning(
    error: SendError, expected: Ending
) -> None:
    """What was nobody's fault waits five minutes, as if it had not been tried."""
    assert after_refusal(error, delivery(), EIGHT, "resend") == expected
    assert Ending(DeliveryState.QUEUED, 5 * MINUTE, is_tried=False) == UNTRIED


def test_a_mail_that_was_refused_for_72_hours_fails() -> None:
    tried = delivery(waited=71 * HOUR + MINUTE)

    assert after_refusal(refused_by(Meaning.LATER), tried, EIGHT, "resend").state == "failed"
    kept = after_refusal(refused_by(Meaning.LATER, "mail"), tried, EIGHT, "resend")
    assert (kept.state, kept.waited) == (DeliveryState.QUEUED, None)


@pytest.mark.parametrize(
    ("in_doubt", "attempts", "expected"),
    [
        ("resend", 1, DeliveryState.DATA_SENT),
        ("resend", 2, DeliveryState.IN_DOUBT),
        ("hold", 1, DeliveryState.IN_DOUBT),
        ("ask", 9, DeliveryState.DATA_SENT),
    ],
)
def test_a_mail_in_doubt_is_sent_twice_at_most(
    in_doubt: str, attempts: int, expected: DeliveryState
) -> None:
    lost = refused_by(Meaning.DOUBT, "dot")

    assert after_refusal(lost, delivery(attempts=attempts), EIGHT, in_doubt).state is expected


@table(
    ("in_doubt", "was_sent", "expected"),
    [
        ("resend", None, None),
        ("hold", None, DeliveryState.IN_DOUBT),
        ("ask", None, DeliveryState.IN_DOUBT),
        ("ask", True, DeliveryState.SENT),
        ("ask", False, None),
    ],
)
def test_a_mail_without_an_answer_is_what_the_operator_and_the_log_say(
    in_doubt: str, was_sent: bool | None, expected: DeliveryState | None
) -> None:
    assert after_doubt(in_doubt, was_sent) is expected


@pytest.mark.parametrize(
    ("attempts", "meaning", "state"),
    [(2, "broken", "queued"), (3, "broken", "failed"), (9, "later", "queued")],
)
def test_a_mail_that_cannot_be_made_fails_at_the_third_try(
    attempts: int, meaning: str, state: str
) -> None:
    assert after_fault(delivery(attempts=attempts, meaning=meaning), EIGHT).state == state


def test_the_quota_counts_24_hours_and_all_that_may_be_out() -> None:
    assert timedelta(hours=24) == retry.QUOTA_WINDOW


@pytest.mark.parametrize("back", [timedelta(0), -HOUR, -30 * DAY])
def test_a_clock_that_was_set_back_counts_for_nothing(back: timedelta) -> None:
    assert next_try(HOUR, back) == Retry(5 * MINUTE, HOUR)


# ── relays that greylist ──


@dataclass
class Greylist:
    """Takes what it has seen before: not too soon, and not so long ago that it has forgotten."""

    clock: Clock
    least: timedelta
    most: timedelta
    seen: dict[str, datetime] = field(default_factory=dict)

    def answer(self, recipient: str) -> str:
        now = self.clock()
        first = self.seen.setdefault(recipient, now)
        if now - first > self.most:
            self.seen[recipient] = first = now
        is_known = first != now and now - first >= self.least
        return "250 ok" if is_known else "451 4.7.1 Greylisted, please try again later"


#: Five minutes and two days, as Postgrey has it; 25 minutes and four hours, as OpenBSD's spamd.
RELAYS = {"postgrey": (5 * MINUTE, 2 * DAY), "spamd": (25 * MINUTE, 4 * HOUR)}


@dataclass
class Laptop:
    """A digest on a machine that sleeps; with a relay behind the sender."""

    app: App
    clock: Clock

    def be_awake(self, span: timedelta, *, every: timedelta = MINUTE) -> None:
        end = self.clock() + span
        while self.clock() < end:
            runs.send_only(self.app)
            self.clock.forward(seconds=every.total_seconds())

    def fall_asleep(self, span: timedelta) -> None:
        self.clock.forward(seconds=span.total_seconds())

    def states(self) -> set[str]:
        with self.app.store.begin() as tx:
            return {row.state for row in outbox_admin.newest(tx)}


class Greylisted(Postbox):
    """A sender whose relay greylists."""

    def __init__(self, greylist: Greylist) -> None:
        super().__init__()
        self.greylist = greylist

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        answer = self.greylist.answer(mail.recipient)
        if not answer.startswith("250"):
            raise refused(answer)
        super().__call__(mail, before_dot=before_dot)

    def send_all(self, messages: object) -> None:
        one_by_one(self, messages)  # type: ignore[arg-type]


def laptop(store: Store, send: object, clock: Clock) -> Laptop:
    subscribers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(3)]
    app = app_of(
        store, *subscribers, listings=[listing()], sender=send, now=clock, report_trouble=str
    )
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    runs.run(app, list(app.listings.values()), hands_over=False)
    return Laptop(app, clock)


SLEEPS = list(product(RELAYS, [MINUTE, 40 * MINUTE], [timedelta(hours=73), 7 * DAY, 30 * DAY]))


@pytest.mark.parametrize(("kind", "first", "asleep"), SLEEPS if IS_WHOLE else SLEEPS[::10], ids=str)
def test_a_machine_that_slept_loses_nothing_to_a_relay_that_greylists(
    lite: Store, kind: str, first: timedelta, asleep: timedelta
) -> None:
    """Twice asleep, awake for an hour between: the greylisting begins anew each time."""
    clock = Clock(EIGHT)
    send = Greylisted(Greylist(clock, *RELAYS[kind]))
    machine = laptop(lite, send, clock)
    machine.be_awake(first, every=10 * MINUTE)
    machine.fall_asleep(asleep)
    machine.be_awake(4 * MINUTE, every=2 * MINUTE)
    machine.fall_asleep(asleep)
    machine.be_awake(HOUR, every=number(10, whole=5) * MINUTE)

    assert machine.states() == {"sent"}
    assert sorted(mail.recipient for mail in send.mails) == [f"r{n}@example.org" for n in range(3)]


def test_a_laptop_that_is_awake_for_an_hour_a_day_gets_through_to_a_slow_one(lite: Store) -> None:
    """It may have been refused for long before, so that its pauses had grown to hours."""
    clock = Clock(EIGHT)
    greylist = Greylist(clock, *RELAYS["spamd"])
    send = Greylisted(greylist)
    machine = laptop(lite, send, clock)
    greylist.least = 365 * DAY  # for now it takes nothing at all
    machine.be_awake(30 * HOUR, every=number(4, whole=2) * HOUR)
    greylist.least = RELAYS["spamd"][0]
    for _ in range(3):
        machine.fall_asleep(23 * HOUR)
        machine.be_awake(HOUR, every=10 * MINUTE)

    assert machine.states() == {"sent"}


def test_over_a_real_relay_that_greylists_a_week_of_sleep_loses_nothing(store: Store) -> None:
    clock = Clock(EIGHT)
    greylist = Greylist(clock, *RELAYS["postgrey"])
    with (
        scripted({"RCPT": lambda line: greylist.answer(line.decode())}) as server,
        smtp(server.port) as send,
    ):
        machine = laptop(store, send, clock)
        for _ in range(2):
            machine.be_awake(2 * MINUTE)
            machine.fall_asleep(7 * DAY)
        machine.be_awake(10 * MINUTE, every=number(5, whole=1) * MINUTE)

    assert machine.states() == {"sent"}
    assert len(server.taken) == len(set(server.taken)) == 3


# ── what counts as a try ──


def owed(store: Store, send: Postbox) -> Laptop:
    return laptop(store, send, Clock(EIGHT))


def test_only_refusals_of_the_mail_itself_count(store: Store) -> None:
    """Not a relay that is away, nor MAIL put off, nor a sender refused: for a hundred hours."""
    send = Postbox()
    machine = owed(store, send)
    not_yet: list[SendError] = [
        AWAY,
        refused("451 4.3.0 not now", "mail"),
        refused("550 5.7.26 unauthenticated", "data"),
        refused("553 not your address", "mail"),
        refused("535 5.7.8 no", "login"),
    ]
    for error in not_yet * number(1, whole=2):
        for _ in range(3):
            send.fail_next(error)
        machine.be_awake(MINUTE)
        send._failures.clear()
        machine.fall_asleep(number(20, whole=10) * HOUR)
    assert machine.states() == {"queued"}

    machine.be_awake(MINUTE)
    assert machine.states() == {"sent"}


def test_a_mail_that_was_refused_for_days_is_given_up(lite: Store) -> None:
    """By a program that runs each hour: after 1, 2 and 18 times 4 hours.

    In short, it runs each hour for a while, and then when something is to be tried.
    """
    send = Postbox()
    machine = owed(lite, send)
    for _ in range(21 * 3):
        send.fail_next(refused("451 4.2.0 try later"))
    machine.be_awake(11 * HOUR, every=HOUR)
    machine.be_awake(64 * HOUR, every=number(4, whole=1) * HOUR)
    assert machine.states() == {"queued"}
    machine.be_awake(HOUR, every=HOUR)
    assert machine.states() == {"failed"}

    tried = send.tried
    machine.be_awake(4 * HOUR, every=4 * HOUR)
    assert send.tried == tried
    assert send.tried == 21 * 3


def test_tries_that_were_refused_for_now_are_no_tries_to_make_a_mail(store: Store) -> None:
    """A step of ours that fails once, after a greylisting, is tried again as ever."""
    send = Postbox()
    machine = owed(store, send)
    for _ in range(9):
        send.fail_next(refused("451 4.7.1 Greylisted"))
    for _ in range(3):
        machine.be_awake(MINUTE)
        machine.fall_asleep(5 * HOUR)
    printed = machine.app.renderer

    class Broken:
        def mail(self, *_: object) -> Message:
            raise ZeroDivisionError("no")

        plain_mail = mail

    machine.app.renderer = Broken()  # type: ignore[assignment]
    outcomes = runs.send_only(machine.app).outcomes
    assert outcomes == (DeliveryState.QUEUED,) * 3
    machine.app.renderer = printed
    machine.fall_asleep(5 * HOUR)
    machine.be_awake(MINUTE)

    assert machine.states() == {"sent"}
