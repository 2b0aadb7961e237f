"""Editions of papers: a change of text adds one, so that an old issue stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from ..model import Paper
from . import schema
from .serialization import edition, pack_paper, unpack_paper
from .sql import add, chunks


def keep_editions(tx: Connection, papers: Sequence[Paper]) -> None:
    """Add the editions that are not stored yet."""
    contents = {paper.key: pack_paper(paper) for paper in papers}
    # All writers use one order, so that two of them cannot deadlock.
    rows = [
        {"edition": edition(content), "key": key, "content": content}
        for key, content in sorted(contents.items())
    ]
    add(tx, schema.papers, rows)


def newest_editions(tx: Connection, keys: Iterable[str]) -> dict[str, tuple[str, Paper]]:
    """Return, per key, the newest edition's name and the paper."""
    table = schema.papers
    found: dict[str, tuple[str, Paper]] = {}
    for run in chunks(sorted(set(keys))):
        query = select(table).where(table.c.key.in_(run)).order_by(table.c.id)
        for row in tx.execute(query).mappings():
            found[row["key"]] = (row["edition"], unpack_paper(row["content"]))
    return found


def contents_of(tx: Connection, editions: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return, per edition, the packed paper."""
    table = schema.papers
    found: dict[str, Mapping[str, Any]] = {}
    for run in chunks(sorted(set(editions))):
        for row in tx.execute(select(table).where(table.c.edition.in_(run))).mappings():
            found[row["edition"]] = row["content"]
    return found
