"""Signatures, judged by another implementation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from digest.deliver.dkim import Signing, record, relaxed_body, signing
from digest.deliver.folder import Folder
from digest.errors import DigestError
from digest.model import Issue
from digest.render import MailRenderer
from digest.resources import templates_folder
from tests import golden_issues
from tests.extent import number
from tests.keys import Key, signed_names
from tests.messages import mail, nothing

from ..tables import table

MINE = {"domain": "example.org", "selector": "papers"}


@pytest.fixture(scope="module", params=["rsa", "ed25519"])
def key(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Key:
    return Key(tmp_path_factory.mktemp("keys") / "dkim.pem", request.param)


def test_the_record_to_publish_is_the_keys_public_half(key: Key) -> None:
    """As ``dkim.verify`` takes it in the other tests."""
    assert record(key.path).encode() == key.record


class Kept:
    """A sender that keeps what it is handed."""

    def __init__(self) -> None:
        self.data: list[bytes] = []

    def __call__(self, mail: object, *, before_dot: Callable[[], None]) -> None:
        self.data.append(mail.data)  # type: ignore[attr-defined]

    def close(self) -> None:
        self.data.append(b"closed")


def signed(key: Key, data: bytes) -> bytes:
    kept = Kept()
    signing(kept, **MINE, key=key.path)(mail(data=data), before_dot=nothing)
    return kept.data[0]


def test_a_real_digest_is_signed_so_that_others_agree(key: Key) -> None:
    message = MailRenderer([templates_folder()]).mail(
        golden_issues.busy_day(), golden_issues.ALICE, golden_issues.WITH_PAGES
    )
    data = signed(key, message.data)
    assert data.endswith(message.data)
    assert key.is_content_with(data)
    assert max(map(len, data.split(b"\r\n")[:10])) < 100


@pytest.mark.parametrize(
    "make", [golden_issues.busy_day, golden_issues.quiet_day, golden_issues.mathematics]
)
def test_every_kind_of_digest_is_signed_so_that_others_agree(
    key: Key, make: Callable[[], Issue]
) -> None:
    message = MailRenderer([templates_folder()]).mail(
        make(), golden_issues.ALICE, golden_issues.WITH_PAGES
    )
    assert key.is_content_with(signed(key, message.data))


def test_the_ways_to_unsubscribe_are_part_of_what_is_signed(key: Key) -> None:
    message = MailRenderer([templates_folder()]).mail(
        golden_issues.busy_day(), golden_issues.ALICE, golden_issues.WITH_PAGES
    )
    data = signed(key, message.data)
    unsubscribing = {b"list-unsubscribe", b"list-unsubscribe-post"}
    assert signed_names(data) >= {*unsubscribing, b"message-id", b"subject"}
    for field in (b"List-Unsubscribe:", b"List-Unsubscribe-Post:"):
        changed = data.replace(b"\r\n" + field, b"\r\n" + field + b" <https://eve.example.com>,")
        assert changed != data
        assert not key.is_content_with(changed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Two papers", b"Ten papers"),
        (b"Subject: Papers", b"Subject: Pagers"),
        (b"To: alice", b"To: bob"),
        (b"From: ", b"From: eve@example.com\r\nFrom: "),
        (b"Subject: ", b"Subject: another one\r\nSubject: "),
    ],
)
def test_what_is_changed_on_the_way_is_found_out(key: Key, before: bytes, after: bytes) -> None:
    data = signed(key, mail().data)
    assert key.is_content_with(data)
    changed = data.replace(before, after, 1)
    assert changed != data
    assert not key.is_content_with(changed)


def test_a_retry_is_signed_with_the_same_bytes(key: Key) -> None:
    assert signed(key, mail().data) == signed(key, mail().data)


@given(
    st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b".", b"=20", b"  x"]), max_size=40),
    st.lists(st.sampled_from([b" ", b"\t", b"a", b":", b"\r\n ", b"\r\n\t"]), max_size=12),
)
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=number(12, whole=50)
)
def test_any_body_and_any_folding_is_read_alike(
    key: Key, body: list[bytes], subject: list[bytes]
) -> None:
    head = b"From: a@example.org\r\nSubject: s" + b"".join(subject) + b"e\r\nTo:  b@example.org"
    data = head + b"\r\n\r\n" + b"".join(body) + b"\r\n"
    assert key.is_content_with(signed(key, data))


@table(
    ("body", "canonical"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \r\n\t\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (b"no end", b"no end\r\n"),
    ],
)
def test_a_body_is_canonicalised_as_the_standard_says(body: bytes, canonical: bytes) -> None:
    """The fourth is the example of RFC 6376, section 3.4.5."""
    assert relaxed_body(body) == canonical


def test_a_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    keys = {
        "not a private key": b"no key at all",
        "without a password": ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
        "nor an Ed25519 one": ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
    }
    with pytest.raises(DigestError, match="no such file"):
        signing(Folder(tmp_path), **MINE, key=path)
    for complaint, pem in keys.items():
        path.write_bytes(pem)
        with pytest.raises(DigestError, match=complaint) as caught:
            signing(Folder(tmp_path), **MINE, key=path)
        assert str(path) in str(caught.value)


def test_closing_reaches_what_sends() -> None:
    kept = Kept()
    Signing(kept, lambda data: b"").close()
    assert kept.data == [b"closed"]
