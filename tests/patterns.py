"""A hundred queries by somebody who means harm: each must be cheap, whatever the papers say."""

from __future__ import annotations

_BACKTRACKING = [
    "(a+)+$", "(a|aa)+$", "(a|a?)+b", "(x+x+)+y", "([a-z]+)*=", "(a*)*b", "(a*a*)*c", "(.*)*q",
    "(.*)+z9", "(\\w+\\s?)*!", "(\\d+)*x9", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){5}",
    "(.*,){5}P", "^(a?){20}a{20}$", "(a{1,5}){1,5}b", "((a+)+)+$", "(([^,]*),?)+;",
    "(ab|a|b)*c9", "(e|t|a| )*q9", "\\b(\\w+\\W+)*\\w+9$", "(?:a?b?c?)*z9", "(.+)+\\x{FFFF}",
    "(0|00)+1", "(t.t.)*9",
]  # fmt: skip
_THRASHING = [
    f"{first}{any_of}{{{number}}}{last}"
    for first, any_of, last in (
        ("e", ".", "q"), ("[ae]", ".", "9"), ("t", "[^x]", "z"), ("(?:a|b)", "[ab ]", "9"),
        ("x", "\\D", "9"),
    )
    for number in (4, 6, 8, 10, 12)
]  # fmt: skip
_WIDE = [
    "[a-z]", ".", "e", " ", "\\b", "^", "$", "a|b|c|d|e|f|g", "\\S", "[^q]", ".{5}", "\\w+",
    "(?i)E", "..*", ".+e", "\\s\\w", "a.*z", "[aeiou]{2}", "(a|e).*(i|o)", "\\w.\\w",
    "[[:alpha:]]+", "[\\x00-\\x7f]+", "e+.*e+", "(?s).+", "[a-e].*[f-z]",
]  # fmt: skip

_BITING = [pattern for pattern in _WIDE if pattern not in ("\\b", "^", "$")]
_WORDS = [
    "ab*", "NOT (NOT (NOT (NOT ab)))", "a b " * 30, "ab NEAR/999 x",
    "(a OR b OR x) NEAR/999 (e1 OR e2)", " OR ".join(["ab"] * 150), " AND ".join(["ab"] * 120),
    "(" * 20 + "ab" + ")" * 20, "NOT " * 20 + "ab", '"' + "x " * 300 + '"', "aa " * 250,
    "author:" + "a b " * 100, "category:" + "*a" * 200, "listing:" + "*" * 300, "=" + "ab " * 200,
    "title:(" + " OR ".join(f"x{n}" for n in range(100)) + ")", "ab* " * 100, "a-b-" * 100 + "c",
    "x-x " * 100, "aaaa " * 100, "e1 NEAR/0 e2", "(ab AND (ab OR (ab AND (ab OR (ab AND ab)))))",
    "in-ab " * 60, "0 00 000 " * 50, "ab NEAR/999 ab", "a" * 990, "ab ab ab NEAR/500 x x x",
    "abababab*",
]  # fmt: skip

HOSTILE = [f"/{pattern}/" for pattern in _BACKTRACKING + _THRASHING + _BITING] + _WORDS
