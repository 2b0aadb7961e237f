"""XML that is read whole or not at all."""

from __future__ import annotations

import pytest

from digest.errors import SourceError
from digest.listings.sources.strict_xml import loads, readable_of, text_at

from ...tables import table


@table(
    ("data", "reason"),
    [
        (b" \n", "an empty answer"),
        (b"Error: try later", "no XML but 'Error: try later'"),
        (b"<a><b></a>", "broken XML at line 1, column 9: mismatched tag"),
        (b"<a>&nbsp;</a>", "undefined entity"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XML that declares an entity: x"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "an entity: x"),
        (b"<a>" * 101 + b"</a>" * 101, "XML nested too deep"),
        (b"<a>" + b"<b/>" * 50 + b"<c>" * 100 + b"</c>" * 100 + b"</a>", "XML nested too deep"),
        (b"<a/><b/>", "broken XML at line 1, column 5"),
        (b"<a><b></b>", "broken XML at line 1, column 11: no element found"),
    ],
)
def test_what_is_no_whole_document_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        loads(data, "l")


def test_a_document_may_name_its_type_and_nothing_is_fetched_for_it() -> None:
    data = b'<?xml version="1.0"?><!DOCTYPE a PUBLIC "x" "https://x.invalid/a.dtd"><a>b</a>'
    assert loads(data, "l").text == "b"
    assert loads(b"<a>" * 100 + b"</a>" * 100, "l").tag == "a"


def test_an_element_is_read_with_its_markup_and_without_what_follows_it() -> None:
    root = loads(b"<r><t>H<sub>2</sub>O &lt; <i>x</i> &amp; y</t> > tail <e/> end</r>", "l")
    assert text_at(root, "t") == "H\u2082O < x & y"
    assert (text_at(root, "e"), text_at(root, "none")) == ("", "")
    assert readable_of(loads("<t>10<sup>5</sup></t>".encode("utf-16"), "l")) == "10\u2075"
