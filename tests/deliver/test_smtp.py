"""Handing mails to a relay that works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest

from bench._sink import sink as fast_sink
from digest.deliver import MailSettings, OutgoingMessage, sender
from digest.deliver.smtp import Smtp
from digest.errors import Meaning, SendError
from digest.render import MailRenderer
from digest.resources import templates_folder
from tests import golden_issues, processes
from tests.messages import mail, nothing, settings, smtp, stuffed
from tests.servers import Relay, Script, relay, scripted, sink
from tests.waits import HUNG


def test_a_mail_arrives_byte_for_byte() -> None:
    with relay() as server, smtp(server.port) as send:
        send(mail(), before_dot=nothing)
    (envelope,) = server.envelopes
    assert envelope.mail_from == "digest@example.org"
    assert envelope.rcpt_tos == ["alice@example.org"]
    assert envelope.original_content == mail().data


def test_several_mails_share_one_connection() -> None:
    with relay() as server, smtp(server.port) as send:
        for number in range(5):
            send(mail(number), before_dot=nothing)
    assert server.greetings == 1
    assert [e.original_content for e in server.envelopes] == [mail(n).data for n in range(5)]


def test_many_mails_go_over_several_connections_and_each_is_settled_before_the_end() -> None:
    outcomes: list[Exception | None] = []
    messages = [OutgoingMessage(mail(n), nothing, outcomes.append) for n in range(12)]
    with relay() as server, smtp(server.port, connections=3) as send:
        send.send_all(messages)

        assert outcomes == [None] * 12
    assert 1 <= server.greetings <= 3
    assert sorted(e.original_content for e in server.envelopes) == sorted(
        message.mail.data for message in messages
    )


def test_where_ctrl_c_comes_while_the_last_mails_wait_each_gets_its_answer_first() -> None:
    heard, outcomes = threading.Event(), list[Exception | None]()

    def hear(number: int, frame: object) -> None:
        heard.set()
        raise KeyboardInterrupt

    def answer(_content: bytes) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        heard.wait(HUNG)
        return "250 taken"

    before = signal.signal(signal.SIGINT, hear)
    try:
        with scripted({"DOT": answer}) as server, smtp(server.port) as send:
            with pytest.raises(KeyboardInterrupt):
                send.send_all([OutgoingMessage(mail(), nothing, outcomes.append)])
            assert outcomes == [None]
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_dot_comes_after_everything_else_was_taken() -> None:
    seen: list[object] = []
    with scripted() as server, smtp(server.port) as send:
        send(mail(), before_dot=lambda: seen.extend([*server.verbs(), len(server.received)]))
    assert seen == ["EHLO", "MAIL", "RCPT", "DATA", 0]
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_what_the_dot_raises_stops_the_message_and_the_next_one_goes() -> None:
    def stop() -> None:
        raise KeyError("the outbox cannot be written")

    with scripted() as server, smtp(server.port) as send:
        with pytest.raises(KeyError):
            send(mail(1), before_dot=stop)
        send(mail(2), before_dot=nothing)
    assert server.taken == [stuffed(2)]
    assert server.connections == 2


def test_commands_go_together_where_the_server_offers_pipelining() -> None:
    with scripted(extensions=["PIPELINING", "SIZE 1000000"]) as server, smtp(server.port) as send:
        for number in range(3):
            send(mail(number), before_dot=nothing)
    assert server.taken == [stuffed(n) for n in range(3)]
    assert server.commands[1].startswith(b"MAIL FROM:<digest@example.org> SIZE=")


def test_a_refusal_among_pipelined_commands_leaves_the_connection_in_step() -> None:
    acts = {"RCPT": ["550 5.1.1 nobody here"], "DATA": ["554 5.5.1 no valid recipients"]}
    with scripted(acts, extensions=["PIPELINING"]) as server, smtp(server.port) as send:
        with pytest.raises(SendError, match="nobody here") as caught:
            send(mail(1), before_dot=nothing)
        assert (caught.value.stage, caught.value.is_permanent) == ("rcpt", True)
        send(mail(2), before_dot=nothing)
    assert server.taken == [stuffed(2)]
    assert server.connections == 1


def test_a_server_that_wants_content_for_no_one_gets_none() -> None:
    acts = {"RCPT": ["550 5.1.1 nobody here"]}
    with scripted(acts, extensions=["PIPELINING"]) as server, smtp(server.port) as send:
        with pytest.raises(SendError, match="nobody here"):
            send(mail(1), before_dot=nothing)
        send(mail(2), before_dot=nothing)
    assert server.taken == [stuffed(2)]
    assert server.connections == 2


def test_a_connection_left_alone_for_a_minute_is_replaced_without_asking_it() -> None:
    now = [0.0]
    with scripted() as server:
        send = Smtp(settings(server.port), monotonic=lambda: now[0])
        for number, moment in enumerate([0.0, 60.0, 121.0]):
            now[0] = moment
            send(mail(number), before_dot=nothing)
        send.close()
    assert server.verbs().count("QUIT") == 2
    assert server.connections == 2


def test_a_message_larger_than_the_server_takes_is_not_offered() -> None:
    with (
        scripted(extensions=["SIZE 100"]) as server,
        smtp(server.port) as send,
        pytest.raises(SendError, match="the server takes 100") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.is_permanent
    assert server.verbs() == ["EHLO", "QUIT"]


@pytest.mark.parametrize("extensions", [[], ["8BITMIME"]])
def test_eight_bit_content_goes_only_where_it_is_understood(extensions: list[str]) -> None:
    eight = mail(data="Subject: naïve\r\n\r\n".encode())
    with scripted(extensions=extensions) as server, smtp(server.port) as send:
        if extensions:
            send(eight, before_dot=nothing)
            assert server.commands[1].endswith(b" BODY=8BITMIME\r\n")
        else:
            with pytest.raises(SendError, match="ASCII"):
                send(eight, before_dot=nothing)


def test_an_address_with_another_command_in_it_adds_no_recipient() -> None:
    with scripted() as server, smtp(server.port) as send:
        with pytest.raises(SendError):
            send(mail(recipient="a@x.org>\r\nRCPT TO:<eve@x.org"), before_dot=nothing)
        send(mail(), before_dot=nothing)
    assert server.verbs().count("RCPT") == 1


def test_nothing_is_opened_before_the_first_mail() -> None:
    send = sender(MailSettings(sender="smtp", smtp=settings(1)))
    send.close()


def test_yagmail_is_loaded_only_by_who_sends() -> None:
    code = "import sys, digest.deliver; sys.exit('yagmail' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Lent:
    """So many connections of all processes; keeps what it said to each that asked."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.said: list[bool] = []
        self.lock = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[bool]:
        with self.lock:
            is_ours = self.free > 0
            self.free -= is_ours
            self.said.append(is_ours)
        try:
            yield is_ours
        finally:
            with self.lock:
                self.free += is_ours


def test_a_mail_waits_half_a_minute_for_a_connection_that_others_have() -> None:
    waits: list[float] = []
    lent = Lent(0)
    send = Smtp(settings(1, connections_in_all=1), slots=lent, wait=waits.append)

    with pytest.raises(SendError, match="connections_in_all allows") as caught:
        send(mail(), before_dot=nothing)

    assert waits == [1.0] * 30
    assert lent.said == [False] * 30
    error = caught.value
    assert (error.meaning, error.stage) == (Meaning.RELAY, "connect")
    assert error.setting == "mail.smtp.connections_in_all"


def test_a_connection_that_is_lent_is_closed_after_each_mail_and_only_then() -> None:
    for in_all, said, connections in ((1, [True, True], 2), (0, [], 1)):
        lent = Lent(1)
        with scripted() as server:
            send = Smtp(settings(server.port, connections_in_all=in_all), slots=lent)
            for number in (1, 2):
                send(mail(number), before_dot=nothing)
            assert server.verbs().count("QUIT") <= in_all * 2
            send.close()
        assert (lent.said, lent.free, server.connections) == (said, 1, connections)
        assert server.taken == [stuffed(1), stuffed(2)]


def test_many_mails_go_over_the_connections_that_are_lent() -> None:
    outcomes: list[Exception | None] = []
    messages = [OutgoingMessage(mail(n), nothing, outcomes.append) for n in range(6)]
    lent = Lent(1)
    with scripted() as server:
        send = Smtp(settings(server.port, connections=2, connections_in_all=1), slots=lent)
        send.send_all(messages)
        assert (lent.free, server.connections) == (1, 1)
    assert outcomes == [None] * 6
    assert sorted(server.taken) == [stuffed(n) for n in range(6)]


@pytest.mark.parametrize("options", [[], ["-p"], ["-8", "-e"]])
def test_postfix_takes_what_we_send(options: list[str]) -> None:
    """With pipelining, without it (-p), and as a server that knows no EHLO (-8 -e)."""
    with sink(*options) as port, smtp(port) as send:
        for number in range(20):
            send(mail(number), before_dot=nothing)


@pytest.mark.parametrize("server", [relay, scripted])
def test_what_a_server_of_the_tests_got_passes_the_gate(
    server: Callable[[], AbstractContextManager[Relay | Script]],
) -> None:
    """Else a test could carry a mail of ours that breaks a rule, and say nothing of it."""
    own = MailRenderer([templates_folder()]).mail(
        golden_issues.one_paper(), golden_issues.ALICE, golden_issues.WITH_PAGES
    )
    with server() as post, smtp(post.port) as send:
        send(own, before_dot=nothing)
    wrong = replace(own, data=own.data.replace(b"List-Id:", b"X-Id:"))
    with pytest.raises(AssertionError, match="x-id"), server() as post, smtp(post.port) as send:
        send(wrong, before_dot=nothing)


def test_the_gated_sink_refuses_what_does_not_pass() -> None:
    own = MailRenderer([templates_folder()]).mail(
        golden_issues.one_paper(), golden_issues.ALICE, golden_issues.WITH_PAGES
    )
    wrong = replace(own, data=own.data.replace(b"List-Id:", b"X-Id:"))
    with fast_sink(is_gated=True, popen=processes.Popen) as port, smtp(port) as send:
        send(own, before_dot=nothing)
        with pytest.raises(SendError, match="x-id"):
            send(wrong, before_dot=nothing)
