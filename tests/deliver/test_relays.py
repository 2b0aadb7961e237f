"""Which of several relays a mail goes by, and how many connections all processes have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from digest.deliver import OutgoingMessage, Relay, Slots, send_each, smtp
from digest.deliver.relays import AnyRelay, Route, called, in_order
from digest.deliver.smtp import Smtp
from digest.errors import Meaning, SendError
from digest.model import Message

from ..messages import mail, nothing, settings
from ..servers import scripted
from ..tables import table


def relay(name: str, weight: int = 1, *domains: str) -> Relay:
    return Relay(name=name, smtp=settings(25), weight=weight, domains=domains)


THREE = [relay("a", 3), relay("b", 1), relay("uni", 0, "uni.example")]


def test_mails_are_shared_out_by_weight_and_each_has_its_own_order() -> None:
    orders = [in_order(THREE, id, f"r{id}@example.org") for id in range(4000)]
    assert {tuple(sorted(each)) for each in orders} == {("a", "b")}
    assert 2850 < Counter(each[0] for each in orders)["a"] < 3150
    assert orders[7] == in_order(list(reversed(THREE)), 7, "other@example.net")


@table(
    "address, after, names",
    [
        ("x@uni.example", "", {"uni"}),
        ("x@CS.Uni.Example", "", {"uni"}),
        ("x@notuni.example", "", {"a", "b"}),
        ("x@uni.example", "uni", {"a", "b"}),
        ("x@example.org", "a", {"b"}),
        ("x@example.org", "b", {"a"}),
        ("x@example.org", "gone", {"a", "b"}),
    ],
)
def test_a_domain_decides_and_after_a_refusal_the_next(
    address: str, after: str, names: set[str]
) -> None:
    assert {in_order(THREE, id, address, after)[0] for id in range(40)} == names


def test_what_each_of_three_refuses_has_gone_by_all_of_them() -> None:
    three = [relay("a"), relay("b"), relay("c")]
    tried = [in_order(three, 1, "x@example.org")[0]]
    for _ in range(3):
        tried.append(in_order(three, 1, "x@example.org", after=tried[-1])[0])
    assert (sorted(tried[:3]), tried[3]) == (["a", "b", "c"], tried[0])


def test_an_error_calls_settings_as_the_configuration_does() -> None:
    error = SendError("set mail.smtp.port to 465", Meaning.LOGIN, setting="mail.smtp.tls")
    assert str(called(error, "mail.relays.b")) == (
        "mail.relays.b.tls: set mail.relays.b.port to 465"
    )


class Slot:
    """The one connection of all, which others have at first."""

    def __init__(self, looks: int) -> None:
        self.looks, self.is_taken = looks, False

    @contextmanager
    def __call__(self) -> Iterator[bool]:
        self.looks -= 1
        if self.looks >= 0 or self.is_taken:
            yield False
            return
        self.is_taken = True
        try:
            yield True
        finally:
            self.is_taken = False


def hand_over(port: int, slots: Slots, number: int) -> list[Exception | None]:
    """Hand over mails by three connections of which all processes may have one."""
    send = Smtp(
        settings(port, connections=3, connections_in_all=1), slots=slots, wait=lambda _: None
    )
    found: list[Exception | None] = []
    mails = [mail(each) for each in range(number)]
    send.send_all(OutgoingMessage(each, nothing, found.append) for each in mails)
    send(mail(number), before_dot=nothing)
    return found


def test_of_three_connections_all_processes_have_one_which_is_closed_in_the_end() -> None:
    with scripted() as server:
        assert hand_over(server.port, Slot(0), 5) == [None] * 5
        assert (server.connections, server.verbs().count("QUIT")) == (2, 2)


class Keeping:
    """A sender that keeps single mails."""

    def __init__(self) -> None:
        self.mails: list[Message] = []

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        self.mails.append(mail)

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        send_each(self, messages)

    def close(self) -> None:
        """Nothing is open."""


def test_a_single_mail_goes_by_a_relay_that_it_may_go_by() -> None:
    senders = {each.name: Keeping() for each in reversed(THREE)}
    AnyRelay([Route(each, senders[each.name]) for each in reversed(THREE)])(
        mail(), before_dot=nothing
    )
    assert {name: len(each.mails) for name, each in senders.items()} == {"a": 1, "b": 0, "uni": 0}


def test_a_single_mail_does_not_wait_without_end_for_a_connection() -> None:
    send = Smtp(settings(25, connections_in_all=1), slots=Slot(1000), wait=lambda _: None)
    with pytest.raises(SendError, match=r"connections_in_all allows are in use; try again later"):
        send(mail(), before_dot=nothing)


def test_a_relay_that_is_gone_is_reported_once_each_has_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "_LOOK_EVERY", 0.001)
    with scripted({"CONNECT": "554 no"}) as server:
        with pytest.raises(SendError) as caught:
            hand_over(server.port, Slot(0), 2)
        assert (caught.value.meaning, server.connections) == (Meaning.RELAY, 3)
