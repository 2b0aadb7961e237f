"""JSON as the standard has it, and a line for everything else."""

from __future__ import annotations

import pytest

from digest.errors import SourceError
from digest.listings.sources.strict_json import loads

from ...tables import table


@table(
    "data",
    [b"[Infinity]", b"[1e999]", b"[-1e999]", b"9" * 5000, b"[1,]", b"['a']", b"[1] [2]", b"{a: 1}",
     b"[01]", b"[+1]", b"// x\n[]", b"[\"\\x00\"]", b"\"\x00\"", b"\xff\xfe", b"\x80", b"", b" ",
     b"<p>"],
)  # fmt: skip
def test_only_standard_json_is_read(data: bytes) -> None:
    """A25."""
    with pytest.raises(SourceError):
        loads(data, "l")


@table("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_json_is_read_in_every_unicode_encoding(encoding: str) -> None:
    """A8."""
    assert loads('[1, 2.5, "é", null, true]'.encode(encoding), "l") == [1, 2.5, "é", None, True]


@table(
    ("data", "found"),
    [
        (b"true", True),
        (b"null", None),
        (b" false", False),
        (b"nul", SourceError("l", "no JSON but 'nul'")),
        (b"1" * 18, int("1" * 18)),
        (b"-" + b"1" * 17, -int("1" * 17)),
        (b"1" * 19, SourceError("l", "not JSON: an integer of 19 digits")),
        (b"1e308", 1e308),
        (b"1e309", SourceError("l", "not JSON: a number too large")),
        (b"NaN", SourceError("l", "no JSON but 'NaN'")),
        (b"[-Infinity]", SourceError("l", "not JSON: -Infinity is not a number")),
        (b" \n", SourceError("l", "an empty answer")),
        (b"\xef\xbb\xbf <p>", SourceError("l", "a web page instead of JSON")),
        (b" " * 199 + b"<", SourceError("l", "a web page instead of JSON")),
        (
            b" " * 200 + b"<",
            SourceError("l", "broken JSON at line 1, column 201: expecting value"),
        ),
        (b"nullx", SourceError("l", "broken JSON at line 1, column 5: extra data")),
        (b"[1,\n2,]", SourceError("l", "broken JSON at line 2, column 3: expecting value")),
        (b"Sorry,\nno", SourceError("l", "no JSON but 'Sorry, no'")),
        (b"x" * 60, SourceError("l", f"no JSON but '{'x' * 60}'")),
        (b"x" * 61, SourceError("l", f"no JSON but '{'x' * 59}…'")),
        (b"x " + b" " * 197 + b"yz", SourceError("l", "no JSON but 'x y'")),
        (b'"\xff"', SourceError("l", "not text: invalid start byte at byte 1")),
        (b"[" * 100_000, SourceError("l", "JSON nested too deep")),
    ],
)
def test_what_is_no_json_says_why(data: bytes, found: object) -> None:
    try:
        assert loads(data, "l") == found
    except SourceError as error:
        assert str(error) == str(found)  # noqa: PT017  # a row may be refused or not
