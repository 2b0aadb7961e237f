"""Full-text search of papers, and the papers that gained the most upvotes.

The index holds the newest edition of each paper: FTS5 on SQLite, ``tsvector`` on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    column,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy import table as sql_table

from .. import expressions
from ..model import Paper
from . import schema
from .editions import newest_editions
from .sql import chunks, put

_WORD = expressions.compile(r"\w+")
#: Further words of a question are ignored.
MOST_WORDS = 20

_INDEX = sql_table("paper_words", column("key"))
#: The texts in the index.
_TEXTS = ("title", "authors", "abstract")
#: How papers are ordered: the best first, and those that came last first.
_SQLITE_ORDERS = ("bm25(paper_words, 0, 4, 2, 1), rowid DESC", "rowid DESC")
_POSTGRES_QUERY = "to_tsquery('english', :given) || to_tsquery('simple', :given)"
_POSTGRES_ORDERS = (
    f"ts_rank(words, {_POSTGRES_QUERY}) DESC, key DESC",
    "(SELECT min(id) FROM papers WHERE papers.key = paper_words.key) DESC",
)
#: What the database puts around the words that it found; no text that is stored has these.
_ON, _OFF = "\x02", "\x03"
_HIGHLIGHTS = [f"highlight(paper_words, {n}, char(2), char(3))" for n in (1, 2, 3)]
_POSTGRES_MARKS = (
    f"SELECT ts_headline('english', each, {_POSTGRES_QUERY}, "  # noqa: S608  # constants
    "'HighlightAll=true, StartSel=' || chr(2) || ', StopSel=' || chr(3)) "
    "FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY AS shown(each, place) ORDER BY place"
)


Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched: all these words or beginnings of words, in papers that came on these days.

    An end that is None is open.
    """

    words: str
    first: date | None = None
    last: date | None = None
    is_newest_first: bool = False

    @property
    def terms(self) -> list[str]:
        """Return the words, without what is between them."""
        found: list[str] = _WORD.findall(self.words)
        return found[:MOST_WORDS]


def search(tx: Connection, words: str, most: int) -> list[Paper]:
    """Return the papers that contain all these words or beginnings of words, the best first."""
    return part(tx, Question(words), 0, most)


def part(tx: Connection, question: Question, skip: int, most: int) -> list[Paper]:
    """Return the papers found, without the first ones."""
    if not question.terms:
        return []
    best, newest = _POSTGRES_ORDERS if _is_postgres(tx) else _SQLITE_ORDERS
    order = newest if question.is_newest_first else best
    query = _asked(tx, select(_INDEX.c.key), question).order_by(text(order))
    return _newest(
        tx, list(tx.execute(query.limit(most).offset(skip), _given(tx, question)).scalars())
    )


def count(tx: Connection, question: Question) -> int:
    """Return how many papers are found."""
    if not question.terms:
        return 0
    query = _asked(tx, select(func.count()).select_from(_INDEX), question)
    return int(tx.execute(query, _given(tx, question)).scalar_one())


def _asked(tx: Connection, query: Select[Any], question: Question) -> Select[Any]:
    """Return a query for what is in the index, of the papers found alone."""
    is_found = f"words @@ ({_POSTGRES_QUERY})" if _is_postgres(tx) else "paper_words MATCH :given"
    query = query.where(text(is_found))
    if question.first is None and question.last is None:
        return query
    changes, snapshots = schema.changes, schema.snapshots
    came = select(changes.c.key).join(snapshots, snapshots.c.id == changes.c.snapshot_id)
    day = snapshots.c.day.between(question.first or date.min, question.last or date.max)
    return query.where(_INDEX.c.key.in_(came.where(day, ~snapshots.c.is_held)))


def _given(tx: Connection, question: Question) -> dict[str, str]:
    if _is_postgres(tx):
        # The index holds words by their stem and, for authors, as they are.
        return {"given": " & ".join(f"'{term}':*" for term in question.terms)}
    # In quotation marks, FTS5 reads no term as an operator of its query language.
    return {"given": " ".join(f'"{term}"*' for term in question.terms)}


def marks(tx: Connection, question: Question, papers: Sequence[Paper]) -> list[dict[str, Spans]]:
    """Return, for each paper, where the database found the words: spans in each of its texts.

    The authors are one text, joined by a blank.
    """
    if not papers or not question.terms:
        return [{} for _ in papers]
    marked = _marked_postgres if _is_postgres(tx) else _marked_sqlite
    texts = [_row(paper) for paper in papers]
    return [
        {name: _spans(row[name], whole) for name, whole in zip(_TEXTS, several, strict=True)}
        for row, several in zip(texts, marked(tx, question, texts), strict=True)
    ]


def _marked_sqlite(
    tx: Connection, question: Question, rows: Sequence[Mapping[str, str]]
) -> Iterator[Sequence[str]]:
    # The plus keeps SQLite from asking FTS5 for each rowid, the id of an edition, by itself: a
    # beginning of words would then be looked up once a row, and all that match is read faster.
    ids = select(schema.papers.c.id).where(schema.papers.c.key.in_([row["key"] for row in rows]))
    marked = _asked(tx, select(_INDEX.c.key, *map(literal_column, _HIGHLIGHTS)), question)
    query = marked.where(literal_column("+rowid").in_(list(tx.execute(ids).scalars())))
    found = {key: texts for key, *texts in tx.execute(query, _given(tx, question))}
    return (found.get(row["key"], [""] * len(_TEXTS)) for row in rows)


def _marked_postgres(
    tx: Connection, question: Question, rows: Sequence[Mapping[str, str]]
) -> Iterator[Sequence[str]]:
    values = {**_given(tx, question), "texts": [row[name] for row in rows for name in _TEXTS]}
    found = iter(tx.execute(text(_POSTGRES_MARKS), values).scalars().all())
    return zip(*[found] * len(_TEXTS), strict=True)


def _spans(plain: str, marked: str) -> Spans:
    """Return the spans of a text that are between marks; none if it is not that text otherwise."""
    pieces = marked.replace(_ON, _OFF).split(_OFF)
    if "".join(pieces) != plain:
        return []
    ends = list(accumulate(map(len, pieces)))
    return list(zip(ends[::2], ends[1::2], strict=False))


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
