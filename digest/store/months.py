"""Months of PostgreSQL's largest tables: partitions, so that what is old goes at once.

A row is in the month of its ``day``, and an issue has one day: so the database refuses a second
mail of it in any month.  What has no month of its own is in the rest, where all of it may be, and
goes row by row.  SQLite has neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache

from sqlalchemy import Connection, MetaData, Select, Table, func, select, text
from sqlalchemy.exc import DBAPIError

from . import schema
from .engine import MONTHS_LOCK
from .faults import StoreError
from .sql import lock

#: The tables that PostgreSQL has by months, in the order in which they are locked.
TABLES = (schema.deliveries, schema.issue_contents)

#: How long a month that is made or dropped waits for others, since what they begin waits for it.
PATIENCE = "200ms"

#: So many mails are worth months: with a year of them a mail costs the server twice as much, for it
#: looks into each, and less than this goes row by row at hardly any cost.
MANY = 10_000_000

#: The most months that are made for rows that are there already, the last ones.
MOST = 24

#: What may be in the way of a month: others are at work, the rest has rows of it, or the tables are
#: another role's.  It is tried again, and the rows are where they were.
_IN_THE_WAY = ("55P03", "23514", "42501")


def first_of(day: date) -> date:
    """Return the month of a day, which is its first day."""
    return day.replace(day=1)


def after(month: date) -> date:
    """Return the month after a month."""
    return first_of(month + timedelta(days=31))


def rest(table: Table) -> Table:
    """Return the partition of all that has no month."""
    return _part(table, f"{table.name}_rest")


def of(table: Table, month: date) -> Table:
    """Return the partition of a month."""
    return _part(table, f"{table.name}_{month:%Y_%m}")


@cache
def _part(table: Table, name: str) -> Table:
    return table.to_metadata(MetaData(), name=name)


_KNOWN = text(
    "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
    " WHERE inhparent = to_regclass(:name) ORDER BY relname"
)


def known(tx: Connection, table: Table) -> list[date]:
    """Return the months that a table has, in their order; none on SQLite."""
    if tx.dialect.name != "postgresql":
        return []
    names = tx.execute(_KNOWN, {"name": table.name}).scalars().all()
    months = (name.removeprefix(f"{table.name}_").replace("_", "-") for name in names)
    return [date.fromisoformat(f"{month}-01") for month in months if month != "rest"]


_MAILS = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('deliveries_rest')")


def make_ahead(tx: Connection, today: date) -> None:
    """Make this month and the next where there are many mails, by the server's last count.

    What is written before its month is made stays in the rest.
    """
    if tx.dialect.name == "postgresql" and (
        known(tx, TABLES[0]) or tx.execute(_MAILS).scalar_one() >= MANY
    ):
        this = first_of(today)
        make(tx, [this, after(this)])


def make(tx: Connection, wanted: Iterable[date]) -> None:
    """Make these months where they are missing; the rest takes the rows of one that cannot be."""
    if tx.dialect.name != "postgresql":
        return
    months = sorted(set(wanted))[-MOST:]
    for table in TABLES:
        for month in sorted({*months} - {*known(tx, table)}):
            with _in_haste(tx):
                _make(tx, table, month)


def _make(tx: Connection, table: Table, month: date) -> None:
    """Make a month apart and attach it: it is looked at by itself, and others wait the least."""
    end, part = after(month), of(table, month).name
    is_within = f"day >= '{month}' AND day < '{end}'"
    lock(tx, MONTHS_LOCK)
    late = select(rest(table).c.day).where(text(is_within)).limit(1)
    if month in known(tx, table) or tx.execute(late).first():
        return
    for statement in (
        f"CREATE TABLE {part} (LIKE {table.name} INCLUDING DEFAULTS,"
        f" CONSTRAINT within CHECK ({is_within}))",
        f"ALTER TABLE {table.name} ATTACH PARTITION {part}"
        f" FOR VALUES FROM ('{month}') TO ('{end}')",
        f"ALTER TABLE {part} DROP CONSTRAINT within",
    ):
        tx.execute(text(statement))


def drop(tx: Connection, table: Table, month: date, is_over: Select[tuple[bool]]) -> int | None:
    """Drop a month if ``is_over`` finds so, also when no one can write; return its number of rows.

    None if it is not over, or others are at work just now.
    """
    part = of(table, month)
    if not tx.execute(is_over).scalar():
        return None
    rows = tx.execute(select(func.count()).select_from(part)).scalar_one()
    with _in_haste(tx):
        names = ", ".join(each.name for each in TABLES)
        tx.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        if tx.execute(is_over).scalar():
            tx.execute(text(f"DROP TABLE {part.name}"))
            return rows
    return None


@contextmanager
def _in_haste(tx: Connection) -> Iterator[None]:
    """Wait for others no longer than PATIENCE; undo the block if something is in the way."""
    try:
        with tx.begin_nested():
            tx.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
            yield
            tx.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except (DBAPIError, StoreError) as error:
        cause = getattr(error, "orig", None) or error.__cause__
        if getattr(cause, "sqlstate", None) not in _IN_THE_WAY:
            raise
