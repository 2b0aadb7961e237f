"""The grammar of the keyword language, and its syntax error messages.

Importing this loads lark; ``language.parse_clause`` does so only for more than a simple phrase.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from .. import expressions
from ..errors import Sentence, meant, write
from . import (
    FIELDS,
    MAX_DEPTH,
    TEXT_FIELDS,
    And,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    QuerySyntaxError,
    Regex,
    WordMatching,
    leaf,
    leaves,
    no_field,
)
from .regex import PatternError, compiled

_MINUS = expressions.anchored(r"-\w")
_NEAR = expressions.anchored(r"NEAR(/.*)?")

GRAMMAR: Final = r"""
?either: both (_OR both)*
?both: one (_AND one)*
?one: _NOT one              -> negation
    | near
?near: atom [NEAR atom]
?atom: FIELD atom           -> scoped
     | "(" either ")"
     | phrase
     | exact
     | REGEX                -> regex
phrase: WORD+
exact: QUOTED
     | "=" QUOTED           -> cased
     | "=" phrase           -> cased

_AND.3: /AND(?=[\s()"]|$)/
_OR.3: /OR(?=[\s()"]|$)/
_NOT.3: /NOT(?=[\s()"]|$)/
NEAR.3: /NEAR\/\d{1,3}(?=[\s()"]|$)/
FIELD.3: /(title|abstract|author|category|listing|org|comment):/i
REGEX.2: /\/(?:[^\/\\]|\\.)+\/i?(?=[\s)]|$)/
QUOTED: /"[^"]*"/
WORD: /[^\s()"=][^\s()"]*(?:\((?!(?:AND|OR|NOT)\b)(?:(?!\s(?:AND|OR|NOT)\b)[^()"])*\)[^\s()"]*)*/
%ignore /\s+/
"""

_TreeT = Tree[Token]


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, start="either", parser="lalr", lexer="basic", maybe_placeholders=False)


def parse(text: str) -> Node:
    """Parse any query.

    Raises QuerySyntaxError.
    """
    try:
        _check_depth(text)
        tree = _parser().parse(text)
    except UnexpectedCharacters as error:
        raise _unreadable(text, error.pos_in_stream or 0) from None
    except UnexpectedToken as error:
        raise _unexpected(text, error.token, error.accepts) from None
    return _TreeBuilder(text).node(tree, "")


class _TreeBuilder:
    """One walk down a parse tree; a field is passed down to everything inside its brackets."""

    def __init__(self, text: str) -> None:
        self._text = text

    def node(self, tree: _TreeT | Token, field: str) -> Node:
        assert isinstance(tree, Tree)
        return getattr(self, tree.data)(tree.children, field)  # type: ignore[no-any-return]

    def either(self, children: list[_TreeT], field: str) -> Node:
        return Or(tuple(self._flat(Or, children, field)))

    def both(self, children: list[_TreeT], field: str) -> Node:
        return And(tuple(self._flat(And, children, field)))

    def _flat(
        self, kind: type[And] | type[Or], children: list[_TreeT], field: str
    ) -> Iterator[Node]:
        for child in children:
            node = self.node(child, field)
            if isinstance(node, kind):
                yield from node.nodes
            else:
                yield node

    def negation(self, children: list[_TreeT], field: str) -> Node:
        return Not(self.node(children[0], field))

    def scoped(self, children: list[_TreeT | Token], field: str) -> Node:
        return self.node(children[1], str(children[0])[:-1].lower())

    def near(self, children: list[_TreeT | Token], field: str) -> Node:
        left, right = self.node(children[0], field), self.node(children[2], field)
        operator = children[1]
        assert isinstance(operator, Token)
        for side in (left, right):
            if not _is_near_able(side):
                raise QuerySyntaxError(
                    Sentence("NEAR joins phrases, or choices of phrases in brackets"),
                    _column(operator),
                    Sentence("use AND for anything else"),
                )
        if (
            len(
                {phrase.field for phrase in leaves(Or((left, right))) if isinstance(phrase, Phrase)}
            )
            > 1
        ):
            message = Sentence("NEAR joins words of one field")
            raise QuerySyntaxError(message, _column(operator), Sentence("use AND"))
        return Near(left, right, int(operator[5:]))

    def phrase(
        self, children: list[Token], field: str, form: WordMatching = WordMatching.STEM
    ) -> Node:
        for word in children:
            _check_word(word, field)
        start, end = children[0].start_pos, children[-1].end_pos
        assert start is not None
        return leaf(self._text[start:end], start + 1, field, form)

    def exact(self, children: list[Token], field: str) -> Node:
        return leaf(children[0][1:-1], _column(children[0]), field, WordMatching.WORD)

    def cased(self, children: list[Token | _TreeT], field: str) -> Node:
        if isinstance(children[0], Tree):
            words = [word for word in children[0].children if isinstance(word, Token)]
            return self.phrase(words, field, WordMatching.CASE)
        return leaf(children[0][1:-1], _column(children[0]), field, WordMatching.CASE)

    def regex(self, children: list[Token], field: str) -> Node:
        token = children[0]
        pattern, _, flag = token[1:].rpartition("/")
        if field in ("category", "listing"):
            message = Sentence("%(field)s: takes no pattern", field=field)
            raise QuerySyntaxError(message, _column(token), Sentence("use a star"))
        try:
            compiled(pattern, bool(flag))
        except PatternError as error:
            raise QuerySyntaxError(
                Sentence("the pattern cannot be used: %(reason)s", reason=error.reason),
                _column(token),
                Sentence("RE2's syntax: %(address)s", address=_SYNTAX_OF_RE2),
            ) from None
        return Regex(pattern, field, bool(flag))


_SYNTAX_OF_RE2: Final = "github.com/google/re2/wiki/Syntax"


def _is_near_able(node: Node) -> bool:
    if isinstance(node, Or):
        return all(isinstance(child, Phrase) for child in node.nodes)
    return isinstance(node, Phrase)


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _check_word(word: Token, field: str) -> None:
    """Refuse a word that is syntax in other search languages and would be a plain word here."""
    name, colon, rest = word.partition(":")
    if colon and field not in ("category", "listing") and name.isalpha():
        close = get_close_matches(name.lower(), FIELDS, 1)
        if close or (rest and not rest.startswith("/") and not rest[0].isdigit()):
            hint = (
                meant(f"{close[0]}:") if close else Sentence("quote it: %(text)s", text=f'"{word}"')
            )
            if rest.isdecimal():
                item = f"{{query: {name}, weight: {min(max(int(rest[:4]), 1), 9)}}}"
                hint = write(item)
            raise QuerySyntaxError(no_field(f"{name}:"), _column(word), hint)
    if _MINUS.match(word):
        hint = write(f"NOT {word[1:]}")
        raise QuerySyntaxError(Sentence("'-' excludes nothing"), _column(word), hint)
    if _NEAR.fullmatch(word):
        is_far = word[5:].isdecimal()
        far = Sentence("NEAR has a distance of %(most)s at most", most=999)
        message = far if is_far else Sentence("NEAR needs a distance")
        raise QuerySyntaxError(message, _column(word), write("NEAR/5"))


def _check_depth(text: str) -> None:
    depth = negations = 0
    for token in _parser().lex(text):
        depth += (token.type == "LPAR") - (token.type == "RPAR")
        negations += token.type == "_NOT"
        if max(depth, negations) > MAX_DEPTH:
            message = Sentence(
                "too deep: %(most)s brackets and %(most)s NOTs at most", most=MAX_DEPTH
            )
            raise QuerySyntaxError(message, _column(token))


def _unreadable(text: str, place: int) -> QuerySyntaxError:
    if text[place] == '"':
        message = Sentence("this quote is not closed")
        return QuerySyntaxError(
            message, place + 1, Sentence("add a %(sign)s, or remove it", sign='"')
        )
    message = Sentence("unexpected %(sign)s", sign=repr(text[place]))
    return QuerySyntaxError(message, place + 1, Sentence("put it in quotes"))


_SHOWN = {"_AND": "AND", "_OR": "OR", "_NOT": "NOT"}


def _unexpected(text: str, token: Token, accepts: set[str]) -> QuerySyntaxError:
    """Return the error for ``token``: what is missing there, or not allowed."""
    wants_atom = "WORD" in accepts and "_AND" not in accepts
    if token.type == "$END":
        return _ends_early(text, wants_atom)
    column = _column(token)
    shown = _SHOWN.get(token.type, str(token))
    if token.type == "RPAR":
        if wants_atom:
            message = Sentence("something to search for is missing before %(sign)s", sign="')'")
            return QuerySyntaxError(message, column, Sentence("add a word, or remove them"))
        message = Sentence("this bracket closes nothing")
        return QuerySyntaxError(message, column, Sentence("remove it, or quote it"))
    if wants_atom:
        message = Sentence("expected something to search for before %(word)s", word=shown)
        return QuerySyntaxError(message, column, _add_or_remove(shown))
    if token.type == "NEAR":
        message = Sentence("NEAR joins two things only")
        return QuerySyntaxError(message, column, Sentence("use AND for the others"))
    message = Sentence("expected AND or OR before %(word)s", word=shown)
    return QuerySyntaxError(message, column, _operator_hint(text, token))


def _add_or_remove(word: str) -> Sentence:
    return Sentence("add a word, or remove %(word)s", word=word)


#: fields of Scopus and Web of Science for titles, abstracts and keywords
_ELSEWHERE: Final = frozenset(("TITLE-ABS-KEY", "TITLE-ABS", "KEY", "ALL", "TS=", "AK="))


def _operator_hint(text: str, token: Token) -> Sentence:
    if token.type == "_NOT":
        return write("AND NOT")
    before = text[: token.start_pos].split()[-1:]
    if before and before[0].lower() in ("and", "or", "not"):
        return Sentence("operators are written in capitals: %(word)s", word=before[0].upper())
    if token.type == "LPAR" and before and before[0].lower() in FIELDS:
        return write(f"{before[0]}:(")
    if token.type == "LPAR" and before and (field := before[0].lstrip("(")) in _ELSEWHERE:
        return Sentence("leave out %(field)s: titles and abstracts are searched", field=field)
    if token.type == "LPAR" and before and text[(token.start_pos or 1) - 1] not in " \t":
        if "|" in text[token.start_pos :].partition(")")[0]:
            example = f"/{before[0]}…/"
            return Sentence("a pattern has a / before and after it: %(text)s", text=example)
        return Sentence("quote a bracket that is part of the words")
    return Sentence("words beside a quote, a bracket or a field need an operator between")


def _ends_early(text: str, wants_atom: bool) -> QuerySyntaxError:
    opened = []
    for token in _parser().lex(text):
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR" and opened:
            opened.pop()
    if opened and not wants_atom:
        hint = Sentence("add a %(sign)s", sign=")")
        return QuerySyntaxError(Sentence("this bracket is not closed"), _column(opened[-1]), hint)
    last = text.split()[-1]
    message = Sentence("something to search for is missing after %(word)s", word=f"'{last}'")
    return QuerySyntaxError(message, len(text.rstrip()) - len(last) + 1, _add_or_remove(last))


assert set(TEXT_FIELDS) < set(FIELDS)
