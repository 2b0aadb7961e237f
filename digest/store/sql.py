"""The two things in which the dialects differ, and how many values fit into a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

#: SQLite takes at most 32,766 bound values in a statement; this leaves room for wide rows.
CHUNK = 500


def chunks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """The items in runs that fit into one statement."""
    whole = list(items)
    for start in range(0, len(whole), CHUNK):
        yield whole[start : start + CHUNK]


def insert(tx: Connection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def put(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; where the primary key is taken, write the other columns over."""
    for run in chunks(rows):
        statement = insert(tx, table).values(list(run))
        fresh = {c.name: statement.excluded[c.name] for c in table.c if c.name in run[0]}
        for column in table.primary_key:
            fresh.pop(column.name)
        tx.execute(statement.on_conflict_do_update(index_elements=table.primary_key, set_=fresh))


def add(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; leave alone what is there already."""
    for run in chunks(rows):
        tx.execute(insert(tx, table).values(list(run)).on_conflict_do_nothing())


def lock(tx: Connection, number: int) -> None:
    """Wait for a lock that lasts as long as the transaction.

    SQLite has one writer at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
