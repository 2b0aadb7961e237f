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
                    "NEAR joins phrases, or choices of phrases in brackets",
                    _column(operator),
                    "use AND for anything else",
                )
        if (
            len(
                {phrase.field for phrase in leaves(Or((left, right))) if isinstance(phrase, Phrase)}
            )
            > 1
        ):
            raise QuerySyntaxError("NEAR joins words of one field", _column(operator), "use AND")
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
            raise QuerySyntaxError(f"{field}: takes no pattern", _column(token), "use a star")
        try:
            compiled(pattern, bool(flag))
        except PatternError as error:
            raise QuerySyntaxError(
                f"the pattern cannot be used: {error}",
                _column(token),
                "RE2's syntax: github.com/google/re2/wiki/Syntax",
            ) from None
        return Regex(pattern, field, bool(flag))


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
            hint = f"did you mean {close[0]}:?" if close else f'quote it: "{word}"'
            if rest.isdecimal():
                hint = f"write {{query: {name}, weight: {min(max(int(rest[:4]), 1), 9)}}}"
            raise QuerySyntaxError(f"there is no field '{name}:'", _column(word), hint)
    if _MINUS.match(word):
        raise QuerySyntaxError("'-' excludes nothing", _column(word), f"write NOT {word[1:]}")
    if _NEAR.fullmatch(word):
        is_far = word[5:].isdecimal()
        message = "NEAR has a distance of 999 at most" if is_far else "NEAR needs a distance"
        raise QuerySyntaxError(message, _column(word), "write NEAR/5")


def _check_depth(text: str) -> None:
    depth = negations = 0
    for token in _parser().lex(text):
        depth += (token.type == "LPAR") - (token.type == "RPAR")
        negations += token.type == "_NOT"
        if max(depth, negations) > MAX_DEPTH:
            message = f"too deep: {MAX_DEPTH} brackets and {MAX_DEPTH} NOTs at most"
            raise QuerySyntaxError(message, _column(token))


def _unreadable(text: str, place: int) -> QuerySyntaxError:
    if text[place] == '"':
        return QuerySyntaxError("this quote is not closed", place + 1, 'add a ", or remove it')
    return QuerySyntaxError(f"unexpected {text[place]!r}", place + 1, "put it in quotes")


_SHOWN = {"_AND": "AND", "_OR": "OR", "_NOT": "NOT", "$END": "the end"}


def _unexpected(text: str, token: Token, accepts: set[str]) -> QuerySyntaxError:
    """Return the error for ``token``: what is missing there, or not allowed."""
    wants_atom = "WORD" in accepts and "_AND" not in accepts
    if token.type == "$END":
        return _ends_early(text, wants_atom)
    column = _column(token)
    shown = _SHOWN.get(token.type, str(token))
    if token.type == "RPAR":
        if wants_atom:
            hint = "add a word, or remove them"
            return QuerySyntaxError("something to search for is missing before ')'", column, hint)
        return QuerySyntaxError("this bracket closes nothing", column, "remove it, or quote it")
    if wants_atom:
        message = f"expected something to search for before {shown}"
        return QuerySyntaxError(message, column, f"add a word, or remove {shown}")
    if token.type == "NEAR":
        return QuerySyntaxError("NEAR joins two things only", column, "use AND for the others")
    return QuerySyntaxError(
        f"expected AND or OR before {shown}", column, _operator_hint(text, token)
    )


#: fields of Scopus and Web of Science for titles, abstracts and keywords
_ELSEWHERE: Final = frozenset(("TITLE-ABS-KEY", "TITLE-ABS", "KEY", "ALL", "TS=", "AK="))


def _operator_hint(text: str, token: Token) -> str:
    if token.type == "_NOT":
        return "write AND NOT"
    before = text[: token.start_pos].split()[-1:]
    if before and before[0].lower() in ("and", "or", "not"):
        return f"operators are written in capitals: {before[0].upper()}"
    if token.type == "LPAR" and before and before[0].lower() in FIELDS:
        return f"write {before[0]}:("
    if token.type == "LPAR" and before and (field := before[0].lstrip("(")) in _ELSEWHERE:
        return f"leave out {field}: titles and abstracts are searched"
    if token.type == "LPAR" and before and text[(token.start_pos or 1) - 1] not in " \t":
        if "|" in text[token.start_pos :].partition(")")[0]:
            return f"a pattern has a / before and after it: /{before[0]}…/"
        return "quote a bracket that is part of the words"
    return "words beside a quote, a bracket or a field need an operator between"


def _ends_early(text: str, wants_atom: bool) -> QuerySyntaxError:
    opened = []
    for token in _parser().lex(text):
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR" and opened:
            opened.pop()
    if opened and not wants_atom:
        return QuerySyntaxError("this bracket is not closed", _column(opened[-1]), "add a )")
    last = text.split()[-1]
    message = f"something to search for is missing after '{last}'"
    hint = f"add a word, or remove {last}"
    return QuerySyntaxError(message, len(text.rstrip()) - len(last) + 1, hint)


assert set(TEXT_FIELDS) < set(FIELDS)
