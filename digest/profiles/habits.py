"""The words that people write where a profile has others, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from .. import expressions
from ..errors import Mistake, Sentence, write
from ..language.foreign import ONLY_NEW
from ..strict_yaml.document import Document
from ..strict_yaml.shape import did_you_mean
from ..strict_yaml.slips import shown, slip

_CATEGORY = Sentence("write %(text)s under all, or under any", text="category:cs.LG")
_SCHEDULE = write("schedule: {at: '07:30', days: weekdays}")

#: our key → the words that people write for it; where several keys fit, the first that is known
_WORDS: Final[Mapping[str, str]] = {
    "any": """
        keyword keywords include includes included include_keywords topic topics term terms search
        searches interest interests should want wanted words positive filter filters phrases or
        query queries watch follow subscribe
        """,
    "none": """
        exclude excludes excluded exclude_keywords exclusions not no negative block blocked
        blacklist blocklist denylist must_not ignore ignored without avoid mute muted except skip
        drop stopwords
        """,
    "all": "and must must_have require requires required everything",
    "authors": "author people person names researcher researchers by who follow_authors",
    "to": """
        email emails e_mail e_mails mail address addresses recipient recipients send_to reader
        subscriber subscribers
        """,
    "title": "name heading header subject headline",
    "profile": "id slug key",
    "limit": "max max_papers max_results maximum top top_n count number most papers max_items",
    "at_most": "cap caps quota max_per max_each",
    "minimum": "min min_score threshold cutoff minimum_score least score",
    "listings": "listing source sources feed feeds lists journal journals rss archives",
    "query": "keyword term phrase pattern text words search any",
    "weight": "score points boost priority importance factor",
    "label": "title name tag note comment as",
    "without": """
        exclude excludes excluded except not no none negative ignore avoid skip drop forms words
    """,
    _SCHEDULE: "frequency time when hour daily day days at",
    write("schedule: {timezone: Europe/Berlin}"): "timezone time_zone tz",
    _CATEGORY: "category categories cat cats subject_class subjects arxiv arxiv_categories fields",
    ONLY_NEW: "since until before after year years date dates",
    Sentence(
        "write an item as %(text)s", text="{query: graph, weight: 3}"
    ): "weights weight scores boosts",
}
#: a word → our keys for it
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(key for key, words in _WORDS.items() if word in words.split())
    for words in _WORDS.values()
    for word in words.split()
}


def ours(key: str) -> tuple[str, ...]:
    """Return our keys for a key that is not ours, or hints, the likeliest first."""
    word = key.strip(" “”\"'").lower().replace("-", "_").replace(" ", "_")
    first = word.partition("_")[0]
    return KEYS.get(word) or (KEYS.get(first, ()) if first in ("exclude", "include") else ())


def looks_for(key: str) -> bool:
    """Return whether a key that is not ours says what is looked for."""
    wanted = ("any", "all", "authors")
    return ours(key)[:1] in [(each,) for each in (*wanted, _CATEGORY)] or bool(
        did_you_mean(key, wanted)
    )


def explained(document: Document, mistakes: list[Mistake]) -> Iterator[Mistake]:
    """Yield the mistakes, those of a known habit with what to write instead."""
    lines = document.source.split("\n")
    for mistake in mistakes:
        key, _, said = mistake.message.partition(": ")
        if mistake.message == "a mapping (key: value) is expected":
            yield _no_mapping(document.data, lines, mistake)
        elif said == "text is expected":
            yield _no_text(lines[mistake.line - 1], mistake)
        elif said.startswith("a list is expected") and isinstance(document.data, dict):
            yield slip(lines, [mistake.line - 1]) or replace(
                mistake, hint=_as_list(key, document.data.get(key))
            )
        elif said == "a whole number is expected" and isinstance(document.data, dict):
            yield replace(mistake, hint=_as_number(key, document.data.get(key)))
        elif key == "schedule" and mistake.hint == "":
            yield replace(mistake, hint=_SCHEDULE)
        elif mistake.message != "query is missing" or not any(
            each.hint == "did you mean query?" for each in mistakes
        ):
            yield mistake


def _as_list(key: str, value: Any) -> str:
    """Return a hint how to write a value of ``key`` as the list that it should be."""
    if isinstance(value, dict) and value:
        word, inner = next(iter(value.items()))
        if inner is None:
            return write(f"{key}: [{', '.join(map(shown, value))}]")
        if isinstance(inner, dict):
            inner = inner.get("weight")
        if isinstance(inner, int | float):
            query = f"author:{shown(word)}" if key == "authors" else shown(word)
            written = f"{{query: {query}, weight: {min(max(round(inner), 1), 9)}}}"
            if key == "authors":
                return Sentence("write %(text)s under any", text=written)
            return write(f"- {written}")
        return Sentence(
            "put the list right under %(key)s, without %(word)s",
            key=f"{key}:",
            word=f"{shown(word)}:",
        )
    if not isinstance(value, str) or value.lower() in ("none", "no", "nothing", "all", "any"):
        return Sentence("leave the line out") if isinstance(value, str) else ""
    value = value.removeprefix("(").removesuffix(")").lstrip("—–-•* ")
    text = f'"{value}"' if key == "authors" and "," in value else value
    return write(f"{key}: [{shown(text)}]")


def _as_number(key: str, value: Any) -> str:
    """Return a hint with the number in a value that is to be one; empty if there is none."""
    found = _NUMBER.search(value) if isinstance(value, str) else None
    return write(f"{key}: {found[0]}") if found else ""


_NUMBER = expressions.compile(r"\d{1,5}")


def _no_mapping(data: Any, lines: list[str], mistake: Mistake) -> Mistake:
    """Explain a file that is no mapping of keys."""
    if isinstance(data, list):
        hint = Sentence("write %(key)s in a line above", key="any:")
        return Mistake(1, 1, Sentence("a list without its key"), hint)
    if not isinstance(data, str):
        return replace(mistake, hint=write("any: [graph]"))
    if lines[0].strip() in ("any", "all", "none", "authors"):
        return Mistake(1, 1, Sentence("a key without a colon"), write(f"{lines[0].strip()}:"))
    words = ", ".join(line.strip() for line in lines if line.strip()).replace(";", ",")
    return slip(lines, range(len(lines))) or replace(
        mistake, message=Sentence("text without a key"), hint=write(f"any: [{shown(words)}]")
    )


_COMMENT = expressions.anchored(r"[ ]*-[ ]+(?P<text>#[^\s#].*)")


def _no_text(line: str, mistake: Mistake) -> Mistake:
    """Explain an item that is empty because a ``#`` begins a comment, or has nothing at all."""
    if found := _COMMENT.fullmatch(line.rstrip()):
        text = shown(found["text"])
        message = Sentence("# begins a comment, so this item is empty")
        hint = Sentence("write %(one)s, or %(other)s", one=f'"{text}"', other=text[1:])
        return Mistake(mistake.line, found.start("text") + 1, message, hint)
    if line.rstrip().endswith("-"):
        return replace(mistake, hint=Sentence("remove the dash, or write a word"))
    if mistake.hint:
        return mistake
    is_list = line[mistake.column - 1 :].startswith("[")
    one = Sentence("write one text: %(text)s", text="graph OR mesh")
    return replace(mistake, hint=one if is_list else Sentence("write a word"))
