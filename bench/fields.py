"""What a change of the sources' reading does to real papers, field by field.

DIGEST_REAL_DATA names the recordings; ``--before FOLDER`` is a checkout of the earlier version.
Prints, for each kind of listing and field, how many papers read otherwise, and some examples.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from difflib import SequenceMatcher
from importlib import import_module
from pathlib import Path
from typing import Any

from digest.errors import SourceError
from digest.listings.sources.entries import paper
from digest.model import Listing, Paper

FIELDS = ("title", "abstract", "authors", "published", "updated")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
#: kind of source → folder and files
RECORDED = (
    ("huggingface", "hf-api", "*.json"),
    ("jsonfeed", "hf-jsonfeed", "*.json"),
    ("arxiv", "arxiv-rss", "*.xml"),
    ("arxiv", "arxiv-api", "*.xml"),
    ("feed", "arxiv-rss/fixtures", "*.xml"),
    ("feed", "arxiv-api", "*.xml"),
    ("feed", "biorxiv", "*.rdf"),
    ("biorxiv", "biorxiv", "*.rdf"),
    ("listing", "listing-text", "*.txt"),
)


def main(options: Sequence[str]) -> int:
    """Compare the two versions; ``--dump`` prints what this one reads, for the other to compare."""
    parser = argparse.ArgumentParser(prog="python -m bench fields", description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of the earlier version")
    parser.add_argument("--dump", action="store_true", help="print this version's reading")
    chosen = parser.parse_args(options)
    data = Path(os.environ["DIGEST_REAL_DATA"])
    if chosen.dump:
        for row in _read(data):
            print(json.dumps(row))
        return 0
    if chosen.before is None:
        parser.error("--before is needed")
    environment = {**os.environ, "PYTHONPATH": str(chosen.before)}
    dumped = subprocess.run(
        [sys.executable, __file__, "--dump"], env=environment, check=True, capture_output=True
    )
    return _compare([json.loads(row) for row in dumped.stdout.splitlines()], list(_read(data)))


def _read(data: Path) -> Iterator[list[Any]]:
    """Yield each paper's kind and fields."""
    for kind, folder, pattern in RECORDED:
        parse = import_module(f"digest.listings.sources.{kind}").parse
        for path in sorted((data / folder).rglob(pattern)):
            told = _DAY.search(path.name)
            day = date.fromisoformat(told[0]) if told else date(2026, 8, 1)
            try:
                found = parse(path.read_bytes(), Listing(name=kind, kind=kind), day)
            except SourceError:
                continue
            yield from ([kind, *_fields(each)] for each in found.papers)
    for path in sorted((data / "arxiv-days").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                texts = {"title": row["title"], "abstract": row["summary"]}
                day = date(2025, 10, 3)
                found = paper(day=day, arxiv=row["id"], authors=row["authors"], **texts)
                yield ["days of arXiv", *_fields(found)]


def _fields(found: Paper) -> list[str]:
    return [
        "; ".join(value) if isinstance(value, tuple) else str(value)
        for value in (getattr(found, field) for field in FIELDS)
    ]


def _compare(before: Sequence[list[str]], after: Sequence[list[str]]) -> int:
    changed: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for (kind, *old), (_, *new) in zip(before, after, strict=True):
        for field, was, now in zip(FIELDS, old, new, strict=True):
            if was != now:
                changed[kind, field].append(_difference(was, now))
    print(f"{len(after):,} papers")
    for (kind, field), shown in sorted(changed.items()):
        print(f"{kind}, {field}: {len(shown)}", *dict.fromkeys(shown), sep="\n    ")
    return 0


def _difference(was: str, now: str) -> str:
    old, new = was.split(), now.split()
    pieces = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    told = (
        f"{' '.join(old[a:b])} → {' '.join(new[c:d])}"
        for tag, a, b, c, d in pieces
        if tag != "equal"
    )
    return ", ".join(told)[:120]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
