"""Text: cleaning for storage, TeX made readable.

Pure: knows nothing of papers, queries or files.
"""

from __future__ import annotations

from .. import expressions
from .words import fold

# Controls, bidirectional overrides (which can disguise an address as another), soft hyphens,
# zero-width characters, interlinear and tag characters, noncharacters.
_JUNK = expressions.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# Persian and Indic spelling and joined emoji need these two; between Latin letters they are junk.
_NEEDLESS_JOINER = expressions.compile(
    r"(?<![^\x00-\u02ff])[\u200c\u200d]+"
    r"|(?<![\u200c\u200d])[\u200c\u200d]++(?![^\x00-\u02ff])"
)
_SURROGATE = expressions.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Clean ``text`` for storage: valid UTF-8, one line, single blanks, nothing invisible."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    if not (text.isascii() and text.isprintable()):
        text = _NEEDLESS_JOINER.sub("", _JUNK.sub("", text))
    return " ".join(text.split())


_TEX = expressions.compile(r"\\|\$|[_^]\{|~")
_ASIDE = expressions.compile("[\ufdd0-\ufdef]")
_TICKS = expressions.compile("(`{2,})")
_QUOTE_END = expressions.compile("''|\"|”")
_DASHES = expressions.compile(r"(?<=[\w)\]”])(\s?)---?(?!-)(\s?)(?=[\w(\[“])")
# Some listings strip the backslash of \times; "repeated 3 times 5" must stay as it is.
_TIMES = expressions.compile(
    r"(?<=\d)times(?![A-Za-z])\s?(?=\d)|(?<=\d)\stimes(?=\d)|(?<=\d)times(?![A-Za-z])"
)
# A paper's text is far shorter; parsing takes time that grows with the length.
_LONGEST_TEX = 50_000


def readable(tex: str) -> str:
    """Turn the TeX in ``tex`` into Unicode where that makes it more readable; never raise.

    Prose that only looks like TeX (prices, ``snake_case``, ``50%``) is not changed.
    """
    if not tex.isascii():
        tex = _ASIDE.sub("", tex)
    text = _untexed(tex) if _TEX.search(tex) and len(tex) <= _LONGEST_TEX else tex
    if "``" in text:
        text = _quoted(text)
    if "--" in text:
        text = _DASHES.sub(_dash, text)
    return _TIMES.sub("×", text) if "times" in text else text


def _quoted(text: str) -> str:
    """Replace TeX's quotation marks by curly ones; a quotation ends before the next begins."""
    pieces = _TICKS.split(text)
    for place in range(1, len(pieces), 2):
        inside = pieces[place + 1]
        if pieces[place] == "``" and (end := _QUOTE_END.search(inside, 1)):
            pieces[place] = "“"
            pieces[place + 1] = f"{inside[: end.start()]}”{inside[end.end() :]}"
    return "".join(pieces)


def _dash(found: expressions.Match[str]) -> str:
    if found[1] != found[2]:
        return found[0]
    return found[1] + ("—" if "---" in found[0] else "–") + found[1]


def _untexed(tex: str) -> str:
    from .tex import unicode_of

    try:
        text = unicode_of(tex)
    except Exception:  # whatever a parser of strangers' TeX may raise, the source is still readable
        return tex
    return text if text.strip() else tex


def normal_title(title: str) -> str:
    """Reduce a title to its folded letters and digits, so that titles of the same work are equal.

    A title of symbols alone is only cleaned and folded, so that no two such titles become equal.
    """
    folded = fold(readable(title))
    return "".join(filter(str.isalnum, folded)) or clean(folded)
