"""Who is meant by a name: initials, accents, hyphens and the order of its parts do not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ..text import fold, raw_words

#: a family name, folded and joined, and the given names before it
Reading = tuple[str, tuple[str, ...]]

_People = defaultdict[str, list[tuple[int, int, tuple[str, ...]]]]

#: "van der Maaten" is a family name of three parts
_LONGEST_FAMILY = 3


class People:
    """The authors of a day's papers, found by family name."""

    def __init__(self, papers: Iterable[Sequence[str]]) -> None:
        by_family: _People = defaultdict(list)
        by_initial: _People = defaultdict(list)
        for paper, authors in enumerate(papers):
            for place, author in enumerate(authors):
                for family, given in _readings(author):
                    by_family[family].append((paper, place, given))
                    for initial in {name[0] for name in given}:
                        by_initial[family + " " + initial].append((paper, place, given))
        self._by_family = dict(by_family)
        #: namesakes are many: also by the initial of each given name
        self._by_initial = dict(by_initial)

    def find(self, name: str) -> Iterator[tuple[int, int]]:
        """Give every (paper, place among its authors) that ``name`` may be, some of them twice."""
        for family, words in _questions(name):
            if family not in self._by_family:
                continue
            if not words:
                yield from ((paper, place) for paper, place, _ in self._by_family[family])
                continue
            given = _given(words)
            for paper, place, others in self._by_initial.get(f"{family} {given[0][0]}", ()):
                if given == others or _agree(given, others):
                    yield paper, place


def _readings(author: str) -> Iterator[Reading]:
    """Give the ways to part an author's name: any of its last words may begin the family name."""
    before, comma, after = author.partition(",")
    if comma and raw_words(after):
        yield from _suffixes(_parts(before), _given(raw_words(after)))
        return
    words = raw_words(author)
    yield from _suffixes(_parts(author), ())
    if len(words) > 1 and _are_initials(words[-1], words[:-1]):  # "Doe JB", as PubMed has it
        yield from _suffixes([fold(word) for word in words[:-1]], _given(words[-1:]))


def _suffixes(words: Sequence[str], given: tuple[str, ...]) -> Iterator[Reading]:
    for length in range(1, min(_LONGEST_FAMILY, len(words)) + 1):
        yield "".join(words[-length:]), (*given, *words[:-length])


def _questions(name: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Give the ways to understand a reader's name: a family name, folded, and the given ones.

    Without a comma, either end may be the family's.
    """
    before, comma, after = name.partition(",")
    if comma and (given := raw_words(after)):
        yield "".join(_parts(before)), given
        return
    words = raw_words(name)
    folded = [fold(word) for word in words]
    for length in range(1, min(_LONGEST_FAMILY, len(words)) + 1):
        yield "".join(folded[-length:]), words[:-length]
        if length < len(words):
            yield "".join(folded[:length]), words[length:]


def _parts(name: str) -> list[str]:
    return [fold(word) for word in raw_words(name)]


def _given(words: Sequence[str]) -> tuple[str, ...]:
    """Fold given names; capitals without a vowel between them, as in ``JB``, are initials."""
    given: list[str] = []
    for word in words:
        given += fold(word) if len(word) <= 3 and word.isupper() else [fold(word)]
    return tuple(given)


def _are_initials(word: str, others: Sequence[str]) -> bool:
    return len(word) <= 3 and word.isupper() and not all(other.isupper() for other in others)


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two rows of given names may be one person's."""
    if "".join(one) == "".join(other):
        return True
    if not _is_same(one[0], other[0]):
        return len(one[0]) > 2 and one[0] in other
    rest = sorted((one[1:], other[1:]), key=len)
    return _is_within(*rest)


def _is_within(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    left = iter(many)
    return all(any(_is_same(name, another) for another in left) for name in few)


def _is_same(one: str, other: str) -> bool:
    return one == other or (1 in (len(one), len(other)) and one[0] == other[0])


def offsets(authors: Sequence[str]) -> list[tuple[int, int]]:
    """Give each author's half-open offsets in the authors joined by ``", "``."""
    ends = [-2]
    for author in authors:
        ends.append(ends[-1] + 2 + len(author))
    return [(before + 2, end) for before, end in pairwise(ends)]
