"""Read what a delivery report says of each recipient: in its fields, or in the words for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .headers import address_in
from .limits import LONGEST_LINE, MOST_LINES
from .mime import MESSAGES, Part, fields
from .phrases import FAILED, FULL, LATER, NO_SUCH, NOT_THE_ADDRESS, SUBJECTS, normalized
from .verdict import Verdict, codes, is_specific, replies, verdict

#: Recipients that are read of one report, and lines of words.
_MOST_RECIPIENTS, _MOST_WORDS = 1_000, 400

_ARRIVED = frozenset({"delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A recipient of a mail that did not arrive, or not yet."""

    addresses: frozenset[str]
    verdict: Verdict
    status: str = ""
    #: False: the server still tries
    is_final: bool = True
    #: True: the mail was delivered
    has_arrived: bool = False


# ── the part for programs ──


def of_status(body: bytes, told: str) -> Iterator[Recipient]:
    """Yield the recipients of a delivery-status part.

    ``told`` is the report's text for people; it is used only where the fields say no more than that
    delivery failed.
    """
    rest = body.replace(b"\r\n", b"\n").strip(b"\n")
    for block in islice(rest.split(b"\n\n", _MOST_RECIPIENTS), _MOST_RECIPIENTS):
        found = fields(block.strip(b"\n"))
        names = {name for name, _ in found}
        if names & {"final-recipient", "original-recipient", "action"}:
            yield _recipient(found, told)


def _recipient(found: Iterable[tuple[str, str]], told: str) -> Recipient:
    said = dict(reversed(list(found)))
    action = said.get("action", "").split("(")[0].strip().lower()
    status = next(iter(codes(said.get("status", ""))), "")
    words = normalized(
        " ".join(value for name, value in said.items() if name in _WORDS)[:LONGEST_LINE]
    )
    is_mute = not is_specific(status) and not _says_anything(words)
    given = verdict(status, f"{words} {told}" if is_mute else words)
    named = (said.get(name, "") for name in _RECIPIENTS)
    detail = status if is_specific(status) else next(iter(codes(words)), status)
    is_delayed = action == "delayed"
    return Recipient(
        addresses=frozenset(filter(None, map(_address, named))),
        verdict="soft" if is_delayed else given,
        status=detail,
        is_final=not is_delayed,
        has_arrived=action in _ARRIVED or (not action and said.get("status", "").startswith("2")),
    )


_WORDS = frozenset(
    {"diagnostic-code", "x-supplementary-info", "x-display-name", "x-error", "comment"}
)
_RECIPIENTS = ("original-recipient", "final-recipient", "x-actual-recipient")


def _address(value: str) -> str:
    address = value.rpartition(";")[2]
    return address_in(address) if "@" in address else ""


def _says_anything(words: str) -> bool:
    known = (FULL, LATER, NO_SUCH, NOT_THE_ADDRESS)
    return bool(codes(words)) or any(phrase in words for group in known for phrase in group)


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
class Explanation:
    """The lines of a report for people, and whether the message that came back follows them."""

    lines: tuple[str, ...]
    has_original: bool

    @property
    def words(self) -> str:
        """Return all lines as one text, normalized for phrases."""
        return normalized("\n".join(self.lines))


def explanation(lines: Iterable[str]) -> Explanation:
    """Return the lines before the message that is quoted, which is not in a server's words."""
    kept: list[str] = []
    for line in islice(lines, MOST_LINES):
        bare = line.strip()[:LONGEST_LINE]
        if _begins_original(bare, is_first=not kept):
            return Explanation(tuple(kept), has_original=True)
        if bare and len(kept) < _MOST_WORDS:
            kept.append(bare)
    return Explanation(tuple(kept), has_original=False)


def _begins_original(bare: str, *, is_first: bool) -> bool:
    small = bare.lstrip("> ").lower()
    if small.startswith(("received: from", "received: by", "return-path: <", "message-id: <")):
        return True
    is_marked = bare.startswith("-") or bare.endswith((":", "-"))
    return is_marked and not is_first and any(mark in small for mark in _ORIGINAL)


def of_text(message: Part, told: Explanation) -> Iterator[Recipient]:
    """Yield the recipient of a report without fields, where it says that delivery failed."""
    words, subject = told.words, normalized(message.header("Subject"))
    fielded = _fields_in(told.lines)
    if fielded:
        yield _recipient(fielded, words)
    elif _is_failure(message, told, subject):
        said = words if _says_anything(words) else f"{words} {subject}"
        is_late = any(mark in f"{words} {subject}" for mark in _GOES_ON)
        yield Recipient(
            addresses=frozenset(_addresses(message, told.lines)),
            verdict="soft" if is_late else verdict("", said),
            status=next(iter(codes(said)), ""),
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


def _is_failure(message: Part, told: Explanation, subject: str) -> bool:
    words = told.words
    return (
        told.has_original
        or any(part.type in MESSAGES for part in message.walk())
        or "x-failed-recipients" in message
        or any(phrase in words for phrase in FAILED)
        or bool(replies(words))
        or _says_anything(words)
        or (not words and any(phrase in subject for phrase in SUBJECTS))
    )


def _fields_in(told: Sequence[str]) -> list[tuple[str, str]]:
    """Return the fields of a delivery report that was written as text."""
    start = next((n for n, line in enumerate(told) if line.lower().startswith(_FIELD)), None)
    if start is None:
        return []
    return list(fields("\n".join(told[start:]).encode("utf-8", "replace")))


_FIELD = ("final-recipient:", "original-recipient:")

#: Local parts of addresses that a report names for help: none is a subscriber's.
_HELPERS = frozenset(
    {
        "postmaster",
        "mailer-daemon",
        "abuse",
        "support",
        "help",
        "helpdesk",
        "admin",
        "administrator",
    }
)


def _addresses(message: Part, told: Sequence[str]) -> Iterator[str]:
    """Yield the addresses in a report's words, except its sender's and those for help."""
    sender = address_in(message.raw("From")).lower()
    failed = message.raw("X-Failed-Recipients").split(",")
    words = [word for line in told for word in line.split() if "@" in word]
    for word in [*failed, *words[:_MOST_RECIPIENTS]]:
        address = _bare(word)
        local, _, domain = address.rpartition("@")
        if local and domain and local.lower() not in _HELPERS and address.lower() != sender:
            yield address


def _bare(word: str) -> str:
    """Return an address without the marks around it; empty where it is abbreviated with dots."""
    text = word.partition("<")[2].partition(">")[0] if "<" in word and ">" in word else word
    text = text.lower().strip(_AROUND).rpartition(";")[2].partition("...")[0]
    for kind in ("mailto:", "rfc822:", "smtp:", "dda:smtp="):
        text = text.removeprefix(kind)
    return "" if ".." in text else text.strip(_AROUND)


_AROUND = "<>()[]{}\"',;:.!?*`“”«»"
