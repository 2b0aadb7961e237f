"""How one word of a query is written in a day's texts: inflected, parted, with a star."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..language.compiled import CAPITALS
from ..language.compounds import may_join
from ..language.lemmas import is_common_word
from ..language.wildcards import Wildcard, is_wild
from ..language.words import surface
from .cache import Cache
from .lemmas import LemmaIndex
from .postings import Places, WordIndex

#: runs of words of one length: the length in words, and the places where they begin
Runs = tuple[int, Places]

# For a word with more places than these, it may be faster to start from what follows it.
_MANY = 64


class SpellingIndex:
    """The words of texts, looked up as the words of a plain phrase are."""

    def __init__(self, words: WordIndex, lemmas: LemmaIndex) -> None:
        self._words = words
        self._lemmas = lemmas
        self._heads_after = Cache(words.heads_after, len(words))
        self._places_by_head = Cache(self._find_places_by_head, len(words))

    def special(self, word: str) -> tuple[Sequence[int], list[Runs]] | None:
        """Return the spellings and the runs of a word that is more than a word; else None.

        Such a word has a star, a tilde (its kin, too), a hyphen, or is meant only in capitals.
        """
        if is_wild(word):
            return self._wild(word)
        if word[-1] == "~":
            return self._lemmas.kin(word[:-1]), []
        if word[0] == CAPITALS and is_common_word(word[1:].lower()):
            return self._words.in_capitals(word[1:]), []
        return ((), list(self._compound(word))) if "-" in word else None

    def ways(self, word: str, others: Sequence[int]) -> Iterator[Runs]:
        """Yield where a word is written as two, or in a form that is also one of another word.

        ``others``: the numbers of such forms.
        """
        for number in others:
            yield 1, self._lemmas.places_of(number)
        yield from self._partings(word)

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
        heads_after, is_written = self._heads_after, self._words.is_written
        for length in range(1, len(word)):
            left = word[:length]
            if is_written(left) and word[length : length + 2] in heads_after[left]:
                yield from self._parted(left, word[length:])

    def _parted(self, left: str, right: str) -> Iterator[Runs]:
        lemmas, head = self._lemmas, head_of_form(right)
        if (left[-1] + right[0]).isdigit() or not self._words.has_beginning(head):
            return
        for one, two in product(lemmas.numbers_of(left), lemmas.numbers_of(right)):
            pairs = lemmas.rare_pair(one, two)
            places = [place for place in pairs if self._is_parted(place, left, head)]
            if places:
                yield 2, places

    def _is_parted(self, place: int, left: str, head: str = "") -> bool:
        """Return whether ``left`` is at ``place``, and may be one word with the next.

        ``head`` is what the next must begin with.
        """
        words = self._words
        right = words.folded[words.row[place + 1]]
        if words.folded[words.row[place]] != left or not right.startswith(head):
            return False
        return may_join(left, right) or words.is_joined(place)

    def _wild(self, word: str) -> tuple[Sequence[int], list[Runs]]:
        """Return the spellings of a word with stars, and the places where two words match.

        A prefix finds what the word without its star finds, too.
        """
        wildcard = Wildcard(word.replace("-", ""))
        raws = set(self._fitting(wildcard))
        runs: list[Runs] = []
        if wildcard.is_prefix:
            plain = word[:-1]
            raws.update(*map(self._lemmas.written, self._lemmas.numbers_of(wildcard.head)))
            runs += self._compound(plain) if "-" in word else self._partings(surface(plain))
        if places := sorted(set(self._wildly_parted(word, wildcard))):
            runs.append((2, places))
        return sorted(raws), runs

    def _fitting(self, wildcard: Wildcard) -> Iterator[int]:
        for head in wildcard.heads:
            for folded in self._words.beginning(head):
                if wildcard.is_prefix or wildcard.fits(folded):
                    yield from self._words.written(folded)

    def _wildly_parted(self, word: str, wildcard: Wildcard) -> Iterator[int]:
        """Yield the places where two words together match."""
        hyphened, _, rest = word.partition("-")
        for left, begins in self._lefts(wildcard):
            for place in self._followed_by(left, begins):
                right = self._words.folded[self._words.row[place + 1]]
                if (left[-1] + right[0]).isdigit() or not wildcard.fits(left + right):
                    continue
                if (rest and left == hyphened) or self._is_parted(place, left):
                    yield place

    def _lefts(self, wildcard: Wildcard) -> Iterator[tuple[str, str]]:
        """Yield what can be the first of two words, and what the second then begins with."""
        is_written = self._words.is_written
        for head in wildcard.heads:
            for end in range(1, len(head)):
                if is_written(head[:end]):
                    yield head[:end], head[end:]
            if not wildcard.is_prefix:
                yield from ((left, "") for left in self._words.beginning(head))

    def _followed_by(self, left: str, begins: str) -> Iterator[int]:
        """Yield the places of a word where the next begins so; start from the rarer of the two."""
        words = self._words
        if not words.has_beginning(begins):
            return
        lefts = words.count(words.written(left))
        if len(begins) > 1 and lefts > _MANY:
            rights = [each for word in words.beginning(begins) for each in words.written(word)]
            if words.count(rights) < lefts:
                before = (place - 1 for place in words.places_of(rights))
                yield from (place for place in before if words.folded[words.row[place]] == left)
                return
        places = self._places_by_head[left]
        for head in places if len(begins) < 2 else (begins[:2],):
            for place in places.get(head, ()):
                if words.folded[words.row[place + 1]].startswith(begins):
                    yield place

    def _find_places_by_head(self, folded: str) -> dict[str, list[int]]:
        """Return the places of a word, by the first two letters of the word that follows."""
        words = self._words
        found: dict[str, list[int]] = {}
        for place in words.places_of(words.written(folded)):
            if following := words.row[place + 1]:
                found.setdefault(words.folded[following][:2], []).append(place)
        return found


def head_of_form(word: str) -> str:
    """Return what each form of ``word`` begins with, where it is the second part of a compound."""
    return word[: max(2, len(word) - 3)]


def _is_partable(word: str) -> bool:
    """Return whether ``word`` may be written as two: "3D" may, no other word of two letters."""
    return len(word) > 2 or (len(word) == 2 and word[0].isdigit() != word[1].isdigit())
