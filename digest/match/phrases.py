"""Phrases in a day's texts: which papers hold a phrase, and where.

Words are compared by their stems, and a compound matches whether the text writes it as one word or
as two.  Built once, used many times; knows neither fields nor queries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..language.text import SMALL_WORDS, are_same_word, surface
from .cache import Cache
from .postings import NO_PAPERS, NOWHERE, Held, Places, WordIndex

#: runs of words of one length: the length in words, and the places where they begin
Runs = tuple[int, Places]
#: another spelling of words in a phrase: of how many words, in how many words of the text, where
_Option = tuple[int, int, Places]

# Most words in the cache of facts.
_MOST_WORDS = 65_536
# For a word with more places than these, the words that follow it are not listed.
_MANY = 64


@dataclass(slots=True)
class _Word:
    """The facts about one word of a query in these texts."""

    #: the number of its stem if the texts have no other spelling of it, else -1
    plain: int
    #: the number of its stem
    number: int = 0
    #: its other spellings, as one word or as two: their places
    ways: Sequence[Runs] = ()
    #: its folded form and the first two letters of it; empty if it may not join a neighbour
    folded: str = ""
    head: str = ""
    #: the next two letters of longer words that begin with it
    endings: frozenset[str] = frozenset()


_NO_WORD = _Word(0)
_NO_ENDINGS: frozenset[str] = frozenset()
_OTHERWISE = -1


class PhraseIndex:
    """An index of texts, ``parts`` for each paper, in which phrases are looked up."""

    def __init__(self, *parts: Sequence[str]) -> None:
        self.words = WordIndex(*parts)
        self._papers_at = self.words.papers_at
        self._facts = Cache(self._learn, _MOST_WORDS)
        self._known = self._facts.__getitem__
        self._heads_after = Cache(self._heads_of_followers, len(self.words))

    def papers(self, phrase: Sequence[str]) -> Held:
        """Return the papers that hold a phrase, as ``find`` finds it."""
        numbers, before = [], _NO_WORD
        for word in map(self._known, phrase):
            if word.plain < 0 or (word.head in before.endings and self._joined(before, word)):
                return self._papers_otherwise(phrase)
            numbers.append(word.plain)
            before = word
        if len(numbers) == 1:
            return self.words.papers_of(before.plain)
        places = self._places(numbers)
        return self._papers_at(places) if places else NO_PAPERS

    def _papers_otherwise(self, phrase: Sequence[str]) -> Held:
        if len(phrase) > 1:
            return self.papers_of_runs(self.find(phrase))
        (written,) = phrase
        if written[-1] == "*":
            return self.words.papers_of_written(self._inflected(written))
        word = self._known(written)
        held = self.words.papers_of(word.number)
        first, second = self.papers_of_runs(word.ways)
        return held[0] | first, held[1] | second

    def papers_of_runs(self, runs: Sequence[Runs]) -> Held:
        """Return the papers that hold any of the runs."""
        first = second = 0
        for _, places in runs:
            one, two = self._papers_at(places)
            first |= one
            second |= two
        return first, second

    def find(self, phrase: Sequence[str]) -> list[Runs]:
        """Find a phrase, whatever its inflections, hyphens and case; a star ends a prefix."""
        if any(word[-1] == "*" for word in phrase):
            return self._in_a_row(phrase, self._inflected)
        words = list(map(self._known, phrase))
        places = self._places([word.number for word in words])
        found: list[Runs] = [(len(words), sorted(places))] if places else []
        return found + self._found_otherwise(words)

    def find_exactly(self, phrase: Sequence[str], *, is_cased: bool) -> list[Runs]:
        """Find a phrase without inflections; with ``is_cased``, exactly as it is written."""
        return self._in_a_row(phrase, self.words.in_case if is_cased else self.words.in_any_case)

    def _in_a_row(
        self, phrase: Sequence[str], written: Callable[[str], Sequence[str]]
    ) -> list[Runs]:
        places = self.words.in_a_row([written(word) for word in phrase])
        return [(len(phrase), places)] if places else []

    def _inflected(self, word: str) -> Sequence[str]:
        if word[-1] == "*":
            return self.words.beginning(surface(word[:-1]))
        return self.words.inflected(word)

    def _places(self, numbers: Sequence[int]) -> Places:
        """Return the places where stems follow one another, in no order."""
        if 0 in numbers:
            return NOWHERE
        if len(numbers) == 1:
            return self.words.places_of(numbers[0])
        if len(numbers) == 2:
            return self.words.pair(*numbers)
        places = self.words.triple(*numbers[:3])
        # No bounds check: after each text there is an empty place, where the row stops matching.
        row = self.words.numbers
        for step, number in enumerate(numbers[3:], 3):
            places = [place for place in places if row[place + step] == number]
        return places

    def _learn(self, word: str) -> _Word:
        if word[-1] == "*":
            return _Word(_OTHERWISE)
        if "-" in word:
            return _Word(_OTHERWISE, ways=tuple(self._compound(word)))
        folded, number = surface(word), self.words.number_of(word)
        ways = tuple(self._partings(folded))
        plain = _OTHERWISE if ways else number
        if folded in SMALL_WORDS:
            return _Word(plain, number, ways)
        return _Word(plain, number, ways, folded, folded[:2], self._endings(folded))

    def _endings(self, beginning: str) -> frozenset[str]:
        if longer := self.words.longer(beginning):
            length = len(beginning)
            return frozenset([word[length : length + 2] for word in longer])
        return _NO_ENDINGS

    def _compound(self, word: str) -> Iterator[Runs]:
        """Yield the places of a compound with a small word ("in-context"), as two words or one."""
        left, _, right = word.partition("-")
        if places := self._places([*map(self.words.number_of, (left, right))]):
            yield 2, sorted(places)
        if joined := self.words.number_of(surface(left) + surface(right)):
            yield 1, self.words.places_of(joined)

    def _partings(self, word: str) -> Iterator[Runs]:
        """Yield the places where two words of these texts together spell ``word``."""
        if not _is_partable(word):
            return
        words, heads_after = self.words, self._heads_after
        written = words.written
        for length in range(1, len(word)):
            left = word[:length]
            if left not in written:
                continue
            heads = heads_after[left]
            if heads is None or word[length : length + 2] in heads:
                right = word[length:]
                pairs = words.rare_pair(words.number_of(left), words.number_of(right))
                places = [place for place in pairs if self._is_parted(place, left)]
                if places and not _are_digits(left[-1] + right[0]):
                    yield 2, places

    def _heads_of_followers(self, folded: str) -> frozenset[str] | None:
        """Return the first two letters of the words that follow one; None if it is too frequent."""
        words, raws = self.words, self.words.written[folded]
        if words.count(raws) > _MANY:
            return None
        return frozenset([words.folded[raw][:2] for raw in words.followers(raws)])

    def _is_parted(self, place: int, left: str) -> bool:
        """Return whether the word at ``place`` is ``left`` and may form one word with the next."""
        words = self.words
        if words.folded[words.row[place]] != left:
            return False
        right = words.folded[words.row[place + 1]]
        return SMALL_WORDS.isdisjoint((left, right)) or words.is_joined(place)

    def _joined(self, one: _Word, two: _Word) -> int:
        """Return the stem number of two words joined, if a text writes them as one word; else 0."""
        left, right = one.folded, two.folded
        if two.head not in one.endings or _are_digits(left[-1] + right[0]):
            return 0
        # If the stemmer removes the second as an ending ("fine d", fined), it is no compound.
        return self.words.number_of(left + right) if are_same_word(left, right) else 0

    def _found_otherwise(self, words: Sequence[_Word]) -> list[Runs]:
        """Find a phrase with a word split in two, or with two joined; earlier words are plain."""
        runs: dict[int, set[int]] = {}
        row, before = self.words.numbers, array("i")
        for index, word in enumerate(words):
            for taken, length, places in self._options(words, index):
                if before:
                    places = [place for place in places if row[place - 1] == before[-1]]
                for place in self._with_next(words, index + taken, length, places):
                    start = place - index
                    if row[start:place] == before:
                        for end in self._ends(words, index + taken, place + length):
                            runs.setdefault(end - start, set()).add(start)
            if not word.number:
                break
            before.append(word.number)
        return [(length, sorted(starts)) for length, starts in runs.items()]

    def _with_next(self, words: Sequence[_Word], index: int, length: int, places: Places) -> Places:
        """Keep the places that the next word follows; keep all if that word has other spellings."""
        if index == len(words) or any(self._options(words, index)):
            return places
        row, number = self.words.numbers, words[index].number
        return [place for place in places if row[place + length] == number] if number else NOWHERE

    def _options(self, words: Sequence[_Word], index: int) -> Iterator[_Option]:
        for length, places in words[index].ways:
            yield 1, length, places
        if index + 1 < len(words) and (number := self._joined(*words[index : index + 2])):
            yield 2, 1, self.words.places_of(number)

    def _ends(self, words: Sequence[_Word], index: int, place: int) -> Iterator[int]:
        """Yield the ends of the words from ``index`` on, in any spelling, if at ``place``."""
        if index == len(words):
            yield place
            return
        number = words[index].number
        if number and self.words.numbers[place] == number:
            yield from self._ends(words, index + 1, place + 1)
        for taken, length, places in self._options(words, index):
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                yield from self._ends(words, index + taken, place + length)


def _is_partable(word: str) -> bool:
    """Return whether ``word`` may be written as two: "3D" may, no other word of two letters."""
    return len(word) > 2 or (len(word) == 2 and word[0].isdigit() != word[1].isdigit())


def _are_digits(chars: str) -> bool:
    return chars.isdigit()  # both of them
