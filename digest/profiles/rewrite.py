"""Changes to a profile's text that leave every other byte as it was; and texts of new profiles.

Edits the text at the places of its values, because a YAML library that writes the whole file again
moves comments and blank lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .. import expressions
from ..strict_yaml.document import Document, Loc, scalar
from . import SCHEMA_LINE, ReadProfile, parse, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A subscriber's answers for a new profile; the field names are the keys of the file."""

    profile: str
    title: str = ""
    to: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    limit: int = 20
    #: hours and minutes, "07:30"; empty for no schedule
    at: str = ""
    timezone: str = ""
    days: str = "daily"


def new(answers: Answers) -> str:
    """Return the text of a new profile, with comments that explain it.

    Raises ProfileError if the answers make no valid profile.
    """
    text = "\n".join(_lines(answers)) + "\n"
    parse(text, f"{answers.profile}.yaml")
    return text


def with_keyword(text: str, keyword: str, path: str = "profile.yaml") -> str:
    """Add an item to ``any``; return the text unchanged if the item is already there.

    Raises ProfileError if the text is no valid profile, or the keyword no valid query.
    """
    return _valid(text, added(read(text, path), keyword), path)


def with_unwanted(text: str, keyword: str, path: str = "profile.yaml") -> str:
    """Add an item to ``none``; return the text unchanged if the item is already there.

    Raises ProfileError if the text is no valid profile, or the keyword no valid query.
    """
    return _valid(text, added(read(text, path), keyword, "none"), path)


def without_keyword(text: str, keyword: str, path: str = "profile.yaml") -> str:
    """Remove the first item ``keyword`` from ``any``; return the text unchanged if there is none.

    Raises ProfileError if the text is no valid profile, or the changed text would ask for nothing.
    """
    return _valid(text, dropped(read(text, path), keyword), path)


def keywords(text: str, path: str = "profile.yaml") -> list[str]:
    """Return the query of each item of ``any``, as it is written.

    Raises ProfileError if the text is no valid profile.
    """
    return keywords_of(read(text, path))


def added(known: ReadProfile, keyword: str, part: str = "any") -> str:
    """Return the text with a further item; read it again, since the keyword may be no query."""
    if keyword in items_of(known, part):
        return known.text
    source = known.document.source
    start, end, piece = (
        _addition(known.document, (part,), written(keyword))
        if part in known.document.data
        else _new_key(known.document, part, written(keyword))
    )
    return _with_bom(known.text, source[:start] + piece + source[end:])


def dropped(known: ReadProfile, keyword: str, part: str = "any") -> str:
    """Return the text without the first such item; read it again, since nothing may be left."""
    found = items_of(known, part)
    if keyword not in found:
        return known.text
    changed = _without(known.document, part, found.index(keyword), len(found))
    return _with_bom(known.text, changed)


def without_form(known: ReadProfile, part: str, query: str, form: str) -> str:
    """Return the text where the first such item of ``part`` is without a form; read it again.

    The text is unchanged where there is no such item, or where it is without the form already.
    """
    queries = items_of(known, part)
    if query not in queries:
        return known.text
    document, loc = known.document, (part, queries.index(query))
    item = document.data[part][loc[1]]
    if not isinstance(item, dict):
        start, end = _span(document, loc)
        piece = f"{{query: {written(query)}, without: [{written(form)}]}}"
    elif item.get("without") is None:
        start, end, piece = _further_key(document, loc, f"without: [{written(form)}]")
    elif form in document.data[part][loc[1]]["without"]:
        return known.text
    elif isinstance(item["without"], list):
        start, end, piece = _addition(document, (*loc, "without"), written(form))
    else:
        start, end = _span(document, (*loc, "without"))
        piece = f"[{written(document.written((*loc, 'without')) or '')}, {written(form)}]"
    source = document.source
    return _with_bom(known.text, source[:start] + piece + source[end:])


def _further_key(document: Document, item: Loc, piece: str) -> tuple[int, int, str]:
    """Return where a key of a mapping goes, behind its query or in place of one without a value."""
    source = document.source
    if (*item, "without") in document.keys:
        start = document.keys[*item, "without"].index
        return start, source.index(":", start) + 1, piece
    _, end = _span(document, (*item, "query"))
    if source.startswith("{", _span(document, item)[0]):
        return end, end, f", {piece}"
    column = document.keys[*item, "query"].column
    end = _line_end(source, end)
    return end, end, f"{_newline(source)}{' ' * column}{piece}"


def keywords_of(known: ReadProfile) -> list[str]:
    """Return the query of each item of ``any``, as it is written."""
    return items_of(known, "any")


def items_of(known: ReadProfile, part: str) -> list[str]:
    """Return each item of a list of the profile, as it is written; of a clause its query."""
    document = known.document
    items: Any = document.data.get(part) or []
    locs: list[Loc] = [
        (part, place, "query") if isinstance(item, dict) else (part, place)
        for place, item in enumerate(items)
    ]
    return [(document.written(loc) or "").strip() for loc in locs]


def _valid(text: str, changed: str, path: str) -> str:
    """Return the changed text; raises ProfileError if it is no valid profile."""
    if changed != text:
        parse(changed, path)
    return changed


def written(text: str) -> str:
    """Return a text as a YAML scalar: bare if that is safe anywhere in a file, else in quotes."""
    if _BARE.fullmatch(text) and isinstance(scalar(text), str) and text.lower() not in _SWITCHES:
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


#: A text without signs that mean something to YAML, inside or outside of a list in brackets.
_BARE = expressions.anchored(r"\w(?:[\w.()*/+'-]|:(?=[^\s,])| (?=[^\s#:]))*")
_COMMA_AFTER = expressions.anchored(r"\s*,(?:[ \t]*(?![ \t#]))?")
#: Text for us, but true or false for other programs that may read the file.
_SWITCHES = ("y", "n", "yes", "no", "on", "off")


def _lines(answers: Answers) -> Iterator[str]:
    yield SCHEMA_LINE
    yield f"profile: {written(answers.profile)}"
    yield f"title: {written(answers.title or answers.profile)}"
    if answers.to:
        yield f"to: {_bracketed(answers.to)}"
    yield (
        f"listings: {_bracketed(answers.listings)}"
        if answers.listings
        else "# listings: [daily-papers]    # only these; without this line, all"
    )
    yield ""
    yield "# A paper is in the mail if it has one of these.  An item is words in a row;"
    yield "# plural, case, hyphens and accents do not matter.  Also: quantiz*,"
    yield '# "=RAG", title:pruning.'
    yield from _listed("any", answers.any)
    yield ""
    yield "# … or is by one of these"
    yield f"authors: {_bracketed(answers.authors)}"
    yield ""
    if answers.all:
        yield "# … and has all of these"
        yield from _listed("all", answers.all)
        yield ""
    yield "# … and has none of these"
    yield f"none: {_bracketed(answers.none)}"
    yield ""
    yield f"limit: {answers.limit}    # papers that the mail names; the others are on the page"
    if answers.at:
        zone = f", timezone: {written(answers.timezone)}" if answers.timezone else ""
        yield f"schedule: {{at: {_quoted(answers.at)}{zone}, days: {written(answers.days)}}}"


def _listed(key: str, items: tuple[str, ...]) -> Iterator[str]:
    yield f"{key}:" if items else f"{key}: []"
    for item in items:
        yield f"  - {written(item)}"


def _bracketed(items: tuple[str, ...]) -> str:
    return f"[{', '.join(written(item) for item in items)}]"


def _addition(document: Document, loc: Loc, item: str) -> tuple[int, int, str]:
    """Return the span of the source to replace, and what by, so that a list ends with ``item``."""
    source, newline = document.source, _newline(document.source)
    start, end = _span(document, loc)
    count = _length(document, loc)
    if not count:
        return start, end, f"[{item}]" if source[start:end] else f" [{item}]"
    _, last_end = _span(document, (*loc, count - 1))
    if source.startswith("[", start):
        return last_end, last_end, f", {item}"
    dash = " " * document.nodes[loc].start.column
    line_end = _line_end(source, last_end)
    return line_end, line_end, f"{newline}{dash}- {item}"


def _length(document: Document, loc: Loc) -> int:
    """Return the number of items in a list."""
    return sum(len(each) == len(loc) + 1 and each[:-1] == loc for each in document.nodes)


def _new_key(document: Document, part: str, item: str) -> tuple[int, int, str]:
    source, newline = document.source, _newline(document.source)
    start, end = _span(document, ())
    if source[start] == "{":
        return start + 1, start + 1, f"{part}: [{item}], "
    indent = " " * document.nodes[()].start.column
    line_end = _line_end(source, end)
    return line_end, line_end, f"{newline}{indent}{part}:{newline}{indent}  - {item}"


def _without(document: Document, part: str, place: int, count: int) -> str:
    source = document.source
    list_start, list_end = _span(document, (part,))
    is_flow = source.startswith("[", list_start)
    if is_flow and count == 1:
        return f"{source[:list_start]}[]{source[list_end:]}"
    if is_flow:
        start, end = _flow_item(document, part, place, count)
        return source[:start] + source[end:]
    start, end = _block_item(document, part, place)
    if count > 1:
        return source[:start] + source[end:]
    colon = source.index(":", document.keys[(part,)].index) + 1
    return f"{source[:colon]} []{source[colon:start]}{source[end:]}"


def _flow_item(document: Document, part: str, place: int, count: int) -> tuple[int, int]:
    """Return the span of an item in a list in brackets with one of its commas, but no comment."""
    source = document.source
    start, end = _span(document, (part, place))
    if place < count - 1:
        comma = _COMMA_AFTER.match(source, end)
        return start, comma.end() if comma else end
    _, before = _span(document, (part, place - 1))
    is_bare = source[before:start].strip() == ","
    return (before if is_bare else start), end


def _block_item(document: Document, part: str, place: int) -> tuple[int, int]:
    """Return the span of a list item's lines, from the one with its dash."""
    source = document.source
    start, end = _span(document, (part, place))
    column = document.nodes[(part,)].start.column
    line_start = source.rfind("\n", 0, start) + 1
    while source[line_start + column] != "-":
        line_start = source.rfind("\n", 0, line_start - 1) + 1
    following = source.find("\n", end)
    return line_start, len(source) if following < 0 else following + 1


def _span(document: Document, loc: Loc) -> tuple[int, int]:
    """Return where a value starts and ends in the source, without the blanks behind it."""
    node = document.nodes[loc]
    start, end = node.start.index, node.end.index
    while end > start and document.source[end - 1].isspace():
        end -= 1
    return start, end


def _line_end(source: str, at: int) -> int:
    found = source.find("\n", at)
    if found < 0:
        return len(source)
    return found - 1 if source[found - 1] == "\r" else found


def _newline(source: str) -> str:
    return "\r\n" if "\r\n" in source else "\n"


def _with_bom(text: str, changed: str) -> str:
    return f"\ufeff{changed}" if text.startswith("\ufeff") else changed
