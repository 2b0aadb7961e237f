"""Read what a delivery report says of each recipient: in its fields, or in the words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ...access.addresses import MAX_LENGTH, fold
from .bounce_kind import Verdict, codes, is_passing, is_specific, replies, verdict
from .headers import address_in
from .limits import MAX_LINE_LENGTH, MAX_LINES, Work
from .mime import MESSAGES, Part, fields
from .phrases import (
    FAILED,
    FULL,
    LATER,
    NO_SUCH,
    NOT_THE_ADDRESS,
    OURS,
    SENDERS,
    SUBJECTS,
    has,
    normalized,
)
from .reported_addresses import addresses_in_words

#: Recipients that are read of one report: each mail of ours has one, and a list may have many.
MOST_RECIPIENTS = 200

#: Lines of words, and characters of them in all: what a server says of a failure is shorter.
_MOST_WORDS, _LONGEST_WORDS = 400, 8_000

_ARRIVED = frozenset({"delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """A recipient of a mail that did not arrive, or not yet."""

    #: folded, so that they can be compared
    addresses: frozenset[str]
    verdict: Verdict
    status: str = ""
    #: False: the server still tries
    is_final: bool = True
    #: True: the mail was delivered
    has_arrived: bool = False


# ── the part for programs ──


class ExplainedVerdicts:
    """A report's words for people, which are judged once and not for each recipient.

    They are used only where a recipient's fields say no more than that delivery failed.
    """

    def __init__(self, words: str, work: Work) -> None:
        self._words = words
        self._work = work
        self._verdicts: dict[str, Verdict] = {}
        self._is_passing: bool | None = None

    def verdict(self, status: str) -> Verdict:
        """Return what they say with a status that names no more than its class."""
        if status not in self._verdicts:
            self._work.spend(len(self._words))
            self._verdicts[status] = verdict(status, self._words)
        return self._verdicts[status]

    @property
    def is_passing(self) -> bool:
        """Return whether they speak of a full mailbox, or of a temporary failure."""
        if self._is_passing is None:
            self._work.spend(len(self._words))
            self._is_passing = is_passing(self._words)
        return self._is_passing


def of_status(
    body: bytes, explanation: ExplainedVerdicts, work: Work
) -> Iterator[ReportedRecipient]:
    """Yield the recipients of a delivery-status part; raises UnreadableError."""
    rest = body.replace(b"\r\n", b"\n").strip(b"\n")
    for block in islice(rest.split(b"\n\n", MOST_RECIPIENTS), MOST_RECIPIENTS):
        found = fields(block.strip(b"\n"))
        names = {name for name, _ in found}
        if names & {"final-recipient", "original-recipient", "action"}:
            yield _recipient(found, explanation, work)


def _recipient(
    found: Iterable[tuple[str, str]], explanation: ExplainedVerdicts, work: Work
) -> ReportedRecipient:
    fields = dict(reversed(list(found)))
    action = fields.get("action", "").split("(")[0].strip().lower()
    status = _status(fields.get("status", ""))
    words = normalized(
        " ".join(value for name, value in fields.items() if name in _WORDS)[:MAX_LINE_LENGTH]
    )
    work.spend(_SEARCHES * len(words))
    addresses = (_address(fields.get(name, "")) for name in _RECIPIENTS)
    detail = status if is_specific(status) else next(iter(codes(words)), status)
    is_delayed = action == "delayed"
    return ReportedRecipient(
        addresses=frozenset(filter(None, addresses)),
        verdict="soft" if is_delayed else _verdict(status, words, explanation),
        status=detail,
        is_final=not is_delayed,
        has_arrived=action in _ARRIVED or (not action and fields.get("status", "").startswith("2")),
    )


#: How often the words of a recipient are gone through, at the price of a byte that is decoded.
_SEARCHES = 8

_WORDS = frozenset(
    {"diagnostic-code", "x-supplementary-info", "x-display-name", "x-error", "comment"}
)
_RECIPIENTS = ("original-recipient", "final-recipient", "x-actual-recipient")


def _status(value: str) -> str:
    """Return the enhanced status code; of one that is cut short, such as ``4.X.X``, the class."""
    return next(iter(codes(value)), "4.0.0" if value.strip().startswith("4") else "")


def _verdict(status: str, words: str, explanation: ExplainedVerdicts) -> Verdict:
    """Judge a recipient by its own words; without any, by what people are told."""
    if _has_phrases(words):
        return verdict(status, words)
    coded = verdict(status, words)
    if coded == "hard" and explanation.is_passing:
        return "soft"
    if is_specific(status) or codes(words):
        return coded
    answers = replies(words)
    is_temporary = bool(answers) and all(answer < 500 for answer in answers)
    return "soft" if is_temporary else explanation.verdict(status)


def _address(value: str) -> str:
    address = value.rpartition(";")[2]
    found = address_in(address) if "@" in address else ""
    return fold(found) if 0 < len(found) <= MAX_LENGTH else ""


def _says_anything(words: str) -> bool:
    return bool(codes(words)) or _has_phrases(words)


def _has_phrases(words: str) -> bool:
    return bool(words) and any(has(group, words) for group in _REASONS)


_REASONS = (FULL, LATER, NO_SUCH, NOT_THE_ADDRESS, OURS)


# ── the words for people ──

#: Words of servers before the message that came back.
_ORIGINAL = (
    *("below this line", "this is a copy of", "copy of the message", "original message follows"),
    *(
        "returned message follows",
        "unsent message",
        "message header follow",
        "message headers follow",
    ),
    *(
        "headers of your message",
        "header of your message",
        "included below",
        "message as received is",
        "the first",
    ),
    *("original message headers", "original message header", "message text follows"),
    *(
        "--- original message",
        "---original message",
        "----- original mail",
        "------ forwarded message",
    ),
    *(
        "undelivered message follows",
        "your message follows",
        "returned content",
        "message contents follow",
    ),
)


@dataclass(frozen=True, slots=True)
class ReportText:
    """The lines of a report for people, and whether the message that came back follows them."""

    lines: tuple[str, ...]
    has_original: bool

    @property
    def words(self) -> str:
        """Return the beginning of the lines as one text, normalized for phrases."""
        return normalized("\n".join(self.lines)[:_LONGEST_WORDS])


def explanation(lines: Iterable[str]) -> ReportText:
    """Return the lines before the message that is quoted, which is not in a server's words."""
    kept: list[str] = []
    for line in islice(lines, MAX_LINES):
        bare = line.strip()[:MAX_LINE_LENGTH]
        if _begins_original(bare, is_first=not kept):
            return ReportText(tuple(kept), has_original=True)
        if bare and len(kept) < _MOST_WORDS:
            kept.append(bare)
    return ReportText(tuple(kept), has_original=False)


def _begins_original(bare: str, *, is_first: bool) -> bool:
    small = bare.lstrip("> ").lower()
    if small.startswith(("received: from", "received: by", "return-path: <", "message-id: <")):
        return True
    is_marked = bare.startswith("-") or bare.endswith((":", "-"))
    return is_marked and not is_first and any(mark in small for mark in _ORIGINAL)


def of_text(message: Part, explanation: ReportText, work: Work) -> Iterator[ReportedRecipient]:
    """Yield the recipient of a report without fields, where it says that delivery failed.

    Where neither the sender nor a part is a server's, it must say so in a server's words, and is
    not believed to be final unless it quotes the mail; raises UnreadableError.
    """
    words, subject = explanation.words, normalized(message.header("Subject"))
    work.spend(_SEARCHES * (len(words) + len(subject)))
    fielded = _fields_in(explanation.lines)
    if fielded:
        yield _recipient(fielded, ExplainedVerdicts(words, work), work)
    elif _is_failure(message, explanation, subject):
        searched = words if _says_anything(words) else f"{words} {subject}"
        is_late = has(_GOES_ON, f"{words} {subject}")
        yield ReportedRecipient(
            addresses=frozenset(addresses_in_words(message, explanation.lines)),
            verdict="soft" if is_late else verdict("", searched),
            status=next(iter(codes(searched)), ""),
            is_final=not is_late,
        )


_GOES_ON = (
    *(
        "warning: could not send",
        "still being retried",
        "will be retried",
        "will retry",
        "keep trying",
    ),
    *("will continue to be attempted", "has not yet been delivered", "delivery delayed"),
    *(
        "do not need to resend",
        "you do not need to",
        "no action is required",
        "notification (delay)",
    ),
)


def _is_failure(message: Part, explanation: ReportText, subject: str) -> bool:
    words = explanation.words
    return (
        quotes_the_mail(message, explanation)
        or "x-failed-recipients" in message
        or has(FAILED, words)
        or bool(replies(words))
        or bool(codes(words))
        or (_has_phrases(words) and (is_from_a_server(message) or has(SUBJECTS, subject)))
        or (not words and has(SUBJECTS, subject))
    )


def quotes_the_mail(message: Part, explanation: ReportText) -> bool:
    """Return whether a message holds the mail that came back, or its header, as servers do."""
    return explanation.has_original or any(part.type in MESSAGES for part in message.walk())


def is_from_a_server(message: Part) -> bool:
    """Return whether a message's own header names a mail server's program as its author."""
    return (
        has(SENDERS, normalized(message.header("From")))
        or message.parameters.get("report-type", "").lower() == "delivery-status"
        or "x-failed-recipients" in message
    )


def _fields_in(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Return the fields of a delivery report that was written as text."""
    start = next((n for n, line in enumerate(lines) if line.lower().startswith(_FIELD)), None)
    if start is None:
        return []
    return list(fields("\n".join(lines[start:]).encode("utf-8", "replace")))


_FIELD = ("final-recipient:", "original-recipient:")
