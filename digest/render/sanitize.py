"""Clean text and web addresses from outside for display; independent of HTML and mail."""

from __future__ import annotations

from unicodedata import bidirectional
from urllib.parse import quote, urlsplit

from .. import expressions

#: The last two of each plane of Unicode, which are no characters.
_LAST = "".join(f"{chr(end - 2)}{chr(end - 1)}" for end in range(0x10000, 0x110001, 0x10000))
# Controls, lone surrogates, text-direction overrides and non-characters: none can be shown, and
# some change how the text around them is shown.
_UNSHOWABLE = expressions.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069"
    f"\ufdd0-\ufdef\ufeff\ufff9-\ufffb{_LAST}]"
)
_SPACES = expressions.compile(r"\s+")
_HOST = expressions.anchored(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?(?::[0-9]{1,5})?")
#: A fast check that nearly every address passes; the full check has the same result.
_PLAIN_URL = expressions.anchored(
    r"https?://[A-Za-z0-9.-]+(?<=[A-Za-z0-9])(?::[0-9]{1,5})?(?:/[A-Za-z0-9/?&=._%+~#-]*)?"
)
_TAG = expressions.compile(r"<([A-Za-z/!?][^<>]*)>")
_TAG_START = expressions.compile(r"<(?=[A-Za-z/!?])")

#: Longer addresses are refused: mail clients cut them, and no paper has one.
_URL_LIMIT = 1500


def shown(text: str) -> str:
    """Return the text on one line without characters that cannot be shown; outer spaces stay."""
    # Of all spaces a blank alone is printable, and none of what cannot be shown is.
    if text.isprintable() and "  " not in text:
        return text
    return _SPACES.sub(" ", _UNSHOWABLE.sub("", text))


def short(text: str, limit: int) -> str:
    """Return the text on one line, cut to ``limit`` characters, between words if possible."""
    text = shown(text).strip()
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ", limit // 2)
    return (head if cut < 0 else head[:cut]).rstrip(" ,;:") + "…"


def isolated(text: str) -> str:
    """Return the text, isolated if it runs right to left, so that it reorders no other text."""
    if text.isascii() or not any(bidirectional(c) in ("R", "AL") for c in text):
        return text
    return f"\u2068{text}\u2069"


def untagged(text: str) -> str:
    """Return the text with ‹ › around what a mail program might take for a tag."""
    return _TAG_START.sub("‹", _TAG.sub(r"‹\1›", text)) if "<" in text else text


def web_url(text: str) -> str:
    """Return the address in ASCII if it is an absolute http(s) one without a user, else empty."""
    if len(text) <= _URL_LIMIT and _PLAIN_URL.fullmatch(text):
        return text
    text = text.strip()
    if len(text) > _URL_LIMIT or _SPACES.search(text) or _UNSHOWABLE.search(text):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.netloc.encode("idna").decode("ascii")
    except ValueError:  # also UnicodeError: not a possible host name
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    rest = text[text.index(parts.netloc) + len(parts.netloc) :]
    quoted = quote(rest, safe="/?#:@!$&()*+,;=~%-._[]", errors="strict")
    return f"{parts.scheme}://{host}{quoted}"
