"""Papers, issues, schedules as JSON, and the name of an edition: the hash of a paper's content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from pydantic import TypeAdapter

from ..model import Issue, Paper, Schedule

#: Numbers that move all day long are shown as they were first read; they make no new edition.
FLEETING = frozenset({"upvotes", "comments", "announced"})


@lru_cache(maxsize=1)
def _papers() -> TypeAdapter[Paper]:
    return TypeAdapter(Paper)


@lru_cache(maxsize=1)
def _issues() -> TypeAdapter[Issue]:
    return TypeAdapter(Issue)


@lru_cache(maxsize=1)
def _schedules() -> TypeAdapter[Schedule]:
    return TypeAdapter(Schedule)


def pack_schedule(schedule: Schedule | None) -> dict[str, Any] | None:
    """The schedule as JSON values."""
    if schedule is None:
        return None
    packed: dict[str, Any] = _schedules().dump_python(schedule, mode="json")
    return {**packed, "days": sorted(packed["days"])}


def unpack_schedule(packed: Mapping[str, Any] | None) -> Schedule | None:
    """The schedule that was packed."""
    return None if packed is None else _schedules().validate_python(packed)


def pack_paper(paper: Paper) -> dict[str, Any]:
    """The paper as JSON values."""
    packed: dict[str, Any] = _papers().dump_python(paper, mode="json")
    return packed


def unpack_paper(content: Mapping[str, Any]) -> Paper:
    """The paper that was packed."""
    return _papers().validate_python(content)


def edition(content: Mapping[str, Any]) -> str:
    """The name of a packed paper's text: the same text, the same 32 hexadecimal digits."""
    lasting = {name: value for name, value in content.items() if name not in FLEETING}
    text = json.dumps(lasting, sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def pack_issue(issue: Issue) -> dict[str, Any]:
    """The issue as JSON values, each paper replaced by its edition."""
    packed: dict[str, Any] = _issues().dump_python(issue, mode="json", exclude={"id"})
    for match in _matches(packed):
        match["paper"] = edition(match["paper"])
    return packed


def editions_in(packed: Mapping[str, Any]) -> set[str]:
    """The editions that a packed issue names."""
    return {match["paper"] for match in _matches(packed)}


def unpack_issue(
    id: int, packed: Mapping[str, Any], papers: Mapping[str, Mapping[str, Any]]
) -> Issue:
    """The issue that was packed, with the packed papers of its editions put back."""
    whole = json.loads(json.dumps(packed))
    for match in _matches(whole):
        match["paper"] = papers[match["paper"]]
    return _issues().validate_python({**whole, "id": id})


def _matches(packed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for section in packed["sections"]:
        # Issues of before know nothing of waiting.
        for entry in section["entries"] + section["more"] + section.get("waiting", []):
            yield entry["match"]
