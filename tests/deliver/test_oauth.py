"""Logging in by OAuth2: the token is fetched, the answer read, and nothing travels in the clear."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest.deliver import SmtpSettings
from digest.deliver.smtp import Smtp
from digest.errors import SendError
from tests.messages import mail, nothing, smtp
from tests.servers import scripted
from tests.waits import limits

CREDENTIALS = {
    "email_address": "alice@example.org",
    "google_client_id": "client",
    "google_client_secret": "secret-1",
    "google_refresh_token": "secret-2",
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "oauth2.json"
    path.write_text(json.dumps(CREDENTIALS))
    return str(path)


@pytest.fixture
def google(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    # Where the tokens come from is a constant of yagmail's.
    monkeypatch.setattr("yagmail.oauth2.GOOGLE_ACCOUNTS_BASE_URL", httpserver.url_for(""))
    return httpserver


def grant(google: HTTPServer) -> None:
    answer = {"access_token": "token-1", "expires_in": 3599}
    google.expect_request("/o/oauth2/token", method="POST").respond_with_json(answer)


def test_the_token_is_fetched_and_logged_in_with(google: HTTPServer, file: str) -> None:
    grant(google)
    with (
        scripted(extensions=["AUTH XOAUTH2 PLAIN"]) as server,
        smtp(server.port, oauth2=file) as send,
    ):
        send(mail(1), before_dot=nothing)
        send(mail(2), before_dot=nothing)
    (login,) = [command.split() for command in server.commands if command.startswith(b"AUTH")]
    assert login[1] == b"XOAUTH2"
    assert b64decode(login[2]) == b"user=alice@example.org\x01auth=Bearer token-1\x01\x01"
    assert len(server.taken) == 2


@pytest.mark.parametrize("refusal", ["535 5.7.8 not accepted", "334 eyJzdGF0dXMiOiI0MDAifQ=="])
def test_a_refused_token_stops_at_the_login(google: HTTPServer, file: str, refusal: str) -> None:
    grant(google)
    # After a challenge the client owes an empty line, which this server does not understand.
    with (
        scripted({"AUTH": refusal, "": "535 5.7.8 not accepted"}) as server,
        smtp(server.port, oauth2=file) as send,
        pytest.raises(SendError, match="not accepted") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert (caught.value.stage, caught.value.code) == ("login", 535)
    assert "MAIL" not in [command[:4].decode() for command in server.commands]


def test_a_token_that_google_does_not_give_is_a_login_that_failed(
    google: HTTPServer, file: str
) -> None:
    google.expect_request("/o/oauth2/token").respond_with_data("{}", status=400)
    with (
        scripted() as server,
        smtp(server.port, oauth2=file) as send,
        pytest.raises(SendError, match="no token from Google: HTTP Error 400") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "login"
    assert "secret" not in str(caught.value)


def test_a_google_that_does_not_answer_is_not_waited_for_beyond_the_deadline(
    google: HTTPServer, file: str
) -> None:
    over = threading.Event()

    def never(request: Request) -> Response:
        over.wait()
        return Response("{}")

    google.expect_request("/o/oauth2/token").respond_with_handler(never)
    try:
        for seconds in limits():
            with (
                scripted() as server,
                smtp(server.port, oauth2=file, timeout=seconds) as send,
                pytest.raises(SendError, match="in time") as caught,
            ):
                send(mail(), before_dot=nothing)
            if caught.value.stage == "login":
                break
    finally:
        over.set()
    assert caught.value.stage == "login"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("not json", "not JSON"),
        ("[]", "email_address is missing"),
        (json.dumps({**CREDENTIALS, "google_refresh_token": 7}), "google_refresh_token is missing"),
        (json.dumps({"installed": CREDENTIALS}), "email_address is missing"),
    ],
)
def test_a_file_that_will_not_do_is_named_and_no_one_is_asked(
    tmp_path: Path, content: str | None, complaint: str
) -> None:
    path = tmp_path / "oauth2.json"
    if content is not None:
        path.write_text(content)
    with (
        scripted() as server,
        smtp(server.port, oauth2=str(path)) as send,
        pytest.raises(SendError, match=f"oauth2.json: {complaint}") as caught,
    ):
        send(mail(), before_dot=nothing)
    assert caught.value.stage == "login"


def test_a_token_for_another_machine_without_tls_is_refused(file: str) -> None:
    with pytest.raises(SendError, match="without TLS"):
        Smtp(SmtpSettings(host="relay.example.org", tls="none", oauth2=file))
