"""A profile made of a search from elsewhere, or of a list of keywords."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from .. import expressions
from ..errors import Mistake, ProfileError, Sentence
from ..language import (
    QUOTES,
    And,
    Author,
    Clause,
    NamePattern,
    Node,
    Not,
    Or,
    QuerySyntaxError,
    leaves,
    parse_clause,
)
from ..language.foreign import tokens
from . import slug_of
from .categories import is_category
from .databases import is_of_lines, joined_lines, rewritten
from .foreign_search import ForeignSearch, SearchPart, is_search, read_search
from .rewrite import Answers, new
from .search_addresses import is_address, is_of_google, search_in

#: Characters of a text that is read; a search is far shorter.
LONGEST = 50_000
#: Words in a row of a search or a keyword; prose has more.
_MOST_WORDS = 8
#: Signs of code and of markup, which no keyword has.
_SIGNS = frozenset("{}=<>`\\")
_BULLET = expressions.anchored(
    r"(?:[-*+•‣▪◦·–—]|\d{1,3}[.)]|[a-z]\)|\([\da-z]{1,2}\))\s+(?!(?:and|or|not)\s)",
    ignore_case=True,
)
_COMMENT = expressions.anchored(r"(?:#\s|//|%).*")
_KEPT_TOGETHER = expressions.compile(r'"[^"]*"')
_BREAK = expressions.compile(r"[,;](?=\s|$)|[，；、]|(?<=\s)[·•‧∙](?=\s)")
#: before keywords in a paper
_HEADING = expressions.compile(
    r"^(?:author |index )?(?:key ?words?|terms|topics|search terms|interests)"
    r"(?:\s?[:—–]|\s-)\s{0,5}",
    ignore_case=True,
)
#: the number of a further keyword, or what is in brackets and holds none
_FURTHER = expressions.compile(r"\([^()]{0,200}\)|\s\d{1,2}\)\s")


@dataclass(frozen=True, slots=True)
class ImportedProfile:
    """The text of a profile, and a line for each part of what it was made of."""

    text: str
    account: tuple[str, ...]


@dataclass(slots=True)
class _Lists:
    """The lists of a profile while they are filled."""

    any: list[Node] = field(default_factory=list)
    all: list[Node] = field(default_factory=list)
    none: list[Node] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)


def imported(text: str, path: str, name: str = "imported") -> ImportedProfile:
    """Make a profile of a search, of the address of one, or of a list of keywords.

    ``path`` is what mistakes are named with, ``name`` what the profile is called.  Raises
    ProfileError, with places in ``text``, if nothing in it can be looked for.
    """
    answers, account = answered(text, path, name)
    return ImportedProfile(new(answers), account)


def answered(text: str, path: str, name: str = "imported") -> tuple[Answers, tuple[str, ...]]:
    """Return the answers for a profile that such a text contains, and a line for each part of it.

    Raises ProfileError, as ``imported`` does.
    """
    if len(text) > LONGEST:
        message = Sentence("longer than %(most)s characters", most=LONGEST)
        raise ProfileError(path, [Mistake(1, 1, message)])
    search = _read(text.removeprefix("\ufeff").translate(QUOTES), path)
    lists = _Lists()
    if search.node is not None:
        _place(search.node, lists)
    if not (lists.any or lists.all or lists.authors):
        message, hint = Sentence("nothing to look for is left"), Sentence("name a word")
        raise ProfileError(path, [Mistake(1, 1, message, hint)])
    return _answers(lists, name), (*_account(search.parts, lists), *search.remarks)


def _answers(lists: _Lists, name: str) -> Answers:
    return Answers(
        profile=slug_of(name) or "imported",
        any=tuple(map(_text, _once(lists.any))),
        all=tuple(map(_text, _once(lists.all))),
        none=tuple(map(_text, _once(lists.none))),
        authors=tuple(dict.fromkeys(lists.authors)),
    )


def _once(nodes: Iterable[Node]) -> Iterable[Node]:
    """Return the nodes, of those that mean the same the first: a heading is often a word, too."""
    known: dict[str, Node] = {}
    for node in nodes:
        known.setdefault(Clause("", "", 1, node).term, node)
    return known.values()


_PLAIN_NAME = expressions.compile(r'\b(category|listing):"([\w.*-]{1,80})"')


def _text(node: Node) -> str:
    """Return an item as a person would write it: names without needless quotes."""
    return _PLAIN_NAME.sub(r"\1:\2", str(node))


# ── reading ──


def is_wanted(text: str) -> bool:
    """Return whether a text may be a search, the address of one, or a list of keywords."""
    if is_address(text):
        return True
    lines = rewritten(text)[0].splitlines() if len(text) <= LONGEST else [text]
    return all(_is_wanted(line.strip()) for line in lines)


def _is_wanted(line: str) -> bool:
    """Return whether a line may be of a search, or of a list of keywords, and is no prose."""
    if line.endswith(".") and len(line.split()) > _MOST_WORDS // 2:  # a sentence
        return False
    in_a_row = 0
    for token in () if line.startswith("# ") else tokens(line):
        is_word = token.kind == "word" and not token.is_operator
        in_a_row = in_a_row + 1 if is_word else 0
        is_key = is_word and token.text.endswith(":") and not token.text.startswith("allin")
        if in_a_row > _MOST_WORDS or is_key or (token.text.startswith(("[", "!")) and is_word):
            return False
        if is_word and _SIGNS & {*token.text}:
            return False
        if token.text.endswith((",", ";")):
            in_a_row = 0
    return True


def _read(text: str, path: str) -> ForeignSearch:
    if text.startswith("search_query="):  # arXiv's, without the address before it
        text = f"https://arxiv.org/?{text}"
    if is_address(text):
        search = search_in(text)
        if not search:
            message = Sentence("no search is in this address")
            hint = Sentence("paste the search itself")
            raise ProfileError(path, [Mistake(1, 1, message, hint)])
        return _search(rewritten(search)[0], path, 1, is_of_google=is_of_google(text))
    text, remarks = rewritten(joined_lines(_unquoted(text)))
    found = _of_lines(text, path)
    return replace(found, remarks=(*remarks, *found.remarks))


def _unquoted(text: str) -> str:
    """Return a search that was cut out of an address as it was before it was put there."""
    is_cut_out = " " not in text.strip() and _ESCAPED.search(text)
    return unquote_plus(text) if is_cut_out else text


_ESCAPED = expressions.compile("%(?:2[028]|3A|5B)", ignore_case=True)


def _of_lines(text: str, path: str) -> ForeignSearch:
    lines = text.split("\n")
    if _goes_on(text):
        return _search(" ".join(lines), path, 1)
    found = [_line(line, path, number) for number, line in enumerate(lines, 1)]
    return ForeignSearch(
        _either_without([each.node for each in found if each.node is not None]),
        tuple(part for each in found for part in each.parts),
        tuple(dict.fromkeys(remark for each in found for remark in each.remarks)),
    )


def _goes_on(text: str) -> bool:
    """Return whether a search goes on from line to line: a bracket or an operator is open."""
    lines = [_unmarked(line.strip())[0] for line in text.split("\n") if line.strip()]
    edges = {word for line in lines for word in (line.split()[0], line.split()[-1])}
    is_open = any(line.count("(") != line.count(")") or line.count('"') % 2 for line in lines)
    return len(lines) > 1 and (is_open or bool(edges & {"AND", "OR", "NOT", "ANDNOT"}))


def _line(line: str, path: str, number: int) -> ForeignSearch:
    text, bullet = _unmarked(line.strip().rstrip(" ,;"))
    text = _FURTHER.sub(_parted, text) if ")" in bullet else text
    text = _HEADING.sub("", text)
    if not text or _COMMENT.fullmatch(text):
        return ForeignSearch(None, ())
    if is_of_lines(text):
        return ForeignSearch(None, (SearchPart(text, None, "these lines are not here"),))
    if is_search(text):
        return _search(text, path, number)
    parts = tuple(_keyword(each) for each in _keywords(text))
    return ForeignSearch(_either(part.node for part in parts), parts)


def _unmarked(line: str) -> tuple[str, str]:
    """Return a line without the sign or number of a list before it, and that."""
    bullet = _BULLET.match(line)
    return (line[bullet.end() :], bullet[0]) if bullet else (line, "")


def _parted(found: expressions.Match[str]) -> str:
    return found[0] if found[0].startswith("(") else ", "


def _search(text: str, path: str, number: int, *, is_of_google: bool = False) -> ForeignSearch:
    try:
        return read_search(text, is_of_google=is_of_google)
    except QuerySyntaxError as error:
        mistake = Mistake(number, error.column, error.message, error.hint)
        raise ProfileError(path, [mistake]) from None


def _keywords(text: str) -> Iterator[str]:
    """Yield the keywords of a line, parted at commas and semicolons outside of quotes."""
    quoted = [found.span() for found in _KEPT_TOGETHER.finditer(text)]
    at = 0
    for found in _BREAK.finditer(text):
        if not any(start <= found.start() < end for start, end in quoted):
            yield text[at : found.start()].strip()
            at = found.end()
    yield text[at:].strip()


_AND = "and is a word here; write AND for both anywhere"


def _keyword(text: str) -> SearchPart:
    if "." in text and is_category(text.lower()):
        text = f"category:{text}"
    try:
        return SearchPart(text, parse_clause(text), _AND if " and " in text else "")
    except QuerySyntaxError as error:
        return _quoted(text, error.message)


def _quoted(text: str, reason: str) -> SearchPart:
    """Read in quotes a keyword that is no query, such as ``Cu:Zn ratio``, if that is one."""
    try:
        return SearchPart(text, None if '"' in text else parse_clause(f'"{text}"'), reason)
    except QuerySyntaxError:
        return SearchPart(text, None, reason)


def _either(nodes: Iterable[Node | None]) -> Node | None:
    """Join by OR what was not left out."""
    found: list[Node] = []
    for node in nodes:
        found += node.nodes if isinstance(node, Or) else [node] if node is not None else []
    return Or(tuple(found)) if len(found) > 1 else found[0] if found else None


def _either_without(nodes: Sequence[Node]) -> Node | None:
    """Join lines: any of them, but what one excludes is excluded from all."""
    excluded = [node for node in nodes if isinstance(node, Not)]
    wanted = _either(node for node in nodes if not isinstance(node, Not))
    return And((wanted, *excluded)) if wanted and excluded else wanted or _either(excluded)


# ── placing ──


def _place(node: Node, lists: _Lists) -> None:
    """Put the parts of a tree into the lists that together mean the same."""
    if not isinstance(node, And):
        _place_any(node, lists)
        return
    wanted: list[Node] = []
    for each in node.nodes:
        if isinstance(each, Not):
            lists.none += each.node.nodes if isinstance(each.node, Or) else (each.node,)
        elif all(isinstance(leaf, NamePattern) for leaf in leaves(each)):
            lists.all.append(each)
        else:
            wanted.append(each)
    choices = [each for each in wanted if isinstance(each, Or)]
    if len(wanted) > 1 and not choices:
        lists.any.append(And(tuple(wanted)))
    elif wanted:
        widest = max(choices, key=lambda each: len(each.nodes)) if choices else wanted[0]
        _place_any(widest, lists)
        lists.all += (each for each in wanted if each is not widest)


def _place_any(node: Node, lists: _Lists) -> None:
    if isinstance(node, Not):
        lists.none += node.node.nodes if isinstance(node.node, Or) else (node.node,)
        return
    for each in node.nodes if isinstance(node, Or) else (node,):
        if isinstance(each, Author):
            lists.authors.append(each.name)
        else:
            lists.any.append(each)


# ── what became of each part ──


def _account(parts: Sequence[SearchPart], lists: _Lists) -> Iterator[str]:
    places = {
        str(leaf): name
        for name, nodes in (("none", lists.none), ("all", lists.all), ("any", lists.any))
        for node in nodes
        for leaf in (node, *leaves(node))
    }
    places |= {str(Author(name)): "authors" for name in lists.authors}
    for part in parts:
        if part.node is None:
            reason = part.remark.removeprefix("leave it out").lstrip(":, ")
            yield f"{part.written}: left out{f' ({reason})' if reason else ''}"
            continue
        name = next((places[str(leaf)] for leaf in leaves(part.node) if str(leaf) in places), "any")
        node = part.node.node if name == "none" and isinstance(part.node, Not) else part.node
        remark = f" ({part.remark})" if part.remark else ""
        yield f"{part.written}: {name}: {_text(node)}{remark}"
