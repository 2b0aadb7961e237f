"""The forms of other search languages, rewritten as ours before the grammar reads them.

arXiv's fields and ANDNOT, PubMed's tags, Google's signs, the distances of several databases: what
has one meaning is read so, what has several or none is refused with what to write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from .. import expressions
from ..errors import Hint, Sentence, write
from . import FIELDS, QuerySyntaxError, no_field

#: a field of another search language → ours; empty for title and abstract
FIELD_NAMES: Final[Mapping[str, str]] = {
    "ti": "title", "intitle": "title", "abs": "abstract", "inabstract": "abstract",
    "au": "author", "inauthor": "author", "cat": "category", "co": "comment",
    "affiliation": "org", "aff": "org", "institution": "org", "auth": "author", "all": "",
    "tiab": "", "kw": "", "full": "", "title_abs": "", "abstract_title": "",
    "text_abstract_title": "",
}  # fmt: skip

LEAVE_OUT = Sentence("leave it out")
ONLY_NEW = Sentence("leave it out: each issue brings what is new")
_NO_JOURNAL = Sentence("leave it out, or watch a listing of that journal")
_BY_NAME = Sentence("leave it out: papers are found by their words and people")
_EITHER_WAY = Sentence("write %(one)s, or %(other)s", one="title:(a AND b)", other="a AND b")
#: a field of another search language that nothing here is like → what to do instead
UNLIKE_FIELDS: Final[Mapping[str, Sentence]] = {
    **dict.fromkeys(("submitteddate", "lastupdateddate", "before", "after", "year"), ONLY_NEW),
    **dict.fromkeys(("first_pdate", "pub_year", "pubdate", "limit_from", "limit_to"), ONLY_NEW),
    **dict.fromkeys(("jr", "journal", "source", "bibstem", "jcode"), _NO_JOURNAL),
    **dict.fromkeys(("rn", "id", "doi", "pmid", "acm-class", "msc-class"), _BY_NAME),
    **dict.fromkeys(("site", "filetype", "inurl", "related", "cite"), LEAVE_OUT),
    **dict.fromkeys(("doctype", "database", "property", "numresults", "sort"), LEAVE_OUT),
    **dict.fromkeys(("open_access", "has_abstract", "src"), LEAVE_OUT),
    **dict.fromkeys(("allintitle", "allintext", "intext"), _EITHER_WAY),
}

#: a tag of PubMed → our field
TAGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ti", "title"), "title"),
    **dict.fromkeys(("ab", "abstract"), "abstract"),
    **dict.fromkeys(("au", "author", "fau", "1au", "auth", "lastau", "author name"), "author"),
    **dict.fromkeys(("ad", "affiliation", "affl"), "org"),
    **dict.fromkeys(("tiab", "tw", "all", "title/abstract", "text word", "all fields"), ""),
    **dict.fromkeys(("text words", "text", "all field", "ot", "other term"), ""),
}
#: the tags of PubMed's own index, which is made long after a paper's first day
MESH_TAGS: Final = frozenset((
    "mh", "mesh", "majr", "sh", "nm", "mesh terms", "mesh term", "mesh major topic", "mh:noexp",
    "mesh:noexp", "majr:noexp", "mesh terms:noexp", "mesh subheading", "supplementary concept",
))  # fmt: skip
UNLIKE_TAGS: Final[Mapping[str, Sentence]] = {
    **dict.fromkeys(("dp", "pdat", "edat", "crdt", "dcom", "date", "publication date"), ONLY_NEW),
    **dict.fromkeys(("date - publication", "date - entry", "date - create"), ONLY_NEW),
    **dict.fromkeys(("ta", "jour", "journal", "is", "issn", "vi", "ip", "pg"), _NO_JOURNAL),
    **dict.fromkeys(("la", "lang", "language", "pt", "ptyp", "publication type"), LEAVE_OUT),
    **dict.fromkeys(("sb", "filter", "pl", "gr", "si", "ci", "uid", "pmid", "doi"), LEAVE_OUT),
}

_PATTERN = expressions.anchored(r"/(?:[^/\\]|\\.)+/i?(?=[\s)]|$)")
_QUOTED = expressions.anchored(r'"[^"]*"')
_TAG = expressions.compile(r"\[([A-Za-z1][A-Za-z/: -]{0,24})\]")
_FIELD = expressions.anchored(
    rf"(?:{'|'.join(sorted({*FIELDS, *FIELD_NAMES, *UNLIKE_FIELDS}))}):(?=\S)"
    r"|allin(?:title|text):(?=\s)",
    ignore_case=True,
)
_SIGN = expressions.anchored(r'[-+!](?=[^\W\d_]|["(=])')
_WORD_END = expressions.compile(r'[\s()"]')
#: a bracket that is part of a word: SO(3), Fe(II), V(D)J
_FORMULA = expressions.anchored(r"(?!(?:and|or|not)\()[a-z]{1,3}\([^\s()]{1,4}\)", ignore_case=True)
_DISTANCE = expressions.anchored(r"(?:near/|NEAR|ADJ|w/|within/)(\d{1,3})", ignore_case=True)
_ORDERED = expressions.anchored(r"(?:PRE|NEXT|ONEAR|P)/(\d{1,3})", ignore_case=True)
#: a phrase whose words need not be beside each other, behind it: ~3, and PubMed's [tiab:~3]
_LOOSE = expressions.anchored(r"(?:~|\[[A-Za-z/]{2,20}:~)(\d{1,4})\]?")
_CHOICE = expressions.compile(r"(?<=[^\W\d_]{2})\|(?=[^\W\d_]{2})")
_LETTERS = expressions.anchored(r"[^\W\d_]{2}.*")
_AS_IT_IS = frozenset(("AND", "OR", "NOT"))


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a search: a word, quoted, pattern, field, tag, sign, ``(`` or ``)``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the offset behind the piece."""
        return self.start + len(self.text)

    @property
    def is_operator(self) -> bool:
        """Return whether this word joins others, here or in another search language."""
        return self.kind == "word" and bool(
            self.text in (*_AS_IT_IS, "ANDNOT", "|", "||", "&", "&&")
            or distance_of(self.text) is not None
        )


def distance_of(word: str) -> int | None:
    """Return how many words NEAR/3, ADJ3 or W/3 allow between; None if ``word`` is none of them."""
    found = _DISTANCE.fullmatch(word)
    if not found or not ("/" in word or word.isupper()):
        return None
    # ADJ3 allows two words between, NEAR/3 and W/3 three.
    return max(int(found[1]) - (word[0] in "aA"), 0)


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of a search, without the blanks between."""
    tags = {found.start(): found for found in _TAG.finditer(text) if is_tag(found[1])}
    starts = [*tags, len(text)]
    at, before = 0, Token("(", "", 0)
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        end = starts[bisect_right(starts, at)]
        before = Token("tag", tags[at][0], at) if at in tags else _next(text, at, end, before)
        yield before
        at = before.end


def _next(text: str, at: int, last: int, before: Token) -> Token:
    """Return the piece at an offset, after the piece ``before``; a word ends at ``last``."""
    if text[at] in "()":
        return Token(text[at], text[at], at)
    joins = before.kind in ("(", "field", "sign") or before.is_operator
    begins = before.kind in ("(", "field", "sign") or text[at - 1].isspace()
    kinds = (
        ("quoted", _QUOTED, True),
        ("pattern", _PATTERN, joins),
        ("field", _FIELD, begins),
        ("sign", _SIGN, begins),
    )
    for kind, expression, may_begin in kinds:
        if may_begin and (found := expression.match(text, at)):
            return Token(kind, found[0], at)
    formula = _FORMULA.match(text, at) if begins else None
    end = _WORD_END.search(text, formula.end() if formula else at + 1)
    return Token("word", text[at : min(end.start(), last) if end else last], at)


def is_tag(name: str) -> bool:
    """Return whether ``name`` is a tag of PubMed, with or without a likeness here."""
    name = name.strip().lower()
    return name in TAGS or name in MESH_TAGS or name in UNLIKE_TAGS


Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Translation:
    """A search in our language, and the edits that made it of the text as written."""

    text: str
    edits: Sequence[Edit] = ()

    def column(self, column: int) -> int:
        """Return the column in the text as written of a ``column`` of this one."""
        moved = 0
        for start, end, new in self.edits:
            if column - 1 < start + moved:
                break
            inside = column - 1 < start + moved + len(new)
            if inside:
                return start + 1
            moved += len(new) - (end - start)
        return column - moved


def translated(text: str) -> Translation:
    """Rewrite the forms of other search languages in ``text`` as ours.

    Raises QuerySyntaxError where they have no meaning here, or more than one.
    """
    pieces = list(tokens(text))
    edits = sorted(edit for place in range(len(pieces)) for edit in _edits(text, pieces, place))
    return Translation(_edited(text, edits), edits)


def _edited(text: str, edits: Iterable[Edit]) -> str:
    parts, at = [], 0
    for start, end, new in edits:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _edits(text: str, pieces: Sequence[Token], place: int) -> Iterator[Edit]:
    token = pieces[place]
    if token.kind == "field":
        yield from _field(pieces, place)
    elif token.kind == "tag":
        yield from _tag(pieces, place)
    elif token.kind == "sign":
        yield from _sign(pieces, place)
    elif token.kind == "word":
        _refuse(pieces, place)
        yield from _operator(pieces, place)
        if not ("$" in text or "\\" in text):
            for found in _CHOICE.finditer(token.text):
                yield token.start + found.start(), token.start + found.end(), " OR "


def _field(pieces: Sequence[Token], place: int) -> Iterator[Edit]:
    token = pieces[place]
    name = token.text[:-1].lower()
    if name in UNLIKE_FIELDS:
        raise QuerySyntaxError(no_field(token.text), token.start + 1, UNLIKE_FIELDS[name])
    if name in FIELD_NAMES:
        ours = FIELD_NAMES[name]
        yield token.start, token.end, f"{ours}:" if ours else ""
    following = pieces[place + 1] if place + 1 < len(pieces) else None
    if FIELD_NAMES.get(name) == "author" and following and following.kind == "word":
        for found in expressions.compile("_").finditer(following.text):
            at = following.start + found.start()
            yield at, at + 1, " "


def _tag(pieces: Sequence[Token], place: int) -> Iterator[Edit]:
    token = pieces[place]
    name = token.text[1:-1].strip().lower()
    if name in UNLIKE_TAGS:
        message = Sentence("%(tag)s has no likeness here", tag=token.text)
        raise QuerySyntaxError(message, token.start + 1, UNLIKE_TAGS[name])
    yield token.start, token.end, ""
    field = TAGS.get(name, "")
    start = _operand_start(pieces, place)
    if field and start is not None:
        yield start, start, f"{field}:"


def _operand_start(pieces: Sequence[Token], place: int) -> int | None:
    """Return where the operand before ``place`` begins; None without one, or if it has a field."""
    at = place - 1
    if at < 0 or pieces[at].kind in ("(", "tag", "sign", "field") or pieces[at].is_operator:
        return None
    if pieces[at].kind == ")":
        depth = 0
        while at >= 0:
            depth += (pieces[at].kind == ")") - (pieces[at].kind == "(")
            if not depth:
                break
            at -= 1
    elif pieces[at].kind == "word":
        while at and pieces[at - 1].kind == "word" and not pieces[at - 1].is_operator:
            at -= 1
    has_field = at > 0 and pieces[at - 1].kind == "field"
    return None if at < 0 or has_field else pieces[at].start


def _sign(pieces: Sequence[Token], place: int) -> Iterator[Edit]:
    token = pieces[place]
    end = next(_after_operand(pieces, place + 1))
    following = pieces[end] if end < len(pieces) else None
    if following and not (following.kind in (")", "sign") or following.is_operator):
        raise QuerySyntaxError(
            Sentence("%(sign)s belongs to the next word alone", sign=f"'{token.text}'"),
            token.start + 1,
            Sentence(
                "put words that belong together in quotes, and an operator before %(word)s",
                word=following.text,
            ),
        )
    before = pieces[place - 1] if place else None
    joins = before is not None and before.kind != "(" and not before.is_operator
    if joins and _has_or(pieces, place):
        raise QuerySyntaxError(
            Sentence("%(sign)s beside OR can mean two things", sign=f"'{token.text}'"),
            token.start + 1,
            write(f"(a OR b) AND {'' if token.text == '+' else 'NOT '}c"),
        )
    word = "" if token.text == "+" else "NOT "
    yield token.start, token.end, f"AND {word}" if joins else word


def _after_operand(pieces: Sequence[Token], place: int) -> Iterator[int]:
    """Yield the place behind the one operand that begins at ``place``, with its field and tag."""
    depth = 0
    for at in count(place):
        if at >= len(pieces):
            yield at
            return
        depth += (pieces[at].kind == "(") - (pieces[at].kind == ")")
        if depth <= 0 and pieces[at].kind != "field":
            is_tagged = at + 1 < len(pieces) and pieces[at + 1].kind == "tag"
            yield at + 1 + is_tagged
            return


def _has_or(pieces: Sequence[Token], place: int) -> bool:
    """Return whether an OR is on the same level of brackets as ``place``."""
    for step in (-1, 1):
        depth, at = 0, place + step
        while 0 <= at < len(pieces) and depth >= 0:
            if not depth and pieces[at].text in ("OR", "|", "||"):
                return True
            depth += step * ((pieces[at].kind == "(") - (pieces[at].kind == ")"))
            at += step
    return False


def _operator(pieces: Sequence[Token], place: int) -> Iterator[Edit]:
    token = pieces[place]
    is_between = 0 < place < len(pieces) - 1
    ours = ""
    if token.text == "ANDNOT":
        ours = "AND NOT"
    elif token.text in ("|", "||"):
        ours = "OR"
    elif token.text == "AROUND" and (found := _around(pieces, place)):
        yield found
    elif token.text == "&&" or (token.text == "&" and is_between and _are_words(pieces, place)):
        ours = "AND"
    elif is_between and (distance := distance_of(token.text)) is not None:
        ours = f"NEAR/{distance}"
    if ours and ours != token.text:
        yield token.start, token.end, ours


def _around(pieces: Sequence[Token], place: int) -> Edit | None:
    """Return the edit for Google's ``AROUND(3)``, if that is what is here."""
    number = [each.text for each in pieces[place + 1 : place + 4]]
    if len(number) < 3 or number[0] != "(" or number[2] != ")" or not number[1].isdigit():
        return None
    return pieces[place].start, pieces[place + 3].end, f"NEAR/{number[1][:3]}"


def _are_words(pieces: Sequence[Token], place: int) -> bool:
    """Return whether what is beside a ``&`` is no letter alone, as in R & D."""
    beside = (pieces[place - 1], pieces[place + 1])
    return all(each.kind != "word" or _LETTERS.fullmatch(each.text) for each in beside)


def _refuse(pieces: Sequence[Token], place: int) -> None:
    """Refuse a word that is the syntax of another search language and has no one meaning here."""
    token = pieces[place]
    word, column = token.text, token.start + 1
    begins = not place or pieces[place - 1].kind != "word" or pieces[place - 1].is_operator
    if word[0] == "/" and len(word) > 1 and begins:
        any_case = Sentence("write %(pattern)s for any case", pattern="/…/i")
        hint = write(f"{word}/") if word.count("/") == 1 else any_case
        raise QuerySyntaxError(Sentence("a pattern ends with / or with /i"), column, hint)
    if (found := _ORDERED.fullmatch(word)) and place:
        hint = Sentence("write %(text)s, which takes either order", text=f"NEAR/{found[1]}")
        raise QuerySyntaxError(_no_operator(word), column, hint)
    if place and pieces[place - 1].kind == "quoted" and (found := _LOOSE.fullmatch(word)):
        inside = pieces[place - 1].text[1:-1].split()
        near: Hint = write(f"{inside[0]} NEAR/{found[1]} {inside[-1]}") if inside else ""
        raise QuerySyntaxError(_no_operator(word), column, near)


def _no_operator(word: str) -> Sentence:
    return Sentence("%(word)s is no operator", word=word)
