"""Editions of papers: a change of text adds one, so that an old issue stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, Connection, Engine, RowMapping, and_, select, update

from ..errors import DigestError, Sentence
from ..model import Issue, Paper
from . import schema
from .serialization import edition_of, pack_paper, unpack_issue, unpack_paper
from .sql import add, chunks

#: Papers that are known at most, of each database; an arXiv category's months.
_MOST_KNOWN = 8192

#: The papers that were read, by their numbers: an edition never changes.
_known: WeakKeyDictionary[Engine, dict[int, Paper]] = WeakKeyDictionary()


def keep_editions(
    tx: Connection, papers: Sequence[Paper], *, is_issued: bool = False
) -> dict[str, int]:
    """Add the editions that are not stored yet; return the number of each, by its name.

    ``is_issued``: note that an issue shows them, so that they are kept for ever.
    """
    table = schema.papers
    # Of a page the last of a key counts; issues may show several editions.
    chosen = papers if is_issued else {paper.key: paper for paper in papers}.values()
    named = {edition_of(paper): paper for paper in chosen}
    # All writers use one order, so that two of them cannot deadlock.
    by_edition = dict(sorted(named.items(), key=lambda pair: (pair[1].key, pair[0])))
    columns = (table.c.edition, table.c.id, table.c.is_issued)
    known = [*_found(tx, table.c.edition, by_edition, *columns)]
    stored = {name: is_kept for name, _, is_kept in known}
    rows = [
        {"edition": name, "key": paper.key, "content": pack_paper(paper), "is_issued": False}
        for name, paper in by_edition.items()
        if name not in stored
    ]
    add(tx, table, rows)
    if is_issued:
        mark_issued(tx, [name for name in by_edition if not stored.get(name)])
    added = numbers(tx, by_edition.keys() - stored.keys())
    return {name: number for name, number, _ in known} | added


def newest_editions(tx: Connection, keys: Iterable[str]) -> dict[str, tuple[str, Paper]]:
    """Return, per key, the newest edition's name and the paper."""
    table = schema.papers
    found: dict[str, tuple[str, Paper]] = {}
    for run in chunks(sorted(set(keys))):
        query = select(table).where(table.c.key.in_(run)).order_by(table.c.id)
        for row in tx.execute(query).mappings():
            found[row["key"]] = (row["edition"], unpack_paper(row["content"]))
    return found


def numbers(tx: Connection, editions: Iterable[str]) -> dict[str, int]:
    """Return the number of each of these editions that is stored."""
    table = schema.papers
    found = _found(tx, table.c.edition, editions, table.c.edition, table.c.id)
    return dict(found)


def names(tx: Connection, numbers: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return the key and the edition of each of these numbers that is stored."""
    return _named(tx, schema.papers.c.id, numbers)


def names_of(tx: Connection, keys: Iterable[str]) -> dict[int, tuple[str, str]]:
    """Return the key and the edition of all papers with these keys, by number."""
    return _named(tx, schema.papers.c.key, keys)


def _named(tx: Connection, column: Any, values: Iterable[Any]) -> dict[int, tuple[str, str]]:
    table = schema.papers
    found = _found(tx, column, values, table.c.id, table.c.key, table.c.edition)
    return {id: (key, edition) for id, key, edition in found}


def papers_of(tx: Connection, numbers: Iterable[int]) -> dict[int, Paper]:
    """Return the papers by number, each read once in a process; without those that are gone."""
    known = _known.get(tx.engine, {})
    wanted = set(numbers)
    found = {number: known[number] for number in wanted & known.keys()}
    if fresh := wanted - found.keys():
        table = schema.papers
        rows = _found(tx, table.c.id, fresh, table.c.id, table.c.content)
        found.update((id, unpack_paper(content)) for id, content in rows)
        if len(known) > _MOST_KNOWN or not known:
            _known[tx.engine] = known = {}
        known.update(found)
    return found


def contents_of(tx: Connection, editions: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return, per edition, the packed paper."""
    table = schema.papers
    found = _found(tx, table.c.edition, editions, table.c.edition, table.c.content)
    return dict(found)


def _found(
    tx: Connection, column: Any, values: Iterable[Any], *columns: Column[Any]
) -> Iterator[Any]:
    """Yield these columns of the papers that have one of the values in a column."""
    for run in chunks(sorted(set(values))):
        yield from tx.execute(select(*columns).where(column.in_(run)))


def mark_issued(tx: Connection, editions: Iterable[str]) -> None:
    """Note that an issue shows these editions, so that they are kept for ever."""
    table = schema.papers
    for run in chunks(sorted(editions)):
        fresh = select(table.c.id).where(table.c.edition.in_(run), ~table.c.is_issued)
        # Locked in one order, so that two processes that make issues cannot deadlock.
        ids = tx.execute(fresh.order_by(table.c.id).with_for_update()).scalars().all()
        if ids:
            tx.execute(update(table).where(table.c.id.in_(ids)).values(is_issued=True))


class TakenOutError(DigestError):
    """The content of an issue was taken out, because it was older than is kept."""

    def __init__(self, day: date) -> None:
        super().__init__(
            Sentence(
                "The issue of %(day)s was taken out: it was older than is kept here.", day=f"{day}"
            )
        )


#: Issues with what is in them, which is none where it was taken out.
WHOLE = select(schema.issues, schema.issue_contents.c.content).outerjoin(
    schema.issue_contents,
    and_(
        schema.issue_contents.c.issue_id == schema.issues.c.id,
        schema.issue_contents.c.day == schema.issues.c.day,
    ),
)


def issue_of(tx: Connection, row: RowMapping) -> Issue:
    """Return the issue of a row of ``WHOLE``, as it was made; raises TakenOutError."""
    if row["content"] is None:
        raise TakenOutError(row["day"])
    return unpack_issue(row["id"], row["content"], partial(papers_of, tx))
