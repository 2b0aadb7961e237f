"""The lemmas of a day's texts in one language: where each is, and what follows it."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from operator import add

from ..language.lemmas import lemmas, meant, stem
from .postings import NOWHERE, Held, Places, WordIndex, inverted


class LemmaIndex:
    """The lemmas at each place of ``words``, and the places and papers of each.

    A word has the number of its lemmas: one number for all words with the same ones.  0 means a
    lemma that is in no text, and an empty place.
    """

    def __init__(self, words: WordIndex, language: str) -> None:
        self.words = words
        self._language = language
        found = {raw: lemmas(raw, language) for raw in words.folded}
        written = inverted(found)
        self._written_of_number = [[], *written.values()]
        number_of = {each: number for number, each in enumerate(written, 1)}
        #: per lemma, the numbers of the words that may be its forms
        self._numbers: dict[str, tuple[int, ...]] = {}
        for each, number in number_of.items():
            for lemma in each:
                self._numbers[lemma] = (*self._numbers.get(lemma, ()), number)
        by_raw = {raw: number_of[each] for raw, each in found.items()}
        #: per word of the texts, the numbers of the words that it means in a query
        self._meant = {raw: self._numbers[each[0]] for raw, each in found.items() if len(each) == 1}
        #: the number at each place
        self.numbers = array("i", map({**by_raw, "": 0}.__getitem__, words.row))
        self._stems: dict[str, list[str]] = {}
        self._index_followers(len(written) + 1)

    def _index_followers(self, size: int) -> None:
        self._size = size  # how many numbers there are, 0 included
        # The two numbers after each place, as one.
        after = self.numbers[1:] + array("i", [0, 0])
        self._after = array("q", map(add, map(size.__mul__, after), after[1:])).__getitem__
        self._places: list[Places | None] = [None] * size
        self._held: list[Held | None] = [None] * size
        self._followed: list[tuple[Places, Sequence[int]] | None] = [None] * size

    def numbers_of(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the words that ``word`` means in a query; mostly one or none."""
        known = self._meant.get(word)
        if known is not None:
            return known
        asked = meant(word, self._language)
        if len(asked) == 1:
            return self._numbers.get(asked[0], ())
        found = chain.from_iterable(self._numbers.get(lemma, ()) for lemma in asked)
        return tuple(dict.fromkeys(found))

    def places_of(self, number: int) -> Places:
        """Return the places of the words with a number."""
        places = self._places[number]
        if places is None:
            raws = self._written_of_number[number]
            places = self._places[number] = self.words.places_of_written(raws)
        return places

    def pair(self, one: int, two: int) -> Places:
        """Return the places where two numbers follow each other, in no order."""
        least = two * self._size
        return self._followed_by(one, least, least + self._size)

    def triple(self, one: int, two: int, three: int) -> Places:
        """Return the places where three numbers follow each other."""
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
        places = array("i", sorted(self.places_of(number), key=self._after))
        followed = self._followed[number] = places, array("q", map(self._after, places))
        return followed

    def rare_pair(self, one: int, two: int) -> Places:
        """Return the same places as ``pair``, faster where ``one`` is not needed again."""
        if not self._share_a_text(one, two):
            return NOWHERE
        numbers, ones, twos = self.numbers, self.places_of(one), self.places_of(two)
        if len(ones) < len(twos):
            return [place for place in ones if numbers[place + 1] == two]
        return [place - 1 for place in twos if numbers[place - 1] == one]

    def _share_a_text(self, one: int, two: int) -> bool:
        (first, second), (third, fourth) = self.papers_of(one), self.papers_of(two)
        return bool(first & third or second & fourth)

    def papers_of(self, number: int) -> Held:
        """Return the papers that hold a word with a number."""
        held = self._held[number]
        if held is None:
            raws = self._written_of_number[number]
            held = self._held[number] = self.words.papers_of_written(raws)
        return held

    def written(self, number: int) -> list[str]:
        """Return the words with a number, as they are written in the texts."""
        return self._written_of_number[number]

    def kin(self, word: str) -> list[str]:
        """Return the words that share the stem of ``word``, as they are written in the texts."""
        if not self._stems:
            self._stems = inverted({raw: stem(raw) for raw in self.words.folded})
        return self._stems.get(stem(word), [])
