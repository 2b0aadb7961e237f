"""The keyword language: the text of a query → a tree → the same text again.

Knows no papers: ``match`` decides which of a day's papers a tree matches.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .. import expressions
from ..errors import Hint, Sentence, write
from .compiled import Clause, CompiledQuery, Plan, packed, unpacked
from .compounds import are_a_name
from .text import clean, readable
from .tree import (
    FIELDS,
    OPERATORS,
    TEXT_FIELDS,
    And,
    Author,
    Leaf,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    WordMatching,
    in_language,
    leaves,
    with_phrases,
)
from .wildcards import LONGEST as LONGEST_WILD
from .wildcards import MOST_SIGNS, SHORTEST_PREFIX, head_of, is_wild
from .words import GREEK_LETTERS, raw_words, spans, surface

__all__ = [
    "FIELDS",
    "MAX_DEPTH",
    "MAX_QUERY_LENGTH",
    "OPERATORS",
    "TEXT_FIELDS",
    "And",
    "Author",
    "Clause",
    "CompiledQuery",
    "Leaf",
    "NamePattern",
    "Near",
    "Node",
    "Not",
    "Or",
    "Phrase",
    "Plan",
    "QuerySyntaxError",
    "Regex",
    "WordMatching",
    "in_language",
    "leaf",
    "leaves",
    "packed",
    "parse_clause",
    "unpacked",
    "with_phrases",
]  # fmt: skip

#: most characters in one query
MAX_QUERY_LENGTH = 1000
#: deepest nesting of brackets; also the most NOTs
MAX_DEPTH = 20


class QuerySyntaxError(ValueError):
    """A syntax error in a query: the ``column`` (from 1), the message, a hint how to correct it."""

    def __init__(self, message: Sentence, column: int = 1, hint: Hint = "") -> None:
        self.message = message
        self.column = column
        self.hint = hint
        super().__init__(f"{column}: {message}" + (f" ({hint})" if hint else ""))


# Items without operators or patterns need no grammar; most items are so simple.  Brackets around
# words among words are signs like any other: "SO(3) networks", "state of the art (SOTA)".
_SIMPLE = expressions.anchored(
    rf"\s*(?:(?P<field>{'|'.join(FIELDS)}):\s*)?(?P<cased>=(?=[^\s=]))?"
    r'(?:"(?P<quoted>[^"]*)"\s*|(?P<bare>[^\s"():=/-][^"():]*(?:\([^"():=/*]+\)[^"():]*)*))',
    ignore_case=True,
)
_OPERATOR = expressions.compile(
    r"(?:^|\s)(?:AND|OR|NOT|NEAR(?:/\d*)?)(?=\s|$)|\s[=/-](?=\S)"
    # the same in other search languages
    r"|(?:^|\s)(?:ANDNOT|ADJ\d+|NEAR\d+|[A-Za-z]+/\d+)(?=\s|$)|(?:^|\s)[!+](?=\w)|\w ?\[[A-Za-z1]"
    r"|&|\||\sAROUND\("
    r"|(?:^|\s)(?:and|or|not|AND|OR|NOT)\s?\(|\((?:AND|OR|NOT)\s"
)
_TEX = expressions.compile(r"\\|\$[^$]+\$|[_^]\{")
# TeX's umlaut (\"o) contains a quotation mark.  The combining mark is repeated so that the text
# keeps its length, and columns in messages stay right.
_UMLAUT = expressions.compile(r"\\\"\{?([A-Za-z])\}?")
#: the quotes and brackets of other keyboards and languages; single quotes and backquotes may be
#: apostrophes
QUOTES = str.maketrans("“”„‟＂«»‹›「」『』（）", '"' * 13 + "()")


def parse_clause(text: str) -> Node:
    """Parse one item of a profile.

    Raises QuerySyntaxError with the column of the mistake.
    """
    if len(text) > MAX_QUERY_LENGTH:
        raise QuerySyntaxError(
            Sentence(
                "too long: %(number)s characters, at most %(most)s",
                number=len(text),
                most=MAX_QUERY_LENGTH,
            ),
            MAX_QUERY_LENGTH,
            Sentence("use several items"),
        )
    if not text.strip():
        raise QuerySyntaxError(Sentence("nothing to search for"), 1, _NAME_A_WORD)
    text = _UMLAUT.sub(_without_quote, text.translate(QUOTES))
    simple = _SIMPLE.fullmatch(text)
    if simple and not _OPERATOR.search(simple["bare"] or ""):
        return _simple(simple)
    return _complex(text)


def _complex(text: str) -> Node:
    """Parse a text that needs the grammar, first read in the manner of other search languages."""
    from .foreign import translated
    from .grammar import parse

    translation = translated(text)
    try:
        return parse(translation.text)
    except QuerySyntaxError as error:
        column = translation.column(error.column)
        raise QuerySyntaxError(error.message, column, error.hint) from None


def _without_quote(found: expressions.Match[str]) -> str:
    return found[1] + "\u0308" * (len(found[0]) - 1)


def _simple(found: expressions.Match[str]) -> Node:
    part = "bare" if found["quoted"] is None else "quoted"
    form = (
        WordMatching.CASE
        if found["cased"]
        else WordMatching.STEM
        if part == "bare"
        else WordMatching.WORD
    )
    return leaf(found[part].rstrip(), found.start(part) + 1, (found["field"] or "").lower(), form)


def leaf(text: str, column: int, field: str, form: WordMatching) -> Leaf:
    """Make the leaf that ``text`` means in ``field``; ``column`` is where ``text`` begins.

    Raises QuerySyntaxError.
    """
    if form is WordMatching.CASE and field in ("author", "category", "listing"):
        message = Sentence("%(field)s: takes no %(sign)s", field=field, sign="'='")
        hint = write(f"{field}:{text}")
        raise QuerySyntaxError(message, column, hint)
    if field == "author":
        if "*" in text:
            message = Sentence("%(field)s: takes no %(sign)s", field=field, sign="'*'")
            hint = Sentence("initials are understood: %(name)s", name="D. Doe")
            raise QuerySyntaxError(message, column, hint)
        if not raw_words(text):
            raise QuerySyntaxError(_no_name(field), column)
        return Author(" ".join(text.split()))
    if field in ("category", "listing"):
        if not text.strip():
            raise QuerySyntaxError(_no_name(field), column)
        return NamePattern("category" if field == "category" else "listing", " ".join(text.split()))
    if form is not WordMatching.STEM and text.startswith("="):
        form, text = WordMatching.CASE, text[1:]
    return Phrase(tuple(_words(text, column, form)), field, form)


def no_field(name: str) -> Sentence:
    """Return the message about a field that there is not."""
    return Sentence("there is no field %(name)s", name=f"'{name}'")


def _no_name(field: str) -> Sentence:
    return Sentence("no name after %(field)s", field=f"'{field}:'")


_NAME_A_WORD = Sentence("name a word, or remove the item")


def _words(text: str, column: int, form: WordMatching) -> list[str]:
    """Return the words of a phrase, each prefix with its star."""
    if _TEX.search(text):
        text = readable(text)
    text = unicodedata.normalize("NFC", text if text.isascii() else clean(text))
    if text.count("$") == 1:
        text = _DOLLAR.sub("*", text)
    if form is not WordMatching.STEM:
        words = _exact(text)
    elif _WILD.search(text):
        words = list(_wild(text, column))
    else:
        words = _compounds(text)
    if not words:
        message = Sentence("nothing to search for: no letter and no digit")
        raise QuerySyntaxError(message, column, _NAME_A_WORD)
    # In capitals these words would be read as operators when the tree is written as text again.
    return [
        word.lower() if form is WordMatching.STEM and _OPERATOR.fullmatch(word) else word
        for word in words
    ]


# What Ovid has for a star: "optim$".
_DOLLAR = expressions.compile(r"(?<=[a-z]{2})\$(?!\S)")
# A star or a question mark that is part of a word, or a tilde after one.
_WILD = expressions.compile(r"\*|\w\?{1,3}\w|\w~")
_STAR = expressions.anchored(r"\*(?!\w)")
_LITERAL_STAR = expressions.anchored(r"[A-Z]\*")


def _exact(text: str) -> list[str]:
    """Return the words of a quoted phrase; a star after two letters ends a prefix."""
    return [
        text[start:end] + "*" * bool(end - start > 1 and _STAR.match(text, end))
        for start, end in spans(text)
    ]


_NAMES = "|".join(sorted(GREEK_LETTERS))
# A number and a Greek letter behind a hyphen, however they are parted: IL-1 beta.
_SERIES = expressions.compile(
    rf"(?<![\w'’.-])([^\W_]+)-(\d{{1,2}}|{_NAMES}|[α-ω])[ -]?(\d{{1,2}}|{_NAMES}|[α-ω])"
    r"(?!\w|\.\d)-?",
    ignore_case=True,
)
_IN_SERIES = expressions.anchored(rf"\d{{1,2}}(?:{_NAMES})|(?:{_NAMES})\d{{1,2}}")
_COMPOUND = expressions.compile(r"(?<![\w'’.-])([^\W_]+)-([^\W_]+)(?![\w-]|\.\d)")


def _compounds(text: str) -> list[str]:
    """Return the words, two that a hyphen joins as one: "in-context" is not "in context"."""
    words: list[str] = []
    at = 0
    text = _SERIES.sub(_apart, text) if "-" in text else text
    for found in _COMPOUND.finditer(text) if "-" in text else ():
        if _IN_SERIES.fullmatch(surface(found[1])):
            continue  # 5α-reductase: the first word may itself be written as two
        words += [*raw_words(text[at : found.start()]), found[0]]
        at = found.end()
    return words + raw_words(text[at:])


def _apart(found: expressions.Match[str]) -> str:
    """Part the number and the letter of IL-1β: the index finds them in one word, too."""
    head, left, right = found.groups()
    return f"{head}-{left} {right} " if are_a_name(surface(left), surface(right)) else found[0]


def _wild(text: str, column: int) -> Iterator[str]:
    """Yield the words of a phrase of which at least one has a star, a question mark or a tilde."""
    for piece in text.split():
        if _LITERAL_STAR.fullmatch(piece) or not _WILD.search(piece):
            yield from _compounds(piece)
        elif piece.endswith("~"):
            *before, word = raw_words(piece)
            yield from [*before, word + "~"]
        else:
            yield from _with_signs(piece.strip(",;.:"), column)


def _with_signs(piece: str, column: int) -> Iterator[str]:
    """Yield the words of a piece with stars or question marks; at most two make one."""
    if piece.endswith(".*"):  # the star of "q-bio.*" adds nothing
        yield from _compounds(piece[:-2])
        return
    *before, word = _SEPARATOR.split(piece)
    if before and not is_wild(before[-1]) and (before[-1][-1:].isalnum()):
        word = f"{before.pop()}-{word}"
    for other in before:
        yield from raw_words(other)
    _check_signs(word, column)
    yield word


# A point within a number separates nothing.
_SEPARATOR = expressions.compile(r"(?:[^\w*?'.]|\.(?!\d))+")


def _check_signs(word: str, column: int) -> None:
    """Refuse a word with stars or question marks that would match too much."""
    head = head_of(word).replace("-", "")
    if not head:
        letters = word.strip("*?")
        end = "" if word.endswith("*") else r"\b"
        pattern = f"/{letters}{end}/i"
        hint = (
            Sentence("write %(pattern)s for any beginning", pattern=pattern)
            if letters.isalnum()
            else Sentence("name a word, or quote it: %(example)s", example='"A* search"')
        )
        raise QuerySyntaxError(Sentence("a '*' must end a word"), column, hint)
    if len(head) < SHORTEST_PREFIX:
        pattern = word.replace("?", ".?").replace("*", r"\w*")
        hint = (
            write(rf"/\b{pattern}/i")
            if "?" in word
            else Sentence("quote the star: %(text)s", text=f'"{word}"')
        )
        message = Sentence("too short a prefix: two letters at least")
        raise QuerySyntaxError(message, column, hint)
    if len(word) > LONGEST_WILD or word.count("*") + word.count("?") > MOST_SIGNS:
        message = Sentence(
            "too long a pattern: %(letters)s letters and %(stars)s stars at most",
            letters=LONGEST_WILD,
            stars=MOST_SIGNS,
        )
        raise QuerySyntaxError(message, column)
