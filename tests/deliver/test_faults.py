"""Handing mails to a relay that refuses, drops, hangs, drips or babbles, at every stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from digest.errors import SendError
from tests.messages import mail, nothing, smtp, stuffed
from tests.servers import Act, Drip, Drop, Hang, Reset, Script, scripted, sink
from tests.waits import HUNG, limits

from ..extent import some
from ..tables import table

LOGIN = {"user": "alice", "password": "right"}

#: what a message has come to when the server fails at a stage; BODY fails while content is sent
STAGES = {
    "CONNECT": "connect",
    "AUTH": "login",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "DOT": "data",
}

#: each stage with commands one by one, and those that pipelining changes with it
CELLS = [(stage, ()) for stage in STAGES]
CELLS += [(stage, ("PIPELINING",)) for stage in ("MAIL", "RCPT", "DATA", "DOT")]


def each_met(*faults: Any) -> Sequence[tuple[str, tuple[str, ...], Any]]:
    """Return each cell with every fourth fault, from cell to cell others; or with all."""
    cases = [(*cell, fault) for cell in CELLS for fault in faults]
    return some(cases, -(-len(cases) // 4))


BABBLE: dict[str, Act] = {
    "garbage": b"what?\r\n",
    "html": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "binary": b"\x15\x03\x01\x00\x02\x02\x46\r\n",
    "endless-line": b"250 " + b"x" * 100_000,
    "endless-reply": b"250-more\r\n" * 1000,
    "no-number": b"\r\n",
    "two-digits": b"25 ok\r\n",
}
SILENCE: dict[str, Act] = {"drop": Drop, "reset": Reset, "hang": Hang, "drip": Drip}


def failure(
    stage: str, act: Act, *, extensions: tuple[str, ...] = (), seconds: float = HUNG
) -> tuple[SendError, Script]:
    """Send one mail into a fault, and another one after it, when the fault is gone."""
    offered = ["AUTH PLAIN", *extensions]
    with (
        scripted({stage: [act]}, extensions=offered) as server,
        smtp(server.port, timeout=seconds, patience=seconds, **LOGIN) as send,
    ):
        with pytest.raises(SendError) as caught:
            send(mail(1), before_dot=nothing)
        # Who hung or dripped has been left; the next mail need not be as hasty.
        with smtp(server.port, **LOGIN) as patient:
            (send if seconds == HUNG else patient)(mail(2), before_dot=nothing)
    return caught.value, server


def stalled(stage: str, act: Act, *, extensions: tuple[str, ...]) -> tuple[SendError, Script]:
    """The same with a server that hangs or drips, and as much time as the steps before it need."""
    for seconds in limits():
        error, server = failure(stage, act, extensions=extensions, seconds=seconds)
        if error.stage == ("dot" if stage == "DOT" else STAGES[stage]):
            break
    return error, server


@table(("stage", "extensions", "code"), each_met(421, 450, 451, 452, 454, 550, 552, 554, 571))
def test_a_refusal_says_where_it_came_and_whether_it_is_for_good(
    stage: str, extensions: tuple[str, ...], code: int
) -> None:
    error, server = failure(stage, f"{code} 4.0.0 not so", extensions=extensions)
    assert error.code == code
    assert error.stage == STAGES[stage]
    is_of_the_message = STAGES[stage] in ("rcpt", "data")
    assert error.is_permanent is (code >= 500 and is_of_the_message)
    assert server.taken == [stuffed(2)]


@table(("stage", "extensions", "fault"), each_met(*SILENCE, *BABBLE))
def test_silence_and_babble_are_tried_again_unless_the_dot_had_gone(
    stage: str, extensions: tuple[str, ...], fault: str
) -> None:
    act = {**SILENCE, **BABBLE}[fault]
    into = stalled if act in (Hang, Drip) else failure
    error, server = into(stage, act, extensions=extensions)
    assert not error.is_permanent
    stages = {"dot" if stage == "DOT" else STAGES[stage]}
    # What was answered in the same breath may be lost with a connection that is reset.
    stages |= {"mail", "rcpt"} if act is Reset and stage == "DATA" and extensions else set()
    assert error.stage in stages
    assert "\n" not in str(error)
    assert len(str(error)) < 300
    if stage == "DOT":
        assert server.received == [stuffed(1), stuffed(2)]
    else:
        assert server.received == [stuffed(2)]


@pytest.mark.parametrize("fault", SILENCE)
def test_a_server_that_goes_while_content_is_sent_has_not_got_it(fault: str) -> None:
    # More content than the two kernels hold, so that the fault is met before the dot.
    long = mail(1, data=b"x: y\r\n\r\n" + b"papers and papers\r\n" * 1_000_000)
    for seconds in limits(1):
        with scripted({"BODY": [SILENCE[fault]]}) as server:
            with smtp(server.port, timeout=seconds, patience=seconds) as send:
                with pytest.raises(SendError) as caught:
                    send(long, before_dot=never)
            with smtp(server.port) as patient:
                patient(mail(2), before_dot=nothing)
        if server.times["BODY"]:
            break
    assert caught.value.stage == "data"
    assert server.received == [stuffed(2)]


def test_a_doubtful_answer_to_the_dot_is_a_doubt() -> None:
    error, server = failure("DOT", "354 go on")
    assert (error.stage, error.code) == ("dot", 0)
    assert server.connections == 2


def test_the_dot_is_waited_for_by_a_time_of_its_own() -> None:
    with scripted({"DOT": Hang}) as server, smtp(server.port, timeout=HUNG, patience=0.1) as send:
        with pytest.raises(SendError, match="in time") as caught:
            send(mail(), before_dot=nothing)
    assert caught.value.stage == "dot"


@table("act", ["421 4.3.2 too many messages", Drop, Reset])
@table("stage", ["MAIL", "RCPT", "DATA"])
def test_a_kept_connection_that_is_gone_is_replaced_and_the_same_mail_goes_on(
    stage: str, act: Act
) -> None:
    well = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}[stage]
    dots: list[int] = []
    with scripted({stage: [well, act]}) as server, smtp(server.port) as send:
        for number in range(3):
            send(mail(number), before_dot=lambda: dots.append(1))
    assert server.taken == [stuffed(n) for n in range(3)]
    assert server.connections == 2
    assert len(dots) == 3


def test_a_new_connection_that_is_refused_is_not_tried_twice() -> None:
    with (
        scripted({"MAIL": "421 4.7.0 slow down"}) as server,
        smtp(server.port) as send,
        pytest.raises(SendError, match="slow down"),
    ):
        send(mail(), before_dot=nothing)
    assert server.connections == 1


def test_a_refusal_on_a_kept_connection_is_not_tried_on_another() -> None:
    acts = {"RCPT": ["250 ok", "550 5.1.1 nobody here"], "RSET": Drop}
    with scripted(acts) as server, smtp(server.port) as send:
        send(mail(1), before_dot=nothing)
        with pytest.raises(SendError, match="nobody here"):
            send(mail(2), before_dot=nothing)
        send(mail(3), before_dot=nothing)
    assert server.times["RCPT"] == 3
    assert server.taken == [stuffed(1), stuffed(3)]


def test_a_refusal_counts_even_where_the_server_hangs_up_right_after() -> None:
    acts = {"RCPT": "550 5.1.1 nobody here", "DATA": Drop}
    with (
        scripted(acts, extensions=["PIPELINING"]) as server,
        smtp(server.port) as send,
        pytest.raises(SendError, match="nobody here") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.is_permanent


def test_after_a_refused_dot_the_same_connection_goes_on() -> None:
    with scripted({"DOT": ["554 5.7.1 looks like spam"]}) as server, smtp(server.port) as send:
        with pytest.raises(SendError, match="spam") as caught:
            send(mail(1), before_dot=nothing)
        send(mail(2), before_dot=nothing)
    assert (caught.value.stage, caught.value.is_permanent) == ("data", True)
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["MAIL", "RCPT"])
def test_a_login_asked_for_late_is_no_fault_of_the_message(stage: str) -> None:
    with (
        scripted({stage: "530 5.7.0 Authentication required"}) as server,
        smtp(server.port) as send,
        pytest.raises(SendError) as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.is_permanent) == ("login", False)


def test_what_a_server_says_is_one_printable_line() -> None:
    nasty = b"550-5.7.1 \x1b[2Jgo\r\n550 away\x07\xff\xe2\x80\xae\r\n"
    error, _ = failure("MAIL", nasty)
    assert error.reason == "550 5.7.1 [2Jgo away \ufffd"


def test_a_relay_that_is_not_there_is_named() -> None:
    with scripted() as server:
        port = server.port
    with smtp(port) as send, pytest.raises(SendError) as caught:
        send(mail(), before_dot=nothing)
    assert str(caught.value) == (
        f"127.0.0.1:{port}: connection refused:"
        " tried again; if it stays so, check mail.smtp.host and mail.smtp.port"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a..b", "x" * 300])
def test_a_relay_whose_name_means_nothing_is_named(host: str) -> None:
    with smtp(25, host=host) as send, pytest.raises(SendError, match=host) as caught:
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.is_permanent) == ("connect", False)


def test_a_goodbye_that_is_not_answered_does_not_matter() -> None:
    with scripted({"QUIT": Drop}) as server, smtp(server.port) as send:
        send(mail(), before_dot=nothing)
    assert server.taken == [stuffed(1)]


@table(
    ("options", "stage", "permanent"),
    [
        (("-q", "."), "dot", False),
        (("-r", "."), "data", False),
        (("-f", "."), "data", True),
        (("-q", "DATA"), "data", False),
        (("-r", "RCPT"), "rcpt", False),
        (("-f", "RCPT"), "rcpt", True),
        (("-f", "MAIL"), "mail", False),
        (("-q", "MAIL"), "mail", False),
        (("-q", "CONNECT"), "connect", False),
    ],
)
def test_postfix_fails_where_it_is_told_to(
    options: tuple[str, ...], stage: str, permanent: bool
) -> None:
    with sink(*options) as port, smtp(port) as send, pytest.raises(SendError) as caught:
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.is_permanent) == (stage, permanent)


def never() -> None:
    raise AssertionError("the dot was reached")
