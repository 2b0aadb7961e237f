"""Doubts about the words of an item: signs and words that mean nothing here, or something else.

Looks at the text as it was written; quotes, patterns and names are left out.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from .. import expressions
from ..errors import Sentence, write
from ..language import FIELDS, And, Author, Node, Or, Phrase, Regex, WordMatching, leaves
from ..language.foreign import FIELD_NAMES, LEAVE_OUT, MESH_TAGS, ONLY_NEW, Token, tokens
from ..language.lemmas import is_common_word
from .categories import is_category

#: where in the text, the message, what to write
Remark: TypeAlias = tuple[int, Sentence, Sentence]
_Hint: TypeAlias = Sentence | Callable[[expressions.Match[str]], Sentence]


@dataclass(frozen=True, slots=True)
class _Sign:
    """A sign that people bring from elsewhere: where it is, the message, what to write."""

    expression: expressions.Pattern[str]
    message: Sentence
    hint: _Hint
    #: only the first of a group is reported
    group: str = ""


def _sign(expression: str, message: Sentence, hint: _Hint, group: str = "") -> _Sign:
    return _Sign(expressions.compile(expression), message, hint, group)


def _unescaped(found: expressions.Match[str]) -> Sentence:
    return write(html.unescape(found[0]))


def _repaired(found: expressions.Match[str]) -> Sentence:
    """Return what to write for UTF-8 that was read as Windows' or ISO's letters."""
    for encoding in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return write(_word_at(found).encode(encoding).decode())
    return Sentence("type the word again")


def _weighted(query: str, weight: str) -> Sentence:
    return write(f"{{query: {query.strip()}, weight: {weight}}}")


def _with_colon(found: expressions.Match[str]) -> Sentence:
    return write(f"{found[1]}:{'(' if found[0][-1] == '(' else ''}")


def _with_blank(found: expressions.Match[str]) -> Sentence:
    name = found[0].strip(" []").lower()
    return write(f"{FIELD_NAMES.get(name) or name}:")


#: fields of Web of Science, Scopus and Ovid that are like one of ours; the others are left out
_FIELDS_ELSEWHERE: Final = {
    **dict.fromkeys(("TI", "TITLE"), "title:"),
    **dict.fromkeys(("AB", "ABS"), "abstract:"),
    **dict.fromkeys(("AU", "AUTH"), "author:"),
    **dict.fromkeys(("AD", "OG", "AFFIL"), "org:"),
}
_ELSEWHERE = Sentence("a field of another database is words here")


def _as_here(found: expressions.Match[str]) -> Sentence:
    field = _FIELDS_ELSEWHERE.get(found[1].upper())
    return Sentence("write %(field)s before the words", field=field) if field else LEAVE_OUT


def _parts_nothing(sign: str) -> Sentence:
    return Sentence("%(sign)s parts nothing here: these are words in a row", sign=f"'{sign}'")


def _nothing_inside(sign: str) -> Sentence:
    return Sentence("%(sign)s means nothing inside a word", sign=f"'{sign}'")


def _nothing_here(sign: str) -> Sentence:
    return Sentence("%(sign)s means nothing here", sign=f"'{sign}'")


_NAMES = "|".join((*FIELDS, *FIELD_NAMES))
_SIGNS: Final = {"∧": "AND", "+": "AND", "∨": "OR", "¬": "NOT"}
_NEAR = Sentence("write NEAR/5 in capitals for words near each other, or quote the phrase")
_APART = Sentence("write each as an item of its own, or OR between them")
_A_WORD = Sentence("this is a word like any other here")
_ENDS_WITH_COLON = Sentence("a field ends with a colon")
_STAR = Sentence("write a star for any ending")
_BY_WORDS = Sentence("write words of its title; digest profile suggest finds some by --like")
_MEANT: Final = (
    # what is no keyword at all
    _sign(
        r"\b(?:https?://|www\.)\S|\b[\w-]{2,40}\.(?:org|com|io|net|edu)/",
        Sentence("an address is no keyword"),
        _BY_WORDS,
        "name",
    ),
    _sign(r"\b10\.\d{4,9}/\S", Sentence("a DOI is no keyword"), _BY_WORDS, "name"),
    _sign(
        r"(?<![\w.])(?:ar[Xx]iv:)?\d{4}\.\d{4,5}(?:v\d{1,2})?(?![\w.])",
        Sentence("an arXiv id is no keyword"),
        _BY_WORDS,
        "name",
    ),
    _sign(r"\bPMID:?\s?\d", Sentence("a PubMed id is no keyword"), _BY_WORDS, "name"),
    _sign(
        r"\bISBN\b|\bISSN\b|(?<![\w-])97[89]-?\d-\d",
        Sentence("this is no keyword"),
        _BY_WORDS,
        "name",
    ),
    _sign(r"\b[a-z-]{2,12}/\d{7}\b", Sentence("an arXiv id is no keyword"), _BY_WORDS, "name"),
    _sign(
        r"[\w.+-]{1,64}@[\w-]{1,80}\.\w",
        Sentence("an email address is no keyword"),
        Sentence("write author: and a name; who gets the mail is under to:"),
        "name",
    ),
    # lists in one item; the semicolon of HTML begins none
    _sign(r"&(?:[a-z]{2,8}|#\d{2,5});", Sentence("this is HTML"), _unescaped, "list"),
    _sign(r"(?<=\w)[，、；،]", Sentence("this comma parts nothing here"), _APART, "list"),
    _sign(r"(?<=\w)\s?;", _parts_nothing(";"), _APART, "list"),
    _sign(r"(?<=\w),(?=\s)|(?<=[^\W\d_]{2}),(?=[^\W\d_]{2})", _parts_nothing(","), _APART, "list"),
    _sign(r"(?<=[^\W\d_]{3})/(?=[^\W\d_]{3,40}/[^\W\d_]{3})", _parts_nothing("/"), _APART, "list"),
    _sign(r"(?<=\w\s)/(?=\s)", _parts_nothing("/"), _APART, "list"),
    _sign(
        r"(?<=\w\s)[-–—•·‣▪◦](?=\s)",
        Sentence("a dash between words parts nothing here: these are words in a row"),
        _APART,
        "list",
    ),
    _sign(
        r"(?<=\w\s)(?:\\|and/or|AND/OR)(?=\s)|(?<=[^\W\d_]{3}\s)[>→](?=\s[^\W\d_]{3})",
        Sentence("this parts nothing here: these are words in a row"),
        _APART,
        "list",
    ),
    _sign(
        r"(?<=\S)(?<!AND)(?<!OR)(?<!NOT)\n(?=\S)(?!AND|OR|NOT)",
        Sentence("two lines of one item are words in a row"),
        _APART,
        "list",
    ),
    _sign(
        r"(?<=[^\W\d_]{2})&(?=[^\W\d_]{2})",
        _nothing_inside("&"),
        Sentence("write AND for both anywhere"),
        "list",
    ),
    # the signs of other languages
    _sign(
        r"(?<![\w'’])['‘`´″]{1,2}(\w[^'‘’`´″\"]{1,80}(?<=[\w*~.]))['’`´″]{1,2}(?!\w)",
        Sentence("these quotes mean nothing here"),
        lambda found: Sentence(
            "write %(text)s for these very words, or leave the quotes out", text=f'"{found[1]}"'
        ),
    ),
    _sign(
        r"(?<=\s)(?:XOR|ADJ|NEXT|SAME|WITHIN|BUT|PLUS|WITHOUT|EXCEPT|UND|ODER|NICHT|OU)(?=\s)"
        r"|(?<=\s)(?:AND|OR|NOT)(?=[a-z]{3})",
        _A_WORD,
        Sentence("the operators are AND, OR, NOT and NEAR/5"),
    ),
    _sign(
        r"(?<=\w\s)(?:without|except|excluding)(?=\s\w)|(?<=\w\s)[–—−](?=\w)",
        _A_WORD,
        Sentence("write AND NOT for what must not be there, or quote the phrase"),
    ),
    _sign(
        r"\bNEAR\s?\(\d|\bNEAR/\d{1,3}\(|<(?:near|and|or|not)\b",
        Sentence("this is no operator here"),
        Sentence("write graph NEAR/3 mesh, or AND, OR, NOT between words"),
    ),
    _sign(
        r"<(?:NEAR|AND|OR|NOT)\b",
        Sentence("this is no operator here"),
        Sentence("write it without < and >"),
    ),
    _sign(
        r"^\s{0,5}(?:(?:(?:new|recent|latest|all) )?(?:papers?|articles?|research|studies|work)"
        r" (?:about|on|in|of|like|from|by)|(?:every|any)thing (?:about|on)|contains"
        r"|similar to|citing|I|we|please|(?:show|send|give|find) me|looking for|interested in"
        r"|(?:what|how|why|which|where|when|does|do|is|are|can)(?=\s[^?]{1,200}\?))(?=\s)"
        r"|^(?:new|recent|latest)\s[^()\"]{1,80}\spapers?$|(?<=\w\s)(?:etc|as well as)\b",
        Sentence("these are words like any others"),
        Sentence("write the subject alone"),
    ),
    _sign(
        r"\s(?:since|after|before|from)\s(?:19|20)\d\d(?!\S)|\sin the (?:last|past)\s"
        r"|\s(?:19|20)\d\d\s?(?:-|–|to|\.\.)\s?(?:19|20)\d\d(?!\S)",
        Sentence("dates are words here"),
        Sentence("leave them out: each issue brings what is new"),
    ),
    _sign(
        r"(?<=\w)\s(?:in (?:the )?(?:title|abstract)s?\b|\((?:title|abstract|author)s?\)$)"
        r"|^(?:title|abstract)s? only\b|(?<![\\\w])\w{2,40}\{(?:title|abstract|author)s?\}",
        Sentence("this is no field here"),
        Sentence("write title: or abstract: before the words"),
        "field",
    ),
    _sign(
        r"(?:^(?:by|author|au|authored by)|(?<=\w)\s(?:authored )?by(?=\s[A-Z][a-z]{1,40}\s[A-Z]))"
        r"\s(?=[A-Z][a-z])",
        _A_WORD,
        lambda found: write(f"author:{found.string[found.end() :]}"),
    ),
    _sign(
        r"(?<![\\\w])\w{2,40}\{\w{1,20}\}|[【】]",
        Sentence("these brackets mean nothing here"),
        Sentence("write ( and ), or leave them out"),
        "field",
    ),
    _sign(
        r"(?<=[a-z]\s)[NWnw](\d{1,2})(?=\s[a-z])",
        _A_WORD,
        lambda found: Sentence("write %(text)s for words near each other", text=f"NEAR/{found[1]}"),
    ),
    _sign(
        r"^\s{0,5}(?:topic|keyword|subject|tag|term|search|query|about)s?:(?=\s)",
        _A_WORD,
        LEAVE_OUT,
    ),
    _sign(
        r"\[(?:[^\[\]]{1,200}?\s)?(?:AND|OR|NOT)\s",
        Sentence("square brackets hold nothing together here"),
        Sentence("write ( and )"),
    ),
    _sign(
        r"Ã[\x80-\xbf]|â€.|Â[\xa0-\xbf]", Sentence("letters that a wrong encoding broke"), _repaired
    ),
    _sign(r"(?<=\w\s)(?:near|adj|within)(?=\s\w)", _A_WORD, _NEAR),
    _sign(
        r"(?<=\s)[∧∨¬+](?=\s)|¬",
        Sentence("this sign means nothing here"),
        lambda found: write(_SIGNS[found[0]]),
    ),
    _sign(
        rf"\b({_NAMES})(?:\s:\s?(?=\w)|：|\((?=\w))",
        _ENDS_WITH_COLON,
        _with_colon,
    ),
    _sign(r"</?[a-z]{1,8}>", Sentence("this is HTML"), Sentence("leave the tag out")),
    _sign(
        r"%[0-9A-F]{2}",
        Sentence("copied from an address"),
        Sentence("digest profile import reads addresses"),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})\+(?=[^\W\d_]{3})",
        _nothing_inside("+"),
        Sentence("write a blank"),
    ),
    _sign(
        r"\\[dwsbDWSB](?![A-Za-z{])|\\[dw]\{\d|\((?:\w{1,20}\|){1,9}\w{1,20}\)|\w\[\d{2,9}\]|\w-\?\w|\w\.[*+](?=\S)|\w\.\+|\[[a-zA-Z0-9]-[a-zA-Z0-9]\]"
        r"|(?<!\S)(?!(?:math|stat|physics|nlin|eess|econ|cond-mat|astro-ph)\.)\w{3,40}\.\*"
        r"|[\w-]\[\w{1,10}\][\w/+*?]|(?<!\S)\^\w",
        Sentence("a pattern has a / before and after it"),
        lambda found: write(f"/{_word_at(found).strip('/')}/"),
    ),
    _sign(r"(?<=[^\W\d_]{3})\$(?!\S)", _nothing_here("$"), _STAR),
    _sign(r"(?<=[^\W\d_]{3})%(?!\S)", _nothing_here("%"), _STAR),
    _sign(
        r"(?<=[^\W\d_]{2})#(?=[^\W\d_])",
        _nothing_inside("#"),
        Sentence("write ? for any letter"),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})\^\d",
        Sentence("'^' is no weight here"),
        lambda found: _weighted(found.string[: found.start()], found[0][1:]),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})(?:\s[(\[]?w(?:eight)?\s?[:=]?\s?|:|: |\*|\s?=\s?|\t|\s?[|@]\s?|\s\+\s?"
        r"|\s\\?#|\s[(\[]x?)([1-9])[)\]]?$",
        Sentence("this number is a word here, and no weight"),
        lambda found: _weighted(found.string[: found.start()], found[1]),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})\s(?:[x×]\s?([1-9])|\d{1,3}\s?%)$",
        Sentence("this is a word here, and no weight"),
        lambda found: _weighted(found.string[: found.start()], found[1] or "3"),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})\s(?:\+{1,9}|!{2,9}|\*{2,9}|[(\[](?:high|low|medium|important)?!?[)\]])$",
        Sentence("this is no weight here"),
        lambda found: _weighted(found.string[: found.start()], "3"),
    ),
    _sign(
        r"^([1-9])\s?[x×*]\s(?=\w)",
        Sentence("this is a word here, and no weight"),
        lambda found: _weighted(found.string[found.end() :], found[1]),
    ),
    _sign(
        r"^(?:January|February|March|April|May|June|July|August|September|October|November"
        r"|December) (?:19|20)\d\d$",
        Sentence("a date is no keyword"),
        ONLY_NEW,
    ),
    # ab initio, AB stacking, Au nanoparticles and Ti alloys are no fields
    _sign(
        r"^(?:TI|TIAB|tiab)\s(?=\w)|^\[(?:ti|tiab|title|abstract)\]", _ENDS_WITH_COLON, _with_blank
    ),
    _sign(
        r"(?<=\w\s)(?:followed by|->|=>)(?=\s)",
        Sentence("this is a word or sign like any other here"),
        Sentence("write NEAR/5 for words near each other"),
    ),
    _sign(
        r"^#?\d{1,3}\s(?:AND|OR|NOT)\s#?\d{1,3}$|^(?:or|and)/\d|^limit #?\d{1,3} to\s",
        Sentence("the numbers of a search's lines are words here"),
        Sentence("digest profile import reads the whole search"),
    ),
    _sign(
        r"\b(title|abstract)[/,](title|abstract):(?=\w)",
        Sentence("of two fields one is a word here"),
        Sentence("leave both out for title or abstract"),
    ),
    _sign(
        r"^s/[^/]{1,80}/",
        Sentence("a pattern has a / before and after it"),
        write("/graph/"),
    ),
    _sign(
        r"(?<=[^\W\d_]{3})~\d",
        Sentence("'~' allows no misspellings here"),
        lambda found: write(found.string[: found.start()]),
    ),
    _sign(
        r"(?<![^\s(])~{1,2}(?=[^\W\d]{3})",
        Sentence("'~' before a word means nothing here"),
        lambda found: Sentence(
            "write %(text)s for its kin, too", text=f"{_word_at(found).strip('~()')}~"
        ),
    ),
    _sign(
        r"(?<=\s)(?:adj|near)\d{1,3}(?=\s)",
        _A_WORD,
        lambda found: Sentence("write %(text)s in capitals", text=found[0].upper()),
    ),
    _sign(rf"\b({_NAMES})=", _ENDS_WITH_COLON, _with_colon),
    # Web of Science, Scopus, and Ovid's MEDLINE
    _sign(r"(?<![\w-])(TS|AK|TI|AB|AU|AD|OG|SO|PY)\s?=\s?(?=[\w(])", _ELSEWHERE, _as_here),
    _sign(
        r"(?<![\w-])(TITLE-ABS-KEY|TITLE-ABS|TITLE|ABS|KEY|AUTH|AFFIL|SRCTITLE)\((?=[\w(])",
        _ELSEWHERE,
        _as_here,
    ),
    _sign(r"(?<=[^\W\d_]{2})\.(mp|tw|kw|af|ti|ab|au)(?![\w-])", _ELSEWHERE, _as_here),
    _sign(
        r"(?<![\w-])exp\s\w[\w\s,-]{1,80}/(?!\S)",
        Sentence("a new paper has no MeSH terms"),
        Sentence("write the words without exp and /"),
    ),
)

_OPERATORS: Final = {
    "and": Sentence("write AND in capitals for both anywhere, or quote the phrase"),
    "or": Sentence("write OR in capitals for one of two"),
    "andnot": Sentence("write %(text)s in capitals", text="AND NOT"),
    "nor": Sentence("write AND NOT in capitals for what must not be there"),
    "not": Sentence("write AND NOT in capitals for what must not be there"),
}


def _word_at(found: expressions.Match[str]) -> str:
    """Return the whole word, blank to blank, in which a sign was found."""
    text, start = found.string, found.start()
    return text[text.rfind(" ", 0, start) + 1 : start] + text[start:].split(" ", 1)[0]


def remarks(text: str, node: Node) -> Iterator[Remark]:
    """Yield what is doubtful in the words of an item, each with its offset in ``text``."""
    pieces = list(tokens(text))
    shown = _without(text, pieces)
    groups = set[str]()
    for sign in _MEANT:
        found = sign.expression.search(shown)
        if found and not (sign.group and sign.group in groups) and "name" not in groups:
            hint = sign.hint if isinstance(sign.hint, Sentence) else sign.hint(found)
            yield found.start(), sign.message, hint
            groups.add(sign.group)
    if "name" not in groups:
        yield from _of_words(pieces, shown)
    yield from _of_leaves(text, node)
    yield from _of_people(text, node)


def _without(text: str, pieces: list[Token]) -> str:
    """Blank out what is quoted, a pattern, TeX, or the value of a field that holds names."""
    shown = list(text)
    formulas = (found.span() for found in _FORMULA.finditer(text))
    for start, end in (*_hidden(pieces), *formulas):
        shown[start:end] = " " * (end - start)
    return "".join(shown)


_FORMULA = expressions.compile(r"\$[^$]{1,200}\$")
_OF_NAMES: Final = {"author", "category", "listing"}


def _hidden(pieces: list[Token]) -> Iterator[tuple[int, int]]:
    depth, names = 0, -1
    for piece in pieces:
        if names >= 0 and depth <= names and piece.is_operator:
            names = -1
        depth += (piece.kind == "(") - (piece.kind == ")")
        if piece.kind in ("quoted", "pattern") or names >= 0:
            yield piece.start, piece.end
        elif piece.kind == "field":
            name = piece.text[:-1].lower()
            if FIELD_NAMES.get(name, name) in _OF_NAMES:
                names = depth


_AROUND = ",;.[]"
# What ends the beginning of a word elsewhere.
_ENDS = "!:+@…-"


def _of_words(pieces: list[Token], shown: str) -> Iterator[Remark]:
    seen = set[str]()
    for piece in pieces:
        small = piece.text.lower().strip(_AROUND)
        is_shown = shown[piece.start : piece.end].strip()
        if piece.kind == "quoted" and _PATTERN.fullmatch(piece.text):
            message = Sentence("inside quotes this is no pattern")
            yield piece.start, message, write(piece.text[1:-1])
        if piece.kind == "tag" and piece.text[1:-1].strip().lower() in MESH_TAGS:
            message = Sentence("a new paper has no MeSH terms")
            yield piece.start, message, Sentence("the words alone are looked for")
        if piece.kind != "word" or not is_shown or small in seen:
            continue
        if small in _OPERATORS and piece.text.strip(_AROUND) not in ("AND", "OR", "NOT"):
            seen.add(small)
            message = Sentence("%(word)s is a word like any other here", word=piece.text)
            yield piece.start, message, _OPERATORS[small]
        elif (cut := piece.text.rstrip(_ENDS)) != piece.text and _is_cut(cut):
            yield piece.start + len(cut), _nothing_here(piece.text[len(cut) :]), _STAR
        elif not piece.text.isalpha() and is_category(small):
            yield piece.start, *_is_a_category(piece.text.strip(_AROUND))


def _is_a_category(code: str) -> tuple[Sentence, Sentence]:
    return Sentence("%(code)s is a category", code=code), write(f"category:{code}")


def _is_cut(word: str) -> bool:
    """Return whether small letters are no word that is known, so perhaps the beginning of one."""
    return len(word) > 3 and word.isalpha() and word.islower() and not is_common_word(word)


def _of_people(text: str, node: Node) -> Iterator[Remark]:
    """Doubt a name after OR or AND that has no field: ``author:Calder OR Varga``."""
    for several in (node, *node.nodes) if isinstance(node, And) else (node,):
        if not (
            isinstance(several, And | Or) and any(isinstance(n, Author) for n in several.nodes)
        ):
            continue
        for each in several.nodes:
            if isinstance(each, Phrase) and not each.field and all(map(_is_name, each.words)):
                word = " ".join(each.words)
                hint = Sentence("write %(text)s if it is a name", text=f"author:{word}")
                message = Sentence("%(word)s is a word here", word=word)
                yield max(text.find(each.words[0]), 0), message, hint


def _is_name(word: str) -> bool:
    return word.istitle() and not is_common_word(word.lower())


def _of_leaves(text: str, node: Node) -> Iterator[Remark]:
    for leaf in leaves(node):
        if isinstance(leaf, Phrase) and leaf.form is not WordMatching.CASE:
            words = " ".join(leaf.words)
            place = max(text.find(leaf.words[0]), 0)
            if all(map(_is_small, leaf.words)):
                message = Sentence("%(words)s is in nearly every paper", words=words)
                yield place, message, Sentence("add the words that matter")
            code = ".".join(leaf.words)
            if (
                code in text
                and "." in code
                and (leaf.form is WordMatching.WORD or "|" in text)
                and is_category(code.lower())
            ):
                yield place, *_is_a_category(code)
            if leaf.form is WordMatching.WORD and {"AND", "OR", "NOT"} & set(leaf.words):
                message = Sentence("operators are words inside quotes")
                yield place, message, Sentence("quote each phrase by itself")
        elif isinstance(leaf, Regex) and not leaf.ignore_case:
            bare = _ESCAPE.sub(" ", leaf.pattern)
            if _SMALL.search(bare) and bare == bare.lower():
                place = max(text.find(f"/{leaf.pattern}/"), 0)
                hint = Sentence("write %(pattern)s for any case", pattern=f"/{leaf.pattern}/i")
                yield place, Sentence("this pattern finds small letters alone"), hint


def _is_small(word: str) -> bool:
    return word.lower() in _EVERYWHERE and not (len(word) > 1 and word.isupper())


#: words that hardly an abstract is without
_EVERYWHERE: Final = frozenset(
    """
    a an and are as at be by for from has have i in is it of or our that the these this to was we
    were which with
    """.split()  # noqa: SIM905
)
_PATTERN = expressions.anchored(r'"/[^/"]{1,200}/i?"')
_ESCAPE = expressions.compile(r"\\(?:[pP]\{\w{0,20}\}|.)|\[[^\]]{0,100}\]")
_SMALL = expressions.compile(r"[a-z]{2}")
