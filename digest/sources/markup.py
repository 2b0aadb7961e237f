"""HTML as plain text: what a person would read of it, never anything that runs or loads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# The longest abstract that is kept has 32,000 characters; markup may double it.
_LONGEST = 100_000
_SILENT = {"script", "style", "head", "template", "noscript", "iframe", "object", "svg"}
_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|img|ins|kbd|label|mark|nobr|q|s|"
    "samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
# Elements of other vocabularies (jats:p, mml:math) are blocks too.
_BLOCK = re.compile(
    "address|article|aside|audio|blockquote|body|br|button|caption|center|dd|details|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|html|input|li|main|nav|ol|p|pre|"
    r"section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul|video|\w+:.+"
)


def text_of(html: str) -> str:
    """Give the text of a fragment; what only looks like a tag (``n <m``, ``<1M``) stays."""
    if "<" not in html and "&" not in html:
        return html
    reader = _Reader(convert_charrefs=True)
    reader.feed(html[:_LONGEST])
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self, *, convert_charrefs: bool) -> None:
        super().__init__(convert_charrefs=convert_charrefs)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent.append(tag)
        else:
            self._put(self._read(tag, self.get_starttag_text() or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self._put(self._read(tag, self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        else:
            self._put(" " if _BLOCK.fullmatch(tag) else "")

    def handle_data(self, data: str) -> None:
        self._put(data)

    def _read(self, tag: str, written: str) -> str:
        if _INLINE.fullmatch(tag):
            return ""
        # A word in angle brackets is the author's own.
        return " " if _BLOCK.fullmatch(tag) else written

    def _put(self, text: str) -> None:
        if not self._silent:
            self.parts.append(text)
