"""How one word of a query is written in a day's texts: inflected, parted, with a star."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product

from ..language.compiled import CAPITALS
from ..language.compounds import may_join
from ..language.lemmas import is_common_word
from ..language.text import surface
from ..language.wildcards import Wildcard, is_wild
from .cache import Cache
from .lemmas import LemmaIndex
from .postings import Places, WordIndex

#: runs of words of one length: the length in words, and the places where they begin
Runs = tuple[int, Places]

# For a word with more places than these, the words that follow it are not listed.
_MANY = 64


class SpellingIndex:
    """The words of texts, looked up as the words of a plain phrase are."""

    def __init__(self, words: WordIndex, lemmas: LemmaIndex) -> None:
        self._words = words
        self._lemmas = lemmas
        self._heads_after = Cache(self._heads_of_followers, len(words))

    def special(self, word: str) -> list[Runs] | None:
        """Return the runs of a word that is more than a word; None if it is none of these.

        With a star, with a tilde (its kin, too), only in capitals, with a hyphen.
        """
        if is_wild(word):
            return list(self._wild(word))
        if word[-1] == "~":
            return self._of_written(self._lemmas.kin(word[:-1]))
        if word[0] == CAPITALS and is_common_word(word[1:].lower()):
            return self._of_written(self._words.in_capitals(word[1:]))
        return list(self._compound(word)) if "-" in word else None

    def ways(self, word: str) -> Iterator[Runs]:
        """Yield where a word is written as two, or in a form that is also one of another word."""
        for number in self._lemmas.numbers_of(word)[1:]:
            yield 1, self._lemmas.places_of(number)
        yield from self._partings(surface(word))

    def _of_written(self, raws: Sequence[str]) -> list[Runs]:
        return [(1, self._words.places_of_written(raws))] if raws else []

    def _compound(self, word: str) -> Iterator[Runs]:
        """Yield the places of a compound (*in-context*), as two words or one."""
        left, _, right = word.partition("-")
        numbers = self._lemmas.numbers_of
        for one, two in product(numbers(left), numbers(right)):
            if places := self._lemmas.pair(one, two):
                yield 2, sorted(places)
        for joined in numbers(surface(left) + surface(right)):
            yield 1, self._lemmas.places_of(joined)

    def _partings(self, word: str) -> Iterator[Runs]:
        """Yield the places where two words of these texts together spell ``word``."""
        if not _is_partable(word):
            return
        heads_after, written = self._heads_after, self._words.written
        for length in range(1, len(word)):
            left = word[:length]
            if left not in written:
                continue
            heads = heads_after[left]
            if heads is None or word[length : length + 2] in heads:
                yield from self._parted(left, word[length:])

    def _parted(self, left: str, right: str) -> Iterator[Runs]:
        if (left[-1] + right[0]).isdigit():
            return
        lemmas, head = self._lemmas, right[:2]
        for one, two in product(lemmas.numbers_of(left), lemmas.numbers_of(right)):
            pairs = lemmas.rare_pair(one, two)
            places = [place for place in pairs if self._is_parted(place, left, head)]
            if places:
                yield 2, places

    def _heads_of_followers(self, folded: str) -> frozenset[str] | None:
        """Return the first two letters of the words that follow one; None if it is too frequent."""
        words, raws = self._words, self._words.written[folded]
        if words.count(raws) > _MANY:
            return None
        return frozenset([words.folded[raw][:2] for raw in words.followers(raws)])

    def _is_parted(self, place: int, left: str, head: str = "") -> bool:
        """Return whether ``left`` is at ``place``, and may be one word with the next.

        ``head`` is what the next must begin with.
        """
        words = self._words
        right = words.folded[words.row[place + 1]]
        if words.folded[words.row[place]] != left or not right.startswith(head):
            return False
        return may_join(left, right) or words.is_joined(place)

    def _wild(self, word: str) -> Iterator[Runs]:
        """Yield the places of a word with stars, as one word or two, and of the word before it."""
        wildcard = Wildcard(word.replace("-", ""))
        raws = {*self._fitting(wildcard)}
        if wildcard.is_prefix:
            plain = word[:-1]
            raws.update(*map(self._lemmas.written, self._lemmas.numbers_of(wildcard.head)))
            yield from self._compound(plain) if "-" in word else self._partings(surface(plain))
        if raws:
            yield 1, self._words.places_of_written(sorted(raws))
        if places := sorted(self._wildly_parted(word, wildcard)):
            yield 2, places

    def _fitting(self, wildcard: Wildcard) -> Iterator[str]:
        for head in wildcard.heads:
            for folded in self._words.beginning(head):
                if wildcard.fits(folded):
                    yield from self._words.written[folded]

    def _wildly_parted(self, word: str, wildcard: Wildcard) -> Iterator[int]:
        """Yield the places where two words together match."""
        hyphened, _, rest = word.partition("-")
        for left in self._lefts(wildcard):
            for place in self._words.places_of_written(self._words.written[left]):
                right = self._words.folded.get(self._words.row[place + 1])
                if not right or (left[-1] + right[0]).isdigit() or not wildcard.fits(left + right):
                    continue
                if (rest and left == hyphened) or self._is_parted(place, left):
                    yield place

    def _lefts(self, wildcard: Wildcard) -> Collection[str]:
        """Return the words that can be the first of two that match together."""
        written = self._words.written
        lefts = {head[:end] for head in wildcard.heads for end in range(1, len(head))}
        if not wildcard.is_prefix:
            lefts.update(self._words.beginning(wildcard.head))
        return sorted(lefts & written.keys())


def _is_partable(word: str) -> bool:
    """Return whether ``word`` may be written as two: "3D" may, no other word of two letters."""
    return len(word) > 2 or (len(word) == 2 and word[0].isdigit() != word[1].isdigit())
