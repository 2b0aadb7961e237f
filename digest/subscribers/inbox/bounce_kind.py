"""Judge what a refusal says of an address: it does not exist, it may take mail later, or nothing.

Reads the codes of RFC 3463 first and the server's own words after them.  Where the two differ, or
where nothing is clear, the address gets the benefit of the doubt: that costs a few mails more, but
a good address that is dropped is a lost subscriber.
"""

from __future__ import annotations

from typing import Literal

from .phrases import (
    FILLED,
    FULL,
    LATER,
    NO_SUCH,
    NOT_THE_ADDRESS,
    OURS,
    PLAINLY_NO_SUCH,
    ROOM,
    each,
    has,
)

#: hard: the address does not exist, or will never take mail; soft: not now, or without a reason;
#: neither: the message or its sender is refused
Verdict = Literal["hard", "soft", "neither"]

#: Reply codes of SMTP servers (RFC 5321 §4.2.3, 1846, 7504), so that no other number counts.
_REPLIES = frozenset(
    {*range(500, 505), 521, 523, 530, 534, 535, 538, *range(550, 558)}
    | {421, 450, 451, 452, 454, 455, 471}
)

_ADDRESS, _MAILBOX, _SYSTEM, _ROUTE, _PROTOCOL, _CONTENT, _SECURITY = range(1, 8)

#: RFC 3463 §3.2: details about the sender's address, or about no address.
_SENDERS = frozenset({5, 7, 8, 9})

#: Words about an address that exists but takes no mail at the moment.
_JUST_NOW = each(
    """
    temporar | greylist | graylist | grey list | gray list | try again | try later | retry later |
    retry in | wait and retry | come back in | at a rate | too quickly | rate limit | timeout |
    time-out | timed out | servfail | server failure | name server timeout | lookup failure
    """
)

#: Words about some limit, which leave it open whether the address exists.
_DOUBT = each(" limit | exceed|saturé|has reached the|has reached its|no room|is full|free space")

#: What an address is called, so that "invalid" and "not found" speak of it.
_ADDRESSES = each("mailbox|user|recipient|address|account|alias|local part|no one|nobody")

#: In names as programs write them, as in ``mailbox_quota``, the words are apart, too.
_APART = str.maketrans("_-", "  ")

_KEPT = {ord(c): c for c in "0123456789."}


class _Tokens(dict[int, str]):
    """A translation: digits and dots stay, letters become ``x``, all else becomes a blank."""

    def __missing__(self, key: int) -> str:
        return _KEPT.get(key) or ("x" if chr(key).isalnum() or chr(key) == "_" else " ")


def codes(text: str) -> list[str]:
    """Return the enhanced status codes of failures in a text, but no version and no IP address."""
    return [each for word in _numbers(text) if _is_status(each := word.strip("."))]


def replies(text: str) -> list[int]:
    """Return the reply codes of refusals in a text."""
    return [int(w) for w in _numbers(text) if len(w) == 3 and w.isdecimal() and int(w) in _REPLIES]


def _numbers(text: str) -> list[str]:
    return text.translate(_Tokens()).split()


def _is_status(word: str) -> bool:
    digits = word.split(".")
    return (
        len(digits) == 3
        and all(each.isdecimal() and len(each) <= 3 for each in digits)
        and digits[0] in ("4", "5")
        and int(digits[1]) <= _SECURITY
    )


def is_specific(status: str) -> bool:
    """Return whether a status says more than its class."""
    return bool(status) and not status.endswith(".0.0")


def is_passing(text: str) -> bool:
    """Return whether normalized words speak of a full mailbox, or hold a temporary status."""
    return _is_full(text) or any(each.startswith("4") for each in codes(text))


def _is_full(text: str) -> bool:
    apart = text.translate(_APART)
    return "5.2.2" in codes(text) or any(
        has(FULL, each) or (has(ROOM, each) and has(FILLED, each)) for each in {text, apart}
    )


def verdict(status: str, text: str) -> Verdict:
    """Return what a status and a server's normalized words say of the address."""
    found = codes(text)
    if status.startswith("4") or any(each.startswith("4") for each in found):
        return "soft"
    answers = replies(text)
    if not found and answers and all(answer < 500 for answer in answers):
        return "soft"
    if has(OURS, text):
        return "neither"
    if _is_full(text):
        return "soft"
    best = next(filter(is_specific, [status, *found]), status or "5.0.0")
    _, subject, detail = map(int, best.split("."))
    coded = _of_status(subject, detail, text)
    return "soft" if coded == "hard" and has(_DOUBT, text) else coded


def _of_status(subject: int, detail: int, text: str) -> Verdict:
    """Return the verdict on a permanent failure (RFC 3463 §3)."""
    if subject == _ADDRESS and detail:
        return _of_address(detail, text)
    if subject == _MAILBOX and detail == 1:
        return "soft" if has(LATER, text) else "hard"
    if (subject, detail) in ((_MAILBOX, 2), (_ROUTE, 1)):
        return "soft"  # full; Exchange sends 5.4.1 for an address and for a domain that moves
    if (subject, detail) in ((_MAILBOX, 3), (_MAILBOX, 4), (_SYSTEM, 3), (_SYSTEM, 4)):
        return "neither"
    if subject in (_CONTENT, _SECURITY):
        return "neither"
    if subject == _PROTOCOL:
        coded = _by_words(text, "neither")
        return "neither" if coded == "hard" and not has(_ADDRESSES, text) else coded
    return _by_words(text, "hard" if subject == _ADDRESS else "soft")


def _of_address(detail: int, text: str) -> Verdict:
    if detail in _SENDERS:
        return "neither"
    if has(_JUST_NOW, text):
        return "soft"
    is_ours = has(NOT_THE_ADDRESS, text) and not has(NO_SUCH, text)
    return "neither" if is_ours else "hard"


def _by_words(text: str, otherwise: Verdict) -> Verdict:
    if has(LATER, text):
        return "soft"
    if has(NOT_THE_ADDRESS, text) and not has(PLAINLY_NO_SUCH, text):
        return "neither"
    return "hard" if has(NO_SUCH, text) else otherwise
