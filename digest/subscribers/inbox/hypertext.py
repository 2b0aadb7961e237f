"""Read the text that a person sees in HTML: not what is quoted or hidden, and no script.

Goes from one angle bracket to the next and never back, so that no markup takes long; Python's own
parser reads unclosed tags again and again.
"""

from __future__ import annotations

from html import unescape

from .limits import MAX_LINE_LENGTH, MAX_TEXT_LENGTH

_SKIPPED = frozenset({"blockquote", "style", "script", "head", "title"})
_BREAKS = frozenset({"br", "hr", "p", "div", "tr", "li", "h1", "h2", "h3"})
#: Elements that only their own end tag ends, whatever looks like markup inside.
_RAW = ("style", "script", "title", "textarea")
#: Class names and ids that mail programs use where a quotation or a signature begins.
_ENDS = frozenset(
    {"gmail_quote", "gmail_signature", "moz-cite-prefix", "moz-signature", "yahoo_quoted"}
    | {"protonmail_quote", "appendonsend", "divRplyFwdMsg", "OutlookMessageHeader"}
)
#: Tags that are read of one page; a page that a person wrote has fewer.
_MOST_MARKUP = 20_000
_SMALL = {ord(big): chr(ord(big) + 32) for big in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_NO_NAMES = str.maketrans("\"'=/>", "     ")


def shown(html: str) -> str:
    """Return the text of a page, one line for each line that its reader sees."""
    return _Walk(html[:MAX_TEXT_LENGTH]).text()


class _Walk:
    """One pass through a page; collects the text that is shown."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._small = html.translate(_SMALL)
        self._pieces: list[str] = []
        self._skipped = 0
        self._has_ended = False

    def text(self) -> str:
        """Walk to the end, or to where a quotation begins, and return the text."""
        place = 0
        for _ in range(_MOST_MARKUP):
            if not 0 <= place < len(self._html) or self._has_ended:
                break
            start = self._html.find("<", place)
            self._keep(self._html[place : start if start >= 0 else len(self._html)])
            place = self._markup(start) if start >= 0 else start
        return "".join(self._pieces)

    def _keep(self, text: str) -> None:
        if text and not self._skipped:
            blank = " " if text[:1].isspace() else ""
            end = " " if text[-1:].isspace() and text.strip() else ""
            self._pieces.append(blank + " ".join(_unescaped(text).split(None)) + end)

    def _markup(self, start: int) -> int:
        """Read the markup at an angle bracket; return its end, or -1 where it never ends."""
        if self._html.startswith("<!--", start):
            end = self._html.find("-->", start + 4)
            return end + 3 if end >= 0 else -1
        after = self._html[start + 1 : start + 2]
        if not (after.isalpha() or after in ("/", "!", "?")):
            self._keep("<")
            return start + 1
        end = self._end_of_tag(start)
        if end < 0:
            return -1
        return self._tag(self._small[start + 1 : end], start, end + 1)

    def _end_of_tag(self, start: int) -> int:
        """Find the bracket that ends a tag: not one inside a quoted value."""
        end = self._html.find(">", start)
        for mark in ('"', "'"):
            if end >= 0 and f"={mark}" in self._html[start:end]:
                if self._html.count(mark, start, end) % 2:
                    close = self._html.find(mark, end)
                    end = self._html.find(">", close) if close >= 0 else end
                break
        return end

    def _tag(self, tag: str, start: int, end: int) -> int:
        """Apply a tag; return where to go on."""
        is_end = tag.startswith("/")
        words = tag[:MAX_LINE_LENGTH].translate(_NO_NAMES).split()
        name = words[0] if words else ""
        if name in _BREAKS:
            self._pieces.append("\n")
        if is_end:
            self._skipped -= name in _SKIPPED and self._skipped > 0
            return end
        written = self._html[start + 1 : min(end, start + MAX_LINE_LENGTH)].translate(_NO_NAMES)
        self._has_ended |= not _ENDS.isdisjoint(written.split())
        if name in _RAW:
            close = self._small.find(f"</{name}", end)
            return close if close >= 0 else self._unclosed(name, end)
        # Where a body begins, the head has ended, with or without an end tag.
        self._skipped = 0 if name == "body" else self._skipped + (name in _SKIPPED)
        return end

    def _unclosed(self, name: str, end: int) -> int:
        """Return where to go on after an unclosed title or style: at the body, else -1."""
        body = self._small.find("<body", end)
        return body if body >= 0 else -1


def _unescaped(text: str) -> str:
    """Return a text with its entities decoded; unchanged where a number is too long."""
    try:
        return unescape(text)
    except ValueError:  # more digits than int() accepts
        return text
