"""Words: parting a text into words, and folding them so that one word has one form.

Pure: knows nothing of papers, queries or files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import chain

from .. import expressions

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
    if text.isalnum() and text.isascii():  # one word, as most of what blanks part is
        return [text]
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


def form_of(text: str) -> str:
    """Return words as forms are compared: each as ``surface`` has it, a blank between."""
    return " ".join(map(surface, raw_words(text)))


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
    greek = found[0]
    return greek if len(greek) > _LONGEST_GREEK else "".join(map(_NAMES.__getitem__, greek))


#: Words that form a compound with a neighbour only if a hyphen joins them: "in painting" is not
#: "inpainting", but "in-painting" is.
SMALL_WORDS = frozenset(
    """
    a an and are as at be by for from has have he her his i if in into is it its no not of on or
    our she so than that the their them then there these they this to was we were will with you
    """.split()  # noqa: SIM905
)
