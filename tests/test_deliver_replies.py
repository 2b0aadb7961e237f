"""What answers mean, on the words of real servers."""

from __future__ import annotations

import pytest

from digest.deliver.replies import Meaning, Reply, meaning, refusal
from digest.errors import SendError, Stage

#: an answer at a stage, what it means, and whether it is for good
ANSWERS: list[tuple[Stage, str, Meaning, bool]] = [
    (
        "envelope",
        "450 4.2.0 <a@x.org>: Recipient address rejected: Greylisted",
        Meaning.LATER,
        False,
    ),
    ("envelope", "451 4.7.1 Please try again in 300 seconds", Meaning.LATER, False),
    ("envelope", "452 4.2.2 mailbox full", Meaning.LATER, False),
    ("envelope", "452 4.3.1 Insufficient system storage", Meaning.LATER, False),
    ("envelope", "421 4.3.2 Service shutting down", Meaning.LATER, False),
    ("data", "451 4.3.0 queue file write error", Meaning.LATER, False),
    ("envelope", "421 4.7.28 our systems have detected an unusual rate", Meaning.SLOWER, False),
    ("envelope", "452 4.5.3 Too many recipients", Meaning.SLOWER, False),
    ("envelope", "454 Throttling failure: Maximum sending rate exceeded.", Meaning.SLOWER, False),
    ("data", "451 4.7.500 Server busy. Slow down", Meaning.SLOWER, False),
    ("envelope", "421 too many connections from your address", Meaning.SLOWER, False),
    ("data", "550 5.4.5 Daily user sending limit exceeded", Meaning.SLOWER, False),
    ("envelope", "550 5.1.1 User unknown", Meaning.ADDRESS, True),
    ("envelope", "553 5.1.3 bad address syntax", Meaning.ADDRESS, True),
    ("envelope", "556 5.1.10 recipient address has null MX", Meaning.ADDRESS, True),
    ("envelope", "550 5.2.1 mailbox disabled", Meaning.ADDRESS, True),
    ("envelope", "550 no enhanced code, so nobody is struck off for it", Meaning.MESSAGE, True),
    ("envelope", "552 5.2.2 mailbox full", Meaning.MESSAGE, True),
    ("envelope", "550 5.1.8 sender rejected: bad sender's system address", Meaning.SENDER, True),
    ("data", "550 5.7.26 this mail is unauthenticated", Meaning.SENDER, True),
    ("data", "554 5.7.1 message looks like spam", Meaning.MESSAGE, True),
    ("data", "552 5.3.4 message too big", Meaning.MESSAGE, True),
    ("data", "554 too many messages about experts in it", Meaning.MESSAGE, True),
    ("envelope", "530 5.7.0 Authentication required", Meaning.LOGIN, False),
    ("envelope", "550 5.7.1 see http://192.0.2.1.1.1 for more", Meaning.MESSAGE, True),
    (
        "envelope",
        "450 5.1.1 codes that contradict each other count as the milder",
        Meaning.LATER,
        False,
    ),
    ("data", "250 what", Meaning.LATER, False),
    ("envelope", "0 the server hung up", Meaning.LATER, False),
]


@pytest.mark.parametrize(("stage", "said", "expected", "is_for_good"), ANSWERS)
def test_an_answer_says_whose_trouble_it_is(
    stage: Stage, said: str, expected: Meaning, is_for_good: bool
) -> None:
    code, _, text = said.partition(" ")
    error = refusal(Reply(int(code), text), stage)
    assert (meaning(error), error.permanent) == (expected, is_for_good)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SendError("no answer in time", stage="dot"), Meaning.DOUBT),
        (SendError("connection refused", stage="connect"), Meaning.RELAY),
        (SendError("554 5.7.1 not you", stage="connect", code=554), Meaning.RELAY),
        (SendError("relay: 535 5.7.8 wrong", stage="login", code=535), Meaning.LOGIN),
        (SendError("relay: 454 4.7.0 not now", stage="login", code=454), Meaning.RELAY),
        (SendError("relay: no answer in time", stage="login"), Meaning.RELAY),
        (SendError("a bare LF", stage="envelope", permanent=True), Meaning.MESSAGE),
    ],
)
def test_an_error_says_whose_trouble_it_is(error: SendError, expected: Meaning) -> None:
    assert meaning(error) is expected
