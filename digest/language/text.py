"""Text: cleaning for storage, TeX made readable, words and folding.

Pure: knows nothing of papers, queries or files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain

from .. import expressions

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


# Letters that Unicode does not decompose → how people type them without the right keyboard.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
     "ŧ": "t", "ŋ": "n", "ɡ": "g", "’": "'", "ʼ": "'", "‐": "-", "‑": "-"}
)  # fmt: skip


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Remove case, accents, ligatures and widths: ``Gödel`` and ``Godel`` become the same."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    text = "".join(char for char in text if not _is_accent(char))
    return unicodedata.normalize("NFKC", text)


def _is_accent(char: str) -> bool:
    """Return whether ``char`` is a mark that people often omit, unlike a vowel sign.

    By canonical combining class: 10-36 are points of Hebrew and Arabic, 200-240 are marks above,
    below or through a letter (UAX #44, table 15); a kana's voicing mark (8) is kept.
    """
    place = unicodedata.combining(char)
    return 10 <= place <= 36 or place >= 200


# Scripts written without blanks between words: each of their characters is a token, so that a
# phrase is found wherever its characters follow one another.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
)
# What belongs to a word after its letters and digits, all of which begins with one of these signs:
# a genitive's 's; the signs of C++, C#, F# and A*; the rest of an abbreviation (U.S., Ph.D.), of
# thousands (1,000), of a decimal (4.5, Qwen2.5), of Q&A.
_TAIL = (
    r"(?:(?=[.,'’+#*&])(?:"
    r"['’]s(?![^\W_])|(?<=\b[A-Za-z])\+\+(?!\+)|(?<=\b[CF])#|(?<=\b[A-Z])\*(?![\w*])"
    r"|(?<=\b[A-Za-z])\.(?:[A-Za-z]\.){1,6}(?:[A-Za-z](?!\w))?|(?<=\bPh)\.D\b\.?"
    r"|(?<=\b[A-Z])\.[A-Z](?![\w.])"
    r"|(?:(?<=\b[0-9])|(?<=\b[0-9]{2})|(?<=\b[0-9]{3}))(?:,[0-9]{3}){1,4}(?![0-9])"
    r"|(?:(?<=[0-9])\.[0-9][A-Za-z0-9]*){1,4}|(?<=\b[A-Z])&[A-Z](?!\w)))?"
)
_NET = r"(?<![\w.])\.NET(?!\w)"
_ASCII_WORD = expressions.compile(rf"[A-Za-z0-9]+{_TAIL}|{_NET}")


@cache
def _word() -> expressions.Pattern[str]:
    """Return a pattern for words of any script: letters, digits, their marks, a genitive's 's."""
    blocks = chain(range(0x300, 0x3100), range(0xA66F, 0xAC00), range(0xFB00, 0xFE30))
    marks = "".join(chr(code) for code in blocks if unicodedata.category(chr(code))[0] == "M")
    letter = rf"(?:[^\W_{_UNSPACED}]|[{marks}\u200c\u200d])"
    return expressions.compile(rf"[{_UNSPACED}][{marks}]*|[^\W_{_UNSPACED}]{letter}*{_TAIL}|{_NET}")


def raw_words(text: str) -> list[str]:
    """Return the words of ``text`` as they are written."""
    return _word_in(text).findall(text)


def spans(text: str) -> list[tuple[int, int]]:
    """Return the half-open offsets of the words that ``raw_words`` returns."""
    return [found.span() for found in _word_in(text).finditer(text)]


def _word_in(text: str) -> expressions.Pattern[str]:
    """Return the cheapest pattern that finds the words of ``text``."""
    return _ASCII_WORD if text.isascii() else _word()


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of ``text``, folded, each with its half-open offsets into ``text``.

    Hyphens, underscores and all punctuation separate words; a genitive's ``'s`` is within the
    offsets but not part of the word.
    """
    for start, end in spans(text):
        yield surface(text[start:end]), start, end


def bare(raw: str) -> str:
    """Return a word as written, without a genitive's ``'s`` and without signs that do not count.

    U.S. is US, 1,000 is 1000.
    """
    if raw[-2:] in ("'s", "’s"):
        raw = raw[:-2]
    if "," in raw:
        return raw.replace(",", "")
    is_abbreviation = "." in raw and raw[0] != "." and not any(map(str.isdigit, raw))
    return raw.replace(".", "") if is_abbreviation else raw


def surface(raw: str) -> str:
    """Return a word in the form for comparison without inflections: folded and ``bare``.

    A Greek letter is its name (TGF-β, TGF-beta), but not within a Greek word.
    """
    word = fold(bare(raw))
    return word if word.isascii() else _GREEK.sub(_named, word)


_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        """
        alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
        sigma tau upsilon phi chi psi omega
        """.split(),  # noqa: SIM905
        strict=True,
    )
)
#: the names of the Greek letters
GREEK_LETTERS = frozenset(_NAMES.values())
_GREEK = expressions.compile("[α-ω]+")
_LONGEST_GREEK = 2


def _named(found: expressions.Match[str]) -> str:
    letters = found[0]
    return letters if len(letters) > _LONGEST_GREEK else "".join(map(_NAMES.__getitem__, letters))


#: Words that form a compound with a neighbour only if a hyphen joins them: "in painting" is not
#: "inpainting", but "in-painting" is.
SMALL_WORDS = frozenset(
    """
    a an and are as at be by for from has have he her his i if in into is it its no not of on or
    our she so than that the their them then there these they this to was we were will with you
    """.split()  # noqa: SIM905
)
