"""References to papers in text: lists of ids, entries of a BibTeX file, one paper in JSON.

Parses text; opens no file and knows no store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .. import expressions
from ..errors import DigestError
from ..language.text import clean, readable
from ..listings import identity
from ..model import Paper


def names_of(asked: str) -> list[str]:
    """Return the keys under which a paper may be stored, given its id, DOI, key or title."""
    asked = " ".join(asked.replace("\0", "").split())[:500]
    if known := identity.arxiv_id(asked):
        return [f"arxiv:{known[0]}"]
    if name := identity.doi(asked):
        return [f"doi:{name}"]
    return [asked, identity.title_name(asked)] if asked else []


def listed(text: str) -> list[str]:
    """Return the ids of a list, separated by blanks, line ends, commas, semicolons; # comments."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [name for line in lines for name in _BETWEEN.split(line) if name]


def given(data: bytes) -> Paper:
    """Read a paper from a JSON object: its title and, optionally, other fields of ``Paper``.

    Raises DigestError.
    """
    try:
        values = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise DigestError(f"stdin:1:1: not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise DigestError(f"stdin:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise DigestError("stdin:1:1: not JSON: nested too deep") from error
    if not isinstance(values, dict):
        raise DigestError("stdin:1:1: one JSON object is expected, with title, abstract, authors")
    title = _given_text(values, "title")
    if not title:
        raise DigestError("stdin:1:1: title is missing")
    return Paper(
        key=identity.title_name(title),
        title=title,
        abstract=_given_text(values, "abstract"),
        authors=_given_texts(values, "authors"),
        categories=_given_texts(values, "categories"),
        comment=_given_text(values, "comment"),
        organisation=_given_text(values, "organisation"),
    )


def _given_text(values: dict[str, Any], name: str) -> str:
    value = values.get(name) or ""
    if not isinstance(value, str):
        raise DigestError(f"stdin:1:1: {name}: text is expected")
    return clean(readable(value))


def _given_texts(values: dict[str, Any], name: str) -> tuple[str, ...]:
    value = values.get(name) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise DigestError(f"stdin:1:1: {name}: a list of texts is expected")
    return tuple(clean(readable(each)) for each in value)


_ENTRY = expressions.compile(
    r"@\s*(?!comment|string|preamble)\w+\s*(?:\{\s*(?:[^\s,{]+\s*)?|\(\s*(?:[^\s,(]+\s*)?),",
    ignore_case=True,
)
_FIELD = expressions.anchored(r"\s*(?:,\s*)?([\w-]+)\s*=\s*")
_AND = expressions.compile(r"(?<!\s)\s+and\s+")
_BETWEEN = expressions.compile(r"[\s,;]+")
_NO_BRACES = str.maketrans("", "", "{}")


def cited_in(text: str, path: str) -> list[Paper]:
    """Return the papers of a library: a file of BibTeX, or of CSL JSON, which is a list.

    Raises DigestError.
    """
    if text.lstrip("\ufeff \t\r\n")[:1] != "[":
        return entries(text)
    try:
        items = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise DigestError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise DigestError(f"{path}:1:1: not JSON: nested too deep") from error
    papers = (_paper(_as_entry(item)) for item in items if isinstance(item, dict))
    return [paper for paper in papers if paper is not None]


def _as_entry(item: dict[str, Any]) -> dict[str, str]:
    """Return an item of CSL JSON with the field names of BibTeX."""
    names = {"title": "title", "abstract": "abstract", "doi": "DOI", "url": "URL", "note": "note"}
    names |= {"journal": "container-title", "eprint": "number"}
    fields = {
        name: item[other] for name, other in names.items() if isinstance(item.get(other), str)
    }
    people = item.get("author")
    authors = [
        " ".join(str(person[part]) for part in ("given", "family") if part in person)
        for person in (people if isinstance(people, list) else [])
        if isinstance(person, dict)
    ]
    return fields | {"author": " and ".join(filter(None, authors))}


def entries(text: str) -> list[Paper]:
    """Return the papers of a BibTeX file, each with its best name as key; TeX is made readable."""
    # An entry ends at the latest where the next begins, so that an unclosed one costs no more.
    starts = [found.span() for found in _ENTRY.finditer(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    papers = (
        _paper(dict(_fields(text, at, end))) for (_, at), end in zip(starts, ends, strict=True)
    )
    return [paper for paper in papers if paper is not None]


def _paper(fields: dict[str, str]) -> Paper | None:
    title = clean(readable(fields.get("title", "").translate(_NO_BRACES)))
    if not title:
        return None
    places = (fields.get(name, "") for name in ("eprint", "doi", "url", "journal", "note"))
    # Some entries hold arXiv's own DOI, some "arXiv preprint arXiv:2401.00001".
    words = (word.rstrip(".,;") for place in places for word in place.split())
    arxiv = next((word for word in words if identity.arxiv_id(word)), "")
    names = identity.names(title=title, arxiv=arxiv, doi_name=fields.get("doi", ""))
    return Paper(
        key=names[0],
        aliases=names[1:],
        title=title,
        abstract=clean(readable(fields.get("abstract", ""))),
        authors=tuple(
            clean(readable(name.translate(_NO_BRACES)))
            for name in _AND.split(fields.get("author", ""))
            if name.strip()
        ),
    )


def _fields(text: str, at: int, limit: int) -> Iterator[tuple[str, str]]:
    """Yield an entry's fields, from the end of its citation key to its own end or to ``limit``."""
    while found := _FIELD.match(text, at, limit):
        end = _end_of_value(text, found.end(), limit)
        value = text[found.end() : end].strip()
        if value[:1] in ("{", '"'):
            value = value[1:-1]
        yield found[1].lower(), value
        at = end


def _end_of_value(text: str, start: int, limit: int) -> int:
    """Return the place of the comma or bracket behind a value; braces may nest, quotes do not."""
    depth, is_quoted = 0, False
    for at in range(start, limit):
        char = text[at]
        if char == '"' and depth == 0 and text[at - 1] != "\\":  # TeX's dots: \"o
            is_quoted = not is_quoted
        elif char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif depth == 0 and not is_quoted and char in ",})":
            return at
    return limit
