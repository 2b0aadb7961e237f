"""Carry everything from one database to another: SQLite to PostgreSQL, and back.

The rows are read and written table by table, some thousand at a time, in one transaction on either
side.  It is committed only if every table has as many rows in both, with the same checksum: so it
can be broken off and repeated at any time.  ``migrate`` is another thing: it changes the schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    LargeBinary,
    Row,
    Select,
    Table,
    func,
    select,
    text,
    true,
    type_coerce,
)

from ..model import count
from . import Store, backup, months, schema, search, turn
from .engine import RUN_LOCK, BusyError, open_engine, run_lock
from .faults import SettingsError, StoreError, named, reached
from .file import file_of, unused
from .serialization import unpack_paper

#: Rows that are in memory at a time.
_AT_A_TIME = 2000

#: Settings that say where a database is, which is another place after the carrying.
_OF_THE_PLACE = (backup.HOME, turn.NUMBER)


@dataclass(frozen=True, slots=True)
class TableTally:
    """How many rows a table has, and a checksum of them that no order changes."""

    rows: int = 0
    checksum: int = 0

    def with_rows(self, table: Table, rows: Sequence[Row[Any]]) -> TableTally:
        """Return the tally with more rows of the table."""
        added = sum(map(_hash, _by_column(table, _plain_of, rows)))
        return TableTally(self.rows + len(rows), (self.checksum + added) % 2**64)

    def __str__(self) -> str:
        return f"{count(self.rows, 'row')}, checksum {self.checksum:016x}"


def _hash(row: Sequence[Any]) -> int:
    values = repr(row).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(values, digest_size=8).digest())


_sorted_json = json.JSONEncoder(sort_keys=True).encode


def _plain_of(column: Column[Any]) -> Callable[[Any], object] | None:
    """Return what makes a value of a column the same from either database; None if it is."""
    return _sorted_json if isinstance(column.type, schema.Json) else None


def _by_column(
    table: Table,
    change_of: Callable[[Column[Any]], Callable[[Any], object] | None],
    rows: Sequence[Row[Any]],
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows with the values of each column changed, a column at a time."""
    changes = map(change_of, table.columns)
    columns = zip(*rows, strict=True)
    return zip(
        *(
            map(change, each) if change else each
            for change, each in zip(changes, columns, strict=True)
        ),
        strict=True,
    )


def carry(source: str, target: str, report: Callable[[str], object]) -> None:
    """Carry everything over, and report each table in a line; do nothing if that was done before.

    Raises BusyError if another process uses one of the databases, SettingsError if there is no
    source, or it is the target, and StoreError if the target holds anything else, or differs.
    """
    _refuse_no_source(source, target)
    with ExitStack() as stack:
        reading, writing = (_opened(stack, url) for url in (source, target))
        is_new = not any(_holds_rows(writing, table) for table in schema.metadata.sorted_tables)
        if is_new and _count(reading, schema.deliveries) >= months.MANY:
            months.make(writing, _months(reading))
        for table in schema.metadata.sorted_tables:
            found = _copied(reading, writing, table) if is_new else _tally(reading, table)
            _compare(table, found, _tally(writing, table), writing, is_new=is_new)
            report(f"{table.name:<14} {found}, {'carried over' if is_new else 'there already'}")
        if is_new:
            _index_words(writing)
            _number_on(writing)
        for tx in (reading, writing):
            _refuse_others(tx)


def _refuse_no_source(source: str, target: str) -> None:
    file = file_of(source)
    if file is not None and not file.is_file():
        raise SettingsError(f"--from: {file}: no such database")
    if source == target or (file is not None and file == file_of(target)):
        raise SettingsError("--from and --to name the same database")


def _opened(stack: ExitStack, url: str) -> Connection:
    """Return a transaction on a database that no other process uses, with the newest schema."""
    path = file_of(url)
    if path is not None and path.exists():
        with unused(path):
            pass
    with closing(Store(url)) as store:
        store.migrate()
    engine = open_engine(url)
    stack.callback(engine.dispose)
    stack.enter_context(reached(engine.url))
    stack.enter_context(run_lock(engine))
    tx = stack.enter_context(engine.begin())
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    _refuse_others(tx)
    return tx


#: Sessions of others: all but this one, and the one that holds the lock of runs.
_OTHERS = text(f"""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND pid NOT IN (SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND database = pg_stat_activity.datid
        AND classid = 0 AND objid = {RUN_LOCK} AND objsubid = 1)
""")  # noqa: S608  # only our own constant

#: A server takes a moment to notice that a session has ended: how often to look, and the pause.
_LOOKS, _PAUSE = 30, "SELECT pg_sleep(0.1), pg_stat_clear_snapshot()"


def _refuse_others(tx: Connection) -> None:
    """Raise BusyError if another process has a session; SQLite lets no other write meanwhile."""
    if tx.dialect.name != "postgresql":
        return
    for _ in range(_LOOKS):
        if not tx.execute(_OTHERS).scalar():
            return
        tx.execute(text(_PAUSE))
    raise BusyError(
        f"{named(tx.engine.url)} is in use: end digest serve, digest web and whatever else has a"
        " session there; nothing was carried over"
    )


def _count(tx: Connection, table: Table) -> int:
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def _months(tx: Connection) -> Iterator[date]:
    """Yield the month of each day that has an issue or a mail."""
    for table in months.TABLES:
        days = tx.execute(select(table.c.day).distinct()).scalars()
        yield from {months.first_of(day) for day in days}


def _rows(table: Table) -> Select[Any]:
    """Select the rows of a table, compressed as they are, without those that say where it is."""
    is_carried = table.c.name.not_in(_OF_THE_PLACE) if table is schema.settings else true()
    columns = (
        type_coerce(each, LargeBinary) if isinstance(each.type, schema.Compressed) else each
        for each in table.columns
    )
    return select(*columns).where(is_carried)


def _holds_rows(tx: Connection, table: Table) -> bool:
    return tx.execute(_rows(table).limit(1)).first() is not None


def _batches(tx: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows of a table, some at a time."""
    yield from tx.execute(_rows(table), execution_options={"yield_per": _AT_A_TIME}).partitions()


def _tally(tx: Connection, table: Table) -> TableTally:
    tally = TableTally()
    for rows in _batches(tx, table):
        tally = tally.with_rows(table, rows)
    return tally


def _copied(reading: Connection, writing: Connection, table: Table) -> TableTally:
    """Copy a table; return the tally of what was read."""
    tally = TableTally()
    for rows in _batches(reading, table):
        try:
            _write(writing, table, _by_column(table, partial(_binder, writing.dialect), rows))
        # Text with a zero byte, for example, which PostgreSQL does not hold.
        except writing.dialect.loaded_dbapi.DataError as error:
            raise StoreError(
                f"{named(writing.engine.url)}: {table.name}: {str(error).partition(chr(10))[0]};"
                " nothing was carried over"
            ) from error
        tally = tally.with_rows(table, rows)
    return tally


def _binder(dialect: Dialect, column: Column[Any]) -> Callable[[Any], object] | None:
    """Return what makes a value of a column what the driver takes; None if it is."""
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _write(tx: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows by the driver itself, which takes a fraction of the time."""
    cursor: Any = tx.connection.cursor()
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with closing(cursor):
        if tx.dialect.name == "postgresql":
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join("?" * len(table.c))
            cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({places})', rows)  # noqa: S608


def _compare(
    table: Table, source: TableTally, target: TableTally, writing: Connection, *, is_new: bool
) -> None:
    if source == target:
        return
    remedy = "nothing was carried over" if is_new else "name one that is empty"
    raise StoreError(
        f"{named(writing.engine.url)}: {table.name} has {target}, and not {source}; {remedy}"
    )


def _index_words(tx: Connection) -> None:
    """Fill the word index, which is no table of the schema, with the newest edition of each."""
    table = schema.papers
    newest = select(func.max(table.c.id)).group_by(table.c.key)
    query = select(table.c.content).where(table.c.id.in_(newest))
    found = tx.execute(query, execution_options={"yield_per": _AT_A_TIME}).scalars()
    for contents in found.partitions():
        search.index(tx, [unpack_paper(content) for content in contents])


def _number_on(tx: Connection) -> None:
    """Let PostgreSQL number new rows after those that were carried over; SQLite does by itself."""
    if tx.dialect.name != "postgresql":
        return
    for table in schema.metadata.sorted_tables:
        last = tx.execute(select(func.max(table.c.id))).scalar() if "id" in table.c else None
        if last is not None:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
            tx.execute(sequence, {"name": table.name, "last": last})
