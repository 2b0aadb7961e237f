"""Read the commands of a mail, one a line: ``add mixture of experts``, ``pause …``, ``show``.

They are read from the top of the writer's own lines.  ``unsubscribe`` is a word of its own, so it
is never taken for ``subscribe``; where a mail has both, ``unsubscribe`` counts.  It may be part of
a sentence, or in another language, because it only makes us ask for a confirmation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ...access.tokens import notice_of_code
from .incoming import Incoming
from .phrases import each
from .unsubscribing import asks_to_unsubscribe

#: Commands with words, and commands without.
_WITH_WORDS = frozenset({"subscribe", "add", "del", "try", "pause"})
_ALONE = frozenset({"unsubscribe", "resume", "show", "digest", "help"})

#: Lines that say yes to the notice that they answer.
_YES = frozenset({"yes", "ja", "oui", "sí", "si", "sim", "sì", "はい", "是", "是的"})

#: In how many lines a wish to leave is looked for: people begin with friendly ones.
_WISH_WITHIN = 8

#: Lines that may come before the first command, such as "Hello,", and commands that are read.
_GREETINGS = 2
MAX_COMMANDS = 10

#: A request by mail has a line or two; longer words are no request.
MAX_WORDS_LENGTH = 1_000

#: Other words for unsubscribe; none of them is the beginning of another command.
_LEAVING = frozenset(
    {"stop", "abbestellen", "abmelden", "désabonner", "désinscrire", "cancelar", "baja"}
    | {"退订", "退訂", "配信停止"}
)

#: How long a line may be that asks for deletion, politeness included.
_LONGEST_ERASING = 80

#: Lines that ask for all that is known of their writer to be deleted, without politeness.
_ERASING = each(
    """
    delete my data | delete all my data | erase my data | erase all my data | delete everything |
    delete all data about me | meine daten löschen | alle meine daten löschen |
    löschen sie meine daten | löschen sie alle meine daten | lösche meine daten |
    supprimer mes données | supprimez mes données | supprimez toutes mes données |
    effacez mes données | borrar mis datos | borre mis datos | borren mis datos |
    eliminar mis datos | eliminen mis datos | apagar meus dados | apaguem meus dados |
    apague os meus dados | excluir meus dados | 删除我的数据 | 请删除我的数据 |
    データを削除してください | 私のデータを削除してください | データ削除
    """
)
_POLITE = frozenset(
    {"please", "pls", "thanks", "thank", "you", "bitte", "danke", "svp", "stp", "merci", "d'avance"}
    | {"s'il", "vous", "te", "plaît", "plait", "por", "favor", "gracias", "obrigado", "obrigada"}
    | {"请", "請", "谢谢", "謝謝", "お願いします", "よろしくお願いします"}
)

#: Marks for lists, bold print and quotes are ignored before a word, some of them after it too.
_BEFORE, _BEHIND = " \t*•·-\"'`“”„«»", "*\"'`“”"
_APART = str.maketrans(dict.fromkeys('*•·-"“”„«»,，、;:.。!！¡', " ") | {"’": "'"})
_QUOTES = str.maketrans("“”„«»", '"' * 5)
_COLONS = ":\uff1a"
_TOKEN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


@dataclass(frozen=True, slots=True)
class Command:
    """One request; ``words`` are as written, a token for confirm and unsubscribe."""

    verb: str
    words: str = ""


def commands(mail: Incoming) -> list[Command]:
    """Return the commands of a mail, in order; an empty list where none is understood."""
    if (signed := _signed(mail.subject.split())) is not None:
        return [signed]
    own_subject = _without_replies(mail.subject)
    found = list(_from(mail.lines)) or list(_in_subject(mail, own_subject))
    # Our token, or an answer to a notice, whatever the subject of our notice says.
    if found and (found[0].verb == "confirm" or (found[0].verb == "yes" and mail.answers)):
        return found[:1]
    if erasing := [command for command in found if command.verb == "erase"]:
        return erasing[:1]
    leaving = [command for command in found if command.verb == "unsubscribe"]
    if not leaving and _wants_to_leave(own_subject, mail.lines[:_WISH_WITHIN]):
        leaving = [Command("unsubscribe")]
    return leaving[:1] or found[:MAX_COMMANDS]


def _without_replies(subject: str) -> str:
    """Return a subject without its "Re:", "AW:", "Réf :", "[EXTERNAL]", however many there are."""
    rest = subject.lstrip()
    while (cut := _end_of_reply(rest)) > 0:
        rest = rest[cut:].lstrip()
    return rest


def _end_of_reply(text: str) -> int:
    """Return where a leading "Re:" or "[list]" ends; 0 without one."""
    if text.startswith("["):
        end = text.find("]", 2, 42)
        return end + 1 if end > 0 else 0
    end = next((n for n, c in enumerate(text[:7]) if not c.isalpha()), 0)
    if not end:
        return 0
    if text[end : end + 1] == "[":
        close = text.find("]", end, end + 12)
        end = close + 1 if close > 0 and text[end + 1 : close].isdecimal() else end
    end += text[end : end + 1].isspace()
    return end + 1 if text[end : end + 1] in tuple(_COLONS) else 0


def _in_subject(mail: Incoming, own_subject: str) -> Iterator[Command]:
    """Yield the command in the subject; beside own lines, only a command that is beyond doubt."""
    is_answer = own_subject != mail.subject
    beyond_doubt = {"unsubscribe", "erase", "help"} | (set() if is_answer else _WITH_WORDS)
    for command in _from([own_subject]):
        if not mail.lines or command.verb in beyond_doubt:
            yield command


def _wants_to_leave(subject: str, lines: Sequence[str]) -> bool:
    """Return whether a sentence asks to leave, and not as a word to look for.

    Below the commands only one line counts: in a later one, a company's footer may say how to
    unsubscribe.
    """
    is_command = [_command(line) is not None for line in lines]
    begin = is_command.index(True) if any(is_command) else len(lines)
    end = next((n for n in range(begin, len(lines)) if not is_command[n]), len(lines))
    body_lines = [*lines[:begin], *lines[end : end + 1]]
    # a sentence may go on in the next lines
    spoken = [*body_lines, *(" ".join(body_lines[n : n + 3]) for n in range(len(body_lines)))]
    return any(map(asks_to_unsubscribe, [subject, *spoken] if not _command(subject) else spoken))


def _from(lines: Sequence[str]) -> Iterator[Command]:
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
    signed = _signed(line.split()[:2])
    if signed is not None:
        return signed
    if _asks_to_erase(line):
        return Command("erase")
    taken = _taken_apart(line)
    if taken is None:
        return None
    verb, words = taken
    if verb in _YES:
        return None if words.strip("!,;") else Command("yes")
    if verb in _LEAVING:
        verb = "unsubscribe"
    if verb in _ALONE and len(words) < 40:
        return Command(verb)
    is_good = verb in _WITH_WORDS and 0 < len(words) <= MAX_WORDS_LENGTH
    return Command(verb, words) if is_good else None


def _asks_to_erase(line: str) -> bool:
    if len(line) > _LONGEST_ERASING:
        return False
    words = unicodedata.normalize("NFC", line).lower().translate(_APART).split()
    plain = (word for word in (word.strip("'`") for word in words) if word not in _POLITE)
    return " ".join(plain) in _ERASING


def _signed(words: Sequence[str]) -> Command | None:
    """Return a confirm or unsubscribe with its token from two adjacent words."""
    for verb, token in pairwise(words):
        end = next((n for n, c in enumerate(token[:401]) if c not in _TOKEN), len(token[:401]))
        if end < 30 and notice_of_code(token[:end]) is None:
            continue
        for known in ("confirm", "unsubscribe"):
            before = verb[: -len(known)][-1:]
            if verb.lower().endswith(known) and not (before.isalnum() or before == "_"):
                return Command(known, token[: min(end, 400)])
    return None


def _taken_apart(line: str) -> tuple[str, str] | None:
    """Return a line's first word and the rest, without a mark that encloses both."""
    rest = line.lstrip(_BEFORE)
    lead = line[: len(line) - len(rest)].translate(_QUOTES)
    end = next((n for n, c in enumerate(rest) if not c.isalpha()), len(rest))
    after = rest[end : end + 1]
    if not end or after.isalnum() or after in ("_", "-"):
        return None
    tail = rest[end:].lstrip(_BEHIND)
    has_mark_behind = len(tail) < len(rest) - end
    mark = "" if has_mark_behind else lead[-1:].strip()
    words = tail.lstrip(f" \t{_COLONS}").translate(_QUOTES).strip().removesuffix(".")
    return rest[:end].lower(), words.removesuffix(mark).removesuffix(".").rstrip()


def terms(words: str) -> list[str]:
    """Return the interests in a line, split at commas outside quotes, brackets and slashes."""
    found, depth, quoted, start = [], 0, "", 0
    for place, character in enumerate(words):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in '"/':
            quoted = character
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0 and not quoted:
            found.append(words[start:place])
            start = place + 1
    return [term for each in [*found, words[start:]] if (term := " ".join(each.split()))]


_DASHES = str.maketrans("‐‑‒", "---")
_BETWEEN = frozenset({"..", "...", "…", "–", "—", "-", "to"})


def days(words: str) -> tuple[date | None, date] | None:
    """Read ``2026-12-24..2027-01-06``, or one date as the last day; None for anything else."""
    text = words.translate(_DASHES)
    place = next((n for n in range(len(text)) if _is_date(text[n : n + 10])), None)
    if place is None:
        return None
    rest = text[place + 10 :]
    end = next((n for n, c in enumerate(rest) if c.isdecimal()), len(rest))
    has_second = rest[:end].strip() in _BETWEEN and _is_date(rest[end : end + 10])
    try:
        first = date.fromisoformat(text[place : place + 10])
        last = date.fromisoformat(rest[end : end + 10]) if has_second else None
    except ValueError:
        return None
    if last is None:
        return None, first
    return (first, last) if first <= last else None


def _is_date(text: str) -> bool:
    shape = "".join("9" if c.isascii() and c.isdecimal() else c for c in text)
    return shape == "9999-99-99"
