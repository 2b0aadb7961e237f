"""The gate that every mail passes: what RFC 5322, 2045, 8058 and careful receivers ask for.

The standard library's parser and html5lib are the judges; nothing of the program's own is used.
"""

from __future__ import annotations

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

HTML_LIMIT = 100_000
STYLE_LIMIT = 16_000

_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
_KNOWN = {
    *map(str.lower, _ONCE),
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "precedence",
    "dkim-signature",
    "content-transfer-encoding",
    "content-language",
}
_ELEMENTS = re.compile(
    "html|head|meta|title|style|body|main|div|table|thead|tbody|tr|th|td|h1|h2|h3|p|ul|li|a|span|b|br|wbr"
)
_ATTRIBUTES = re.compile(
    "lang|charset|name|content|role|class|style|dir|href|scope|width|align|border|cell(padding|spacing)"
)
_ACTIVE_CSS = re.compile(r"url\(|expression|@import|behavior|javascript|-moz-binding", re.I)
_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+")
_BARE_ADDRESS = re.compile(r"[a-z]+:[A-Za-z0-9/._~?&=%#-]*[A-Za-z0-9/]")


def assert_wire(data: bytes) -> EmailMessage:
    """Fails where the message breaks a rule; gives it parsed."""
    assert_lines(data)
    message = parsed(data)
    _assert_issue(data, message)
    return message


@lru_cache(500)
def parsed(data: bytes) -> EmailMessage:
    """A message as the standard library reads it; to be read only."""
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    return message


def _assert_issue(data: bytes, message: EmailMessage) -> None:
    assert_headers(data, message)
    text, html = _parts(message)
    tree = _assert_html(html)
    _assert_text(text)
    _assert_same_links(text, tree)


def assert_gate(data: bytes) -> None:
    """Fails where any message of ours breaks a rule: an issue, one in plain text, or a letter.

    Of messages that differ in days, numbers and tokens alone one is judged: some tests make
    thousands.
    """
    assert_lines(data)
    kind = _ALIKE.sub(b"", data.replace(b"=\r\n", b""))
    if kind not in _JUDGED:
        _assert_message(data)
        _JUDGED.add(kind)


_JUDGED: set[bytes] = set()
#: A signed token (the base64 of a JSON list, and a signature), a boundary, a number, day or month.
_ALIKE = re.compile(
    rb"W[yz][\w-]{10,}(?:\.[\w-]{6,})+|[0-9a-f]{32}|\d+"
    rb"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*"
)


def _assert_message(data: bytes) -> None:
    message = parsed(data)
    assert not message.defects
    names = [name.lower() for name in message.keys()]  # noqa: SIM118  no dict
    assert len(set(names)) == len(names), names
    if "List-Unsubscribe" not in message:
        text, html = _parts(message)
        _assert_same_links(text, _assert_html(html))
    elif message.is_multipart():
        _assert_issue(data, message)
    else:
        assert_headers(data, message)
        _assert_text(message.get_content())


def assert_headers(data: bytes, message: EmailMessage) -> None:
    """Fails where a header is missing, doubled, forged or badly encoded."""
    assert not message.defects
    names = [name.lower() for name in message.keys()]  # noqa: SIM118  no dict
    assert set(names) <= _KNOWN, set(names) - _KNOWN
    assert all(names.count(name.lower()) == 1 for name in _ONCE), names
    for name, value in message.items():
        assert not value.defects, (name, value.defects)
        assert "\r" not in value
        assert "\n" not in value
    assert parsedate_to_datetime(message["Date"]).tzinfo is not None
    assert message["Auto-Submitted"] == "auto-generated"
    _assert_list_headers(data, message)


def parts(data: bytes) -> tuple[str, str]:
    """The text and the HTML of a message."""
    return _parts(parsed(data))


def visible(html: str) -> str:
    """What a reader sees of a page; blanks, no-break ones too, as single spaces."""
    return _seen(_tree(html))


def hrefs(html: str) -> set[str]:
    """Every address that the page links to."""
    return _linked(_tree(html))


def assert_lines(data: bytes) -> None:
    """Fails where a line is too long, ends in a blank, or is not ASCII."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data), "a bare CR or LF"
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    body = data.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body)) <= 76
    assert not any(line.endswith((b" ", b"\t")) for line in body)
    assert data.isascii()
    assert b"\0" not in data


def _assert_list_headers(data: bytes, message: EmailMessage) -> None:
    raw = data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    for line in raw:
        if line.lower().startswith((b"list-", b"message-id")):
            assert b"=?" not in line
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", message["Message-ID"])
    ways = re.findall(r"<([^>]+)>", message["List-Unsubscribe"])
    assert any(way.startswith("mailto:") for way in ways)
    has_button = message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert has_button == any(way.startswith("https://") for way in ways)


def _parts(message: EmailMessage) -> tuple[str, str]:
    assert message.get_content_type() == "multipart/alternative"
    found = list(message.iter_parts())
    assert [part.get_content_type() for part in found] == ["text/plain", "text/html"]
    for part in found:
        assert not part.defects
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
        assert part.get_content_charset() == "utf-8"
    html = found[1].get_payload()
    assert isinstance(html, str)
    assert len(html.encode()) + html.count("\n") * ("\r\n" not in html) <= HTML_LIMIT
    decoded = [part.get_payload(decode=True) for part in found]
    text, page = (payload.decode("utf-8") for payload in decoded if isinstance(payload, bytes))
    return text, page


def _tree(html: str) -> Any:
    return html5lib.parse(html, namespaceHTMLElements=False)


def _seen(tree: Any) -> str:
    return " ".join("".join(_texts(tree.find("body"))).split())


def _linked(tree: Any) -> set[str]:
    return {e.attrib["href"] for e in tree.iter("a")}


def _assert_html(html: str) -> Any:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert not parser.errors, parser.errors[:3]
    assert tree.attrib.get("lang")
    for element in tree.iter():
        if isinstance(element.tag, str):
            _assert_harmless(element)
    styles = ["".join(element.itertext()) for element in tree.iter("style")]
    assert sum(len(style.encode()) for style in styles) <= STYLE_LIMIT
    assert all("@media" in style for style in styles)
    assert "".join(tree.find("head/title").itertext()).strip()
    return tree


def _assert_harmless(element: Element) -> None:
    assert _ELEMENTS.fullmatch(element.tag), element.tag
    assert all(map(_ATTRIBUTES.fullmatch, element.attrib)), element.attrib
    assert not _ACTIVE_CSS.search(element.attrib.get("style", ""))
    if "href" in element.attrib:
        assert re.match(r"https?://[^/@\s]+(/|$|\?|#)|mailto:", element.attrib["href"])
    if element.tag == "style":
        assert not _ACTIVE_CSS.search("".join(element.itertext()))
    if element.tag == "table" and not element.findall("thead"):
        assert element.attrib.get("role") == "presentation"


def _assert_text(text: str) -> None:
    assert not re.search(r"<[A-Za-z/!?]", text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text.replace("\r\n", "\n"))


def _assert_same_links(text: str, tree: Any) -> None:
    told = set(_ADDRESS.findall(text))
    linked = _linked(tree)
    assert linked <= told, linked - told
    seen = _seen(tree)
    # An abstract may speak of an address without linking to it; then both parts speak of it.
    unlinked = {_BARE_ADDRESS.match(address) for address in told - linked}
    assert all(bare is None or bare[0] in seen for bare in unlinked), unlinked


def _texts(element: Any) -> list[str]:
    found = [element.text or ""] if element.tag not in ("style", "script") else []
    for child in element:
        found += _texts(child)
        found.append("" if child.tag in ("a", "b", "span", "wbr") else " ")
        found.append(child.tail or "")
    return found
