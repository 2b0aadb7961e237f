"""The authors in one text, however their names are put together, each as one name.

"A B, C D, and E F"    "Last, F., Last, F."    "Last, First and Last, First"    "王五、张三"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ... import expressions
from ...language.text import clean, readable
from .markup import text_of

# Only the beginning is read of what can be no list of names; the longest has 3,300.
_LONGEST = 200_000
# How much of its end is read for whether a list was cut.
_TAIL = 200
_RAISED = expressions.compile(r"<sup\b[^<>]*>[^<>]*</sup>", ignore_case=True)
_LINE_END = expressions.compile(r"<(?:br|/?p|/?li|/?div|/tr)\b[^<>]*>", ignore_case=True)
_ORCID = expressions.compile(
    r"\(?(?:ORCID(?: iD)?[: ]{0,2})?(?:https?://)?(?:orcid\.org/)?"
    r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]\)?",
    ignore_case=True,
)
_EMAIL = expressions.compile(r"(?<![^\s@()<>])[^\s@()<>]+@[^\s@()<>]+")
_IN_BRACKETS = expressions.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_BY = expressions.anchored(
    r"(?:(?:written |posted |submitted )?by|authors? ?:) (?!,)|作者 ?[:：] ?", ignore_case=True
)
_OTHERS = expressions.compile(
    r"[,; ](?:et al|et al\.|& al\.?|u\. ?a\."
    r"|(?:and|&) (?:([0-9]{1,5}) )?(?:others|more|colleagues))$"
    r"|等人?$",
    ignore_case=True,
)
# Marks of affiliations right behind a name, with the commas between them.
_NUMBERED = expressions.compile(
    r"(?<=[^\W\d_.])[0-9*†‡§¶#¹²³⁴⁵⁶⁷⁸⁹⁰]{1,8}(?:,[0-9*†‡§¶#]{1,4}){0,8}(?![^\W_])"
)
# Letters mark them, too: "Ann Ode a, Bo Lund b,c".
_LETTERED = expressions.compile(r"(?<=[^\W\d_]{2}) [a-h](?:,[a-h]){0,8}(?=[,;]|$| and )")
_NOTE = expressions.compile(r"\\(?:thanks|footnote|inst|affil|orcid(?:link)?)\s?\{[^{}]*\}")
# Marks of affiliation and footnotes: behind a name, never within one.
_MARKS = "*†‡§¶#∗⁎‖⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈ⁺⁻⁾⁽'`^_,.·0123456789 "
_HARD = expressions.compile(r"[;；、|•…]| [/·+] ")
_PARTED = expressions.compile(r"[,;&<，、；]")
_BEGINS_AND = expressions.anchored(r"(?:and|&) +", ignore_case=True)
_AND = expressions.compile(
    r",? (?:and|&|und|et|og|och|(?:on behalf of|for) the) |& ", ignore_case=True
)
# "y" and "e" are parts of names, too: Ramón y Cajal, Costa e Silva.
_BETWEEN_TWO = expressions.compile(r" (?:y|e|en|i|и|ja|ve|with) ")
_COMMA = expressions.compile(r"[,，]")
_SUFFIX = expressions.anchored(r"(?:jr|sr)\.?|i{2,3}|iv", ignore_case=True)
# In capitals as they are written: Ma and Md are names.
_DEGREE = expressions.anchored(
    r"(?:P[Hh]\.?\s?D|M\.?D|D\.?P[Hh][Ii][Ll]|M\.?S[Cc]|B\.?S[Cc]|M\.?A|M\.?P\.?H|R\.?N|D[Rr]|Prof)\.?"
    r"|(?:Guest |Managing )?Editor"
)
_DEGREE_BEHIND = expressions.compile(r"(?<=[a-z]) P[Hh]\.?D\.?$")
_TITLE = expressions.anchored(r"(?:(?:Dr|Prof)\.\s+)+")
_CAPITAL = r"[^\W\d_a-z]"
_INITIALS = expressions.anchored(
    rf"(?:{_CAPITAL}\.?[ -]){{0,3}}{_CAPITAL}\.?|(?:[^\W\d_]\.[ -]{{0,2}}){{1,4}}|{_CAPITAL}{{1,3}}"
)
_PARTICLE = expressions.anchored(
    r"(?:de|del|della|van|von|der|den|da|dos|di|le|la|ter|ten|al|el)\b"
)
# "Last, First M.": no name in the other order ends with an initial.
_ENDS_IN_INITIAL = expressions.compile(rf"[^\W\d_] (?:{_CAPITAL}\.[ -]?){{1,3}}$")
_ENDS_IN_CAPITALS = expressions.compile(rf"[^\W\d_] (?:{_CAPITAL}\.?[ -]?){{1,3}}$")
_CHINESE = expressions.anchored(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3·・ ]+")
# Between names; in katakana alone it is within one: ジョン・スミス.
_DOT = expressions.compile(r"[·・]")
_CHINESE_AND = expressions.compile("[和与與及]")
_IDEOGRAPH = expressions.compile(r"[\u3400-\u9fff\uac00-\ud7a3]")
# The commonest family names of China: two words that begin with one are two people.
_FAMILIES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
)


def names_in(text: str, *, is_one: bool = False) -> list[str]:
    """Return the names in a text; ``is_one`` says that others of its list are elsewhere.

    Then "Last Last, First First" is one name, not two.
    """
    plain = _OTHERS.sub("", _plain(text[:_LONGEST]))
    names: list[str] = []
    for part in _HARD.split(plain):
        for name in _names(part.strip(), is_one or ";" in plain):
            if _SUFFIX.fullmatch(name) and names:
                names[-1] += f", {name}"
            else:
                names.append(name)
    return [shown for name in names if (shown := _shown(name))]


def others_in(text: str) -> int:
    """Return how many more a text says that there are, 1 for "et al."; 0 where it names all."""
    found = _OTHERS.search(_plain(text[:_LONGEST][-_TAIL:]))
    return int(found[1] or 1) if found else 0


def _plain(text: str) -> str:
    """Return the names without markup, TeX and what is said beside them."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(len(words) > 1 for words in lines) and not _PARTED.search(text):
        text = ";".join(map(" ".join, lines))
    text = _NOTE.sub("", text)
    if "<" in text:
        text = _LINE_END.sub(";", _RAISED.sub("", text))
    text = clean(readable(clean(text_of(text))))
    text = _ORCID.sub("", text)
    if "@" in text:  # "someone@journal.example (Name)"
        text = _EMAIL.sub("", text).strip(" ()<>")
    # Twice: "((1) Institute of Tides)" has brackets within brackets.
    apart = _IN_BRACKETS.sub(" ", _IN_BRACKETS.sub(" ", text))
    text = apart if any(map(str.isalpha, apart)) else text
    text = clean(text.translate({ord(sign): None for sign in "{}<>()[]"}))
    text = _NUMBERED.sub("", text)
    text = text if text.islower() else _LETTERED.sub("", text)
    if by := _BY.match(text):
        text = text[by.end() :]
    return text.rstrip(" ,;")


def _names(text: str, is_one: bool) -> Iterator[str]:
    """Yield the names of a text without semicolons."""
    if begins := _BEGINS_AND.match(text):
        text = text[begins.end() :]
    parts = _AND.split(text)
    segments = [each for part in parts for each in _between_two(part) if each.strip(" ,")]
    lists = [_pieces(segment) for segment in segments]
    # "A, B and C": a name without a comma beside others means that commas part names.
    alone = [pieces[0] for pieces in lists if len(pieces) == 1]
    is_list = len(lists) > 1 and bool(alone)
    are_whole = all(" " in name for name in alone)
    for pieces in lists:
        is_one_name = are_whole and len(pieces) == 2 and not any(" " in each for each in pieces)
        yield from _joined(pieces, is_list and not is_one_name, is_one)


def _between_two(segment: str) -> list[str]:
    """Split at "y", "e" and "en" where two whole names are on either side."""
    parts = _BETWEEN_TWO.split(segment)
    are_names = len(parts) == 2 and all(
        len(piece.split()) > 1 for piece in (parts[0].split(",")[-1], parts[1].split(",")[0])
    )
    return parts if are_names else [segment]


def _pieces(segment: str) -> list[str]:
    """Split at commas; a suffix belongs to the piece before, a degree to none."""
    pieces: list[str] = []
    for piece in (part.strip() for part in _COMMA.split(segment)):
        if _SUFFIX.fullmatch(piece) and pieces:
            pieces[-1] += f", {piece}"
        elif piece and not (pieces and _is_degree(piece, pieces[-1])):
            pieces.append(piece)
    return pieces


def _is_degree(piece: str, name: str) -> bool:
    """Return whether a piece behind a name is a degree; "MA" behind a single word is a name."""
    return _DEGREE.fullmatch(piece) is not None and (piece != "MA" or " " in name)


def _joined(pieces: Sequence[str], is_list: bool, is_one: bool) -> Iterator[str]:
    """Yield the names of one run of pieces between commas."""
    if any(_CHINESE.fullmatch(piece) for piece in pieces):
        for piece in pieces:
            yield from _chinese(piece)
    elif any(_is_initials(piece) for piece in pieces[1:]):
        yield from _with_initials(pieces)
    elif _is_inverted(pieces, is_list, is_one):
        yield from (f"{last}, {first}" for last, first in zip(*[iter(pieces)] * 2, strict=True))
    else:
        yield from pieces


def _is_initials(piece: str) -> bool:
    return _INITIALS.fullmatch(piece.partition(",")[0]) is not None


def _with_initials(pieces: Sequence[str]) -> Iterator[str]:
    """Yield "Last, F." for a name that initials follow, and every other piece by itself."""
    waiting = ""
    for piece in pieces:
        if waiting and _is_initials(piece):
            yield f"{waiting}, {piece}"
            waiting = ""
            continue
        if waiting:
            yield waiting
        waiting = piece
    if waiting:
        yield waiting


def _is_inverted(pieces: Sequence[str], is_list: bool, is_one: bool) -> bool:
    """Return whether the pieces are "Last, First" in turn, and not names of their own."""
    if is_list or len(pieces) % 2:
        return False
    words = [len(piece.split()) for piece in pieces]
    if any(map(_ENDS_IN_INITIAL.search, pieces[1::2])):
        return not any(map(_ENDS_IN_CAPITALS.search, pieces[::2]))
    if len(pieces) == 2:
        is_particle = _PARTICLE.match(pieces[0]) is not None
        return is_one or is_particle or 1 in words
    return max(words) == 1 and all(piece[0].isupper() for piece in pieces)


def _chinese(piece: str) -> Iterator[str]:
    """Yield the names in a piece; some lists part them by blanks alone."""
    parts = _DOT.split(piece)
    if len(parts) > 1 and all(_IDEOGRAPH.search(part) for part in parts):
        yield from parts
        return
    for words in (piece.split(), _CHINESE_AND.split(piece)):
        if all(word[:1] in _FAMILIES and 2 <= len(word) <= 3 for word in words):
            yield from words
            return
    yield piece


def _shown(name: str) -> str:
    """Return a name without marks around it and titles before it."""
    name = _DEGREE_BEHIND.sub("", name.strip(" ,;")).lstrip("*†‡§¶#0123456789 ")
    if title := _TITLE.match(name):
        name = name[title.end() :]
    while name and name[-1] in _MARKS and not _is_part(name):
        name = name[:-1]
    return name if any(map(str.isalpha, name)) else ""


def _is_part(name: str) -> bool:
    """Return whether the last sign belongs to the name: the dot of an initial or of "Jr."."""
    return name[-1] == "." and name[-2:-1].isalpha()
