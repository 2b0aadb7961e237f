"""A query as a day is asked it: a term for each clause, and what each is worth.

A term is a clause with nothing left to be parsed, folded or stemmed twice; two ways to write the
same thing make the same term.  It is made when a profile is read, so that matching need not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from .people import questions
from .text import stem, surface
from .tree import Author, NamePattern, Node, Or, Phrase, WordMatching

#: The letter, before a colon, that a phrase's term begins with, by its field.
PHRASES: Final = {"": "x", "title": "t", "abstract": "b", "comment": "m", "org": "o"}
#: ... a person's, a category's, a listing's; those of a choice of such terms, and of anything else
PERSON, CATEGORY, LISTING, CHOICE, RICH = "u", "c", "l", "|", "?"
#: what parts the terms of a choice: no word or name can hold it
BAR: Final = "\x1f"


def term(node: Node) -> str:
    """Write ``node`` as its term: a kind, a colon, and what ``match`` looks up.

    What is no leaf, and no choice of leaves, stays in canonical writing: it must be parsed again
    where only the term is known.
    """
    match node:
        case Phrase(words, field, WordMatching.STEM):
            return f"{PHRASES[field]}:{' '.join(map(_normal, words))}"
        case Author(name):
            return f"{PERSON}:{questions(name)}"
        case NamePattern(field, pattern):
            return f"{CATEGORY if field == 'category' else LISTING}:{pattern.casefold()}"
        case Or(nodes):
            terms = [term(child) for child in nodes]
            if not any(each[0] in (CHOICE, RICH) for each in terms):
                return f"{CHOICE}:{BAR.join(terms)}"
    return f"{RICH}:{node}"


@lru_cache(maxsize=65_536)
def _normal(word: str) -> str:
    """Fold a word, unless its capitals tell a plural that its letters do not."""
    if word[-1] == "*":
        return surface(word[:-1]) + "*"
    folded = surface(word)
    is_told = folded != word and (stem(folded) != stem(word) or " " in folded)
    return word if is_told else folded


@dataclass(frozen=True, slots=True)
class Clause:
    """One item of a profile: as its reader wrote it, what the mail calls it, what it is worth."""

    text: str
    label: str
    weight: int
    node: Node
    term: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "term", term(self.node))


#: What ranking needs of a query: a term for each clause, first the wanted, then the required, then
#: the excluded; how many are wanted; what the wanted and the required are worth, a byte each.  A
#: bare tuple, since reading a million of them is part of a morning.
Plan: TypeAlias = tuple[list[str], int, bytes]


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """What a profile asks for.

    A paper matches when no excluded clause matches, every required one does, and so does one of
    the wanted, where there are any.  A query that wants and requires nothing matches nothing.
    """

    wanted: tuple[Clause, ...] = ()
    required: tuple[Clause, ...] = ()
    excluded: tuple[Clause, ...] = ()
    plan: Plan = field(init=False, repr=False, compare=False)
    #: the clauses whose terms would have to be parsed
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
        """Whether no paper can match, because nothing is asked for."""
        return not (self.wanted or self.required)


def packed(query: CompiledQuery) -> str:
    """Write a query for tables of very many: a term a line, then two lines of weights.

    Each weight is a digit: first those of the required clauses, then those of the wanted.
    """
    weights = ["".join(str(c.weight) for c in part) for part in (query.required, query.wanted)]
    return "\n".join([*query.plan[0], *weights])


_WORTH = bytes(max(character - ord("0"), 0) for character in range(256))


def unpacked(row: str) -> Plan:
    """Read what ``packed`` wrote, as far as ranking needs it."""
    terms = row.split("\n")
    wanted = terms.pop()
    return terms, len(wanted), (wanted + terms.pop()).encode().translate(_WORTH)
