"""Searches as databases and search engines have them, rewritten in the manner of arXiv and PubMed.

Web of Science, Scopus, Ovid, Embase, Cochrane, EBSCO, ProQuest, IEEE and ACM: their fields become
fields (``TS=x``, ``TITLE(x)``) or tags (``x.ti,ab.``, ``x/exp``), which foreign_search reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from .. import expressions
from ..language import FIELDS
from ..language.foreign import FIELD_NAMES, UNLIKE_FIELDS, tokens
from ..language.words import SMALL_WORDS

_Found: TypeAlias = expressions.Match[str]

#: a field as arXiv has it → what others call it; the last three are left out, for a reason each
_FIELDS: Final = {
    "ti:": "TI TIT TITLE DOCUMENT_TITLE ARTICLE_TITLE",
    "abs:": "AB ABS ABSTRACT",
    "au:": "AU AUT AUTH AUTHOR AUTHORS AUTHOR-NAME FIRSTAUTH",
    "aff:": "AD OG OO AFFIL AFFILORG AFFILIATION",
    "all:": """
        TS AK KP KEY AUTHKEY ALL TX SU KW FT NOFT MAINSUBJECT TITLE-ABS TITLE-ABS-KEY
        TITLE-ABS-KEY-AUTH ALL_METADATA INDEX_TERMS AUTHOR_KEYWORDS IEEE_TERMS FULL_TEXT
        FULL_TEXT_&_METADATA KEYWORD KEYWORDS
    """,
    "year:": "PY FPY YR PUBYEAR PD DP PUBLICATION_YEAR PUBLICATION_DATE E-PUBLICATION_DATE",
    "journal:": "SO JN JT PUB SRCTITLE EXACTSRCTITLE SOURCE PUBLICATION_TITLE CONFNAME",
    "property:": """
        DT LA WC WOS CU UT DO PT ISSN DOI PMID DOCTYPE LANGUAGE SUBJAREA LIMIT-TO EXCLUDE STYPE
        RTYPE
    """,
}
_AS_HERE: Final[Mapping[str, str]] = {
    name: field for field, names in _FIELDS.items() for name in names.split()
}
#: names before brackets in Scopus, and in ProQuest, which has them in small letters; SO(3) is none
_BEFORE_BRACKETS = "|".join(
    sorted((name for name in _AS_HERE if len(name) > 2 and "&" not in name), key=len, reverse=True)
)
_SMALL = "ti|ab|au|su|mainsubject|noft|ft|pub|pd|yr|la|stype|rtype"

_OF_TITLES, _OF_ABSTRACTS = frozenset(("ti",)), frozenset(("ab",))
#: the last of these in a list of Ovid's or Embase's fields decides
_TAGS: Final = {
    "au": "au", "in": "ad", "ff": "ad", "sh": "mh", "hw": "mh", "de": "mh", "pt": "pt", "it": "pt",
    "yr": "dp", "py": "dp", "dt": "dp", "jn": "ta", "la": "la",
}  # fmt: skip
_CODES = "(?:ti|ab|tw|mp|kw|kf|nm|ot|af|au|in|ff|sh|hw|de|pt|it|yr|py|dt|jn|la)"


def _field(found: _Found) -> str:
    return _AS_HERE[found[1].upper().strip().replace(" ", "_")]


def _tagged(found: _Found) -> str:
    """Return PubMed's tag for Ovid's ``.ti,ab.`` and Embase's ``:ti,ab``."""
    if found[0].startswith(":") and "," not in found[1] and _is_value(found):
        return found[0]
    codes = frozenset(found[1].replace(" ", "").lower().split(","))
    if codes <= _OF_TITLES or codes <= _OF_ABSTRACTS:
        return f"[{min(codes)}]"
    return f"[{next(filter(None, map(_TAGS.get, sorted(codes))), 'tiab')}]"


_GOES_ON = expressions.anchored(r"\s{1,3}(?!(?:and|or|not|andnot|near|next)\b)\w", ignore_case=True)
_LAST_WORD = expressions.compile(r"\w[\w-]{0,30}$")


def _is_value(found: _Found) -> bool:
    """Return whether this is what a field before it holds: ``au:de Vries``, ``species:in vitro``.

    Behind a tag of Embase comes an operator, and before it no field.
    """
    if _GOES_ON.match(found.string, found.end()):
        return True
    before = _LAST_WORD.search(found.string[max(found.start() - 31, 0) : found.start()])
    name = before[0].lower() if before else ""
    return name in FIELDS or name in FIELD_NAMES or name in UNLIKE_FIELDS


def _near(found: _Found) -> str:
    """Return PubMed's ``"a b"[tiab:~3]`` as words near each other; of more than two, all."""
    words = [word for word in found[1].split() if word.lower() not in SMALL_WORDS]
    joint = f" NEAR/{found[3][:3]} " if len(words) == 2 else " AND "
    field = "ti:" if found[2].lower() in ("ti", "title") else ""
    return f"{field}({joint.join(words)})"


def _in_titles(found: _Found) -> str:
    """Return Google's ``allintitle: a b`` with the field before each word."""
    field = "intitle:" if found[1].lower() == "title" else ""
    row, at, parts = found[2], 0, []
    for piece in tokens(row) if field else ():
        is_operand = piece.kind == "quoted" or (piece.kind == "word" and not piece.is_operator)
        if is_operand and piece.text.lower() not in ("and", "or", "not"):
            parts += [row[at : piece.start], field]
            at = piece.start
    return "".join([*parts, row[at:]])


def _of_spires(found: _Found) -> str:
    return found[1] + {"a": "au:", "au": "au:", "t": "ti:", "k": "all:"}[found[2]]


#: a heading has no operator in it, but "and" is in many
_HEADING = r"(?!(?:AND|OR|NOT|or|not|and|exp) )\w(?:(?! (?:AND|OR|NOT|or|not|exp) )[\w ,'-]){1,80}"
_Rule: TypeAlias = tuple[expressions.Pattern[str], str | Callable[[_Found], str]]


def _rule(expression: str, new: str | Callable[[_Found], str], *, any_case: bool = False) -> _Rule:
    return expressions.compile(expression, ignore_case=any_case, multiline=True), new


_RULES: Final[tuple[_Rule, ...]] = (
    # Google
    _rule(r"\ballin(title|text|anchor):([^\n]{0,1000})", _in_titles, any_case=True),
    _rule(r"(?<!\S)(\d{4})\.\.(\d{4})(?!\S)", r"year:\1-\2"),
    # PubMed
    _rule(
        r'"([^"\n]{1,200})"\[([a-z/]{2,20}):~(\d{1,4})\]',
        _near,
        any_case=True,
    ),
    _rule(r"\b(hasabstract)\b(?!\[)", r"\1[filter]"),
    # Cochrane, Embase, Ovid and EBSCO: headings
    _rule(
        r"MeSH descriptor: \[([^\]\"\n]{1,80})\](?: explode all trees| this term only)?",
        r'"\1"[mh]',
    ),
    _rule(r"\[mh \^?\"?([^\]\"/\n]{1,80})[^\]\n]{0,40}\]", r'"\1"[mh]'),
    _rule(r"'([^'\n]{1,80})'/(?:exp|de|mj)(?:/mj)?\b", r'"\1"[mh]'),
    _rule(r"'([^'\n]{1,80})'/it\b", r'"\1"[pt]'),
    _rule(r"(?<![\w/])([\w-]{2,40})/(?:exp|de|mj)(?:/mj)?\b", r"\1[mh]"),
    _rule(r"\[([^\]\n]{1,40})\]/(?:py|sd)\b", r'"\1"[dp]'),
    _rule(r"\[([^\]\n]{1,40})\]/lim\b", r'"\1"[filter]'),
    _rule(rf"\bexp \*?({_HEADING})/(?=[\s)]|$)", r'"\1"[mh]'),
    _rule(rf"(?<![\w*/])\*?((?=[A-Z]){_HEADING})/(?=[\s)]|$)", r'"\1"[mh]'),
    _rule(r"\b(?:MH|MM|MJ|DE|MW) \"([^\"\n+]{1,80})\+?\"", r'"\1"[mh]'),
    # quotes; the braces of TeX are inside a word, or hold a command
    _rule(r"(?<!\w)'([^'\n]{1,80})'(?!\w)", r'"\1"'),
    _rule(r"(?<![^\s(+-])(?<!=\s)\{([^{}\\\n]{1,80})\}(?=[\s)]|$)", r'"\1"'),
    # fields before, and behind
    _rule(
        r"\"(Document Title|Article Title|Abstract|All Metadata|Author Keywords|Index Terms"
        r"|IEEE Terms|Authors|Publication Title|Publication Year|Full Text & Metadata)\":[ ]?",
        _field,
    ),
    _rule(
        r"\[(Title|Abstract|All|Author|Keywords|Full Text|Publication Date|Publication Title"
        r"|E-Publication Date): ([^\]\n]{1,200})\]",
        lambda found: f"({_field(found)}({found[2]}))",
    ),
    _rule(r"\[(?=[(\[])", "("),
    _rule(r"(?<=\))\]", ")"),
    _rule(r"\bPUBYEAR[ ]?(?:[<>=]{1,2}|AFT|BEF|IS)[ ]?(\d{4})", r"year:\1"),
    _rule(
        r"(?<![\w-])(ts|ti|ab|au|TS|TI|AB|AU|AK|KP|AD|OG|OO|ALL|SO|PY|FPY|PD|DT|LA|WC|SU|CU|UT|DO|PMID)"
        r"[ ]?=[ ]?(?=[\w(\"*])",
        _field,
    ),
    _rule(rf"(?<![\w:-])({_BEFORE_BRACKETS})[ ]?(?=\()", _field),
    _rule(rf"(?<![\w:-])({_SMALL})\.exact(?=\()", r"\1"),
    _rule(r"(?<![\w:-])(pd|yr)(?=\([\d<>])", _field),
    _rule(rf"(?<![\w:-])({_SMALL})(?=\([A-Za-z\"(])", _field),
    _rule(rf"(?<=[\w)\"*?$#])\.({_CODES}(?:,[ ]?{_CODES}){{0,20}})\.", _tagged, any_case=True),
    _rule(
        rf"(?<=[\w)\"*]):({_CODES}(?:,[ ]?{_CODES}){{0,20}})(?![\w:\"(])", _tagged, any_case=True
    ),
    _rule(r"\[mp ?=[^\[\]\n]{1,400}\]", ""),
    # truncation and distances; an order of words is not kept
    _rule(r"(?<=[^\W\d_])[$#](?=[^\W\d_])", "?"),
    _rule(r"(?<=[^\W\d_]{3})[$#](?=[\s)\[]|$)", "*"),
    _rule(r"(?<=\s)(?:PRE|ONEAR|NEXT|P)/(\d{1,3})(?=\s)", r"NEAR/\1", any_case=True),
    _rule(r"(?<=\s)N/(\d{1,3})(?=\s)", r"NEAR/\1"),
    _rule(r"(?<=\s)adj(\d{1,3})(?=\s)", r"ADJ\1"),
    _rule(r"(?<=\s)(?:ADJ|NEXT|adj)(?=\s)", "NEAR/0"),
    _rule(r"(?<=\s)SAME(?=\s)", "NEAR/30"),  # binds closer than NOT, as AND does not
)  # fmt: skip
#: EBSCO has its fields before the words, without a sign: only where nothing else can be meant
_EBSCO: Final = (
    expressions.compile(r"\b(?:TI|AB|SU|TX|AU)\s[(\"]|\b(?:TI|AB)\s[\w*-]{2,40}\s(?:OR|AND|NOT)\s"),
    _rule(
        r"(?:(?<=\()|(?<=\bOR )|(?<=\b(?:NOT|AND) )|^)(TI|AB|SU|TX|AU|KW|PT|DT|LA|SO)\s(?=[\w(\"])",
        _field,
    ),
    _rule(
        r"(?<=\s)(?<!AND\s)(?<!OR\s)(?<!NOT\s)(?<!\(\s)[NW](\d{1,2})"
        r"(?=\s(?!(?:AND|OR|NOT)\b|\)))",
        r"NEAR/\1",
    ),
)
_SPIRES: Final = (
    expressions.anchored(r"\s*f(?:ind?)?\s(?=\({0,3}(?:a|t|k|au)\s)"),
    _rule(r"(^|\(|\b(?:and|or|not)\s)(a|t|k|au)\s(?=[\w\"])", _of_spires),
)
_FILTERS: Final = expressions.compile(
    r"\s{0,5}\bFilters(?: applied)?: [^\n]{1,300}$", multiline=True
)


def rewritten(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a search in the manner of arXiv and PubMed, and remarks on what is not kept.

    A text that has no sign of another database is returned as it is, each line in its place.
    """
    remarks = []
    if found := _FILTERS.search(text):
        text = text[: found.start()] + text[found.end() :]
        remarks.append(f"{found[0].strip()}: left out")
    if found := _SPIRES[0].match(text):
        text = _applied(_SPIRES[1], text[found.end() :])
    if _EBSCO[0].search(text):
        text = _applied(_EBSCO[2], _applied(_EBSCO[1], text))
    for rule in _RULES:
        text = _applied(rule, text)
    return text, tuple(remarks)


def _applied(rule: _Rule, text: str) -> str:
    expression, new = rule
    return expression.sub(new, text)


_NUMBERED = expressions.compile(
    r"^\s{0,5}(?:#\s?)?(\d{1,3})[.):]?\s{1,5}(?=\S)(.{1,2000})$", multiline=True
)
_OF_LINES = expressions.anchored(r"(?:and|or|not|[\s\d#(){}/-])++", ignore_case=True)
_LIMIT = expressions.compile(r"^limit (\d{1,3}) to .{1,500}$", ignore_case=True)
#: Ovid's or/1-3, and Cochrane's {or #1-#3}
_RANGE = expressions.compile(r"(?:\b|\{)(and|or)[/ ]#?(\d{1,3})-#?(\d{1,3})\b\}?", ignore_case=True)
_NUMBER = expressions.compile(r"#?\b(\d{1,3})\b")
_SIGNED = expressions.compile(r"#(\d{1,3})\b")
#: a line that joins others with words of its own: #1 NOT survey
_HASHED = expressions.compile(
    r"#\d{1,3}\)? (?:and|or|not)\b|\b(?:and|or|not) \(?#\d", ignore_case=True
)
_LONGEST, _LONGEST_LINE = 50_000, 2_000


def joined_lines(text: str) -> str:
    """Return the last line of a numbered search, the lines that it names put in their places.

    The last is that of the highest number: some histories have the newest first.  If it names
    none, but some do, the lines that none names are joined.  Any other text is returned as it is.
    """
    found = {int(each[1]): _LIMIT.sub(r"\1", each[2]) for each in _NUMBERED.finditer(text)}
    lines = dict(sorted(found.items()))
    written = [line for line in text.splitlines() if line.strip()]
    roots = _roots(lines)
    if len(lines) < 2 or len(lines) != len(written) or not roots:
        return text
    whole: dict[int, str] = {}
    for number, line in lines.items():
        is_joined = _has_numbers(line) or _HASHED.search(line)
        whole[number] = _with_lines(line, whole) if is_joined else line
        if len(whole[number]) > _LONGEST:
            return text
    return " OR ".join(f"({whole[root]})" for root in roots) if roots[1:] else whole[roots[0]]


def _roots(lines: Mapping[int, str]) -> Sequence[int]:
    """Return the last line if it names others; else, if some do, the lines that none names."""
    last = [*lines.values()][-1] if lines else ""
    if _has_numbers(last) or _HASHED.search(last):
        return [*lines][-1:]
    named = {
        int(found[1])
        for line in lines.values()
        if is_of_lines(line) or _HASHED.search(line)
        for found in _number_in(line).finditer(line)
    }
    return [number for number in lines if number not in named] if named & {*lines} else ()


def is_of_lines(line: str) -> bool:
    """Return whether a line only joins others by their numbers: ``(1 or 2) and 3``, ``or/1-3``."""
    is_joined = any(word in line.lower() for word in ("and", "or", "not"))
    return is_joined and _has_numbers(line)


def _has_numbers(line: str) -> bool:
    return any(map(str.isdigit, line)) and bool(_OF_LINES.fullmatch(line))


def _number_in(line: str) -> expressions.Pattern[str]:
    """Return what names lines in ``line``: beside words only a number with its sign."""
    return _NUMBER if _has_numbers(line) else _SIGNED


def _with_lines(line: str, lines: Mapping[int, str]) -> str:
    line = _RANGE.sub(lambda found: _written_out(found, lines), line)
    if len(line) > _LONGEST_LINE:
        return line
    return _number_in(line).sub(lambda found: f"({lines.get(int(found[1]), found[0])})", line)


def _written_out(found: _Found, lines: Mapping[int, str]) -> str:
    """Return ``or/1-3`` as ``(1 or 2 or 3)``, without lines that are not there."""
    numbers = range(int(found[2]), int(found[3]) + 1)
    return f"({f' {found[1]} '.join(str(number) for number in numbers if number in lines)})"
