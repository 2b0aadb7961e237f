"""Handing over many mails at once, whatever happens to some of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product
from pathlib import Path

import pytest

from digest.deliver import OutgoingMessage, SmtpSettings
from digest.deliver.client import SmtpClient
from digest.deliver.connection import Connection
from digest.deliver.envelope import Envelope
from digest.deliver.folder import Folder
from digest.deliver.smtp import Smtp
from digest.deliver.transaction import commands
from digest.errors import Meaning, SendError
from digest.network import Deadline
from digest.store import OutOfReachError
from tests.extent import IS_WHOLE, some
from tests.messages import mail, smtp, stuffed
from tests.servers import Act, Drop, Hang, Reset, Script, Wait, relay, scripted, sink
from tests.waits import HUNG, limits

from ..tables import table

MANY = 24


@dataclass
class Outbox:
    """Owes so many mails, and keeps what became of each."""

    count: int = MANY
    came_to: dict[int, Exception | None] = field(default_factory=dict)
    dots: Counter[int] = field(default_factory=Counter)
    pulled: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handovers(self) -> Iterator[OutgoingMessage]:
        for number in range(self.count):
            self.pulled += 1
            yield OutgoingMessage(
                mail(number),
                lambda number=number: self.dot(number),
                lambda error, number=number: self.settle(number, error),
            )

    def dot(self, number: int) -> None:
        with self.lock:
            self.dots[number] += 1

    def settle(self, number: int, error: Exception | None) -> None:
        with self.lock:
            assert number not in self.came_to, "settled twice"
            self.came_to[number] = error

    def sent(self) -> list[int]:
        return sorted(number for number, error in self.came_to.items() if error is None)


def agree(outbox: Outbox, server: Script) -> None:
    """Nothing is lost, nothing is there twice, and nothing is said that is not so."""
    taken = Counter(server.taken)
    for number, error in outbox.came_to.items():
        times = taken[stuffed(number)]
        if error is None:
            assert times == 1
        elif not isinstance(error, SendError) or error.stage != "dot":
            assert times == 0
        assert times <= outbox.dots[number] <= 1


@table("connections", [1, 2, 4])
@table("extensions", [[], ["PIPELINING"]])
def test_every_mail_arrives_once_and_is_settled(connections: int, extensions: list[str]) -> None:
    outbox = Outbox()
    with (
        scripted(extensions=extensions) as server,
        smtp(server.port, connections=connections) as send,
    ):
        send.send_all(outbox.handovers())
    assert outbox.sent() == list(range(MANY))
    assert len(server.taken) == MANY
    assert 1 <= server.connections <= connections
    agree(outbox, server)


def test_a_real_relay_gets_them_all_byte_for_byte() -> None:
    outbox = Outbox()
    with relay() as server, smtp(server.port, connections=3) as send:
        send.send_all(outbox.handovers())
        send.send_all(Outbox(3).handovers())
    assert server.greetings <= 3
    arrived = [envelope.original_content for envelope in server.envelopes]
    assert sorted(arrived) == sorted([mail(n).data for n in [*range(MANY), *range(3)]])


def test_postfix_gets_them_all_pipelined() -> None:
    outbox = Outbox(200)
    with sink() as port, smtp(port, connections=4) as send:
        send.send_all(outbox.handovers())
    assert outbox.sent() == list(range(200))


def test_the_next_envelope_is_under_way_before_the_dot_is_answered() -> None:
    """One round trip a mail and not four: no dot is answered before the next DATA has come."""
    outbox = Outbox(12)
    with (
        scripted({"DOT": [Wait] * 11}, extensions=["PIPELINING"]) as server,
        smtp(server.port) as send,
    ):
        send.send_all(waiting(outbox.handovers()))
    assert outbox.sent() == list(range(12))
    assert server.connections == 1


def test_turns_that_cannot_be_asked_for_leave_no_dot_without_its_answer() -> None:
    """As where the database that counts them is away while a mail is at its dot."""
    outbox, asked = Outbox(3), count()

    def turns(_gap: float) -> float:
        if next(asked):
            raise OutOfReachError("the database is away")
        return 0

    with scripted(extensions=["PIPELINING"]) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", per_minute=60)
        with closing(Smtp(settings, turns=turns)) as send, pytest.raises(OutOfReachError):
            send.send_all(waiting(outbox.handovers()))
    assert outbox.sent() == [0]
    assert len(server.taken) == 1


def waiting(messages: Iterator[OutgoingMessage]) -> Iterator[OutgoingMessage]:
    """Hold each mail's dot back until the next one is in line."""
    owed = list(messages)
    in_line = [threading.Event() for _ in owed]

    def before_dot(number: int) -> None:
        for follows in in_line[number + 1 : number + 2]:
            follows.wait()
        owed[number].before_dot()

    for number, each in enumerate(owed):
        yield OutgoingMessage(each.mail, partial(before_dot, number), each.settle)
        in_line[number].set()


def test_without_pipelining_nothing_goes_out_before_its_turn() -> None:
    outbox = Outbox(3)
    with scripted() as server, smtp(server.port) as send:
        send.send_all(outbox.handovers())
    assert server.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


FAULTS: dict[str, Act] = {
    "421": "421 4.3.2 going down",
    "450": "450 4.2.0 later",
    "451": "451 4.3.0 trouble",
    "550": "550 5.1.1 nobody here",
    "554": "554 5.7.1 no",
    "drop": Drop,
    "reset": Reset,
    "hang": Hang,
    "garbage": b"what\r\n",
    "out-of-step": "299 ok?",
}

GOOD = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "DOT": "250 taken", "BODY": ""}


CELLS = [(stage, fault) for stage in ("MAIL", "RCPT", "DATA", "DOT") for fault in FAULTS]
# Nobody listens to answers while content is sent.
CELLS += [("BODY", fault) for fault in ("drop", "reset", "hang")]


#: One by one and in groups, on one connection and on three: in turn, or all for each cell.
#: In short, for every third cell, by which each fault and each stage is met.
WAYS = list(product(([], ["PIPELINING"]), (1, 3)))


@table(
    ("stage", "fault", "extensions", "connections"),
    some(
        [
            (*cell, *way)
            for place, cell in enumerate(CELLS)
            for way in (WAYS if IS_WHOLE else [WAYS[place % 4]])
        ],
        15,
    ),
)
def test_a_fault_costs_at_most_the_mails_it_met(
    stage: str, fault: str, extensions: list[str], connections: int
) -> None:
    act, well = FAULTS[fault], GOOD[stage]
    acts = {stage: [well, well, act, well, act]}
    for seconds in limits() if act is Hang else [HUNG]:
        outbox = Outbox()
        with scripted(acts, extensions=extensions) as server:
            served_in(seconds, outbox, server, connections)
        if len(outbox.sent()) >= MANY - 2:
            break
    assert sorted(outbox.came_to) == list(range(MANY))
    assert len(outbox.sent()) >= MANY - 2
    agree(outbox, server)
    for error in outbox.came_to.values():
        if isinstance(error, SendError) and error.code >= 500:
            assert error.is_permanent is (error.stage != "mail")


def served_in(seconds: float, outbox: Outbox, server: Script, connections: int) -> None:
    """Send all with a time-out that is too short for a healthy answer on a slow machine."""
    bound = {"timeout": seconds, "patience": seconds}
    with smtp(server.port, connections=connections, **bound) as send:
        try:
            send.send_all(outbox.handovers())
        except SendError:
            if seconds >= HUNG:
                raise


@pytest.mark.parametrize("connections", [1, 3])
def test_with_no_way_in_it_stops_and_no_one_is_asked_again_and_again(connections: int) -> None:
    outbox = Outbox(500)
    acts = {"AUTH": "535 5.7.8 wrong"}
    with (
        scripted(acts, extensions=["AUTH PLAIN"]) as server,
        smtp(server.port, connections=connections, user="alice", password="x") as send,
        pytest.raises(SendError, match="wrong") as caught,
    ):
        send.send_all(outbox.handovers())
    assert caught.value.stage == "login"
    assert server.connections <= connections
    assert len(outbox.came_to) == outbox.pulled < 500
    for error in outbox.came_to.values():
        assert isinstance(error, SendError)
        assert (error.stage, error.is_permanent) == ("login", False)
    assert not outbox.dots


def test_a_connection_that_is_refused_leaves_its_mail_to_the_others() -> None:
    outbox = Outbox()
    acts = {"CONNECT": ["220 ready", *["421 4.7.0 too many connections"] * 50]}
    with scripted(acts) as server, smtp(server.port, connections=4) as send:
        send.send_all(outbox.handovers())
    assert outbox.sent() == list(range(MANY))
    agree(outbox, server)


def test_a_relay_that_goes_away_in_the_middle_leaves_the_rest_unsent() -> None:
    outbox = Outbox()
    acts = {"CONNECT": ["220 ready", *["421 4.3.2 closed"] * 50], "MAIL": ["250 ok"] * 5 + [Drop]}
    with (
        scripted(acts) as server,
        smtp(server.port) as send,
        pytest.raises(SendError, match="closed"),
    ):
        send.send_all(outbox.handovers())
    assert outbox.sent() == [0, 1, 2, 3, 4]
    assert len(outbox.came_to) == outbox.pulled
    agree(outbox, server)


@pytest.mark.parametrize("extensions", [[], ["PIPELINING"]])
def test_what_the_dot_raises_costs_that_mail_alone(extensions: list[str]) -> None:
    outbox = Outbox()

    def dot(number: int) -> None:
        if number in (3, 4, 11):
            raise KeyError("somebody else has claimed it")
        outbox.dots[number] += 1

    outbox.dot = dot  # type: ignore[method-assign]
    with scripted(extensions=extensions) as server, smtp(server.port, connections=2) as send:
        send.send_all(outbox.handovers())
    assert len(outbox.sent()) == MANY - 3
    assert {type(outbox.came_to[number]) for number in (3, 4, 11)} == {KeyError}
    agree(outbox, server)


@pytest.mark.parametrize("connections", [1, 3])
def test_what_settling_raises_ends_it_all_and_comes_through(connections: int) -> None:
    outbox = Outbox(500)

    def settle(number: int, error: Exception | None) -> None:
        if number == 7:
            raise OSError("the disk is full")

    outbox.settle = settle  # type: ignore[method-assign]
    with (
        scripted() as server,
        smtp(server.port, connections=connections) as send,
        pytest.raises(OSError, match="disk"),
    ):
        send.send_all(outbox.handovers())
    assert outbox.pulled < 50


def test_what_making_a_mail_raises_comes_through_and_what_was_taken_is_finished() -> None:
    outbox = Outbox(5)

    def breaking() -> Iterator[OutgoingMessage]:
        yield from outbox.handovers()
        raise LookupError("no more")

    with (
        scripted() as server,
        smtp(server.port, connections=2) as send,
        pytest.raises(LookupError),
    ):
        send.send_all(breaking())
    assert len(server.taken) == len(outbox.sent())


def test_a_mail_that_cannot_go_over_the_wire_is_settled_and_the_rest_go() -> None:
    outbox = Outbox(6)
    messages = list(outbox.handovers())
    messages[2] = OutgoingMessage(
        mail(2, data=b"bare\nLF\r\n"), messages[2].before_dot, messages[2].settle
    )
    with scripted() as server, smtp(server.port) as send:
        send.send_all(messages)
    assert outbox.sent() == [0, 1, 3, 4, 5]
    agree(outbox, server)


@table("extensions", [[], ["PIPELINING"]])
@table(("mails", "connections"), [(1, 10), (3, 4), (0, 1)])
def test_a_connection_is_replaced_after_so_many_mails(
    extensions: list[str], mails: int, connections: int
) -> None:
    outbox = Outbox(10)
    with (
        scripted(extensions=extensions) as server,
        smtp(server.port, per_connection=mails) as send,
    ):
        send.send_all(outbox.handovers())
    assert outbox.sent() == list(range(10))
    assert server.connections == connections
    assert server.verbs().count("QUIT") == connections


@pytest.mark.parametrize("extensions", [[], ["PIPELINING"]])
def test_no_more_go_out_in_a_minute_than_allowed(extensions: list[str]) -> None:
    clock = Clock()
    outbox = Outbox(13)
    limited = {"per_minute": 6, "connections": 2, "tls": "none", "port": 0}
    with scripted(extensions=extensions) as server:
        send = Smtp(
            SmtpSettings(host="127.0.0.1", **{**limited, "port": server.port}),  # type: ignore[arg-type]
            monotonic=clock,
            wait=clock.pass_by,
        )
        send.send_all(outbox.handovers())
        send.close()
    assert outbox.sent() == list(range(13))
    # Twelve pauses of ten seconds: of two connections one waits, and the other for it.
    assert clock.turns == [10.0 * n for n in range(1, 13)]


class Clock:
    """Goes only where somebody waits; keeps the moments that were waited for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns: list[float] = []
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds
            self.turns.append(self.now)


@table(
    ("offered", "text", "sent"),
    [
        ({}, "ascii", ""),
        ({"size": ""}, "ascii", " SIZE=5"),
        ({"size": "0"}, "ascii", " SIZE=5"),
        ({"size": "5"}, "ascii", " SIZE=5"),
        ({"size": "many"}, "ascii", " SIZE=5"),
        ({"size": "4"}, "ascii", "the message has 5 bytes, the server takes 4"),
        ({}, "ü", "the server takes ASCII only"),
        ({"8bitmime": ""}, "ü", " BODY=8BITMIME"),
        ({"8bitmime": "", "size": "9"}, "ü", " SIZE=2 BODY=8BITMIME"),
    ],
)
def test_a_server_is_asked_for_what_it_offers(
    offered: dict[str, str], text: str, sent: str
) -> None:
    client = SmtpClient(deadline=Deadline(HUNG))
    client.does_esmtp, client.esmtp_features = True, offered
    data = text.encode()
    envelope = Envelope("a@a.example", "b@b.example", data, len(data), data.isascii())
    try:
        said = [each.decode() for each in commands(Connection(client), envelope)]
    except SendError as error:
        assert (error.stage, error.reason) == ("mail", sent)  # noqa: PT017  # a row may be refused
        assert error.meaning is Meaning.MESSAGE  # noqa: PT017
    else:
        mail_from = f"MAIL FROM:<a@a.example>{sent}\r\n"
        assert said == [mail_from, "RCPT TO:<b@b.example>\r\n", "DATA\r\n"]


def test_a_folder_takes_many_too(tmp_path: Path) -> None:
    outbox = Outbox(5)
    Folder(tmp_path).send_all(outbox.handovers())
    assert outbox.sent() == list(range(5))
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_settles_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    outbox = Outbox(3)
    Folder(tmp_path / "outbox").send_all(outbox.handovers())
    assert [type(error) for error in outbox.came_to.values()] == [SendError] * 3
