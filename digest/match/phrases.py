"""Phrases in a day's texts: which papers hold a phrase, and where.

Words are compared by their lemmas, and a compound matches whether the text writes it as one word or
as two.  Built once, used many times; knows neither fields nor queries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..language.compiled import CAPITALS
from ..language.compounds import may_join
from ..language.lemmas import ENGLISH
from ..language.words import SMALL_WORDS, surface
from .cache import Cache
from .lemmas import LemmaIndex
from .postings import NO_PAPERS, NOWHERE, Held, Places, WordIndex
from .spellings import Runs, SpellingIndex

#: another spelling of words in a phrase: of how many words, in how many words of the text, where
_Option = tuple[int, int, Places]

# Most words in the cache of facts.
_MOST_WORDS = 65_536


@dataclass(slots=True)
class _Word:
    """The facts about one word of a query in these texts."""

    #: the number of its lemma if the texts have no other spelling of it, else -1
    plain: int
    #: the number of its lemma
    number: int = 0
    #: its other spellings and forms, as one word or as two: their places
    ways: Sequence[Runs] = ()
    #: its folded form and the first two letters of it; empty if it may not join a neighbour
    folded: str = ""
    head: str = ""
    #: the next letter, and the next two, of longer words that begin with it
    endings: frozenset[str] = frozenset()
    #: its spellings, if these are not the ones with its number
    raws: Sequence[int] = ()


_NO_WORD = _Word(0)
_NO_ENDINGS: frozenset[str] = frozenset()
_OTHERWISE = -1


class PhraseIndex:
    """An index of texts in which phrases are looked up, in one language."""

    def __init__(self, words: WordIndex, language: str = ENGLISH) -> None:
        self._set_up(LemmaIndex(words, language))

    def _set_up(self, lemmas: LemmaIndex) -> None:
        self.words = words = lemmas.words
        self._lemmas = lemmas
        self._spellings = SpellingIndex(words, self._lemmas)
        self._papers_at = words.papers_at
        self._facts = Cache(self._learn, _MOST_WORDS)
        self._known = self._facts.__getitem__

    def __getstate__(self) -> LemmaIndex:
        return self._lemmas

    def __setstate__(self, lemmas: LemmaIndex) -> None:
        self._set_up(lemmas)

    def papers(self, phrase: Sequence[str]) -> Held:
        """Return the papers that hold a phrase, as ``find`` finds it."""
        numbers, before = [], _NO_WORD
        for word in map(self._known, phrase):
            if word.plain < 0 or (word.head in before.endings and self._joined(before, word)):
                return self._papers_otherwise(phrase)
            numbers.append(word.plain)
            before = word
        if len(numbers) == 1:
            return self._lemmas.papers_of(before.plain)
        places = self._places(numbers)
        return self._papers_at(places) if places else NO_PAPERS

    def _papers_otherwise(self, phrase: Sequence[str]) -> Held:
        if len(phrase) > 1:
            return self.papers_of_runs(self.find(phrase))
        word = self._known(phrase[0])
        number, (first, second) = word.number, self.papers_of_runs(word.ways)
        held = self._lemmas.papers_of(number) if number else self.words.papers_of(word.raws)
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
        words = list(map(self._placed, phrase))
        places = self._places([word.number for word in words])
        found: list[Runs] = [(len(words), sorted(places))] if places else []
        return found + self._found_otherwise(words)

    def find_exactly(self, phrase: Sequence[str], *, is_cased: bool) -> list[Runs]:
        """Find a phrase without inflections; with ``is_cased``, exactly as it is written."""
        written = self.words.in_case if is_cased else self.words.in_any_case
        places = self.words.in_a_row([written(word) for word in phrase])
        return [(len(phrase), places)] if places else []

    def without(self, runs: Sequence[Runs], forms: Sequence[str]) -> list[Runs]:
        """Return the runs that are in none of these forms, each folded, in any case."""
        dropped = {
            (length, place)
            for form in forms
            for length, places in self.find_exactly(form.split(" "), is_cased=False)
            for place in places
        }
        kept = ((n, [place for place in places if (n, place) not in dropped]) for n, places in runs)
        return [(length, places) for length, places in kept if places]

    def _places(self, numbers: Sequence[int]) -> Places:
        """Return the places where numbers follow one another, in no order."""
        if 0 in numbers:
            return NOWHERE
        if len(numbers) == 1:
            return self._lemmas.places_of(numbers[0])
        if len(numbers) == 2:
            return self._lemmas.pair(*numbers)
        places = self._lemmas.triple(*numbers[:3])
        # No bounds check: after each text there is an empty place, where the row stops matching.
        row = self._lemmas.numbers
        for step, number in enumerate(numbers[3:], 3):
            places = [place for place in places if row[place + step] == number]
        return places

    def _placed(self, written: str) -> _Word:
        """Return the facts about a word, with the places of its spellings."""
        word = self._known(written)
        if word.raws:
            word.ways = [(1, self.words.places_of(word.raws)), *word.ways]
            word.raws = ()
        return word

    def _learn(self, word: str) -> _Word:
        special = self._spellings.special(word)
        if special is not None:
            raws, ways = special
            return _Word(_OTHERWISE, ways=ways, raws=raws)
        word = word.removeprefix(CAPITALS)
        folded, numbers = surface(word), self._lemmas.numbers_of(word)
        number = numbers[0] if numbers else 0
        ways = list(self._spellings.ways(folded, numbers[1:]))
        plain = _OTHERWISE if ways else number
        if folded in SMALL_WORDS and folded != "so":  # SO(3) may be SO3
            return _Word(plain, number, ways)
        return _Word(plain, number, ways, folded, folded[:2], self._endings(folded))

    def _endings(self, beginning: str) -> frozenset[str]:
        if longer := self.words.longer(beginning):
            length = len(beginning)
            endings = {word[length : length + 2] for word in longer}
            return frozenset(endings | {ending[0] for ending in endings})
        return _NO_ENDINGS

    def _joined(self, one: _Word, two: _Word) -> Sequence[int]:
        """Return the numbers of two words joined, if a text writes them as one word."""
        left, right = one.folded, two.folded
        if two.head not in one.endings or not may_join(left, right):
            return ()
        return self._lemmas.numbers_of(left + right)

    def _found_otherwise(self, words: Sequence[_Word]) -> list[Runs]:
        """Find a phrase with a word split in two, or with two joined; earlier words are plain."""
        runs: dict[int, set[int]] = {}
        row, before = self._lemmas.numbers, array("i")
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
        row, number = self._lemmas.numbers, words[index].number
        return [place for place in places if row[place + length] == number] if number else NOWHERE

    def _options(self, words: Sequence[_Word], index: int) -> Iterator[_Option]:
        for length, places in words[index].ways:
            yield 1, length, places
        if index + 1 < len(words):
            for number in self._joined(*words[index : index + 2]):
                yield 2, 1, self._lemmas.places_of(number)

    def _ends(self, words: Sequence[_Word], index: int, place: int) -> Iterator[int]:
        """Yield the ends of the words from ``index`` on, in any spelling, if at ``place``."""
        if index == len(words):
            yield place
            return
        number = words[index].number
        if number and self._lemmas.numbers[place] == number:
            yield from self._ends(words, index + 1, place + 1)
        for taken, length, places in self._options(words, index):
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                yield from self._ends(words, index + taken, place + length)
