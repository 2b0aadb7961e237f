"""Phrases in a day's texts: which papers hold a phrase, and where.

Words are compared by their lemmas, and a compound matches whether the text writes it as one word or
as two.  Built once, used many times; knows neither fields nor queries.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product

from ..language.compiled import CAPITALS
from ..language.compounds import are_a_name, may_begin, may_end, may_join
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
# So many words in a row are found without a walk along the texts.
_LOOKED_UP = 3


@dataclass(slots=True)
class _Word:
    """The facts about one word of a query in these texts."""

    #: the number of its lemma, 0 if it has none; or that it has several, or other spellings
    plain: int
    #: the numbers of the lemmas that it may be a form of, mostly one
    numbers: tuple[int, ...] = ()
    #: its other spellings, as one word or as two: their places
    ways: Sequence[Runs] = ()
    #: its folded form; empty if it may not join a neighbour
    folded: str = ""
    #: whether it may be one word with any word after it, or with any before it
    may_begin: bool = False
    may_end: bool = False
    #: its spellings, if these are not the ones with its numbers
    raws: Sequence[int] = ()
    #: the word as it is written, if it is a compound
    compound: str = ""


_NO_WORD = _Word(0)
_SEVERAL, _OTHERWISE = -1, -2


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
            if word.plain == _OTHERWISE or (
                (before.may_begin or word.may_end) and self._joined(before, word)
            ):
                return self._papers_otherwise(phrase)
            numbers.append(word.plain)
            before = word
        if len(numbers) == 1:
            return self._lemmas.papers_of(before.numbers)
        if _SEVERAL in numbers:
            places = self._places([*map(self._known, phrase)])
        else:
            places = self._in_a_row(numbers)
        return self._papers_at(places) if places else NO_PAPERS

    def _papers_otherwise(self, phrase: Sequence[str]) -> Held:
        if len(phrase) > 1:
            return self.papers_of_runs(self.find(phrase))
        word = self._known(phrase[0])
        one, two = self._lemmas.papers_of(word.numbers)
        first, second = self.words.papers_of(word.raws)
        third, fourth = self.papers_of_runs(word.ways)
        return one | first | third, two | second | fourth

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
        places = sorted(self._places(words))
        found: list[Runs] = [(len(words), places)] if places else []
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

    def _places(self, words: Sequence[_Word]) -> Places:
        """Return the places where words follow one another as one word each, in no order.

        Only the first words are looked up in all their ways: a long phrase would have too many.
        """
        several = [word.numbers for word in words]
        if () in several:
            return NOWHERE
        ways = product(*several[:_LOOKED_UP])
        places: Places = [*chain.from_iterable(map(self._in_a_row, ways))]
        row = self._lemmas.numbers
        for step, numbers in enumerate(several[_LOOKED_UP:], _LOOKED_UP):
            places = [place for place in places if row[place + step] in numbers]
        return places

    def _in_a_row(self, numbers: Sequence[int]) -> Places:
        """Return the places where numbers follow one another, in no order."""
        if 0 in numbers:
            return NOWHERE
        if len(numbers) == 1:
            return self._lemmas.places_of(numbers[0])
        if len(numbers) == 2:
            return self._lemmas.pair(*numbers)
        places = self._lemmas.triple(*numbers[:_LOOKED_UP])
        # No bounds check: after each text there is an empty place, where the row stops matching.
        row = self._lemmas.numbers
        for step, number in enumerate(numbers[_LOOKED_UP:], _LOOKED_UP):
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
            compound = word if "-" in word else ""
            return _Word(_OTHERWISE, ways=ways, raws=raws, compound=compound)
        word = word.removeprefix(CAPITALS)
        folded, numbers = surface(word), self._lemmas.numbers_of(word)
        ways = list(self._spellings.partings(folded))
        several = _SEVERAL if len(numbers) > 1 else sum(numbers)
        plain = _OTHERWISE if ways else several
        if folded in SMALL_WORDS and folded != "so":  # SO(3) may be SO3
            return _Word(plain, numbers, ways)
        return _Word(plain, numbers, ways, folded, may_begin(folded), may_end(folded))

    def _joined(self, one: _Word, two: _Word) -> Sequence[int]:
        """Return the numbers of two words joined, if a text writes them as one word."""
        left, right = one.folded, two.folded
        is_written = left and right and self.words.is_beginning(left + right[:2])
        return self._lemmas.numbers_of(left + right) if is_written and may_join(left, right) else ()

    def _found_otherwise(self, words: Sequence[_Word]) -> list[Runs]:
        """Find a phrase with a word split in two, or with two joined; earlier words are plain."""
        if not any(word.ways or word.may_begin or word.may_end for word in words):
            return []
        options = [self._options(*pair) for pair in pairwise([*words, _NO_WORD])]
        if not any(options):
            return []
        runs: dict[int, set[int]] = {}
        for index, word in enumerate(words):
            for taken, length, places in options[index]:
                before, then = words[:index], index + taken
                places = self._after(before, self._with_next(words, options, then, length, places))
                for place in places:
                    for end in self._ends(words, options, then, place + length):
                        runs.setdefault(end - place + index, set()).add(place - index)
            if not word.numbers:
                break
        return [(length, sorted(starts)) for length, starts in runs.items()]

    def _options(self, word: _Word, following: _Word) -> list[_Option]:
        """Return the other spellings of a word, and of it and the following one together."""
        options = [(1, length, places) for length, places in word.ways]
        if word.may_begin or following.may_end:
            joined = self._joined(word, following)
            options += [(2, 1, self._lemmas.places_of(number)) for number in joined]
        if word.compound and following.may_end:
            options += [(2, *run) for run in self._in_one(word.compound, following.folded)]
        return options

    def _in_one(self, compound: str, folded: str) -> Iterator[Runs]:
        """Yield the places of a compound that ends with the word behind it: IL-1 β as IL-1β."""
        if are_a_name(surface(compound.partition("-")[2]), folded):
            yield from self._spellings.compound(compound + folded)

    def _after(self, words: Sequence[_Word], places: Places) -> Places:
        """Keep the places that these words are right before, as one word each."""
        # No bounds check: before the first text is the empty place after the last one.
        row = self._lemmas.numbers
        for step, word in enumerate(reversed(words), 1):
            places = [place for place in places if row[place - step] in word.numbers]
        return places

    def _with_next(
        self,
        words: Sequence[_Word],
        options: Sequence[list[_Option]],
        index: int,
        length: int,
        places: Places,
    ) -> Places:
        """Keep the places that the next word follows; keep all if that word has other spellings."""
        if index == len(words) or options[index]:
            return places
        row, numbers = self._lemmas.numbers, words[index].numbers
        return [place for place in places if row[place + length] in numbers]

    def _ends(
        self, words: Sequence[_Word], options: Sequence[list[_Option]], index: int, place: int
    ) -> Collection[int]:
        """Return the ends of the words from ``index`` on, in any spelling, if at ``place``.

        Each place is gone on from once, however many spellings lead to it.
        """
        numbers = self._lemmas.numbers
        while index < len(words) and not options[index]:
            if numbers[place] not in words[index].numbers:
                return ()
            index, place = index + 1, place + 1
        if index == len(words):
            return (place,)
        reached: list[set[int]] = [set() for _ in range(index, len(words) + 1)]
        reached[0].add(place)
        for step, word in enumerate(words[index:]):
            for at in reached[step]:
                if numbers[at] in word.numbers:
                    reached[step + 1].add(at + 1)
                for taken, length, places in options[index + step]:
                    found = bisect_left(places, at)
                    if found < len(places) and places[found] == at:
                        reached[step + taken].add(at + length)
        return reached[-1]
