"""Full-text search of papers, and the papers that gained the most upvotes.

The index holds the newest edition of each paper: FTS5 on SQLite, ``tsvector`` on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, TextClause, bindparam, func, select, text

from .. import expressions
from ..model import Paper
from . import schema
from .editions import newest_editions, papers_of
from .sql import chunks, put

_WORD = expressions.compile(r"\w+")
#: Further words of a question are ignored.
MOST_WORDS = 20

#: The texts in the index.
_TEXTS = ("title", "authors", "abstract")
_SQLITE_QUERY = "paper_words MATCH :given"
_POSTGRES_QUERY = "to_tsquery('english', :given) || to_tsquery('simple', :given)"
#: By what papers are ordered, the lowest first: the best ones, or those that came last.
_RANKS = {
    "sqlite": ("bm25(paper_words, 0, 4, 2, 1)", "0"),
    "postgresql": (
        f"-ts_rank(words, {_POSTGRES_QUERY})",
        "-(SELECT min(id) FROM papers WHERE papers.key = paper_words.key)",
    ),
}
#: Of papers that came on some days.
_CAME = (
    " AND key IN (SELECT changes.key FROM changes JOIN snapshots ON snapshots.id = snapshot_id"
    " WHERE day BETWEEN :first AND :last AND NOT is_held)"
)
#: What the database puts around the words that it found; no text that is stored has these.
_ON, _OFF = "\x02", "\x03"
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


class Found(NamedTuple):
    """Some of the papers that were found."""

    #: how many there are altogether
    total: int
    papers: list[Paper]
    #: where they are in the index of SQLite
    places: list[int]


def search(tx: Connection, words: str, most: int) -> list[Paper]:
    """Return the papers that contain all these words or beginnings of words, the best first."""
    return found(tx, Question(words), 0, most).papers


def found(tx: Connection, question: Question, skip: int, most: int) -> Found:
    """Return the papers found, without the first ones."""
    if not question.terms:
        return Found(0, [], [])
    given = {**_given(tx, question), "skip": skip, "most": most}
    rows = tx.execute(_statement(tx.dialect.name, *_shape(question)), given).all()
    if not rows and skip:  # behind the last one
        return Found(found(tx, question, 0, 1).total, [], [])
    known = papers_of(tx, [row.newest for row in rows if row.newest])
    there = [row for row in rows if row.newest in known]
    papers, places = [known[row.newest] for row in there], [row.place for row in there]
    return Found(rows[0].total if rows else 0, papers, places)


def _shape(question: Question) -> tuple[bool, bool]:
    """Return whether the newest are first, and whether only some days count."""
    return question.is_newest_first, bool(question.first or question.last)


@cache
def _statement(dialect: str, is_newest_first: bool, has_days: bool) -> TextClause:
    """Return the statement that finds papers: how many, and of some place and newest edition."""
    is_found = f"words @@ ({_POSTGRES_QUERY})" if dialect == "postgresql" else _SQLITE_QUERY
    of_these = f"FROM paper_words WHERE {is_found}{_CAME if has_days else ''}"
    rank = _RANKS[dialect][is_newest_first]
    # A rowid is the id of a paper's oldest edition; only of those that are shown is more looked up.
    place = "rowid" if dialect == "sqlite" else "key"
    key = "(SELECT key FROM paper_words WHERE rowid = place)" if dialect == "sqlite" else "place"
    statement = text(
        f"WITH ranked AS MATERIALIZED (SELECT {place} AS place, {rank} AS rank {of_these})"  # noqa: S608  # constants
        f" SELECT total, place, (SELECT max(id) FROM papers WHERE key = {key}) AS newest FROM"
        " (SELECT place, (SELECT count(*) FROM ranked) AS total FROM ranked"
        " ORDER BY rank, place DESC LIMIT :most OFFSET :skip) AS shown"
    )
    days = [bindparam(each, type_=Date) for each in ("first", "last")]
    return statement.bindparams(*days) if has_days else statement


def _given(tx: Connection, question: Question) -> dict[str, Any]:
    days = {"first": question.first or date.min, "last": question.last or date.max}
    kept = days if question.first or question.last else {}
    if _is_postgres(tx):
        # The index holds words by their stem and, for authors, as they are.
        return {"given": " & ".join(f"'{term}':*" for term in question.terms), **kept}
    # In quotation marks, FTS5 reads no term as an operator of its query language.
    return {"given": " ".join(f'"{term}"*' for term in question.terms), **kept}


def marks(tx: Connection, question: Question, found: Found) -> list[dict[str, Spans]]:
    """Return, for each paper, where the database found the words: spans in each of its texts.

    The authors are one text, joined by a blank.
    """
    if not found.papers:
        return []
    marked = _marked_postgres if _is_postgres(tx) else _marked_sqlite
    texts = [_row(paper) for paper in found.papers]
    return [
        {name: _spans(row[name], whole) for name, whole in zip(_TEXTS, several, strict=True)}
        for row, several in zip(texts, marked(tx, question, texts, found.places), strict=True)
    ]


def _marked_sqlite(
    tx: Connection,
    question: Question,
    rows: Sequence[Mapping[str, str]],
    places: Sequence[int],
) -> Iterator[Sequence[str]]:
    values = {f"place{number}": place for number, place in enumerate(places)}
    values["given"] = _given(tx, question)["given"]
    marked = {key: texts for key, *texts in tx.execute(_sqlite_marks(len(places)), values)}
    return (marked.get(row["key"], [""] * len(_TEXTS)) for row in rows)


@cache  # because an expanding parameter takes as long as the search for marks itself
def _sqlite_marks(number: int) -> TextClause:
    """Return the statement that marks words in papers at so many places."""
    places = ", ".join(f":place{each}" for each in range(number))
    return text(
        # The plus keeps SQLite from asking FTS5 for each rowid, the id of an edition, by itself: a
        # beginning of words would then be looked up once a row, and all that match is read faster.
        "SELECT key, highlight(paper_words, 1, char(2), char(3)),"  # noqa: S608  # constants
        " highlight(paper_words, 2, char(2), char(3)), highlight(paper_words, 3, char(2), char(3))"
        f" FROM paper_words WHERE {_SQLITE_QUERY} AND +rowid IN ({places})"
    )


def _marked_postgres(
    tx: Connection, question: Question, rows: Sequence[Mapping[str, str]], _places: Sequence[int]
) -> Iterator[Sequence[str]]:
    texts = [row[name] for row in rows for name in _TEXTS]
    values = {"given": _given(tx, question)["given"], "texts": texts}
    found = iter(tx.execute(text(_POSTGRES_MARKS), values).scalars().all())
    return zip(*[found] * len(_TEXTS), strict=True)


def _spans(plain: str, marked: str) -> Spans:
    """Return the spans of a text that are between marks; none if it is not that text otherwise."""
    if marked == plain:
        return []
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
