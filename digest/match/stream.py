"""The texts of a day as one row of words, in which phrases are looked up.

A word's place is its number in that row; after each text one place stays empty, so that nothing is
found across two.  Built once, asked many times; knows neither papers nor queries.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise
from unicodedata import normalize

from ..text import SMALL_WORDS, are_one, raw_words, stem, surface, tokens
from .memory import Memory

#: after which place, or places, a stem follows another; most pairs stand once, and need no list
_Followers = dict[int, int | list[int]]
#: where runs of one length begin, in ascending order, and that length in words
Runs = tuple[int, list[int]]

# What is found out about single words is remembered up to here.
_MOST_WORDS = 65_536


class Stream:
    """Texts, ``parts`` for each paper: all first parts, then all second parts and so on."""

    def __init__(self, *parts: Sequence[str]) -> None:
        self._texts = [text for part in parts for text in part]
        self._papers = len(parts[0])
        self._starts: list[int] = []
        raws: list[str] = []
        for text in self._texts:
            self._starts.append(len(raws))
            raws += raw_words(text)
            raws.append("")
        self._starts.append(len(raws))
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        #: the place where the second parts begin
        self.second = self._starts[self._papers] if len(parts) > 1 else 0
        self._index_words(raws)
        self._facts = Memory(self._learn_word, _MOST_WORDS)
        self._known = self._facts.__getitem__
        # Found out when it is asked for; bounded by the texts.
        self._stood: list[list[int] | None] = [None] * (len(self._number) + 1)
        self._heads_after = Memory(self._heads_of_followers, len(raws))
        self._after: list[_Followers | None] = [None] * (len(self._number) + 1)

    def _index_words(self, raws: list[str]) -> None:
        at: defaultdict[str, list[int]] = defaultdict(list)
        for place, raw in enumerate(raws):
            at[raw].append(place)
        at.pop("", None)
        #: per word as written, where it stands, and how it reads folded
        self._at = dict(at)
        self._folded = {raw: surface(raw) for raw in at} | {"": ""}
        stems = {raw: stem(raw) for raw in at}
        #: per stem, and per word folded, the words as written
        self._written_of_stem = _inverted(stems)
        self._written_of_surface = _inverted({raw: self._folded[raw] for raw in at})
        #: per stem its number; 0 is the empty place
        self._number = {word: number for number, word in enumerate(self._written_of_stem, 1)}
        self._number_of_raw = {raw: self._number[word] for raw, word in stems.items()} | {"": 0}
        #: the words at each place, as written and by the number of their stem
        known = {raw: raw for raw in at} | {"": ""}  # one string for all places of a word
        self._raws = list(map(known.__getitem__, raws))
        self._row = array("i", map(self._number_of_raw.__getitem__, raws))

    def _places_of(self, number: int) -> list[int]:
        """Give where a stem stands."""
        places = self._stood[number]
        if places is None:
            raws = self._written_of_stem[self._stems[number]]
            places = sorted(chain.from_iterable(map(self._at.__getitem__, raws)))
            self._stood[number] = places
        return places

    def _followers(self, number: int) -> _Followers:
        """Give the stems that follow one, and after which of its places."""
        after: _Followers = {}
        row = self._row
        for place in self._places_of(number):
            two = row[place + 1]
            earlier = after.setdefault(two, place)
            if earlier is not place:
                if isinstance(earlier, int):
                    after[two] = [earlier, place]
                else:
                    earlier.append(place)
        self._after[number] = after
        return after

    def _heads_of_followers(self, folded: str) -> frozenset[str]:
        """Give the first two letters of the words that follow one."""
        raws = self._raws
        places = chain.from_iterable(map(self._at.__getitem__, self._written_of_surface[folded]))
        return frozenset([self._folded[raw][:2] for raw in {raws[place + 1] for place in places}])

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._written_of_surface)

    def __len__(self) -> int:
        return len(self._row)

    def text_at(self, place: int) -> int:
        """Give the number of the text in which ``place`` lies."""
        return bisect_right(self._starts, place) - 1

    @cached_property
    def paper_at(self) -> array[int]:
        """For each place, the paper that it lies in."""
        papers = array("i")
        for text, (start, end) in enumerate(pairwise(self._starts)):
            papers.extend([text % self._papers] * (end - start))
        return papers

    def extent(self, paper: int, part: int) -> tuple[int, int]:
        """Give the half-open range of places of one paper's part."""
        text = part * self._papers + paper
        return self._starts[text], self._starts[text + 1]

    def offsets(self, place: int, length: int) -> tuple[int, int]:
        """Give the half-open offsets, into their text, of a run of words."""
        text = self.text_at(place)
        if text not in self._offsets:
            self._offsets[text] = [(start, end) for _, start, end in tokens(self._texts[text])]
        first = place - self._starts[text]
        words = self._offsets[text]
        return words[first][0], words[first + length - 1][1]

    def find(self, words: Sequence[str]) -> list[Runs]:
        """Find words in a row, whatever their inflection, hyphens, case; a star ends a prefix."""
        facts = list(map(self._known, words))
        if len(facts) == 2:
            # Most of the clauses that nobody asked for before are such, and stand nowhere.
            (one, ways, _, _, endings), (two, others, _, head, _) = facts
            if one >= 0 and two >= 0 and not ways and not others and head not in endings:
                if not one or not two:
                    return []
                after = (self._after[one] or self._followers(one)).get(two)
                if after is None:
                    return []
                return [(2, [after] if isinstance(after, int) else after)]
        numbers = [fact[0] for fact in facts]
        if _PREFIX in numbers:
            return self._one_by_one(words, self._inflected)
        places = self._places(numbers)
        found = [(len(words), places)] if places else []
        before = _NOBODY
        for fact in facts:
            if fact[1] or (fact[3] in before[4] and self._joined(before, fact)):
                return found + self._found_otherwise(facts, numbers)
            before = fact
        return found

    def _learn_word(self, word: str) -> _Word:
        if word[-1] == "*":
            return _PREFIX, (), "", "", frozenset()
        if "-" in word:
            return 0, tuple(self._compound(word)), "", "", frozenset()
        folded = surface(word)
        number, ways = self._number_of(word), tuple(self._partings(folded))
        if folded in SMALL_WORDS:
            return number, ways, "", "", frozenset()
        return number, ways, folded, folded[:2], self._endings(folded)

    def _number_of(self, word: str) -> int:
        """Give the number of a word's stem, 0 where no text has it."""
        return self._number_of_raw.get(word) or self._number.get(stem(word), 0)

    def _joined(self, one: _Word, two: _Word) -> int:
        """Give the number of two words' stem where a text has them as one, else 0."""
        left, right = one[2], two[2]
        if two[3] not in one[4] or _are_digits(left[-1] + right[0]):
            return 0
        # Where the second goes away as an ending ("fine d", fined), they were not one word.
        return self._number_of(left + right) if are_one(left, right) else 0

    def _endings(self, beginning: str) -> frozenset[str]:
        """Give the next two letters of those longer words that begin so."""
        start = bisect_right(self._vocabulary, beginning)
        end = bisect_left(self._vocabulary, beginning + "\U0010ffff")
        length = len(beginning)
        return frozenset([word[length : length + 2] for word in self._vocabulary[start:end]])

    def find_exactly(self, words: Sequence[str], *, is_cased: bool) -> list[Runs]:
        """Find words in a row, not inflected; ``is_cased``: and as they are written."""
        return self._one_by_one(words, self._in_case if is_cased else self._in_any_case)

    def _found_otherwise(self, facts: Sequence[_Word], numbers: list[int]) -> list[Runs]:
        """Find words of which one stands parted, or two as one; those before it are as given."""
        runs: dict[int, set[int]] = {}
        row = self._row
        for index in range(len(facts)):
            before = array("i", numbers[:index])
            if 0 in before:
                break
            for taken, length, places in self._options(facts, index):
                if before:
                    places = [place for place in places if row[place - 1] == before[-1]]
                for place in self._with_next(facts, index + taken, length, places):
                    start = place - index
                    if row[start:place] == before:
                        for end in self._ends(facts, index + taken, place + length):
                            runs.setdefault(end - start, set()).add(start)
        return [(length, sorted(starts)) for length, starts in runs.items()]

    def _with_next(
        self, facts: Sequence[_Word], index: int, length: int, places: list[int]
    ) -> list[int]:
        """Keep the places after which the next word stands, where that can be told at once."""
        if index == len(facts) or any(self._options(facts, index)):
            return places
        row, number = self._row, facts[index][0]
        return [place for place in places if row[place + length] == number] if number else []

    def _options(self, facts: Sequence[_Word], index: int) -> Iterator[tuple[int, int, list[int]]]:
        """Give how many words are taken otherwise than given, as how many, and where so."""
        for length, places in facts[index][1]:
            yield 1, length, places
        if index + 1 < len(facts) and (number := self._joined(*facts[index : index + 2])):
            yield 2, 1, self._places_of(number)

    def _ends(self, facts: Sequence[_Word], index: int, place: int) -> Iterator[int]:
        """Give where the words from ``index`` on end if they stand at ``place`` in any way."""
        if index == len(facts):
            yield place
            return
        if self._row[place] and self._row[place] == facts[index][0]:
            yield from self._ends(facts, index + 1, place + 1)
        for taken, length, places in self._options(facts, index):
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                yield from self._ends(facts, index + taken, place + length)

    def _places(self, numbers: list[int]) -> list[int]:
        """Find stems in a row, starting from where their rarest pair stands."""
        if 0 in numbers:
            return []
        if len(numbers) == 1:
            return self._places_of(numbers[0])
        rarest: list[int] = []
        before = 0
        for offset, (one, two) in enumerate(pairwise(numbers)):
            places = (self._after[one] or self._followers(one)).get(two)
            if places is None:
                return []
            if isinstance(places, int):
                places = [places]
            if not rarest or len(places) < len(rarest):
                rarest, before = places, offset
        if len(numbers) == 2:
            return rarest
        # Outwards from the pair: whoever stands next to a word stands within the row.
        row = self._row
        for offset in (*range(before + 2, len(numbers)), *range(before - 1, -1, -1)):
            step, number = offset - before, numbers[offset]
            rarest = [place for place in rarest if row[place + step] == number]
        return [place - before for place in rarest] if before else rarest

    @cached_property
    def _stems(self) -> list[str]:
        return ["", *self._written_of_stem]

    def _compound(self, word: str) -> Iterator[_Way]:
        """Take a small word with a hyphen ("in-context") as two words, or as one."""
        left, _, right = word.partition("-")
        if places := self._places([self._number_of(left), self._number_of(right)]):
            yield 2, places
        if joined := self._number_of(surface(left) + surface(right)):
            yield 1, self._places_of(joined)

    def _partings(self, word: str) -> Iterator[_Way]:
        """Give where two words of these texts together spell ``word``."""
        if not _is_partable(word):
            return
        row = self._row
        for length in range(1, len(word)):
            left, right = word[:length], word[length:]
            if left not in self._written_of_surface or right[:2] not in self._heads_after[left]:
                continue
            one, two = self._number_of(left), self._number_of(right)
            # From the second word, which mostly is the rarer: "in" and "a" begin many words.
            seconds = self._places_of(two) if two else ()
            places = [p - 1 for p in seconds if row[p - 1] == one and self._is_parted(p - 1, left)]
            if places and not _are_digits(left[-1] + right[0]):
                yield 2, places

    def _is_parted(self, place: int, left: str) -> bool:
        """Whether the word at ``place`` is ``left`` itself, and may be one with the next."""
        if surface(self._raws[place]) != left:
            return False
        if left not in SMALL_WORDS and surface(self._raws[place + 1]) not in SMALL_WORDS:
            return True
        text = self._texts[self.text_at(place)]
        (_, end), (start, _) = self.offsets(place, 1), self.offsets(place + 1, 1)
        return not any(char.isspace() for char in text[end:start])

    def _one_by_one(self, words: Sequence[str], written: Callable[[str], list[str]]) -> list[Runs]:
        """Find words in a row by what each may be written as, starting from the rarest."""
        choices = [written(word) for word in words]
        if not all(choices):
            return []
        counts = [sum(len(self._at[raw]) for raw in choice) for choice in choices]
        rarest = counts.index(min(counts))
        places = sorted(place for raw in choices[rarest] for place in self._at[raw])
        for offset, choice in enumerate(choices):
            if offset != rarest:
                allowed, raws, step = set(choice), self._raws, offset - rarest
                last = len(raws) - step
                places = [p for p in places if -step <= p < last and raws[p + step] in allowed]
        return [(len(words), [place - rarest for place in places])] if places else []

    def _inflected(self, word: str) -> list[str]:
        if word.endswith("*"):
            return self._beginning(surface(word[:-1]))
        return self._written_of_stem.get(stem(word), [])

    def _beginning(self, prefix: str) -> list[str]:
        start = bisect_left(self._vocabulary, prefix)
        end = bisect_left(self._vocabulary, prefix + "\U0010ffff")
        words = self._vocabulary[start:end]
        return [raw for word in words for raw in self._written_of_surface[word]]

    def _in_any_case(self, word: str) -> list[str]:
        return self._written_of_surface.get(surface(word), [])

    def _in_case(self, word: str) -> list[str]:
        ways = (word, word + "'s", word + "’s")
        return [raw for raw in self._in_any_case(word) if normalize("NFC", raw) in ways]


#: as how many words one word is found, and where so
_Way = tuple[int, list[int]]
#: what these texts tell of a word: its stem's number; the other ways to take it; where it may be
#: joined to a neighbour, how it reads folded, its first two letters, and the next two of longer
#: words that begin so
_Word = tuple[int, tuple[_Way, ...], str, str, frozenset[str]]
_PREFIX = -1
_NOBODY: _Word = (0, (), "", "", frozenset())


def _is_partable(word: str) -> bool:
    """Whether a person may write ``word`` as two: "3D" too, but no other word of two letters."""
    return len(word) > 2 or (len(word) == 2 and word[0].isdigit() != word[1].isdigit())


def _are_digits(chars: str) -> bool:
    return chars.isdigit()  # both of them


def _inverted(values: dict[str, str]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {}
    for key, value in values.items():
        keys.setdefault(value, []).append(key)
    return keys
