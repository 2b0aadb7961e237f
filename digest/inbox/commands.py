"""What a reader asks for, in a line or two: ``add mixture of experts``, ``pause …``, ``show``.

Read from the top of what they wrote themselves.  ``unsubscribe`` is a word of its own, so it is
never taken for ``subscribe``; and where both stand there, it is the one that counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .incoming import Incoming

#: Those that take words, and those that take none.
_WITH_WORDS = frozenset({"subscribe", "add", "del", "try", "pause"})
_ALONE = frozenset({"unsubscribe", "show", "digest", "help"})

#: "Hello," may come first, but not a story.
_GREETINGS = 2
MOST = 10

_COMMAND = re.compile(r"^[\s*\"'“”„«»]*([A-Za-z]+)[\s:]*(.*?)[\s\"'“”]*$", re.DOTALL)
#: "Re:", "AW:", "Réf :", "回复:" and as many of them as there are
_REPLY = re.compile(r"^(?:\s*[^\W\d_]{1,6}(?:\[\d+\])?\s?[::]\s*)+")
_TOKEN = re.compile(r"\b(confirm|unsubscribe)\s+([A-Za-z0-9_.-]{30,400})", re.IGNORECASE)
_PAUSE = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*(?:\.\.|–|-|to)\s*(\d{4}-\d\d-\d\d))?")


@dataclass(frozen=True, slots=True)
class Command:
    """One request; ``words`` as they were written, a token for confirm and unsubscribe."""

    verb: str
    words: str = ""


def commands(mail: Incoming) -> list[Command]:
    """What the mail asks for, in its order; empty where nothing can be understood."""
    if (signed := _TOKEN.search(mail.subject)) is not None:
        return [Command(signed[1].lower(), signed[2])]
    found = list(_from(mail.lines))
    if not found:
        found = list(_from([_REPLY.sub("", mail.subject)])) if not mail.lines else []
        found = found or [c for c in _from([mail.subject]) if c.verb in ("unsubscribe", "help")]
    leaving = [command for command in found if command.verb == "unsubscribe"]
    return leaving[:1] or found[:MOST]


def _from(lines: tuple[str, ...] | list[str]) -> Iterator[Command]:
    has_begun, greetings = False, 0
    for line in lines:
        command = _command(line)
        if command is not None:
            has_begun = True
            yield command
        elif has_begun or greetings >= _GREETINGS:
            return
        else:
            greetings += 1


def _command(line: str) -> Command | None:
    signed = _TOKEN.match(line)
    if signed is not None:
        return Command(signed[1].lower(), signed[2])
    match = _COMMAND.match(line)
    if match is None:
        return None
    verb, words = match[1].lower(), match[2].strip()
    if verb in _ALONE and len(words) < 40:
        return Command(verb)
    return Command(verb, line[match.start(2) :].strip()) if verb in _WITH_WORDS and words else None


def terms(words: str) -> list[str]:
    """The interests in a line: parted by commas, but not inside quotes, brackets or slashes."""
    found, depth, quoted, current = [], 0, "", ""
    for character in words:
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in '"/':
            quoted = character
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0 and not quoted:
            found.append(current)
            current = ""
        else:
            current += character
    return [term for each in [*found, current] if (term := " ".join(each.split()))]


def days(words: str) -> tuple[date | None, date] | None:
    """``2026-12-24..2027-01-06``, or one date: until then; None where it is neither."""
    match = _PAUSE.search(words)
    if match is None:
        return None
    try:
        first = date.fromisoformat(match[1])
        last = date.fromisoformat(match[2]) if match[2] else None
    except ValueError:
        return None
    if last is None:
        return None, first
    return (first, last) if first <= last else None
