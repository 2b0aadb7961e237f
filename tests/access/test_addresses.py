"""Which spellings reach one mailbox: for limits on letters, never for sending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.access.addresses import are_aligned, checked, mailbox_key

from ..tables import table

#: Spellings that their provider says reach the one mailbox on the left.
SPELLINGS = [
    ("ada@example.org", "ADA@Example.ORG. Ada@example.org"),
    ("ada@xn--bcher-kva.example", "ada@bücher.example Ada@BÜCHER.example"),
    ("adalovelace@gmail.com", "Ada.Lovelace@gmail.com a.d.a.lovelace+x+y@googlemail.com"),
    ("ada.l@outlook.com", "Ada.L+papers@Outlook.com"),
    ("ada@hotmail.co.uk", "ada+1@hotmail.co.uk"),
    ("ada@yahoo.com", "ada-papers@yahoo.com ada+2@yahoo.com"),
    ("ada@icloud.com", "ada@me.com Ada+x@mac.com"),
    ("ada@fastmail.com", "ada+x@fastmail.com papers@ada.fastmail.com"),
    ("adalovelace@proton.me", "Ada_Lovelace@proton.me ada-love.lace+1@protonmail.com"),
    ("ada@yandex.ru", "ada@ya.ru ada+x@yandex.com"),
    ("ada.lovelace@yandex.ru", "ada-lovelace@yandex.ru Ada.Lovelace+x@ya.ru"),
    ("ada@hotmail.com.br", "ada+1@hotmail.com.br"),
    ("ada@outlook.co.id", "ada+1@outlook.co.id"),
    ("ada@mail.ru", "ada+x@mail.ru"),
    ("ada@zoho.com", "ada+x@zoho.com"),
    ("ada@mailbox.org", "ada+x@mailbox.org"),
]


@pytest.mark.parametrize(("key", "spellings"), SPELLINGS)
def test_all_spellings_of_one_mailbox_have_one_key(key: str, spellings: str) -> None:
    assert {mailbox_key(each) for each in [key, *spellings.split()]} == {key}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "a.da@example.org"),  # what dots mean there, nobody has said
        ("ada@example.org", "ada+x@example.org"),
        ("ada@example.org", "ada@example.com"),
        ("ada@outlook.com", "a.da@outlook.com"),
        ("ada@outlook.com", "ada@hotmail.com"),
        ("ada@icloud.com", "a.da@icloud.com"),
        ("adalovelace@yandex.ru", "ada.lovelace@yandex.ru"),  # there, a dot and a hyphen are one
        ("adalovelace@ya.ru", "ada-lovelace@yandex.com"),
        ("ada@gmx.de", "ada+x@gmx.de"),  # where a plus sign is part of a name
        ("ada@mail.ru", "ada@bk.ru"),
        ("ada@gmail.com", "ada-x@gmail.com"),
        ("ada@example.org", "аda@example.org"),  # a Cyrillic letter
        ("+x@gmail.com", "+y@gmail.com"),  # no name is left
    ],
)
def test_two_mailboxes_have_two_keys(one: str, other: str) -> None:
    assert mailbox_key(one) != mailbox_key(other)


@given(
    st.builds(
        "{}@{}".format,
        st.text("aB.+-_", min_size=1, max_size=8)
        | st.text("aZ09!#$%&'*+-/=^_`{|}~.", min_size=1, max_size=64),
        st.sampled_from(["GMail.com", "x.fastmail.com", "yahoo.com", "pm.me", "A-0.Example"]),
    )
)
def test_the_key_of_a_key_is_the_key(address: str) -> None:
    assert mailbox_key(mailbox_key(address)) == mailbox_key(address)


def test_an_address_is_written_to_as_it_was_written() -> None:
    assert checked("A.da+x@gmail.com") == "A.da+x@gmail.com"


@table(
    "named domain aligned",
    [
        ("a.org", "a.org", True),
        ("a.org", "mail.a.org", True),
        ("mail.a.org", "a.org", True),
        ("a.org", "ba.org", False),
        ("ba.org", "a.org", False),
        ("mail.a.org", "news.a.org", False),
        ("org", "a.org", False),
        ("org", "org", False),
    ],
)
def test_two_domains_are_aligned_where_one_ends_in_the_other(
    named: str, domain: str, aligned: bool
) -> None:
    assert are_aligned(named, domain) is aligned


@table(
    "address said",
    [
        ("a" * 64 + "@example.org", ""),
        ("a" * 65 + "@example.org", "not an email address: "),
        ("a@" + ".".join(["b" * 60] * 4) + ".example", ""),
        ("a@" + ".".join(["b" * 60] * 4) + ".examplesxx", "not an email address: "),
        ("nobody", "not an email address: an email address must have an @-sign"),
    ],
)
def test_an_address_has_64_signs_before_its_sign_and_254_in_all(address: str, said: str) -> None:
    if not said:
        assert checked(f" {address} ") == address
        return
    with pytest.raises(ValueError, match=f"^{said}"):
        checked(address)


@table(
    "address key",
    [
        ("papers@ada.fastmail.com", "ada@fastmail.com"),
        ("papers@ada.gmail.com", "papers@ada.gmail.com"),
        ("papers@ada.example.org", "papers@ada.example.org"),
        ("+x@gmail.com", "+x@gmail.com"),
        ("a-b@gmail.com", "a-b@gmail.com"),
    ],
)
def test_only_what_a_provider_says_makes_two_spellings_one_mailbox(address: str, key: str) -> None:
    assert mailbox_key(address) == key
