"""Inserts: what is put into a block of a mail in place of the marks and reasons of one subscriber.

They are Unicode non-characters, which no cleaned text can hold, as the placeholders are; but texts
of any length replace them, so that a line of the mail that holds one is made for each subscriber.
"""

from __future__ import annotations

from .excerpts import TextRun

#: begin an insert: a text, a text with marks, lines that are rendered already; its place follows
TEXT, RUNS, LINES = "\ufde0", "\ufde1", "\ufde4"
#: the marked part of a text with marks, and its end
MARKED, AFTER = "\ufde2", "\ufde3"
#: a paragraph that is wrapped once its inserts are known: its start, its parts, its end
PARAGRAPH, PART, END = "\ufde5", "\ufde6", "\ufde7"

_FIRST_PLACE = ord("A")


def text(place: int) -> str:
    """Return the insert for the text at a place."""
    return TEXT + chr(_FIRST_PLACE + place)


def runs(place: int) -> tuple[TextRun, ...]:
    """Return the insert for the text with marks at a place; a template shows how it marks one."""
    letter = chr(_FIRST_PLACE + place)
    return TextRun(RUNS + letter), TextRun(MARKED, hit=True), TextRun(AFTER)


def marked(text: tuple[TextRun, ...]) -> str:
    """Return a text with its marks, as it replaces an insert."""
    return "".join([f"{MARKED}{run.text}{AFTER}" if run.hit else run.text for run in text])


def lines(place: int) -> str:
    """Return the insert for rendered lines at a place."""
    return f"{LINES}{chr(_FIRST_PLACE + place)}\n"


def place_of(letter: str) -> int:
    """Return the place that an insert names."""
    return ord(letter) - _FIRST_PLACE


def has_insert(text: str) -> bool:
    """Return whether a text is to be completed by an insert."""
    return not text.isascii() and (TEXT in text or RUNS in text)


def deferred(text: str, indent: int, first: str, mark: str = "") -> str:
    """Return what is put for a paragraph until its inserts are known."""
    return f"{PARAGRAPH}{indent}{PART}{mark}{PART}{first}{PART}{text}{END}"
