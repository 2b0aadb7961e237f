"""Microsoft 365 without a password, against an authority of its kind on loopback."""

from __future__ import annotations

import json
import logging
import stat
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from digest.cli import main
from digest.errors import InboxError, SendError
from digest.network import Deadline
from digest.oauth import token_of
from digest.subscribers.inbox import MailboxSettings
from digest.subscribers.inbox.mailbox import opened
from tests.imap import Account, imap
from tests.messages import mail, nothing, smtp
from tests.servers import Authority, scripted
from tests.waits import HUNG

CLIENT = "11111111-2222-3333-4444-555555555555"
SECRETS = ("access-1", "access-2", "refresh-1", "refresh-2", "device-1")


class Microsoft:
    """What Microsoft's login does: a device code, then tokens; ``answers`` may be changed."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("/tenant")
        base = f"{self.url}/oauth2/v2.0"
        endpoints = {
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/devicecode",
            "issuer": f"{self.url}/v2.0",
        }
        server.expect_request("/tenant/v2.0/.well-known/openid-configuration").respond_with_json(
            endpoints
        )
        code = {
            "device_code": "device-1", "user_code": "ABCD-EFGH", "interval": 0, "expires_in": 900,
            "verification_uri": "https://microsoft.example/devicelogin", "message": "…",
        }  # fmt: skip
        server.expect_request("/tenant/oauth2/v2.0/devicecode").respond_with_json(code)
        server.expect_request("/tenant/oauth2/v2.0/token").respond_with_handler(self._token)
        self.asked: list[str] = []
        self.refusal: dict[str, str] = {}

    def _token(self, request: Request) -> Response:
        self.asked.append(request.form["grant_type"])
        number = len(self.asked)
        info = "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ"  # {"uid": "u", "utid": "t"}
        tokens = {
            "access_token": f"access-{number}", "refresh_token": f"refresh-{number}",
            "token_type": "Bearer", "expires_in": 1, "scope": request.form.get("scope", ""),
            "client_info": info,
        }  # fmt: skip
        answer = self.refusal or tokens
        return Response(
            json.dumps(answer), 400 if self.refusal else 200, content_type="application/json"
        )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def microsoft(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.pem))
    with HTTPServer("localhost", ssl_context=authority.context("localhost")) as server:
        yield Microsoft(server)


def oauth2(microsoft: Microsoft, path: Path, user: str = "me@example.org") -> Result:
    return CliRunner().invoke(
        main,
        ["oauth2", str(path), "--user", user, "--client", CLIENT, "--authority",
         microsoft.url],
    )  # fmt: skip


def test_a_device_code_once_then_mail_goes_out_and_no_token_is_in_any_log(
    microsoft: Microsoft, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "oauth2.json"
    done = oauth2(microsoft, path)

    assert (done.exit_code, done.stderr) == (0, "")
    assert "open https://microsoft.example/devicelogin and type ABCD-EFGH" in done.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with (
        scripted(extensions=["AUTH XOAUTH2 LOGIN"]) as server,
        smtp(server.port, oauth2=str(path)) as send,
    ):
        send(mail(1), before_dot=nothing)
    (login,) = [command.split() for command in server.commands if command.startswith(b"AUTH")]
    assert b64decode(login[2]) == b"user=me@example.org\x01auth=Bearer access-2\x01\x01"
    assert microsoft.asked == ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]

    # The next refresh token replaces the first, in a file that stays its owner's alone.
    assert "refresh-2" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = f"{done.output}{caplog.text}"
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_refresh_token_that_is_over_names_the_setting_and_the_command(
    microsoft: Microsoft, tmp_path: Path
) -> None:
    path = tmp_path / "oauth2.json"
    oauth2(microsoft, path)
    microsoft.refusal = {
        "error": "invalid_grant",
        "error_description": "AADSTS700082: The refresh token refresh-1 has expired.",
    }
    with (
        scripted() as server,
        smtp(server.port, oauth2=str(path)) as send,
        pytest.raises(SendError) as caught,
    ):
        send(mail(1), before_dot=nothing)
    assert str(caught.value) == (
        f"mail.smtp.oauth2: 127.0.0.1:{server.port}: no token from Microsoft: invalid_grant"
        " AADSTS700082: make the file again by digest oauth2"
    )
    assert caught.value.is_misconfigured


def test_a_login_that_is_refused_leaves_no_file(microsoft: Microsoft, tmp_path: Path) -> None:
    microsoft.refusal = {"error": "authorization_declined", "error_description": "AADSTS1: no"}
    path = tmp_path / "oauth2.json"
    done = oauth2(microsoft, path)
    assert done.exit_code == 1
    assert done.stderr == "digest: oauth2: authorization_declined AADSTS1\n"
    assert not path.exists()


def test_a_login_out_of_reach_is_a_line_and_leaves_no_file(
    microsoft: Microsoft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", __file__)
    path = tmp_path / "oauth2.json"
    done = oauth2(microsoft, path)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"digest: oauth2: no answer from {microsoft.url}")
    assert not path.exists()


def test_a_file_that_is_there_is_left_alone(microsoft: Microsoft, tmp_path: Path) -> None:
    path = tmp_path / "oauth2.json"
    path.write_text("mine")
    assert oauth2(microsoft, path).exit_code == 2
    assert path.read_text() == "mine"


def test_an_authority_out_of_reach_is_no_fault_of_the_settings(
    microsoft: Microsoft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "oauth2.json"
    oauth2(microsoft, path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", __file__)
    with pytest.raises(OSError, match="no token from Microsoft"):
        token_of(str(path), Deadline(HUNG))


@pytest.mark.parametrize("text", ['{"microsoft": 1}', '{"microsoft": {"user": "a"}}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "oauth2.json"
    path.write_text(text)
    with pytest.raises(ValueError, match="it is damaged: make the file again by digest oauth2"):
        token_of(str(path), Deadline(HUNG))


def mailbox(account: Account, path: Path) -> MailboxSettings:
    values = {"host": "127.0.0.1", "port": account.port, "tls": "none", "oauth2": str(path)}
    return MailboxSettings(user="me@example.org", **values)  # type: ignore[arg-type]


def test_a_mailbox_is_read_by_the_same_file_and_a_refused_token_is_named(
    microsoft: Microsoft, tmp_path: Path
) -> None:
    path = tmp_path / "oauth2.json"
    oauth2(microsoft, path, "digest")
    with imap(Account(password="access-2")) as account:
        with opened(mailbox(account, path)) as session:
            assert session.uids() == []
        with pytest.raises(InboxError, match="AUTHENTICATIONFAILED") as caught:
            with opened(mailbox(account, path)):
                pass
    assert caught.value.setting == "inbox.oauth2"
    assert "access-3" not in str(caught.value)


def test_a_mailbox_that_has_no_such_file_is_named(tmp_path: Path) -> None:
    with imap(Account()) as account:
        with pytest.raises(InboxError, match=r"none\.json: no such file") as caught:
            with opened(mailbox(account, tmp_path / "none.json")):
                pass
    assert caught.value.setting == "inbox.oauth2"
