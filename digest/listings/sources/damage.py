"""Damaged feeds: what one entry has wrong costs at most that entry.

A parser gives up, or swallows what follows, at a character that cannot be, an unclosed CDATA, a
stray sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.entities import html5
from itertools import pairwise

from ... import expressions

# Two references that are halves of one character of UTF-16: some programs write emoji so.
_HALVES = (
    r"&#(5529[6-9]|55[3-9][0-9]{2}|56[0-2][0-9]{2}|563[01][0-9]|[xX][dD][89abAB][0-9a-fA-F]{2});"
    r"&#(563[2-9][0-9]|56[4-9][0-9]{2}|57[0-2][0-9]{2}|573[0-3][0-9]|5734[0-3]"
    r"|[xX][dD][c-fC-F][0-9a-fA-F]{2});"
)
_PAIR = expressions.compile(_HALVES)
_PAIR_IN_BYTES = expressions.compile(_HALVES.encode())
_REFERENCE = expressions.compile(
    rb"&(?:(#[0-9]{1,10}|#[xX][0-9A-Fa-f]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});)?"
)
# Programs of .NET say so of a text that they then write as UTF-8.
_FALSELY_WIDE = expressions.compile(
    rb"(<\?xml[^<>]{0,40})encoding\s?=\s?[\"'](?:utf|ucs)-?(?:16|32|2|4)(?:le|be)?[\"']",
    ignore_case=True,
)
_OF_XML = (b"amp", b"lt", b"gt", b"quot", b"apos")
_BEGIN = expressions.compile(rb"<(?:[A-Za-z][\w-]*:)?(?:item|entry)[\s>]")
_ENDS = {b"<rss": b"</channel></rss>", b":RDF": b"</rdf:RDF>", b"<feed": b"</feed>"}
#: Most entries that are read one by one; each costs as much as a small feed.
MOST = 1_000


def with_whole_characters(text: str) -> str:
    """Join the references that are halves of one character."""
    return _PAIR.sub(lambda found: chr(_joined(*found.groups())), text) if "&#" in text else text


def with_true_encoding(data: bytes) -> bytes:
    """Take out the name of an encoding in which its declaration could not be read as it is."""
    head = _FALSELY_WIDE.sub(rb"\1", data[:200], count=1)
    return head + data[200:] if b"\0" not in head else data


def with_possible_references(data: bytes) -> bytes:
    """Replace what XML does not know: references to no character or by HTML's names, a bare "&"."""
    if b"&" not in data or b"\0" in data[:100]:  # UTF-16 and UTF-32 need none
        return data
    keeps_names = b"<!ENTITY" in data
    parts, at = [], 0
    while (start := data.find(b"<![CDATA[", at)) >= 0 and (end := data.find(b"]]>", start)) >= 0:
        parts += [_known(data[at:start], keeps_names), data[start:end]]
        at = end
    return b"".join([*parts, _known(data[at:], keeps_names)])


def _known(data: bytes, keeps_names: bool) -> bytes:
    def write(found: expressions.Match[bytes]) -> bytes:
        name = found[1]
        if name is None:
            return b"&amp;"
        if name.startswith(b"#"):
            return _possible(found[0], _number(name[1:].decode()))
        return found[0] if keeps_names or name in _OF_XML else _named(name.decode())

    whole = _PAIR_IN_BYTES.sub(
        lambda found: b"&#%d;" % _joined(*(half.decode() for half in found.groups())), data
    )
    return _REFERENCE.sub(write, whole)


def _named(name: str) -> bytes:
    text = html5.get(f"{name};")
    return b"".join(b"&#%d;" % ord(sign) for sign in text) if text else f"&amp;{name};".encode()


def count(data: bytes) -> int:
    """Return how many entries seem to begin in a feed."""
    return sum(1 for _ in _BEGIN.finditer(data))


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield a feed for each entry of a feed, with nothing but the header beside that entry.

    Yield none of a feed with more than ``MOST`` entries.
    """
    begins = [found.start() for found in _BEGIN.finditer(data)]
    if len(begins) > MOST:
        return
    head = data[: begins[0]] if begins else b""
    end = next((end for root, end in _ENDS.items() if root in head), b"")
    for begin, following in pairwise([*begins, len(data)]):
        yield head + data[begin:following] + end


def _joined(high: str, low: str) -> int:
    return 0x10000 + ((_number(high) - 0xD800) << 10) + (_number(low) - 0xDC00)


def _number(text: str) -> int:
    return int(text[1:], 16) if text[0] in "xX" else int(text)


def _possible(reference: bytes, number: int) -> bytes:
    if number < 0x20:
        return reference if number in (9, 10, 13) else b" "
    is_none = 0xD800 <= number < 0xE000 or number in (0xFFFE, 0xFFFF) or number > 0x10FFFF
    return b"&#65533;" if is_none else reference
