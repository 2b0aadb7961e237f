"""Pausing what fails again and again, and resuming it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from digest.deliver import OutgoingMessage
from digest.deliver.breaker import FIRST_PAUSE, LONGEST_PAUSE, BreakingSender, CircuitBreaker
from digest.errors import Meaning, SendError
from digest.model import Message
from tests.fakes import AWAY, LOST, refused
from tests.messages import mail, nothing


@dataclass
class Relay:
    """A sender that answers by domain, and keeps whom it was asked to send to."""

    answers: dict[str, SendError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        self.asked.append(mail.recipient)
        error = self.answers.get(mail.recipient.partition("@")[2])
        if error:
            raise error

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        for message in messages:
            try:
                self(message.mail, before_dot=message.before_dot)
            except SendError as error:
                message.settle(error)
            else:
                message.settle(None)

    def close(self) -> None:
        self.asked.append("closed")


BUSY = refused("451 4.3.2 busy")
NOBODY = refused("550 5.1.1 nobody here")
SPAM = refused("554 5.7.1 spam", "data")


class Post:
    """A breaker with a clock that is set by hand."""

    def __init__(self, *, limit: int = 3, **answers: SendError) -> None:
        self.now = 0.0
        self.relay = Relay({f"{name}.example": error for name, error in answers.items()})
        self.breaker = BreakingSender(self.relay, limit=limit, monotonic=lambda: self.now)

    def try_one(self, domain: str) -> str:
        try:
            self.breaker(mail(recipient=f"alice@{domain}.example"), before_dot=nothing)
        except SendError as error:
            return error.reason
        return "sent"


def test_a_domain_that_fails_in_a_row_is_left_alone_and_others_are_not() -> None:
    post = Post(bad=BUSY)
    for _ in range(3):
        assert "busy" in post.try_one("bad")
        assert post.try_one("good") == "sent"
    assert post.try_one("bad") == "bad.example: paused after 3 refusals in a row"
    assert post.try_one("good") == "sent"
    assert post.relay.asked.count("alice@bad.example") == 3


def test_after_the_pause_one_mail_is_let_through_to_see() -> None:
    post = Post(bad=BUSY)
    for _ in range(3):
        post.try_one("bad")
    post.try_one("good")
    post.now = FIRST_PAUSE
    assert "busy" in post.try_one("bad")
    assert "paused" in post.try_one("bad")
    post.now = FIRST_PAUSE + 2 * FIRST_PAUSE
    del post.relay.answers["bad.example"]
    assert post.try_one("bad") == "sent"
    assert post.try_one("bad") == "sent"


def test_pauses_grow_to_four_hours() -> None:
    post = Post(bad=BUSY)
    pauses = []
    for _ in range(15):
        while "paused" not in post.try_one("bad"):
            post.try_one("good")
        started = post.now
        while "paused" in post.try_one("bad"):
            post.now += FIRST_PAUSE / 2
        post.try_one("good")
        pauses.append(post.now - started)
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE
    assert pauses == sorted(pauses)


def test_a_success_between_failures_starts_the_count_anew() -> None:
    post = Post(limit=3)
    for _ in range(5):
        post.relay.answers["bad.example"] = BUSY
        assert "busy" in post.try_one("bad")
        assert "busy" in post.try_one("bad")
        del post.relay.answers["bad.example"]
        assert post.try_one("bad") == "sent"


def test_addresses_that_are_no_good_do_not_pause_their_domain() -> None:
    post = Post(bad=NOBODY)
    for _ in range(10):
        assert "nobody" in post.try_one("bad")
        post.try_one("good")


def test_a_relay_that_refuses_everybody_is_left_before_everybody_has_failed() -> None:
    post = Post()
    post.relay.answers = {f"d{n}.example": SPAM for n in range(50)}
    told = [post.try_one(f"d{n}") for n in range(50)]
    assert told.count("554 5.7.1 spam") == 3
    assert told[3] == "the relay: paused after 3 refusals in a row"
    with pytest.raises(SendError) as caught:
        post.breaker(mail(recipient="alice@d9.example"), before_dot=nothing)
    assert caught.value.meaning is Meaning.RELAY


@pytest.mark.parametrize("error", [AWAY, LOST])
def test_what_says_nothing_about_a_refusal_is_not_counted(error: SendError) -> None:
    post = Post(bad=error)
    for _ in range(10):
        assert post.try_one("bad") == error.reason


def test_a_probe_that_came_to_nothing_leaves_the_way_to_the_next() -> None:
    post = Post(bad=BUSY)
    for _ in range(3):
        post.try_one("bad")
    post.try_one("good")
    post.now = FIRST_PAUSE
    post.relay.answers["bad.example"] = AWAY
    assert "refused" in post.try_one("bad")
    assert "refused" in post.try_one("bad")


def test_among_many_the_paused_are_settled_and_the_others_sent() -> None:
    post = Post(bad=BUSY)
    came_to: list[tuple[str, str]] = []

    def message(domain: str) -> OutgoingMessage:
        def settle(error: Exception | None) -> None:
            came_to.append((domain, str(error or "sent")))

        return OutgoingMessage(mail(recipient=f"a@{domain}.example"), nothing, settle)

    post.breaker.send_all(message(domain) for domain in ["bad", "good"] * 5)
    assert [what for domain, what in came_to if domain == "good"] == ["sent"] * 5
    assert ["paused" in what for domain, what in came_to if domain == "bad"] == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_among_many_a_paused_relay_ends_the_run() -> None:
    post = Post(bad=SPAM)
    came_to: list[Exception | None] = []
    messages = (
        OutgoingMessage(mail(recipient="a@bad.example"), nothing, came_to.append) for _ in range(50)
    )
    with pytest.raises(SendError, match="the relay: paused"):
        post.breaker.send_all(messages)
    assert len(came_to) == 4
    assert next(messages, None) is not None


def test_closing_reaches_what_sends() -> None:
    post = Post()
    post.breaker.close()
    assert post.relay.asked == ["closed"]


def test_after_a_pause_one_is_let_through_until_its_outcome_is_noted() -> None:
    breaker = CircuitBreaker(limit=2)
    assert [breaker.admits(0), breaker.admits(0)] == [True, True]
    breaker.note(0, has_failed=True)
    assert breaker.admits(0)
    breaker.note(0, has_failed=True)
    until = breaker.shut_until

    assert [breaker.admits(at) for at in (until - 1, until, until)] == [False, True, False]
    breaker.note(until, has_failed=True)
    assert breaker.shut_until - until == 2 * until
    again = breaker.shut_until
    assert [breaker.admits(again), breaker.admits(again)] == [True, False]
    breaker.note(again, has_failed=False)
    assert [breaker.admits(again), breaker.admits(again)] == [True, True]
