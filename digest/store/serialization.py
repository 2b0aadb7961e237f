"""Papers, issues and schedules as JSON, and edition names: the hash of a paper's content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from operator import index
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer, SchemaValidator
from pydantic_core import core_schema as cs

from ..model import (
    ChangeKind,
    Hit,
    Issue,
    IssueEntry,
    Match,
    Notice,
    Paper,
    Reason,
    Schedule,
    Section,
)

#: Fields that change all day long make no new edition; they are shown as they were first read.
FLEETING = frozenset({"upvotes", "comments", "announced", "wording"})


@lru_cache(maxsize=1)
def _papers() -> TypeAdapter[Paper]:
    return TypeAdapter(Paper)


@lru_cache(maxsize=1)
def _issues() -> TypeAdapter[Issue]:
    return TypeAdapter(Issue)


@lru_cache(maxsize=1)
def _numbered_issues() -> tuple[SchemaValidator, SchemaSerializer]:
    """Return what reads and writes an issue with a number in the place of each paper."""

    def numbered(part: Any) -> Any:
        if isinstance(part, list):
            return [numbered(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get("type") == "dataclass-field" and part["name"] == "paper":
            return {**part, "schema": cs.int_schema()}
        return {name: numbered(each) for name, each in part.items()}

    schema = numbered(_issues().core_schema)
    return SchemaValidator(schema), SchemaSerializer(schema)


@lru_cache(maxsize=1)
def _notices() -> TypeAdapter[Notice]:
    return TypeAdapter(Notice)


@lru_cache(maxsize=1)
def _schedules() -> TypeAdapter[Schedule]:
    return TypeAdapter(Schedule)


def pack_schedule(schedule: Schedule | None) -> dict[str, Any] | None:
    """Return the schedule as JSON values."""
    if schedule is None:
        return None
    packed: dict[str, Any] = _schedules().dump_python(schedule, mode="json")
    return {**packed, "days": sorted(packed["days"])}


def unpack_schedule(packed: Mapping[str, Any] | None) -> Schedule | None:
    """Return the schedule that was packed."""
    return None if packed is None else _schedules().validate_python(packed)


def pack_paper(paper: Paper) -> Mapping[str, Any]:
    """Return the paper as JSON values; the same for all who read the paper, so not to change."""
    return _kept(paper)[2]


def edition_of(paper: Paper) -> str:
    """Return the edition name of a paper; see ``edition``."""
    return _kept(paper)[1]


#: So many papers are packed once.
_MOST_KEPT = 8192

#: By identity, which takes no time: a paper, which so lives on, its edition and its content.
_packed: dict[int, tuple[Paper, str, Mapping[str, Any]]] = {}


def _kept(paper: Paper) -> tuple[Paper, str, Mapping[str, Any]]:
    found = _packed.get(id(paper))
    if found is None:
        content = _papers().dump_python(paper, mode="json")
        found = paper, edition(content), content
        if len(_packed) >= _MOST_KEPT:
            _packed.clear()
        _packed[id(paper)] = found
    return found


def unpack_paper(content: Mapping[str, Any]) -> Paper:
    """Return the paper that was packed."""
    return _papers().validate_python(content)


def edition(content: Mapping[str, Any]) -> str:
    """Return the edition name of a packed paper: a hash of its text, 32 hexadecimal digits."""
    lasting = {name: value for name, value in content.items() if name not in FLEETING}
    text = json.dumps(lasting, sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


_PARTS = ("entries", "more", "waiting")
#: What is packed by itself: the entries, in a fraction of the time.
_NOT_PACKED: Any = {"id": True, "sections": {"__all__": set(_PARTS)}}

#: The fields that a hit may be in, each as one letter.
_LETTERS = {
    "title": "t",
    "abstract": "a",
    "author": "n",
    "category": "c",
    "org": "o",
    "comment": "m",
}
_FIELDS = {letter: field for field, letter in _LETTERS.items()}

#: To ask the enumeration for it takes ten times as long.
_NEW = ChangeKind.NEW


def pack_issue(issue: Issue, numbers: Mapping[int, int]) -> bytes:
    """Return the issue as JSON in which what is said of each paper is a row, without names.

    A row has the number of the paper's edition, the score, the place of its listings in
    ``listings``, each reason's place in ``reasons`` with its hits as one text, and by name what is
    not as usual.  ``numbers`` has the editions by the papers' identities.
    """
    packed: dict[str, Any] = _issues().dump_python(issue, mode="json", exclude=_NOT_PACKED)
    reasons, listings = dict[tuple[Any, ...], int](), dict[tuple[str, ...], int]()
    sections = [
        _with_entries(section, its, numbers, reasons, listings)
        for section, its in zip(packed.pop("sections"), issue.sections, strict=True)
    ]
    rest = _json(packed | {"reasons": [*reasons], "listings": [*listings]})
    return f'{{"sections":[{",".join(sections)}],{rest[1:]}'.encode()


_json = json.JSONEncoder(separators=(",", ":")).encode


def _with_entries(
    packed: Mapping[str, Any],
    its: Section,
    numbers: Mapping[int, int],
    reasons: dict[tuple[Any, ...], int],
    listings: dict[tuple[str, ...], int],
) -> str:
    text = _json(packed)[:-1]
    for part in _PARTS:
        entries: Sequence[IssueEntry] = getattr(its, part)
        found = [_row(each, numbers[id(each.match.paper)], reasons, listings) for each in entries]
        text += f',"{part}":[{",".join(found)}]'
    return text + "}"


def _row(
    entry: IssueEntry,
    number: int,
    reasons: dict[tuple[Any, ...], int],
    listings: dict[tuple[str, ...], int],
) -> str:
    match, causes, letters = entry.match, [], _LETTERS
    place = listings.setdefault(entry.listings, len(listings))
    for each in match.reasons:
        cause = reasons.setdefault((each.label, each.points, each.rare), len(reasons))
        hits = [f"{letters[hit.field]}{hit.start}+{hit.end - hit.start}" for hit in each.hits]
        causes.append(f'{cause},"{" ".join(hits)}"')
    rest = _unusual(entry)
    return f"[{number},{match.score},{place},[{','.join(causes)}]{rest}]"


def _unusual(entry: IssueEntry) -> str:
    """Return by name, in the end of a row, what is said of few papers; empty if nothing is."""
    votes, rise, waited = entry.upvotes, entry.rise, entry.waited
    is_new = entry.change is _NEW and not entry.detail
    if is_new and votes is None and waited is None and not rise and not entry.also_in:
        return ""
    found = {
        "change": None if entry.change is _NEW else entry.change,
        "detail": entry.detail or None,
        "also_in": entry.also_in or None,
        "upvotes": votes,
        "rise": rise or None,
        "waited": waited and waited.isoformat(),
    }
    return f",{_json({name: value for name, value in found.items() if value is not None})}"


def papers_in(packed: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the papers in an issue that is packed by names."""
    return {match["paper"] for match in matches(packed)}


def unpack_issue(
    id: int,
    packed: Mapping[str, Any] | bytes,
    papers_of: Callable[[set[int]], Mapping[int, Paper]],
) -> Issue:
    """Return the issue that was packed, or is in this JSON; ``papers_of`` returns its papers.

    Raises LookupError, TypeError or ValueError if it is damaged.
    """
    values = json.loads(packed) if isinstance(packed, bytes) else packed
    read = _of_rows if "reasons" in values else _of_names
    try:
        issue: Issue = read(values, papers_of)
    except AttributeError as error:
        raise TypeError(f"a value is no text or no object: {error}") from error
    object.__setattr__(issue, "id", id)
    return issue


def _of_names(
    packed: Mapping[str, Any], papers_of: Callable[[set[int]], Mapping[int, Paper]]
) -> Any:
    """Return an issue that an earlier version packed, all values by their names."""
    issue: Issue = _numbered_issues()[0].validate_python(packed)
    found: list[Any] = [entry.match for section in issue.sections for entry in section.all]
    papers = papers_of({match.paper for match in found})
    # In their places, before the issue is anywhere else: a copy would cost more than reading it.
    for match in found:
        object.__setattr__(match, "paper", papers[match.paper])
    return issue


#: How each value that is said of few papers is read.
_UNUSUAL: Mapping[str, Callable[[Any], Any]] = {
    "change": ChangeKind,
    "detail": str,
    "also_in": tuple,
    "upvotes": index,
    "rise": index,
    "waited": date.fromisoformat,
}


@lru_cache(maxsize=1)
def _tables() -> TypeAdapter[Any]:
    """Return what reads the reasons, without their hits, and the listings of an issue's rows."""
    return TypeAdapter(tuple[list[tuple[str, int, tuple[int, int] | None]], list[tuple[str, ...]]])


def _of_rows(
    packed: Mapping[str, Any], papers_of: Callable[[set[int]], Mapping[int, Paper]]
) -> Any:
    """Return an issue of rows, its entries made directly: in a third of pydantic's time."""
    sections = packed["sections"]
    none = dict.fromkeys(_PARTS, ())
    issue = _issues().validate_python(
        {**packed, "sections": [{**section, **none} for section in sections]}
    )
    tables = _tables().validate_python((packed["reasons"], packed["listings"]))
    papers = papers_of({row[0] for each in sections for part in _PARTS for row in each[part]})
    for section, its in zip(sections, issue.sections, strict=True):
        for part in _PARTS:
            object.__setattr__(its, part, tuple(_entries(section[part], papers, *tables)))
    return issue


def _entries(
    rows: Iterable[Sequence[Any]],
    papers: Mapping[int, Paper],
    reasons: Sequence[tuple[str, int, tuple[int, int] | None]],
    listings: Sequence[tuple[str, ...]],
) -> Iterator[IssueEntry]:
    for number, score, place, causes, *rest in rows:
        found = []
        for cause, hits in zip(causes[::2], causes[1::2], strict=True):
            label, points, rare = reasons[cause]
            found.append(Reason(label, points, _hits(hits), rare))
        match = Match(papers[number], index(score), tuple(found))
        if rest:
            unusual = {name: _UNUSUAL[name](value) for name, value in rest[0].items()}
            yield IssueEntry(match, listings=listings[place], **unusual)
        else:
            yield IssueEntry(match, _NEW, "", listings[place])


#: So many texts are known; the words of a day's abstracts begin at some thousand places.
@lru_cache(maxsize=16384)
def _hits(text: str) -> tuple[Hit, ...]:
    """Return the hits of which each is written as its field's letter, its start and its length."""
    found = []
    for each in text.split():
        start, length = each[1:].split("+")
        at = int(start)
        found.append(Hit(_FIELDS[each[0]], at, at + int(length)))
    return tuple(found)


def _themselves(numbers: set[int]) -> Any:
    return {number: number for number in numbers}


def named(packed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a packed issue with all its values by their names: for people, who may ask for it."""
    if "reasons" not in packed:
        return packed
    issue = _of_rows(packed, _themselves)
    values: Mapping[str, Any] = _numbered_issues()[1].to_python(issue, mode="json", exclude={"id"})
    return values


def pack_notice(notice: Notice) -> bytes:
    """Return the notice as JSON in UTF-8; what is no text, a lone surrogate, becomes "?"."""
    packed = _notices().dump_python(notice) | {"made_at": notice.made_at.isoformat()}
    return json.dumps(packed, ensure_ascii=False).encode("utf-8", "replace")


def unpack_notice(data: bytes) -> Notice | None:
    """Return the notice that was packed; None for a rendered one, as earlier versions kept it."""
    return _notices().validate_json(data) if data.startswith(b"{") else None


def matches(packed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the matches of an issue that is packed by names, one after another."""
    for section in packed["sections"]:
        # Issues of earlier versions have no "waiting".
        for entry in section["entries"] + section["more"] + section.get("waiting", []):
            yield entry["match"]
