"""YAML text ⇄ Profile, with every complaint at its line and column.

Says whether a file can be used and what is doubtful in it; reads and writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticKnownError

from .document import Document
from .errors import Complaint, ProfileError
from .fields import Address, Line, ScheduleShape, in_list
from .model import Kind, Profile
from .query import Clause, Query, QuerySyntaxError, parse_clause
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
    node: Any


def _parsed(value: Any) -> _Parsed:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return _Parsed(value, parse_clause(value))
    except QuerySyntaxError as error:
        raise mistake(error.message, error.hint, error.column - 1) from None


def _in_mapping(value: Any) -> Any:
    """Take a bare list item for the query alone."""
    return value if isinstance(value, dict | list) else {"query": value}


def _slug(text: str) -> str:
    if re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?", text):
        return text
    raise mistake("profile: small letters, digits, - and _ are expected", _near_slug(text))


def _near_slug(text: str) -> str:
    slug = slug_of(text)
    return f"did you mean {slug}?" if slug else ""


Name = Annotated[str, Field(min_length=1, max_length=100)]


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
        return Clause(self.query.text, self.label or self.query.text, self.weight, self.query.node)


Interest = Annotated[
    ClauseShape, BeforeValidator(_in_mapping, json_schema_input_type=str | ClauseShape)
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
    listings: list[Name] = Field(default=[], description="the listings it watches; default: all")
    any: Interests = Field(default=[], description="a paper must have one of these")
    all: Interests = Field(default=[], description="and all of these")
    none: Interests = Field(default=[], description="and none of these")
    authors: Annotated[list[Name], Field(max_length=MOST_CLAUSES)] = Field(
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
    shape, complaints = _read(text, path, listings)
    if shape is None or complaints:
        raise ProfileError(path, complaints)
    return _profile(shape, path, timezone)


def lint(text: str, path: str, *, listings: Collection[str] | None = None) -> list[Complaint]:
    """Find every mistake in ``text`` and everything doubtful that can be told without papers."""
    return _read(text, path, listings)[1]


def schema() -> dict[str, Any]:
    """Give the JSON Schema of a profile, for editors."""
    return ProfileShape.model_json_schema()


def slug_of(text: str) -> str:
    """Make the slug nearest to a text; empty where it holds no letter or digit."""
    return "-".join(re.findall(r"[a-z0-9_]+", text.lower())).strip("-_")[:64].rstrip("-_")


def _read(
    text: str, path: str, listings: Collection[str] | None
) -> tuple[ProfileShape | None, list[Complaint]]:
    document = load(text, CAPS)
    shape, complaints = check(ProfileShape, document)
    if not document.is_cut:
        complaints = [*complaints, *_whole(document, path, listings)]
    return shape, in_order(complaints)


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
    wanted += [_by(author) for author in shape.authors]
    return Query(
        wanted=tuple(wanted),
        required=tuple(interest.clause() for interest in shape.all),
        excluded=tuple(interest.clause() for interest in shape.none),
    )


def _by(author: str) -> Clause:
    text = f'author:"{author}"'
    return Clause(text, author, 1, parse_clause(text))
