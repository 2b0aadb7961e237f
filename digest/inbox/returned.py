"""Whether a message says that one of ours came back, or that its reader complains.

What it says is believed only of a Message-ID of ours that it names: nobody can guess one.  Decides
about nobody; forged ones name no mail that was ever sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from flufl.bounce import all_failures

from .incoming import content, header, parts

Kind = Literal["hard", "soft", "complaint"]

_ID = re.compile(r"<[0-9a-f]{32}@[A-Za-z0-9.-]{1,255}>")
_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")

_ABUSE = re.compile(r"^Feedback-Type:\s*(?:abuse|opt-out|fraud)", re.IGNORECASE | re.MULTILINE)

#: Of a permanent failure, what speaks of the message or of us and not of the address (RFC 3463).
_NOT_THE_ADDRESS = re.compile(r"^5\.(?:[3-7]\.\d+|2\.[2-4]|1\.[78])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that came back, or was complained of."""

    kind: Kind
    #: whose it was, as far as the report says
    addresses: frozenset[str]
    #: Message-IDs that may be ours
    ids: tuple[str, ...]
    detail: str = ""


def returned(message: Message) -> Returned | None:
    """What the message reports; None where it reports nothing."""
    if _is_complaint(message):
        return Returned(kind="complaint", addresses=frozenset(), ids=_ids(message), detail="abuse")
    temporary, permanent = _failures(message)
    if not temporary and not permanent:
        return None
    status = _status(message)
    is_hard = bool(permanent) and not _NOT_THE_ADDRESS.match(status)
    return Returned(
        kind="hard" if is_hard else "soft",
        addresses=permanent | temporary,
        ids=_ids(message),
        detail=status,
    )


def _failures(message: Message) -> tuple[frozenset[str], frozenset[str]]:
    """Ask the library, which knows the dialects of many servers."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:
        return frozenset(), frozenset()
    return _texts(temporary), _texts(permanent)


def _texts(addresses: object) -> frozenset[str]:
    found = addresses if isinstance(addresses, (set, frozenset)) else ()
    return frozenset(a.decode("ascii", "replace") if isinstance(a, bytes) else a for a in found)


def _is_complaint(message: Message) -> bool:
    """RFC 5965 §2: a report of type feedback-report that says abuse or opt-out."""
    if str(message.get_param("report-type", "")).lower() != "feedback-report":
        return False
    return any(
        _ABUSE.search(_raw(part))
        for part in parts(message)
        if part.get_content_type() == "message/feedback-report"
    )


def _status(message: Message) -> str:
    """The enhanced code of the report (RFC 3464 §2.3.4), where there is one.

    One that says only "failed" yields to what the other server said, which may be of spam.
    """
    for part in parts(message):
        found = _STATUS.search(header(part, "Status"))
        if found:
            said = _STATUS.search(header(part, "Diagnostic-Code"))
            return said[1] if said and found[1].endswith(".0.0") else found[1]
    return ""


def _ids(message: Message) -> tuple[str, ...]:
    """Every Message-ID in the report that looks like ours, but for the report's own headers."""
    found = [id for text in _inside(message) for id in _ID.findall(text)]
    return tuple(dict.fromkeys(found))[:20]


def _inside(message: Message) -> Iterator[str]:
    for number, part in enumerate(parts(message)):
        if number:
            yield header(part, "Message-ID")
        if not part.is_multipart():
            yield content(part)
    yield header(message, "In-Reply-To")
    yield header(message, "References")


def _raw(part: Message) -> str:
    payload = part.get_payload()
    return "\n".join(map(str, payload)) if isinstance(payload, list) else str(payload)
