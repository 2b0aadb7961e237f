"""What was compressed once is read for ever, and what is damaged holds up nothing."""

from __future__ import annotations

import pytest

from digest.store import schema
from digest.store.compressed import compress, expand

#: Written on the first day; nearly all of it is in the words, which never change.
FIRST = bytes.fromhex("ab2690d5c9c8dfe6781c8e563ca2e65870462158fc0393086a920100")
MATCH = {"score": 1, "reasons": [], "paper": 7}
ENTRY = {"match": MATCH, "change": "new", "detail": "v1 → v2", "waited": None}
DOCUMENT = {
    "sections": [{"profile": "~1.1", "entries": [ENTRY]}],
    "welcome": {"schedule": {"at": "07:30"}},
    "locale": "en",
}


def test_what_was_compressed_is_read_whatever_is_in_it() -> None:
    assert expand(FIRST) == DOCUMENT
    for document in (DOCUMENT, {}, {"label": "\0 \ud800 ü \U0001f600"}):
        assert expand(compress(document)) == document


def test_what_is_damaged_is_an_empty_document() -> None:
    for data in (b"", b"{}", FIRST[:-2], FIRST[:9] + b"\xff" + FIRST[10:], b"\x00" * 40):
        assert schema.Compressed().process_result_value(data, None) == {}
    with pytest.raises(ValueError, match="no document"):
        expand(b"\xff\xff")
