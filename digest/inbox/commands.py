"""What a reader asks for, in a line or two: ``add mixture of experts``, ``pause …``, ``show``.

Read from the top of what they wrote themselves.  ``unsubscribe`` is a word of its own, so it is
never taken for ``subscribe``; and where both stand there, it is the one that counts.  It may stand
in a sentence, or be a word of another language, because all it does is ask back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .incoming import Incoming

#: Those that take words, and those that take none.
_WITH_WORDS = frozenset({"subscribe", "add", "del", "try", "pause"})
_ALONE = frozenset({"unsubscribe", "resume", "show", "digest", "help"})

#: "Hello," may come first, but not a story.
_GREETINGS = 2
MOST = 10

#: What people say who do not know the word; none of them begins another command.
_LEAVING = frozenset(
    {"stop", "abbestellen", "abmelden", "désabonner", "désinscrire", "cancelar", "baja"}
    | {"退订", "退訂", "配信停止"}
)
_LEAVES = re.compile(r"(?<!\w)un[- ]?subscribe(?!\w)", re.IGNORECASE)

#: A word, and what follows it at a distance; marks for lists, bold print and quotes mean nothing.
_COMMAND = re.compile(r"^[\s*•·\-\"'`“”„«»]*([^\W\d_]+)(?![\w-])([*\"'`“”]*)[\s:]*(.*)$", re.DOTALL)
#: "Re:", "AW:", "Réf :", "回复:", "[EXTERNAL]", and as many of them as there are
_REPLY = re.compile(r"^(?:\s*(?:[^\W\d_]{1,6}(?:\[\d+\])?\s?[::]|\[[^\]]{1,40}\])\s*)+")
_QUOTES = str.maketrans("“”„«»", '"' * 5)
_TOKEN = re.compile(r"\b(confirm|unsubscribe)\s+([A-Za-z0-9_.-]{30,400})", re.IGNORECASE)
_PAUSE = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s*(?:\.{2,3}|…|–|—|-|to)\s*(\d{4}-\d\d-\d\d))?")


@dataclass(frozen=True, slots=True)
class Command:
    """One request; ``words`` as they were written, a token for confirm and unsubscribe."""

    verb: str
    words: str = ""


def commands(mail: Incoming) -> list[Command]:
    """What the mail asks for, in its order; empty where nothing can be understood."""
    if (signed := _TOKEN.search(mail.subject)) is not None:
        return [Command(signed[1].lower(), signed[2])]
    own_subject = _REPLY.sub("", mail.subject)
    found = list(_from(mail.lines)) or list(_in_subject(mail, own_subject))
    leaving = [command for command in found if command.verb == "unsubscribe"]
    if not leaving and _wants_to_leave([own_subject, *mail.lines[: _GREETINGS + 1]]):
        leaving = [Command("unsubscribe")]
    return leaving[:1] or found[:MOST]


def _in_subject(mail: Incoming, own_subject: str) -> Iterator[Command]:
    """The subject of a mail without a word of its own; of others what it asks for beyond doubt."""
    is_answer = own_subject != mail.subject
    beyond_doubt = {"unsubscribe", "help"} | (set() if is_answer else _WITH_WORDS)
    for command in _from([own_subject]):
        if not mail.lines or command.verb in beyond_doubt:
            yield command


def _wants_to_leave(lines: list[str]) -> bool:
    """Whether the word stands there in a sentence, and not as something to look for."""
    return any(_LEAVES.search(line) for line in lines if not _command(line))


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
    verb, words = match[1].lower(), _words(match)
    if verb in _LEAVING:
        verb = "unsubscribe"
    if verb in _ALONE and len(words) < 40:
        return Command(verb)
    return Command(verb, words) if verb in _WITH_WORDS and words else None


def _words(command: re.Match[str]) -> str:
    """What it is about: without a full stop, and without a mark that stands around all of it."""
    before = command.string[: command.start(1)].translate(_QUOTES)
    mark = "" if command[2] else before[-1:].strip()
    words = command[3].translate(_QUOTES).strip().removesuffix(".")
    return words.removesuffix(mark).removesuffix(".").rstrip()


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
    match = _PAUSE.search(re.sub("[‐‑‒]", "-", words))
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
