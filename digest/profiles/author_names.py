"""Doubts about authors that are no names, and so can never be found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .. import expressions
from ..errors import Sentence, write
from ..language.lemmas import is_common_word
from ..language.words import raw_words

_FIELD = expressions.anchored(r"\s*(?:authors?|au|by)\s*:\s*", ignore_case=True)
_SEVERAL = expressions.compile(r"\s(?:and|or|und|et|with)\s|[;&|/+\n]", ignore_case=True)
_ET_AL = expressions.compile(r",?\s?\bet\.?\s?al\b\.?", ignore_case=True)
_TITLE = expressions.anchored(r"(?:prof|professor|dr|mr|mrs|ms|sir|by)\b\.?\s*", ignore_case=True)
_PLACE = expressions.compile(
    r"\b(?:group|lab|labs|laboratory|university|institute|college|school|hospital|clinic|inc|department)\b",
    ignore_case=True,
)
# Where a person works, behind a comma, or alone.
_HOUSES: Final = frozenset(
    """
    amazon anthropic apple baidu berkeley caltech cambridge cern deepmind eth google harvard huawei
    ibm meta microsoft mit mpi nasa nvidia openai oxford princeton stanford tencent yale
    """.split()  # noqa: SIM905
)
_OTHER_FIELD = expressions.anchored(r"[a-z]{2,12}:(?=\S)", ignore_case=True)
_BRACKET = expressions.compile(r"[(\[{]")
_NOT = expressions.anchored(r"(?:NOT\s|[-!])\s*")
_DEGREE = expressions.compile(r",?\s(PhD|Ph\.D\.|MD|M\.D\.|MSc|Dr\.)(?!\w)")
_INITIALED = expressions.anchored(r"[A-Z]\.\s?\S.{1,80}|.{1,80}\s[A-Z]\.?")
_SUFFIX = expressions.anchored(r"(?:jr|sr|[iv]{1,3})\.?", ignore_case=True)


def bare_name(text: str) -> str:
    """Return a name without its field and quotes: ``author:"Doe, J."`` is ``Doe, J.``."""
    found = _FIELD.match(text)
    name = text[found.end() :] if found else text
    return name.strip().strip('"“”„«»') if found or name.startswith(('"', "“")) else name


def doubts(name: str) -> Iterator[tuple[Sentence, Sentence]]:
    """Yield a message and a hint if ``name`` is none, or that of several people."""
    if "@" in name or "://" in name or name.startswith(("/", "#")) or any(map(str.isdigit, name)):
        yield _no_name(name), _AS_PAPERS_HAVE_IT
    elif found := _ET_AL.search(name):
        yield _no_part("et al."), write(_shown(name[: found.start()]))
    elif several := _people(name):
        hint = Sentence("write each apart: %(text)s", text=_listed(several))
        yield Sentence("several people in one item"), hint
    elif found := _BRACKET.search(name):
        message = Sentence("a bracket is part of no name")
        yield message, write(_shown(name[: found.start()].strip()))
    elif found := _NOT.match(name):
        text = f"author:{_shown(name[found.end() :])}"
        hint = Sentence("write %(text)s under none", text=text)
        yield Sentence("people are not excluded here"), hint
    elif found := _DEGREE.search(name):
        yield _no_part(found[1]), write(_shown(name[: found.start()]))
    elif found := _PLACE.search(name):
        yield _no_part(found[0]), _PERSON_OR_PLACE
    elif house := _house(name):
        yield _no_part(house), _PERSON_OR_PLACE
    elif _OTHER_FIELD.match(name):
        yield _no_name(name), Sentence("write it under any")
    elif '"' in name.strip('"'):
        yield Sentence("quotes are part of no name"), write(_shown(name.replace('"', "")))
    elif word := _keyword(name):
        message = Sentence("%(word)s is a word, and hardly part of a name", word=word)
        yield message, Sentence("put keywords under any")
    elif found := _TITLE.match(name):
        yield _no_part(found[0].strip()), write(_shown(name[found.end() :]))
    elif all(len(word) == 1 and word.isupper() for word in raw_words(name)):
        yield Sentence("%(name)s is no whole name", name=_shown(name)), _QUOTED


_AS_PAPERS_HAVE_IT = Sentence(
    "write a name as papers have it: %(one)s, or %(other)s", one="Jane Doe", other="Doe, J."
)
_QUOTED = Sentence("a comma parts a list: write %(text)s in quotes", text='"Doe, J."')
_PERSON_OR_PLACE = Sentence("write a person, or org: and the place under any")


def _no_name(name: str) -> Sentence:
    return Sentence("%(name)s is no name", name=_shown(name))


def _no_part(text: str) -> Sentence:
    return Sentence("%(text)s is part of no name", text=text)


def _house(name: str) -> str:
    """Return a company or university that is a name's last part, or all of it; else nothing."""
    last = name.rpartition(",")[2].split()
    is_all = "," not in name and all(word.lower() in _HOUSES for word in last)
    is_behind = "," in name and " " in name.partition(",")[0] and len(last) == 1
    return " ".join(last) if last and (is_all or (is_behind and last[0].lower() in _HOUSES)) else ""


def _keyword(name: str) -> str:
    """Return a common word in small letters where the others begin with capitals, or all are so."""
    words = name.split()
    if name in ("null", "true", "false", "yes", "no", "on", "off"):  # doubted as YAML's
        return ""
    common = [each for each in words[1:] if len(each) > 3 and each.islower() and _is_word(each)]
    if common and words[0][:1].isupper():
        return common[-1] if words[-1] == common[-1] else ""
    return name if all(each.islower() and _is_word(each) for each in words) else ""


def _is_word(word: str) -> bool:
    return len(word) > 1 and word.isalpha() and is_common_word(word)


def _people(name: str) -> list[str]:
    """Return the people in a text that is a list of them; none if it may be one person."""
    people = [piece.strip(" ,") for piece in _SEVERAL.split(name)]
    parts = [part.strip() for part in name.split(",")]
    is_list = len(parts) > 2 or all(map(_INITIALED.fullmatch, parts))
    if len(people) == 1 and is_list and not _SUFFIX.fullmatch(parts[-1]):
        people = parts
    return [person for person in people if person] if len(people) > 1 else []


def _listed(people: Sequence[str]) -> str:
    """Return a list in brackets, names with a comma in quotes."""
    names = [f'"{person}"' if "," in person else person for person in people]
    return f"[{', '.join(names)}]"


def split_at_commas(names: Sequence[str]) -> Iterator[tuple[int, Sentence, Sentence]]:
    """Yield the places of given names that a comma made items of their own, a message, a hint.

    Where one item is only initials, as in ``[Doe, J., Roe, Mary]``, the list goes by pairs.
    """
    pairs = list(zip(names[::2], names[1::2], strict=False))
    if len(names) % 2:
        return
    if not any(_is_initials(given) for _, given in pairs):
        if len(pairs) > 1 and all(len(raw_words(name)) == 1 for name in names):
            text = f'"{names[0]}, {names[1]}"'
            message = Sentence("%(number)s people, each with one name", number=len(names))
            yield 0, message, Sentence("write %(text)s in quotes if these are one", text=text)
        return
    for number, (family, given) in enumerate(pairs):
        if not _is_initials(given):  # of initials alone there is a doubt already
            hint = Sentence("write %(text)s in quotes", text=f'"{family}, {given}"')
            message = Sentence("a comma parts a list, so this is a person of its own")
            yield 2 * number + 1, message, hint


def _is_initials(name: str) -> bool:
    return all(len(word) <= 3 and word.isupper() for word in raw_words(name))


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
