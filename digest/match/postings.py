"""Positional postings: the places of each word in a day's texts, and the papers that hold it.

Knows words as they are written; ``lemmas`` knows which are inflections of one another.

All texts form one row of words; a word's place is its number in that row.  After each text one
place stays empty, so that no phrase is found across two texts.  Results are cached; the size of the
texts bounds the cache.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, chain, count, pairwise
from typing import Any, TypeVar
from unicodedata import normalize

from .. import expressions
from ..language.wildcards import is_wild
from ..language.words import bare, form_of, raw_words, spans, surface
from .rank import bits_of

K = TypeVar("K")

#: places, in ascending order unless otherwise noted
Places = Sequence[int]
#: the papers with a hit in their first part, and those with a hit in their second, as bits
Held = tuple[int, int]
NOWHERE: Places = ()
NO_PAPERS: Held = (0, 0)

# The signs that may be between two words that no blank separates.
_BETWEEN = expressions.compile(r"(?:[^\w\s]|_)*")
# What is between the words of a form that is shown as it is written.
_SHOWN = expressions.anchored(r"(?:[\w .,'’+#&()/-]|(?<=[A-Z])\*){1,200}")
# For more places than these, the set of papers is built in one step.
_FEW = 96
_MADE_AGAIN = {"_one", "_paper_at", "written"}


class WordIndex:
    """The words of texts in ``parts``: all first parts of the papers, then all second parts.

    Papers with only one part have it as their second.
    """

    def __init__(self, *parts: Sequence[str]) -> None:
        self._texts = [text for part in parts for text in part]
        self._papers = len(parts[0])
        self._starts: list[int] = []
        row: list[str] = []
        for text in self._texts:
            self._starts.append(len(row))
            row += raw_words(text)
            row.append("")
        self._starts.append(len(row))
        self._second = self._starts[self._papers] if len(parts) > 1 else 0
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        self._index_places(row)
        self._index_papers()
        self._set_bits()

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept on disk: without the bits, which are larger and soon made again.

        The places of all words are one row, because many small arrays take long to read.
        """
        state = {name: value for name, value in vars(self).items() if name not in _MADE_AGAIN}
        counts = array("i", map(len, self._at.values()))
        places = array("i", chain.from_iterable(self._at.values()))
        return state | {"_at": (list(self._at), counts, places)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what was kept."""
        raws, counts, places = state["_at"]
        ends = pairwise(accumulate(counts, initial=0))
        at = {raw: places[start:end] for raw, (start, end) in zip(raws, ends, strict=True)}
        vars(self).update(state, _at=at, written=inverted(state["folded"]))
        self._set_bits()

    def _set_bits(self) -> None:
        #: per paper, its bit; and the bit of the paper at each place
        self._one = [1 << paper for paper in range(self._papers)]
        self._paper_at = [*map(self._one.__getitem__, self._number_at)]

    def _index_places(self, row: list[str]) -> None:
        one: dict[str, str] = {}  # one string for all places of a word
        #: the words at each place, as written
        self.row = row = list(map(one.setdefault, row, row))
        at: defaultdict[str, array[int]] = defaultdict(partial(array, "i"))
        deque(map(array.append, map(at.__getitem__, row), count()), maxlen=0)
        at.pop("", None)
        #: per word as written, its places, and its folded form
        self._at = dict(at)
        self.folded = {raw: surface(raw) for raw in at}
        #: per folded word, the ways in which it is written
        self.written = inverted(self.folded)
        #: all folded words, in alphabetical order
        self.vocabulary = sorted(self.written)

    def _index_papers(self) -> None:
        #: for each place, the number of the paper that it lies in
        self._number_at = array("i")
        #: per word as written, the papers that hold it in their first part, and in their second
        self._firsts: dict[str, int] = {}
        self._seconds: dict[str, int] = {}
        for text, (start, end) in enumerate(pairwise(self._starts)):
            number = text % self._papers
            self._number_at.extend([number] * (end - start))
            holding = self._firsts if end <= self._second else self._seconds
            for raw in set(self.row[start : end - 1]):
                holding[raw] = holding.get(raw, 0) | 1 << number

    def __len__(self) -> int:
        return len(self.row)

    def text_at(self, place: int) -> int:
        """Return the number of the text in which ``place`` lies."""
        return bisect_right(self._starts, place) - 1

    def extent(self, paper: int, part: int) -> tuple[int, int]:
        """Return the half-open range of places of one part of a paper."""
        text = part * self._papers + paper
        return self._starts[text], self._starts[text + 1]

    def offsets(self, place: int, length: int) -> tuple[int, int]:
        """Return the half-open offsets, into their text, of ``length`` words from ``place`` on."""
        text = self.text_at(place)
        if text not in self._offsets:
            self._offsets[text] = spans(self._texts[text])
        first = place - self._starts[text]
        words = self._offsets[text]
        return words[first][0], words[first + length - 1][1]

    def forms(self, runs: Iterable[tuple[int, Places]]) -> dict[str, Held]:
        """Return how the words at runs are written, each form with the papers that hold it.

        A form is shown in small letters, as it is in one of its places.
        """
        found: dict[str, list[int]] = {}
        shown: dict[str, str] = {}
        for length, places in runs:
            for place in places:
                form = " ".join([self.folded[raw] for raw in self.row[place : place + length]])
                if form not in found:
                    found[form], shown[form] = [], self._shown(form, place, length)
                found[form].append(place)
        return {shown[form]: self.papers_at(places) for form, places in found.items()}

    def _shown(self, form: str, place: int, length: int) -> str:
        text, (start, end) = self._texts[self.text_at(place)], self.offsets(place, length)
        written = text[start:end].removesuffix("'s").removesuffix("’s")
        ways = (way for way in (written.lower(), written) if form_of(way) == form)
        return next(filter(_SHOWN.fullmatch, ways), form)

    def is_joined(self, place: int) -> bool:
        """Return whether there is no blank between the word at ``place`` and the next."""
        text = self._texts[self.text_at(place)]
        if not _may_be_joined(text, *self.row[place : place + 2]):
            return False
        (_, end), (start, _) = self.offsets(place, 1), self.offsets(place + 1, 1)
        return not any(char.isspace() for char in text[end:start])

    def places_of_written(self, raws: Sequence[str]) -> Places:
        """Return the places of any of these words, as they are written."""
        if len(raws) == 1:
            return self._at[raws[0]]
        return array("i", sorted(chain.from_iterable(map(self._at.__getitem__, raws))))

    def count(self, raws: Iterable[str]) -> int:
        """Count the places of these words, as they are written."""
        return sum(len(self._at[raw]) for raw in raws)

    def followers(self, raws: Iterable[str]) -> set[str]:
        """Return the words, as written, that follow any of these words."""
        row = self.row
        return {row[place + 1] for raw in raws for place in self._at[raw]} - {""}

    def papers_of_written(self, raws: Iterable[str]) -> Held:
        """Return the papers that hold any of these words, as they are written."""
        first = second = 0
        for raw in raws:
            first |= self._firsts.get(raw, 0)
            second |= self._seconds.get(raw, 0)
        return first, second

    def papers_at(self, places: Places) -> Held:
        """Return the papers in which the places lie."""
        if len(places) > _FEW:
            return self._papers_at_many(places)
        first = second = 0
        one, start = self._paper_at, self._second
        for place in places:
            if place < start:
                first |= one[place]
            else:
                second |= one[place]
        return first, second

    def _papers_at_many(self, places: Places) -> Held:
        at, size = self._number_at, self._papers
        firsts = [at[place] for place in places if place < self._second]
        seconds = [at[place] for place in places if place >= self._second]
        return bits_of(firsts, size), bits_of(seconds, size)

    def longer(self, beginning: str) -> Sequence[str]:
        """Return the folded words that begin with ``beginning`` and are longer."""
        words = self.vocabulary
        start = bisect_right(words, beginning)
        if start == len(words) or not words[start].startswith(beginning):
            return ()
        return words[start : bisect_left(words, beginning + "\U0010ffff", start)]

    def has_beginning(self, beginning: str) -> bool:
        """Return whether any folded word begins so."""
        place = bisect_left(self.vocabulary, beginning)
        return place < len(self.vocabulary) and self.vocabulary[place].startswith(beginning)

    def beginning(self, prefix: str) -> list[str]:
        """Return the folded words that begin with ``prefix``."""
        own = [prefix] if prefix in self.written else []
        return own + list(self.longer(prefix))

    def in_capitals(self, word: str) -> list[str]:
        """Return the spellings of a word in capitals: with a genitive, in the plural, with dots."""
        raws = self.in_any_case(word) + self.in_any_case(word + "s")
        return [raw for raw in raws if bare(raw) in (word, word + "s")]

    def in_any_case(self, word: str) -> list[str]:
        """Return the spellings of a word in the texts, not inflected, in any case.

        A star ends a prefix.
        """
        if is_wild(word):
            prefixed = self.beginning(surface(word[:-1]))
            return [raw for folded in prefixed for raw in self.written[folded]]
        return self.written.get(surface(word), [])

    def in_case(self, word: str) -> list[str]:
        """Return the spellings of a word with exactly its capitals, with or without a genitive.

        Of a word with two capitals its plural, too: ``=LLM`` finds LLMs.
        """
        if is_wild(word):
            prefix = _straight(word[:-1])
            return [raw for raw in self.in_any_case(word) if _straight(raw).startswith(prefix)]
        word = _straight(word)
        ways = {word, word + "'s"}
        raws = self.in_any_case(word)
        if sum(map(str.isupper, word)) > 1:
            ways |= {word + "s", word + "s's"}
            raws = raws + self.in_any_case(word + "s")
        return [raw for raw in raws if _straight(raw) in ways]

    def in_a_row(self, choices: Sequence[Sequence[str]]) -> Places:
        """Return the places where words follow one another, each in one of its ``choices``.

        The search starts from the rarest word.
        """
        if not all(choices):
            return NOWHERE
        counts = list(map(self.count, choices))
        rarest = counts.index(min(counts))
        places = self.places_of_written(choices[rarest])
        for offset, choice in enumerate(choices):
            if offset != rarest:
                allowed, row, step = set(choice), self.row, offset - rarest
                last = len(row) - step
                places = [p for p in places if -step <= p < last and row[p + step] in allowed]
        return [place - rarest for place in places]


def _straight(raw: str) -> str:
    """Return a word with a straight apostrophe, and without signs that do not count."""
    raw = normalize("NFC", raw).replace("’", "'")
    return bare(raw) + "'s" if raw.endswith("'s") else bare(raw)


def inverted(values: dict[str, K]) -> dict[K, list[str]]:
    """Return the keys of each value."""
    keys: dict[K, list[str]] = {}
    for key, value in values.items():
        keys.setdefault(value, []).append(key)
    return keys


def _may_be_joined(text: str, left: str, right: str) -> bool:
    """Return whether one word is anywhere without a blank on the side of the other.

    A quick check, cheaper than the exact places; it searches for the longer word, which is rarer.
    """
    if len(right) > len(left):
        return any(not text[at - 1 : at].isspace() for at in _all_of(right, text))
    ends = (at + len(left) for at in _all_of(left, text))
    between = filter(None, (_BETWEEN.match(text, end) for end in ends))
    return any(text.startswith(right, found.end()) for found in between)


def _all_of(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
