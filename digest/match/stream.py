"""The texts of a day as one row of words, in which phrases are looked up.

A word's place is its number in that row; after each text one place stays empty, so that nothing is
found across two.  Built once, asked many times; knows neither papers nor queries.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from unicodedata import normalize

from ..text import SMALL_WORDS, raw_words, stem, surface, tokens

#: where runs of one length begin, in ascending order, and that length in words
Runs = tuple[int, list[int]]

# Ways to join and part the words of one phrase; readers' phrases have a handful.
_MOST_WAYS = 32
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
        self._index_pairs()
        self._word = lru_cache(_MOST_WORDS)(self._learn_word)

    def _index_words(self, raws: list[str]) -> None:
        at: defaultdict[str, list[int]] = defaultdict(list)
        for place, raw in enumerate(raws):
            at[raw].append(place)
        at.pop("", None)
        #: per word as written, where it stands
        self._at = dict(at)
        stems = {raw: stem(raw) for raw in at}
        #: per stem, and per word folded, the words as written
        self._written_of_stem = _inverted(stems)
        self._written_of_surface = _inverted({raw: surface(raw) for raw in at})
        #: per stem its number; 0 is the empty place
        self._number = {word: number for number, word in enumerate(self._written_of_stem, 1)}
        self._number_of_raw = {raw: self._number[word] for raw, word in stems.items()} | {"": 0}
        #: the words at each place, as written and by the number of their stem
        known = {raw: raw for raw in at} | {"": ""}  # one string for all places of a word
        self._raws = list(map(known.__getitem__, raws))
        self._row = list(map(self._number_of_raw.__getitem__, raws))

    def _index_pairs(self) -> None:
        #: per two stems in a row, where; most stand so once, and need no list
        self._pairs: dict[int, int | list[int]] = {}
        pairs = self._pairs
        for place, (one, two) in enumerate(pairwise(self._row)):
            pair = one << 24 | two
            earlier = pairs.setdefault(pair, place)
            if earlier is not place:
                if isinstance(earlier, int):
                    pairs[pair] = [earlier, place]
                else:
                    earlier.append(place)

    @cached_property
    def _vocabulary(self) -> list[str]:
        return sorted(self._written_of_surface)

    @cached_property
    def _joints(self) -> set[str]:
        """Every word with the first two letters of the next: a word found parted begins so."""
        folded = {raw: surface(raw) for raw in self._at} | {"": " "}
        words = map(folded.__getitem__, self._raws)
        return {one + two[:2] for one, two in pairwise(words)}

    def __len__(self) -> int:
        return len(self._row)

    def text_at(self, place: int) -> int:
        """Give the number of the text in which ``place`` lies."""
        return bisect_right(self._starts, place) - 1

    @cached_property
    def paper_at(self) -> list[int]:
        """For each place, the paper that it lies in."""
        papers: list[int] = []
        for text, (start, end) in enumerate(pairwise(self._starts)):
            papers += [text % self._papers] * (end - start)
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
        facts = [self._word(word) for word in words]
        numbers = [fact[0] for fact in facts]
        if _PREFIX in numbers:
            return self._one_by_one(words, self._inflected)
        if len(words) == 1:
            raws = self._written_of_stem[self._stems[numbers[0]]] if numbers[0] else ()
            found = [(1, self._at[raw]) for raw in raws]
        else:
            places = self._places(numbers)
            found = [(len(words), places)] if places else []
        before: frozenset[str] = frozenset()
        for _, choices, beginning, endings in facts:
            if choices or beginning in before:
                return found + self._found([w for w in self._ways(words) if w[0] != numbers])
            before = endings
        return found

    def _learn_word(self, word: str) -> _Word:
        if word[-1] == "*":
            return _PREFIX, (), "", frozenset()
        if "-" in word:
            return 0, tuple(self._compound(word)), "", frozenset()
        folded = surface(word)
        if folded in SMALL_WORDS:
            return self._number_of(word), self._partings(folded), "", frozenset()
        endings = self._endings(folded)
        return self._number_of(word), self._partings(folded), folded[:2], endings

    def _number_of(self, word: str) -> int:
        """Give the number of a word's stem, 0 where no text has it."""
        return self._number_of_raw.get(word) or self._number.get(stem(word), 0)

    def _joined_number(self, one: str, two: str) -> int:
        """Give the number of two words' stem where a text has them as one, else 0."""
        (_, _, _, endings), (_, _, beginning, _) = self._word(one), self._word(two)
        if beginning not in endings or _are_digits(one[-1] + two[0]):
            return 0
        return self._number_of(surface(one) + surface(two))

    def _endings(self, beginning: str) -> frozenset[str]:
        """Give the next two letters of those longer words that begin so."""
        start = bisect_right(self._vocabulary, beginning)
        end = bisect_left(self._vocabulary, beginning + "\U0010ffff")
        length = len(beginning)
        return frozenset(word[length : length + 2] for word in self._vocabulary[start:end])

    def find_exactly(self, words: Sequence[str], *, is_cased: bool) -> list[Runs]:
        """Find words in a row, not inflected; ``is_cased``: and as they are written."""
        return self._one_by_one(words, self._in_case if is_cased else self._in_any_case)

    def _found(self, ways: Iterable[_Way]) -> list[Runs]:
        found: list[Runs] = []
        for numbers, partings in ways:
            places = self._places(numbers)
            for offset, left in partings:
                places = [p for p in places if self._is_parted(p + offset, left)]
            if places:
                found.append((len(numbers), places))
        return found

    def _places(self, numbers: list[int]) -> list[int]:
        """Find stems in a row, starting from where their rarest pair stands."""
        if len(numbers) == 1:
            raws = self._written_of_stem[self._stems[numbers[0]]] if numbers[0] else ()
            return sorted(place for raw in raws for place in self._at[raw])
        rarest: list[int] = []
        before, offset, one = 0, -1, 0
        for two in numbers:
            if offset >= 0:
                places = self._pairs.get(one << 24 | two)
                if places is None or not one or not two:
                    return []
                if isinstance(places, int):
                    places = [places]
                if not rarest or len(places) < len(rarest):
                    rarest, before = places, offset
            offset, one = offset + 1, two
        if len(numbers) == 2:
            return rarest
        row, length = self._row, len(numbers)
        return [p - before for p in rarest if row[p - before : p - before + length] == numbers]

    @cached_property
    def _stems(self) -> list[str]:
        return ["", *self._written_of_stem]

    def _ways(self, words: Sequence[str]) -> list[_Way]:
        """Give the rows of stems that a person takes for ``words``: as given, joined, parted."""
        ways: list[list[_Way]] = [[([], ())]]
        for place in range(len(words) - 1, -1, -1):
            word, after = words[place], ways[0]
            found = [_joined(head, tail) for head in self._heads(word) for tail in after]
            two = words[place + 1 : place + 2]
            if two and (number := self._joined_number(word, *two)):
                found += [_joined(([number], ()), tail) for tail in ways[1]]
            ways.insert(0, found[:_MOST_WAYS])
        return ways[0]

    def _heads(self, word: str) -> Iterator[_Way]:
        number, choices, _, _ = self._word(word)
        if number:
            yield [number], ()
        yield from choices

    def _compound(self, word: str) -> Iterator[_Way]:
        """Take a small word with a hyphen ("in-context") as two words, or as one."""
        left, _, right = word.partition("-")
        pair = [self._number_of(left), self._number_of(right)]
        if all(pair):
            yield pair, ()
        if joined := self._number_of(surface(left) + surface(right)):
            yield [joined], ()

    def _partings(self, word: str) -> tuple[_Way, ...]:
        """Give the pairs of words in these texts that together spell ``word``."""
        if not _is_partable(word):
            return ()
        joints = self._joints
        return tuple(
            ([one, two], ((0, word[:length]),))
            for length in range(1, len(word))
            if word[: length + 2] in joints
            if not _are_digits(word[length - 1 : length + 1])
            if (one := self._number_of(word[:length])) and (two := self._number_of(word[length:]))
            if (one << 24 | two) in self._pairs
        )

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
        if not self._vocabulary:
            self._vocabulary = sorted(self._written_of_surface)
        start = bisect_left(self._vocabulary, prefix)
        end = bisect_left(self._vocabulary, prefix + "\U0010ffff")
        words = self._vocabulary[start:end]
        return [raw for word in words for raw in self._written_of_surface[word]]

    def _in_any_case(self, word: str) -> list[str]:
        return self._written_of_surface.get(surface(word), [])

    def _in_case(self, word: str) -> list[str]:
        ways = (word, word + "'s", word + "’s")
        return [raw for raw in self._in_any_case(word) if normalize("NFC", raw) in ways]


#: the stems' numbers; and where a word is found parted, which it is and how its first half reads
_Way = tuple[list[int], tuple[tuple[int, str], ...]]


#: what these texts tell of a word: its stem's number; the other ways to take it; its first two
#: letters, and the next two of longer words that begin so, by which it is joined to a neighbour
_Word = tuple[int, tuple[_Way, ...], str, frozenset[str]]
_PREFIX = -1


def _joined(head: _Way, tail: _Way) -> _Way:
    shift = len(head[0])
    return head[0] + tail[0], head[1] + tuple((at + shift, left) for at, left in tail[1])


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
