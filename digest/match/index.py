"""The index of a day's papers: which papers match a leaf of the keyword language, and where.

Each part is indexed when it is first needed: titles and abstracts with the first phrase, authors
with the first name, and so on.  Knows no profiles and no scores.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_
from typing import Any, TypeAlias

from ..language import (
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
    leaves,
)
from ..language.compiled import asked, language_of, parted
from ..language.lemmas import ENGLISH
from ..language.people import People, questions
from ..language.people import offsets as author_offsets
from ..language.regex import compiled
from ..model import Hit, Paper
from .columns import Texts, Unread
from .phrases import PhraseIndex
from .postings import WordIndex
from .rank import bits_of
from .spellings import Runs

_NOTHING = 0, 0
# Between names of families that are kept as one text.
_FAMILY = "\n"
#: the papers that match, and those that do so in the title or an author's name, each as bits
Bits: TypeAlias = tuple[int, int]
#: a run of words as a half-open range of places
Run: TypeAlias = tuple[int, int]
# The place of a field in the order of reading, and the half-open offsets of a hit in it.
_Span: TypeAlias = tuple[int, int, int]

# Most phrases in the cache of runs for hits.
_MOST_RUNS = 2_000


class FieldIndex:
    """An index of the fields of a day's papers."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = Unread(papers)
        #: the key of each paper
        self.keys = [paper.key for paper in papers]
        self._categories = NameIndex([paper.categories for paper in papers])
        self._people: Unread[People] | None = None
        #: all families, where the people are not read yet
        self._families = ""
        self._words: dict[str, WordIndex] = {}
        self._streams: dict[tuple[str, str], PhraseIndex] = {}
        self._make_room()

    def _make_room(self) -> None:
        """Make room for what is found when it is needed, and not kept."""
        self._shown: dict[str, Texts] = {}
        self._found_runs: dict[Phrase | Near, list[Runs]] = {}

    def __getstate__(self) -> tuple[Any, ...]:
        families = _FAMILY.join(("", *self._people.value.families(), "")) if self._people else ""
        people = families, self._people
        return self._papers, self.keys, self._categories, people, self._words, self._streams

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._papers, self.keys, self._categories, people, self._words, self._streams = state
        self._families, self._people = people
        self._make_room()

    @property
    def papers(self) -> Sequence[Paper]:
        """Return the papers."""
        return self._papers.value

    def bits(self, node: Leaf | Near) -> Bits:
        """Return the papers that ``node`` matches, and those it matches in title or author."""
        match node:
            case Phrase() | Near():
                field = _field(node)
                stream = self._stream(field, language_of(node))
                return _bits(field, *stream.papers_of_runs(self._runs(node)))
            case Regex():
                return self._by_regex(node)
            case Author(name):
                return self.by_questions(questions(name))
            case NamePattern(_, pattern):
                return self.by_category(pattern.casefold())

    def warm(self) -> None:
        """Index words and authors now, not when they are first needed."""
        self._stream("")
        self._known_people()

    def hits(self, node: Node, papers: Iterable[int]) -> list[tuple[Hit, ...]]:
        """Return, per paper, the spans of its text by which ``node`` matches it, in reading order.

        All at once, because to find the words costs more than to look where they are in a paper.
        """
        found: dict[int, list[_Span]] = {paper: [] for paper in papers}
        for part in _placed(node):
            if isinstance(part, Phrase | Near):
                self._add_words(part, found)
            else:
                for paper, spans in found.items():
                    spans += self._hits(part, paper)
        return [
            tuple([Hit(_FIELDS[field], start, end) for field, start, end in sorted(set(spans))])
            if len(spans) != 1
            else (Hit(_FIELDS[spans[0][0]], *spans[0][1:]),)
            for spans in found.values()
        ]

    def _add_words(self, node: Phrase | Near, found: Mapping[int, list[_Span]]) -> None:
        """Add to these papers where a part of a tree is found in them by its words."""
        runs = self._found_runs.get(node)
        if runs is None:
            if len(self._found_runs) >= _MOST_RUNS:
                self._found_runs.clear()
            runs = self._found_runs[node] = self._runs(node)
        field = _field(node)
        orders = _ORDERS[field]
        for paper, part, start, end in self._words_of(field).spans_in(found, runs):
            if (order := orders[part]) is not None:
                found[paper].append((order, start, end))

    def _hits(self, leaf: Leaf, paper: int) -> Iterator[_Span]:
        match leaf:
            case Regex(_, field):
                for name in (field,) if field else ("title", "abstract"):
                    yield from self._regex_hits(leaf, name, paper)
            case Author(name):
                offsets = author_offsets(self.papers[paper].authors)
                for found, place in self._people_meant(questions(name)):
                    if found == paper:
                        yield _AUTHOR, *offsets[place]
            case NamePattern("category", pattern):
                yield from _category_hits(self.papers[paper].categories, pattern)
            case _:  # listings have no place in the text
                return

    def _regex_hits(self, node: Regex, field: str, paper: int) -> Iterator[_Span]:
        regex = compiled(node.pattern, node.ignore_case)
        for found in regex.finditer(_line(self.text(paper, field))):
            if found.start() < found.end():
                yield _ORDER[field], found.start(), found.end()

    def forms(self, node: Node) -> dict[str, int]:
        """Return the words by which the phrases of ``node`` are found, each with its papers."""
        found: dict[str, int] = {}
        for part in _worded(node):
            words, field = self._words_of(_field(part)), _field(part)
            for form, (first, second) in words.forms(self._runs(part)).items():
                if papers := _bits(field, first, second)[0]:
                    found[form] = found.get(form, 0) | papers
        return found

    def _stream(self, field: str, language: str = ENGLISH) -> PhraseIndex:
        """Return the phrase index of a field in a language; title and abstract share one."""
        stream = self._streams.get((field, language))
        if stream is None:
            if field in ("title", "abstract"):
                stream = self._stream("", language)
            else:
                words = self._words_of(field)
                with no_collection():
                    stream = PhraseIndex(words, language)
            self._streams[field, language] = stream
        return stream

    def _words_of(self, field: str) -> WordIndex:
        """Return the words of a field, which all languages share."""
        field = "" if field in ("title", "abstract") else field
        if field not in self._words:
            with no_collection():
                parts = ([*map(show, self.papers)] for show in _PARTS[field])
                self._words[field] = WordIndex(*parts)
        return self._words[field]

    def _runs(self, node: Phrase | Near) -> list[Runs]:
        """Return the runs of a phrase, or those of a NEAR's two sides that are near enough."""
        if isinstance(node, Near):
            words = self._words_of(_field(node))
            return _near(words, self._sides(node), node.distance)
        stream = self._stream(node.field, node.language)
        if node.form is WordMatching.STEM:
            found = stream.find(asked(node))
        else:
            found = stream.find_exactly(node.words, is_cased=node.form is WordMatching.CASE)
        return stream.without(found, node.without) if node.without else found

    def _sides(self, node: Near) -> tuple[list[Run], list[Run]]:
        left, right = (
            sorted(
                (place, place + length)
                for phrase in leaves(side)
                if isinstance(phrase, Phrase)
                for length, places in self._runs(phrase)
                for place in places
            )
            for side in (node.left, node.right)
        )
        return left, right

    def by_words(self, field: str, phrase: str) -> Bits:
        """Return the papers that hold a plain phrase, and those that hold it in the title."""
        language, phrase = parted(phrase)
        return _bits(field, *self._stream(field, language).papers(phrase.split(" ")))

    def by_questions(self, questions: str) -> Bits:
        """Return the papers of every author that ``people.questions`` of a name may mean."""
        papers = self._set([paper for paper, _ in self._people_meant(questions)])
        return papers, papers

    def by_category(self, pattern: str) -> Bits:
        """Return the papers of a category; ``pattern`` is in small letters."""
        return self._categories.find(pattern)

    def _by_regex(self, node: Regex) -> Bits:
        regex = compiled(node.pattern, node.ignore_case)
        found: list[int] = []
        strong = 0
        for name in (node.field,) if node.field else ("title", "abstract"):
            papers = self._set(list(self._searched(name, regex)))
            found.append(papers)
            strong |= papers if name in _STRONG_FIELDS else 0
        return found[0] | found[-1], strong

    def _searched(self, field: str, regex: Any) -> Iterator[int]:
        """Yield the papers with a match in ``field``; all are searched as one text, a line each."""
        texts, place = self._texts(field), 0
        text, ends = texts.lines, texts.ends
        while place < len(text) and (found := regex.search(text, place)):
            paper = bisect_left(ends, found.start())
            yield paper
            place = ends[paper] + 1

    def text(self, paper: int, field: str) -> str:
        """Return the text of a paper's field; the offsets of hits refer to it."""
        if field in ("title", "abstract"):
            return self._texts(field)[paper]
        return shown(self.papers[paper], field)

    def _texts(self, field: str) -> Texts:
        """Return the text of a field of each paper."""
        if field in ("title", "abstract"):
            return self._words_of(field).texts(int(field == "abstract"))
        if field not in self._shown:
            self._shown[field] = Texts(shown(paper, field) for paper in self.papers)
        return self._shown[field]

    def _people_meant(self, questions: str) -> Iterable[tuple[int, int]]:
        """Return the authors that a name may mean; those on disk are read for their families."""
        if self._families:
            families = (question.partition(" ")[0] for question in questions.split("|"))
            if not any(f"{_FAMILY}{each}{_FAMILY}" in self._families for each in families):
                return ()
        return self._known_people().find(questions)

    def _known_people(self) -> People:
        self._families = ""
        if self._people is None:
            with no_collection():
                self._people = Unread(People([paper.authors for paper in self.papers]))
        return self._people.value

    def _set(self, papers: Sequence[int]) -> int:
        return bits_of(papers, len(self.keys))


class NameIndex:
    """The papers of each category, or of each listing."""

    def __init__(self, names_of_papers: Sequence[Collection[str]]) -> None:
        papers: dict[str, list[int]] = {}
        for paper, names in enumerate(names_of_papers):
            for name in names:
                papers.setdefault(name.casefold(), []).append(paper)
        size = len(names_of_papers)
        self._papers = {name: bits_of(members, size) for name, members in papers.items()}

    def find(self, pattern: str) -> Bits:
        """Return the papers of a name, none of them strong; ``pattern`` is in small letters."""
        names = self._papers
        if "*" not in pattern:
            return names.get(pattern, 0), 0
        pieces = pattern.split("*")
        return reduce(or_, (bits for name, bits in names.items() if _fits(name, pieces)), 0), 0


def shown(paper: Paper, field: str) -> str:
    """Return the text of a field; the offsets of hits refer to it."""
    return _SHOWN[field](paper)


_SHOWN: dict[str, Callable[[Paper], str]] = {
    "title": lambda paper: paper.title,
    "abstract": lambda paper: paper.abstract,
    "author": lambda paper: ", ".join(paper.authors),
    "category": lambda paper: " ".join(paper.categories),
    "org": lambda paper: paper.organisation,
    "comment": lambda paper: paper.comment,
}
_PARTS = {
    "": (_SHOWN["title"], _SHOWN["abstract"]),
    "org": (_SHOWN["org"],),
    "comment": (_SHOWN["comment"],),
}
_STRONG_FIELDS = ("title", "author")
_ORDER = {name: place for place, name in enumerate(_SHOWN)}
_FIELDS = tuple(_SHOWN)
# Per field of a phrase, the place of each part of its text, or None where it is not looked for.
_ORDERS: dict[str, Sequence[int | None]] = {
    "": (_ORDER["title"], _ORDER["abstract"]),
    "title": (_ORDER["title"], None),
    "abstract": (None, _ORDER["abstract"]),
    "org": (_ORDER["org"],),
    "comment": (_ORDER["comment"],),
}
_AUTHOR, _CATEGORY = _ORDER["author"], _ORDER["category"]


def _field(node: Phrase | Near) -> str:
    phrase = node if isinstance(node, Phrase) else next(leaves(node))
    assert isinstance(phrase, Phrase)
    return phrase.field


def _placed(node: Node) -> Iterator[Leaf | Near]:
    """Yield the parts of a tree that have a place in a text: NOT has none, and NEAR is one."""
    match node:
        case And(nodes) | Or(nodes):
            for child in nodes:
                yield from _placed(child)
        case Not():
            return
        case _:
            yield node


def _worded(node: Node) -> Iterator[Phrase | Near]:
    """Yield the parts of a tree that are found by their words; NOT finds none."""
    return (each for each in _placed(node) if isinstance(each, Phrase | Near))


def _bits(field: str, first: int, second: int) -> Bits:
    """Return the papers that match in ``field``, out of those with hits in the parts of a text."""
    if field == "title":
        return (first, first) if first else _NOTHING
    if first and not field:
        return first | second, first
    return (second, 0) if second else _NOTHING


def _near(words: WordIndex, sides: tuple[list[Run], list[Run]], distance: int) -> list[Runs]:
    """Return the runs of each side that have a run of the other near enough, in the same text."""
    runs: dict[int, set[int]] = {}
    for one, other in (sides, sides[::-1]):
        ends = [end for _, end in other]
        starts = [start for start, _ in other]
        longest = max((end - start for start, end in other), default=0)
        for start, end in one:
            after = bisect_left(starts, end)
            is_near = after < len(starts) and starts[after] - end <= distance
            is_near = is_near and words.text_at(starts[after]) == words.text_at(start)
            # Runs of several lengths are sorted by their start, not by their end.
            before = bisect_left(starts, start)
            while not is_near and before > 0 and start - starts[before - 1] <= distance + longest:
                before -= 1
                is_near = 0 <= start - ends[before] <= distance
                is_near = is_near and words.text_at(starts[before]) == words.text_at(start)
            if is_near:
                runs.setdefault(end - start, set()).add(start)
    return [(length, sorted(places)) for length, places in runs.items()]


def _fits(name: str, pieces: Sequence[str]) -> bool:
    """Return whether ``name`` is the pieces in this order, with any text between them."""
    *middle, last = pieces[1:]
    if not (name.startswith(pieces[0]) and name.endswith(last)):
        return False
    at = len(pieces[0])
    for piece in middle:
        at = name.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return at <= len(name) - len(last)


def _category_hits(categories: Sequence[str], pattern: str) -> Iterator[_Span]:
    pieces = pattern.casefold().split("*")
    at = 0
    for name in categories:
        folded = name.casefold()
        if _fits(folded, pieces) if len(pieces) > 1 else folded == pieces[0]:
            yield _CATEGORY, at, at + len(name)
        at += len(name) + 1


def _line(text: str) -> str:
    return text.replace("\n", " ")


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the garbage collector while an index is built: it is large and holds no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
