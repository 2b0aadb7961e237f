r"""Signs that look like TeX and are none, and the numbers that must survive being read as TeX.

Programs escape quotation marks, listings strip the dollar of ``\$81``, people write "don\'t":
TeX would make accents of them, or swallow the next digit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container

from .. import expressions

# Characters that TeX would swallow although the authors mean them literally: replaced by
# noncharacters, which no cleaned text contains, and put back after parsing.
ASIDE = {ord(char): chr(0xFDD0 + i) for i, char in enumerate("%#&_^$~\\'\"`=.")}
_LITERAL = ASIDE[ord("\\")]
BACK = {ord(aside): chr(char) for char, aside in ASIDE.items()}

ESCAPED = expressions.compile(r"\\([%_#&~])")

# A sign with a backslash that is no macro but what some program or person put one before.
_ACCENTS = "'\"`^~=."
_ANY_SIGN = expressions.compile(r"\\(.)", dotall=True)
# Vietnamese has two accents on one letter: Nguy\~{\^e}n.
_ACCENTED = expressions.anchored(r"\s?\{?(?:\\['\"`^~=.]?\{?)?[A-Za-z]")
_TILDED = expressions.anchored(r"\s?\{?(?:\\[ij]|(?:\\['\"`^=.]\{?)?[AaEeIiNnOoUuVvYy])")
_CONTRACTED = expressions.anchored(r"(?:s|t|re|ll|ve|d|m)(?![A-Za-z])")
_IN_QUOTES = expressions.compile(r'(?<![A-Za-z\\])\\"([^"\\]{1,200})\\"(?![A-Za-z{])')
# An accent over more than one letter, or over a number, is another macro of the same name.
_OVER_MORE = expressions.compile(
    r"\\(?:[bcdHkrtuv]|['\"`^~=.])\s?\{([A-Za-z]{2}[^{}]*)\}|\\[bcdHkrtuv]\{([0-9][^{}]*)\}"
)
# TeX takes the blank behind a letter's macro for the macro's end: "M\o ss".
_LETTER = expressions.compile(
    r"(\\(?:[olOLij]|ss|ae|oe|aa|AE|OE|AA|th|dh|dj|ng|TH|DH|DJ|NG)) (?=[a-z])"
)
# An accent over no letter is none: the regular expression \d+.
_OVER_NOTHING = expressions.compile(r"\\(?=[bcdHkrtuv](?:[^A-Za-z0-9{\\\s]|$))")
# Of regular expressions, too: \w+, \s*.
_REPEATED = expressions.compile(r"\\([A-Za-z])(?=[+*?])")
_DRIVE = expressions.compile(r"(?<![A-Za-z0-9])[A-Z]:$")
# A folder of another machine: \\harbour\tides.
_SHARE = expressions.compile(r"(?<!\S)\\\\([A-Za-z0-9.-]+)\\([A-Za-z]+)")
# Nor is one over a number: "\t3", "\u03b1".
_BEFORE_NUMBER = expressions.compile(r"\\([bcdHkrtuvx])(?= ?[0-9])")
# JSON that was escaped twice: "86\\%", "10\\textsuperscript{5}".
_DOUBLED = expressions.compile(r"\\\\(%|([A-Za-z]+)\{)")
_ENDED_TWICE = expressions.compile(r"(\\(?:etc|eg|ie|etal|wrt|vs))\.")
# Measures and anchors are no text.
_UNSEEN = expressions.compile(r"\\(?:label|vspace|hspace|color)\*?\s*\{[^{}]*\}")
_SAME_LINK = expressions.compile(r"\\href\s*\{([^{}]*)\}(?=\{)")
_DIGIT = expressions.compile(r"\d")
_NUMBER = expressions.compile(r"[0-9]+")
# What TeX prints nothing for: 1\!2, 1{}2.
_NO_SPACE = expressions.compile(r"\\!|\{\}|\$")


def with_literal_signs(tex: str, macros: Container[str]) -> str:
    """Set aside the signs whose backslash is no macro's; ``macros`` are the names that are."""
    tex = _SHARE.sub(lambda found: _share(found, macros), tex)
    tex = _DOUBLED.sub(lambda found: _single(found, macros), tex)
    # Two are TeX's line end, whatever follows.
    tex = _OVER_NOTHING.sub(_LITERAL, tex.replace("\\\\", " "))
    tex = _REPEATED.sub(lambda found: found[0] if found[1] in macros else _LITERAL + found[1], tex)
    tex = _BEFORE_NUMBER.sub(rf"{_LITERAL}\1", _OVER_MORE.sub(r"\1\2", tex))
    tex = _ENDED_TWICE.sub(r"\1", tex)
    tex = _IN_QUOTES.sub(_quoted, _LETTER.sub(r"\1{}", tex))
    return _ANY_SIGN.sub(lambda found: _sign(found, macros), tex)


def _share(found: expressions.Match[str], macros: Container[str]) -> str:
    return found[0] if found[2] in macros else f"{_LITERAL * 2}{found[1]}{_LITERAL}{found[2]}"


def _single(found: expressions.Match[str], macros: Container[str]) -> str:
    is_macro = found[2] is None or found[2] in macros
    return f"\\{found[1]}" if is_macro else found[0]


def _quoted(found: expressions.Match[str]) -> str:
    mark = ASIDE[ord('"')]
    return f"{mark}{found[1]}{mark}"


def _sign(found: expressions.Match[str], macros: Container[str]) -> str:
    r"""Return a sign with a backslash as TeX has it, or literally where that means nothing.

    Before a number it was a dollar: listings that strip the dollars of formulas strip that of
    ``\$81``, too.
    """
    sign, text, end = found[1], found.string, found.end()
    if sign.isdecimal():
        before = text[max(found.start() - 3, 0) : found.start()]
        is_apart = not (before[-1:].isalnum() or _DRIVE.search(before))
        return ASIDE[ord("$" if is_apart else "\\")] + sign
    if sign in "-/>" and text[end : end + 1].isdecimal():
        return sign  # a hyphen, a slant, a blank of TeX's; of Markdown's, -5, 1/2, >5
    if sign in _ACCENTS:
        return found[0] if _is_accent(sign, text, end) else ASIDE[ord(sign)]
    is_macro = sign in macros or sign in "()[]{}" or sign.isspace()
    is_macro = is_macro or (sign.isascii() and sign.isalpha())
    return found[0] if is_macro else _LITERAL + sign.translate(ASIDE)


def _is_accent(sign: str, text: str, end: int) -> bool:
    """Return whether a sign with a backslash, which ends at ``end``, is TeX's accent."""
    if sign == "~":
        return _TILDED.match(text, end) is not None
    is_within = text[end - 3 : end - 2].isalpha()
    if sign == "'" and is_within and _CONTRACTED.match(text, end):
        return False
    return _ACCENTED.match(text, end) is not None and not text[end : end + 1].isspace()


def holds_numbers_of(tex: str, text: str) -> bool:
    """Return whether each digit of ``tex`` is in ``text``, in order, and no two numbers are one."""
    written = "|".join(_NUMBER.findall(_NO_SPACE.sub("", tex)))
    if not all(number in written for number in _NUMBER.findall(text)):
        return False
    shown = iter(_digits(text))
    seen = _UNSEEN.sub("", _SAME_LINK.sub(lambda link: _once(link, text), tex))
    return all(digit in shown for digit in _digits(seen))


def _once(link: expressions.Match[str], text: str) -> str:
    """Return the address of a link, "" if the text of the link is the address itself."""
    address = ESCAPED.sub(r"\1", link[1]).strip()
    return address if f"({address})" in text or f"{address} (" in text else ""


def _digits(text: str) -> list[str]:
    return _DIGIT.findall(text if text.isascii() else unicodedata.normalize("NFKC", text))
