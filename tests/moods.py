"""The moods of real mail services: what each answers to a set-up that it does not like.

Each is the scripted server of ``tests/servers.py`` with one answer changed, after what services are
known to say; when its ``acts`` and ``extensions`` are put right, the same server takes every mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .servers import Act, Drop, Script, scripted

#: Exit codes: done, a mail failed, nothing is lost, the configuration is wrong.
DONE, FAILED, LATER, CONFIG = 0, 1, 75, 78


@dataclass(frozen=True)
class Mood:
    """What a service answers, and what a run that meets it has to come to."""

    acts: Mapping[str, Act | Sequence[Act]] = field(default_factory=dict)
    exit_code: int = CONFIG
    #: what the one line names, as the configuration calls it
    setting: str = ""
    extensions: Sequence[str] = ("AUTH PLAIN",)
    #: words of what the line says is to be done
    todo: str = ""


def _sender(stage: str, answer: str, todo: str = "into mail.from") -> Mood:
    return Mood({stage: answer}, setting="mail.from", todo=todo)


def _login(answer: str, todo: str) -> Mood:
    return Mood({"AUTH": answer}, setting="mail.smtp.user and mail.smtp.password", todo=todo)


MOODS = {
    "qq": _sender("MAIL", "501 Mail from address must be same as authorization user."),
    "163": _sender("MAIL", "553 Mail from must equal authorized user"),
    "zoho": _sender("MAIL", "553 Relaying disallowed as digest@example.org"),
    "zoho, at the dot": _sender("DOT", "553 Relaying disallowed as digest@example.org"),
    "icloud": _sender("MAIL", "550 5.7.0 From address is not one of your addresses"),
    "icloud, at RCPT": _sender("RCPT", "550 5.7.0 From address is not one of your addresses"),
    "exchange": _sender(
        "MAIL", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
    ),
    "exchange, at the dot": _sender(
        "DOT", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException"
    ),
    "sendgrid": _sender(
        "MAIL",
        "550 The from address does not match a verified Sender Identity.",
        "verify this sender",
    ),
    "sendgrid, at DATA": _sender(
        "DATA", "550 The from address does not match a verified Sender Identity.", "verify this"
    ),
    "ses, not verified": _sender(
        "DOT",
        "554 Message rejected: Email address is not verified. The following identities failed"
        " the check in region EU-WEST-1: alice@example.org",
        "in the sandbox of Amazon SES",
    ),
    "gmail, not authenticated": _sender(
        "DOT",
        "550 5.7.26 Your email has been blocked because the sender is unauthenticated.",
        "publish SPF and DKIM",
    ),
    "postfix": _sender(
        "RCPT",
        "553 5.7.1 <digest@example.org>: Sender address rejected: not owned by user digest",
    ),
    "gmail, wrong password": _login(
        "535 5.7.8 Username and Password not accepted.", "apppasswords"
    ),
    "gmail, app password": _login(
        "534 5.7.9 Application-specific password required.", "apppasswords"
    ),
    "qq, old code": _login(
        "535 Login fail. Authorization code is expired", "make a new authorisation code"
    ),
    "microsoft": _login(
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        "set mail.smtp.oauth2, made by digest oauth2",
    ),
    "oauth alone": Mood(
        setting="mail.smtp.user and mail.smtp.password",
        extensions=("AUTH XOAUTH2",),
        todo="mail.smtp.oauth2",
    ),
    "no login": Mood(setting="mail.smtp.tls", extensions=()),
    "ses, rate": Mood(
        {"MAIL": "454 Throttling failure: Maximum sending rate exceeded."}, LATER, todo="per_minute"
    ),
    "ses, quota": Mood(
        {"MAIL": "454 Throttling failure: Daily message quota exceeded."}, LATER, todo="per_day"
    ),
    "gmail, a day's": Mood(
        {"DOT": "550 5.4.5 Daily user sending limit exceeded."}, LATER, todo="per_day"
    ),
    "hangs up": Mood({"CONNECT": Drop}, LATER, todo="check mail.smtp.host and mail.smtp.port"),
    "hangs up before the login": Mood({"AUTH": Drop}, LATER),
    "old style of AUTH": Mood({}, DONE, extensions=("AUTH=LOGIN PLAIN",)),
    "babbles at QUIT": Mood({"QUIT": b"\0\0\0\x1a\0\0\0"}, DONE),
}


@contextmanager
def moody(mood: Mood) -> Iterator[Script]:
    """Run a server in this mood."""
    with scripted(mood.acts, extensions=mood.extensions) as server:
        yield server


def mend(server: Script) -> None:
    """Let the server be content from now on."""
    server.acts, server.extensions = {}, ("AUTH PLAIN",)
