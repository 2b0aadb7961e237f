"""What a token allows: its purpose, its subscriber, its time, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.access.addresses import checked, fold, keyed_hash
from digest.access.tokens import (
    LIFETIMES,
    Purpose,
    TokenPayload,
    Tokens,
    issue_of_code,
    notice_of_code,
    stamp,
)

from ..factories import EIGHT
from ..hostile import ANY
from ..tables import table

ALICE = "alice@example.org"
TOKENS = Tokens(b"one installation")


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_says_what_it_was_made_of(purpose: Purpose) -> None:
    token = TOKENS.make(purpose, 7, ALICE, EIGHT, about=12)

    assert TOKENS.read(purpose, token, EIGHT) == TokenPayload(
        7, EIGHT, 12, TOKENS.address_hash(ALICE)
    )
    assert token == TOKENS.make(purpose, 7, ALICE, EIGHT, about=12)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_good_for_one_purpose_and_one_installation(purpose: Purpose) -> None:
    token = TOKENS.make(purpose, 7, ALICE, EIGHT)

    assert all(TOKENS.read(p, token, EIGHT) is None for p in Purpose if p is not purpose)
    assert Tokens(b"another installation").read(purpose, token, EIGHT) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_every_flip_of_one_bit_is_refused(purpose: Purpose) -> None:
    token = TOKENS.make(purpose, 7, ALICE, EIGHT, about=3).encode()
    for position in range(len(token)):
        for bit in range(8):
            flipped = bytearray(token)
            flipped[position] ^= 1 << bit
            text = flipped.decode("latin-1")
            assert TOKENS.read(purpose, text, EIGHT) is None, (position, bit)


def test_every_beginning_and_every_longer_text_is_refused() -> None:
    token = TOKENS.make(Purpose.MANAGE, 7, ALICE, EIGHT)
    others = [token[:n] for n in range(len(token))] + [token + c for c in "=Aa. \n"]

    assert all(TOKENS.read(Purpose.MANAGE, other, EIGHT) is None for other in others)


@given(st.text(ANY, max_size=80))
@settings(max_examples=50)
def test_no_text_is_a_token(text: str) -> None:
    assert TOKENS.read(Purpose.MANAGE, text, EIGHT) is None


@pytest.mark.parametrize(("purpose", "lifetime"), LIFETIMES.items())
def test_a_token_grows_old(purpose: Purpose, lifetime: timedelta) -> None:
    token = TOKENS.make(purpose, 7, ALICE, EIGHT)
    late = EIGHT + lifetime + timedelta(seconds=1)

    assert TOKENS.read(purpose, token, EIGHT + lifetime) is not None
    assert TOKENS.read(purpose, token, late) is None
    assert TOKENS.is_expired(purpose, token, late)
    assert not TOKENS.is_expired(purpose, token, EIGHT)
    assert not TOKENS.is_expired(purpose, token[:-2], late)


def test_leaving_is_possible_for_ever() -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, 7, ALICE, EIGHT)

    assert TOKENS.read(Purpose.UNSUBSCRIBE, token, EIGHT + timedelta(days=36500)) is not None


def test_a_token_does_not_hold_the_address() -> None:
    assert "alice" not in TOKENS.make(Purpose.MANAGE, 7, ALICE, EIGHT).lower()
    assert repr(TOKENS).startswith("<digest.access.tokens.Tokens object")


def test_a_stamp_is_exact() -> None:
    assert stamp(EIGHT + timedelta(microseconds=123457)) - stamp(EIGHT) == 123457


def test_how_long_each_link_is_good() -> None:
    days = {purpose: lifetime.days for purpose, lifetime in LIFETIMES.items()}

    assert days == {Purpose.CONFIRM: 7, Purpose.MANAGE: 7, Purpose.CHANGE: 2, Purpose.RETURN: 30}


# ── addresses ──


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("a@Example.ORG", "a@example.org", True),
        ("a@example.org.", "a@example.org", True),
        ("a@bücher.example", "a@xn--bcher-kva.example", True),
        ("a@BÜCHER.example", "a@bücher.example", True),
        (" a@example.org ", "a@example.org", True),
        ("A@example.org", "a@example.org", False),
        ("a.b@example.org", "ab@example.org", False),
        ("a+x@example.org", "a@example.org", False),
        ("а@example.org", "a@example.org", False),  # a Cyrillic letter
    ],
)
def test_two_spellings_of_one_address(one: str, other: str, is_same: bool) -> None:
    assert (fold(one) == fold(other)) is is_same
    assert (keyed_hash(b"key", one) == keyed_hash(b"key", other)) is is_same


@given(
    st.builds(
        "{}@{}".format,
        st.text("aZ09!#$%&'*+-/=^_`{|}~.", min_size=1, max_size=64),
        st.text("aZ09-.", min_size=1, max_size=60),
    )
)
def test_folding_twice_is_folding_once(address: str) -> None:
    assert fold(fold(address)) == fold(address)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@c.org\n", "a@c.org\x00", "a,b@c.org x",
     "a@b@c.org", "a@c.org, d@e.org", "ü@example.org", "a" * 250 + "@c.org", "<a@c.org>"],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_a_few_words(text: str) -> None:
    if text == "a@c.org\n":
        assert checked(text) == "a@c.org"
        return
    with pytest.raises(ValueError, match="not an email address"):
        checked(text)


def test_a_code_names_its_issue_and_depends_on_all_that_it_is_for() -> None:
    code = TOKENS.code(Purpose.ISSUE, 12, 7, ALICE, EIGHT)
    others = {
        TOKENS.code(Purpose.MANAGE, 12, 7, ALICE, EIGHT),
        TOKENS.code(Purpose.ISSUE, 12, 8, ALICE, EIGHT),
        TOKENS.code(Purpose.ISSUE, 12, 7, "bob@example.org", EIGHT),
        TOKENS.code(Purpose.ISSUE, 12, 7, ALICE, EIGHT + timedelta(seconds=1)),
        TOKENS.code(Purpose.ISSUE, 13, 7, ALICE, EIGHT),
        Tokens(b"another installation").code(Purpose.ISSUE, 12, 7, ALICE, EIGHT),
    }

    assert issue_of_code(code) == 12
    assert len({each[:22] for each in (code, *others)}) == 7
    assert len(code) == 23


@pytest.mark.parametrize("code", ["", "a" * 22, "a" * 22 + "g", "a" * 22 + "01", "é" * 22 + "1"])
def test_what_is_no_code_names_no_issue(code: str) -> None:
    assert issue_of_code(code) is None


def test_a_code_is_22_signs_and_the_number_that_it_is_about() -> None:
    code = TOKENS.code(Purpose.ISSUE, 255, 7, ALICE, EIGHT)
    notice = TOKENS.notice_code(255, ALICE, EIGHT)

    assert (len(code), code[22:], issue_of_code(code)) == (24, "ff", 255)
    assert (len(notice), notice[22:], notice_of_code(notice)) == (25, "255", 255)
    assert code != TOKENS.code(Purpose.MANAGE, 255, 7, ALICE, EIGHT)
    assert (len(TOKENS.address_hash(ALICE)), len(TOKENS.unguessable_name("x"))) == (16, 32)
    assert TOKENS.powerless().make(Purpose.MANAGE, 7, ALICE, EIGHT) != TOKENS.make(
        Purpose.MANAGE, 7, ALICE, EIGHT
    )
    token = TOKENS.make(Purpose.MANAGE, 7, ALICE, EIGHT)
    assert token == TOKENS.make(Purpose.MANAGE, 7, ALICE, EIGHT, about=0)
    assert TOKENS.is_ours(Purpose.MANAGE, token)
    assert not TOKENS.is_ours(Purpose.FEED, token)
    assert not TOKENS.is_expired(Purpose.FEED, token, EIGHT)


@table(
    "number issue notice",
    [
        ("1", 1, 1),
        ("10", 16, 10),
        ("01", None, None),
        ("0", 0, None),
        ("a", 10, None),
        ("A", None, None),
        ("g", None, None),
        ("9" * 15, int("9" * 15, 16), int("9" * 15)),
        ("9" * 16, None, None),
        ("-1", None, None),
        ("1_0", None, None),
        ("\u0661", None, None),
    ],
)
def test_the_number_of_a_code_has_one_spelling(
    number: str, issue: int | None, notice: int | None
) -> None:
    assert issue_of_code("x" * 22 + number) == issue
    assert notice_of_code("x" * 22 + number) == notice


def test_what_is_too_short_or_not_ascii_is_no_code() -> None:
    assert issue_of_code("x" * 22) is None
    assert issue_of_code("ä" * 22 + "1") is None
    assert issue_of_code("") is None
