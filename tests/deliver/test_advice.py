"""Which setting is at fault when a mail server cannot be reached, and what to write instead."""

from __future__ import annotations

import smtplib
import ssl
from pathlib import Path

import pytest

from digest.deliver.advice import failure_advice
from digest.deliver.client import NoGreetingError
from tests.messages import settings
from tests.servers import Authority, relay

from ..tables import table


def not_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


def of_no_one() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "self-signed")
    error.verify_code = 18
    return error


NO_STARTTLS = smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server.")
NO_AUTH = smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server.")
ADVICE = [
    (
        (25, "tls"), not_tls(), "mail.smtp.tls",
        "port 25 does not begin with TLS: set it to starttls, or mail.smtp.port to 465",
    ),
    (
        (465, "tls"), not_tls(), "mail.smtp.tls",
        "port 465 does not begin with TLS: set it to starttls",
    ),
    (
        (25, "starttls"), NO_STARTTLS, "mail.smtp.tls",
        "port 25 offers no STARTTLS: set it to tls with mail.smtp.port 465, "
        "or mail.smtp.port to 587",
    ),
    (
        (587, "starttls"), NO_STARTTLS, "mail.smtp.tls",
        "port 587 offers no STARTTLS: set it to tls with mail.smtp.port 465",
    ),
    (
        (25, "none"), NO_AUTH, "mail.smtp.tls",
        "no login is offered without TLS: set it to starttls",
    ),
    ((25, "tls"), NO_AUTH, "mail.smtp.port", "no login is offered on 25: try 587"),
    (
        (587, "starttls"), smtplib.SMTPException("No suitable authentication method found."),
        "mail.smtp.user and mail.smtp.password",
        "the server takes no password by PLAIN, LOGIN or CRAM-MD5; mail.smtp.oauth2 may do",
    ),
    (
        (587, "starttls"), of_no_one(), "mail.smtp.ca",
        "set it to a PEM file with the authority that signed it",
    ),
    (
        (587, "starttls"), UnicodeError("label empty or too long"),
        "mail.smtp.host", "no name that the network knows",
    ),
]  # fmt: skip


@table(("way", "error", "setting", "what_to_do"), ADVICE)
def test_a_failure_names_the_setting_that_is_at_fault(
    way: tuple[int, str], error: Exception, setting: str, what_to_do: str
) -> None:
    advice = failure_advice(settings(way[0], tls=way[1]), error)

    assert advice is not None
    assert (advice.setting, advice.what_to_do) == (setting, what_to_do)


@pytest.mark.parametrize("error", [OSError("refused"), ValueError("x"), NoGreetingError("silent")])
def test_a_failure_without_a_known_cause_has_no_advice(error: Exception) -> None:
    assert failure_advice(settings(1, tls="tls"), error) is None


def test_a_file_of_tokens_that_cannot_be_used_is_the_setting_to_look_at() -> None:
    advice = failure_advice(settings(587, tls="starttls", oauth2="file"), ValueError("x"))

    assert advice is not None
    assert (advice.setting, advice.what_to_do) == ("mail.smtp.oauth2", "")


@pytest.mark.parametrize("tls", ["starttls", "none"])
def test_a_port_that_wants_tls_from_the_first_byte_is_found_out(tmp_path: Path, tls: str) -> None:
    with relay(context=Authority(tmp_path).context("localhost"), is_tls=True) as server:
        advice = failure_advice(settings(server.port, tls=tls), NoGreetingError("silent"))
        assert failure_advice(settings(server.port, tls="tls"), NoGreetingError("silent")) is None

    assert advice is not None
    assert (advice.setting, advice.what_to_do) == (
        "mail.smtp.tls",
        f"port {server.port} wants TLS from the first byte: set it to tls,"
        " or mail.smtp.port to 587",
    )


def test_a_silent_port_that_speaks_no_tls_has_no_advice() -> None:
    with relay() as server:
        silent = failure_advice(settings(server.port, tls="starttls"), NoGreetingError("silent"))
    gone = failure_advice(settings(server.port, tls="starttls"), NoGreetingError("silent"))

    assert silent is gone is None
