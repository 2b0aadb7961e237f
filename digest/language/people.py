"""Authors found by name; initials, accents, hyphens and the order of the parts do not matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from .words import fold, raw_words

#: a family name, folded and joined, and the given names before it
Reading: TypeAlias = tuple[str, tuple[str, ...]]
#: one author of one paper: the paper, and the place among its authors
Place: TypeAlias = tuple[int, int]

#: "van der Maaten" is a family name of three parts
_LONGEST_FAMILY = 3
#: per given name, initial, or joined given names: the authors with them, and their given names;
#: per ``_ANY`` and a letter: the authors with a first given name that begins with it
_Namesakes: TypeAlias = dict[str, list[tuple[Place, tuple[str, ...]]]]
_ANY = "*"
_VOWELS = frozenset("AEIOUY")


class People:
    """The authors of a day's papers, found by family name."""

    def __init__(self, papers: Iterable[Sequence[str]]) -> None:
        self._authors: list[str] = []
        self._places: list[Place] = []
        #: per family name, the numbers of the authors that may have it
        self._by_family: defaultdict[str, list[int]] = defaultdict(list)
        #: per family name that was looked up before, its authors by given names
        self._given: dict[str, _Namesakes] = {}
        for paper, authors in enumerate(papers):
            for place, author in enumerate(authors):
                for family in _families(author):
                    self._by_family[family].append(len(self._authors))
                self._authors.append(author)
                self._places.append((paper, place))

    def families(self) -> Iterable[str]:
        """Return all family names, folded and joined."""
        return self._by_family

    def find(self, asked: str) -> Iterator[Place]:
        """Yield every author that the result of ``questions`` may mean, some of them twice."""
        for question in asked.split("|"):
            family, _, given = question.partition(" ")
            if family not in self._by_family:
                continue
            if not given:
                yield from (self._places[number] for number in self._by_family[family])
                continue
            namesakes = self._given.get(family) or self._namesakes(family)
            wanted = tuple(given.split(" "))
            for key in _keys(wanted):
                for place, others in namesakes.get(key, ()):
                    if wanted == others or _agree(wanted, others):
                        yield place

    def _namesakes(self, family: str) -> _Namesakes:
        """Index the authors with one family name by the given names that a query may begin with."""
        namesakes: _Namesakes = {}
        for number in dict.fromkeys(self._by_family[family]):
            for given in filter(None, _givens(self._authors[number], family)):
                for key in {*given, "".join(given), _ANY + given[0][0]}:
                    namesakes.setdefault(key, []).append((self._places[number], given))
        self._given[family] = namesakes
        return namesakes


def _keys(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of the namesakes under which every author with these given names is found."""
    first = wanted[0]
    if len(first) == 1:
        return (_ANY + first,)
    return (first, first[0]) if len(wanted) == 1 else (first, first[0], "".join(wanted))


def _plain(author: str) -> list[str] | None:
    """Return the folded words of a name in plain ASCII letters; None for any other name."""
    words = author.split()
    if author.isascii() and author.replace(" ", "").isalpha() and not words[-1].isupper():
        return author.lower().split()
    return None


def _families(author: str) -> Iterator[str]:
    """Yield the possible family names of an author, for plain names without ``_readings``."""
    words = _plain(author)
    if words is None:
        yield from (family for family, _ in _readings(author))
    else:
        last = words[-_LONGEST_FAMILY:]
        yield from ("".join(last[start:]) for start in range(len(last)))


def _givens(author: str, family: str) -> list[tuple[str, ...]]:
    """Return the given names of an author in each reading that has this family name."""
    words = _plain(author)
    if words is None:
        return [given for name, given in _readings(author) if name == family]
    longest = min(_LONGEST_FAMILY, len(words))
    ends = range(len(words) - 1, len(words) - longest - 1, -1)
    return [tuple(words[:end]) for end in ends if "".join(words[end:]) == family]


def _readings(author: str) -> Iterator[Reading]:
    """Yield the ways to split an author's name: any of its last words may begin the family name."""
    before, comma, after = author.partition(",")
    if comma and _words(after):
        yield from _suffixes(_parts(before), _given(_words(after), _words(before)))
        return
    words = _words(author)
    yield from _suffixes(_parts(author), ())
    if len(words) > 1 and _are_initials(words[-1], words[:-1]):  # "Doe JB", as PubMed has it
        yield from _suffixes([fold(word) for word in words[:-1]], _given(words[-1:], words[:-1]))


def _suffixes(words: Sequence[str], given: tuple[str, ...]) -> Iterator[Reading]:
    for length in range(1, min(_LONGEST_FAMILY, len(words)) + 1):
        yield "".join(words[-length:]), (*given, *words[:-length])


@lru_cache(maxsize=4096)
def questions(name: str) -> str:
    """Return the ways to read a name of a query, separated by bars: a family name, given names.

    The family name is folded and joined, the given names are folded.  Without a comma, the family
    name may be at either end.
    """
    whole = raw_words(name)
    return "|".join(" ".join([family, *_given(words, whole)]) for family, words in _questions(name))


def _questions(name: str) -> Iterator[tuple[str, Sequence[str]]]:
    before, comma, after = name.partition(",")
    if comma and (given := _words(after)):
        yield "".join(_parts(before)), given
        return
    words = _words(name)
    folded = [fold(word) for word in words]
    for length in range(1, min(_LONGEST_FAMILY, len(words)) + 1):
        yield "".join(folded[-length:]), words[:-length]
        if length < len(words):
            yield "".join(folded[:length]), words[length:]


def _words(name: str) -> list[str]:
    """Return the words of a name: of J.K. Rowling three, although U.S. is one."""
    return raw_words(name.replace(".", ". "))


def _parts(name: str) -> list[str]:
    return [fold(word) for word in _words(name)]


def _given(words: Sequence[str], whole: Sequence[str]) -> tuple[str, ...]:
    """Fold given names, with initials as ``JB`` parted; ``whole`` has other words of the name."""
    given: list[str] = []
    for word in words:
        given += fold(word) if _are_initials(word, whole) else [fold(word)]
    return tuple(given)


def _are_initials(word: str, whole: Sequence[str]) -> bool:
    """Return whether a word is up to three initials; in "DOE, JUN" only the vowel says no."""
    if len(word) > 3 or not word.isupper():
        return False
    return not all(other.isupper() for other in whole) or _VOWELS.isdisjoint(word)


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two sequences of given names may belong to one person."""
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
    """Return each author's half-open offsets in the authors joined by ``", "``."""
    ends = [-2]
    for author in authors:
        ends.append(ends[-1] + 2 + len(author))
    return [(before + 2, end) for before, end in pairwise(ends)]
