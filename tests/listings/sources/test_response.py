"""The headers and bytes of an answer: when to ask again, what was compressed, what is unchanged."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from digest.listings.sources.response import (
    FetchError,
    conditions,
    read_body,
    retry_after,
    validator_of,
)

from ...tables import table

NOW = datetime(2025, 10, 4, 6, 0, tzinfo=UTC)


@table(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "١٢"}, None),
        ({"retry-after": "1000000000"}, 86_400),
        ({"retry-after": "9" * 5000}, 86_400),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Fri, 03 Oct 2025 00:00:00 -0000"}, None),
        ({"retry-after": "Fri, 03 Oct 99999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after": format_datetime(NOW.replace(minute=5), usegmt=True)}, 300),
        ({"retry-after": "Fri, 03 Oct 2025 00:00:00 GMT"}, 1),
        ({"retry-after": "Fri, 03 Oct 9999 00:00:00 GMT"}, 86_400),
        ({"ratelimit": '"api";r=0;t=77', "ratelimit-policy": '"api";q=500;w=300'}, 77),
        ({"ratelimit": '"api";r=0'}, None),
        ({"retry-after": "soon", "ratelimit": '"api";r=0;t=77'}, 77),
        ({}, None),
    ],
)  # fmt: skip
def test_when_to_ask_again(headers: Mapping[str, str], seconds: float | None) -> None:
    """A19: Retry-After in every form, and Hugging Face's RateLimit."""
    assert retry_after(headers, NOW) == seconds


@table(
    ("sent", "encoding"),
    [
        (b"papers", ""),
        (b"papers", "identity"),
        (gzip.compress(b"papers", mtime=0), "gzip"),
        (gzip.compress(b"papers", mtime=0), "x-gzip"),
        (gzip.compress(b"pap", mtime=0) + gzip.compress(b"ers", mtime=0), "GZIP"),
        (zlib.compress(b"papers"), "deflate"),
        (gzip.compress(b"papers", mtime=0), ""),
    ],
)
def test_a_body_is_unpacked_however_it_is_cut(sent: bytes, encoding: str) -> None:
    for size in (1, 7, 10_000):
        chunks = [sent[at : at + size] for at in range(0, len(sent), size)]
        assert read_body(chunks, encoding) == b"papers", size


def test_a_compressed_body_cut_anywhere_is_a_failure() -> None:
    """A7."""
    whole = gzip.compress(os.urandom(500))
    for length in range(1, len(whole)):
        with pytest.raises(FetchError):
            read_body([whole[:length]], "gzip")


def test_a_body_of_more_than_eight_mebibytes_is_refused() -> None:
    """A10, A12: counted after decompression, and never more of it unpacked."""
    mebibyte = bytes(2**20)

    assert len(read_body([mebibyte] * 8, "")) == 8 * 2**20
    for chunks, encoding in (
        ([mebibyte] * 8 + [b"x"], ""),
        ([gzip.compress(bytes(8 * 2**20 + 1), mtime=0)], "gzip"),
    ):
        with pytest.raises(FetchError, match=r"^more than 8 MiB$") as caught:
            read_body(chunks, encoding)
        assert not caught.value.again


@table(
    ("limit", "length", "is_read"),
    [(5, 5, True), (5, 6, False), (1, 1, True), (1, 2, False), (900, 900, True), (900, 901, False)],
)
def test_a_body_may_be_as_long_as_the_limit(limit: int, length: int, *, is_read: bool) -> None:
    sent = b"m" * length
    cut = [sent[:1], sent[1:]]
    for chunks, encoding in (
        (cut, ""),
        ([gzip.compress(each, mtime=0) for each in cut], "gzip"),
        ([zlib.compress(sent)], "deflate"),
    ):
        try:
            assert read_body(chunks, encoding, limit) == sent
            assert is_read
        except FetchError:
            assert not is_read


@table(
    ("chunks", "encoding", "reason", "again"),
    [
        ([gzip.compress(b"papers")[:-1]], "gzip", "the compressed body is cut short", True),
        ([b"papers"], "gzip", "the compressed body is damaged", False),
        ([b""], "br", "compressed as 'br', which was not asked for", False),
        ([b"x"], "B" * 41, f"compressed as '{'b' * 40}', which was not asked for", False),
    ],
)
def test_a_body_that_cannot_be_unpacked_says_why(
    chunks: list[bytes], encoding: str, reason: str, *, again: bool
) -> None:
    with pytest.raises(FetchError) as caught:
        read_body(chunks, encoding)
    assert (str(caught.value), caught.value.reason) == (reason, reason)
    assert (caught.value.again, caught.value.wait) == (again, None)


@table(("chunks", "encoding"), [([], "gzip"), ([b""], "gzip"), ([], "br"), ([b""], "")])
def test_no_bytes_are_a_whole_body(chunks: list[bytes], encoding: str) -> None:
    assert read_body(chunks, encoding) == b""


@table(
    ("headers", "validator", "asked"),
    [
        ({"etag": '"a"', "last-modified": "d"}, '"a"', {"If-None-Match": '"a"'}),
        ({"etag": 'W/"a"'}, 'W/"a"', {"If-None-Match": 'W/"a"'}),
        ({"etag": "a", "last-modified": "d"}, "d", {"If-Modified-Since": "d"}),
        ({"etag": "W/a"}, "", {}),
        ({}, "", {}),
    ],
)
def test_an_answer_is_known_again_by_its_tag_or_else_by_its_date(
    headers: Mapping[str, str], validator: str, asked: Mapping[str, str]
) -> None:
    assert validator_of(headers) == validator
    assert conditions(validator) == asked
