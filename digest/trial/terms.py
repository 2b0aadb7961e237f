"""Terms that may name what papers are about: words in a row, each once, whatever its form."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from .. import expressions
from ..language import OPERATORS
from ..language.lemmas import meant
from ..language.words import SMALL_WORDS, raw_words
from ..model import Paper

#: Most words in a term.
MAX_TERM_WORDS = 3
#: A term is a fragment if so large a part of its papers has it within one longer term.
FRAGMENT = 0.7

#: Words that want a further one ("graph-based methods"); below, those at neither end of a term.
_OPEN = frozenset(
    """
    agnostic aware based driven enabled free guided inspired level like oriented specific wise
    """.split()  # noqa: SIM905
)
_BESIDE = SMALL_WORDS | frozenset(
    """
    about above across after against all along also although among any around because been before
    being below between beyond both but can could different do does due during each either even
    every few how however may might more most much must new novel often only other over own per
    rather same several should since some such than those through thus toward towards under unlike
    until upon us used using various very via well what when where whereas whether which while who
    why within without would yet
    achieve achieved achieves achieving allow allows compared consider demonstrate demonstrated
    demonstrates enable enables enabling evaluate evaluated existing improve improved improves
    improving introduce introduced introduces leads leverage leverages leveraging obtain obtained
    outperform outperforms perform performs propose proposed proposes provide provides remain
    remains require required requires show showed shown shows suggest suggests trained
    """.split()  # noqa: SIM905
)

#: the lemmas of a term's words, by which its forms are one
_Key: TypeAlias = tuple[str, ...]

# No term reaches over these signs; an apostrophe, a hyphen and a point within a word part nothing.
_BETWEEN = expressions.compile(r"[^\w\s.'’‐‑+#*&-]+|\.(?!\w)|\s-+\s")
#: the one small word that a term may have within: "mixture of experts"
_WITHIN = "of"


def candidates(papers: Sequence[Paper], most: int) -> list[str]:
    """Return the most frequent terms of papers; terms in titles count twice.

    Of several forms of a term the most frequent is returned, and no part of a longer term that is
    hardly in a paper without the rest.
    """
    counts: Counter[_Key] = Counter()
    holders: defaultdict[_Key, set[int]] = defaultdict(set)
    forms: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
    for number, paper in enumerate(papers):
        own = [(each, 1) for each in _terms_in(paper.title, 1)]
        own += [(each, 2) for each in _terms_in(f"{paper.title} . {paper.abstract}", 2)]
        for key, _ in {(key, shortest) for (key, _), shortest in own}:
            counts[key] += 1
            holders[key].add(number)
        for (key, form), _ in own:
            forms[key][form] += 1
    frequent = [key for key, _ in counts.most_common(3 * most)]
    whole = _without_fragments(frequent, holders)
    joined: dict[str, _Key] = {}  # "fine tuning" and "finetuning" are one
    for key in whole:
        if len(key) <= MAX_TERM_WORDS:
            joined.setdefault("".join(key), key)
    return [forms[key].most_common(1)[0][0] for key in list(joined.values())[:most]]


def _without_fragments(
    keys: Sequence[_Key], holders: defaultdict[_Key, set[int]]
) -> Iterator[_Key]:
    inside: defaultdict[_Key, int] = defaultdict(int)
    for key in keys:
        if len(holders[key]) == 1:  # one paper says little of which words belong together
            continue
        for length in range(1, len(key)):
            for start in range(len(key) - length + 1):
                part = key[start : start + length]
                inside[part] = max(inside[part], len(holders[key]))
    return (key for key in keys if inside[key] < FRAGMENT * len(holders[key]))


def _terms_in(text: str, shortest: int) -> Iterator[tuple[_Key, str]]:
    """Yield the terms of at least ``shortest`` words, each with its lemmas, that may be a subject.

    Words that hyphens join are one piece, of which no term has only a part.
    """
    is_loud = text.upper() == text
    for sentence in _BETWEEN.split(text):
        pieces = [_words_of(piece, is_loud=is_loud) for piece in sentence.split()]
        for start in range(len(pieces)):
            words: list[str] = []
            # One word more than a term has, to know the fragments of longer ones.
            for end in range(start, min(start + MAX_TERM_WORDS + 1, len(pieces))):
                words += pieces[end]
                if not pieces[end] or len(words) > MAX_TERM_WORDS + 1:
                    break
                if len(words) >= shortest and _is_telling(words):
                    key = tuple(meant(word)[0] for word in words)
                    yield key, " ".join("-".join(piece) for piece in pieces[start : end + 1])


def _words_of(piece: str, *, is_loud: bool) -> list[str]:
    """Return the words of a piece of text, in small letters but for abbreviations."""
    words = raw_words(piece)
    return [word if not is_loud and _is_abbreviation(word) else word.lower() for word in words]


def _is_abbreviation(word: str) -> bool:
    capitals = sum(map(str.isupper, word))
    return capitals > 1 or (capitals > 0 and any(map(str.isdigit, word)))


def _is_telling(words: Sequence[str]) -> bool:
    first, *within, last = words if len(words) > 1 else (words[0], words[0])
    if not (_is_word(first) and _is_word(last)) or last in _OPEN:
        return False
    if any(word.upper() in OPERATORS for word in words):
        return False
    return all(word == _WITHIN or _is_word(word) for word in within)


def _is_word(word: str) -> bool:
    """Return whether a word may begin or end a term; of two letters only CT, RL, 3D and such."""
    if word.lower() in _BESIDE or word.isdigit():
        return False
    if len(word) > 2:
        return True
    return len(word) == 2 and (word.isupper() or any(map(str.isdigit, word)))
