"""Positional postings: the places of each word in a day's texts, and the papers that hold it.

Knows words as they are written; ``lemmas`` knows which are inflections of one another.

All texts form one row of words; a word's place is its number in that row.  After each text one
place stays empty, so that no phrase is found across two texts.  Results are cached; the size of the
texts bounds the cache.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, count, pairwise
from typing import Any
from unicodedata import normalize

from .. import expressions
from ..language.compounds import may_begin, may_end, may_join
from ..language.wildcards import is_wild
from ..language.words import bare, form_of, raw_words, spans, surface
from .columns import Groups, Row, Texts, restored, row_of, stored
from .rank import bits_of

#: places, in ascending order unless otherwise noted
Places = Sequence[int]
#: the papers with a hit in their first part, and those with a hit in their second, as bits
Held = tuple[int, int]
NOWHERE: Places = ()
NO_WORDS: Row = memoryview(b"")
NO_PAPERS: Held = (0, 0)

# What is between the words of a form that is shown as it is written.
_SHOWN = expressions.anchored(r"(?:[\w .,'’+#&()/-]|(?<=[A-Z])\*){1,200}")
# For more places than these, the set of papers is built in one step.
_FEW = 96
# Of more places than these a paper, those in some papers are not found by looking at all.
_MANY = 16
# Between words that are kept as one text.
_BREAK = "\n"


class WordIndex:
    """The words of texts in ``parts``: all first parts of the papers, then all second parts.

    Papers with only one part have it as their second.  Each word, as it is written, has a number;
    0 is the empty place after a text.
    """

    def __init__(self, *parts: Sequence[str]) -> None:
        self._texts = [*map(Texts, parts)]
        self._papers = len(parts[0])
        self._starts: list[int] = []
        row: list[str] = []
        joined: list[int] = []
        words_of = cache(raw_words)
        for text in chain.from_iterable(parts):
            self._starts.append(len(row))
            for chunk in text.split():
                words = words_of(chunk)
                if len(words) > 1:
                    joined += range(len(row), len(row) + len(words) - 1)
                row += words
            row.append("")
        #: the places of words that no blank parts from the next
        self._joined: Row = row_of(joined, len(row))
        self._starts.append(len(row))
        self._second = self._starts[self._papers] if len(parts) > 1 else 0
        lengths = enumerate(end - start for start, end in pairwise(self._starts))
        holders = ([text % self._papers] * length for text, length in lengths)
        #: for each place, the number of the paper that it lies in
        self._paper_at: Row = row_of(chain.from_iterable(holders), self._papers)
        self._index_words(row)
        self._make_again()
        self._find_papers()

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
        parted = sorted((left + right, len(left)) for left, right in self._find_parted(folds))
        #: all words that two words of these texts may be together, in alphabetical order
        self._parted = [word for word, _ in parted]
        #: per such word, how long the first of the two is
        self._cuts: Row = row_of((length for _, length in parted), 1 << 16)

    def _find_parted(self, folds: Sequence[int]) -> set[tuple[str, str]]:
        """Return each two folded words that follow each other and may be one, somewhere."""
        words, last = self.vocabulary, len(self.vocabulary)
        row = list(map(folds.__getitem__, self.row))
        begins, ends = [*map(may_begin, words), False], [*map(may_end, words), False]
        near = {both for both in pairwise(row) if begins[both[0]] or ends[both[1]]}
        pairs = ((words[left], words[right]) for left, right in near if last not in (left, right))
        found = {pair for pair in pairs if may_join(*pair)}
        for place in self._joined:
            left, right = words[row[place]], words[row[place + 1]]
            if not (left[-1:] + right[:1]).isdigit():
                found.add((left, right))
        return {pair for pair in found if all(pair)}

    def _make_again(self) -> None:
        """Make what is made faster than it is read."""
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        #: per word, the papers that hold it in their first part, and in their second, once known
        self._held: list[Held | None] = [None] * len(self.raws)
        #: per paper, its bit
        self._one = [1 << paper for paper in range(self._papers)]

    def _find_papers(self) -> None:
        """Find the papers of all words at once: one by one it would take four times as long."""
        parts = [0] * len(self.raws), [0] * len(self.raws)
        for text, (start, end) in enumerate(pairwise(self._starts)):
            part, one = parts[start >= self._second], self._one[text % self._papers]
            for word in set(self.row[start : end - 1]):
                part[word] |= one
        self._held = [*zip(*parts, strict=True)]

    def __getstate__(self) -> tuple[Any, ...]:
        rows = [
            stored(row) for row in (self._paper_at, self._joined, self.row, self._folds, self._cuts)
        ]
        words = [_BREAK.join(several) for several in (self.raws, self.vocabulary, self._parted)]
        groups = self._places, self._written
        return self._texts, self._papers, self._starts, self._second, rows, words, groups

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._texts, self._papers, self._starts, self._second, rows, words, groups = state
        self._paper_at, self._joined, self.row, self._folds, self._cuts = map(restored, rows)
        self.raws = words[0].split(_BREAK)
        self.vocabulary, self._parted = (text.split(_BREAK) if text else [] for text in words[1:])
        self._places, self._written = groups
        self._make_again()

    def texts(self, part: int) -> Texts:
        """Return the texts of one part, one a paper."""
        return self._texts[part]

    def _text(self, number: int) -> str:
        part, paper = divmod(number, self._papers)
        return self._texts[part][paper]

    def __len__(self) -> int:
        return len(self.row)

    def text_at(self, place: int) -> int:
        """Return the number of the text in which ``place`` lies."""
        return bisect_right(self._starts, place) - 1

    def extent(self, paper: int, part: int) -> tuple[int, int]:
        """Return the half-open range of places of one part of a paper."""
        text = part * self._papers + paper
        return self._starts[text], self._starts[text + 1]

    def spans_in(
        self, papers: Collection[int], runs: Iterable[tuple[int, Places]]
    ) -> list[tuple[int, int, int, int]]:
        """Return the runs in these papers, in no order: the paper, the part, the offsets in it."""
        paper_at, size, starts, known = self._paper_at, self._papers, self._starts, self._offsets
        found, second = [], starts[size]
        for length, places in runs:
            few = len(places) <= _MANY * len(papers)
            for place in places if few else self._places_in(papers, places):
                paper = paper_at[place]
                if paper in papers:
                    part = 1 if place >= second else 0
                    text = part * size + paper
                    words = known.get(text) or self._spans(text)
                    first = place - starts[text]
                    found.append((paper, part, words[first][0], words[first + length - 1][1]))
        return found

    def _places_in(self, papers: Iterable[int], places: Places) -> Iterator[int]:
        """Yield those of the places that are in these papers."""
        for paper in papers:
            for part in range(len(self._texts)):
                start, end = self.extent(paper, part)
                first = bisect_left(places, start)
                yield from places[first : bisect_left(places, end, first)]

    def offsets(self, place: int, length: int) -> tuple[int, int]:
        """Return the half-open offsets, into their text, of ``length`` words from ``place`` on."""
        text = self.text_at(place)
        words, first = self._offsets.get(text) or self._spans(text), place - self._starts[text]
        return words[first][0], words[first + length - 1][1]

    def _spans(self, text: int) -> list[tuple[int, int]]:
        """Find the half-open offsets of the words of a text, once."""
        found = self._offsets[text] = spans(self._text(text))
        return found

    def forms(self, runs: Iterable[tuple[int, Places]]) -> dict[str, Held]:
        """Return how the words at runs are written, each form with the papers that hold it.

        A form is shown in small letters, as it is in one of its places.
        """
        found: dict[str, list[int]] = {}
        shown: dict[str, str] = {}
        for length, places in runs:
            for place in places:
                words = self.row[place : place + length]
                form = " ".join(map(self.folded, words))
                if form not in found:
                    found[form], shown[form] = [], self._shown(form, place, length)
                found[form].append(place)
        return {shown[form]: self.papers_at(places) for form, places in found.items()}

    def _shown(self, form: str, place: int, length: int) -> str:
        if length == 1:
            written = self.raws[self.row[place]]
        else:
            start, end = self.offsets(place, length)
            written = self._text(self.text_at(place))[start:end]
        written = written.removesuffix("'s").removesuffix("’s")
        ways = (way for way in (written.lower(), written) if form_of(way) == form)
        return next(filter(_SHOWN.fullmatch, ways), form)

    def is_joined(self, place: int) -> bool:
        """Return whether there is no blank between the word at ``place`` and the next."""
        found = bisect_left(self._joined, place)
        return found < len(self._joined) and self._joined[found] == place

    def written(self, folded: str) -> Row:
        """Return the words that are written for a folded word."""
        place = bisect_left(self.vocabulary, folded)
        is_found = place < len(self.vocabulary) and self.vocabulary[place] == folded
        return self._written[place] if is_found else NO_WORDS

    def number_of(self, raw: str) -> int:
        """Return the number of a word as it is written, 0 if no text has it."""
        return next((each for each in self.written(surface(raw)) if self.raws[each] == raw), 0)

    def folded(self, word: int) -> str:
        """Return the folded form of a word that has a number."""
        return self.vocabulary[self._folds[word]]

    def places_of(self, words: Sequence[int]) -> Places:
        """Return the places of any of these words."""
        return self._places.of(words)

    def count(self, words: Iterable[int]) -> int:
        """Count the places of these words."""
        return sum(map(self._places.count, words))

    def parted(self, beginning: str, like: str = "") -> Iterator[tuple[str, str]]:
        """Yield each two folded words that may be one word, where this begins so.

        ``like``: the first and two letters of the second must be as in this word.
        """
        words, cuts = self._parted, self._cuts
        for place in range(bisect_left(words, beginning), len(words)):
            word = words[place]
            if not word.startswith(beginning):
                return
            cut = cuts[place]
            if not like or (cut < len(like) and word.startswith(like[: cut + 2])):
                yield word[:cut], word[cut:]

    def papers_of(self, words: Iterable[int]) -> Held:
        """Return the papers that hold any of these words."""
        first = second = 0
        for word in words:
            held = self._held[word]
            if held is None:
                held = self._held[word] = self.papers_at(self._places[word])
            first |= held[0]
            second |= held[1]
        return first, second

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

    def is_beginning(self, beginning: str) -> bool:
        """Return whether a folded word of the texts begins with ``beginning``."""
        place = bisect_left(self.vocabulary, beginning)
        return place < len(self.vocabulary) and self.vocabulary[place].startswith(beginning)

    def beginning(self, prefix: str) -> list[str]:
        """Return the folded words that begin with ``prefix``."""
        first, end = self._extent_of(prefix)
        return self.vocabulary[first:end]

    def written_with(self, prefix: str) -> Row:
        """Return the words that are written for the folded words that begin with ``prefix``."""
        return self._written.between(*self._extent_of(prefix))

    def _extent_of(self, prefix: str) -> tuple[int, int]:
        first = bisect_left(self.vocabulary, prefix)
        return first, bisect_left(self.vocabulary, prefix + "\U0010ffff", first)

    def in_capitals(self, word: str) -> list[int]:
        """Return the spellings of a word in capitals: with a genitive, in the plural, with dots."""
        found = chain(self.in_any_case(word), self.in_any_case(word + "s"))
        return [each for each in found if bare(self.raws[each]) in (word, word + "s")]

    def in_any_case(self, word: str) -> Sequence[int]:
        """Return the spellings of a word in the texts, not inflected, in any case.

        A star ends a prefix.
        """
        if is_wild(word):
            return self.written_with(surface(word[:-1]))
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
