"""Full-text search of papers, and the papers that gained the most upvotes.

The index holds the newest edition of each paper: FTS5 on SQLite, ``tsvector`` on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, text

from .. import expressions
from ..model import Paper
from . import schema
from .editions import newest_editions
from .sql import chunks, put

_WORD = expressions.compile(r"\w+")


def search(tx: Connection, words: str, most: int) -> list[Paper]:
    """Return the papers that contain all these words or beginnings of words, the best first."""
    terms = _WORD.findall(words)[:20]
    if not terms:
        return []
    statement, given = (_postgres if _is_postgres(tx) else _sqlite)(terms)
    keys = list(tx.execute(text(statement), {"given": given, "most": most}).scalars())
    return _newest(tx, keys)


def _sqlite(terms: Sequence[str]) -> tuple[str, str]:
    # In quotation marks, FTS5 reads no term as an operator of its query language.
    given = " ".join(f'"{term}"*' for term in terms)
    return (
        "SELECT key FROM paper_words WHERE paper_words MATCH :given "
        "ORDER BY bm25(paper_words, 0, 4, 2, 1), rowid DESC LIMIT :most",
        given,
    )


def _postgres(terms: Sequence[str]) -> tuple[str, str]:
    # The index holds words by their stem and, for authors, as they are.
    given = " & ".join(f"'{term}':*" for term in terms)
    return (
        "SELECT key FROM paper_words, "
        "(SELECT to_tsquery('english', :given) || to_tsquery('simple', :given) AS query) AS asked "
        "WHERE words @@ query ORDER BY ts_rank(words, query) DESC, key DESC LIMIT :most",
        given,
    )


def index(tx: Connection, papers: Iterable[Paper]) -> None:
    """Write these papers into the index as they are now; their editions must be stored already."""
    rows = [_row(paper) for paper in papers]
    if rows:
        tx.execute(text(_INTO_POSTGRES if _is_postgres(tx) else _INTO_SQLITE), rows)


def unindex(tx: Connection, keys: Sequence[str]) -> None:
    """Take papers out of the index."""
    for key in keys:
        tx.execute(text("DELETE FROM paper_words WHERE key = :key"), {"key": key})


def _is_postgres(tx: Connection) -> bool:
    return tx.dialect.name == "postgresql"


# The rowid is the id of a paper's oldest edition, so that a newer text replaces the older.
_INTO_SQLITE = (
    "INSERT OR REPLACE INTO paper_words (rowid, key, title, authors, abstract) "
    "SELECT min(id), key, :title, :authors, :abstract FROM papers WHERE key = :key GROUP BY key"
)
_INTO_POSTGRES = (
    "INSERT INTO paper_words (key, words) VALUES (:key, "
    "setweight(to_tsvector('english', :title), 'A') || "
    "setweight(to_tsvector('simple', :authors), 'B') || "
    "setweight(to_tsvector('english', :abstract), 'D')) "
    "ON CONFLICT (key) DO UPDATE SET words = excluded.words"
)


def _row(paper: Paper) -> dict[str, str]:
    return {
        "key": paper.key,
        "title": paper.title,
        "authors": " ".join(paper.authors),
        "abstract": paper.abstract,
    }


def _newest(tx: Connection, keys: Sequence[str]) -> list[Paper]:
    editions_by_key = newest_editions(tx, keys)
    return [editions_by_key[key][1] for key in keys if key in editions_by_key]


def keep_votes(tx: Connection, day: date, papers: Iterable[Paper]) -> None:
    """Store how many upvotes each paper has on a day; the last count of a day is kept."""
    rows: dict[str, dict[str, Any]] = {
        paper.key: {"key": paper.key, "day": day, "upvotes": paper.upvotes}
        for paper in papers
        if paper.upvotes is not None
    }
    put(tx, schema.votes, [rows[key] for key in sorted(rows)])


def counted(tx: Connection, keys: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return, per paper's key, its last count of upvotes and the rise since the count before."""
    table = schema.votes
    counts: dict[str, tuple[int, int]] = {}
    for run in chunks(sorted(keys)):
        query = select(table).where(table.c.key.in_(run)).order_by(table.c.day)
        for row in tx.execute(query).mappings():
            before, _ = counts.get(row["key"], (row["upvotes"], 0))
            counts[row["key"]] = (row["upvotes"], max(0, row["upvotes"] - before))
    return counts


def rising(tx: Connection, first: date, most: int) -> list[tuple[Paper, list[tuple[date, int]]]]:
    """Return the papers that gained most upvotes since a day, with their count on each day."""
    table = schema.votes
    gain = func.max(table.c.upvotes) - func.min(table.c.upvotes)
    query = (
        select(table.c.key)
        .where(table.c.day >= first)
        .group_by(table.c.key)
        .having(func.count() > 1, gain > 0)
        .order_by(gain.desc(), table.c.key)
        .limit(most)
    )
    keys = list(tx.execute(query).scalars())
    counted = select(table).where(table.c.key.in_(keys), table.c.day >= first).order_by(table.c.day)
    days: dict[str, list[tuple[date, int]]] = {}
    for row in tx.execute(counted).mappings():
        days.setdefault(row["key"], []).append((row["day"], row["upvotes"]))
    return [(paper, days[paper.key]) for paper in _newest(tx, keys)]
