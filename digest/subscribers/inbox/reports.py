"""Read a message as a delivery report about one of our mails, or as a complaint.

The part for programs is read first (RFC 3464: all recipients, all their fields), the words for
people after it.  A report counts only for a Message-ID of ours that it names, which cannot be
guessed.  This module takes no action on subscribers; a forged report names no mail that was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from ...access.addresses import fold
from . import explained, hypertext
from .automatic import feedback_type
from .explained import Recipient
from .limits import LONGEST_TEXT, Work
from .mime import MESSAGES, Part
from .phrases import AWAY, SENDERS, SUBJECTS, normalized
from .verdict import Verdict

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
    #: the addresses that the report names
    addresses: frozenset[str]
    #: Message-IDs that may be ours
    ids: tuple[str, ...]
    detail: str = ""
    #: what the report says of each recipient
    recipients: tuple[Recipient, ...] = ()
    #: False: the server still tries, so the mail may arrive
    is_final: bool = True

    def about(self, address: str) -> Returned:
        """Return what it says of one address: that alone where it names the address."""
        theirs = [r for r in self.recipients if fold(address) in map(fold, r.addresses)]
        return _report(theirs, self.ids) if theirs else self


def returned(message: Part, work: Work | None = None) -> Returned | None:
    """Return what the message reports; None where it reports no failed or unwanted mail."""
    work = work or Work()
    if message.parameters.get("report-type", "").lower() == "feedback-report":
        kind = feedback_type(message, work)
        if kind not in _COMPLAINTS:
            return None
        ids = tuple(_ids(message, work))
        return Returned(kind="complaint", addresses=frozenset(), ids=ids, detail=kind)
    found = _recipients(message, work)
    return _report(found, tuple(_ids(message, work))) if found else None


def _report(found: Iterable[Recipient], ids: tuple[str, ...]) -> Returned:
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


def _recipients(message: Part, work: Work) -> list[Recipient]:
    """Return the recipients that the mail did not reach, as far as the message says."""
    told = explained.explanation(_texts(message, work))
    is_report = _looks_like_a_report(message)
    parts = [each for each in _own_parts(message) if each.type in _STATUS_PARTS]
    if not parts and is_report:  # a report that a person forwarded
        parts = [each for each in message.walk() if each.type in _STATUS_PARTS]
    found = [each for part in parts for each in explained.of_status(part.content(work), told.words)]
    if found:
        return [each for each in found if not each.has_arrived]
    if not is_report and "x-failed-recipients" not in message:
        return []
    return list(explained.of_text(message, told))


_STATUS_PARTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/xdelivery-status"}
)


def _looks_like_a_report(message: Part) -> bool:
    """Return whether the message's own headers are those of a mail server's report."""
    sender = normalized(message.header("From"))
    if any(name in sender for name in SENDERS):
        return True
    if message.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    subject = normalized(message.header("Subject"))
    if any(word in subject for word in AWAY):
        return False
    is_nobodys = message.raw("Return-Path").strip() == "<>"
    return is_nobodys or any(phrase in subject for phrase in SUBJECTS)


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
            yield part.content(work, LONGEST_TEXT).decode("ascii", "replace")
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
