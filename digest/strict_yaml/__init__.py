"""A strict reader of YAML: text stays text, and any feature with surprising results is refused.

Reads events, never a tree, so that an alias, a bomb or deep nesting is refused before anything is
built from it.  Keeps the place in the text of every key and value beside the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import yaml
from yaml.error import Mark, MarkedYAMLError
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from .. import expressions
from ..errors import Mistake, Sentence, as_template
from .document import Document, Loc, Node, mark_place, scalar
from .slips import SINGLE_QUOTES, single_quoted, slip, whole_in_quotes

#: How deep collections may be nested.
DEPTH = 6
KEY_LENGTH = 100
#: A file with more mistakes than this is not read further.
MOST_COMPLAINTS = 50


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits of a text; low enough that refusing takes less than a tenth of a second."""

    size: int  # bytes of UTF-8
    nodes: int  # keys, values and collections together
    scalar: int  # characters of one value


#: Control characters, overrides of the text direction, surrogates and noncharacters.
_FORBIDDEN = expressions.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


#: a control character → the letter of its escape in double quotes
_ESCAPES = {"\a": "a", "\b": "b", "\v": "v", "\f": "f", "\x1b": "e"}


def load(text: str, caps: Caps) -> Document:
    """Read one YAML document; never raise, but record every mistake in ``complaints``.

    If reading had to stop, ``is_cut`` is set and ``data`` holds what had been read until then.
    """
    text = text.removeprefix("\ufeff")
    document = Document(text)
    if len(text) > caps.size or len(text.encode(errors="surrogatepass")) > caps.size:
        message = Sentence("the file is larger than %(size)s kB", size=str(caps.size // 1024))
        return Document("", complaints=[Mistake(1, 1, message)], is_cut=True)
    _Builder(document, caps).build()
    return document


class _Stop(Exception):  # noqa: N818  # the end of reading, not an error of its own
    """A signal that the rest of the text is not worth reading, or not safe to read."""


class _Loader(yaml.SafeLoader):
    """The scanner in Python, because the one in C crashes on deep nesting."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # noqa: N803
        # The scanner looks ahead over a thousand brackets before it yields the first.
        if self.flow_level >= DEPTH:
            raise ScannerError(problem="nested too deep", problem_mark=self.get_mark())
        super().fetch_flow_collection_start(TokenClass)


@dataclass(slots=True)
class _Frame:
    """A collection that is being filled."""

    loc: Loc
    items: dict[str, Any] | list[Any]
    #: the key of the next value
    key: str | None = None
    #: the mapping has this key already: its second value is read and dropped
    is_double: bool = False
    #: written with brackets
    is_flow: bool = False


class _Builder:
    """A builder that fills a document from the events of the parser."""

    def __init__(self, document: Document, caps: Caps) -> None:
        self._document = document
        self._caps = caps
        self._stack: list[_Frame] = []
        self._nodes = 0
        #: where the last scalar or bracket ended
        self._end: Mark | None = None

    def build(self) -> None:
        try:
            self._read()
        except _Stop:
            self._document.is_cut = True

    def _read(self) -> None:
        try:
            loader = _Loader(self._document.source)
        except ReaderError as error:
            self._unreadable(error)
        try:
            while loader.check_event():
                event: yaml.Event = loader.get_event()  # type: ignore[no-untyped-call]
                self._take(event)
        except MarkedYAMLError as error:
            self._malformed(error)
        except (ValueError, OverflowError):
            # An escape beyond Unicode, or a version of five thousand digits.
            self._stop(loader.get_mark(), Sentence("this is not valid YAML"))

    def _malformed(self, error: MarkedYAMLError) -> NoReturn:
        mark = error.problem_mark or error.context_mark
        lines = self._document.source.split("\n")
        line = mark.line if mark else 0
        found = slip(lines, [line, *(_before(lines, line))])
        if found:
            self._document.complaints.append(found)
            raise _Stop
        message, hint = _explain(error)
        is_open = "unexpected end" in (error.problem or "")  # of quotes that are not closed
        if mark and not is_open and lines[line][: mark.column].rstrip().endswith(("]", "}")):
            message = Sentence("text after a closing bracket")
            hint = Sentence("put each key on a line of its own, without a comma between")
        self._stop(mark, message, whole_in_quotes(lines[line]) if hint is WHOLE else hint)

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._count(event)
        match event:
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent():
                self._open(event, {})
            case yaml.SequenceStartEvent():
                self._open(event, [])
            case yaml.CollectionEndEvent():
                self._close(event)
            case yaml.DocumentStartEvent() if self._nodes:
                self._stop(
                    event.start_mark,
                    Sentence("a second document: one file holds one"),
                    Sentence("remove this line"),
                )

    def _count(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > self._caps.nodes:
            most = str(self._caps.nodes)
            self._stop(event.start_mark, Sentence("more than %(most)s keys and values", most=most))
        if len(self._stack) >= DEPTH and isinstance(event, yaml.CollectionStartEvent):
            self._stop(event.start_mark, _TOO_DEEP)
        if getattr(event, "tag", None) is not None:
            self._refuse_sign(event, as_template("tags (%(sign)s…) are not used here"), "!")
        if event.anchor is not None and not isinstance(event, yaml.AliasEvent):
            self._refuse_sign(event, as_template("anchors (%(sign)s…) are not used here"), "&")

    def _refuse_sign(self, event: Any, message: str, sign: str) -> None:
        hint = Sentence("put text that begins with %(sign)s in quotes", sign=sign)
        self._complain(event.start_mark, Sentence(message, sign=sign), hint)

    def _alias(self, event: Any) -> None:
        self._refuse_sign(event, as_template("aliases (%(sign)s…) are not used here"), "*")
        self._place("", Node(event.start_mark, event.end_mark))

    def _scalar(self, event: Any) -> None:
        text = self._clean(event)
        self._end = event.end_mark
        if self._stack and isinstance(self._stack[-1].items, dict) and self._stack[-1].key is None:
            self._key(event, text)
            return
        value = scalar(text) if event.implicit[0] and event.style is None else text
        self._place(value, Node(event.start_mark, event.end_mark, event.style, text))

    def _clean(self, event: Any) -> str:
        text: str = event.value
        if len(text) > self._caps.scalar:
            message = Sentence("longer than %(most)s characters", most=str(self._caps.scalar))
            self._complain(event.start_mark, message)
            return text[: self._caps.scalar]
        bad = _FORBIDDEN.search(text)
        if bad is None:
            return text
        self._forbidden(event, text, bad.start())
        return _FORBIDDEN.sub("\ufffd", text)

    def _forbidden(self, event: Any, text: str, offset: int) -> None:
        """Refuse a character; one that YAML makes of TeX in double quotes, with the way out."""
        raw = self._document.source[event.start_mark.index + 1 : event.end_mark.index - 1]
        letter = _ESCAPES.get(text[offset])
        if event.style != '"' or not letter or f"\\{letter}" not in raw:
            self._complain(event.start_mark, _not_allowed(text[offset]))
            return
        node = Node(event.start_mark, event.end_mark, event.style, text)
        message = Sentence("in double quotes %(sign)s is a control character", sign=f"\\{letter}")
        hint = SINGLE_QUOTES if "'" in raw else single_quoted(raw)
        place = self._document.inside(node, offset)
        self._document.complaints.append(Mistake(*place, message, hint))

    def _key(self, event: Any, key: str) -> None:
        frame = self._stack[-1]
        if len(key) > KEY_LENGTH:
            message = Sentence("a key longer than %(most)s characters", most=str(KEY_LENGTH))
            self._complain(event.start_mark, message)
        if key == "<<" and event.style is None:
            message = Sentence("merge keys (%(sign)s) are not used here", sign="<<")
            self._complain(event.start_mark, message)
        first = self._document.keys.get((*frame.loc, key))
        frame.key, frame.is_double = key, first is not None or key == "<<"
        if first is not None:
            message = Sentence(
                "%(key)s stands here twice, first in line %(line)s",
                key=key,
                line=str(first.line + 1),
            )
            self._complain(event.start_mark, message, Sentence("keep one of them"))
        else:
            self._document.keys[(*frame.loc, key)] = event.start_mark

    def _open(self, event: Any, items: dict[str, Any] | list[Any]) -> None:
        if self._stack and isinstance(self._stack[-1].items, dict) and self._stack[-1].key is None:
            message, hint = Sentence("a key must be a word"), Sentence("put it in quotes")
            self._stop(event.start_mark, message, hint)
        loc = self._place(items, Node(event.start_mark, event.end_mark))
        self._stack.append(_Frame(loc, items, is_flow=bool(event.flow_style)))

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.is_flow:
            self._end = event.end_mark
        # The parser puts the end of a block behind the comments that follow it.
        node = self._document.nodes[frame.loc]
        self._document.nodes[frame.loc] = replace(node, end=self._end or node.end)

    def _place(self, value: Any, node: Node) -> Loc:
        loc = self._put(value)
        self._document.nodes.setdefault(loc, node)
        return loc

    def _put(self, value: Any) -> Loc:
        if not self._stack:
            self._document.data = value
            return ()
        frame = self._stack[-1]
        if isinstance(frame.items, list):
            frame.items.append(value)
            return (*frame.loc, len(frame.items) - 1)
        key, frame.key = frame.key or "", None
        if frame.is_double:
            # A step that is in no path, so that the first value keeps its places.
            return (*frame.loc, -1)
        frame.items[key] = value
        return (*frame.loc, key)

    def _unreadable(self, error: ReaderError) -> NoReturn:
        before = self._document.source[: error.position].split("\n")
        mark = Mark("", 0, len(before) - 1, len(before[-1]), None, 0)
        self._stop(mark, _not_allowed(self._document.source[error.position]))

    def _stop(self, mark: Any, message: str, hint: str = "") -> NoReturn:
        self._complain(mark, message, hint)
        raise _Stop

    def _complain(self, mark: Any, message: str, hint: str = "") -> None:
        complaints = self._document.complaints
        complaints.append(Mistake(*(mark_place(mark) if mark else (1, 1)), message, hint))
        if len(complaints) >= MOST_COMPLAINTS:
            raise _Stop


def _not_allowed(character: str) -> Sentence:
    code = f"U+{ord(character):04X}"
    return Sentence("the character %(code)s is not allowed", code=code)


def _before(lines: Sequence[str], line: int) -> list[int]:
    """Return the place of the last line before ``line`` that is not blank, if there is one."""
    return [place for place in range(min(line, len(lines)) - 1, -1, -1) if lines[place].strip()][:1]


_TOO_DEEP = Sentence("nested more than %(most)s deep", most=str(DEPTH))
_NO_TEXT = Sentence("text cannot begin with this sign")
_ESCAPE = Sentence("an unknown %(sign)s escape in double quotes", sign="\\")
_BRACKET = Sentence("a comma or a closing %(sign)s is expected", sign="]")
_BRACE = Sentence("a comma or a closing %(sign)s is expected", sign="}")
_NO_ITEM = Sentence("a list item where none can be")
_NO_KEY = Sentence("a key where none can be")

_IN_QUOTES = Sentence("put text that holds such a sign in quotes")
_WHOLE_ITEM = Sentence(
    "put an item that goes on after its quotes in single quotes, the whole of it"
)
_SAME_COLUMN = Sentence("begin all items of a list in the same column")
_KEY_COLUMN = Sentence("begin it in the column of the other keys")
_ADD_BRACKET = Sentence("add a %(sign)s", sign="]")
#: A hint that quotes the line.
WHOLE = "the whole"
#: Part of the parser's message, the message for people, and a hint how to correct the text.
_EXPLANATIONS = (
    ("nested too deep", _TOO_DEEP, ""),
    (
        "mapping values are not allowed",
        Sentence("a colon and a space in the middle of a text"),
        _IN_QUOTES,
    ),
    (
        "character '\\t'",
        Sentence("a tab where spaces are expected"),
        Sentence("indent with spaces"),
    ),
    ("that cannot start any token", _NO_TEXT, _IN_QUOTES),
    (
        "could not find expected ':'",
        Sentence("a key without a colon"),
        Sentence("write key: value, or - before an item"),
    ),
    (
        "unexpected end of stream",
        Sentence("a quote that is never closed"),
        Sentence("close it, or quote the whole text"),
    ),
    ("but found '<stream end>'", Sentence("a bracket that is never closed"), ""),
    ("',' or ']', but got '}'", _BRACKET, _ADD_BRACKET),
    ("',' or ']', but got '<stream", _BRACKET, _ADD_BRACKET),
    ("',' or '}', but got '<stream", _BRACE, Sentence("add a %(sign)s", sign="}")),
    ("',' or ']', but got '<scalar", _BRACKET, _WHOLE_ITEM),
    ("',' or '}', but got '<scalar", _BRACE, _WHOLE_ITEM),
    ("expected ',' or ']'", _BRACKET, _IN_QUOTES),
    ("expected ',' or '}'", _BRACE, _IN_QUOTES),
    (
        "but found '<scalar>'",
        Sentence("text after a closing quote, or a line indented otherwise than its neighbours"),
        WHOLE,
    ),
    ("but found '['", Sentence("text after a closing quote"), WHOLE),
    ("but found '<block sequence start>'", _NO_ITEM, _SAME_COLUMN),
    ("but found '<block mapping start>'", _NO_KEY, _KEY_COLUMN),
    ("but found '?'", _NO_KEY, _KEY_COLUMN),
    (
        "but found ','",
        Sentence("a comma where none can be"),
        Sentence("put a list in brackets: [one, two]"),
    ),
    ("alphabetic or numeric character", _NO_TEXT, _IN_QUOTES),
    ("expected chomping", _NO_TEXT, _IN_QUOTES),
    ("expected escape sequence", _ESCAPE, SINGLE_QUOTES),
    ("but found '-'", _NO_ITEM, _SAME_COLUMN),
    ("unknown escape character", _ESCAPE, SINGLE_QUOTES),
)


def _explain(error: MarkedYAMLError) -> tuple[str, str]:
    problem = error.problem or error.context or ""
    for words, message, hint in _EXPLANATIONS:
        if words in problem:
            return message, hint
    # In the parser's own words.
    return Sentence("this is not valid YAML: %(problem)s", problem=" ".join(problem.split())), ""
