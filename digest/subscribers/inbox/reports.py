"""Whether a message says that one of ours came back, or that its reader complains.

The part for programs is read first (RFC 3464: all recipients, all their fields), the words for
people after it.  What a message says is believed only of a Message-ID of ours that it names: nobody
can guess one.  Decides about nobody; forged ones name no mail that was ever sent.
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

#: Feedback that is a reader's no (RFC 5965 §7.3); others praise, or speak of our signature.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})

#: From what was quoted, so many Message-IDs are looked up.
_MOST_IDS = 20

#: The mildest first: of several that a report may speak of, none is condemned for another.
_MILDEST: tuple[Verdict, ...] = ("soft", "neither", "hard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that came back, or was complained of."""

    #: of several recipients, what is said of the luckiest
    kind: Kind
    #: whose it was, as far as the report says
    addresses: frozenset[str]
    #: Message-IDs that may be ours
    ids: tuple[str, ...]
    detail: str = ""
    #: what is said of each recipient
    recipients: tuple[Recipient, ...] = ()
    #: False: the server goes on trying, so the mail may arrive
    is_final: bool = True

    def about(self, address: str) -> Returned:
        """What it says of one address: that alone where the address is named."""
        theirs = [r for r in self.recipients if fold(address) in map(fold, r.addresses)]
        return _report(theirs, self.ids) if theirs else self


def returned(message: Part, work: Work | None = None) -> Returned | None:
    """What the message reports; None where it reports nothing of a mail that was not delivered."""
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
    """Everybody whom the mail did not reach, as far as the message says."""
    told = explained.explanation(_texts(message, work))
    is_report = _looks_like_a_report(message)
    parts = [each for each in _own_parts(message) if each.type in _STATUS_PARTS]
    if not parts and is_report:  # one that somebody passed on
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
    """Whether it comes from a mail server, going by its own headers."""
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
    """The parts of a message but for those of a message that it quotes."""
    yield part
    if part.type not in MESSAGES:
        for each in part.parts:
            yield from _own_parts(each)


def _texts(message: Part, work: Work) -> list[str]:
    """The lines that are meant for people."""
    lines: list[str] = []
    for part in _own_parts(message):
        if part.type == "text/plain" and not part.is_attachment:
            lines += part.text(work).splitlines()
        elif part.type == "text/html" and not any(map(str.strip, lines)):
            lines += hypertext.shown(part.text(work)).splitlines()
    return lines


def _ids(message: Part, work: Work) -> list[str]:
    """Every Message-ID in the report that looks like ours, but for the report's own headers."""
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
    """What is written like a Message-ID of ours: 32 hexadecimal digits at a domain."""
    at = text.find("@")
    while at >= 0:
        start = at - 33
        if start >= 0 and text[start] == "<" and _HEX.issuperset(text[start + 1 : at]):
            end = text.find(">", at, at + _LONGEST_DOMAIN + 2)
            domain = text[at + 1 : end] if end > at + 1 else ""
            if domain and domain.isascii() and domain.replace("-", "").replace(".", "").isalnum():
                yield text[start : end + 1]
        at = text.find("@", at + 1)
