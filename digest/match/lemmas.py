"""The lemmas of a day's texts in one language: where each is, and what follows it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain, count, islice
from operator import add
from typing import Any

from ..language.lemmas import lemmas, meant, stem
from .columns import Groups, Row, restored, row_of, stored
from .postings import NOWHERE, Held, Places, WordIndex

# Between the lemmas of an ambiguous word, and between words, where they are kept as one text.
_OR, _BREAK = "\t", "\n"
# Of a word with so few places it is looked up what is before them; what follows another is sorted.
_FEW = 64


class LemmaIndex:
    """The lemmas at each place of ``words``, and the places and papers of each.

    A word has the number of its lemmas: one number for all words with the same ones.  0 means a
    lemma that is in no text, and an empty place.
    """

    def __init__(self, words: WordIndex, language: str) -> None:
        self.words = words
        self._language = language
        found = [_OR.join(lemmas(raw, language)) for raw in words.raws[1:]]
        #: per number, its lemmas, in alphabetical order
        self._lemmas = sorted({"", *found})
        #: per lemma, the numbers of ambiguous words that may be its forms
        self._ambiguous: dict[str, tuple[int, ...]] = {}
        for number, several in enumerate(self._lemmas):
            for lemma in several.split(_OR) if _OR in several else ():
                # With its length left open, also where this is compiled.
                known: tuple[int, ...] = self._ambiguous.get(lemma, ())
                self._ambiguous[lemma] = (*known, number)
        number_of = dict(zip(self._lemmas, count()))
        size = len(self._lemmas)
        #: per word of the texts, its number
        self._number_of: Row = row_of([0, *map(number_of.__getitem__, found)], size)
        self._written = Groups(self._number_of, size)
        #: the number at each place
        self.numbers: Row = row_of(map(self._number_of.__getitem__, words.row), size)
        following = chain(islice(self.numbers, 1, None), (0, 0))
        after = array("Q", following)
        #: the two numbers after each place, as one
        self._after: Row = row_of(map(add, map(size.__mul__, after), after[1:]), size * size)
        self._make_again()

    def _make_again(self) -> None:
        """Make room for what is found when it is needed."""
        self._size = size = len(self._lemmas)  # how many numbers there are, 0 included
        self._stems: dict[str, list[int]] = {}
        self._places: list[Places | None] = [NOWHERE, *[None] * (size - 1)]
        self._followed: list[tuple[Places, Sequence[int]] | None] = [None] * size

    def __getstate__(self) -> tuple[Any, ...]:
        rows = [stored(row) for row in (self._number_of, self.numbers, self._after)]
        several = _BREAK.join(self._lemmas)
        return self.words, self._language, several, self._ambiguous, self._written, rows

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.words, self._language, several, self._ambiguous, self._written, rows = state
        self._lemmas = several.split(_BREAK)
        self._number_of, self.numbers, self._after = map(restored, rows)
        self._make_again()

    def numbers_of(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the words that ``word`` means in a query; mostly one or none."""
        number = self._number_of[self.words.number_of(word)]
        known = self._lemmas[number]
        if number and _OR not in known:
            return (number, *self._ambiguous.get(known, ()))
        asked = meant(word, self._language)
        if len(asked) == 1:
            return self._numbers_with(asked[0])
        return tuple(dict.fromkeys(chain.from_iterable(map(self._numbers_with, asked))))

    def _numbers_with(self, lemma: str) -> tuple[int, ...]:
        number = bisect_left(self._lemmas, lemma)
        own = (number,) if number < self._size and self._lemmas[number] == lemma else ()
        return own + self._ambiguous.get(lemma, ())

    def places_of(self, number: int) -> Places:
        """Return the places of the words with a number."""
        places = self._places[number]
        if places is None:
            places = self._places[number] = self.words.places_of(self._written[number])
        return places

    def pair(self, one: int, two: int) -> Places:
        """Return the places where two numbers follow each other, in no order."""
        if self._followed[one] is None and len(twos := self.places_of(two)) <= _FEW:
            numbers = self.numbers
            return [place - 1 for place in twos if numbers[place - 1] == one]
        least = two * self._size
        return self._followed_by(one, least, least + self._size)

    def triple(self, one: int, two: int, three: int) -> Places:
        """Return the places where three numbers follow each other."""
        if self._followed[one] is None:
            numbers, places = self.numbers, self.pair(one, two)
            return [place for place in places if numbers[place + 2] == three]
        both = two * self._size + three
        return self._followed_by(one, both, both + 1)

    def _followed_by(self, number: int, least: int, end: int) -> Places:
        """Return the places of a number where the number of the next two is in [least, end)."""
        places, after = self._followed[number] or self._sort_by_next(number)
        start = bisect_left(after, least)
        if start == len(after) or after[start] >= end:
            return NOWHERE
        return places[start : bisect_left(after, end, start)]

    def _sort_by_next(self, number: int) -> tuple[Places, Sequence[int]]:
        """Return a number's places sorted by the two that follow, and the number of those."""
        places = array("I", sorted(self.places_of(number), key=self._after.__getitem__))
        followed = self._followed[number] = (
            places,
            row_of(map(self._after.__getitem__, places), self._size**2),
        )
        return followed

    def papers_of(self, numbers: Sequence[int]) -> Held:
        """Return the papers that hold a word with one of these numbers."""
        return self.words.papers_of(chain.from_iterable(map(self._written.__getitem__, numbers)))

    def having(self, numbers: Sequence[int], folded: str) -> list[int]:
        """Return the words that are written for a folded word and have one of these numbers."""
        return [word for word in self.words.written(folded) if self._number_of[word] in numbers]

    def written(self, number: int) -> Row:
        """Return the words with a number that are in the texts."""
        return self._written[number]

    def kin(self, word: str) -> list[int]:
        """Return the words of the texts that share the stem of ``word``."""
        if not self._stems:
            for number, raw in enumerate(self.words.raws[1:], 1):
                self._stems.setdefault(stem(raw), []).append(number)
        return self._stems.get(stem(word), [])
