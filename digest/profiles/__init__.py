"""YAML text ⇄ Profile, with every mistake at its line and column.

Checks whether a text can be used, and warns of what is doubtful in it; reads and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic_core import PydanticKnownError
from pydantic_core import core_schema as cs

from .. import expressions
from ..errors import Mistake, ProfileError
from ..language import (
    FIELDS,
    Clause,
    CompiledQuery,
    Node,
    QuerySyntaxError,
    WordMatching,
    in_language,
    leaf,
    parse_clause,
)
from ..language.lemmas import LANGUAGES
from ..model import ChangeKind, Profile
from ..strict_yaml import Caps, load
from ..strict_yaml.document import Document
from ..strict_yaml.fields import (
    ADDRESS,
    LINE,
    SCHEDULE,
    TEXT,
    after,
    list_of,
    one_of,
    one_or_list_of,
    schedule,
    whole,
)
from ..strict_yaml.shape import (
    Shape,
    check,
    did_you_mean,
    in_order,
    key,
    mapping,
    mistake,
    required,
)
from .lint import Doubt, doubts

_SLUG = expressions.anchored(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_SLUG_WORDS = expressions.compile(r"[a-z0-9_]+")

#: The schema file beside a profile, with which editors complete and check.
SCHEMA_NAME = "profile.schema.json"
#: The first line of every profile that digest writes.
SCHEMA_LINE = f"# yaml-language-server: $schema=./{SCHEMA_NAME}"

CAPS = Caps(size=16 * 1024, nodes=1500, scalar=2000)
MOST_CLAUSES = 500


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A clause's text and its syntax tree."""

    text: str
    node: Node


def _parsed(value: Any) -> _Parsed:
    return _read_as(parse_clause, value)


def _author(value: Any) -> _Parsed:
    """Parse the whole item as a person's name."""
    return _read_as(lambda name: leaf(name, 1, "author", WordMatching.STEM), value)


def _read_as(read: Callable[[str], Node], value: Any) -> _Parsed:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return _Parsed(value, read(value))
    except QuerySyntaxError as error:
        raise mistake(error.message, error.hint, error.column - 1) from None


def _in_mapping(value: Any) -> Any:
    """Turn a bare list item into a mapping with the query alone."""
    if value is None:
        raise PydanticKnownError("string_type")
    if not isinstance(value, dict):
        return value if isinstance(value, list) else {"query": value}
    _check_for_colon(value)
    return value


def _check_for_colon(item: dict[str, Any]) -> None:
    """Refuse ``- title: pruning``, which YAML reads as a key and a value."""
    if len(item) == 1:
        word, value = next(iter(item.items()))
        if word.lower() in FIELDS:
            raise mistake("a blank after the colon", f"write {word}:{_start(value)}")
        if not did_you_mean(word, _CLAUSE_KEYS):
            raise mistake("a colon and a blank in a text", "put the text in quotes")


_CLAUSE_KEYS = ("query", "weight", "label")


def _start(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 40 else "…"


_QUERY = cs.no_info_plain_validator_function(_parsed, json_schema_input_schema=TEXT)
_AUTHOR = cs.no_info_plain_validator_function(_author, json_schema_input_schema=TEXT)


def _slug(text: str) -> str:
    if _SLUG.fullmatch(text):
        return text
    raise mistake("profile: small letters, digits, - and _ are expected", _near_slug(text))


def _near_slug(text: str) -> str:
    slug = slug_of(text)
    return f"did you mean {slug}?" if slug else ""


CLAUSE = mapping(
    {
        "query": required(_QUERY, "what is looked for, in the keyword language"),
        "weight": key(whole(1, 9), "how much a paper gains by it", default=1),
        "label": key(LINE, "what the mail calls it; default: the query"),
    }
)
_ITEM = cs.no_info_before_validator_function(
    _in_mapping,
    CLAUSE,
    # A number or a boolean in YAML is used as the text that was written.
    json_schema_input_schema=cs.union_schema(
        [cs.str_schema(), cs.float_schema(), cs.bool_schema(), CLAUSE]
    ),
)
_CLAUSES = list_of(_ITEM, MOST_CLAUSES)

SHAPE = Shape(
    mapping(
        {
            "profile": key(
                after(_slug, TEXT),
                "its name in links and on the command line; default: the file's name",
            ),
            "title": key(LINE, "its heading in the mail"),
            "to": key(
                one_or_list_of(ADDRESS, 50),
                "addresses that get it without subscribing",
                default=[],
            ),
            "listings": key(
                list_of(LINE, 100), "the listings it watches; default: all", default=[]
            ),
            "any": key(_CLAUSES, "a paper must have one of these", default=[]),
            "all": key(_CLAUSES, "and all of these", default=[]),
            "none": key(_CLAUSES, "and none of these", default=[]),
            "authors": key(list_of(_AUTHOR, MOST_CLAUSES), "or be by one of these", default=[]),
            "language": key(
                one_of(*LANGUAGES),
                "the language of its words: " + ", ".join(LANGUAGES),
                default="en",
            ),
            "limit": key(whole(1, 500), "how many papers are shown whole", default=20),
            "minimum": key(whole(0, 10_000), "papers that score less are not shown", default=0),
            "changes": key(
                list_of(one_of(*(kind.value for kind in ChangeKind))),
                "what must have happened to a paper",
                default=["new", "cross"],
            ),
            "trending": key(whole(0, 100), "points for each ten upvotes", default=0),
            "schedule": key(SCHEDULE, "when the issue is due"),
            "quiet": key(
                one_of("nothing", "line", "weekly"),
                "what is sent when nothing matched: nothing, a line, or a line once a week",
                default="nothing",
            ),
            "overflow": key(
                one_of("web", "rollover"),
                "where the rest is: on the issue's page, or also first in the next issue",
                default="web",
            ),
        }
    )
)


def parse(
    text: str,
    path: str,
    *,
    listings: Collection[str] | None = None,
    timezone: str = "UTC",
) -> Profile:
    """Parse the profile in ``text``; mistakes name its ``path``, which is also its default slug.

    ``listings`` are the names that exist, if they are known; ``timezone`` is for a schedule that
    names none.  Raises ProfileError with all mistakes, sorted by place.
    """
    _, data, complaints = _read(text, path, listings)
    if data is None or complaints:
        raise ProfileError(path, complaints)
    return _profile(data, path, timezone)


def lint(
    text: str,
    path: str,
    *,
    listings: Collection[str] | None = None,
    judge: Callable[[Profile], Iterable[Doubt]] | None = None,
) -> list[Mistake]:
    """Return every mistake in ``text``; if it has none, return warnings of what is doubtful.

    The warnings are the doubts that need no papers, and those of ``judge``, which may use papers.
    """
    document, data, complaints = _read(text, path, listings)
    if data is None or complaints:
        return complaints
    watched = data["listings"] or listings
    further = judge(_profile(data, path, "UTC")) if judge else ()
    return in_order(
        Mistake(*_place_of(doubt, document, len(data["any"])), doubt.message, doubt.hint, "warning")
        for doubt in (*doubts(_query(data), watched), *further)
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile, for editors."""
    return SHAPE.json_schema()


def slug_of(text: str) -> str:
    """Return the slug nearest to ``text``; empty if it holds no ASCII letter or digit."""
    return "-".join(_SLUG_WORDS.findall(text.lower())).strip("-_")[:64].rstrip("-_")


def _read(
    text: str, path: str, listings: Collection[str] | None
) -> tuple[Document, dict[str, Any] | None, list[Mistake]]:
    document = load(text, CAPS)
    data, complaints = check(SHAPE, document)
    if not document.is_cut:
        complaints = [*complaints, *_whole(document, path, listings)]
    return document, data, in_order(complaints)


def _place_of(doubt: Doubt, document: Document, any_length: int) -> tuple[int, int]:
    """Find the list item that a doubt is about; wanted clauses are ``any``, then ``authors``."""
    if doubt.part == "wanted" and doubt.index >= any_length:
        return document.place(("authors", doubt.index - any_length))
    name = {"wanted": "any", "required": "all", "excluded": "none"}[doubt.part]
    return document.place((name, doubt.index, "query"))


def _whole(document: Document, path: str, listings: Collection[str] | None) -> Iterator[Mistake]:
    """Yield the mistakes of the file as a whole, whether or not its parts are valid."""
    data = document.data
    if not isinstance(data, dict):
        return
    if not (data.get("any") or data.get("all") or data.get("authors")):
        yield Mistake(1, 1, "nothing is looked for: any, all or authors is needed")
    if data.get("profile") is None and not slug_of(PurePath(path).stem):
        yield Mistake(1, 1, "profile is missing, and the file's name gives none")
    names = data.get("listings")
    for place, name in enumerate(names if isinstance(names, list) else []):
        if listings is not None and isinstance(name, str) and name not in listings:
            hint = did_you_mean(name, listings)
            where = document.place(("listings", place))
            yield Mistake(*where, f"unknown listing {name[:40]}", hint)


def _profile(data: Mapping[str, Any], path: str, timezone: str) -> Profile:
    slug = data.get("profile") or slug_of(PurePath(path).stem)
    return Profile(
        slug=slug,
        title=data.get("title") or slug.replace("-", " ").replace("_", " ").capitalize(),
        query=_query(data),
        to=tuple(dict.fromkeys(data["to"])),
        listings=tuple(dict.fromkeys(data["listings"])),
        limit=data["limit"],
        minimum=data["minimum"],
        changes=frozenset(ChangeKind(change) for change in data["changes"]),
        trending=data["trending"],
        schedule=schedule(data["schedule"], timezone) if "schedule" in data else None,
        quiet=data["quiet"],
        overflow=data["overflow"],
        path=path,
    )


def _query(data: Mapping[str, Any]) -> CompiledQuery:
    language = data["language"]
    wanted = [_clause(item, language) for item in data["any"]]
    wanted += [Clause(str(name.node), name.text, 1, name.node) for name in data["authors"]]
    return CompiledQuery(
        wanted=tuple(wanted),
        required=tuple(_clause(item, language) for item in data["all"]),
        excluded=tuple(_clause(item, language) for item in data["none"]),
    )


def _clause(item: Mapping[str, Any], language: str) -> Clause:
    parsed: _Parsed = item["query"]
    label = item.get("label") or " ".join(parsed.text.split())
    return Clause(parsed.text.strip(), label, item["weight"], in_language(parsed.node, language))
