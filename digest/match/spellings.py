"""How one word of a query is written in a day's texts: inflected, parted, with a star."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from ..language.compiled import CAPITALS
from ..language.compounds import may_join
from ..language.lemmas import is_common_word
from ..language.wildcards import Wildcard, is_wild
from ..language.words import surface
from .lemmas import LemmaIndex
from .postings import Places, WordIndex

#: runs of words of one length: the length in words, and the places where they begin
Runs = tuple[int, Places]


class SpellingIndex:
    """The words of texts, looked up as the words of a plain phrase are."""

    def __init__(self, words: WordIndex, lemmas: LemmaIndex) -> None:
        self._words = words
        self._lemmas = lemmas

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
        return ((), list(self.compound(word))) if "-" in word else None

    def compound(self, word: str) -> Iterator[Runs]:
        """Yield the places of a compound (*in-context*), as two words or one."""
        left, _, right = word.partition("-")
        numbers = self._lemmas.numbers_of
        for one, two in product(numbers(left), numbers(right)):
            if places := self._lemmas.pair(one, two):
                yield 2, sorted(places)
        for joined in numbers(surface(left) + surface(right)):
            yield 1, self._lemmas.places_of(joined)

    def partings(self, word: str) -> Iterator[Runs]:
        """Yield the places where two words of these texts together spell ``word``."""
        if not _is_partable(word):
            return
        having, numbers_of = self._lemmas.having, self._lemmas.numbers_of
        for left, right in self._words.parted(word[: max(3, len(word) - 3)], word):
            lefts = having(numbers_of(left), left)
            rights = having(numbers_of(word[len(left) :]), right)
            if places := self._as_one(left, right, lefts, rights):
                yield 2, places

    def _as_one(self, left: str, right: str, lefts: Sequence[int], rights: Sequence[int]) -> Places:
        """Return the places where two folded words, so written, are one word."""
        words = self._words
        places = words.in_a_row([lefts, rights])
        return places if may_join(left, right) else [*filter(words.is_joined, places)]

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
            runs += self.compound(plain) if "-" in word else self.partings(surface(plain))
        if places := sorted(set(self._wildly_parted(word, wildcard))):
            runs.append((2, places))
        return sorted(raws), runs

    def _fitting(self, wildcard: Wildcard) -> Iterator[int]:
        for head in wildcard.heads:
            if wildcard.is_prefix:
                yield from self._words.written_with(head)
            else:
                for folded in filter(wildcard.fits, self._words.beginning(head)):
                    yield from self._words.written(folded)

    def _wildly_parted(self, word: str, wildcard: Wildcard) -> Iterator[int]:
        """Yield the places where two words together match."""
        words = self._words
        first = word.partition("-")[0]
        heads = [each for each in wildcard.heads if each.startswith(first)]
        if any(each != first or not wildcard.is_prefix for each in heads):
            yield from self._hyphened(first, wildcard)
        for head in wildcard.heads:
            for left, right in words.parted(head):
                is_longer = not (wildcard.is_prefix and left.startswith(head))
                if is_longer and wildcard.fits(left + right):
                    yield from self._as_one(left, right, words.written(left), words.written(right))

    def _hyphened(self, left: str, wildcard: Wildcard) -> Places:
        """Return the places where a word and the one that a hyphen joins to it match."""
        words = self._words
        nexts = {words.row[place + 1] for place in words.places_of(words.written(left))} - {0}
        rights = [
            each
            for each, folded in zip(nexts, map(words.folded, nexts), strict=True)
            if wildcard.fits(left + folded) and not (left[-1:] + folded[:1]).isdigit()
        ]
        return words.in_a_row([words.written(left), rights])


def _is_partable(word: str) -> bool:
    """Return whether ``word`` may be written as two: "3D" may, no other word of two letters."""
    return len(word) > 2 or (len(word) == 2 and word[0].isdigit() != word[1].isdigit())
