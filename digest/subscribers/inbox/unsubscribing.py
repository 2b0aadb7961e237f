"""Recognize how people say that they want no more mail, in the languages of mail programs.

A match only causes a notice that asks for a confirmation, so it is better to match too often; but
an interest such as "add unsubscribe behaviour" is a command of its own, and is read first.
"""

from __future__ import annotations

import unicodedata

from .leaving_words import ALONE, POLITE, SAID_TOGETHER, STAYING, UNABLE, UNSUBSCRIBE_PHRASES
from .phrases import each, has

#: "remove alice@example.org from this list"
_TAKING = frozenset({"remove", "delete", "take", "drop", "erase", "withdraw", "strike"})
_AWAY = frozenset({"off", "from", "out", "away"})
_LISTS = frozenset({"list", "list-serv", "mailing", "listserv", "distribution", "database"})

#: "Don't remove me from the list"; a "not" alone does not count: "I could not unsubscribe".
_NEGATIONS = (
    *(" don't want to ", " do not want to ", " don't ever ", " do not ever ", " never asked to "),
    *(" don't ", " dont ", " do not ", " never ", " will not ", " won't ", " didn't ", " did not "),
)
_REFUSED = (
    *("unsubscribe", "remove", "delete", "take", "drop", "cancel", "opt ", "sign me", "sign off"),
    "stop ",
)

#: Apostrophes, and the dot that a Turkish capital leaves.
_SPELLING = {ord("’"): "'", ord("\u0307"): None}
_MARKS = str.maketrans(dict.fromkeys("!?.,;:*_\"'`“”„«»()[]…。!?、،؟¡¿", " "))


#: What ends a sentence, and what is ignored within one; how many are read, of what length.
_ENDS = str.maketrans(dict.fromkeys("!?;。؟", "."))
_APART = str.maketrans(dict.fromkeys(',:*_"“”„«»()[]、،¡¿', " "))
_MOST_SENTENCES, _LONGEST_SENTENCE = 10, 300


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_SPELLING)


def _stems(group: str) -> tuple[str, ...]:
    return tuple(stem.replace("~", " ") for stem in map(_folded, each(group)))


def asks_to_unsubscribe(text: str) -> bool:
    """Return whether a line or a sentence says that its writer wants no more mail."""
    folded = _folded(text)
    plain = _without_refusals(f" {' '.join(folded.split())} ")
    if has(STAYING, plain) and not has(UNABLE, plain):
        return False
    if any(phrase in plain and _is_said(phrase, plain) for phrase in _SPELT):
        return True
    words = plain.translate(_MARKS).split()
    sentences = plain.translate(_ENDS).split(".", _MOST_SENTENCES)[:_MOST_SENTENCES]
    if _is_taking(words) or any(map(_is_said_together, sentences)):
        return True
    return _without_politeness(words) in _LONELY or any(map(_asks_politely, sentences))


def _without_politeness(words: list[str]) -> str:
    return " ".join(word for word in words if word not in POLITE)


def _asks_politely(sentence: str) -> bool:
    """Return whether a sentence ends in such a word and politeness, as in ", please cancel"."""
    words = sentence.rpartition(",")[2].translate(_MARKS).split()
    rest = _without_politeness(words)
    return rest in _LONELY and rest != " ".join(words)


def _without_refusals(text: str) -> str:
    """Return the text without clauses such as "don't remove me from the list"."""
    for negation in _NEGATIONS:
        head, *rest = text.split(negation)
        kept = [head]
        for after in rest:
            is_refusal = after.startswith(_REFUSED)
            end = next((n for n, c in enumerate(after) if c in ".,;!?"), len(after))
            kept.append(f" {after[end:]} " if is_refusal else f"{negation}{after}")
        text = "".join(kept)
    return text


def _is_said_together(sentence: str) -> bool:
    """Return whether a sentence has a verb and what it is about, as in ``_SAID_TOGETHER``."""
    if len(sentence) > _LONGEST_SENTENCE:
        return False
    text = f" {' '.join(sentence.translate(_APART).split())} "
    return any(
        all(any(stem in text and _is_said(stem, text) for stem in group) for group in groups)
        for groups in _TOGETHER
    )


def _is_taking(words: list[str]) -> bool:
    """Return whether something is to be taken off a list, or an address to be removed."""
    found = next((n for n, word in enumerate(words) if word in _TAKING), None)
    if found is None:
        return False
    if words[found] == "take" and _AWAY.isdisjoint(words):
        return False
    return not _LISTS.isdisjoint(words) or any("@" in word for word in words[found + 1 :])


def _is_said(phrase: str, text: str) -> bool:
    """Return whether an ASCII phrase begins where a word does; others may begin anywhere.

    Chinese and Japanese have no spaces between words.
    """
    place = text.find(phrase)
    while place >= 0:
        before = text[place - 1]
        if not phrase[0].isascii() or not (before.isalnum() or before in "_-"):
            return True
        place = text.find(phrase, place + 1)
    return False


_SPELT = tuple(_folded(phrase) for text in UNSUBSCRIBE_PHRASES.values() for phrase in each(text))
_LONELY = frozenset(map(_folded, ALONE))
_TOGETHER = tuple(
    tuple(_stems(group) for group in line.split("+")) for line in SAID_TOGETHER.split(";")
)
