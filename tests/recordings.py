"""Recorded pages in tests/data/pages/<kind>/, each beside the papers that stand in it.

``python -m tests.recordings`` writes what is missing; the difference in git is the review.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from datetime import date
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import yaml

from digest.errors import SourceError
from digest.model import Listing, ListingPage, Paper

FOLDER = Path(__file__).parent / "data" / "pages"


def recordings() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*/*") if not path.name.endswith(".expected.yaml"))


def expected_path(path: Path) -> Path:
    return path.with_name(path.name + ".expected.yaml")


def day_of(path: Path) -> date:
    found = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
    return date.fromisoformat(found[0]) if found else date(2025, 10, 4)


def outcome(path: Path) -> dict[str, Any]:
    """What the recording's kind makes of it, as plain data that leaves out every default."""
    kind = path.parent.name
    parse = resolve_name(f"digest.listings.sources.{kind}:parse")
    listing = Listing(name=kind, kind=kind)
    try:
        page: ListingPage = parse(path.read_bytes(), listing, day_of(path))
    except SourceError as error:
        return {"error": error.reason}
    shown: dict[str, Any] = {"entries": page.entries}
    if page.batch:
        shown["batch"] = page.batch
    if page.reasons:
        shown["skipped"] = list(page.reasons)
    return shown | {"papers": [shown_paper(paper) for paper in page.papers]}


def shown_paper(paper: Paper) -> dict[str, Any]:
    shown = {}
    for field in fields(Paper):
        value = getattr(paper, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default:
            shown[field.name] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, str) else value


def main() -> None:
    for path in recordings():
        if not expected_path(path).exists():
            text = yaml.safe_dump(outcome(path), allow_unicode=True, sort_keys=False, width=100)
            expected_path(path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
