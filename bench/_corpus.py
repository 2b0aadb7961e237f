"""Real papers to measure with, from the folder that DIGEST_REAL_DATA names."""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digest.language.text import clean, readable
from digest.model import Paper


def papers(most: int) -> list[Paper]:
    """Read the first ``most`` distinct papers of arXiv's daily listings, autumn 2025."""
    found: dict[str, Paper] = {}
    for entry in entries():
        found.setdefault(entry["id"], paper(entry))
        if len(found) == most:
            return list(found.values())
    sys.exit(f"only {len(found):,} papers in arxiv-days/, {most:,} asked for")


def entries() -> Iterator[dict[str, Any]]:
    """Yield the entries of arXiv's daily listings, the earliest first."""
    folder = os.environ.get("DIGEST_REAL_DATA")
    if not folder:
        sys.exit("set DIGEST_REAL_DATA to the folder that holds arxiv-days/")
    for path in sorted(Path(folder, "arxiv-days").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            yield from map(json.loads, lines)


def paper(entry: dict[str, object]) -> Paper:
    """Read a paper of arXiv's, as one line of a day."""

    def text(name: str) -> str:
        return clean(readable(str(entry.get(name) or "")))

    def texts(name: str) -> tuple[str, ...]:
        values = entry.get(name)
        return tuple(map(str, values)) if isinstance(values, list) else ()

    return Paper(
        key=f"arxiv:{entry['id']}",
        title=text("title"),
        abstract=text("summary"),
        authors=texts("authors"),
        categories=texts("categories"),
        comment=text("comment"),
    )


def invented(most: int) -> list[Paper]:
    """Make up papers of a few hundred words, for a try that needs no real ones."""
    draw = random.Random(most)
    syllables = ("gra", "net", "ran", "dom", "mo", "del", "tune", "ing", "sparse", "lo", "cal", "s")
    words = ["".join(draw.choices(syllables, k=draw.randint(1, 3))) for _ in range(300)]
    people = ["Ann Lee", "Bo Li", "Jo van der Berg", "Ida Noddack", "Max Born"]

    def text(length: int) -> str:
        return " ".join(words[int(draw.paretovariate(0.7)) % 300] for _ in range(length))

    return [
        Paper(
            key=f"arxiv:2603.{place:05}",
            title=text(8),
            abstract=text(60),
            authors=tuple(draw.sample(people, 2)),
            categories=(draw.choice(("cs.LG", "cs.CV")),),
        )
        for place in range(most)
    ]
