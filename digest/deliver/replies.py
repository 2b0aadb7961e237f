"""What a server's answer means: for the message, the reader, the relay or the operator.

Reads codes and texts; talks to nobody.  Enhanced codes are those of RFC 3463 and RFC 7372; what
Gmail means by some is said at https://support.google.com/a/answer/3726730.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ..errors import SendError, Stage


class Meaning(StrEnum):
    """Whose trouble it is, and so what has to be done."""

    DOUBT = "doubt"  # the message may be there: ask, hold, or send the same once more
    RELAY = "relay"  # the server cannot be used now: stop, nobody's mail has failed
    LOGIN = "login"  # the server does not let us in: stop, and tell the operator
    SLOWER = "slower"  # too many or too fast: carry on later with everything
    LATER = "later"  # not now, for this message: try again with growing pauses
    ADDRESS = "address"  # the address is no good: a hard bounce
    SENDER = "sender"  # our own address, domain or reputation is refused: tell the operator
    MESSAGE = "message"  # this message, for good


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said: a three-digit code, 0 for silence, and one line of printable text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


#: RFC 4954 §6: the relay wants a login, or a better one, whatever it was asked
_LOGIN_CODES = frozenset({530, 534, 535, 538})

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")

#: The address codes (RFC 3463 §3.2) that speak of the recipient alone, and 5.2.1, a closed mailbox.
_NO_ADDRESS = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})

#: RFC 7372: SPF, DKIM or reverse DNS found wanting; 5.7.26 is DMARC's.
_UNTRUSTED = frozenset({(1, 7), (1, 8), *((7, detail) for detail in range(20, 28))})

#: Gmail's 550 5.4.5 and 452 4.5.3, and its 421 4.7.28: limits, whatever the first digit says.
_LIMITS = frozenset({(4, 5), (5, 3), (7, 28)})

_TOO_FAST = re.compile(
    r"throttl|rate.?limit|slow down|sending (?:limit|quota|rate)|daily (?:message )?(?:limit|quota)"
    r"|too (?:many (?:messages|mails|connections|recipients|requests)|fast|quickly)",
    re.IGNORECASE,
)


def meaning(error: SendError) -> Meaning:
    """Say whose trouble a failed hand-over is."""
    if error.stage == "dot":
        return Meaning.DOUBT
    if error.stage == "connect" or (error.stage == "login" and error.code < 500):
        return Meaning.RELAY
    if error.stage == "login":
        return Meaning.LOGIN
    return _of_answer(error)


def refusal(answer: Reply, stage: Stage) -> SendError:
    """Make the error of a negative answer, or of none.

    An answer that is neither 4xx nor 5xx is a disorder of the server's, to be tried again.
    """
    if answer.code in _LOGIN_CODES and stage == "envelope":
        return SendError(str(answer), stage="login", code=answer.code)
    if answer.code // 100 not in (4, 5):
        reason = f"unexpected answer: {answer}" if answer.code else answer.text
        return SendError(reason, stage=stage, code=answer.code)
    error = SendError(str(answer), permanent=True, stage=stage, code=answer.code)
    error.permanent = answer.code >= 500 and _of_answer(error) is not Meaning.SLOWER
    return error


def _of_answer(error: SendError) -> Meaning:
    status = _status(error)
    is_for_good = error.code >= 500 or (not error.code and error.permanent)
    if status in _LIMITS or (not is_for_good and _TOO_FAST.search(error.reason)):
        return Meaning.SLOWER
    if status in _UNTRUSTED:
        return Meaning.SENDER
    if not is_for_good:
        return Meaning.LATER
    return Meaning.ADDRESS if status in _NO_ADDRESS else Meaning.MESSAGE


def _status(error: SendError) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code, where the answer has one that fits its own code."""
    found = _ENHANCED.search(error.reason)
    if found is None or int(found[1]) != error.code // 100:
        return None
    return int(found[2]), int(found[3])
