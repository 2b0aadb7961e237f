"""Text and addresses from outside, made fit to be shown; nothing here knows HTML or mail."""

from __future__ import annotations

from unicodedata import bidirectional
from urllib.parse import quote, urlsplit

from .. import expressions

# Controls, half surrogates, text-direction overrides and non-characters: none can be read, and
# some change how their neighbours are read.
_UNSHOWABLE = expressions.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SPACES = expressions.compile(r"\s+")
_HOST = expressions.anchored(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?(?::[0-9]{1,5})?")
#: What nearly every address looks like; the long way gives the same answer.
_PLAIN_URL = expressions.anchored(
    r"https?://[A-Za-z0-9.-]+(?<=[A-Za-z0-9])(?::[0-9]{1,5})?(?:/[A-Za-z0-9/?&=._%+~#-]*)?"
)
_TAG = expressions.compile(r"<([A-Za-z/!?][^<>]*)>")
_TAG_START = expressions.compile(r"<(?=[A-Za-z/!?])")

#: Longer addresses are refused: mail clients cut them, and no paper has one.
_URL_LIMIT = 1500


def shown(text: str) -> str:
    """The text on one line without what cannot be shown; blanks at its ends are kept."""
    return _SPACES.sub(" ", _UNSHOWABLE.sub("", text))


def short(text: str, limit: int) -> str:
    """The text on one line, cut after at most ``limit`` characters, at a word where it can."""
    text = shown(text).strip()
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    cut = head.rfind(" ", limit // 2)
    return (head if cut < 0 else head[:cut]).rstrip(" ,;:") + "…"


def isolated(text: str) -> str:
    """The text, kept from reordering its neighbours where it runs from right to left."""
    if text.isascii() or not any(bidirectional(c) in ("R", "AL") for c in text):
        return text
    return f"\u2068{text}\u2069"


def untagged(text: str) -> str:
    """The text with what a careless reader of plain text might take for a tag in ‹ ›."""
    return _TAG_START.sub("‹", _TAG.sub(r"‹\1›", text))


def web_url(text: str) -> str:
    """The address in ASCII if it is an absolute http(s) one without a user, else empty."""
    if len(text) <= _URL_LIMIT and _PLAIN_URL.fullmatch(text):
        return text
    text = text.strip()
    if len(text) > _URL_LIMIT or _SPACES.search(text) or _UNSHOWABLE.search(text):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.netloc.encode("idna").decode("ascii")
    except ValueError:  # also UnicodeError: a name that cannot be one
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    rest = text[text.index(parts.netloc) + len(parts.netloc) :]
    quoted = quote(rest, safe="/?#:@!$&()*+,;=~%-._[]", errors="strict")
    return f"{parts.scheme}://{host}{quoted}"
