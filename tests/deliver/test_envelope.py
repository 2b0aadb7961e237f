"""What goes over the wire, and what never may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.envelope import ascii_address, envelope_of, stuffed
from digest.errors import Meaning, SendError
from tests.messages import mail

from ..tables import table


@table(
    ("data", "complaint"),
    [
        (b"a\nb\r\n", "bare LF"),
        (b"a\rb\r\n", "bare CR"),
        (b"a\n.\r\nMAIL FROM:<eve@example.org>\r\n", "bare LF"),
        (b"a\r.\r\n", "bare CR"),
        (b"a\r\r\n", "bare CR"),
        (b"\n\r\n", "bare LF"),
        (b"a\0b\r\n", "NUL"),
        (b"no end", "does not end"),
        (b"", "does not end"),
        (b"x" * 999 + b"\r\n", "998"),
    ],
)
def test_what_could_smuggle_a_message_is_refused_for_good(data: bytes, complaint: str) -> None:
    with pytest.raises(SendError, match=complaint) as caught:
        envelope_of(mail(data=data))
    assert caught.value.is_permanent
    assert caught.value.stage == "mail"


def test_a_line_of_998_bytes_passes() -> None:
    assert envelope_of(mail(data=b"x" * 998 + b"\r\n")).size == 1000


@table(
    "address",
    [
        "",
        "alice",
        "@example.org",
        "alice@",
        "alice@example.org\r\nRCPT TO:<eve@example.org>",
        "alice@example.org\n",
        "alice@example.org>",
        "alice@example.org> SIZE=1",
        "<alice@example.org>",
        "alice@example.org,eve@example.org",
        "alice eve@example.org",
        " alice@example.org",
        "alice@example.org ",
        "alice@exa mple.org",
        "al\0ice@example.org",
        "al\x7fice@example.org",
        '"alice eve"@example.org',
        "alice@eve@example.org",
        "alice..eve@example.org",
        ".alice@example.org",
        "alice@.example.org",
        "x" * 65 + "@example.org",
        "alice@" + "x." * 150 + "org",
        "alicé@example.org",
        "alice@exa\u2028mple.org",
    ],
)
def test_what_is_not_one_plain_address_reaches_no_envelope(address: str) -> None:
    ours, theirs = Meaning.SENDER, Meaning.MESSAGE
    for name, stage, meaning in (("recipient", "rcpt", theirs), ("sender", "mail", ours)):
        with pytest.raises(SendError, match="not an address") as caught:
            envelope_of(mail(**{name: address}))
        assert (caught.value.stage, caught.value.meaning) == (stage, meaning)
        assert "\n" not in str(caught.value)


@table(
    ("address", "encoded"),
    [
        ("alice@example.org", "alice@example.org"),
        ("Alice.O'Hara+papers@Example.org", "Alice.O'Hara+papers@Example.org"),
        ("root@localhost", "root@localhost"),
        ("alice@[127.0.0.1]", "alice@[127.0.0.1]"),
        ("alice@bücher.example.com", "alice@xn--bcher-kva.example.com"),
    ],
)
def test_an_address_is_given_as_every_server_takes_it(address: str, encoded: str) -> None:
    assert ascii_address(address) == encoded


@given(st.lists(st.sampled_from([b".", b"a", b"\r\n", b"..", b""]), max_size=30).map(b"".join))
def test_stuffing_is_undone_by_dropping_one_dot_a_line_and_never_ends_early(body: bytes) -> None:
    data = body + b"\r\n"
    wire = stuffed(data) + b".\r\n"
    lines = wire.split(b"\r\n")
    assert lines.index(b".") == len(lines) - 2
    unstuffed = b"\r\n".join(line[1:] if line[:1] == b"." else line for line in lines[:-2])
    assert unstuffed + b"\r\n" == data
