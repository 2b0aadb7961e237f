"""Papers, issues and schedules as JSON, and edition names: the hash of a paper's content."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from ..model import Issue, IssueEntry, Notice, Paper, Reason, Schedule, Section

#: Fields that change all day long make no new edition; they are shown as they were first read.
FLEETING = frozenset({"upvotes", "comments", "announced", "wording"})


@lru_cache(maxsize=1)
def _papers() -> TypeAdapter[Paper]:
    return TypeAdapter(Paper)


@lru_cache(maxsize=1)
def _issues() -> TypeAdapter[Issue]:
    return TypeAdapter(Issue)


@lru_cache(maxsize=1)
def _numbered_issues() -> SchemaValidator:
    """Return what reads an issue that has the number of each paper in the paper's place."""

    def numbered(part: Any) -> Any:
        if isinstance(part, list):
            return [numbered(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get("type") == "dataclass-field" and part["name"] == "paper":
            return {**part, "schema": cs.int_schema()}
        return {name: numbered(each) for name, each in part.items()}

    return SchemaValidator(numbered(_issues().core_schema))


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


def pack_issue(issue: Issue, numbers: Mapping[int, int]) -> bytes:
    """Return the issue as JSON, with the number of its edition in place of each paper.

    ``numbers`` has them by the papers' identities.
    """
    packed: dict[str, Any] = _issues().dump_python(issue, mode="json", exclude=_NOT_PACKED)
    sections = [
        _with_entries(section, its, numbers)
        for section, its in zip(packed["sections"], issue.sections, strict=True)
    ]
    # Before the sections there are two dates alone, which do not look like them.
    before, behind = _json({**packed, "sections": []}).split('"sections":[]', 1)
    return f'{before}"sections":[{",".join(sections)}]{behind}'.encode()


_json = json.JSONEncoder(separators=(",", ":")).encode


def _with_entries(packed: Mapping[str, Any], its: Section, numbers: Mapping[int, int]) -> str:
    text = _json(packed)[:-1]
    for part in _PARTS:
        entries: Sequence[IssueEntry] = getattr(its, part)
        found = [_entry(each, numbers[id(each.match.paper)]) for each in entries]
        text += f',"{part}":[{",".join(found)}]'
    return text + "}"


def _entry(entry: IssueEntry, number: int) -> str:
    match = entry.match
    reasons = ",".join([_reason(each) for each in match.reasons])
    upvotes = "null" if entry.upvotes is None else entry.upvotes
    waited = f'"{entry.waited}"' if entry.waited else "null"
    return (
        f'{{"match":{{"score":{match.score},"reasons":[{reasons}],"paper":{number}}},'
        f'"change":"{entry.change}","detail":{_text(entry.detail)},'
        f'"listings":{_names(entry.listings)},"also_in":{_names(entry.also_in)},'
        f'"upvotes":{upvotes},"rise":{entry.rise},"waited":{waited}}}'
    )


def _reason(reason: Reason) -> str:
    spans = [f'{{"field":"{h.field}","start":{h.start},"end":{h.end}}}' for h in reason.hits]
    hits, rare = ",".join(spans), _json(reason.rare) if reason.rare else "null"
    label, points = _text(reason.label), reason.points
    return f'{{"label":{label},"points":{points},"hits":[{hits}],"rare":{rare}}}'


@lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> str:
    return _json(names)


def papers_in(packed: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the papers in a packed issue."""
    return {match["paper"] for match in matches(packed)}


def unpack_issue(
    id: int,
    packed: Mapping[str, Any] | bytes,
    papers_of: Callable[[set[int]], Mapping[int, Paper]],
) -> Issue:
    """Return the issue that was packed, or is in this JSON; ``papers_of`` returns its papers.

    JSON is read at once, without its values between, in half the time.
    """
    issue: Issue = _numbered(packed)
    found: list[Any] = [entry.match for section in issue.sections for entry in section.all]
    papers = papers_of({match.paper for match in found})
    # In their places, before the issue is anywhere else: a copy would cost more than reading it.
    for match in found:
        object.__setattr__(match, "paper", papers[match.paper])
    object.__setattr__(issue, "id", id)
    return issue


def _numbered(packed: Mapping[str, Any] | bytes) -> Any:
    if isinstance(packed, bytes):
        try:
            return _numbered_issues().validate_json(packed)
        except ValidationError:  # not of a lone surrogate, which the standard library reads
            packed = json.loads(packed)
    return _numbered_issues().validate_python(packed)


def pack_notice(notice: Notice) -> bytes:
    """Return the notice as JSON in UTF-8; what is no text, a lone surrogate, becomes "?"."""
    packed = _notices().dump_python(notice) | {"made_at": notice.made_at.isoformat()}
    return json.dumps(packed, ensure_ascii=False).encode("utf-8", "replace")


def unpack_notice(data: bytes) -> Notice | None:
    """Return the notice that was packed; None for a rendered one, as earlier versions kept it."""
    return _notices().validate_json(data) if data.startswith(b"{") else None


def matches(packed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the matches of a packed issue, one after another."""
    for section in packed["sections"]:
        # Issues of earlier versions have no "waiting".
        for entry in section["entries"] + section["more"] + section.get("waiting", []):
            yield entry["match"]
