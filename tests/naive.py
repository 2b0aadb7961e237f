"""What a query means for one paper, written down as plainly as can be.

Shares nothing with the engine but the tree, and the words' own rules (``text``); slow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from unicodedata import normalize

from digest.language import (
    And,
    Author,
    Clause,
    CompiledQuery,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Regex,
    WordMatching,
)
from digest.language.text import SMALL_WORDS, are_same_word, fold, raw_words, stem, surface, tokens
from digest.model import Paper

Token = tuple[str, int, int]  # as written, and where


def score(
    query: CompiledQuery,
    paper: Paper,
    listings: Collection[str],
    minimum: int = 0,
    trending: int = 0,
) -> int | None:
    """Give the paper's score, or None where it does not match."""

    def hits(clause: Clause) -> bool:
        return matches(clause.node, paper, listings)

    if any(map(hits, query.excluded)) or not all(map(hits, query.required)):
        return None
    if query.wanted and not any(map(hits, query.wanted)):
        return None
    if not query.wanted and not query.required:
        return None
    total = sum(
        clause.weight * (3 if is_strong(clause.node, paper, listings) else 1)
        for clause in (*query.wanted, *query.required)
        if hits(clause)
    )
    total += trending * ((paper.upvotes or 0) // 10)
    return total if total >= minimum else None


def matches(node: Node, paper: Paper, listings: Collection[str]) -> bool:
    match node:
        case And(nodes):
            return all(matches(child, paper, listings) for child in nodes)
        case Or(nodes):
            return any(matches(child, paper, listings) for child in nodes)
        case Not(child):
            return not matches(child, paper, listings)
        case Author(name):
            return any(is_person(name, author) for author in paper.authors)
        case NamePattern(field, pattern):
            names = paper.categories if field == "category" else listings
            return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)
        case Regex(pattern, field, ignore_case):
            flags = re.IGNORECASE if ignore_case else re.NOFLAG
            return any(re.search(pattern, text, flags) for text in texts(paper, field))
        case Phrase():
            return any(list(runs(node, text)) for text in texts(paper, node.field))
        case Near():
            return any(is_near(node, text) for text in texts(paper, field_of(node)))


def is_strong(node: Node, paper: Paper, listings: Collection[str]) -> bool:
    """Whether it matches, and does so by the title or an author."""
    if not matches(node, paper, listings):
        return False
    match node:
        case And(nodes) | Or(nodes):
            return any(is_strong(child, paper, listings) for child in nodes)
        case Author():
            return True
        case Regex(_, field) | Phrase(_, field):
            if field == "author":
                return True
            only_title = Paper(key="", title=paper.title)
            return field in ("", "title") and matches(node, only_title, ())
        case Near():
            only_title = Paper(key="", title=paper.title)
            return field_of(node) in ("", "title") and matches(node, only_title, ())
        case _:
            return False


def texts(paper: Paper, field: str) -> list[str]:
    fields = {
        "title": [paper.title],
        "abstract": [paper.abstract],
        "author": [", ".join(paper.authors)],
        "org": [paper.organisation],
        "comment": [paper.comment],
    }
    return fields[field] if field else [paper.title, paper.abstract]


def field_of(node: Near) -> str:
    side = node.left.nodes[0] if isinstance(node.left, Or) else node.left
    assert isinstance(side, Phrase)
    return side.field


@lru_cache(maxsize=100_000)
def words_of(text: str) -> list[Token]:
    return [(normalize("NFC", text[start:end]), start, end) for _, start, end in tokens(text)]


def runs(phrase: Phrase, text: str) -> Iterator[tuple[int, int]]:
    """Give where the phrase stands, as half-open ranges of the text's words."""
    words = words_of(text)
    for start in range(len(words)):
        for end in ends(phrase, list(phrase.words), text, words, start):
            yield start, end


def ends(phrase: Phrase, row: list[str], text: str, words: list[Token], at: int) -> Iterator[int]:
    """Give where the rest of a phrase ends if it begins at word ``at``."""
    if not row:
        yield at
        return
    for taken, place in steps(phrase, row, text, words, at):
        yield from ends(phrase, row[taken:], text, words, place)


def steps(
    phrase: Phrase, row: list[str], text: str, words: list[Token], at: int
) -> Iterator[tuple[int, int]]:
    """Give how many words of the phrase go on how far in the text."""
    if at >= len(words):
        return
    word, (here, _, end) = row[0], words[at]
    if phrase.form is WordMatching.CASE:
        if here in (word, word + "'s"):
            yield 1, at + 1
        return
    if phrase.form is WordMatching.WORD:
        if surface(here) == surface(word):
            yield 1, at + 1
        return
    if word.endswith("*"):
        if surface(here).startswith(surface(word[:-1])):
            yield 1, at + 1
        return
    has_next = at + 1 < len(words)
    if "-" in word:
        left, right = word.split("-")
        if has_next and stem(here) == stem(left) and stem(words[at + 1][0]) == stem(right):
            yield 1, at + 2
        if stem(here) == stem(surface(left) + right):
            yield 1, at + 1
        return
    if stem(here) == stem(word):
        yield 1, at + 1
    if any(other.endswith("*") for other in phrase.words):
        return
    if has_next:
        left, right = surface(here), surface(word)[len(surface(here)) :]
        gap = text[end : words[at + 1][1]]
        is_one = surface(word).startswith(left) and right and stem(words[at + 1][0]) == stem(right)
        is_small = left in SMALL_WORDS or surface(words[at + 1][0]) in SMALL_WORDS
        are_digits = left[-1].isdigit() and right[:1].isdigit()
        is_short = len(surface(word)) < 3 and surface(word).isalpha()
        if not is_short and is_one and not are_digits and not (is_small and " " in gap):
            yield 1, at + 2
    if len(row) > 1 and may_join(word, row[1]):
        yield from [(2, at + 1)] * (stem(here) == stem(surface(word) + surface(row[1])))


def may_join(one: str, two: str) -> bool:
    if "-" in two or {one.lower(), two.lower()} & SMALL_WORDS:
        return False
    return are_same_word(surface(one), surface(two)) and not (
        one[-1].isdigit() and two[0].isdigit()
    )


def is_near(node: Near, text: str) -> bool:
    def side(part: Node) -> list[tuple[int, int]]:
        phrases = part.nodes if isinstance(part, Or) else (part,)
        return [run for phrase in phrases for run in runs(phrase, text)]  # type: ignore[arg-type]

    return any(
        0 <= second[0] - first[1] <= node.distance
        for left in side(node.left)
        for right in side(node.right)
        for first, second in ((left, right), (right, left))
    )


def is_person(name: str, author: str) -> bool:
    """Whether an author may be whom ``name`` names; enough for the names in ``queries``."""
    return any(
        family == other and agree(given, others)
        for family, given in partings(name, both_ends=True)
        for other, others in partings(author, both_ends=False)
    )


def partings(name: str, *, both_ends: bool) -> Iterator[tuple[str, Sequence[str]]]:
    if "," in name:
        family, given = name.split(",")
        words = folded(family)
        for length in range(1, 4) if not both_ends else (len(words),):
            yield "".join(words[-length:]), folded(given) + words[:-length]
        return
    words = folded(name)
    for length in range(1, min(3, len(words)) + 1):
        yield "".join(words[-length:]), words[:-length]
        if both_ends and length < len(words):
            yield "".join(words[:length]), words[length:]


def folded(name: str) -> list[str]:
    return [fold(word) for word in raw_words(name)]


def agree(given: Sequence[str], others: Sequence[str]) -> bool:
    def same(one: str, other: str) -> bool:
        return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])

    if not given or list(given) == list(others):
        return True
    if not others:
        return False
    if not same(given[0], others[0]):
        return len(given[0]) > 2 and given[0] in others
    few, many = sorted((list(given[1:]), list(others[1:])), key=len)
    while few and many:
        if same(few[0], many.pop(0)):
            few.pop(0)
    return not few
