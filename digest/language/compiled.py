"""Compiled queries: a term for each clause of a profile, and the clause's weight.

A term is a clause that is already parsed, folded and stemmed; two ways to write the same thing make
the same term.  Terms are made when a profile is read, so that matching has less to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias
from unicodedata import normalize

from .lemmas import ENGLISH, is_plural_of_capitals
from .people import questions
from .tree import Author, NamePattern, Node, Or, Phrase, WordMatching, leaves
from .words import bare, surface

#: the first letter of a phrase's term (a colon follows), by the phrase's field
PHRASES: Final = {"": "x", "title": "t", "abstract": "b", "comment": "m", "org": "o"}
#: the first letter of other terms: a person, a category, a listing, a choice (OR) of these terms;
#: and "?" for anything else
PERSON, CATEGORY, LISTING, CHOICE, RICH = "u", "c", "l", "|", "?"
#: separates the terms of a choice; no word or name can contain it
BAR: Final = "\x1f"
#: ends the language of a term that is not in English, which is before the words
IN: Final = "\x1e"
#: ends the forms in which a term's words are not meant, after its language; a comma parts them
WITHOUT: Final = "\x1d"
#: begins the word of a term that is one word in capitals
CAPITALS: Final = "^"


def term(node: Node) -> str:
    """Write ``node`` as its term: a kind, a colon, and what ``match`` looks up.

    A node without a simple term (a pattern, an exact phrase, AND, NOT, NEAR, or words that are not
    meant in some forms) keeps its canonical text, which must be parsed again where only the term is
    known.
    """
    match node:
        case Phrase(_, field, WordMatching.STEM, language, without) if not without:
            return f"{PHRASES[field]}:{_in(language)}{' '.join(asked(node))}"
        case Author(name):
            return f"{PERSON}:{questions(name)}"
        case NamePattern(field, pattern):
            return f"{CATEGORY if field == 'category' else LISTING}:{pattern.casefold()}"
        case Or(nodes):
            terms = [term(child) for child in nodes]
            if not any(each[0] in (CHOICE, RICH) for each in terms):
                return f"{CHOICE}:{BAR.join(terms)}"
    without = next((leaf.without for leaf in leaves(node) if isinstance(leaf, Phrase)), ())
    dropped = f"{','.join(without)}{WITHOUT}" if without else ""
    return f"{RICH}:{_in(language_of(node))}{dropped}{node}"


def _in(language: str) -> str:
    return "" if language == ENGLISH else language + IN


def language_of(node: Node) -> str:
    """Return the language of the plain words of a tree; all are in one."""
    languages = {leaf.language for leaf in leaves(node) if isinstance(leaf, Phrase)} - {ENGLISH}
    return next(iter(languages), ENGLISH)


def parted(text: str) -> tuple[str, str]:
    """Return the language of what follows the colon of a term, and the rest of it."""
    language, mark, rest = text.partition(IN)
    return (language, rest) if mark else (ENGLISH, text)


def asked(phrase: Phrase) -> list[str]:
    """Return the words of a plain phrase as an index is asked for them."""
    words = phrase.words
    if len(words) == 1:
        word = bare(words[0])
        word = word[:-1] if is_plural_of_capitals(word) else word
        if word.isupper() and word.isascii() and word.isalpha():
            return [CAPITALS + word]
    if phrase.language != ENGLISH:  # whose dictionaries know nouns by capitals, words by accents
        return [normalize("NFC", word) for word in words]
    return list(map(_normal, words))


_UMLAUTS = frozenset("äöüÄÖÜ")
# Longer words in capitals are read as those in small letters.
_LONGEST_ABBREVIATION = 4


@lru_cache(maxsize=65_536)
def _normal(word: str) -> str:
    """Fold a word, unless its capitals or its umlauts say more: ``LMs``, ``AIDS``, ``Müller``."""
    if is_plural_of_capitals(word) or (len(word) <= _LONGEST_ABBREVIATION and word.isupper()):
        return word
    if not word.isascii():
        word = normalize("NFC", word)
        return word if " " in (folded := surface(word)) or not _UMLAUTS.isdisjoint(word) else folded
    return "-".join(map(surface, word.split("-"))) if "-" in word else surface(word)


@dataclass(frozen=True, slots=True)
class Clause:
    """One item of a profile: its text as written, its label in the mail, its weight, its cap."""

    text: str
    label: str
    weight: int
    node: Node
    #: of the papers that it brings, how many the mail names at most; 0: all
    at_most: int = 0
    term: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "term", term(self.node))


#: what ranking needs of a query: a term for each clause (first the wanted, then the required, then
#: the excluded); the number of wanted clauses; the weights of the wanted and the required, a byte
#: each.  A bare tuple, because a million of them may be read in one morning.
Plan: TypeAlias = tuple[list[str], int, bytes]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """The query of a profile.

    A paper matches when no excluded clause matches, every required clause matches, and at least one
    wanted clause matches, if there are any.  Without wanted and required clauses nothing matches.
    """

    wanted: tuple[Clause, ...] = ()
    required: tuple[Clause, ...] = ()
    excluded: tuple[Clause, ...] = ()
    plan: Plan = field(init=False, repr=False, compare=False)
    #: the clauses that must be parsed again from their terms
    rich: tuple[Clause, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scored = self.wanted + self.required
        clauses = scored + self.excluded
        weights = bytes(clause.weight for clause in scored)
        plan = [clause.term for clause in clauses], len(self.wanted), weights
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "rich", tuple(c for c in clauses if c.term[0] == RICH))

    @property
    def is_empty(self) -> bool:
        """Return whether no paper can match, because nothing is wanted or required."""
        return not (self.wanted or self.required)


def packed(query: CompiledQuery) -> str:
    """Write a query compactly, for tables of many: one term per line, then two lines of weights.

    Each weight is one digit: the first line has those of the required clauses, the second those of
    the wanted.
    """
    weights = ["".join(str(c.weight) for c in part) for part in (query.required, query.wanted)]
    return "\n".join([*query.plan[0], *weights])


_WORTH = bytes(max(character - ord("0"), 0) for character in range(256))


def unpacked(row: str) -> Plan:
    """Read the text that ``packed`` wrote: exactly what ranking needs."""
    terms = row.split("\n")
    wanted = terms.pop()
    return terms, len(wanted), (wanted + terms.pop()).encode().translate(_WORTH)
