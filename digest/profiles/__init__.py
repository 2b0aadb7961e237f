"""YAML text ⇄ Profile, with every mistake at its line and column.

Checks whether a text can be used, and warns of what is doubtful in it; reads and writes no file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import Any

from pydantic_core import core_schema as cs

from .. import expressions, locales
from ..errors import Mistake, ProfileError, Sentence, meant, write
from ..language import Clause, CompiledQuery, in_language
from ..language.lemmas import LANGUAGES
from ..language.words import form_of
from ..model import ChangeKind, Profile
from ..strict_yaml import Caps, load
from ..strict_yaml.document import Document
from ..strict_yaml.fields import (
    A_PLACE,
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
    one_line,
)
from .author_names import split_at_commas
from .habits import explained, looks_for, ours
from .items import AUTHOR, ITEM, Parsed
from .lint import Doubt, doubt_about_form, doubts
from .yaml_traps import traps

_SLUG = expressions.anchored(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_SLUG_WORDS = expressions.compile(r"[a-z0-9_]+")

#: The schema file beside a profile, with which editors complete and check.
SCHEMA_NAME = "profile.schema.json"
#: The first line of every profile that digest writes.
SCHEMA_LINE = f"# yaml-language-server: $schema=./{SCHEMA_NAME}"

CAPS = Caps(size=16 * 1024, nodes=1500, scalar=2000)
MOST_CLAUSES = 500
#: The number of ``compiled``'s form; a higher one lets all texts be read again.
READING = 1


def _slug(text: str) -> str:
    if _SLUG.fullmatch(text):
        return text
    message = Sentence("profile: small letters, digits, - and _ are expected")
    raise mistake(message, _near_slug(text))


def _near_slug(text: str) -> str:
    slug = slug_of(text)
    return meant(slug) if slug else ""


_CLAUSES = list_of(ITEM, MOST_CLAUSES)

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
            "authors": key(list_of(AUTHOR, MOST_CLAUSES), "or be by one of these", default=[]),
            "language": key(
                one_of(*LANGUAGES),
                "the language of its words: " + ", ".join(LANGUAGES),
                default="en",
            ),
            "limit": key(whole(1, 500), "how many papers the mail names", default=20),
            "whole": key(
                whole(0, 500), "how many of these are shown whole, the best first", default=2
            ),
            "brief": key(
                whole(0, 500), "how many after these in brief; the others by title", default=4
            ),
            "at_most": key(
                cs.dict_schema(LINE, whole(1, 500)),
                "per listing, how many of its papers the mail names; default: all",
                default={},
            ),
            "minimum": key(whole(0, 10_000), "papers that score less are not shown", default=0),
            "changes": key(
                list_of(one_of(*(kind.value for kind in ChangeKind))),
                "what must have happened to a paper",
                default=["new", "cross"],
            ),
            "trending": key(whole(0, 100), "points for each ten upvotes", default=0),
            "rank": key(
                one_of("score", "rarity"),
                "what orders its papers: the score, or how rare what matched is",
                default="score",
            ),
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
            "locale": key(
                one_of(*locales.NAMES),
                "what the mail itself says is in: " + ", ".join(locales.NAMES),
            ),
        }
    ),
    ours,
)


def parse(
    text: str,
    path: str,
    *,
    listings: Collection[str] | None = None,
    timezone: str = "UTC",
) -> Profile:
    """Parse the profile in ``text``, as ``read`` does; raises ProfileError."""
    return read(text, path, listings=listings, timezone=timezone).profile


@dataclass(frozen=True, slots=True)
class ReadProfile:
    """A valid profile with the text and the document that it was read from, to change the text."""

    profile: Profile
    text: str
    document: Document

    @property
    def compiled(self) -> str:
        """Return as JSON what is written in the text; most of the work of reading it is YAML's."""
        return json.dumps(self.document.data, ensure_ascii=False, separators=(",", ":"))


def loaded(compiled: str, path: str, *, timezone: str = "UTC") -> Profile:
    """Return the profile of a text from its ``compiled`` form; raises ValueError if it is damaged.

    The listings that it names are not looked at.
    """
    data = SHAPE.validator.validate_python(json.loads(compiled))
    return _profile(data, path, timezone)


def read(
    text: str,
    path: str,
    *,
    listings: Collection[str] | None = None,
    timezone: str = "UTC",
) -> ReadProfile:
    """Read the profile in ``text``; mistakes name its ``path``, which is also its default slug.

    ``listings`` are the names that exist, if they are known; ``timezone`` is for a schedule that
    names none.  Raises ProfileError with all mistakes, sorted by place.
    """
    document, data, complaints = _read(text, path, listings)
    if data is None or complaints:
        raise ProfileError(path, complaints)
    return ReadProfile(_profile(data, path, timezone), text, document)


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
    judged = judge(_profile(data, path, "UTC")) if judge else ()
    trapped = list(traps(document))
    # A dash that was to begin an item is said once.
    places = {(each.line, each.column) for each in trapped}
    found = [
        _warning(doubt, place)
        for doubt in (*doubts(_query(data), watched), *judged)
        if (place := _place_of(doubt, document, len(data["any"]))) not in places
    ]
    further = (
        trapped,
        _out_of_reach(data, document),
        _split_names(data, document),
        _idle_forms(data, document),
        _other_hours(document),
    )
    return in_order([*found, *chain.from_iterable(further)])


def _warning(doubt: Doubt, place: tuple[int, int]) -> Mistake:
    return Mistake(*place, one_line(doubt.message), one_line(doubt.hint), doubt.severity)


def _split_names(data: Mapping[str, Any], document: Document) -> Iterator[Mistake]:
    """Warn of a name that a comma of the list cut in two; a list by lines has no commas."""
    names = [each.text for each in data["authors"]]
    lines = {document.place(("authors", index))[0] for index in range(len(names))}
    if len(lines) == len(names) > 1:
        return
    for index, message, hint in split_at_commas(names):
        yield Mistake(*document.place(("authors", index)), message, hint, "warning")


#: Names of time zones that are not what they look like, and what is mostly meant.
_ODD_ZONES = {"EST": "America/New_York", "MST": "America/Denver"}


def _other_hours(document: Document) -> Iterator[Mistake]:
    """Warn of a time zone without summer time, or one whose sign is the other way round."""
    place = document.place(("schedule", "timezone"))
    zone = document.written(("schedule", "timezone")) or ""
    if other := _ODD_ZONES.get(zone):
        message = Sentence("%(zone)s is never summer time", zone=zone)
        yield Mistake(*place, message, write(other), "warning")
    elif zone.startswith("Etc/GMT") and zone[7:8] in ("+", "-"):
        message = (
            Sentence("%(zone)s is west of Greenwich, whatever its sign looks like", zone=zone)
            if zone[7] == "+"
            else Sentence("%(zone)s is east of Greenwich, whatever its sign looks like", zone=zone)
        )
        yield Mistake(*place, message, A_PLACE, "warning")


def _idle_forms(data: Mapping[str, Any], document: Document) -> Iterator[Mistake]:
    """Warn of a form that a clause is without and would not be found in anyhow."""
    for part in ("any", "all", "none"):
        for index, item in enumerate(data[part]):
            node = in_language(item["query"].node, data["language"])
            for number, form in enumerate(item["without"]):
                if found := doubt_about_form(node, form):
                    place = document.place((part, index, "without", number))
                    message, hint = map(one_line, found)
                    yield Mistake(*place, message, hint, "warning")


def _out_of_reach(data: Mapping[str, Any], document: Document) -> Iterator[Mistake]:
    """Warn of a minimum that no paper can reach: each clause is worth three times its weight."""
    highest = 3 * (sum(item["weight"] for item in data["any"] + data["all"]) + len(data["authors"]))
    if data["minimum"] > highest and not data["trending"]:
        place = document.place(("minimum",))
        message = Sentence(
            "no paper scores more than %(highest)s here, so none is shown", highest=str(highest)
        )
        hint = Sentence("write %(text)s at most", text=f"minimum: {highest}")
        yield Mistake(*place, message, hint, "warning")


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
    complaints = list(explained(document, complaints))
    if not document.is_cut:
        complaints = [*complaints, *_whole(document, path, listings)]
    return document, data, in_order(complaints)


def _place_of(doubt: Doubt, document: Document, any_length: int) -> tuple[int, int]:
    """Find the list item that a doubt is about; wanted clauses are ``any``, then ``authors``."""
    if doubt.part == "wanted" and doubt.index >= any_length:
        return document.place(("authors", doubt.index - any_length), doubt.offset)
    name = {"wanted": "any", "required": "all", "excluded": "none"}[doubt.part]
    return document.place((name, doubt.index, "query"), doubt.offset)


def _whole(document: Document, path: str, listings: Collection[str] | None) -> Iterator[Mistake]:
    """Yield the mistakes of the file as a whole, whether or not its parts are valid."""
    data = document.data
    if not isinstance(data, dict):
        return
    others = [name for name in data if name not in SHAPE.keys]
    is_empty = not (data.get("any") or data.get("all") or data.get("authors"))
    if is_empty and not any(map(looks_for, others)):
        yield Mistake(1, 1, Sentence("nothing is looked for: any, all or authors is needed"))
    if data.get("profile") is None and not slug_of(PurePath(path).stem):
        yield Mistake(1, 1, Sentence("profile is missing, and the file's name gives none"))
    if listings is not None:
        for name, where in _named_listings(data):
            if name not in listings:
                hint = did_you_mean(name, listings)
                message = Sentence("unknown listing %(name)s", name=name[:40])
                yield Mistake(*document.place(where), message, hint)


def _named_listings(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield the listings that a profile names, each with its place."""
    names, caps = data.get("listings"), data.get("at_most")
    for place, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str):
            yield name, ("listings", place)
    for name in caps if isinstance(caps, dict) else ():
        if isinstance(name, str):
            yield name, ("at_most", name)


def _profile(data: Mapping[str, Any], path: str, timezone: str) -> Profile:
    slug = data.get("profile") or slug_of(PurePath(path).stem)
    return Profile(
        slug=slug,
        title=data.get("title") or slug.replace("-", " ").replace("_", " ").capitalize(),
        query=_query(data),
        to=tuple(dict.fromkeys(data["to"])),
        listings=tuple(dict.fromkeys(data["listings"])),
        limit=data["limit"],
        whole=data["whole"],
        brief=data["brief"],
        at_most=tuple(data["at_most"].items()),
        minimum=data["minimum"],
        changes=frozenset(ChangeKind(change) for change in data["changes"]),
        trending=data["trending"],
        rank=data["rank"],
        schedule=schedule(data["schedule"], timezone) if "schedule" in data else None,
        quiet=data["quiet"],
        overflow=data["overflow"],
        locale=data.get("locale", ""),
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
    parsed: Parsed = item["query"]
    label = item.get("label") or " ".join(parsed.text.split())
    without = tuple(sorted({form_of(form) for form in item["without"]}))
    node = in_language(parsed.node, language, without)
    return Clause(parsed.text.strip(), label, item["weight"], node, item.get("at_most", 0))
