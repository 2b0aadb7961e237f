"""What a query means for one paper, written down as plainly as can be.

Shares nothing with the engine but the tree, and the words' own rules (``text``, ``lemmas``,
``compounds``, ``wildcards``); slow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Sequence
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
from digest.language.compounds import are_a_name, may_join
from digest.language.lemmas import is_common_word, lemmas, meant, stem
from digest.language.wildcards import Wildcard, is_wild
from digest.language.words import bare, fold, raw_words, surface, tokens
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
    found = judged(query, paper, listings, minimum, trending)
    return found and found[0]


def judged(
    query: CompiledQuery,
    paper: Paper,
    listings: Collection[str],
    minimum: int = 0,
    trending: int = 0,
    rarity: Callable[[Clause], int] = lambda clause: 0,
) -> tuple[int, int, int] | None:
    """Give the score, the rarity of what matched, and how many clauses did; None for no match."""

    def hits(clause: Clause) -> bool:
        return matches(clause.node, paper, listings)

    wanted = [*filter(hits, query.wanted)]
    if any(map(hits, query.excluded)) or not all(map(hits, query.required)):
        return None
    if query.wanted and not wanted:
        return None
    if not query.wanted and not query.required:
        return None
    gains = [
        (clause.weight * (3 if is_strong(clause.node, paper, listings) else 1), rarity(clause))
        for clause in (*wanted, *query.required)
    ]
    points = sum(gain for gain, _ in gains)
    total = points + trending * ((paper.upvotes or 0) // 10)
    worth = sum(gain * rare for gain, rare in gains) * total // points
    return (total, worth, len(gains)) if total >= minimum else None


def rarity(count: int, papers: int) -> int:
    """Give how rare is what so many of so many papers have, in hundredths of a bit."""
    return round(math.log2((papers + 1) / (count + 1)) * 100)


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
            form = " ".join(surface(word) for word, _, _ in words[start:end])
            if form not in phrase.without:
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
    word, here = row[0], words[at][0]
    following = words[at + 1] if at + 1 < len(words) else ("", 0, 0)
    gap = text[words[at][2] : following[1]]
    if phrase.form is not WordMatching.STEM:
        yield from [(1, at + 1)] * is_exactly(phrase, here, word)
    elif is_wild(word):
        yield from wildly(phrase, here, following[0], gap, word, at)
    elif word.endswith("~"):
        yield from [(1, at + 1)] * (stem(here) == stem(word[:-1]))
    elif wants_capitals(phrase):
        capitals = bare(word).removesuffix("s")
        yield from [(1, at + 1)] * (bare(here) in (capitals, capitals + "s"))
    elif "-" in word:
        yield from parted_by_hyphen(phrase, here, following[0], word, at)
        if len(row) > 1 and are_a_name(surface(word.partition("-")[2]), surface(row[1])):
            glued = word + surface(row[1])
            for _, place in parted_by_hyphen(phrase, here, following[0], glued, at):
                yield 2, place
    else:
        yield from [(1, at + 1)] * is_form(phrase, here, word)
        yield from [(1, at + 2)] * is_parted(phrase, here, following[0], gap, word)
        yield from [(2, at + 1)] * (len(row) > 1 and is_joined(phrase, here, word, row[1]))


def is_form(phrase: Phrase, here: str, word: str) -> bool:
    """Whether a word of a text is a form of one of a query."""
    forms = lemmas(here, phrase.language)
    return not {*forms}.isdisjoint(meant(word, phrase.language))


def is_exactly(phrase: Phrase, here: str, word: str) -> bool:
    is_prefix = word.endswith("*") and is_wild(word)
    if phrase.form is WordMatching.WORD:
        one, other = surface(here), surface(word[:-1] if is_prefix else word)
        return one.startswith(other) if is_prefix else one == other
    here, word = straight(here), straight(word[:-1] if is_prefix else word)
    if is_prefix:
        return here.startswith(word)
    plural = [word + "s", word + "s's"] if sum(map(str.isupper, word)) > 1 else []
    return here in (word, word + "'s", *plural)


def straight(raw: str) -> str:
    raw = raw.replace("’", "'")
    return bare(raw) + "'s" * raw.endswith("'s")


def wants_capitals(phrase: Phrase) -> bool:
    word = bare(phrase.words[0])
    word = word[:-1] if word[-1] == "s" and word[-2:-1].isupper() and len(word) > 2 else word
    is_alone = len(phrase.words) == 1 and word.isupper() and word.isalpha() and word.isascii()
    return is_alone and is_common_word(word.lower())


def wildly(
    phrase: Phrase, here: str, following: str, gap: str, word: str, at: int
) -> Iterator[tuple[int, int]]:
    wildcard = Wildcard(word.replace("-", ""))
    plain = word[:-1]
    is_one = wildcard.fits(surface(here))
    if wildcard.is_prefix:
        is_one = is_one or is_form(phrase, here, wildcard.head)
        if "-" in word:
            yield from parted_by_hyphen(phrase, here, following, plain, at)
        else:
            yield from [(1, at + 2)] * is_parted(phrase, here, following, gap, surface(plain))
    yield from [(1, at + 1)] * is_one
    left, right = surface(here), surface(following)
    is_head = not wildcard.is_prefix or all(not left.startswith(head) for head in wildcard.heads)
    is_two = bool(right) and wildcard.fits(left + right) and not are_digits(left, right)
    by_hyphen = "-" in word and left == word.partition("-")[0]
    may = by_hyphen or may_join(left, right) if is_two else False
    yield from [(1, at + 2)] * (is_two and is_head and (may or " " not in gap))


def parted_by_hyphen(
    phrase: Phrase, here: str, following: str, word: str, at: int
) -> Iterator[tuple[int, int]]:
    left, right = word.split("-")
    if following and is_form(phrase, here, left) and is_form(phrase, following, right):
        yield 1, at + 2
    yield from [(1, at + 1)] * is_form(phrase, here, surface(left) + surface(right))


def is_parted(phrase: Phrase, here: str, following: str, gap: str, word: str) -> bool:
    """Whether two words of a text are one of a query."""
    left, whole = surface(here), surface(word)
    right = whole[len(left) :]
    if not following or not right or not whole.startswith(left) or are_digits(left, right):
        return False
    is_short = len(whole) < 3 and not (len(whole) == 2 and left.isdigit() != right.isdigit())
    is_right = is_form(phrase, following, right) and surface(following).startswith(
        right[: max(2, len(right) - 3)]
    )
    may = may_join(left, surface(following)) or " " not in gap
    return is_right and may and not is_short and is_form(phrase, here, left)


def is_joined(phrase: Phrase, here: str, word: str, other: str) -> bool:
    """Whether a word of a text is two of a query."""
    if any("-" in each or is_wild(each) or each.endswith("~") for each in (word, other)):
        return False
    left, right = surface(word), surface(other)
    is_long = len(surface(here)) > len(left) and surface(here).startswith(left + right[:2])
    return is_long and may_join(left, right) and is_form(phrase, here, left + right)


def are_digits(left: str, right: str) -> bool:
    return left[-1:].isdigit() and right[:1].isdigit()


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
    return [fold(word) for word in raw_words(name.replace(".", ". "))]


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
