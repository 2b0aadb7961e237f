"""Positional postings: the places of each word in a day's texts, and the papers that hold it.

Knows words as they are written; ``lemmas`` knows which are inflections of one another.

All texts form one row of words; a word's place is its number in that row.  After each text one
place stays empty, so that no phrase is found across two texts.  Results are cached; the size of the
texts bounds the cache.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, pairwise
from typing import Any
from unicodedata import normalize

from .. import expressions
from ..language.wildcards import is_wild
from ..language.words import bare, form_of, raw_words, spans, surface
from .columns import Groups, Row, Unread, restored, row_of, stored
from .rank import bits_of

#: places, in ascending order unless otherwise noted
Places = Sequence[int]
#: the papers with a hit in their first part, and those with a hit in their second, as bits
Held = tuple[int, int]
NOWHERE: Places = ()
NO_WORDS: Row = memoryview(b"")
NO_PAPERS: Held = (0, 0)

# The signs that may be between two words that no blank separates.
_BETWEEN = expressions.compile(r"(?:[^\w\s]|_)*")
# What is between the words of a form that is shown as it is written.
_SHOWN = expressions.anchored(r"(?:[\w .,'’+#&()/-]|(?<=[A-Z])\*){1,200}")
# For more places than these, the set of papers is built in one step.
_FEW = 96
# Bits of a letter, and of two.
_LETTER = 21
_HEAD = 2 * _LETTER
# Between words that are kept as one text.
_BREAK = "\n"


class WordIndex:
    """The words of texts in ``parts``: all first parts of the papers, then all second parts.

    Papers with only one part have it as their second.  Each word, as it is written, has a number;
    0 is the empty place after a text.
    """

    def __init__(self, *parts: Sequence[str]) -> None:
        self._texts = Unread([text for part in parts for text in part])
        self._papers = len(parts[0])
        self._starts: list[int] = []
        row: list[str] = []
        for text in self._texts.value:
            self._starts.append(len(row))
            row += raw_words(text)
            row.append("")
        self._starts.append(len(row))
        self._second = self._starts[self._papers] if len(parts) > 1 else 0
        lengths = enumerate(end - start for start, end in pairwise(self._starts))
        holders = ([text % self._papers] * length for text, length in lengths)
        #: for each place, the number of the paper that it lies in
        self._paper_at: Row = row_of(chain.from_iterable(holders), self._papers)
        self._index_words(row)
        self._make_again()

    def _index_words(self, row: list[str]) -> None:
        #: per number, the word as it is written
        self.raws = list(dict.fromkeys(chain(("",), row)))
        numbers = dict(zip(self.raws, count()))
        #: the number of the word at each place
        self.row: Row = row_of(map(numbers.__getitem__, row), len(self.raws))
        self._places = Groups(self.row, len(self.raws))
        folded = list(map(surface, self.raws))
        #: all folded words, in alphabetical order
        self.vocabulary = sorted(set(folded[1:]))
        place_of = dict(zip(self.vocabulary, count()))
        folds = [len(self.vocabulary), *map(place_of.__getitem__, folded[1:])]
        #: per number, the place of its folded word in the vocabulary, or the one behind the last
        self._folds: Row = row_of(folds, len(folds))
        self._written = Groups(folds, len(self.vocabulary) + 1)
        self._heads: Row = row_of(self._heads_after(), 1 << 63)

    def _heads_after(self) -> list[int]:
        """Return each folded word with the first two letters of each that follows, in order.

        As one number: the word's place in the vocabulary, then the letters.
        """
        last = len(self.vocabulary)
        heads = [_head(word) for word in self.vocabulary]
        folds = list(map(self._folds.__getitem__, self.row))
        pairs = set(pairwise(folds))
        return sorted({one << _HEAD | heads[two] for one, two in pairs if last not in (one, two)})

    def _make_again(self) -> None:
        """Make what is made faster than it is read."""
        #: per word as it is written, its number
        self.number_of = dict(zip(self.raws, count()))
        self._fold_of = dict(zip(self.vocabulary, count()))
        #: per number, the folded word
        self.folded = list(map([*self.vocabulary, ""].__getitem__, self._folds))
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        #: per paper, its bit
        self._one = [1 << paper for paper in range(self._papers)]

    def __getstate__(self) -> tuple[Any, ...]:
        rows = [stored(row) for row in (self._paper_at, self.row, self._folds, self._heads)]
        words = [_BREAK.join(several) for several in (self.raws, self.vocabulary)]
        groups = self._places, self._written
        return self._texts, self._papers, self._starts, self._second, rows, words, groups

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._texts, self._papers, self._starts, self._second, rows, words, groups = state
        self._paper_at, self.row, self._folds, self._heads = map(restored, rows)
        self.raws = words[0].split(_BREAK)
        self.vocabulary = words[1].split(_BREAK) if words[1] else []
        self._places, self._written = groups
        self._make_again()

    def texts(self, part: int) -> Sequence[str]:
        """Return the texts of one part, one a paper."""
        return self._texts.value[part * self._papers : (part + 1) * self._papers]

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
            self._offsets[text] = spans(self._texts.value[text])
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
                words = self.row[place : place + length]
                form = " ".join(map(self.folded.__getitem__, words))
                if form not in found:
                    found[form], shown[form] = [], self._shown(form, place, length)
                found[form].append(place)
        return {shown[form]: self.papers_at(places) for form, places in found.items()}

    def _shown(self, form: str, place: int, length: int) -> str:
        if length == 1:
            written = self.raws[self.row[place]]
        else:
            start, end = self.offsets(place, length)
            written = self._texts.value[self.text_at(place)][start:end]
        written = written.removesuffix("'s").removesuffix("’s")
        ways = (way for way in (written.lower(), written) if form_of(way) == form)
        return next(filter(_SHOWN.fullmatch, ways), form)

    def is_joined(self, place: int) -> bool:
        """Return whether there is no blank between the word at ``place`` and the next."""
        text = self._texts.value[self.text_at(place)]
        if not _may_be_joined(text, *map(self.raws.__getitem__, self.row[place : place + 2])):
            return False
        (_, end), (start, _) = self.offsets(place, 1), self.offsets(place + 1, 1)
        return not any(char.isspace() for char in text[end:start])

    def written(self, folded: str) -> Row:
        """Return the words that are written for a folded word."""
        place = self._fold_of.get(folded)
        return NO_WORDS if place is None else self._written[place]

    def is_written(self, folded: str) -> bool:
        """Return whether the texts have a folded word."""
        return folded in self._fold_of

    def places_of(self, words: Sequence[int]) -> Places:
        """Return the places of any of these words."""
        return self._places.of(words)

    def count(self, words: Iterable[int]) -> int:
        """Count the places of these words."""
        return sum(map(self._places.count, words))

    def heads_after(self, folded: str) -> frozenset[str]:
        """Return the first letter, and the first two, of each word that follows a folded word."""
        least = self._fold_of[folded] << _HEAD
        start = bisect_left(self._heads, least)
        end = bisect_left(self._heads, least + (1 << _HEAD), start)
        pairs = [divmod(head - least, 1 << _LETTER) for head in self._heads[start:end]]
        heads = {chr(one) + (chr(two) if two else "") for one, two in pairs}
        return frozenset(heads | {head[0] for head in heads})

    def papers_at(self, places: Places) -> Held:
        """Return the papers in which the places lie."""
        if len(places) > _FEW:
            return self._papers_at_many(places)
        first = second = 0
        one, paper_at, start = self._one, self._paper_at, self._second
        for place in places:
            if place < start:
                first |= one[paper_at[place]]
            else:
                second |= one[paper_at[place]]
        return first, second

    def _papers_at_many(self, places: Places) -> Held:
        at, size = self._paper_at, self._papers
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
        own = [prefix] if self.is_written(prefix) else []
        return own + list(self.longer(prefix))

    def in_capitals(self, word: str) -> list[int]:
        """Return the spellings of a word in capitals: with a genitive, in the plural, with dots."""
        found = chain(self.in_any_case(word), self.in_any_case(word + "s"))
        return [each for each in found if bare(self.raws[each]) in (word, word + "s")]

    def in_any_case(self, word: str) -> Sequence[int]:
        """Return the spellings of a word in the texts, not inflected, in any case.

        A star ends a prefix.
        """
        if is_wild(word):
            prefixed = self.beginning(surface(word[:-1]))
            return [each for folded in prefixed for each in self.written(folded)]
        return self.written(surface(word))

    def in_case(self, word: str) -> list[int]:
        """Return the spellings of a word with exactly its capitals, with or without a genitive.

        Of a word with two capitals its plural, too: ``=LLM`` finds LLMs.
        """
        if is_wild(word):
            prefix = _straight(word[:-1])
            found = self.in_any_case(word)
            return [each for each in found if _straight(self.raws[each]).startswith(prefix)]
        word = _straight(word)
        ways = {word, word + "'s"}
        several = [self.in_any_case(word)]
        if sum(map(str.isupper, word)) > 1:
            ways |= {word + "s", word + "s's"}
            several.append(self.in_any_case(word + "s"))
        return [each for found in several for each in found if _straight(self.raws[each]) in ways]

    def in_a_row(self, choices: Sequence[Sequence[int]]) -> Places:
        """Return the places where words follow one another, each in one of its ``choices``.

        The search starts from the rarest word.
        """
        if not all(map(len, choices)):
            return NOWHERE
        counts = list(map(self.count, choices))
        rarest = counts.index(min(counts))
        places = self.places_of(choices[rarest])
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


def _head(word: str) -> int:
    """Return the first two letters of a word as a number; of one letter, the least of them."""
    return ord(word[0]) << _LETTER | (ord(word[1]) if len(word) > 1 else 0) if word else 0


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
