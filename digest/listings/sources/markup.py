"""HTML as plain text: what a person would read of it, never anything that runs or loads."""

from __future__ import annotations

from html import unescape

import nh3

from ... import expressions

# Of deeply nested markup nh3 takes a second for each 80,000 characters, growing with the square.
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
# Of other vocabularies (jats:p, mml:math) every element stands apart.
_FOREIGN = expressions.compile(r"</?[A-Za-z]+:[A-Za-z][^<>]*>")
# What is in angle brackets and no element of HTML is the author's own: "<1M", "n < m", "<x>".
_LITERAL = expressions.compile(rf"<(?!!|/?(?:{_BLOCKS}|{_OTHERS}|{_SILENT})\b)", ignore_case=True)


def text_of(html: str) -> str:
    """Give the text of a fragment of at most 32,000 characters, blocks parted by a blank."""
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
