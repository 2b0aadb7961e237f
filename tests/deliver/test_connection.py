"""The way in: TLS that is verified or refused, and passwords that never travel in the clear."""

from __future__ import annotations

import hmac
import logging
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from digest.deliver import MailSettings, SmtpSettings, sender
from digest.errors import Meaning, SendError
from digest.network import of_password
from tests.messages import mail, nothing, settings, smtp
from tests.servers import Authority, Drip, Hang, relay, scripted

from ..tables import table

LOGIN = {"user": "alice", "password": "right"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_the_password_travels_under_a_certificate_that_is_verified(
    tls: str, authority: Authority
) -> None:
    trusted = {"host": "localhost", "tls": tls, "ca": str(authority.pem)}
    context = authority.context("localhost")
    with (
        relay(context=context, is_tls=tls == "tls", auth_require_tls=False) as server,
        smtp(server.port, **trusted, **LOGIN) as send,
    ):
        send(mail(1), before_dot=nothing)
        send(mail(2), before_dot=nothing)
    assert server.logins == [(b"alice", b"right")]
    assert server.logins_under_tls == [True]
    assert len(server.envelopes) == 2
    # Greeted once more inside TLS, because what was offered outside may have been forged.
    assert server.greetings == {"tls": 1, "starttls": 2}[tls]


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("names", "is_known", "complaint", "setting"),
    [
        (["elsewhere.example.org"], True, "Hostname mismatch", "mail.smtp.host"),
        (
            ["localhost"],
            False,
            "self-signed certificate in certificate chain|unable to get",
            "mail.smtp.ca",
        ),
    ],
)
def test_a_certificate_of_another_name_or_of_no_one_is_refused(
    tls: str, names: list[str], is_known: bool, complaint: str, setting: str, authority: Authority
) -> None:
    trusted = {"host": "localhost", "tls": tls, "ca": str(authority.pem) if is_known else ""}
    with (
        relay(context=authority.context(*names), is_tls=tls == "tls") as server,
        smtp(server.port, **trusted, **LOGIN) as send,
        pytest.raises(SendError, match=complaint) as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.is_permanent) == ("connect", False)
    assert "not trusted" in str(caught.value)
    assert (caught.value.meaning, caught.value.setting) == (Meaning.LOGIN, setting)
    assert not server.logins
    assert not server.envelopes


def test_a_certificate_of_another_address_names_the_host(authority: Authority) -> None:
    with (
        relay(context=authority.context("localhost"), is_tls=True) as server,
        smtp(server.port, tls="tls", ca=str(authority.pem)) as send,
        pytest.raises(SendError, match="IP address mismatch") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.meaning, caught.value.setting) == (Meaning.LOGIN, "mail.smtp.host")


def test_a_certificate_whose_time_is_over_is_the_relays_fault(authority: Authority) -> None:
    """The relay's people renew it; nothing that is set here can help."""
    with (
        relay(context=authority.context("localhost", is_over=True), is_tls=True) as server,
        smtp(server.port, host="localhost", tls="tls", ca=str(authority.pem)) as send,
        pytest.raises(SendError, match="expired") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.meaning, caught.value.setting) == (Meaning.RELAY, "")


def test_without_starttls_on_offer_nothing_is_said_in_the_clear() -> None:
    with (
        scripted(extensions=["AUTH PLAIN"]) as server,
        smtp(server.port, tls="starttls", **LOGIN) as send,
        pytest.raises(SendError, match="STARTTLS") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "connect"
    assert set(server.verbs()) == {"EHLO"}


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "500 what", b"garbage\r\n"])
def test_a_starttls_that_is_not_granted_ends_the_attempt(answer: str | bytes) -> None:
    with (
        scripted({"STARTTLS": answer}, extensions=["STARTTLS", "AUTH PLAIN"]) as server,
        smtp(server.port, tls="starttls", **LOGIN) as send,
        pytest.raises(SendError) as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "connect"
    assert "AUTH" not in server.verbs()


def test_what_is_slipped_in_behind_starttls_is_not_believed(authority: Authority) -> None:
    """An answer sent in the clear must not be read as one that came under TLS (CVE-2011-0411)."""
    forged = b"220 go on\r\n250-relay.example\r\n250 AUTH X-FORGED\r\n"
    with (
        scripted({"STARTTLS": forged}, extensions=["STARTTLS", "AUTH PLAIN"]) as server,
        smtp(server.port, host="localhost", tls="starttls", timeout=0.3, **LOGIN) as send,
        pytest.raises(SendError),
    ):
        send(mail(), before_dot=nothing)
    assert "AUTH" not in server.verbs()


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("act", [Hang, Drip])
def test_a_handshake_that_never_ends_is_given_up(tls: str, act: type) -> None:
    acts = {"CONNECT" if tls == "tls" else "STARTTLS": act}
    with (
        scripted(acts, extensions=["STARTTLS"]) as server,
        smtp(server.port, tls=tls, timeout=0.3) as send,
    ):
        with pytest.raises(SendError) as caught:
            send(mail(), before_dot=nothing)
    assert caught.value.stage == "connect"


def test_tls_spoken_to_a_server_that_does_not_is_a_plain_complaint() -> None:
    with (
        scripted() as server,
        smtp(server.port, tls="tls") as send,
        pytest.raises(SendError, match=r"wrong[_ ]version") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "connect"


def test_a_refused_password_stops_at_the_login_and_is_in_no_text(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"user": "alice", "password": "wrong-and-secret"}
    with (
        relay(auth_require_tls=False) as server,
        smtp(server.port, **secret) as send,
        pytest.raises(SendError) as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.code) == ("login", 535)
    assert not caught.value.is_permanent
    assert not server.envelopes
    told = (
        caplog.text + "".join(capfd.readouterr()) + str(caught.value) + repr(settings(1, **secret))
    )
    assert "wrong-and-secret" not in told


def test_a_login_that_the_server_does_not_offer_is_said_so() -> None:
    with (
        scripted() as server,
        smtp(server.port, **LOGIN) as send,
        pytest.raises(SendError, match="AUTH") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "login"
    assert set(server.verbs()) == {"EHLO"}


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_user_and_password_beyond_ascii_are_sent_as_utf_8(method: str) -> None:
    """RFC 4616 §2; for LOGIN and CRAM-MD5 there is no other that servers understand."""
    user, password = "älice@example.org", "pässwörd 🔑"
    challenge = b"<1896.697170952@relay.example>"
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    said = {
        "PLAIN": [f"\0{user}\0{password}"],
        "LOGIN": [user, password],
        "CRAM-MD5": [f"{user} {digest}"],
    }[method]
    acts = {"AUTH": f"334 {b64encode(challenge).decode()}"} if method == "CRAM-MD5" else {}
    acts |= {"AUTH": "334 UGFzc3dvcmQ6"} if method == "LOGIN" else {}
    answered = b64encode(said[-1].encode()).decode().upper()
    with (
        scripted({**acts, answered: "235 ok"}, extensions=[f"AUTH {method}"]) as server,
        smtp(server.port, user=user, password=password) as send,
    ):
        send(mail(), before_dot=nothing)

    words = [word for line in server.commands[1:-4] for word in line.decode().split()]
    heard = [b64decode(word).decode() for word in words if word not in ("AUTH", method)]
    assert heard == said


@table("space", ["\u00a0", "\u202f", "\u2007", "\u200b", "\ufeff"])
def test_a_space_that_is_none_in_a_password_is_named_before_anything_is_opened(space: str) -> None:
    password = space.join(["abcd", "efgh", "ijkl", "mnop"])
    with (
        scripted(extensions=["AUTH PLAIN"]) as server,
        smtp(server.port, user="alice", password=password) as send,
        pytest.raises(SendError, match="space") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.setting == "mail.smtp.password"
    assert f"U+{ord(space):04X}" in str(caught.value)
    assert "abcd" not in str(caught.value)
    assert server.connections == 0


@table(
    ("character", "name"),
    [
        ("\r", "carriage return in it (U+000D"),
        ("\n", "line end in it (U+000A"),
        ("\t", "tab in it (U+0009"),
        ("\x1b", "control character in it (U+001B"),
        ("\u2028", "line separator in it (U+2028"),
        ("\u2029", "paragraph separator in it (U+2029"),
    ],
)
def test_a_character_that_no_one_sees_at_a_passwords_end_is_named(
    character: str, name: str
) -> None:
    """As from a file that another system wrote, whose lines end otherwise."""
    found = of_password(f"abcd{character}", "mail.smtp.password")
    assert found is not None
    assert found.setting == "mail.smtp.password"
    assert name in found.what_to_do
    assert found.what_to_do.isprintable()
    assert "abcd" not in found.what_to_do


def test_an_app_password_with_plain_spaces_is_sent_as_it_is() -> None:
    with (
        scripted(extensions=["AUTH PLAIN"]) as server,
        smtp(server.port, user="alice", password="abcd efgh") as send,
    ):
        send(mail(), before_dot=nothing)
    assert server.commands[1].split()[2] == b64encode(b"\0alice\0abcd efgh")


def test_a_user_without_an_at_sign_stays_as_it_is() -> None:
    with (
        relay(auth_require_tls=False) as server,
        smtp(server.port, user="apikey", password="right") as send,
    ):
        send(mail(), before_dot=nothing)
    assert server.logins == [(b"apikey", b"right")]


def test_an_empty_password_is_tried_and_no_one_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked at the terminal"))
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("asked at the terminal"))
    with (
        relay(auth_require_tls=False) as server,
        smtp(server.port, user="alice") as send,
        pytest.raises(SendError) as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "login"
    assert set(server.logins) == {(b"alice", b"")}


@pytest.mark.parametrize("host", ["relay.example.org", "192.0.2.1", "127.0.0.1.example.org", ""])
def test_a_password_for_another_machine_without_tls_is_refused_before_anything_is_opened(
    host: str,
) -> None:
    plain = SmtpSettings(host=host, tls="none", **LOGIN)
    with pytest.raises(SendError, match="without TLS") as caught:
        sender(MailSettings(sender="smtp", smtp=plain))
    assert caught.value.stage == "login"
    assert "right" not in str(caught.value)
    sender(MailSettings(sender="smtp", smtp=replace(plain, user="", password=""))).close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_on_this_machine_a_password_may_travel_without_tls(host: str) -> None:
    sender(MailSettings(sender="smtp", smtp=replace(settings(25, **LOGIN), host=host))).close()


def test_an_authority_that_is_not_there_is_named() -> None:
    with (
        smtp(25, tls="tls", ca=str(Path("no") / "such.pem")) as send,
        pytest.raises(SendError, match=r"such\.pem") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "connect"
