"""YAML text ⇄ Profile, with every complaint at its line and column.

Says whether a file can be used and what is doubtful in it; reads and writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticKnownError

from .document import Document
from .errors import Complaint, ProfileError
from .fields import Address, Line, ScheduleShape, in_list
from .lint import Doubt, doubts
from .model import Kind, Profile
from .query import FIELDS, Clause, Form, Node, Query, QuerySyntaxError, leaf, parse_clause
from .shape import Shape, check, did_you_mean, in_order, mistake
from .strict import Caps, load

#: The first line of every profile that is written: editors complete and check by it.
SCHEMA_LINE = "# yaml-language-server: $schema=./profile.schema.json"

CAPS = Caps(size=16 * 1024, nodes=1500, scalar=2000)
MOST_CLAUSES = 500


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A clause's text and what the keyword language makes of it."""

    text: str
    node: Node


def _parsed(value: Any) -> _Parsed:
    return _read_as(parse_clause, value)


def _author(value: Any) -> _Parsed:
    """Take the whole of an item for a person's name."""
    return _read_as(lambda name: leaf(name, 1, "author", Form.STEM), value)


def _read_as(read: Callable[[str], Node], value: Any) -> _Parsed:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return _Parsed(value, read(value))
    except QuerySyntaxError as error:
        raise mistake(error.message, error.hint, error.column - 1) from None


def _in_mapping(value: Any) -> Any:
    """Take a bare list item for the query alone."""
    if not isinstance(value, dict):
        return value if isinstance(value, list) else {"query": value}
    _check_for_colon(value)
    return value


def _check_for_colon(item: dict[str, Any]) -> None:
    """Complain of ``- title: pruning``, which is a key and a value to YAML."""
    if len(item) == 1:
        key, value = next(iter(item.items()))
        is_key = key in ClauseShape.model_fields or did_you_mean(key, ClauseShape.model_fields)
        if key.lower() in FIELDS:
            raise mistake("a blank after the colon", f"write {key}:{_start(value)}")
        if not is_key:
            raise mistake("a colon and a blank in a text", "put the text in quotes")


def _start(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 40 else "…"


def _slug(text: str) -> str:
    if re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?", text):
        return text
    raise mistake("profile: small letters, digits, - and _ are expected", _near_slug(text))


def _near_slug(text: str) -> str:
    slug = slug_of(text)
    return f"did you mean {slug}?" if slug else ""


ListingName = Annotated[str, Field(min_length=1, max_length=100)]
AuthorName = Annotated[_Parsed, PlainValidator(_author, json_schema_input_type=str)]


class ClauseShape(Shape):
    """One interest: what is looked for, how much it counts, what it is called in the mail."""

    query: Annotated[_Parsed, PlainValidator(_parsed, json_schema_input_type=str)] = Field(
        description="what is looked for, in the keyword language"
    )
    weight: int = Field(default=1, ge=1, le=9, description="how much a paper gains by it")
    label: Line | None = Field(
        default=None, description="what the mail calls it; default: the query"
    )

    def clause(self) -> Clause:
        """Give the clause in the terms of the keyword language."""
        label = self.label or " ".join(self.query.text.split())
        return Clause(self.query.text, label, self.weight, self.query.node)


Interest = Annotated[
    ClauseShape,
    BeforeValidator(_in_mapping, json_schema_input_type=str | int | float | bool | ClauseShape),
]
Interests = Annotated[list[Interest], Field(max_length=MOST_CLAUSES)]


class ProfileShape(Shape):
    """A reader's interests."""

    profile: Annotated[str, AfterValidator(_slug)] | None = Field(
        default=None,
        description="its name in links and on the command line; default: the file's name",
    )
    title: Line | None = Field(default=None, description="its heading in the mail")
    to: Annotated[
        list[Address],
        BeforeValidator(in_list, json_schema_input_type=str | list[str]),
        Field(max_length=50),
    ] = Field(default=[], description="addresses that get it without subscribing")
    listings: list[ListingName] = Field(
        default=[], description="the listings it watches; default: all"
    )
    any: Interests = Field(default=[], description="a paper must have one of these")
    all: Interests = Field(default=[], description="and all of these")
    none: Interests = Field(default=[], description="and none of these")
    authors: Annotated[list[AuthorName], Field(max_length=MOST_CLAUSES)] = Field(
        default=[], description="or be by one of these"
    )
    limit: int = Field(default=20, ge=1, le=500, description="how many papers are shown whole")
    minimum: int = Field(
        default=0, ge=0, le=10_000, description="papers that score less are not shown"
    )
    changes: list[Literal["new", "cross", "revised", "withdrawn"]] = Field(
        default=["new", "cross"], description="what must have happened to a paper"
    )
    trending: int = Field(default=0, ge=0, le=100, description="points for each ten upvotes")
    schedule: ScheduleShape | None = Field(default=None, description="when the issue is due")


def parse(
    text: str,
    path: str,
    *,
    listings: Collection[str] | None = None,
    timezone: str = "UTC",
) -> Profile:
    """Read the profile in ``text``; ``path`` names it in complaints and gives it a slug.

    ``listings`` are the names that exist, where they are known; ``timezone`` is the one of a
    schedule that names none.  Raises ProfileError with all complaints, by place.
    """
    _, shape, complaints = _read(text, path, listings)
    if shape is None or complaints:
        raise ProfileError(path, complaints)
    return _profile(shape, path, timezone)


def lint(text: str, path: str, *, listings: Collection[str] | None = None) -> list[Complaint]:
    """Find every mistake in ``text``, and where there is none what is doubtful in it.

    Doubts are warnings; only those are found that need no papers.
    """
    document, shape, complaints = _read(text, path, listings)
    if shape is None or complaints:
        return complaints
    watched = shape.listings or listings
    return in_order(
        Complaint(*_place_of(doubt, document, len(shape.any)), doubt.message, doubt.hint, "warning")
        for doubt in doubts(_query(shape), watched)
    )


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a profile, for editors."""
    return ProfileShape.model_json_schema()


def slug_of(text: str) -> str:
    """Make the slug nearest to a text; empty where it holds no letter or digit."""
    return "-".join(re.findall(r"[a-z0-9_]+", text.lower())).strip("-_")[:64].rstrip("-_")


def _read(
    text: str, path: str, listings: Collection[str] | None
) -> tuple[Document, ProfileShape | None, list[Complaint]]:
    document = load(text, CAPS)
    shape, complaints = check(ProfileShape, document)
    if not document.is_cut:
        complaints = [*complaints, *_whole(document, path, listings)]
    return document, shape, in_order(complaints)


def _place_of(doubt: Doubt, document: Document, any_length: int) -> tuple[int, int]:
    """Find the list item that a doubt is about; authors are wanted after what ``any`` holds."""
    if doubt.part == "wanted" and doubt.index >= any_length:
        return document.place(("authors", doubt.index - any_length))
    key = {"wanted": "any", "required": "all", "excluded": "none"}[doubt.part]
    return document.place((key, doubt.index, "query"))


def _whole(document: Document, path: str, listings: Collection[str] | None) -> Iterator[Complaint]:
    """Say what is wrong with the file as a whole, whether or not its parts are right."""
    data = document.data
    if not isinstance(data, dict):
        return
    if not any(data.get(key) for key in ("any", "all", "authors")):
        yield Complaint(1, 1, "nothing is looked for: any, all or authors is needed")
    if "profile" not in data and not slug_of(PurePath(path).stem):
        yield Complaint(1, 1, "profile is missing, and the file's name gives none")
    names = data.get("listings")
    for place, name in enumerate(names if isinstance(names, list) else []):
        if listings is not None and isinstance(name, str) and name not in listings:
            hint = did_you_mean(name, listings)
            where = document.place(("listings", place))
            yield Complaint(*where, f"unknown listing {name[:40]}", hint)


def _profile(shape: ProfileShape, path: str, timezone: str) -> Profile:
    slug = shape.profile or slug_of(PurePath(path).stem)
    return Profile(
        slug=slug,
        title=shape.title or slug.replace("-", " ").replace("_", " ").capitalize(),
        query=_query(shape),
        to=tuple(dict.fromkeys(shape.to)),
        listings=tuple(dict.fromkeys(shape.listings)),
        limit=shape.limit,
        minimum=shape.minimum,
        changes=frozenset(Kind(change) for change in shape.changes),
        trending=shape.trending,
        schedule=shape.schedule.schedule(timezone) if shape.schedule else None,
        path=path,
    )


def _query(shape: ProfileShape) -> Query:
    wanted = [interest.clause() for interest in shape.any]
    wanted += [Clause(str(name.node), name.text, 1, name.node) for name in shape.authors]
    return Query(
        wanted=tuple(wanted),
        required=tuple(interest.clause() for interest in shape.all),
        excluded=tuple(interest.clause() for interest in shape.none),
    )
