"""smtplib's client, bounded: what it reads of a server, and what it refuses to read."""

from __future__ import annotations

import base64
import hmac
import smtplib
import socket
from collections.abc import Callable, Iterator

import pytest

from digest.deliver.client import NoGreetingError, SmtpClient, closing_on_error
from digest.network import Deadline

from ..tables import table
from ..waits import HUNG

Connected = tuple[SmtpClient, socket.socket]


def connected(seconds: float = HUNG) -> Connected:
    ours, theirs = socket.socketpair()
    client = SmtpClient(deadline=Deadline(seconds), local_hostname="here.example")
    client.sock = ours
    return client, theirs


@pytest.fixture
def pair() -> Iterator[Connected]:
    client, theirs = connected()
    yield client, theirs
    client.close()
    theirs.close()


@table(
    "sent code text",
    [
        (b"250 ok\r\n", 250, b"ok"),
        (b"250\r\n", 250, b""),
        (b"250-one\r\n250 two \n", 250, b"one\ntwo"),
        (b"250-" + b"a" * 8186 + b"\r\n250 b\r\n", 250, b"a" * 8186 + b"\nb"),
        (b"250-x\r\n" * 99 + b"220 y\r\n", 220, b"x\n" * 99 + b"y"),
    ],
)
def test_a_reply_is_read_to_its_last_line(sent: bytes, code: int, text: bytes) -> None:
    client, theirs = connected()
    with theirs:
        theirs.sendall(sent + b"251 the next\r\n")

        assert client.getreply() == (code, text)
        assert client.getreply() == (251, b"the next")
    client.close()


@table(
    "sent said",
    [
        (b"25x no\r\n", r"not an SMTP reply: '25x no"),
        (b"250_no\r\n", r"not an SMTP reply: '250_no"),
        (b"HTTP/1.1 " + b"4" * 90 + b"\r\n", r"not an SMTP reply: 'HTTP/1\.1 4{51}'$"),
        (b"250-" + b"a" * 8187 + b"\r\n", "a reply line that does not end"),
        (b"250-x\r\n" * 100, "a reply that does not end"),
        (b"", "the server hung up"),
        (b"250-half\r\n", "the server hung up"),
    ],
)
def test_what_is_no_reply_ends_the_connection(sent: bytes, said: str) -> None:
    client, theirs = connected()
    theirs.sendall(sent)
    theirs.close()

    with pytest.raises(smtplib.SMTPException, match=said):
        client.getreply()
    assert client.sock is None
    with pytest.raises(smtplib.SMTPServerDisconnected, match="the connection is closed"):
        client.getreply()


def test_neither_a_line_nor_a_reply_is_waited_for_beyond_the_deadline(pair: Connected) -> None:
    client, _ = pair
    client.deadline = Deadline(0)

    with pytest.raises(TimeoutError):
        client.send(b"NOOP\r\n")
    with pytest.raises(TimeoutError):
        client.getreply()
    assert client.sock is None


def secret(challenge: bytes | None = None) -> str:
    return "user\0geheim" if challenge is None else f"{challenge.decode()} geheim"


@pytest.mark.parametrize(
    ("answers", "is_first", "sent"),
    [
        (["235 in"], True, ["AUTH PLAIN dXNlcgBnZWhlaW0="]),
        (["503 already in"], True, ["AUTH PLAIN dXNlcgBnZWhlaW0="]),
        (["334 eA==", "235 in"], False, ["AUTH PLAIN", "eCBnZWhlaW0="]),
        (["334 eA=="] * 4 + ["235 in"], True, ["AUTH PLAIN dXNlcgBnZWhlaW0=", *["eCBnZWhlaW0="] * 4]),  # noqa: E501
        (["334 eA=="] * 5 + ["235 in"], False, ["AUTH PLAIN", *["eCBnZWhlaW0="] * 5]),
    ],
)  # fmt: skip
def test_each_challenge_is_answered(
    pair: Connected, answers: list[str], is_first: bool, sent: list[str]
) -> None:
    client, theirs = pair
    theirs.sendall("".join(f"{answer}\r\n" for answer in answers).encode())

    code, _ = client.auth("plain", secret, initial_response_ok=is_first)

    assert code == int(answers[-1][:3])
    assert theirs.recv(4096).decode().splitlines() == sent


@pytest.mark.parametrize(
    ("answers", "said", "kind"),
    [
        (["535 no"], "no", smtplib.SMTPAuthenticationError),
        (["334 eA=="] * 6, "eA==", smtplib.SMTPAuthenticationError),
        (["334 e"], "a challenge that cannot be read", smtplib.SMTPException),
    ],
)
def test_a_login_that_is_refused_or_does_not_end_is_an_error(
    pair: Connected, answers: list[str], said: str, kind: type[Exception]
) -> None:
    client, theirs = pair
    theirs.sendall("".join(f"{answer}\r\n" for answer in answers).encode())

    with pytest.raises(kind, match=said):
        client.auth("plain", secret)


def test_an_empty_first_answer_is_one_sign(pair: Connected) -> None:
    client, theirs = pair
    theirs.sendall(b"235 in\r\n")

    client.auth("external", lambda challenge=None: "")

    assert theirs.recv(99) == b"AUTH EXTERNAL =\r\n"


def test_cram_md5_is_the_user_and_a_digest_of_the_challenge(pair: Connected) -> None:
    client, theirs = pair
    client.user, client.password = "jö", "geheim"
    theirs.sendall(b"334 " + base64.b64encode(b"<1@x>") + b"\r\n235 in\r\n")

    client.auth("cram-md5", client.auth_cram_md5, initial_response_ok=False)

    digest = hmac.new(b"geheim", b"<1@x>", "md5").hexdigest()
    last = theirs.recv(999).splitlines()[-1]
    assert base64.b64decode(last).decode() == f"jö {digest}"
    assert client.auth_cram_md5() is None


Addresses = list[tuple[object, ...]]


def ways(*hosts: str) -> Callable[..., Addresses]:
    return lambda *_, **__: [(0, 0, 0, "", (host, 25)) for host in hosts]


def test_each_address_of_a_host_is_tried_for_an_equal_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[tuple[str, float]] = []

    def refused(address: tuple[str, int], share: float) -> socket.socket:
        tried.append((address[0], share))
        if address[0] == "10.0.0.3":
            return theirs
        raise OSError("refused")

    theirs, other = socket.socketpair()
    other.sendall(b"220 here\r\n")
    monkeypatch.setattr(socket, "create_connection", refused)
    client = SmtpClient(deadline=Deadline(600, lambda: 0.0), local_hostname="here.example")
    monkeypatch.setattr(socket, "getaddrinfo", ways("10.0.0.1", "10.0.0.1", "10.0.0.2"))
    with pytest.raises(OSError, match=r"^refused$"):
        client.connect("x.example", 25)
    assert tried == [("10.0.0.1", 300), ("10.0.0.2", 600)]
    assert not client.is_reached

    monkeypatch.setattr(socket, "getaddrinfo", ways("10.0.0.1", "10.0.0.2", "10.0.0.3"))
    assert client.connect("x.example", 25) == (220, b"here")
    assert tried[2:] == [("10.0.0.1", 200), ("10.0.0.2", 300), ("10.0.0.3", 600)]
    assert client.is_reached
    client.close()
    other.close()

    monkeypatch.setattr(socket, "getaddrinfo", ways())
    with pytest.raises(OSError, match=r"^x\.example has no address$"):
        client.connect("x.example", 25)


@pytest.mark.parametrize("is_reached", [False, True])
def test_only_a_server_that_was_reached_can_send_no_greeting(
    monkeypatch: pytest.MonkeyPatch, is_reached: bool
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError("silent")

    monkeypatch.setattr(smtplib.SMTP, "connect", silent)
    client = SmtpClient(deadline=Deadline(HUNG), local_hostname="here.example")
    client.is_reached = is_reached

    with pytest.raises(TimeoutError, match="silent") as caught:
        client.connect("x.example", 25)
    assert isinstance(caught.value, NoGreetingError) is is_reached


def test_a_socket_is_closed_where_its_handshake_fails() -> None:
    plain, other = socket.socketpair()
    with other, pytest.raises(KeyboardInterrupt), closing_on_error(plain):
        raise KeyboardInterrupt
    assert plain.fileno() == -1
