"""Inserts: what is put into a block of a mail in place of the marks and reasons of one subscriber.

They are Unicode non-characters, which no cleaned text can hold, as the placeholders are; but texts
of any length replace them, so that a line of the mail that holds one is made for each subscriber.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from .excerpts import TextRun

#: begin an insert: a text, a text with marks; its place follows
TEXT, RUNS = "\ufde0", "\ufde1"
#: the insert for lines that are rendered already
LINES = "\ufde4\n"
#: the marked part of a text with marks, and its end
MARKED, AFTER = "\ufde2", "\ufde3"
#: a paragraph that is wrapped once its inserts are known: its start, its parts, its end
PARAGRAPH, PART, END = "\ufde5", "\ufde6", "\ufde7"

_FIRST_PLACE = ord("A")


class Outline(NamedTuple):
    """What a block shows, parted into a subscriber's own texts and what many share."""

    #: texts of any length, without placeholders
    texts: Sequence[str]
    #: all else that decides what the block shows
    shared: Hashable
    #: return the block's variables with these texts, or inserts, in place of ``texts``
    view: Callable[[Sequence[str]], Mapping[str, Any]]


def outline(
    name: str, own: Mapping[str, str], shared: Hashable, view: Callable[[], Mapping[str, Any]]
) -> Outline:
    """Return the outline of a block that shows a view, of which ``own`` are its own texts.

    The view is made only where the block is rendered.
    """
    return Outline(
        list(own.values()),
        shared,
        lambda texts: {name: {**view(), **dict(zip(own, texts, strict=True))}},
    )


def text(place: int) -> str:
    """Return the insert for the text at a place."""
    return TEXT + chr(_FIRST_PLACE + place)


def for_texts(texts: Sequence[str]) -> list[str]:
    """Return an insert for each of these texts that is not empty."""
    return [each and text(place) for place, each in enumerate(texts)]


def runs(place: int) -> tuple[TextRun, ...]:
    """Return the insert for the text with marks at a place; a template shows how it marks one."""
    letter = chr(_FIRST_PLACE + place)
    return TextRun(RUNS + letter), TextRun(MARKED, hit=True), TextRun(AFTER)


def marked(cut: list[str]) -> str:
    """Return a text, of which every other piece matched, as it replaces an insert."""
    for place in range(1, len(cut), 2):
        cut[place] = cut[place] and f"{MARKED}{cut[place]}{AFTER}"
    return "".join(cut)


def place_of(letter: str) -> int:
    """Return the place that an insert names."""
    return ord(letter) - _FIRST_PLACE


def has_insert(text: str) -> bool:
    """Return whether a text is to be completed by an insert."""
    return not text.isascii() and (TEXT in text or RUNS in text)


def deferred(text: str, indent: int, first: str, mark: str = "") -> str:
    """Return what is put for a paragraph until its inserts are known."""
    return f"{PARAGRAPH}{indent}{PART}{mark}{PART}{first}{PART}{text}{END}"
