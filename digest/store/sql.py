"""SQL that differs between SQLite and PostgreSQL: upserts, locks, and values per statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, text

Item = TypeVar("Item")

#: SQLite takes at most 32,766 bound values in a statement; this leaves room for wide rows.
CHUNK = 500


def chunks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in chunks that fit into one statement."""
    whole = list(items)
    for start in range(0, len(whole), CHUNK):
        yield whole[start : start + CHUNK]


def insert(tx: Connection, table: Table) -> Any:
    """Return the dialect's own INSERT, which supports ON CONFLICT."""
    return insert_of(tx.dialect.name, table)


def insert_of(dialect: str, table: Table) -> Any:
    """Return a dialect's INSERT, by its name."""
    # Only the dialect in use is loaded: the other one takes a while.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def put(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; if a primary key exists, overwrite the other columns (upsert)."""
    if rows:
        tx.execute(_putting(tx.dialect.name, table, tuple(rows[0])), list(rows))


def add(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; leave existing rows as they are."""
    if rows:
        tx.execute(_adding(tx.dialect.name, table), list(rows))


# Cached, because SQLAlchemy needs longer to build and compile one than the database to run it.
@cache
def _putting(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    statement = insert_of(dialect, table)
    fresh = {name: statement.excluded[name] for name in names if not table.c[name].primary_key}
    return statement.on_conflict_do_update(index_elements=table.primary_key, set_=fresh)


@cache
def _adding(dialect: str, table: Table) -> Any:
    return insert_of(dialect, table).on_conflict_do_nothing()


def lock(tx: Connection, number: int) -> None:
    """Take an advisory lock until the transaction ends; wait if it is taken.

    SQLite needs none, because it has one writer at a time; nor does a dry run, of which no other
    process sees anything.
    """
    if tx.dialect.name == "postgresql" and not tx.get_execution_options().get("is_unseen"):
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
