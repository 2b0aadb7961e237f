"""What all connections share: the deadline, this machine's own names, errors in plain words."""

from __future__ import annotations

import ssl

import pytest

from digest.network import Deadline, is_loopback, is_not_tls, plainly, printable

from .tables import table


def test_a_deadline_counts_down_and_can_be_extended() -> None:
    seconds, now = 30.0, [100.0]
    deadline = Deadline(seconds, monotonic=lambda: now[0])
    assert (deadline.left(), deadline.remaining(), deadline.is_over()) == (30.0, 30.0, False)

    now[0] = 131.0
    assert (deadline.remaining(), deadline.is_over()) == (0.0, True)
    with pytest.raises(TimeoutError, match="no answer in time"):
        deadline.left()

    deadline.extend(5.0)
    assert deadline.left() == 4.0


@table("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_known(host: str) -> None:
    assert is_loopback(host)


@table(
    "host", ["localhost.example.org", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0", "", "127.0.0.1.x"]
)
def test_no_other_host_is_taken_for_this_machine(host: str) -> None:
    assert not is_loopback(host)


@table(
    ("error", "said"),
    [
        (TimeoutError("timed out"), "no answer in time"),
        ("pässwörd".encode, "only ASCII can be used here"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (ValueError("Not a name."), "not a name"),
        (ValueError("SMTP is off"), "SMTP is off"),
        (ValueError("two\r\nlines\x1b[2J"), "two lines [2J"),
        (KeyError(), "KeyError"),
    ],
)
def test_an_error_is_one_plain_line(error: object, said: str) -> None:
    if callable(error):
        with pytest.raises(UnicodeEncodeError) as caught:
            error("ascii")
        error = caught.value
    assert isinstance(error, Exception)
    assert plainly(error) == said


def test_a_servers_text_is_cut() -> None:
    assert len(printable("x" * 5000)) == 200
    assert printable(b"\xff\x00ok") == "\ufffd ok"


def test_only_an_answer_that_is_no_tls_is_taken_for_one() -> None:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    assert is_not_tls(error)
    assert not is_not_tls(ssl.SSLError(1, "handshake failure"))
    assert not is_not_tls(OSError(1, "x"))
