"""HTML to plain text: only what a person would read, nothing that runs or loads."""

from __future__ import annotations

from html import unescape

import nh3

from ... import expressions

# nh3 needs a second for 80,000 characters of deeply nested markup; the time grows with the square.
_LONGEST = 32_000
_SILENT = "iframe|noscript|object|script|style|svg|template|title"
_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|figcaption|figure|"
    "footer|h1|h2|h3|h4|h5|h6|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|"
    "th|thead|tr|ul"
)
_OTHERS = (
    "a|abbr|acronym|audio|b|bdi|bdo|big|body|button|cite|code|data|del|dfn|em|font|form|head|html|i|"
    "img|input|ins|kbd|label|link|mark|meta|nobr|q|s|samp|small|span|strike|strong|sub|sup|time|tt|"
    "u|var|video|wbr"
)
_TAG = expressions.compile(r"<[^<>]*>")
# Elements of other vocabularies (jats:p, mml:math) each become a blank.
_FOREIGN = expressions.compile(r"</?[A-Za-z]+:[A-Za-z][^<>]*>")
# An angle bracket that begins no HTML element is the author's own: "<1M", "n < m", "<x>".
_LITERAL = expressions.compile(rf"<(?!!|/?(?:{_BLOCKS}|{_OTHERS}|{_SILENT})\b)", ignore_case=True)


def text_of(html: str) -> str:
    """Return the text of a fragment's first 32,000 characters, blocks separated by a blank."""
    if "<" not in html and "&" not in html:
        return html
    known = _LITERAL.sub("&lt;", _FOREIGN.sub(" ", html[:_LONGEST]))
    plain = nh3.clean(
        known,
        tags=set(_BLOCKS.split("|")),
        attributes={},
        clean_content_tags=set(_SILENT.split("|")),
        link_rel=None,
    )
    return unescape(_TAG.sub(" ", plain))
