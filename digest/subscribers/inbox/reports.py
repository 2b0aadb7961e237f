"""Read a message as a delivery report about one of our mails, or as a complaint.

The part for programs is read first (RFC 3464: all recipients, all their fields), the words for
people after it.  A report counts only for a Message-ID of ours that it names, which cannot be
guessed.  This module takes no action on subscribers; a forged report names no mail that was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from ...access.addresses import fold
from . import hypertext, report_text
from .automatic import feedback_type, is_feedback
from .bounce_kind import Verdict
from .headers import address_in
from .limits import MAX_TEXT_LENGTH, Work
from .mime import MESSAGES, Part
from .phrases import AWAY, SUBJECTS, has, normalized
from .report_text import MOST_RECIPIENTS, ExplainedVerdicts, ReportedRecipient

Kind = Literal["hard", "soft", "neither", "complaint"]

#: Feedback types that are complaints (RFC 5965 §7.3); others praise, or are about our signature.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})

#: How many Message-IDs of the quoted text are looked up.
_MOST_IDS = 20

#: The mildest first: of several recipients, none is blamed for what was said of another.
_MILDEST: tuple[Verdict, ...] = ("soft", "neither", "hard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that came back, or caused a complaint."""

    #: of several recipients, the mildest verdict
    kind: Kind
    #: the addresses that the report names, folded
    addresses: frozenset[str]
    #: Message-IDs that may be ours
    ids: tuple[str, ...]
    detail: str = ""
    #: what the report says of each recipient
    recipients: tuple[ReportedRecipient, ...] = ()
    #: False: the server still tries, so the mail may arrive
    is_final: bool = True
    #: the folded address that wrote it, where no part for programs and no field says that it is a
    #: report: what readers write of their own mail is none
    writer: str = ""
    #: True: a person or a vacation program may have written it
    is_doubtful: bool = False

    def about(self, address: str) -> Returned:
        """Return what it says of one address: that alone where it names the address."""
        folded = fold(address)
        theirs = [r for r in self.recipients if folded in r.addresses]
        return _report(theirs, self.ids) if theirs else self

    def without(self, address: str) -> Returned:
        """Return the report without one folded address: ours, which reports name, too."""
        if address not in self.addresses:
            return self
        kept = [replace(r, addresses=r.addresses - {address}) for r in self.recipients]
        return replace(self, addresses=self.addresses - {address}, recipients=tuple(kept))


def returned(message: Part, work: Work | None = None) -> Returned | None:
    """Return what the message reports; None where it reports no failed or unwanted mail."""
    work = work or Work()
    if is_feedback(message):
        kind = feedback_type(message, work)
        if kind not in _COMPLAINTS:
            return None
        ids = tuple(_ids(message, work))
        return Returned(kind="complaint", addresses=frozenset(), ids=ids, detail=kind)
    found = _in_fields(message, work)
    if found:
        still = [each for each in found if not each.has_arrived]
        return _report(still, tuple(_ids(message, work))) if still else None
    return _in_words(message, work)


def _report(found: Iterable[ReportedRecipient], ids: tuple[str, ...]) -> Returned:
    recipients = tuple(found)
    worst = min(recipients, key=lambda each: _MILDEST.index(each.verdict))
    return Returned(
        kind=worst.verdict,
        addresses=frozenset(a for each in recipients for a in each.addresses),
        ids=ids,
        detail=worst.status,
        recipients=recipients,
        is_final=any(each.is_final for each in recipients),
    )


def _in_fields(message: Part, work: Work) -> list[ReportedRecipient]:
    """Return the recipients in the message's parts for programs."""
    parts = [each for each in _own_parts(message) if each.type in _STATUS_PARTS]
    if not parts and _looks_like_a_report(message):  # a report that a person forwarded
        parts = [each for each in message.walk() if each.type in _STATUS_PARTS]
    if not parts:
        return []
    verdicts = ExplainedVerdicts(report_text.explanation(_texts(message, work)).words, work)
    found = (
        each for part in parts for each in report_text.of_status(part.content(work), verdicts, work)
    )
    return list(islice(found, MOST_RECIPIENTS))


def _in_words(message: Part, work: Work) -> Returned | None:
    """Return what a message without such a part reports in words for people."""
    if not _looks_like_a_report(message):
        return None
    explanation = report_text.explanation(_texts(message, work))
    found = list(report_text.of_text(message, explanation, work))
    is_doubtful = not report_text.is_from_a_server(message)
    if is_doubtful and not _is_as_of_a_server(message, explanation):
        found = [_softened(each) for each in found]
    if not found:
        return None
    writer = "" if "x-failed-recipients" in message else fold(address_in(message.raw("From")))
    report = _report(found, tuple(_ids(message, work)))
    return replace(report, writer=writer, is_doubtful=is_doubtful)


def _is_as_of_a_server(message: Part, explanation: report_text.ReportText) -> bool:
    """Return whether it quotes the mail and answers nothing, as no vacation program does."""
    answers = message.header("Auto-Submitted").strip().lower().startswith("auto-replied")
    return not answers and report_text.quotes_the_mail(message, explanation)


def _softened(each: ReportedRecipient) -> ReportedRecipient:
    return replace(each, verdict="soft") if each.verdict == "hard" else each


_STATUS_PARTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"}
)


def _looks_like_a_report(message: Part) -> bool:
    """Return whether the message's own header may be that of a mail server's report."""
    if report_text.is_from_a_server(message):
        return True
    subject = normalized(message.header("Subject"))
    if has(AWAY, subject):
        return False
    return message.raw("Return-Path").strip() == "<>" or has(SUBJECTS, subject)


def _own_parts(part: Part) -> Iterator[Part]:
    """Yield the parts of a message, but not those of messages that it quotes."""
    yield part
    if part.type not in MESSAGES:
        for each in part.parts:
            yield from _own_parts(each)


def _texts(message: Part, work: Work) -> list[str]:
    """Return the lines that are meant for people."""
    lines: list[str] = []
    for part in _own_parts(message):
        if part.type == "text/plain" and not part.is_attachment:
            lines += part.text(work).splitlines()
        elif part.type == "text/html" and not any(map(str.strip, lines)):
            lines += hypertext.shown(part.text(work)).splitlines()
    return lines


def _ids(message: Part, work: Work) -> list[str]:
    """Return the Message-IDs in the report that look like ours, not its own headers'."""
    found = dict.fromkeys(id for text in _inside(message, work) for id in _named(text))
    return list(islice(found, _MOST_IDS))


def _inside(message: Part, work: Work) -> Iterator[str]:
    for number, part in enumerate(message.walk()):
        if number:
            yield part.raw("Message-ID")
            yield part.raw("References")
        if not part.parts:
            yield part.content(work, MAX_TEXT_LENGTH).decode("ascii", "replace")
    yield message.raw("In-Reply-To")
    yield message.raw("References")


_HEX = frozenset("0123456789abcdef")
_LONGEST_DOMAIN = 255


def _named(text: str) -> Iterator[str]:
    """Yield what looks like a Message-ID of ours: 32 hexadecimal digits at a domain."""
    at = text.find("@")
    while at >= 0:
        start = at - 33
        if start >= 0 and text[start] == "<" and _HEX.issuperset(text[start + 1 : at]):
            end = text.find(">", at, at + _LONGEST_DOMAIN + 2)
            domain = text[at + 1 : end] if end > at + 1 else ""
            if domain and domain.isascii() and domain.replace("-", "").replace(".", "").isalnum():
                yield text[start : end + 1]
        at = text.find("@", at + 1)
