"""Foreign searches: those of arXiv, PubMed and Google, read as trees of our language.

There, words beside words mean all of them, anywhere; so they become an AND here.  What has no
likeness is left out of the tree, and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import Sentence
from ..language import (
    MAX_DEPTH,
    And,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    QuerySyntaxError,
    WordMatching,
    leaf,
)
from ..language.foreign import (
    FIELD_NAMES,
    MESH_TAGS,
    TAGS,
    UNLIKE_FIELDS,
    UNLIKE_TAGS,
    Token,
    distance_of,
    tokens,
)
from ..language.words import SMALL_WORDS
from .categories import is_category


@dataclass(frozen=True, slots=True)
class SearchPart:
    """A part of a search as it was written, what it is here (None: left out), and a remark."""

    written: str
    node: Node | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ForeignSearch:
    """A foreign search as a tree, what became of each of its parts, and remarks on the whole."""

    node: Node | None
    parts: tuple[SearchPart, ...]
    remarks: tuple[str, ...] = ()


_OPERATORS = {
    "and": "AND", "&": "AND", "&&": "AND", "or": "OR", "|": "OR", "||": "OR", "not": "NOT",
    "andnot": "NOT",
}  # fmt: skip
#: fields that hold for one word; those of arXiv hold for all words up to an operator
_FOR_ONE_WORD = frozenset(("intitle", "inauthor", "inabstract", "author", "title"))
_MIXED = "AND binds closer than OR here, and PubMed reads from the left: check the brackets"
_LEFT_OUT = "leave it out"
_APART = "each anywhere; in quotes they are words in a row"


def read_search(text: str, *, is_of_google: bool = False) -> ForeignSearch:
    """Read a search; in one of Google's, which its signs show as well, OR binds closer than AND.

    Raises QuerySyntaxError with the column of a bracket or a quote that is not closed.
    """
    reader = _Reader(text, is_of_google=is_of_google)
    node = reader.either("", 0)
    if reader.next:
        message, place = Sentence("this bracket closes nothing"), reader.next.start + 1
        raise QuerySyntaxError(message, place, Sentence("remove it"))
    return ForeignSearch(node, tuple(reader.parts), tuple(dict.fromkeys(reader.remarks)))


def is_search(text: str) -> bool:
    """Return whether a line is a search, and no list of keywords."""
    pieces = list(tokens(text))
    return any(each.is_operator or each.kind in ("field", "tag", "sign") for each in pieces) or (
        len(pieces) > 1
        and "," not in text
        and ";" not in text
        and any(each.kind in ("quoted", "(") or each.text == "or" for each in pieces)
    )


class _Reader:
    """One walk over the pieces of a search; the rules of the grammar are its methods."""

    def __init__(self, text: str, *, is_of_google: bool) -> None:
        self._text = text
        self._pieces: Sequence[Token] = list(tokens(text))
        self._is_of_google = is_of_google or _is_googles(self._pieces)
        self._at = 0
        #: whether what is read is inside of NOT
        self._is_excluded = False
        #: fields and signs by the offset behind them
        self._openings = {each.end: each for each in self._pieces if each.kind in ("field", "sign")}
        self.parts: list[SearchPart] = []
        self.remarks: list[str] = []

    @property
    def next(self) -> Token | None:
        """Return the piece that comes next; None at the end."""
        return self._pieces[self._at] if self._at < len(self._pieces) else None

    def _operator(self) -> str:
        """Return the operator that comes next, as ours; empty if none does."""
        token = self.next
        return _OPERATORS.get(token.text.lower(), "") if token and token.kind == "word" else ""

    def _take(self) -> Token:
        token = self._pieces[self._at]
        self._at += 1
        return token

    def either(self, field: str, depth: int) -> Node | None:
        nodes = [self._both(field, depth)]
        while self._operator() == "OR":
            self._take()
            nodes.append(self._both(field, depth))
        if len(nodes) > 1 and any(isinstance(node, And) for node in nodes):
            self.remarks.append(_MIXED)
        return _joined(Or, nodes)

    def _both(self, field: str, depth: int) -> Node | None:
        nodes, before = [], len(self.parts)
        while self._has_operand() and (self._is_of_google or self._operator() != "OR"):
            if self._operator() in ("AND", "OR"):
                self._take()
            else:
                nodes.append(self._choice(field, depth))
        return self._all_of(nodes, before)

    def _choice(self, field: str, depth: int) -> Node | None:
        """Read what Google has between its ANDs; of other searches one operand."""
        nodes = [self._one(field, depth)]
        while self._is_of_google and self._operator() == "OR":
            self._take()
            if self._has_operand() and self._operator() != "OR":
                nodes.append(self._one(field, depth))
        return _joined(Or, nodes)

    def _all_of(self, nodes: Sequence[Node | None], before: int) -> Node | None:
        """Join by AND; inside of NOT leave all out with one, for the others alone exclude more."""
        parts = self.parts[before:]
        if self._is_excluded and None in nodes and any(part.node is None for part in parts):
            self.parts[before:] = [
                part if part.node is None else SearchPart(part.written, None, _LEFT_OUT)
                for part in parts
            ]
            return None
        return _joined(And, nodes)

    def _one(self, field: str, depth: int) -> Node | None:
        token = self.next
        is_sign = token is not None and token.kind == "sign"
        if self._operator() == "NOT" or is_sign:
            opening, before = self._take(), len(self.parts)
            sign, deeper = opening.text, _below(depth, opening)
            was_excluded, self._is_excluded = self._is_excluded, self._is_excluded ^ (sign != "+")
            node = self._one(field, deeper) if self._has_operand() else None
            self._is_excluded = was_excluded
            if node is None or sign == "+":
                return node
            self.parts[before:] = [
                replace(part, node=Not(part.node) if part.node else None)
                for part in self.parts[before:]
            ]
            return Not(node)
        return self._near(field, depth)

    def _has_operand(self) -> bool:
        return self.next is not None and self.next.kind != ")"

    def _near(self, field: str, depth: int) -> Node | None:
        before = len(self.parts)
        left = self._operand(field, depth)
        while self.next and (distance := self._distance()) is not None:
            right = self._operand(field, depth) if self._has_operand() else None
            sides = [side for side in (left, right) if side is not None]
            is_near = _may_be_near(sides)
            left = (
                Near(sides[0], sides[1], distance)
                if is_near
                else self._all_of((left, right), before)
            )
        return left

    def _distance(self) -> int | None:
        """Return the distance of NEAR/3 or its like, and step over it; None for anything else."""
        token = self.next
        if token is None or token.kind != "word":
            return None
        around = [each.text for each in self._pieces[self._at : self._at + 4]]
        if around[0] == "AROUND" and len(around) == 4 and around[2].isdecimal():
            self._at += 4
            return int(around[2][:3])
        distance = distance_of(token.text)
        self._at += distance is not None
        return distance

    def _operand(self, field: str, depth: int) -> Node | None:
        token = self._take()
        if token.kind == "field":
            return self._scoped(token, depth)
        if token.kind == "(":
            return self._bracket(token, field, depth)
        if token.kind == "word":
            return self._words(token, field)
        if token.kind == "tag":  # behind nothing
            return None
        return self._leaf(token, token.text.strip('"/'), field, WordMatching.WORD)

    def _bracket(self, opening: Token, field: str, depth: int) -> Node | None:
        end = self._closing()
        if end is None:
            message = Sentence("this bracket is not closed")
            hint = Sentence("add a %(sign)s", sign=")")
            raise QuerySyntaxError(message, opening.start + 1, hint)
        tag = _name(self._pieces[end + 1]) if end + 1 < len(self._pieces) else ""
        if tag in UNLIKE_TAGS:
            self._at = end + 2
            return self._left_out(opening, UNLIKE_TAGS[tag])
        node = self.either(TAGS.get(tag, field), _below(depth, opening))
        self._at = end + (2 if tag else 1)
        return node

    def _closing(self) -> int | None:
        """Return the place of the bracket that closes the one just taken; None without one."""
        depth = 1
        for place in range(self._at, len(self._pieces)):
            kind = self._pieces[place].kind
            depth += (kind == "(") - (kind == ")")
            if not depth:
                return place
        return None

    def _scoped(self, token: Token, depth: int) -> Node | None:
        name = token.text[:-1].lower()
        if name in UNLIKE_FIELDS:
            self._skip_value()
            return self._left_out(token, UNLIKE_FIELDS[name])
        field = FIELD_NAMES.get(name, name)
        if not self._has_operand():
            return None
        if self.next and self.next.kind == "word":
            return self._words(self._take(), field, 1 if name in _FOR_ONE_WORD else None)
        return self._operand(field, _below(depth, token))

    def _skip_value(self) -> None:
        """Step over the value of a field that has no likeness.

        That is ``[2025 TO 2026]``, what is in brackets, or one piece.
        """
        if self.next and self.next.kind == "(":
            self._take()
            end = self._closing()
            self._at = len(self._pieces) if end is None else end + 1
            return
        is_range = self.next is not None and self.next.text.startswith("[")
        while self._has_operand() and is_range and not self._take().text.endswith("]"):
            pass
        if self._has_operand() and not is_range:
            self._take()

    def _words(self, first: Token, field: str, most: int | None = None) -> Node | None:
        """Read words beside words: a phrase before a tag or in a name, else each anywhere."""
        run = [first]
        is_signed = self._at > 1 and self._pieces[self._at - 2].kind == "sign"
        most = 1 if is_signed or self._is_chosen(-2) else most
        while self._has_word() and (most is None or len(run) < most or _is_name_begun(run, field)):
            if self._is_chosen(1):
                break
            run.append(self._take())
        text = self._text[first.start : run[-1].end]
        is_tagged = self.next is not None and self.next.kind == "tag"
        if len(run) == 1 or is_tagged or field in _OF_NAMES:
            return self._leaf(first, text, field, WordMatching.STEM)
        words = [word for word in run if word.text.lower() not in SMALL_WORDS] or run
        known = [_leaf_of(word.text, word.start, field, WordMatching.STEM) for word in words]
        node = _joined(And, [each for each in known if not isinstance(each, str)])
        lost = (word for word, each in zip(words, known, strict=True) if isinstance(each, str))
        if self._is_excluded and any(any(map(str.isalnum, word.text)) for word in lost):
            return self._left_out(first, _LEFT_OUT)
        self.parts.append(SearchPart(self._written(first), node, _APART))
        return node

    def _is_chosen(self, away: int) -> bool:
        """Return whether an OR of Google is so many pieces away: it holds for one word."""
        beside = self._pieces[max(self._at + away, 0) : self._at + away + 1]
        return self._is_of_google and any(
            _OPERATORS.get(each.text.lower()) == "OR" for each in beside
        )

    def _has_word(self) -> bool:
        token = self.next
        if token is None or token.kind != "word" or self._operator():
            return False
        return token.text != "AROUND" and distance_of(token.text) is None

    def _leaf(self, first: Token, text: str, field: str, form: WordMatching) -> Node | None:
        """Make a leaf of ``text``, whose first piece is ``first``; its tag comes next, if any."""
        tag = ""
        if self.next and self.next.kind == "tag":
            tag = _name(self._take())
        if tag in UNLIKE_TAGS:
            return self._left_out(first, UNLIKE_TAGS[tag])
        field = TAGS.get(tag, "") if tag else field
        if field == "author":
            text = text.replace("_", " ").strip("*^")
        if tag in MESH_TAGS:
            text, form = _as_words(text), WordMatching.STEM
        node = _leaf_of(text, first.start, field, form)
        if isinstance(node, str):
            return self._left_out(first, node)
        remark = "a new paper has no MeSH terms: these are words" if tag in MESH_TAGS else ""
        self.parts.append(SearchPart(self._written(first), node, remark))
        return node

    def _left_out(self, first: Token, reason: str) -> Node | None:
        """Record a part that is left out of the tree."""
        if any(map(str.isalnum, self._written(first))):  # a sign alone is no part
            self.parts.append(SearchPart(self._written(first), None, reason))
        return None

    def _written(self, first: Token) -> str:
        start = first.start
        while start in self._openings:
            start = self._openings[start].start
        return self._text[start : self._pieces[self._at - 1].end]


_GOOGLES = frozenset(("intitle:", "inauthor:", "allintitle:", "allintext:", "intext:", "around"))


def _is_googles(pieces: Sequence[Token]) -> bool:
    """Return whether pieces are of a search of Google, which has no tags, no AND and no NOT."""
    has_others = any(
        each.kind == "tag" or _OPERATORS.get(each.text.lower()) in ("AND", "NOT") for each in pieces
    )
    return not has_others and any(
        each.kind == "sign" or each.text.lower() in _GOOGLES for each in pieces
    )


def _below(depth: int, opening: Token) -> int:
    """Return the depth of what a bracket, a field, a NOT or a sign holds for.

    Raises QuerySyntaxError.
    """
    if depth >= MAX_DEPTH:
        raise QuerySyntaxError(Sentence("nested too deep"), opening.start + 1)
    return depth + 1


_OF_NAMES = ("author", "category", "listing")
_PARTICLES = frozenset(("da", "de", "del", "den", "der", "di", "du", "la", "le", "van", "von"))


def _is_name_begun(run: Sequence[Token], field: str) -> bool:
    """Return whether words in the field of an author are no more than ``de`` or ``van der``."""
    return field == "author" and run[-1].text.lower() in _PARTICLES


def _name(token: Token) -> str:
    """Return the name of a tag in small letters; empty for a piece that is none."""
    return token.text[1:-1].strip().lower() if token.kind == "tag" else ""


def _as_words(heading: str) -> str:
    """Return a heading of MeSH as papers have it.

    ``Neoplasms, Breast/therapy`` is Breast Neoplasms.
    """
    main, _, _ = heading.partition("/")
    return " ".join(reversed(main.split(", ")))


def _leaf_of(text: str, start: int, field: str, form: WordMatching) -> Node | str:
    """Return the leaf that ``text`` means, or the reason why it means nothing."""
    if not field and "." in text and is_category(text.lower()):
        field = "category"
    try:
        return leaf(text, start + 1, field, form)
    except QuerySyntaxError as error:
        return error.message


def _joined(kind: type[And] | type[Or], nodes: Iterable[Node | None]) -> Node | None:
    """Join what was not left out, without a level that one of the nodes has already."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, kind) else [node] if node is not None else []
    return kind(tuple(flat)) if len(flat) > 1 else flat[0] if flat else None


def _may_be_near(nodes: Sequence[Node]) -> bool:
    """Return whether two nodes are phrases, or choices of phrases, of one field."""
    phrases = [each for node in nodes for each in (node.nodes if isinstance(node, Or) else [node])]
    fields = {each.field if isinstance(each, Phrase) else None for each in phrases}
    return len(nodes) == 2 and len(fields) == 1 and None not in fields
