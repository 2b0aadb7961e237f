"""Find out whether a program wrote a message, and which kind of program (RFC 3834).

Such a message is never answered, and is no bounce.
"""

from __future__ import annotations

from .limits import Work
from .mime import Part
from .phrases import AWAY, normalized

_FROM_PROGRAMS = (
    *("mailer-daemon@", "postmaster@", "noreply@", "no-reply@", "donotreply@"),
    *("do-not-reply@", "do-notreply@", "donot-reply@", "no_reply@"),
)
_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_LIST_HEADERS = ("List-Id", "List-Post", "X-Autoreply", "X-Autorespond", "X-Loop", "Feedback-ID")

#: Report types and what their reports are (RFC 8098, RFC 8460).
_REPORTS = {"disposition-notification": "receipt", "tlsrpt": "tls report"}


def automatic(message: Part, work: Work) -> str:
    """Return in a word which kind of program wrote a message; empty for a person.

    auth-failure and feedback (RFC 5965, 6591), dmarc (RFC 7489), tls report, receipt, vacation, or
    automatic for anything else that no person wrote.
    """
    report = message.parameters.get("report-type", "").lower()
    if is_feedback(message):
        return "auth-failure" if feedback_type(message, work) == "auth-failure" else "feedback"
    if report in _REPORTS:
        return _REPORTS[report]
    subject = normalized(message.header("Subject"))
    if subject.startswith("report domain:"):
        return "dmarc"
    if any(word in subject for word in AWAY):
        return "vacation"
    return "automatic" if _is_from_a_program(message) else ""


def is_feedback(message: Part) -> bool:
    """Return whether a message is a feedback report, by its header or, where that is silent, parts.

    Some mailbox providers leave the type out.
    """
    report = message.parameters.get("report-type", "").lower()
    return report == "feedback-report" or (
        not report and any(part.type == "message/feedback-report" for part in message.parts)
    )


def feedback_type(message: Part, work: Work) -> str:
    """Return the type of a feedback report: abuse, fraud, opt-out, auth-failure, …."""
    for part in message.walk():
        if part.type == "message/feedback-report":
            for line in part.text(work).splitlines():
                name, _, value = line.partition(":")
                if name.strip().lower() == "feedback-type":
                    return value.strip().lower()
    return ""


def _is_from_a_program(message: Part) -> bool:
    """Return whether the headers name a program (RFC 3834 §2, and what older programs write)."""
    submitted = message.header("Auto-Submitted").split(";")[0].strip().lower()
    sender = message.header("From").lower()
    return (
        submitted not in ("", "no")
        or message.header("Precedence").strip().lower() in _PRECEDENCE
        or any(name in message for name in _LIST_HEADERS)
        or message.header("Return-Path").strip() == "<>"
        or message.type == "multipart/report"
        or any(name in sender for name in _FROM_PROGRAMS)
    )
