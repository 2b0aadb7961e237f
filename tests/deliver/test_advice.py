"""Which setting is at fault when a mail server cannot be reached, and what to write instead."""

from __future__ import annotations

import smtplib
import ssl

import pytest

from digest.deliver.advice import failure_advice
from digest.deliver.client import NoGreetingError
from tests.messages import settings

from ..tables import table


def not_tls() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
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
